//! Flow samples, and the flow data in them.

use flow::{Direction, Exporter, OriginalFlow, SamplingRate};

use super::ip::Packet;
use super::xdr::Item;
use super::{extended, link, told};
use crate::counters::Tally;
use crate::state::SampleMark;
use crate::{DecodeError, ErrorKind, Limits, Plan, Reason, sampling};

/// Octets of the format and the length before an item, which count with one that is
/// passed over.
const ITEM_HEADER: usize = 8;

/// Octets of a flow sample without flow data, which is the shortest.
pub(super) const LEAST_OCTETS: usize = ITEM_HEADER + 32;

/// Formats of samples.
pub(super) const FLOW: u32 = 1;
pub(super) const COUNTER: u32 = 2;
pub(super) const FLOW_EXPANDED: u32 = 3;
pub(super) const COUNTER_EXPANDED: u32 = 4;
pub(super) const DISCARDED: u32 = 5;

/// Formats of flow data that are a packet.
const RAW: u32 = 1;
const ETHERNET: u32 = 2;
const IPV4: u32 = 3;
const IPV6: u32 = 4;

/// The device itself as an interface: in the short form, which has 30 bits for it, and
/// in the expanded form.
const INTERNAL: [u32; 2] = [0x3FFF_FFFF, u32::MAX];

/// What the samples of a datagram share.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) exporter: Exporter,
    pub(super) received_ms: i64,
    pub(super) limits: &'a Limits,
}

/// An interface: its format and the value in it.
#[derive(Debug, Clone, Copy)]
struct Interface {
    format: u32,
    value: u32,
}

impl Interface {
    const fn short(word: u32) -> Self {
        Self {
            format: word >> 30,
            value: word & 0x3FFF_FFFF,
        }
    }

    /// The SNMP index, if it is that of one interface that is known.
    fn index(self) -> Option<u32> {
        let known = self.format == 0 && self.value != 0 && !INTERNAL.contains(&self.value);
        known.then_some(self.value)
    }

    /// Why an output interface has no index, where there is a reason to count.
    const fn special(self) -> Option<Reason> {
        match self.format {
            1 => Some(Reason::OutputDiscarded),
            2 => Some(Reason::OutputMultiple),
            _ => None,
        }
    }
}

/// The fixed part of a flow sample.
#[derive(Debug, Clone, Copy)]
struct Sample {
    mark: SampleMark,
    rate: u32,
    input: Interface,
    output: Interface,
    count: u32,
}

/// Reads a sample of any format into the plan.
///
/// # Errors
///
/// If flow data are missing or go beyond the sample, or if there are too many samples.
pub(super) fn read(
    context: &Context<'_>,
    item: Item<'_>,
    plan: &mut Plan,
) -> Result<(), DecodeError> {
    let reason = match item.format {
        FLOW => return flow_sample(context, item, short_form, 32, plan),
        FLOW_EXPANDED => return flow_sample(context, item, expanded_form, 44, plan),
        COUNTER | COUNTER_EXPANDED => Reason::CounterSample,
        DISCARDED => Reason::DiscardedPacket,
        _ => Reason::SampleUnknown,
    };
    let octets = ITEM_HEADER + item.body.rest().len();
    plan.entry.tally.add(reason, 1, octets);
    Ok(())
}

fn short_form(item: &mut Item<'_>) -> Option<Sample> {
    let [number, source, rate, _pool, drops, input, output, count] = item.body.words()?;
    Some(Sample {
        mark: SampleMark {
            class: source >> 24,
            index: source & 0xFF_FFFF,
            number,
            drops,
        },
        rate,
        input: Interface::short(input),
        output: Interface::short(output),
        count,
    })
}

fn expanded_form(item: &mut Item<'_>) -> Option<Sample> {
    let [number, class, index, rate, _pool, drops] = item.body.words()?;
    let [in_format, in_value, out_format, out_value, count] = item.body.words()?;
    let interface = |format, value| Interface { format, value };
    Some(Sample {
        mark: SampleMark {
            class,
            index,
            number,
            drops,
        },
        rate,
        input: interface(in_format, in_value),
        output: interface(out_format, out_value),
        count,
    })
}

