//! How Flow Records and the messages around them are laid out on the wire.

mod sflow;
mod templated;
mod v5;

pub(super) use sflow::{COUNTER_SAMPLE_LEN, LONGEST_SAMPLE, SAMPLING_RATE, Sources, sampled};
pub(super) use templated::{IPFIX, Templated, V9};
pub(super) use v5::{MOST_RECORDS as V5_MOST_RECORDS, RECORD_LEN as V5_RECORD_LEN};

use super::record::Record;

/// The protocols that exporters speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Protocol {
    /// NetFlow version 5: IPv4 only.
    V5,
    /// NetFlow version 9 (RFC 3954).
    V9,
    /// IPFIX, which is version 10 (RFC 7011).
    Ipfix,
    /// sFlow version 5: a record is a flow sample, of one in 100 packets.
    Sflow,
}

/// What a message's header says about its exporter and its time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    /// When the message leaves, Unix milliseconds.
    pub(super) export_ms: i64,
    /// When the exporter started, Unix milliseconds; a whole second.
    pub(super) boot_ms: i64,
    /// The sequence number, as the protocol counts.
    pub(super) sequence: u32,
    /// Observation Domain ID, source id, or engine.
    pub(super) domain: u32,
    /// Records in it: Flow Records, and in v9 also Template Records.
    pub(super) records: u16,
}

impl Header {
    /// Seconds since the Unix epoch.
    fn export_secs(&self) -> u32 {
        low_bits(self.export_ms.div_euclid(1_000))
    }
}

impl Protocol {
    /// Octets of the header of a message.
    pub(super) const fn header_len(self) -> usize {
        match self {
            Self::V5 => 24,
            Self::V9 => 20,
            Self::Ipfix => 16,
            Self::Sflow => sflow::HEADER_LEN,
        }
    }

    /// The templates, in the order in which sets of records are kept.
    pub(super) const fn templates(self) -> &'static Templated {
        match self {
            Self::V5 | Self::Sflow => &templated::NONE,
            Self::V9 => &V9,
            Self::Ipfix => &IPFIX,
        }
    }

    /// Whether records follow one another without sets.
    pub(super) const fn is_bare(self) -> bool {
        matches!(self, Self::V5 | Self::Sflow)
    }

    /// Appends a record to the set it belongs to; of sFlow, a sample of a source.
    pub(super) fn encode(
        self,
        out: &mut Vec<u8>,
        set: usize,
        (record, boot_ms): (&Record, i64),
        sources: &mut Sources,
    ) {
        match self {
            Self::V5 => v5::record(out, record, boot_ms),
            Self::Sflow => sources.sample(out, record),
            Self::V9 | Self::Ipfix => self.templates().record(out, set, record, boot_ms),
        }
    }

    /// Appends a header; IPFIX's length is that of the whole message.
    pub(super) fn header(self, out: &mut Vec<u8>, header: &Header, len: u16) {
        match self {
            Self::V5 => v5::header(out, header),
            Self::Sflow => sflow::header(out, header),
            Self::V9 => templated::v9_header(out, header),
            Self::Ipfix => templated::ipfix_header(out, header, len),
        }
    }
}

/// Milliseconds from the exporter's start, as the 32-bit counters of NetFlow
/// carry them: modulo 2^32.
fn uptime(unix_ms: i64, boot_ms: i64) -> u32 {
    low_bits(unix_ms.wrapping_sub(boot_ms))
}

/// The low 32 bits, as clocks and counters that wrap around carry them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the field is defined modulo 2^32"
)]
const fn low_bits(number: i64) -> u32 {
    number as u32
}

fn put_u16(out: &mut Vec<u8>, number: u16) {
    out.extend_from_slice(&number.to_be_bytes());
}

fn put_u32(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_be_bytes());
}
