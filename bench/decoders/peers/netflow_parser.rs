//! The crate `netflow_parser`: v5, v7, v9 and IPFIX.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::LazyLock;

use netflow_parser::protocol::ProtocolTypes;
use netflow_parser::static_versions::{v5, v7};
use netflow_parser::variable_versions::field_value::{DurationValue, FieldValue};
use netflow_parser::variable_versions::ipfix::lookup::IPFixField;
use netflow_parser::variable_versions::ipfix::{FlowSetBody as IpfixBody, IPFix};
use netflow_parser::variable_versions::v9::{FlowSetBody as V9Body, ScopeDataField, V9};
use netflow_parser::{NetflowPacket, NetflowParser};

use super::{Cell, Line, Read, Value, number};

/// Seconds from the NTP epoch (1900) to the Unix epoch.
const NTP_TO_UNIX: i64 = 2_208_988_800;

/// Elements of IANA by its names of them.
static ELEMENTS: LazyLock<HashMap<IPFixField, u16>> = LazyLock::new(|| {
    let named = |element| (IPFixField::new(element, None), element);
    (0..0x8000).map(named).collect()
});

/// The decoder, for one exporter.
pub(crate) struct Peer(NetflowParser);

impl Peer {
    pub(crate) fn new() -> Self {
        let parser = NetflowParser::builder().with_max_records_per_flowset(65_535);
        Self(parser.build().unwrap())
    }

    /// Decodes a datagram of one message.
    pub(crate) fn parse(&mut self, payload: &[u8]) -> Result<NetflowPacket, String> {
        let mut result = self.0.parse_bytes(payload);
        if let Some(error) = result.error {
            return Err(error.to_string());
        }
        let packet = result.packets.pop().ok_or("no packet")?;
        if result.packets.is_empty() {
            Ok(packet)
        } else {
            Err(format!("{} packets more", result.packets.len()))
        }
    }

    /// Decodes a message of v9 or IPFIX.
    pub(crate) fn read(&mut self, payload: &[u8]) -> Result<Read, String> {
        match self.parse(payload)? {
            NetflowPacket::V9(message) => read_v9(&message),
            NetflowPacket::IPFix(message) => read_ipfix(&message),
            other => Err(format!("another version: {other:?}")),
        }
    }
}

fn read_ipfix(message: &IPFix) -> Result<Read, String> {
    let (mut templates, mut lines) = (0, Vec::new());
    let line = |options, record: &Vec<(IPFixField, FieldValue)>| Line {
        options,
        cells: record.iter().map(cell).collect(),
    };
    for set in &message.flowsets {
        match &set.body {
            IpfixBody::Template(_) | IpfixBody::OptionsTemplate(_) => templates += 1,
            IpfixBody::Templates(more) => templates += more.len(),
            IpfixBody::OptionsTemplates(more) => templates += more.len(),
            IpfixBody::Data(data) => {
                lines.extend(data.fields.iter().map(|record| line(false, record)));
            }
            IpfixBody::OptionsData(data) => {
                lines.extend(data.fields.iter().map(|record| line(true, record)));
            }
            other => return Err(format!("not decoded: {other:?}")),
        }
    }
    let header = &message.header;
    Ok(Read {
        unix_ms: i64::from(header.export_time) * 1_000,
        uptime: None,
        sequence: header.sequence_number,
        domain: header.observation_domain_id,
        templates,
        lines,
    })
}

fn cell((field, value): &(IPFixField, FieldValue)) -> Cell {
    let name = match field {
        IPFixField::Enterprise {
            enterprise_number,
            field_number,
        } => (*enterprise_number, *field_number),
        field => match ELEMENTS.get(field) {
            Some(element) => (0, *element),
            None => (u32::MAX, 0),
        },
    };
    (name, typed(value))
}

fn read_v9(message: &V9) -> Result<Read, String> {
    let (mut templates, mut lines) = (0, Vec::new());
    for set in &message.flowsets {
        match &set.body {
            V9Body::Template(more) => templates += more.templates.len(),
            V9Body::OptionsTemplate(more) => templates += more.templates.len(),
            V9Body::Data(data) => lines.extend(data.fields.iter().map(|record| {
                Line {
                    options: false,
                    cells: record
                        .iter()
                        .map(|(of, value)| v9_cell(*of, value))
                        .collect(),
                }
            })),
            V9Body::OptionsData(data) => lines.extend(data.fields.iter().map(|record| {
                let scopes = record.scope_fields.iter().map(scope);
                let options = record.options_fields.iter();
                let options = options.map(|(of, value)| v9_cell(*of, value));
                Line {
                    options: true,
                    cells: scopes.chain(options).collect(),
                }
            })),
            other => return Err(format!("not decoded: {other:?}")),
        }
    }
    let header = &message.header;
    Ok(Read {
        unix_ms: i64::from(header.unix_secs) * 1_000,
        uptime: Some(header.sys_up_time),
        sequence: header.sequence_number,
        domain: header.source_id,
        templates,
        lines,
    })
}

