//! What captured packets carry: link layer, IP, then UDP or TCP.

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

/// A TCP segment within a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tcp {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) sequence: u32,
    /// The control bits (RFC 9293, 3.1).
    pub(crate) flags: u16,
    /// Where its octets lie in the packet.
    pub(crate) payload: Range<usize>,
    /// Whether the packet holds less of it than its header says.
    pub(crate) cut: bool,
}

/// What a packet carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Carried {
    Udp(Udp),
    Tcp(Tcp),
}

/// Why a packet gives neither datagram nor segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skip {
    /// It carries something else.
    Other,
    /// It is a later fragment of a packet.
    Fragment,
    /// Its headers contradict themselves or end too early.
    Malformed,
}

/// The datagram or segment of a packet.
pub(crate) fn carried(link: Link, packet: &[u8]) -> Result<Carried, Skip> {
    let view = View {
        bytes: packet,
        at: 0,
        end: packet.len(),
    };
    let (version, view) = link.strip(view)?;
    ip::carried(version, view)
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

    fn u32(&self, offset: usize) -> Result<u32, Skip> {
        self.get(offset).map(u32::from_be_bytes)
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
