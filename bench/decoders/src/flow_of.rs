//! What a collector must come to: by the standards, from what was told.

use std::collections::HashMap;

use flow::{Direction, EndReason, Exporter, FlowKey, Icmp, OriginalFlow, SamplingRate, protocol};

use crate::{Clock, Export, Field, Says, Template, Told};

/// The longest delay between the end of a flow and its export that is believed, in
/// milliseconds: the decoder's default.
const LONGEST_DELAY_MS: i64 = 86_400_000;

/// Sampling rates that options data have told.
#[derive(Debug, Clone, Default)]
pub struct Rates {
    general: Option<SamplingRate>,
    samplers: HashMap<u64, Option<SamplingRate>>,
    interfaces: HashMap<u32, Option<SamplingRate>>,
}

impl Rates {
    /// Takes in a rate: of a sampler, of an interface, or of the exporter.
    pub fn tell(&mut self, sampler: u64, interface: u32, rate: u32) {
        let rate = SamplingRate::new(rate);
        if sampler != 0 {
            self.samplers.insert(sampler, rate);
        } else if interface != 0 {
            self.interfaces.insert(interface, rate);
        } else {
            self.general = rate;
        }
    }

    /// The rate of a record: its own, or that of its sampler, of its interface, or of
    /// the exporter, in this order.
    #[must_use]
    pub fn of(&self, own: u32, sampler: u64, interface: Option<u32>) -> Option<SamplingRate> {
        let of_interface = || self.interfaces.get(&interface?).copied()?;
        SamplingRate::new(own)
            .or_else(|| self.samplers.get(&sampler).copied()?)
            .or_else(of_interface)
            .or(self.general)
    }
}

/// The lowest octets of a number, as many as the field has.
fn cut(field: &Field, number: u64) -> u64 {
    match field.length {
        0 => 0,
        length @ 1..=7 => number & ((1 << (8 * length)) - 1),
        _ => number,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the field is no wider")]
const fn low16(number: u64) -> u16 {
    number as u16
}

#[expect(clippy::cast_possible_truncation, reason = "the field is no wider")]
const fn low32(number: u64) -> u32 {
    number as u32
}

impl Template {
    /// A number as its field holds it; `None` if no field says it.
    fn told(&self, says: Says, number: u64) -> Option<u64> {
        self.field(says).map(|field| cut(field, number))
    }

    /// Takes in what an options record of this template says about sampling.
    pub fn tell(&self, told: &Told, rates: &mut Rates) {
        if let Some(rate) = self.told(Says::Rate, told.rate.into()) {
            let sampler = self.told(Says::Sampler, told.sampler.into()).unwrap_or(0);
            let interface = self.told(Says::InIf, told.interfaces.0.into()).unwrap_or(0);
            rates.tell(sampler, low32(interface), low32(rate));
        }
    }

    /// The Original Flow of a record of this template.
    #[must_use]
    pub fn flow(
        &self,
        told: &Told,
        export: &Export,
        rates: &Rates,
        exporter: Exporter,
        received_ms: i64,
    ) -> OriginalFlow {
        let (src_addr, dst_addr) = told.addrs(self.v6);
        let protocol = match self.field(Says::Protocol) {
            Some(_) => told.protocol_in(self.v6),
            None => 0,
        };
        let is_icmp = matches!(protocol, protocol::ICMP | protocol::ICMPV6);
        let port = |says, port: u16| {
            let port = self.told(says, port.into()).filter(|_| !is_icmp);
            low16(port.unwrap_or(0))
        };
        let in_if = self.told(Says::InIf, told.interfaces.0.into()).map(low32);
        let own = self.told(Says::Rate, told.rate.into()).unwrap_or(0);
        let sampler = self.told(Says::Sampler, told.sampler.into()).unwrap_or(0);
        let (start_ms, end_ms) = self.times(told, export);
        let delay = (export.unix_ms() - end_ms).clamp(0, LONGEST_DELAY_MS);
        let flags = self.told(Says::TcpFlags, told.flags.into()).map(low16);
        OriginalFlow {
            key: FlowKey {
                src_addr,
                dst_addr,
                src_port: port(Says::SrcPort, told.ports.0),
                dst_port: port(Says::DstPort, told.dst_port()),
                protocol,
            },
            exporter,
            start_ms,
            end_ms,
            end_seen_ms: received_ms - delay,
            packets: self.told(Says::Packets, told.packets).unwrap_or(0),
            bytes: self.told(Says::Octets, told.octets).unwrap_or(0),
            sampling_rate: rates.of(low32(own), sampler, in_if),
            in_if,
            out_if: self.told(Says::OutIf, told.interfaces.1.into()).map(low32),
            tcp_flags: flags.filter(|_| protocol == protocol::TCP),
            tos: self.field(Says::Tos).map(|_| told.tos),
            icmp: is_icmp.then(|| self.icmp(told)).flatten(),
            end_reason: self
                .field(Says::EndReason)
                .and_then(|_| EndReason::from_number(told.end_reason)),
            direction: Direction::Uniflow,
            observed: None,
            // The letters that stand for it name none.
            vlan: None,
        }
    }

    /// Type and code: from the elements for them, or else from the destination port.
    fn icmp(&self, told: &Told) -> Option<Icmp> {
        let whole = self.field(Says::Icmp).or(self.field(Says::IcmpType));
        if whole.is_some() {
            return Some(told.icmp);
        }
        let port = self.told(Says::DstPort, told.dst_port().into())?;
        let [kind, code] = low16(port).to_be_bytes();
        Some(Icmp { kind, code })
    }

    /// First and last packet in Unix milliseconds. One time stands for both where only
    /// one is told, and the export time where none is or where none can be told: times
    /// since a start that nobody knows.
    fn times(&self, told: &Told, export: &Export) -> (i64, i64) {
        let ended = i64::from(told.ended_ago_ms);
        let started = ended + i64::from(told.lasted_ms);
        let anchored = export.protocol == decode::Protocol::NetflowV9
            || self.field(Says::SystemInit).is_some();
        let clocks = [
            Clock::Uptime,
            Clock::Seconds,
            Clock::Millis,
            Clock::Micros,
            Clock::Nanos,
            Clock::Delta,
        ];
        let side = |says: fn(Clock) -> Says, ago: i64| {
            let clock = clocks
                .into_iter()
                .find(|&of| self.field(says(of)).is_some())?;
            let time = export.unix_ms() - clock.told_ago(ago);
            let whole = if clock == Clock::Seconds { 1_000 } else { 1 };
            Some((clock, time.div_euclid(whole) * whole))
        };
        let (start, end) = (side(Says::Start, started), side(Says::End, ended));
        let floating = |side: Option<(Clock, i64)>| {
            side.is_some_and(|(clock, _)| clock == Clock::Uptime && !anchored)
        };
        let now = export.unix_ms();
        match (start, end) {
            (Some(_), Some(_)) if floating(start) => (now - i64::from(told.lasted_ms), now),
            _ if floating(start) || floating(end) => (now, now),
            (Some((_, start)), Some((_, end))) => (start, end),
            (Some((_, time)), None) | (None, Some((_, time))) => (time, time),
            (None, None) => (now, now),
        }
    }
}