fn v9_cell(field: netflow_parser::V9Field, value: &FieldValue) -> Cell {
    ((0, u16::from(field)), typed(value))
}

/// A scope of v9: that of an interface is the element.
fn scope(scope: &ScopeDataField) -> Cell {
    match scope {
        ScopeDataField::Interface(octets) => ((0, 10), number(octets)),
        _ => ((u32::MAX, 0), Value::Other),
    }
}

fn typed(value: &FieldValue) -> Value {
    let ntp = |seconds: u32| i64::from(seconds) - NTP_TO_UNIX;
    match value {
        FieldValue::Ip4Addr(addr) => Value::Addr(IpAddr::V4(*addr)),
        FieldValue::Ip6Addr(addr) => Value::Addr(IpAddr::V6(*addr)),
        FieldValue::Duration(DurationValue::Seconds { value, .. }) => {
            Value::Unix(i64::try_from(*value).unwrap() * 1_000)
        }
        // An uptime has 4 octets, a time of its own 8.
        FieldValue::Duration(DurationValue::Millis { value, width: 8 }) => {
            Value::Unix(i64::try_from(*value).unwrap())
        }
        FieldValue::Duration(DurationValue::Millis { value, .. }) => Value::Number(*value),
        FieldValue::Duration(
            stamp @ (DurationValue::MicrosNtp { seconds, .. }
            | DurationValue::NanosNtp { seconds, .. }),
        ) => {
            let millis = stamp.as_duration().subsec_millis();
            Value::Unix(ntp(*seconds) * 1_000 + i64::from(millis))
        }
        FieldValue::DataNumber(_)
        | FieldValue::ProtocolType(_)
        | FieldValue::TcpControlBits(..)
        | FieldValue::FlowEndReason(_)
        | FieldValue::Vec(_) => {
            let mut octets = Vec::new();
            value.write_be_bytes(&mut octets).unwrap();
            number(&octets)
        }
        _ => Value::Other,
    }
}

/// A record of v5 or v7, field by field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FixedRecord {
    pub(crate) addrs: (IpAddr, IpAddr),
    pub(crate) interfaces: (u16, u16),
    pub(crate) packets: u32,
    pub(crate) octets: u32,
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) ports: (u16, u16),
    pub(crate) flags: u8,
    pub(crate) protocol: u8,
    pub(crate) tos: u8,
}

/// A datagram of v5 or v7.
#[derive(Debug)]
pub(crate) struct FixedRead {
    pub(crate) secs: u32,
    pub(crate) nanos: u32,
    pub(crate) uptime: u32,
    pub(crate) engine: (u8, u8),
    pub(crate) sampling: u16,
    pub(crate) records: Vec<FixedRecord>,
}

macro_rules! fixed_record {
    ($record:expr) => {
        FixedRecord {
            addrs: ($record.src_addr.into(), $record.dst_addr.into()),
            interfaces: ($record.input, $record.output),
            packets: $record.d_pkts,
            octets: $record.d_octets,
            first: $record.first,
            last: $record.last,
            ports: ($record.src_port, $record.dst_port),
            flags: $record.tcp_flags,
            protocol: agreed($record.protocol_number, $record.protocol_type),
            tos: $record.tos,
        }
    };
}

/// The number of a protocol, which must be that of its name.
fn agreed(number: u8, name: ProtocolTypes) -> u8 {
    assert_eq!(u8::from(name), number);
    number
}

impl Peer {
    /// Decodes a datagram of v5 or v7.
    pub(crate) fn read_fixed(&mut self, payload: &[u8]) -> Result<FixedRead, String> {
        match self.parse(payload)? {
            NetflowPacket::V5(v5::V5 { header, flowsets }) => Ok(FixedRead {
                secs: header.unix_secs,
                nanos: header.unix_nsecs,
                uptime: header.sys_up_time,
                engine: (header.engine_type, header.engine_id),
                sampling: header.sampling_interval,
                records: flowsets
                    .iter()
                    .map(|record| fixed_record!(record))
                    .collect(),
            }),
            NetflowPacket::V7(v7::V7 { header, flowsets }) => Ok(FixedRead {
                secs: header.unix_secs,
                nanos: header.unix_nsecs,
                uptime: header.sys_up_time,
                engine: (0, 0),
                sampling: 0,
                records: flowsets
                    .iter()
                    .map(|record| fixed_record!(record))
                    .collect(),
            }),
            other => Err(format!("another version: {other:?}")),
        }
    }
}
