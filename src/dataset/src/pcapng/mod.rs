//! What was received as pcapng (draft-ietf-opsawg-pcapng), which every capture tool reads.
//!
//! A stored datagram is a packet of link type 101 (raw IP): an IP and a UDP header made up
//! around the payload, with the true addresses and ports, correct lengths and correct
//! checksums. A stored stream is TCP likewise: a SYN at its beginning, each message as one
//! segment, or as two where one packet does not hold it, and FIN or RST at its end. What
//! the collector sent is not stored. Times are nanoseconds.
//!
//! In a segment, the preamble frame holds section header and interface ([`write_section`]),
//! each row is one enhanced packet block ([`write_datagram`], [`StreamWriter`]), and a
//! trailer frame holds the statistics ([`write_statistics`]) that say until when the
//! pipeline's clock ran. In blocks of a type for local use there may be, before the first row
//! of a run, what was known when it began ([`write_state`]), and anywhere, the look-up
//! databases that count from a time on ([`write_databases`]). A stream goes on from segment
//! to segment; each segment begins with a whole message of every stream in it.

pub(crate) mod block;
mod ip;
mod read;
pub(crate) mod section;
mod streams;
mod write;

pub use read::{Item, Items, Reader};
pub use section::{StatePart, Statistics};
pub use streams::{Steps, StreamWriter};
pub use write::{write_databases, write_datagram, write_section, write_state, write_statistics};

/// Largest packet, in octets, headers included.
pub const PACKET_LEN_MAX: u32 = 256 << 10;

/// Largest block that is read; larger ones are skipped if nothing in them is needed.
pub const BLOCK_LEN_MAX: u32 = 512 << 10;

/// Most interfaces of one section.
pub const INTERFACES_MAX: usize = 4_096;

/// Largest UDP payload an IPv4 packet can carry, in octets.
pub const PAYLOAD_V4_MAX: usize = 65_535 - 20 - 8;

/// Largest UDP payload an IPv6 packet can carry without being a jumbogram, in octets.
pub const PAYLOAD_V6_MAX: usize = 65_535 - 8;

/// Most octets of what was known when a run began.
pub const STATE_MAX: usize = 32 << 20;

/// Octets of it in one block, but for the last.
const STATE_PART: usize = 256 << 10;

/// What the body of such a block begins with: numbers for local use are anybody's.
const STATE_MAGIC: [u8; 8] = *b"flowstrm";

/// The same of a block that names look-up databases.
const DATABASES_MAGIC: [u8; 8] = *b"flowdbas";

/// Most octets that name look-up databases.
pub const DATABASES_MAX: usize = 64 << 10;

/// Most octets of a TCP segment in an IPv4 packet.
const SEGMENT_V4_MAX: usize = 65_535 - 20 - 20;

/// Most octets of a TCP segment in an IPv6 packet that is no jumbogram.
const SEGMENT_V6_MAX: usize = 65_535 - 20;

/// Block types.
pub(crate) mod kind {
    pub(crate) const SECTION: u32 = 0x0A0D_0D0A;
    pub(crate) const INTERFACE: u32 = 1;
    pub(crate) const SIMPLE_PACKET: u32 = 3;
    pub(crate) const STATISTICS: u32 = 5;
    pub(crate) const PACKET: u32 = 6;
    /// For local use, which other tools pass over: what was known when a run began.
    pub(crate) const LOCAL: u32 = 0x8000_464C;
}

/// Option codes.
mod option {
    pub(crate) const END: u16 = 0;
    pub(crate) const IF_TSRESOL: u16 = 9;
    pub(crate) const IF_TSOFFSET: u16 = 14;
    pub(crate) const ISB_ENDTIME: u16 = 3;
    pub(crate) const ISB_IFRECV: u16 = 4;
    pub(crate) const ISB_IFDROP: u16 = 5;
    pub(crate) const ISB_OSDROP: u16 = 7;
}

/// What a section header says its octet order by.
const BYTE_ORDER_MAGIC: u32 = 0x1A2B_3C4D;
/// Link type of what is written: an IP packet with nothing before it.
const LINKTYPE_RAW: u16 = 101;
/// Exponent of the resolution of what is written: nanoseconds.
const NANOSECONDS: u8 = 9;
