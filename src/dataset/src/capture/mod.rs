//! UDP datagrams and TCP streams out of captures made elsewhere: pcap and pcapng.

mod counts;
mod pcap;
mod reader;

pub use counts::Counts;
pub use reader::Capture;
