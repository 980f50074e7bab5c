//! What became of each packet of a capture.

use flow::ReceiveTime;

use crate::packet::{self, Carried, Link, Skip};
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
    /// TCP segments.
    pub segments: u64,
    /// TCP streams, one for each direction of a connection that was seen to begin or to
    /// carry something.
    pub streams: u64,
    /// Segments with nothing new in them.
    pub repeated: u64,
    /// Streams that were not followed beyond a gap in what was captured.
    pub streams_lost: u64,
    /// Octets of these that came behind the gap.
    pub octets_lost: u64,
    /// Streams beyond [`crate::STREAMS_MAX`] at once, of which nothing was given out.
    pub streams_not_followed: u64,
    /// Packets of something other than UDP or TCP over IP.
    pub other_packets: u64,
    /// Later fragments of packets.
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
    /// What a packet carries, counted.
    pub(crate) fn packet(&mut self, link: Link, octets: &[u8]) -> Option<Carried> {
        let carried = packet::carried(link, octets);
        match &carried {
            Ok(Carried::Udp(udp)) => {
                self.datagrams += 1;
                self.cut += u64::from(udp.cut);
            }
            Ok(Carried::Tcp(_)) => self.segments += 1,
            Err(Skip::Other) => self.other_packets += 1,
            Err(Skip::Fragment) => self.fragments += 1,
            Err(Skip::Malformed) => self.malformed += 1,
        }
        carried.ok()
    }

    /// A block of which only the type was read.
    pub(super) const fn skipped_block(&mut self, kind: u32) {
        if kind == kind::SIMPLE_PACKET {
            self.untimed += 1;
        } else {
            self.other_blocks += 1;
        }
    }

    /// What the packet of a block carries, with its time and octets; everything else is
    /// counted.
    pub(crate) fn take<'a>(
        &mut self,
        event: &Event<'a>,
    ) -> Option<(ReceiveTime, &'a [u8], Carried)> {
        match event {
            Event::Packet {
                link: Some(link),
                received,
                octets,
            } => {
                let carried = self.packet(*link, octets)?;
                return Some((*received, octets, carried));
            }
            Event::Packet { link: None, .. } => self.unknown_link += 1,
            Event::Statistics(_) => self.statistics += 1,
            Event::Untimed => self.untimed += 1,
            Event::Structure => {}
            Event::State(_) | Event::Databases(_) | Event::Other => self.other_blocks += 1,
        }
        None
    }
}
