//! Packets of which the agent read the header and tells the fields.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flow::{FlowKey, protocol};

use super::ip::{FLAGS, Packet};
use super::xdr::Item;
use crate::DecodeError;

/// The words that end the two formats in which an agent tells what it read of a packet.
#[derive(Debug, Clone, Copy)]
struct Told {
    octets: u32,
    protocol: u32,
    src_port: u32,
    dst_port: u32,
    tcp_flags: u32,
    tos: u32,
}

/// The packet that an agent read the IPv4 header of.
///
/// # Errors
///
/// If the flow data are shorter than their format.
pub(super) fn sampled_ipv4(mut data: Item<'_>) -> Result<Packet, DecodeError> {
    let whole = data;
    let words = data.body.words().ok_or_else(|| whole.short(32))?;
    let [
        octets,
        protocol,
        src,
        dst,
        src_port,
        dst_port,
        tcp_flags,
        tos,
    ] = words;
    let told = Told {
        octets,
        protocol,
        src_port,
        dst_port,
        tcp_flags,
        tos,
    };
    let addr = |bits| Ipv4Addr::from_bits(bits).into();
    Ok(told.packet(addr(src), addr(dst)))
}

/// The packet that an agent read the IPv6 header of.
///
/// # Errors
///
/// If the flow data are shorter than their format.
pub(super) fn sampled_ipv6(mut data: Item<'_>) -> Result<Packet, DecodeError> {
    let whole = data;
    let body = &mut data.body;
    let head = body.words();
    let addrs = head.and_then(|_| body.array::<16>().zip(body.array::<16>()));
    let parts = head.zip(addrs).zip(body.words());
    let (([octets, protocol], (src, dst)), [src_port, dst_port, tcp_flags, tos]) =
        parts.ok_or_else(|| whole.short(56))?;
    let told = Told {
        octets,
        protocol,
        src_port,
        dst_port,
        tcp_flags,
        tos,
    };
    Ok(told.packet(Ipv6Addr::from(src).into(), Ipv6Addr::from(dst).into()))
}

impl Told {
    /// Of ICMP, the format has neither type nor code.
    fn packet(&self, src_addr: IpAddr, dst_addr: IpAddr) -> Packet {
        let number = low_octet(self.protocol);
        let has_ports = !matches!(number, protocol::ICMP | protocol::ICMPV6);
        let port = |port| if has_ports { low_half(port) } else { 0 };
        let is_tcp = number == protocol::TCP;
        Packet {
            key: FlowKey {
                src_addr,
                dst_addr,
                src_port: port(self.src_port),
                dst_port: port(self.dst_port),
                protocol: number,
            },
            bytes: u64::from(self.octets),
            tcp_flags: is_tcp.then_some(low_half(self.tcp_flags) & FLAGS),
            tos: low_octet(self.tos),
            icmp: None,
            vlan: None,
            missing: None,
            of_frame: false,
        }
    }
}

const fn low_octet(word: u32) -> u8 {
    word.to_be_bytes()[3]
}

const fn low_half(word: u32) -> u16 {
    let [_, _, high, low] = word.to_be_bytes();
    u16::from_be_bytes([high, low])
}
