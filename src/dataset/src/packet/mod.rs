//! UDP datagrams in captured packets: link layer, IP, UDP.

mod ip;
mod link;

use std::net::SocketAddr;
use std::ops::Range;

pub(crate) use link::Link;

/// A UDP datagram within a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Udp {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    /// Where its payload lies in the packet.
    pub(crate) payload: Range<usize>,
    /// Whether the packet holds less of it than its header says.
    pub(crate) cut: bool,
}

/// Why a packet gives no datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skip {
    /// It carries something else.
    NotUdp,
    /// It is a later fragment of a datagram.
    Fragment,
    /// Its headers contradict themselves or end too early.
    Malformed,
}

/// The datagram of a packet.
pub(crate) fn udp(link: Link, packet: &[u8]) -> Result<Udp, Skip> {
    let view = View {
        bytes: packet,
        at: 0,
        end: packet.len(),
    };
    let (version, view) = link.strip(view)?;
    ip::udp(version, view)
}

/// The part of a packet that is still to be read.
#[derive(Debug, Clone, Copy)]
struct View<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Not beyond the end of `bytes`.
    end: usize,
}

impl<'a> View<'a> {
    fn len(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// `N` octets at `offset` from here.
    fn get<const N: usize>(&self, offset: usize) -> Result<[u8; N], Skip> {
        let rest: &'a [u8] = self.bytes.get(self.at..self.end).unwrap_or(&[]);
        let chunk = rest.get(offset..).and_then(|rest| rest.first_chunk());
        chunk.copied().ok_or(Skip::Malformed)
    }

    fn u8(&self, offset: usize) -> Result<u8, Skip> {
        self.get(offset).map(|[octet]| octet)
    }

    fn u16(&self, offset: usize) -> Result<u16, Skip> {
        self.get(offset).map(u16::from_be_bytes)
    }

    /// What follows `count` octets.
    fn skip(self, count: usize) -> Result<Self, Skip> {
        if count > self.len() {
            return Err(Skip::Malformed);
        }
        Ok(Self {
            at: self.at + count,
            ..self
        })
    }

    /// At most `len` octets from here.
    fn first(self, len: usize) -> Self {
        let end = self.end.min(self.at.saturating_add(len));
        Self { end, ..self }
    }
}
