//! IPv4 (RFC 791), IPv6 (RFC 8200) and UDP (RFC 768) headers.

use std::net::{IpAddr, SocketAddr};

use flow::protocol::UDP;

use super::{Skip, Udp, View};
use crate::datagram::canonical;

/// Extension headers that may come before UDP in one packet.
const EXTENSIONS_MAX: usize = 8;
/// Octets of the UDP header.
const UDP_HEADER: usize = 8;

/// The version of IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V4,
    V6,
}

/// The datagram of an IP packet.
pub(super) fn udp(version: Version, view: View<'_>) -> Result<Udp, Skip> {
    let ((source, destination), segment) = match version {
        Version::V4 => v4(view)?,
        Version::V6 => v6(view)?,
    };
    let end_at = |addr: IpAddr, port: u16| canonical(SocketAddr::new(addr, port));
    let (payload, cut) = payload(segment)?;
    Ok(Udp {
        source: end_at(source, segment.u16(0)?),
        destination: end_at(destination, segment.u16(2)?),
        payload: payload.at..payload.end,
        cut,
    })
}

type Addresses = (IpAddr, IpAddr);

fn expect_version(view: View<'_>, version: u8) -> Result<(), Skip> {
    if view.u8(0)? >> 4 == version {
        Ok(())
    } else {
        Err(Skip::Malformed)
    }
}

fn v4(view: View<'_>) -> Result<(Addresses, View<'_>), Skip> {
    expect_version(view, 4)?;
    let header_len = usize::from(view.u8(0)? & 0x0F) * 4;
    let addresses = (
        IpAddr::from(view.get::<4>(12)?),
        IpAddr::from(view.get::<4>(16)?),
    );
    if view.u8(9)? != UDP {
        return Err(Skip::NotUdp);
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
    Ok((addresses, view.first(total).skip(header_len)?))
}

fn v6(view: View<'_>) -> Result<(Addresses, View<'_>), Skip> {
    expect_version(view, 6)?;
    let addresses = (
        IpAddr::from(view.get::<16>(8)?),
        IpAddr::from(view.get::<16>(24)?),
    );
    let (next, stated) = (view.u8(6)?, usize::from(view.u16(4)?));
    let behind = view.skip(40)?;
    // 0 stands for a jumbogram, or for a card that cuts large packets itself.
    let len = if stated == 0 { behind.len() } else { stated };
    Ok((addresses, skip_extensions(next, behind.first(len))?))
}

/// What follows the extension headers, if it is UDP (RFC 8200, 4; RFC 4302, 2.2).
fn skip_extensions(next: u8, view: View<'_>) -> Result<View<'_>, Skip> {
    let (mut next, mut view) = (next, view);
    for _ in 0..EXTENSIONS_MAX {
        let units = |octet: u8, unit: usize, base: usize| usize::from(octet) * unit + base;
        let len = match next {
            UDP => return Ok(view),
            0 | 43 | 60 => units(view.u8(1)?, 8, 8),
            51 => units(view.u8(1)?, 4, 8),
            44 if view.u16(2)? & 0xFFF8 != 0 => return Err(Skip::Fragment),
            44 => 8,
            _ => return Err(Skip::NotUdp),
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
