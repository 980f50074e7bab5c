//! Makes packet captures of ordinary traffic, and knows exactly what is in them.
//!
//! A capture is a classic pcap file with Ethernet frames and microseconds. Frames
//! are not padded to the 60 octets that a real network asks for, because some
//! meters count padding as octets of the IP layer. The truth is counted where the
//! packets are made, and one flow is one direction.
//!
//! As exporters do it, a key of ICMP has type and code in the destination port.

mod conversation;
mod frame;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;

use conversation::Packets;

/// When a capture begins, Unix seconds.
pub(crate) const BEGINS_SECS: u32 = 1_700_000_000;
/// In how many seconds all conversations begin; each lasts less than two more.
const BEGIN_WITHIN_SECS: u64 = 18;
/// The most conversations: each has a port of its own.
pub(crate) const MOST_CONNECTIONS: usize = 50_000;

/// A flow in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// Source address.
    pub(crate) src: IpAddr,
    /// Destination address.
    pub(crate) dst: IpAddr,
    /// Source port; 0 for ICMP.
    pub(crate) src_port: u16,
    /// Destination port; for ICMP 256 times the type, plus the code.
    pub(crate) dst_port: u16,
    /// Protocol number.
    pub(crate) protocol: u8,
}

/// What a flow amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    /// Packets.
    pub(crate) packets: u64,
    /// Octets from the IP header on.
    pub(crate) bytes: u64,
    /// OR of the TCP flags; 0 for other protocols.
    pub(crate) tcp_flags: u8,
    /// First packet, Unix microseconds.
    pub(crate) first_us: u64,
    /// Last packet, Unix microseconds.
    pub(crate) last_us: u64,
}

/// A capture and the truth about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Traffic {
    /// The capture, as a file holds it.
    pub(crate) pcap: Vec<u8>,
    /// Every flow in it.
    pub(crate) flows: BTreeMap<Key, Counts>,
}

/// Ordinary traffic of so many conversations in about 20 s: TCP that closes or is
/// reset, questions and answers over UDP, streams over UDP, and pings, three in
/// four over IPv4 and one over IPv6. The same seed gives the same octets.
///
/// # Panics
///
/// If there are more than [`MOST_CONNECTIONS`].
pub(crate) fn ordinary(seed: u64, connections: usize) -> Traffic {
    assert!(connections <= MOST_CONNECTIONS, "no port is used twice");
    let mut packets = Packets::new(seed);
    for number in 0..connections {
        let begin_us = packets.draw(BEGIN_WITHIN_SECS * 1_000_000);
        packets.converse(u16::try_from(number).expect("fits"), begin_us);
    }
    let (frames, flows) = packets.finish(u64::from(BEGINS_SECS) * 1_000_000);
    Traffic {
        pcap: frame::capture(&frames),
        flows,
    }
}

impl Traffic {
    /// The flows over IPv4: all that NetFlow v5 can tell.
    pub(crate) fn ipv4(&self) -> BTreeMap<Key, Counts> {
        let flows = self.flows.iter().filter(|(key, _)| key.src.is_ipv4());
        flows.map(|(&key, &counts)| (key, counts)).collect()
    }
}
