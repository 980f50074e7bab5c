//! UDP datagrams and TCP streams out of captures made elsewhere: pcap and pcapng.

mod counts;
mod pcap;
mod plain;
mod reader;

pub use counts::Counts;
pub use plain::Plain;
pub use reader::Capture;

/// Whether a file that begins so is a pcap or pcapng file.
#[must_use]
pub fn is_capture(head: [u8; 4]) -> bool {
    pcap::is_pcap(head) || head == PCAPNG.to_be_bytes()
}

/// The type of the block that a pcapng file begins with; the same in either order.
const PCAPNG: u32 = 0x0A0D_0D0A;
