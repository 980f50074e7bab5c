//! A datagram as it was received.

use std::net::{IpAddr, SocketAddr};

use flow::ReceiveTime;

/// One received datagram, its payload borrowed from the buffer it was read into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// When it was received.
    pub received: ReceiveTime,
    /// Who sent it.
    pub source: SocketAddr,
    /// Where it was received.
    pub destination: SocketAddr,
    /// What it carries: one export message, mostly.
    pub payload: &'a [u8],
}

/// The address with an IPv4-mapped IPv6 address as the IPv4 address it is; flow label
/// and scope, which no stored packet carries in full, are 0.
pub(crate) fn canonical(addr: SocketAddr) -> SocketAddr {
    SocketAddr::new(addr.ip().to_canonical(), addr.port())
}

/// Both addresses in one family: IPv4 only if both are, else IPv6 with the other mapped.
pub(crate) fn same_family(source: IpAddr, destination: IpAddr) -> (IpAddr, IpAddr) {
    match (source.to_canonical(), destination.to_canonical()) {
        (IpAddr::V4(source), IpAddr::V6(destination)) => {
            (source.to_ipv6_mapped().into(), destination.into())
        }
        (IpAddr::V6(source), IpAddr::V4(destination)) => {
            (source.into(), destination.to_ipv6_mapped().into())
        }
        same => same,
    }
}
