//! The crate `netgauze-flow-pkt`: v9 and IPFIX.

use std::net::IpAddr;

use netgauze_flow_pkt::ie::{Field, HasIE, InformationElementTemplate};
use netgauze_flow_pkt::ipfix::IpfixPacket;
use netgauze_flow_pkt::netflow::{NetFlowV9Packet, ScopeField};
use netgauze_flow_pkt::{ipfix, netflow};
use netgauze_parse_utils::reader::SliceReader;
use netgauze_parse_utils::traits::ParseFromWithOneInput;

use super::{Cell, Line, Read, Value};

/// The decoder, for one Observation Domain of one exporter.
#[derive(Default)]
pub(crate) struct Peer {
    v9: netflow::TemplatesMap,
    ipfix: ipfix::TemplatesMap,
}

impl Peer {
    /// Decodes a message of v9.
    pub(crate) fn parse_v9(&mut self, payload: &[u8]) -> Result<NetFlowV9Packet, String> {
        let mut reader = SliceReader::new(payload);
        let message = NetFlowV9Packet::parse(&mut reader, &mut self.v9);
        let message = message.map_err(|error| error.to_string())?;
        if reader.is_empty() {
            Ok(message)
        } else {
            Err(format!("{} octets are left", reader.remaining()))
        }
    }

    /// Decodes a message of IPFIX.
    pub(crate) fn parse_ipfix(&mut self, payload: &[u8]) -> Result<IpfixPacket, String> {
        let mut reader = SliceReader::new(payload);
        let message = IpfixPacket::parse(&mut reader, &mut self.ipfix);
        message.map_err(|error| error.to_string())
    }

    /// Decodes a message of either.
    pub(crate) fn read(&mut self, payload: &[u8]) -> Result<Read, String> {
        if payload.get(1) == Some(&9) {
            Ok(read_v9(&self.parse_v9(payload)?))
        } else {
            Ok(read_ipfix(&self.parse_ipfix(payload)?))
        }
    }
}

fn read_v9(message: &NetFlowV9Packet) -> Read {
    let (mut templates, mut lines) = (0, Vec::new());
    for set in message.sets() {
        match set {
            netflow::Set::Template(more) => templates += more.len(),
            netflow::Set::OptionsTemplate(more) => templates += more.len(),
            netflow::Set::Data { records, .. } => lines.extend(records.iter().map(|record| {
                let scopes = record.scope_fields().iter().map(scope);
                let fields = record.fields().iter().map(cell);
                Line {
                    options: !record.scope_fields().is_empty(),
                    cells: scopes.chain(fields).collect(),
                }
            })),
        }
    }
    Read {
        unix_ms: message.unix_time().timestamp_millis(),
        uptime: Some(message.sys_up_time()),
        sequence: message.sequence_number(),
        domain: message.source_id(),
        templates,
        lines,
    }
}

fn read_ipfix(message: &IpfixPacket) -> Read {
    let (mut templates, mut lines) = (0, Vec::new());
    for set in message.sets() {
        match set {
            ipfix::Set::Template(more) => templates += more.len(),
            ipfix::Set::OptionsTemplate(more) => templates += more.len(),
            ipfix::Set::Data { records, .. } => lines.extend(records.iter().map(|record| {
                let cells = record.scope_fields().iter().chain(record.fields());
                Line {
                    options: !record.scope_fields().is_empty(),
                    cells: cells.map(cell).collect(),
                }
            })),
        }
    }
    Read {
        unix_ms: message.export_time().timestamp_millis(),
        uptime: None,
        sequence: message.sequence_number(),
        domain: message.observation_domain_id(),
        templates,
        lines,
    }
}

/// A scope of v9: that of an interface is the element.
fn scope(scope: &ScopeField) -> Cell {
    match scope {
        ScopeField::Interface(netflow::Interface(index)) => {
            ((0, 10), Value::Number(u64::from(*index)))
        }
        _ => ((u32::MAX, 0), Value::Other),
    }
}

fn cell(field: &Field) -> Cell {
    let element = field.ie();
    ((element.pen(), element.id()), typed(field))
}

fn typed(field: &Field) -> Value {
    match field {
        Field::sourceIPv4Address(addr) | Field::destinationIPv4Address(addr) => {
            Value::Addr(IpAddr::V4(*addr))
        }
        Field::sourceIPv6Address(addr) | Field::destinationIPv6Address(addr) => {
            Value::Addr(IpAddr::V6(*addr))
        }
        Field::octetDeltaCount(number)
        | Field::octetTotalCount(number)
        | Field::packetDeltaCount(number)
        | Field::packetTotalCount(number) => Value::Number(*number),
        Field::sourceTransportPort(number)
        | Field::destinationTransportPort(number)
        | Field::icmpTypeCodeIPv4(number)
        | Field::icmpTypeCodeIPv6(number) => Value::Number(u64::from(*number)),
        Field::ingressInterface(number)
        | Field::egressInterface(number)
        | Field::flowStartSysUpTime(number)
        | Field::flowEndSysUpTime(number)
        | Field::flowStartDeltaMicroseconds(number)
        | Field::flowEndDeltaMicroseconds(number)
        | Field::samplingInterval(number)
        | Field::samplerId(number) => Value::Number(u64::from(*number)),
        Field::ipClassOfService(number)
        | Field::icmpTypeIPv4(number)
        | Field::icmpCodeIPv4(number)
        | Field::icmpTypeIPv6(number)
        | Field::icmpCodeIPv6(number) => Value::Number(u64::from(*number)),
        Field::protocolIdentifier(protocol) => Value::Number(u64::from(u8::from(*protocol))),
        Field::tcpControlBits(flags) => Value::Number(u64::from(u8::from(*flags))),
        Field::flowEndReason(reason) => Value::Number(u64::from(u8::from(*reason))),
        Field::flowStartSeconds(time)
        | Field::flowEndSeconds(time)
        | Field::flowStartMilliseconds(time)
        | Field::flowEndMilliseconds(time)
        | Field::flowStartMicroseconds(time)
        | Field::flowEndMicroseconds(time)
        | Field::flowStartNanoseconds(time)
        | Field::flowEndNanoseconds(time)
        | Field::systemInitTimeMilliseconds(time) => Value::Unix(time.timestamp_millis()),
        _ => Value::Other,
    }
}
