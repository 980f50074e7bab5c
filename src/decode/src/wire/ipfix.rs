//! IPFIX (RFC 7011): a Message Header of 16 octets, then Sets.

use flow::Exporter;

use super::sets::{Message, walk};
use super::short_header;
use crate::bytes::{u16_at, u32_at};
use crate::clock::ExportClock;
use crate::explain::{Header, Tracer};
use crate::{Datagram, DecodeError, Decoder, ErrorKind, Plan, Protocol, Reason};

/// Decodes a datagram. Octets after the end of the message are counted and ignored.
///
/// # Errors
///
/// If the header is not whole, if its length is not that of a message in the datagram,
/// or the fault of a Set.
pub(super) fn decode(
    decoder: &Decoder,
    datagram: &Datagram<'_>,
    plan: &mut Plan,
    trace: Tracer<'_>,
) -> Result<(), DecodeError> {
    let payload = datagram.payload;
    let short = || short_header(Protocol::Ipfix, payload);
    let word = |at| u32_at(payload, at).ok_or_else(short);
    let (secs, sequence, domain) = (word(4)?, word(8)?, word(12)?);
    plan.exporter = Exporter::new(datagram.source.ip(), domain);
    plan.number = sequence;
    let limits = &decoder.limits;
    let received_ms = datagram.received.millis();
    let clock = ExportClock::new(secs, 0, received_ms, limits.longest_delay_ms);
    if let Some(trace) = trace {
        trace.header(Header {
            sequence: Some(sequence),
            exported: Some(clock.exported()),
            ..Header::new(Protocol::Ipfix, domain)
        });
    }
    let octets = message_octets(payload)?;
    if octets < payload.len() {
        let beyond = payload.len() - octets;
        plan.entry.tally.add(Reason::TrailingOctets, 1, beyond);
        if let Some(trace) = trace {
            trace.leave_set(octets, beyond, &plan.entry.tally);
        }
    }
    let payload = payload.get(..octets).unwrap_or(payload);
    let message = Message::new(decoder, Protocol::Ipfix, clock, payload, plan, trace);
    walk(&message, plan)
}

/// The length of the message, which is that of its header and no more than there is.
fn message_octets(payload: &[u8]) -> Result<usize, DecodeError> {
    let stated = u16_at(payload, 2).unwrap_or(0);
    let octets = usize::from(stated);
    if octets < Protocol::Ipfix.header_octets() || octets > payload.len() {
        let octets = payload.len();
        return Err(ErrorKind::LengthMismatch { stated, octets }.at(2));
    }
    Ok(octets)
}
