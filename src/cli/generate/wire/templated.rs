//! NetFlow version 9 (RFC 3954) and IPFIX (RFC 7011): the templates are tables
//! from which both Template Records and Data Records are written, so that the two
//! cannot differ.

use std::net::IpAddr;

use super::super::record::Record;
use super::{Header, put_u16, put_u32, uptime};

/// What a field of a template holds.
#[derive(Debug, Clone, Copy)]
enum Of {
    SrcAddr,
    DstAddr,
    SrcPort,
    DstPort,
    DstPortOrIcmp,
    IcmpType,
    IcmpCode,
    Protocol,
    Tos,
    TcpFlags,
    InIf,
    OutIf,
    Octets,
    Packets,
    StartMs,
    EndMs,
    StartUptime,
    EndUptime,
    EndReason,
}

/// A field: Information Element, octets, content.
type Spec = (u16, u8, Of);

/// A Template Record: its id, its fields.
type Template = (u16, &'static [Spec]);

/// The templates of a protocol; the position of one is the number of its set.
#[derive(Debug)]
pub(in super::super) struct Templated {
    /// The id of the set that carries Template Records.
    set_id: u16,
    templates: &'static [Template],
}

/// No templates, but one set of records: NetFlow v5 and sFlow.
pub(super) const NONE: Templated = Templated {
    set_id: 0,
    templates: &[(0, &[])],
};

/// The two templates of NetFlow v9. ICMP goes into the destination port.
pub(in super::super) const V9: Templated = Templated {
    set_id: 0,
    templates: &[(260, &v9(8, 12, 4)), (261, &v9(27, 28, 16))],
};

/// The four templates of IPFIX: IPv4 and IPv6, with ports and with ICMP.
pub(in super::super) const IPFIX: Templated = Templated {
    set_id: 2,
    templates: &[
        (256, &ipfix(8, 12, 4, PORTS)),
        (257, &ipfix(27, 28, 16, PORTS)),
        (258, &ipfix(8, 12, 4, icmp(176, 177))),
        (259, &ipfix(27, 28, 16, icmp(178, 179))),
    ],
};

const PORTS: [Spec; 2] = [(7, 2, Of::SrcPort), (11, 2, Of::DstPort)];

const fn icmp(kind: u16, code: u16) -> [Spec; 2] {
    [(kind, 1, Of::IcmpType), (code, 1, Of::IcmpCode)]
}

/// NetFlow v9: sysUptime at first and last packet (22, 21).
const fn v9(src: u16, dst: u16, addr_len: u8) -> [Spec; 13] {
    [
        (src, addr_len, Of::SrcAddr),
        (dst, addr_len, Of::DstAddr),
        (10, 2, Of::InIf),
        (14, 2, Of::OutIf),
        (2, 4, Of::Packets),
        (1, 8, Of::Octets),
        (22, 4, Of::StartUptime),
        (21, 4, Of::EndUptime),
        (7, 2, Of::SrcPort),
        (11, 2, Of::DstPortOrIcmp),
        (6, 1, Of::TcpFlags),
        (4, 1, Of::Protocol),
        (5, 1, Of::Tos),
    ]
}

/// IPFIX: flowStartMilliseconds and flowEndMilliseconds (152, 153), and why the
/// record ended (136).
const fn ipfix(src: u16, dst: u16, addr_len: u8, upper: [Spec; 2]) -> [Spec; 14] {
    let [first, second] = upper;
    [
        (152, 8, Of::StartMs),
        (153, 8, Of::EndMs),
        (src, addr_len, Of::SrcAddr),
        (dst, addr_len, Of::DstAddr),
        first,
        second,
        (4, 1, Of::Protocol),
        (5, 1, Of::Tos),
        (6, 2, Of::TcpFlags),
        (10, 4, Of::InIf),
        (14, 4, Of::OutIf),
        (1, 8, Of::Octets),
        (2, 8, Of::Packets),
        (136, 1, Of::EndReason),
    ]
}

impl Templated {
    /// How many sets of records there are.
    pub(in super::super) const fn sets(&self) -> usize {
        self.templates.len()
    }

    /// The id of a set of records.
    pub(in super::super) fn id(&self, set: usize) -> u16 {
        self.templates.get(set).map_or(0, |&(id, _)| id)
    }

    /// Appends the set of all Template Records.
    pub(in super::super) fn announce(&self, out: &mut Vec<u8>) {
        put_u16(out, self.set_id);
        put_u16(out, u16::try_from(self.announcement_len()).unwrap_or(0));
        for (id, fields) in self.templates {
            put_u16(out, *id);
            put_u16(out, u16::try_from(fields.len()).unwrap_or(0));
            for (element, len, _) in *fields {
                put_u16(out, *element);
                put_u16(out, u16::from(*len));
            }
        }
    }

    /// Octets of the set of all Template Records.
    pub(in super::super) fn announcement_len(&self) -> usize {
        let templates = self.templates.iter();
        4 + templates
            .map(|(_, fields)| 4 + 4 * fields.len())
            .sum::<usize>()
    }

    /// Octets of the longest record.
    pub(in super::super) fn longest_record(&self) -> usize {
        let len = |(_, fields): &Template| fields.iter().map(|f| usize::from(f.1)).sum();
        self.templates.iter().map(len).max().unwrap_or(0)
    }

    /// Appends a record to a set.
    pub(super) fn record(&self, out: &mut Vec<u8>, set: usize, record: &Record, boot_ms: i64) {
        let fields = self
            .templates
            .get(set)
            .map_or(&[][..], |(_, fields)| fields);
        for (_, len, of) in fields {
            put(out, value(record, *of, boot_ms), usize::from(*len));
        }
    }
}

/// Appends the low octets of a number, high ones first.
fn put(out: &mut Vec<u8>, number: u128, len: usize) {
    let octets = number.to_be_bytes();
    out.extend_from_slice(octets.get(octets.len() - len.min(16)..).unwrap_or(&octets));
}

fn bits(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(addr) => addr.to_bits().into(),
        IpAddr::V6(addr) => addr.to_bits(),
    }
}

