//! sFlow version 5 (sflow.org, "sFlow Version 5", July 2004): a header, then samples,
//! each with its length.
//!
//! A flow sample is a packet that was taken out of many. It becomes a flow of one
//! packet with the sampling rate of its sample:
//!
//! - **Exporter.** The address the datagram came from, as with every other protocol,
//!   and as Observation Domain the sub-agent's ID. An agent that names itself by
//!   another address is counted and stays what its datagrams come from: that address
//!   can be limited to those that are allowed, and a named one can be made up.
//! - **Times.** sFlow tells no time of a packet; agents send samples within a second.
//!   Start, end and end as seen are the receive time.
//! - **Octets.** The length in the packet's IP header. Where there is none, that of its
//!   frame less what was stripped and the link layer.
//! - **Interfaces.** Unknown are the device itself (`0x3FFF_FFFF`, 0), a discarded
//!   packet and several interfaces at once.
//! - **Tunnels.** The outer packet is the flow.
//!
//! Counter samples hold no flow and are counted.

mod explained;
mod extended;
mod ip;
mod link;
mod sample;
mod structures;
mod told;
mod xdr;

use std::net::IpAddr;

use flow::Exporter;

use self::xdr::Xdr;
use crate::explain::{self, Tracer};
use crate::{Datagram, DecodeError, Decoder, ErrorKind, Plan, Protocol, Reason};

/// Octets of the version and of the type of the agent's address.
const ADDRESS_AT: usize = 8;

/// The fields of the header after the version.
#[derive(Debug, Clone, Copy)]
struct Header {
    agent: IpAddr,
    sub_agent: u32,
    sequence: u32,
    uptime: u32,
    samples: u32,
}

/// Decodes a datagram.
///
/// # Errors
///
/// If the header is not whole or the agent's address of no known type; if there are
/// fewer samples than counted, or fewer flow data in one; if any length goes beyond
/// what holds it. The datagram is then rejected as a whole.
pub(super) fn decode(
    decoder: &Decoder,
    datagram: &Datagram<'_>,
    plan: &mut Plan,
    trace: Tracer<'_>,
) -> Result<(), DecodeError> {
    let mut xdr = Xdr::new(datagram.payload, 0);
    let header = header(&mut xdr)?;
    plan.exporter = Exporter::new(datagram.source.ip(), header.sub_agent);
    plan.number = header.sequence;
    let exporter = plan.exporter;
    if let Some(trace) = trace {
        trace.header(explain::Header {
            sequence: Some(header.sequence),
            uptime_ms: Some(header.uptime),
            count: Some(header.samples),
            agent: Some(header.agent),
            ..explain::Header::new(Protocol::SflowV5, header.sub_agent)
        });
    }
    if header.agent.to_canonical() != exporter.addr {
        plan.entry.tally.one(Reason::AgentDiffers);
        if let Some(trace) = trace {
            trace.leave_set(ADDRESS_AT, 0, &plan.entry.tally);
        }
    }
    let context = sample::Context {
        exporter,
        received_ms: datagram.received.millis(),
        limits: &decoder.limits,
    };
    let fit = xdr.rest().len() / sample::LEAST_OCTETS;
    let samples = usize::try_from(header.samples).unwrap_or(fit).min(fit);
    plan.samples.reserve(samples);
    plan.flows.reserve(samples);
    for at in 0..header.samples {
        let item = xdr.item(at + 1, header.samples)?;
        let held = plan.flows.len();
        sample::read(&context, item, plan)?;
        if let Some(trace) = trace {
            let flow = plan.flows.get(held).copied();
            explained::sample(trace, item, flow, &plan.entry.tally);
        }
    }
    if !xdr.rest().is_empty() {
        let tally = &mut plan.entry.tally;
        tally.add(Reason::TrailingOctets, 1, xdr.rest().len());
        if let Some(trace) = trace {
            trace.leave_set(xdr.at, xdr.rest().len(), tally);
        }
    }
    Ok(())
}

fn header(xdr: &mut Xdr<'_>) -> Result<Header, DecodeError> {
    let found = xdr.rest().len();
    let protocol = Protocol::SflowV5;
    let short = |needed| {
        ErrorKind::ShortHeader {
            protocol,
            found,
            needed,
        }
        .at(0)
    };
    let least = protocol.header_octets();
    let [_, kind] = xdr.words().ok_or_else(|| short(least))?;
    let (agent, needed) = match kind {
        1 => (xdr.array::<4>().map(IpAddr::from), least),
        2 => (xdr.array::<16>().map(IpAddr::from), least + 12),
        found => return Err(ErrorKind::AgentAddress { found }.at(ADDRESS_AT - 4)),
    };
    let words = agent.zip(xdr.words());
    let (agent, [sub_agent, sequence, uptime, samples]) = words.ok_or_else(|| short(needed))?;
    Ok(Header {
        agent,
        sub_agent,
        sequence,
        uptime,
        samples,
    })
}
