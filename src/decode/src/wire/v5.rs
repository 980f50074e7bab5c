//! NetFlow v5: a header of 24 octets and records of 48.

use flow::Exporter;

use super::{fixed, short_header};
use crate::bytes::{u16_at, u32_at};
use crate::explain::Tracer;
use crate::{Datagram, DecodeError, Decoder, Plan, Protocol, sampling};

const RECORD: usize = 48;
/// Where the TCP flags stand in a record.
const FLAGS: usize = 37;

/// The fields of the header that no other version has, besides the sequence number.
#[derive(Debug, Clone, Copy)]
struct Engine {
    sequence: u32,
    /// Engine type and engine ID.
    engine: u16,
    sampling: u16,
}

impl Engine {
    fn read(payload: &[u8]) -> Option<Self> {
        Some(Self {
            sequence: u32_at(payload, 16)?,
            engine: u16_at(payload, 20)?,
            sampling: u16_at(payload, 22)?,
        })
    }
}

/// Decodes a datagram. Engine type and ID are its Observation Domain.
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
    let header = fixed::Header::read(payload).zip(Engine::read(payload));
    let Some((header, engine)) = header else {
        return Err(short_header(Protocol::NetflowV5, payload));
    };
    plan.exporter = Exporter::new(datagram.source.ip(), u32::from(engine.engine));
    plan.number = engine.sequence;
    let rate = sampling::from_v5_header(engine.sampling);
    fixed::read::<RECORD, FLAGS>(decoder, datagram, plan, &header, rate, trace)
}
