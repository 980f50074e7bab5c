//! IP packets: key, length, flags, type and code.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flow::{FlowKey, Icmp, Vlan, protocol};

use crate::Reason;
use crate::bytes::{u8_at, u16_at};

/// Octets of an IPv4 header without options.
const V4_HEADER: usize = 20;
/// Octets of an IPv6 header without extensions.
const V6_HEADER: usize = 40;
/// The bits of the two octets with a TCP header's flags that are no data offset.
pub(super) const FLAGS: u16 = 0x0FFF;

/// Protocols with ports in their first four octets, besides TCP and UDP.
const DCCP: u8 = 33;
const SCTP: u8 = 132;
const UDP_LITE: u8 = 136;

/// Extension headers (RFC 8200, 4; IANA, "IPv6 Extension Header Types").
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION: u8 = 60;
const MOBILITY: u8 = 135;
const HIP: u8 = 139;
const SHIM6: u8 = 140;

/// What is known of a sampled packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet {
    pub(super) key: FlowKey,
    /// Octets of the packet from its IP header on.
    pub(super) bytes: u64,
    pub(super) tcp_flags: Option<u16>,
    pub(super) tos: u8,
    pub(super) icmp: Option<Icmp>,
    /// The VLAN of the outermost tag of its frame that names one.
    pub(super) vlan: Option<Vlan>,
    /// Why ports or flags are missing.
    pub(super) missing: Option<Reason>,
    /// Whether the length is that of the frame.
    pub(super) of_frame: bool,
}

impl Packet {
    /// What is to be counted if the packet becomes a flow.
    pub(super) fn notes(&self) -> impl Iterator<Item = Reason> {
        let length = self.of_frame.then_some(Reason::FrameLength);
        self.missing.into_iter().chain(length)
    }
}

/// What an IP header says, and where its payload begins.
#[derive(Debug, Clone, Copy)]
struct Header {
    src_addr: IpAddr,
    dst_addr: IpAddr,
    protocol: u8,
    tos: u8,
    /// The packet's length, if the header tells it.
    octets: Option<u32>,
    transport: Transport,
}

/// Whether a packet's transport header can be read.
#[derive(Debug, Clone, Copy)]
enum Transport {
    /// It begins here.
    At(usize),
    /// It is in another fragment.
    LaterFragment,
    /// It was cut off, or lies too deep.
    OutOfReach,
}

/// A packet from its IP header on, of which the end may be cut off. Its frame has
/// `spare` octets for it; `layers` extension headers are passed over.
pub(super) fn packet(octets: &[u8], spare: u32, layers: usize) -> Result<Packet, Reason> {
    let first = u8_at(octets, 0).ok_or(Reason::PacketTruncated)?;
    let header = match first >> 4 {
        4 => v4(octets),
        6 => v6(octets, layers),
        _ => return Err(Reason::PacketNotIp),
    };
    header.map(|header| header.packet(octets, spare))
}

fn v4(octets: &[u8]) -> Result<Header, Reason> {
    let (head, _) = octets
        .split_first_chunk::<V4_HEADER>()
        .ok_or(Reason::PacketTruncated)?;
    let header = usize::from(head[0] & 0xF) * 4;
    if header < V4_HEADER {
        return Err(Reason::PacketNotIp);
    }
    let [total, fragment] = [2, 6].map(|at| u16::from_be_bytes([head[at], head[at + 1]]));
    let addr = |at: usize| Ipv4Addr::new(head[at], head[at + 1], head[at + 2], head[at + 3]);
    let transport = match fragment & 0x1FFF {
        0 => Transport::At(header),
        _ => Transport::LaterFragment,
    };
    Ok(Header {
        src_addr: addr(12).into(),
        dst_addr: addr(16).into(),
        protocol: head[9],
        tos: head[1],
        octets: (usize::from(total) >= header).then_some(total.into()),
        transport,
    })
}

