//! What an exporter has seen of a flow.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flow::{Icmp, protocol};

/// A flow as its exporter knows it. A template says which part of it is exported, and
/// how many octets of it.
#[derive(Debug, Clone)]
pub struct Told {
    /// The source as an IPv6 address; its lowest 32 bits are the IPv4 address.
    pub src: u128,
    /// The destination, likewise.
    pub dst: u128,
    /// Source and destination port.
    pub ports: (u16, u16),
    /// The protocol; [`Told::PING`] is ICMP of the template's family.
    pub protocol: u8,
    /// Type and code where the protocol is ICMP.
    pub icmp: Icmp,
    /// Packets.
    pub packets: u64,
    /// Octets.
    pub octets: u64,
    /// TCP flags.
    pub flags: u16,
    /// Type of service or traffic class.
    pub tos: u8,
    /// SNMP indexes of input and output.
    pub interfaces: (u32, u32),
    /// How long before the export the last packet was seen, in milliseconds.
    pub ended_ago_ms: u32,
    /// Time from first to last packet, in milliseconds.
    pub lasted_ms: u32,
    /// The number of `flowEndReason`.
    pub end_reason: u8,
    /// A sampling rate, which options data and some records state.
    pub rate: u32,
    /// The sampler it belongs to.
    pub sampler: u8,
    /// Octets of what a variable-length field holds.
    pub name: u16,
}

impl Told {
    /// Stands for ICMP in an IPv4 template and for ICMPv6 in one of IPv6.
    pub const PING: u8 = protocol::ICMP;

    /// The addresses in a family.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an IPv4 address is the lowest 32 bits"
    )]
    pub(crate) const fn addrs(&self, v6: bool) -> (IpAddr, IpAddr) {
        if v6 {
            let (src, dst) = (Ipv6Addr::from_bits(self.src), Ipv6Addr::from_bits(self.dst));
            return (IpAddr::V6(src), IpAddr::V6(dst));
        }
        let (src, dst) = (self.src as u32, self.dst as u32);
        let (src, dst) = (Ipv4Addr::from_bits(src), Ipv4Addr::from_bits(dst));
        (IpAddr::V4(src), IpAddr::V4(dst))
    }

    /// The protocol in a family.
    pub(crate) const fn protocol_in(&self, v6: bool) -> u8 {
        if v6 && self.protocol == Self::PING {
            protocol::ICMPV6
        } else {
            self.protocol
        }
    }

    /// Type and code as one number.
    pub(crate) const fn icmp_number(&self) -> u16 {
        u16::from_be_bytes([self.icmp.kind, self.icmp.code])
    }

    /// The destination port, in whose place exporters put type and code of ICMP.
    pub(crate) const fn dst_port(&self) -> u16 {
        if self.protocol == Self::PING {
            self.icmp_number()
        } else {
            self.ports.1
        }
    }
}

impl Default for Told {
    /// A TCP flow of some packets that began 9 s and ended 4 s before its export.
    fn default() -> Self {
        Self {
            src: 0x2001_0DB8_0000_0000_0000_0000_C612_0001,
            dst: 0x2001_0DB8_0000_0000_0000_0000_C613_0002,
            ports: (40_000, 443),
            protocol: protocol::TCP,
            icmp: Icmp { kind: 8, code: 0 },
            packets: 12,
            octets: 3_400,
            flags: 0x1B,
            tos: 0x28,
            interfaces: (3, 4),
            ended_ago_ms: 4_000,
            lasted_ms: 5_000,
            end_reason: 3,
            rate: 0,
            sampler: 0,
            name: 4,
        }
    }
}
