//! Writing blocks: each function appends whole blocks to a buffer.

use std::net::IpAddr;

use flow::ReceiveTime;

use super::ip::put_udp;
use super::section::Statistics;
use super::{
    BYTE_ORDER_MAGIC, DATABASES_MAGIC, DATABASES_MAX, LINKTYPE_RAW, NANOSECONDS, PAYLOAD_V4_MAX,
    PAYLOAD_V6_MAX, STATE_MAGIC, STATE_MAX, STATE_PART, kind, option,
};
use crate::datagram::same_family;
use crate::error::within;
use crate::{Datagram, DatasetError, Result};

/// Appends a section header and its one interface: raw IP, nanoseconds.
pub fn write_section(out: &mut Vec<u8>) {
    block(out, kind::SECTION, |out| {
        out.extend_from_slice(&BYTE_ORDER_MAGIC.to_le_bytes());
        out.extend_from_slice(&1_u16.to_le_bytes());
        out.extend_from_slice(&0_u16.to_le_bytes());
        // The length of the section is not known yet.
        out.extend_from_slice(&u64::MAX.to_le_bytes());
    });
    block(out, kind::INTERFACE, |out| {
        out.extend_from_slice(&LINKTYPE_RAW.to_le_bytes());
        out.extend_from_slice(&0_u16.to_le_bytes());
        // Packets are stored whole, whatever their length.
        out.extend_from_slice(&0_u32.to_le_bytes());
        put_option(out, option::IF_TSRESOL, &[NANOSECONDS]);
        put_option(out, option::END, &[]);
    });
}

/// Appends a datagram as one enhanced packet block.
///
/// An IPv4-mapped IPv6 address is written as the IPv4 address it is. If only one of the
/// two is IPv4, the packet is IPv6 and that one is mapped. Scope and flow label of an
/// IPv6 address are not kept.
///
/// # Errors
///
/// [`DatasetError::Limit`] for a payload that does not fit a packet,
/// [`DatasetError::Format`] for a time before 1970; nothing is appended then. The offset
/// is that in `out`.
pub fn write_datagram(out: &mut Vec<u8>, datagram: &Datagram<'_>) -> Result<()> {
    let offset = out.len() as u64;
    let time = time(datagram.received, offset)?;
    let ends = same_family(datagram.source.ip(), datagram.destination.ip());
    let limit = match ends.0 {
        IpAddr::V4(_) => PAYLOAD_V4_MAX,
        IpAddr::V6(_) => PAYLOAD_V6_MAX,
    };
    let payload = datagram.payload.len() as u64;
    within(offset, "payload of the datagram", payload, limit as u64)?;
    packet(out, &time, |out| put_udp(out, ends, datagram));
    Ok(())
}

/// Appends an enhanced packet block around the packet that `body` appends.
pub(super) fn packet(out: &mut Vec<u8>, time: &[u8; 8], body: impl FnOnce(&mut Vec<u8>)) {
    block(out, kind::PACKET, |out| {
        out.extend_from_slice(&0_u32.to_le_bytes());
        out.extend_from_slice(time);
        let lengths_at = out.len();
        out.extend_from_slice(&[0; 8]);
        let packet_at = out.len();
        body(out);
        let len = u32_of(out.len() - packet_at).to_le_bytes();
        out[lengths_at..lengths_at + 4].copy_from_slice(&len);
        out[lengths_at + 4..packet_at].copy_from_slice(&len);
    });
}

/// Appends an interface statistics block.
///
/// # Errors
///
/// [`DatasetError::Format`] for a time before 1970; nothing is appended then.
pub fn write_statistics(out: &mut Vec<u8>, statistics: &Statistics) -> Result<()> {
    let time = time(statistics.end, out.len() as u64)?;
    let counters = [
        (option::ISB_IFRECV, statistics.received),
        (option::ISB_IFDROP, statistics.dropped),
        (option::ISB_OSDROP, statistics.dropped_by_system),
    ];
    block(out, kind::STATISTICS, |out| {
        out.extend_from_slice(&0_u32.to_le_bytes());
        out.extend_from_slice(&time);
        put_option(out, option::ISB_ENDTIME, &time);
        for (code, counter) in counters {
            if let Some(counter) = counter {
                put_option(out, code, &counter.to_le_bytes());
            }
        }
        put_option(out, option::END, &[]);
    });
    Ok(())
}

/// Appends what is known when a run begins, in as many blocks as it takes; nothing if
/// there is nothing.
///
/// # Errors
///
/// [`DatasetError::Limit`] for more than [`STATE_MAX`] octets; nothing is appended then.
pub fn write_state(out: &mut Vec<u8>, octets: &[u8]) -> Result<()> {
    let (found, most) = (octets.len() as u64, STATE_MAX as u64);
    within(out.len() as u64, "state", found, most)?;
    let parts = u32_of(octets.len().div_ceil(STATE_PART));
    for (part, octets) in (0..).zip(octets.chunks(STATE_PART)) {
        block(out, kind::LOCAL, |out| {
            out.extend_from_slice(&STATE_MAGIC);
            for word in [part, parts, u32_of(octets.len())] {
                out.extend_from_slice(&u32::to_le_bytes(word));
            }
            out.extend_from_slice(octets);
        });
    }
    Ok(())
}

/// Appends the look-up databases that count from a time on.
///
/// # Errors
///
/// [`DatasetError::Limit`] for more than [`DATABASES_MAX`] octets; nothing is appended then.
pub fn write_databases(out: &mut Vec<u8>, octets: &[u8]) -> Result<()> {
    let (found, most) = (octets.len() as u64, DATABASES_MAX as u64);
    within(out.len() as u64, "databases", found, most)?;
    block(out, kind::LOCAL, |out| {
        out.extend_from_slice(&DATABASES_MAGIC);
        out.extend_from_slice(&u32_of(octets.len()).to_le_bytes());
        out.extend_from_slice(octets);
    });
    Ok(())
}

/// A block around what `body` appends, padded to 32 bits.
fn block(out: &mut Vec<u8>, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    body(out);
    pad(out, start);
    let len = u32_of(out.len() - start + 4).to_le_bytes();
    out.extend_from_slice(&len);
    out[start + 4..start + 8].copy_from_slice(&len);
}

/// Zeros up to a multiple of 4 octets from `start`.
fn pad(out: &mut Vec<u8>, start: usize) {
    let padded = (out.len() - start).next_multiple_of(4);
    out.resize(start + padded, 0);
}

fn put_option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    out.extend_from_slice(&code.to_le_bytes());
    out.extend_from_slice(&u16_of(value.len()).to_le_bytes());
    let start = out.len();
    out.extend_from_slice(value);
    pad(out, start);
}

/// A time as blocks have it: upper half, then lower half.
pub(super) fn time(time: ReceiveTime, offset: u64) -> Result<[u8; 8]> {
    let nanos = u64::try_from(time.nanos()).map_err(|_| {
        let found = format!("{} ns", time.nanos());
        DatasetError::format(offset, "receive time", found, "1970 or later")
    })?;
    Ok(nanos.rotate_left(32).to_le_bytes())
}

/// Lengths have been checked against limits far below.
fn u32_of(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// Lengths have been checked against limits far below.
pub(super) fn u16_of(len: usize) -> u16 {
    u16::try_from(len).unwrap_or(u16::MAX)
}
