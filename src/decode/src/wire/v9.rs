//! NetFlow v9 (RFC 3954): a header of 20 octets, then FlowSets.

use flow::Exporter;

use super::sets::{Message, walk};
use super::short_header;
use crate::bytes::{u16_at, u32_at};
use crate::clock::ExportClock;
use crate::explain::{Header, Tracer};
use crate::{Datagram, DecodeError, Decoder, Plan, Protocol};

/// Decodes a datagram. The header's count is not used: exporters
/// disagree about what it counts, and many get it wrong.
///
/// # Errors
///
/// If the header is not whole, or the fault of a FlowSet.
pub(super) fn decode(
    decoder: &Decoder,
    datagram: &Datagram<'_>,
    plan: &mut Plan,
    trace: Tracer<'_>,
) -> Result<(), DecodeError> {
    let payload = datagram.payload;
    let short = || short_header(Protocol::NetflowV9, payload);
    let word = |at| u32_at(payload, at).ok_or_else(short);
    let (uptime, secs, sequence, domain) = (word(4)?, word(8)?, word(12)?, word(16)?);
    plan.exporter = Exporter::new(datagram.source.ip(), domain);
    plan.number = sequence;
    let limits = &decoder.limits;
    let received_ms = datagram.received.millis();
    let clock = ExportClock::new(secs, 0, received_ms, limits.longest_delay_ms);
    let clock = clock.with_uptime(uptime);
    plan.boot = Some(clock.started(uptime));
    if let Some(trace) = trace {
        trace.header(Header {
            sequence: Some(sequence),
            exported: Some(clock.exported()),
            uptime_ms: Some(uptime),
            count: u16_at(payload, 2).map(u32::from),
            ..Header::new(Protocol::NetflowV9, domain)
        });
    }
    let message = Message::new(decoder, Protocol::NetflowV9, clock, payload, plan, trace);
    walk(&message, plan)
}
