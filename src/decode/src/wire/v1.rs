//! NetFlow v1: a header of 16 octets and records of 48, or of 52 by some exporters.
//!
//! The two lengths of a record differ in padding at its end only. A datagram that is
//! as long as so many records of 52 octets has those, and every other has records of 48.

use super::{fixed, short_header};
use crate::explain::Tracer;
use crate::{Datagram, DecodeError, Decoder, Plan, Protocol};

const HEADER: usize = 16;
const RECORD: usize = 48;
const PADDED_RECORD: usize = 52;
/// Where the TCP flags stand in a record.
const FLAGS: usize = 40;

/// Decodes a datagram. It has neither a sequence number nor a sampling rate, and its
/// Observation Domain is 0.
///
/// # Errors
///
/// If the header is not whole, or if its count of records is not that of the length.
pub(super) fn decode(
    decoder: &Decoder,
    datagram: &Datagram<'_>,
    plan: &mut Plan,
    trace: Tracer<'_>,
) -> Result<(), DecodeError> {
    let payload = datagram.payload;
    let Some(header) = fixed::Header::read(payload) else {
        return Err(short_header(Protocol::NetflowV1, payload));
    };
    if payload.len() == HEADER + usize::from(header.count) * PADDED_RECORD {
        fixed::read::<PADDED_RECORD, FLAGS>(decoder, datagram, plan, &header, None, trace)
    } else {
        fixed::read::<RECORD, FLAGS>(decoder, datagram, plan, &header, None, trace)
    }
}
