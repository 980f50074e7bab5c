//! How much the decoder may keep and do.

/// The decoder's limits. What goes beyond one is counted by its [`crate::Reason`].
///
/// A limit of 0 acts as 1 where it bounds a number of things kept. One exporter is one
/// address: what it sends is held against its own limits first, so that a flood from
/// one address never costs another its templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Exporter addresses with state. Beyond it the one heard from longest ago leaves: of
    /// those that are known for less than a minute, where these have more than a quarter
    /// of the places, so that forged ones displace each other.
    pub exporters: usize,
    /// Sessions of one exporter: protocol, Observation Domain and source port.
    pub sessions_per_exporter: usize,
    /// Templates and Options Templates of one exporter, over all its sessions.
    pub templates_per_exporter: usize,
    /// Facts learnt from the options data of one exporter, such as sampling rates.
    pub facts_per_exporter: usize,
    /// Octets that the names of one exporter may take: of its interfaces, applications and
    /// the like, of each kind no more than there may be facts.
    pub name_octets_per_exporter: usize,
    /// Octets of one text; a longer one is cut.
    pub text_octets: usize,
    /// Elements that are remembered as not known, so that each is told of once.
    pub unknown_elements: usize,
    /// Fields of one template. RFC 7011 allows at most 16,370 in a datagram.
    pub fields_per_template: usize,
    /// Octets that the templates of one exporter may hold.
    pub template_octets_per_exporter: usize,
    /// Octets that all templates may hold.
    pub template_octets: usize,
    /// Data sources of one sFlow exporter whose samples are followed.
    pub sources_per_exporter: usize,
    /// Data Records of one datagram; in sFlow, flow samples.
    pub records_per_datagram: usize,
    /// How deep lists within a record are read (RFC 6313); 0 reads none.
    pub structured_depth: usize,
    /// Tags, labels and extension headers of one sampled packet. Beyond it, a packet
    /// whose addresses were not reached is no flow, and else its ports stay unknown.
    pub layers_per_packet: usize,
    /// How long before its export a record may have ended, in milliseconds; one that
    /// ended earlier counts as seen this long before its receipt.
    pub longest_delay_ms: i64,
    /// The largest sampling rate that is believed; one above it is unknown.
    pub largest_sampling_rate: u32,
    /// How long a Data Set waits for its template, in milliseconds of receive time
    /// (RFC 3954, 9; RFC 7011, 9.3).
    pub pending_ms: i64,
    /// Octets of Data Sets of one exporter that may wait, with what keeping them takes;
    /// with 0 none wait.
    pub pending_octets_per_exporter: usize,
    /// Octets of all Data Sets that may wait; exporters that are known for less than a
    /// minute fill half of them and no more.
    pub pending_octets: usize,
    /// How long a template that came over UDP is used if nothing is known of how often
    /// its exporter repeats it, in milliseconds of receive time (RFC 5153, 6.2).
    pub template_lifetime_ms: i64,
    /// How long such a template is used at least. Once a repetition was seen, it is
    /// used for three times the longest recent gap between two (RFC 7011, 8.4).
    pub template_lifetime_least_ms: i64,
    /// After how many malformed messages in a row a stream is to be closed (RFC 7011,
    /// 9.1).
    pub malformed_in_a_row: u32,
    /// Seed of the hash tables. It changes no result, only which keys collide.
    pub hash_seed: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            exporters: 4_096,
            sessions_per_exporter: 256,
            templates_per_exporter: 4_096,
            facts_per_exporter: 1_024,
            name_octets_per_exporter: 512 << 10,
            text_octets: 255,
            unknown_elements: 4_096,
            fields_per_template: 16_384,
            template_octets_per_exporter: 8 << 20,
            template_octets: 256 << 20,
            sources_per_exporter: 1_024,
            records_per_datagram: 65_535,
            structured_depth: 8,
            layers_per_packet: 16,
            longest_delay_ms: 86_400_000,
            largest_sampling_rate: 1 << 24,
            pending_ms: 900_000,
            pending_octets_per_exporter: 1 << 20,
            pending_octets: 64 << 20,
            template_lifetime_ms: 3_600_000,
            template_lifetime_least_ms: 600_000,
            malformed_in_a_row: 3,
            hash_seed: 0x5851_F42D_4C95_7F2D,
        }
    }
}