fn flow_sample(
    context: &Context<'_>,
    mut item: Item<'_>,
    form: impl Fn(&mut Item<'_>) -> Option<Sample>,
    needed: usize,
    plan: &mut Plan,
) -> Result<(), DecodeError> {
    let (whole, limit) = (item, context.limits.records_per_datagram);
    let sample = form(&mut item).ok_or_else(|| whole.short(needed))?;
    if plan.samples.len() >= limit {
        return Err(ErrorKind::TooManyRecords { limit }.at(whole.body.at));
    }
    plan.samples.push(sample.mark);
    plan.entry.samples.taken += 1;
    let tally = &mut plan.entry.tally;
    match packet(context, &mut item, sample.count, tally)? {
        Ok(packet) => {
            let flow = sample.flow(context, &packet, tally);
            plan.flows.push(flow);
            plan.entry.records += 1;
        }
        Err(reason) => tally.add(reason, 1, ITEM_HEADER + whole.body.rest().len()),
    }
    Ok(())
}

/// The packet that flow data tell of, or why there is none: its header first, which
/// knows most, and else what the agent read of it. Its VLAN is the one it came in by, as
/// the switch says; else that of the frame's tag; else the one it left by.
fn packet(
    context: &Context<'_>,
    item: &mut Item<'_>,
    count: u32,
    tally: &mut Tally,
) -> Result<Result<Packet, Reason>, DecodeError> {
    let (mut header, mut fields) = (Err(Reason::NoKey), None);
    let mut switch = [None; 2];
    for at in 0..count {
        let data = item.body.item(at + 1, count)?;
        match data.format {
            RAW if header.is_err() => header = link::sampled_header(data, context.limits)?,
            IPV4 if fields.is_none() => fields = Some(told::sampled_ipv4(data)?),
            IPV6 if fields.is_none() => fields = Some(told::sampled_ipv6(data)?),
            RAW | ETHERNET | IPV4 | IPV6 => {}
            extended::SWITCH..=extended::USER => {
                if !extended::is_whole(data.format, data.body) {
                    tally.one(Reason::FlowDataMalformed);
                } else if data.format == extended::SWITCH {
                    switch = extended::vlans(data.body);
                }
            }
            _ => tally.one(Reason::FlowDataUnread),
        }
    }
    let beyond = item.body.rest().len();
    tally.add(Reason::TrailingOctets, usize::from(beyond > 0), beyond);
    let packet = match (header, fields) {
        (Err(_), Some(packet)) => Ok(packet),
        (header, _) => header,
    };
    let [in_vlan, out_vlan] = switch;
    Ok(packet.map(|packet| Packet {
        vlan: in_vlan.or(packet.vlan).or(out_vlan),
        ..packet
    }))
}

impl Sample {
    fn flow(&self, context: &Context<'_>, packet: &Packet, tally: &mut Tally) -> OriginalFlow {
        for reason in packet.notes().chain(self.output.special()) {
            tally.one(reason);
        }
        let received_ms = context.received_ms;
        OriginalFlow {
            key: packet.key,
            exporter: context.exporter,
            start_ms: received_ms,
            end_ms: received_ms,
            end_seen_ms: received_ms,
            packets: 1,
            bytes: packet.bytes,
            sampling_rate: self.sampling_rate(context, tally),
            in_if: self.input.index(),
            out_if: self.output.index(),
            tcp_flags: packet.tcp_flags,
            tos: Some(packet.tos),
            icmp: packet.icmp,
            end_reason: None,
            direction: Direction::Uniflow,
            observed: None,
            vlan: packet.vlan,
        }
    }

    fn sampling_rate(&self, context: &Context<'_>, tally: &mut Tally) -> Option<SamplingRate> {
        let largest = context.limits.largest_sampling_rate;
        sampling::believed(u64::from(self.rate), largest).unwrap_or_else(|_| {
            tally.one(Reason::SamplingImplausible);
            None
        })
    }
}