fn v6(octets: &[u8], layers: usize) -> Result<Header, Reason> {
    let (head, _) = octets
        .split_first_chunk::<V6_HEADER>()
        .ok_or(Reason::PacketTruncated)?;
    let (_, addrs) = head.split_at(8);
    let addr = |at: usize| addrs.get(at..)?.first_chunk::<16>();
    let (Some(&src), Some(&dst)) = (addr(0), addr(16)) else {
        return Err(Reason::PacketTruncated);
    };
    let payload = u16::from_be_bytes([head[4], head[5]]);
    let (protocol, transport) = v6_transport(octets, head[6], layers);
    Ok(Header {
        src_addr: Ipv6Addr::from(src).into(),
        dst_addr: Ipv6Addr::from(dst).into(),
        protocol,
        tos: head[0] << 4 | head[1] >> 4,
        octets: (payload > 0).then_some(u32::from(payload) + 40),
        transport,
    })
}

/// The upper-layer protocol, behind the extension headers.
fn v6_transport(octets: &[u8], first: u8, layers: usize) -> (u8, Transport) {
    let (mut next, mut at) = (first, V6_HEADER);
    for _ in 0..=layers {
        if !is_extension(next) {
            return (next, Transport::At(at));
        }
        let Some([following, size, offset @ ..]) = first_four(octets, at) else {
            break;
        };
        // The offset has 13 bits, before three others.
        if next == FRAGMENT && u16::from_be_bytes(offset) >= 8 {
            return (following, Transport::LaterFragment);
        }
        at += match next {
            FRAGMENT => 8,
            AUTHENTICATION => 4 * (usize::from(size) + 2),
            _ => 8 * (usize::from(size) + 1),
        };
        next = following;
    }
    (next, Transport::OutOfReach)
}

fn first_four(octets: &[u8], at: usize) -> Option<[u8; 4]> {
    octets.get(at..)?.first_chunk().copied()
}

const fn is_extension(number: u8) -> bool {
    matches!(
        number,
        HOP_BY_HOP | ROUTING | FRAGMENT | AUTHENTICATION | DESTINATION | MOBILITY | HIP | SHIM6
    )
}

/// What a transport header says.
#[derive(Debug, Default)]
struct Upper {
    ports: (u16, u16),
    tcp_flags: Option<u16>,
    icmp: Option<Icmp>,
    /// Why something is missing.
    missing: Option<Reason>,
}

impl Header {
    fn packet(&self, octets: &[u8], spare: u32) -> Packet {
        let upper = self.upper(octets);
        let (src_port, dst_port) = upper.ports;
        Packet {
            key: FlowKey {
                src_addr: self.src_addr,
                dst_addr: self.dst_addr,
                src_port,
                dst_port,
                protocol: self.protocol,
            },
            bytes: u64::from(self.octets.unwrap_or(spare)),
            tcp_flags: upper.tcp_flags,
            tos: self.tos,
            icmp: upper.icmp,
            vlan: None,
            missing: upper.missing,
            of_frame: self.octets.is_none(),
        }
    }

    fn upper(&self, octets: &[u8]) -> Upper {
        let missing = match self.transport {
            Transport::At(at) => {
                let rest = octets.get(at..).unwrap_or_default();
                return self.upper_of(rest);
            }
            Transport::LaterFragment => Reason::LaterFragment,
            Transport::OutOfReach => Reason::TransportTruncated,
        };
        Upper {
            missing: Some(missing),
            ..Upper::default()
        }
    }

    /// Ports, flags, type and code of a protocol that has them.
    fn upper_of(&self, octets: &[u8]) -> Upper {
        let mut upper = Upper::default();
        let whole = match self.protocol {
            protocol::TCP => {
                upper.tcp_flags = u16_at(octets, 12).map(|flags| flags & FLAGS);
                upper.ports(octets) && upper.tcp_flags.is_some()
            }
            protocol::UDP | UDP_LITE | DCCP | SCTP => upper.ports(octets),
            protocol::ICMP | protocol::ICMPV6 => {
                let both = octets.first_chunk();
                upper.icmp = both.map(|&[kind, code]| Icmp { kind, code });
                upper.icmp.is_some()
            }
            _ => true,
        };
        if !whole {
            upper.missing = Some(Reason::TransportTruncated);
        }
        upper
    }
}

impl Upper {
    /// Reads the ports; whether they were there.
    fn ports(&mut self, octets: &[u8]) -> bool {
        let ports = u16_at(octets, 0).zip(u16_at(octets, 2));
        self.ports = ports.unwrap_or_default();
        ports.is_some()
    }
}
