//! Link types (<https://www.tcpdump.org/linktypes.html>) and what they put before IP.

use super::ip::Version;
use super::{Skip, View};

/// VLAN tags that may come before the type of one packet.
const TAGS_MAX: usize = 4;

/// A link type this program reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// 0 and 108: four octets of protocol family.
    Null,
    /// 1: Ethernet, with or without VLAN tags.
    Ethernet,
    /// 101, and 12 and 14 in old files: IPv4 or IPv6, told by the version.
    Raw,
    /// 113: Linux "cooked" capture.
    LinuxSll,
    /// 228: IPv4.
    Ipv4,
    /// 229: IPv6.
    Ipv6,
    /// 276: Linux "cooked" capture, version 2.
    LinuxSll2,
}

impl Link {
    /// The numbers, for error texts.
    pub(crate) const KNOWN: &'static str = "0, 1, 12, 14, 101, 108, 113, 228, 229 or 276";

    pub(crate) const fn from_number(number: u32) -> Option<Self> {
        match number {
            0 | 108 => Some(Self::Null),
            1 => Some(Self::Ethernet),
            12 | 14 | 101 => Some(Self::Raw),
            113 => Some(Self::LinuxSll),
            228 => Some(Self::Ipv4),
            229 => Some(Self::Ipv6),
            276 => Some(Self::LinuxSll2),
            _ => None,
        }
    }

    /// The IP packet behind the link layer.
    pub(super) fn strip(self, view: View<'_>) -> Result<(Version, View<'_>), Skip> {
        match self {
            Self::Null => Ok((by_family(view.get(0)?)?, view.skip(4)?)),
            Self::Ethernet => by_ethertype(view.u16(12)?, view.skip(14)?),
            Self::Raw => Ok((by_version(view.u8(0)?)?, view)),
            Self::LinuxSll => by_ethertype(view.u16(14)?, view.skip(16)?),
            Self::Ipv4 => Ok((Version::V4, view)),
            Self::Ipv6 => Ok((Version::V6, view)),
            Self::LinuxSll2 => by_ethertype(view.u16(0)?, view.skip(20)?),
        }
    }
}

/// The number of a family depends on the system that captured, and so does its order.
fn by_family(octets: [u8; 4]) -> Result<Version, Skip> {
    let family = u32::from_be_bytes(octets).min(u32::from_le_bytes(octets));
    match family {
        2 => Ok(Version::V4),
        10 | 24 | 28 | 30 => Ok(Version::V6),
        _ => Err(Skip::Other),
    }
}

fn by_version(octet: u8) -> Result<Version, Skip> {
    match octet >> 4 {
        4 => Ok(Version::V4),
        6 => Ok(Version::V6),
        _ => Err(Skip::Malformed),
    }
}

fn by_ethertype(ethertype: u16, view: View<'_>) -> Result<(Version, View<'_>), Skip> {
    let (mut ethertype, mut view) = (ethertype, view);
    for _ in 0..TAGS_MAX {
        if !matches!(ethertype, 0x8100 | 0x88A8 | 0x9100) {
            break;
        }
        (ethertype, view) = (view.u16(2)?, view.skip(4)?);
    }
    match ethertype {
        0x0800 => Ok((Version::V4, view)),
        0x86DD => Ok((Version::V6, view)),
        _ => Err(Skip::Other),
    }
}
