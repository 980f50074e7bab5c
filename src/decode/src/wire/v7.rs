//! NetFlow v7, of Catalyst switches: a header of 24 octets and records of 52.
//!
//! Four octets of the header and the record's next hop, flags of validity, AS numbers,
//! masks and router are not read. A switch that keeps flows by destination only
//! leaves the fields it does not know 0, and so are they here.

use super::{fixed, short_header};
use crate::bytes::u32_at;
use crate::explain::Tracer;
use crate::{Datagram, DecodeError, Decoder, Plan, Protocol};

const HEADER: usize = 24;
const RECORD: usize = 52;
/// Where the TCP flags stand in a record.
const FLAGS: usize = 37;

/// Decodes a datagram. It tells no sampling rate, and its Observation Domain is 0.
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
    let header = fixed::Header::read(payload).filter(|_| payload.len() >= HEADER);
    let (Some(header), Some(sequence)) = (header, u32_at(payload, 16)) else {
        return Err(short_header(Protocol::NetflowV7, payload));
    };
    plan.number = sequence;
    fixed::read::<RECORD, FLAGS>(decoder, datagram, plan, &header, None, trace)
}