/// What a field of a record holds, as a number.
fn value(record: &Record, of: Of, boot_ms: i64) -> u128 {
    let millis = |unix_ms: i64| u128::from(unix_ms.max(0).unsigned_abs());
    match of {
        Of::SrcAddr => bits(record.key.src_addr),
        Of::DstAddr => bits(record.key.dst_addr),
        Of::SrcPort => record.key.src_port.into(),
        Of::DstPort => record.key.dst_port.into(),
        Of::DstPortOrIcmp => record.port_or_icmp().into(),
        Of::IcmpType => record.icmp.map_or(0, |icmp| icmp.kind).into(),
        Of::IcmpCode => record.icmp.map_or(0, |icmp| icmp.code).into(),
        Of::Protocol => record.key.protocol.into(),
        Of::Tos => record.tos.into(),
        Of::TcpFlags => record.tcp_flags.into(),
        Of::InIf => record.in_if.into(),
        Of::OutIf => record.out_if.into(),
        Of::Octets => record.bytes.into(),
        Of::Packets => record.packets.into(),
        Of::StartMs => millis(record.start_ms),
        Of::EndMs => millis(record.end_ms),
        Of::StartUptime => uptime(record.start_ms, boot_ms).into(),
        Of::EndUptime => uptime(record.end_ms, boot_ms).into(),
        Of::EndReason => record.end_reason.number().into(),
    }
}

/// Appends the header of a NetFlow v9 packet (RFC 3954, 5.1).
///
/// Its time has whole seconds only, its uptime milliseconds. Both name the whole
/// second of export, so that the start of the exporter comes out the same from
/// every packet and the times of its records do not jitter.
pub(super) fn v9_header(out: &mut Vec<u8>, header: &Header) {
    let whole_ms = header.export_ms.div_euclid(1_000) * 1_000;
    put_u16(out, 9);
    put_u16(out, header.records);
    put_u32(out, uptime(whole_ms, header.boot_ms));
    put_u32(out, header.export_secs());
    put_u32(out, header.sequence);
    put_u32(out, header.domain);
}

/// Appends the header of an IPFIX message (RFC 7011, 3.1).
pub(super) fn ipfix_header(out: &mut Vec<u8>, header: &Header, len: u16) {
    put_u16(out, 10);
    put_u16(out, len);
    put_u32(out, header.export_secs());
    put_u32(out, header.sequence);
    put_u32(out, header.domain);
}
