//! What became of each packet of a capture.

use flow::ReceiveTime;

use crate::packet::{self, Link, Skip, Udp};
use crate::pcapng::kind;
use crate::pcapng::section::Event;

/// How many packets and blocks gave what; nothing is skipped uncounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Datagrams given out.
    pub datagrams: u64,
    /// Of these, how many are shorter than their headers say: cut by the capture, or the
    /// first fragment of a longer one.
    pub cut: u64,
    /// Packets of something other than UDP over IP.
    pub not_udp: u64,
    /// Later fragments of datagrams.
    pub fragments: u64,
    /// Packets whose headers contradict themselves or end too early.
    pub malformed: u64,
    /// Packets of a link type this program does not read.
    pub unknown_link: u64,
    /// Packets without a time (simple packet blocks).
    pub untimed: u64,
    /// Statistics blocks.
    pub statistics: u64,
    /// Blocks of other kinds.
    pub other_blocks: u64,
}

impl Counts {
    /// The datagram of a packet, counted.
    pub(crate) fn packet(&mut self, link: Link, octets: &[u8]) -> Option<Udp> {
        let udp = packet::udp(link, octets);
        match &udp {
            Ok(udp) => {
                self.datagrams += 1;
                self.cut += u64::from(udp.cut);
            }
            Err(Skip::NotUdp) => self.not_udp += 1,
            Err(Skip::Fragment) => self.fragments += 1,
            Err(Skip::Malformed) => self.malformed += 1,
        }
        udp.ok()
    }

    /// A block of which only the type was read.
    pub(super) const fn skipped_block(&mut self, kind: u32) {
        if kind == kind::SIMPLE_PACKET {
            self.untimed += 1;
        } else {
            self.other_blocks += 1;
        }
    }

    /// The datagram a block holds, with its time and packet; everything else is counted.
    pub(crate) fn take<'a>(&mut self, event: &Event<'a>) -> Option<(ReceiveTime, &'a [u8], Udp)> {
        match event {
            Event::Packet {
                link: Some(link),
                received,
                octets,
            } => {
                let udp = self.packet(*link, octets)?;
                return Some((*received, octets, udp));
            }
            Event::Packet { link: None, .. } => self.unknown_link += 1,
            Event::Statistics(_) => self.statistics += 1,
            Event::Untimed => self.untimed += 1,
            Event::Structure => {}
            Event::Other => self.other_blocks += 1,
        }
        None
    }
}
