//! NetFlow version 5: a fixed record, IPv4 only.

use std::net::{IpAddr, Ipv4Addr};

use super::super::record::Record;
use super::{Header, low_bits, put_u16, put_u32, uptime};

/// Octets of one record.
pub(in super::super) const RECORD_LEN: usize = 48;
/// The most records a datagram may hold.
pub(in super::super) const MOST_RECORDS: usize = 30;

/// Appends a header. The low octets of the domain are the engine's type and id.
pub(super) fn header(out: &mut Vec<u8>, header: &Header) {
    let nanos = header.export_ms.rem_euclid(1_000) * 1_000_000;
    put_u16(out, 5);
    put_u16(out, header.records);
    put_u32(out, uptime(header.export_ms, header.boot_ms));
    put_u32(out, header.export_secs());
    put_u32(out, low_bits(nanos));
    put_u32(out, header.sequence);
    let [.., engine_type, engine_id] = header.domain.to_be_bytes();
    out.extend_from_slice(&[engine_type, engine_id, 0, 0]);
}

/// Appends a record; next hop, autonomous systems and prefix lengths are 0, which
/// is unknown.
pub(super) fn record(out: &mut Vec<u8>, record: &Record, boot_ms: i64) {
    let key = &record.key;
    out.extend_from_slice(&v4(key.src_addr));
    out.extend_from_slice(&v4(key.dst_addr));
    out.extend_from_slice(&[0; 4]);
    put_u16(out, saturate(record.in_if));
    put_u16(out, saturate(record.out_if));
    put_u32(out, counter(record.packets));
    put_u32(out, counter(record.bytes));
    put_u32(out, uptime(record.start_ms, boot_ms));
    put_u32(out, uptime(record.end_ms, boot_ms));
    put_u16(out, key.src_port);
    put_u16(out, record.port_or_icmp());
    let [_, flags] = record.tcp_flags.to_be_bytes();
    out.extend_from_slice(&[0, flags, key.protocol, record.tos]);
    out.extend_from_slice(&[0; 8]);
}

/// The octets of an IPv4 address; exporters of v5 are given no others.
fn v4(addr: IpAddr) -> [u8; 4] {
    match addr {
        IpAddr::V4(addr) => addr.octets(),
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED.octets(),
    }
}

fn saturate(index: u32) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// A 32-bit counter; the sizes that are drawn fit.
fn counter(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
