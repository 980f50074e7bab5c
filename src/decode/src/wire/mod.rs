//! The export protocols on the wire.

mod explained;
mod facts;
mod fixed;
mod ipfix;
mod kept;
mod rates;
mod records;
mod sets;
mod sflow;
mod structured;
mod template_sets;
mod v1;
mod v5;
mod v7;
mod v9;
mod waiting;

pub(crate) use sets::FIRST_DATA_SET;

use crate::bytes::{u16_at, u32_at};
use crate::explain::Tracer;
use crate::{Datagram, DecodeError, Decoder, ErrorKind, Plan, Protocol, Transport};

/// Decodes a datagram into a plan, and tells what it passes.
///
/// # Errors
///
/// The fault for which the whole datagram is rejected; the plan may be part-filled.
pub(crate) fn decode(
    decoder: &Decoder,
    datagram: &Datagram<'_>,
    plan: &mut Plan,
    trace: Tracer<'_>,
) -> Result<(), DecodeError> {
    let payload = datagram.payload;
    let protocol = protocol(payload).map_err(|kind| kind.at(0))?;
    if plan.transport == Transport::Stream && protocol != Protocol::Ipfix {
        // Only IPFIX is defined over streams.
        let found = u16_at(payload, 0).unwrap_or(0);
        return Err(ErrorKind::VersionUnknown { found }.at(0));
    }
    plan.protocol = Some(protocol);
    match protocol {
        Protocol::NetflowV1 => v1::decode(decoder, datagram, plan, trace),
        Protocol::NetflowV5 => v5::decode(decoder, datagram, plan, trace),
        Protocol::NetflowV7 => v7::decode(decoder, datagram, plan, trace),
        Protocol::NetflowV9 => v9::decode(decoder, datagram, plan, trace),
        Protocol::Ipfix => ipfix::decode(decoder, datagram, plan, trace),
        Protocol::SflowV5 => sflow::decode(decoder, datagram, plan, trace),
    }
}

/// The fault of a datagram that is shorter than its header.
fn short_header(protocol: Protocol, payload: &[u8]) -> DecodeError {
    ErrorKind::ShortHeader {
        protocol,
        found: payload.len(),
        needed: protocol.header_octets(),
    }
    .at(0)
}

/// The protocol of a datagram's version. sFlow has its version in four octets, which
/// no other protocol begins with.
fn protocol(payload: &[u8]) -> Result<Protocol, ErrorKind> {
    let Some(version) = u16_at(payload, 0) else {
        return Err(if payload.is_empty() {
            ErrorKind::Empty
        } else {
            ErrorKind::NoVersion
        });
    };
    match version {
        1 => Ok(Protocol::NetflowV1),
        5 => Ok(Protocol::NetflowV5),
        7 => Ok(Protocol::NetflowV7),
        9 => Ok(Protocol::NetflowV9),
        10 => Ok(Protocol::Ipfix),
        8 => Err(ErrorKind::NetflowVersion { version }),
        _ => match u32_at(payload, 0) {
            Some(5) => Ok(Protocol::SflowV5),
            Some(version @ (2 | 4)) => Err(ErrorKind::Sflow { version }),
            _ => Err(ErrorKind::VersionUnknown { found: version }),
        },
    }
}
