//! Sampling rates and the exporter's start, as records state them.

use flow::SamplingRate;

use super::{Context, Reader, Target, Template, told};
use crate::Reason;
use crate::counters::Tally;
use crate::sampling::{believed, from_interval_and_space, from_size_and_population};
use crate::state::Fact;
use crate::told::Telling;

impl Template {
    /// Whether records of this Options Template can tell anything that is used.
    pub(crate) fn tells_facts(&self) -> bool {
        self.own_rate
            || self.has(Target::SystemInit)
            || self.has(Target::FlowKeys)
            || !self.told.is_empty()
    }

    /// Hands on what a record of options data tells beside sampling rates.
    pub(crate) fn tell<R: Reader>(
        &self,
        record: &R,
        text_octets: usize,
        context: &Context,
        tally: &mut Tally,
        out: impl FnMut(Telling),
    ) {
        if !self.told.is_empty() {
            told::tell((&self.told, record), text_octets, context, tally, out);
        }
    }

    /// The sampling rate that a record of options data states, and what it holds for:
    /// the sampler or the interface that the record names, or else the exporter.
    pub(crate) fn rate_fact<R: Reader>(&self, record: &R) -> Option<(Fact, u64)> {
        if !self.own_rate {
            return None;
        }
        let rate = self.stated_rate(record).unwrap_or(0);
        let interface = u32::try_from(record.number(Target::InIf)).unwrap_or(0);
        let fact = match (self.sampler_id(record), interface) {
            (0, 0) => Fact::Rate,
            (0, interface) => Fact::InterfaceRate(interface),
            (sampler, _) => Fact::SamplerRate(sampler),
        };
        Some((fact, rate))
    }

    /// The sampling rate that a record states, as a number that is not 0. An interval
    /// of packets alone says nothing without the space between them: exporters send
    /// it beside size and population.
    pub(crate) fn stated_rate<R: Reader>(&self, record: &R) -> Option<u64> {
        if !self.own_rate {
            return None;
        }
        let number = |target| record.number(target);
        let size = number(Target::SampleSize);
        let interval = if self.has(Target::PacketSpace) {
            number(Target::PacketInterval)
        } else {
            0
        };
        let rates = [
            number(Target::SamplingInterval),
            number(Target::SamplerInterval),
            from_size_and_population(size, number(Target::SamplePopulation)),
            from_interval_and_space(interval, number(Target::PacketSpace)),
        ];
        rates.into_iter().find(|&rate| rate != 0)
    }

    /// The sampler or selector that a record names; 0 if it names none.
    pub(crate) fn sampler_id<R: Reader>(&self, record: &R) -> u64 {
        match record.number(Target::SamplerId) {
            0 => record.number(Target::SelectorId),
            id => id,
        }
    }

    /// The template of which a record of options data says what its Flow Keys are, and
    /// these: a bit for each field, the lowest for the first (RFC 7011, 4.4).
    pub(crate) fn flow_keys<R: Reader>(&self, record: &R) -> Option<(u16, u64)> {
        let told = self.has(Target::FlowKeys) && self.has(Target::TemplateId);
        let id = u16::try_from(record.number(Target::TemplateId)).unwrap_or(0);
        told.then(|| (id, record.number(Target::FlowKeys)))
    }

    /// When the exporter started, in Unix milliseconds, if a record says so.
    pub(crate) fn system_init<R: Reader>(&self, record: &R) -> Option<u64> {
        Some(record.number(Target::SystemInit)).filter(|&init| init != 0)
    }
}

/// The rate believed of a stated one; an absurd one is counted.
pub(crate) fn believe(rate: u64, largest: u32, tally: &mut Tally) -> Option<SamplingRate> {
    believed(rate, largest).unwrap_or_else(|_| {
        tally.one(Reason::SamplingImplausible);
        None
    })
}
