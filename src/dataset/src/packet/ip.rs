//! IPv4 (RFC 791), IPv6 (RFC 8200), UDP (RFC 768) and TCP (RFC 9293) headers.

use std::net::{IpAddr, SocketAddr};

use flow::protocol::{TCP, UDP};

use super::{Carried, Skip, Tcp, Udp, View};
use crate::datagram::canonical;

/// Extension headers that may come before UDP or TCP in one packet.
const EXTENSIONS_MAX: usize = 8;
/// Octets of the UDP header.
const UDP_HEADER: usize = 8;
/// Octets of the TCP header without options.
const TCP_HEADER: usize = 20;

/// The version of IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V4,
    V6,
}

/// The datagram or segment of an IP packet.
pub(super) fn carried(version: Version, view: View<'_>) -> Result<Carried, Skip> {
    let packet = match version {
        Version::V4 => v4(view)?,
        Version::V6 => v6(view)?,
    };
    if packet.protocol == TCP {
        packet.tcp().map(Carried::Tcp)
    } else {
        packet.udp().map(Carried::Udp)
    }
}

/// What follows the IP headers, which is UDP or TCP.
struct Packet<'a> {
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    segment: View<'a>,
    /// Whether there is less of it than the IP header says.
    cut: bool,
}

impl Packet<'_> {
    /// Both ends: every transport's header begins with the two ports.
    fn ends(&self) -> Result<(SocketAddr, SocketAddr), Skip> {
        let end_at = |addr, port| canonical(SocketAddr::new(addr, port));
        Ok((
            end_at(self.source, self.segment.u16(0)?),
            end_at(self.destination, self.segment.u16(2)?),
        ))
    }

    fn udp(&self) -> Result<Udp, Skip> {
        let (source, destination) = self.ends()?;
        let (payload, cut) = payload(self.segment)?;
        Ok(Udp {
            source,
            destination,
            payload: payload.at..payload.end,
            cut,
        })
    }

    fn tcp(&self) -> Result<Tcp, Skip> {
        let (source, destination) = self.ends()?;
        let [offset, flags] = self.segment.get(12)?;
        let header = usize::from(offset >> 4) * 4;
        if header < TCP_HEADER {
            return Err(Skip::Malformed);
        }
        let payload = self.segment.skip(header)?;
        Ok(Tcp {
            source,
            destination,
            sequence: self.segment.u32(4)?,
            flags: flags.into(),
            payload: payload.at..payload.end,
            cut: self.cut,
        })
    }
}

fn expect_version(view: View<'_>, version: u8) -> Result<(), Skip> {
    if view.u8(0)? >> 4 == version {
        Ok(())
    } else {
        Err(Skip::Malformed)
    }
}

fn v4(view: View<'_>) -> Result<Packet<'_>, Skip> {
    expect_version(view, 4)?;
    let header_len = usize::from(view.u8(0)? & 0x0F) * 4;
    let source = IpAddr::from(view.get::<4>(12)?);
    let destination = IpAddr::from(view.get::<4>(16)?);
    let protocol = view.u8(9)?;
    if !matches!(protocol, UDP | TCP) {
        return Err(Skip::Other);
    }
    if view.u16(6)? & 0x1FFF != 0 {
        return Err(Skip::Fragment);
    }
    // A length of 0 is left by network cards that cut large packets themselves.
    let total = match usize::from(view.u16(2)?) {
        0 => view.len(),
        stated => stated,
    };
    if header_len < 20 || total < header_len {
        return Err(Skip::Malformed);
    }
    Ok(Packet {
        source,
        destination,
        protocol,
        segment: view.first(total).skip(header_len)?,
        cut: view.len() < total,
    })
}

fn v6(view: View<'_>) -> Result<Packet<'_>, Skip> {
    expect_version(view, 6)?;
    let source = IpAddr::from(view.get::<16>(8)?);
    let destination = IpAddr::from(view.get::<16>(24)?);
    let (next, stated) = (view.u8(6)?, usize::from(view.u16(4)?));
    let behind = view.skip(40)?;
    // 0 stands for a jumbogram, or for a card that cuts large packets itself.
    let len = if stated == 0 { behind.len() } else { stated };
    let (protocol, segment) = skip_extensions(next, behind.first(len))?;
    Ok(Packet {
        source,
        destination,
        protocol,
        segment,
        cut: behind.len() < len,
    })
}

/// UDP or TCP behind the extension headers (RFC 8200, 4; RFC 4302, 2.2).
fn skip_extensions(next: u8, view: View<'_>) -> Result<(u8, View<'_>), Skip> {
    let (mut next, mut view) = (next, view);
    for _ in 0..EXTENSIONS_MAX {
        let units = |octet: u8, unit: usize, base: usize| usize::from(octet) * unit + base;
        let len = match next {
            UDP | TCP => return Ok((next, view)),
            0 | 43 | 60 => units(view.u8(1)?, 8, 8),
            51 => units(view.u8(1)?, 4, 8),
            44 if view.u16(2)? & 0xFFF8 != 0 => return Err(Skip::Fragment),
            44 => 8,
            _ => return Err(Skip::Other),
        };
        (next, view) = (view.u8(0)?, view.skip(len)?);
    }
    Err(Skip::Malformed)
}

/// The payload behind the UDP header, and whether it is cut.
fn payload(segment: View<'_>) -> Result<(View<'_>, bool), Skip> {
    let behind = segment.skip(UDP_HEADER)?;
    let stated = match usize::from(segment.u16(4)?) {
        // Of a jumbogram (RFC 2675, 4).
        0 => segment.len(),
        stated => stated,
    };
    let len = stated.checked_sub(UDP_HEADER).ok_or(Skip::Malformed)?;
    Ok((behind.first(len), behind.len() < len))
}
