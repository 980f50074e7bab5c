//! What NetFlow v1, v5 and v7 share: a header, then records of one layout.
//!
//! The three records agree in their first 36 octets and in the places of protocol and
//! type of service. They differ in their length and in where the TCP flags stand.

use std::net::{IpAddr, Ipv4Addr};

use flow::{Direction, Exporter, FlowKey, Icmp, OriginalFlow, SamplingRate, protocol};

use super::explained;
use crate::bytes::{u16_at, u32_at};
use crate::clock::ExportClock;
use crate::counters::Tally;
use crate::explain::{self, Time, Tracer};
use crate::{Datagram, DecodeError, Decoder, ErrorKind, Plan, Protocol, Reason};

/// The beginning of a header, which the three protocols share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    /// Records that follow.
    pub(super) count: u16,
    uptime: u32,
    secs: u32,
    nanos: u32,
}

impl Header {
    /// The first 16 octets; `None` if there are fewer.
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        Some(Self {
            count: u16_at(payload, 2)?,
            uptime: u32_at(payload, 4)?,
            secs: u32_at(payload, 8)?,
            nanos: u32_at(payload, 12)?,
        })
    }

    /// The header as it is told.
    fn told(&self, protocol: Protocol, plan: &Plan, payload: &[u8]) -> explain::Header {
        let clock = ExportClock::new(self.secs, 0, plan.received_ms, 0);
        let is_v5 = protocol == Protocol::NetflowV5;
        explain::Header {
            sequence: (protocol != Protocol::NetflowV1).then_some(plan.number),
            exported: Some(Time {
                nanos: Some(self.nanos)
                    .filter(|&nanos| nanos < 1_000_000_000)
                    .unwrap_or(0),
                digits: 9,
                ..clock.exported()
            }),
            uptime_ms: Some(self.uptime),
            count: Some(u32::from(self.count)),
            sampling: u16_at(payload, 22).filter(|_| is_v5),
            ..explain::Header::new(protocol, plan.exporter.domain)
        }
    }

    /// Milliseconds beyond the second; 0 if there is a second or more of nanoseconds.
    const fn millis(&self) -> u32 {
        if self.nanos < 1_000_000_000 {
            self.nanos / 1_000_000
        } else {
            0
        }
    }
}

/// Reads the records of a datagram, each of `RECORD` octets with its TCP flags at
/// `FLAGS`, from the end of the header on. Octets after the last record that are too few
/// for another are counted and ignored.
///
/// # Errors
///
/// If the header's count of records is not that of the length, whether or not it is
/// above the customary number.
pub(super) fn read<const RECORD: usize, const FLAGS: usize>(
    decoder: &Decoder,
    datagram: &Datagram<'_>,
    plan: &mut Plan,
    header: &Header,
    sampling_rate: Option<SamplingRate>,
    trace: Tracer<'_>,
) -> Result<(), DecodeError> {
    let payload = datagram.payload;
    let protocol = plan.protocol.unwrap_or(Protocol::NetflowV5);
    let start = protocol.header_octets();
    if let Some(trace) = trace {
        trace.header(header.told(protocol, plan, payload));
    }
    let body = payload.get(start..).unwrap_or_default();
    let (records, rest) = body.as_chunks::<RECORD>();
    if records.len() != usize::from(header.count) {
        return Err(ErrorKind::CountMismatch {
            count: header.count,
            octets: payload.len(),
            fit: records.len(),
        }
        .at(2));
    }
    if !rest.is_empty() {
        let tally = &mut plan.entry.tally;
        tally.add(Reason::TrailingOctets, 1, rest.len());
        if let Some(trace) = trace {
            trace.leave_set(payload.len() - rest.len(), rest.len(), tally);
        }
    }
    plan.units = u32::from(header.count);
    let message = Message {
        exporter: plan.exporter,
        clock: ExportClock::new(
            header.secs,
            header.millis(),
            datagram.received.millis(),
            decoder.limits.longest_delay_ms,
        ),
        uptime: header.uptime,
        sampling_rate,
    };
    plan.flows.reserve(records.len());
    let Some(trace) = trace else {
        message.flows::<RECORD, FLAGS>(records, plan);
        plan.entry.records = plan.units;
        return Ok(());
    };
    let told = explained::Fixed::new(trace, protocol, message.clock);
    for (record, at) in records.chunks(1).zip((start..).step_by(RECORD)) {
        message.flows::<RECORD, FLAGS>(record, plan);
        told.record(at, record.as_flattened(), plan);
    }
    plan.entry.records = plan.units;
    Ok(())
}

/// What the flows of one datagram share.
#[derive(Debug)]
struct Message {
    exporter: Exporter,
    clock: ExportClock,
    uptime: u32,
    sampling_rate: Option<SamplingRate>,
}

impl Message {
    /// The flows of some records.
    fn flows<const RECORD: usize, const FLAGS: usize>(
        &self,
        records: &[[u8; RECORD]],
        plan: &mut Plan,
    ) {
        for record in records {
            let flow = self.flow::<RECORD, FLAGS>(record, &mut plan.entry.tally);
            plan.flows.push(flow);
        }
    }

    fn flow<const RECORD: usize, const FLAGS: usize>(
        &self,
        record: &[u8; RECORD],
        tally: &mut Tally,
    ) -> OriginalFlow {
        const { assert!(RECORD >= 40 && FLAGS < RECORD, "every field lies within") };
        let (start_ms, end_ms) = self.times(word(record, 24), word(record, 28), tally);
        let proto = record[38];
        let (src_port, dst_port) = (half(record, 32), half(record, 34));
        let icmp = (proto == protocol::ICMP).then(|| icmp(dst_port));
        let port = |port| if icmp.is_some() { 0 } else { port };
        OriginalFlow {
            key: FlowKey {
                src_addr: addr(record, 0),
                dst_addr: addr(record, 4),
                src_port: port(src_port),
                dst_port: port(dst_port),
                protocol: proto,
            },
            exporter: self.exporter,
            start_ms,
            end_ms,
            end_seen_ms: self.clock.end_seen(end_ms, tally),
            packets: u64::from(word(record, 16)),
            bytes: u64::from(word(record, 20)),
            sampling_rate: self.sampling_rate,
            in_if: Some(u32::from(half(record, 12))),
            out_if: Some(u32::from(half(record, 14))),
            tcp_flags: (proto == protocol::TCP).then_some(u16::from(record[FLAGS])),
            tos: Some(record[39]),
            icmp,
            end_reason: None,
            direction: Direction::Uniflow,
            observed: None,
            vlan: None,
        }
    }

    fn times(&self, first: u32, last: u32, tally: &mut Tally) -> (i64, i64) {
        let clock = self.clock.with_uptime(self.uptime);
        let time = |at| clock.of_uptime(at).unwrap_or(clock.export_ms);
        let (start, end) = (time(first), time(last));
        if start <= end {
            return (start, end);
        }
        tally.one(Reason::EndBeforeStart);
        let time = clock.nearer(start, end);
        (time, time)
    }
}

const fn icmp(dst_port: u16) -> Icmp {
    let [kind, code] = dst_port.to_be_bytes();
    Icmp { kind, code }
}

const fn half<const RECORD: usize>(record: &[u8; RECORD], at: usize) -> u16 {
    u16::from_be_bytes([record[at], record[at + 1]])
}

const fn word<const RECORD: usize>(record: &[u8; RECORD], at: usize) -> u32 {
    u32::from_be_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]])
}

const fn addr<const RECORD: usize>(record: &[u8; RECORD], at: usize) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(word(record, at)))
}
