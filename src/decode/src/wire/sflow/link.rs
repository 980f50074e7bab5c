//! Sampled headers: from the link layer to the IP packet.

use flow::Vlan;

use super::ip::{self, Packet};
use super::xdr::Item;
use crate::bytes::{u8_at, u16_at};
use crate::{DecodeError, ErrorKind, Limits, Reason};

/// Octets of sampled-header flow data before the header itself.
const FIXED: usize = 16;

/// Ethernet types.
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86DD;
const PPPOE: u16 = 0x8864;
/// Tags of IEEE 802.1Q and 802.1ad, and two that preceded the latter.
pub(super) const TAGS: [u16; 4] = [0x8100, 0x88A8, 0x9100, 0x9200];
/// The bits of a tag that identify a VLAN, below priority and drop eligibility.
const TAG_VLAN: u16 = 0x0FFF;
const MPLS: [u16; 2] = [0x8847, 0x8848];
/// The least type; below it the field is a length (IEEE 802.3).
const LEAST_TYPE: u16 = 0x0600;
/// LLC and SNAP with an Ethernet type behind them (RFC 1042).
const SNAP: [u8; 6] = [0xAA, 0xAA, 3, 0, 0, 0];

/// The link layers that are read, as flow data number them.
#[derive(Debug, Clone, Copy)]
enum Link {
    Ethernet,
    Ppp,
    Ip,
    Mpls,
}

const fn link(protocol: u32) -> Option<Link> {
    match protocol {
        1 => Some(Link::Ethernet),
        7 | 14 => Some(Link::Ppp),
        11 | 12 => Some(Link::Ip),
        13 => Some(Link::Mpls),
        _ => None,
    }
}

/// The packet of a sampled header, or why it is none that is read.
///
/// # Errors
///
/// If the flow data are shorter than their fixed part, or the header goes beyond them.
pub(super) fn sampled_header(
    mut data: Item<'_>,
    limits: &Limits,
) -> Result<Result<Packet, Reason>, DecodeError> {
    let whole = data;
    let words = data.body.words().ok_or_else(|| whole.short(FIXED))?;
    let [protocol, frame_octets, stripped, stated] = words;
    let octets = usize::try_from(stated).unwrap_or(usize::MAX);
    let Some(header) = data.body.rest().get(..octets) else {
        let remaining = data.body.rest().len();
        let kind = ErrorKind::SampledHeader { stated, remaining };
        return Err(kind.at(data.body.at - 4));
    };
    let Some(link) = link(protocol) else {
        return Ok(Err(Reason::PacketUnread));
    };
    let mut frame = Frame {
        header,
        at: 0,
        layers: limits.layers_per_packet,
        vlan: None,
    };
    Ok(frame.find_ip(link).and_then(|()| {
        let packet = header.get(frame.at..).unwrap_or_default();
        let link_octets = u32::try_from(frame.at).unwrap_or(u32::MAX);
        let spare = frame_octets.saturating_sub(stripped);
        let packet = ip::packet(packet, spare.saturating_sub(link_octets), frame.layers)?;
        Ok(Packet {
            vlan: frame.vlan,
            ..packet
        })
    }))
}

/// A frame on the way to its IP packet.
#[derive(Debug)]
struct Frame<'a> {
    header: &'a [u8],
    /// Offset of the next layer.
    at: usize,
    /// How many tags and labels may still come.
    layers: usize,
    /// The VLAN of the outermost tag that names one.
    vlan: Option<Vlan>,
}

impl Frame<'_> {
    /// Goes to the beginning of the IP packet.
    fn find_ip(&mut self, link: Link) -> Result<(), Reason> {
        match link {
            Link::Ethernet => self.ethernet(),
            Link::Ppp => self.ppp(),
            Link::Ip => Ok(()),
            Link::Mpls => self.mpls(),
        }
    }

    fn half(&self, ahead: usize) -> Result<u16, Reason> {
        u16_at(self.header, self.at + ahead).ok_or(Reason::PacketTruncated)
    }

    fn layer(&mut self) -> Result<(), Reason> {
        self.layers = self.layers.checked_sub(1).ok_or(Reason::PacketTooDeep)?;
        Ok(())
    }

    /// Two addresses of 6 octets, then a type.
    fn ethernet(&mut self) -> Result<(), Reason> {
        self.at += 12;
        self.typed()
    }

    /// The type of what comes next, behind any number of tags.
    fn typed(&mut self) -> Result<(), Reason> {
        while TAGS.contains(&self.half(0)?) {
            self.layer()?;
            self.vlan = self.vlan.or(Vlan::new(self.half(2)? & TAG_VLAN));
            self.at += 4;
        }
        let kind = self.half(0)?;
        self.at += 2;
        match kind {
            IPV4 | IPV6 => Ok(()),
            PPPOE => {
                self.at += 6;
                self.ppp()
            }
            _ if MPLS.contains(&kind) => self.mpls(),
            ..LEAST_TYPE => self.snap(),
            _ => Err(Reason::PacketNotIp),
        }
    }

    /// LLC and SNAP behind a length. A type in them is never a length again.
    fn snap(&mut self) -> Result<(), Reason> {
        let rest = self.header.get(self.at..).unwrap_or_default();
        if !rest.starts_with(&SNAP) {
            return Err(Reason::PacketNotIp);
        }
        self.at += SNAP.len();
        if self.half(0)? < LEAST_TYPE {
            return Err(Reason::PacketNotIp);
        }
        self.layer()?;
        self.typed()
    }

    /// Labels of 4 octets to the bottom of the stack (RFC 3032). Below it there is no
    /// type; an IP packet is known by its version, which [`ip::packet`] checks.
    fn mpls(&mut self) -> Result<(), Reason> {
        loop {
            self.layer()?;
            let bottom = self.half(2)? & 0x0100 != 0;
            self.at += 4;
            if bottom {
                return Ok(());
            }
        }
    }

    /// PPP with or without address and control of HDLC (RFC 1662), its protocol of one
    /// or two octets; or Cisco's framing, which has an Ethernet type there.
    fn ppp(&mut self) -> Result<(), Reason> {
        match self.half(0)? {
            0xFF03 => self.at += 2,
            0x0F00 | 0x8F00 => {
                self.at += 2;
                self.layer()?;
                return self.typed();
            }
            _ => {}
        }
        let first = u8_at(self.header, self.at).ok_or(Reason::PacketTruncated)?;
        let (protocol, octets) = if first & 1 == 1 {
            (u16::from(first), 1)
        } else {
            (self.half(0)?, 2)
        };
        self.at += octets;
        match protocol {
            0x0021 | 0x0057 => Ok(()),
            0x0281 | 0x0283 => self.mpls(),
            _ => Err(Reason::PacketNotIp),
        }
    }
}
