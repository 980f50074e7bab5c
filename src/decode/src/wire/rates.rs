//! The sampling rates of records.

use flow::SamplingRate;

use super::sets::Message;
use crate::counters::Tally;
use crate::state::{Fact, Host, Overlay};
use crate::template::{Reader, Template, believe};

/// Finds the sampling rate of each record of a Data Set: its own, or that of its
/// sampler, of its interface, or of the exporter, in this order.
pub(super) struct Rates<'a> {
    message: &'a Message<'a>,
    template: &'a Template,
    told: &'a Overlay<u64>,
    /// The exporter's rate.
    general: Option<SamplingRate>,
    by_sampler: bool,
    by_interface: bool,
    /// The last answers: records in a row mostly ask the same.
    last_sampler: (u64, Option<SamplingRate>),
    last_interface: (u32, Option<SamplingRate>),
}

impl<'a> Rates<'a> {
    pub(super) fn new(
        message: &'a Message<'a>,
        template: &'a Template,
        told: &'a Overlay<u64>,
    ) -> Self {
        let any = message.has_facts(told);
        let interfaces = |host: &Host| host.interface_facts;
        let mut rates = Self {
            message,
            template,
            told,
            general: None,
            by_sampler: any && template.sampler,
            by_interface: any && (!told.is_empty() || message.host.is_some_and(interfaces)),
            last_sampler: (0, None),
            last_interface: (0, None),
        };
        if any {
            rates.general = rates.known(Fact::Rate);
        }
        rates
    }

    pub(super) fn of<R: Reader>(
        &mut self,
        record: &R,
        in_if: Option<u32>,
        tally: &mut Tally,
    ) -> Option<SamplingRate> {
        if !(self.template.own_rate || self.by_sampler || self.by_interface) {
            return self.general;
        }
        self.own(record, tally)
            .or_else(|| self.of_sampler(record))
            .or_else(|| self.of_interface(in_if))
            .or(self.general)
    }

    fn own<R: Reader>(&self, record: &R, tally: &mut Tally) -> Option<SamplingRate> {
        let rate = self.template.stated_rate(record)?;
        believe(rate, self.message.limits.largest_sampling_rate, tally)
    }

    fn of_sampler<R: Reader>(&mut self, record: &R) -> Option<SamplingRate> {
        if !self.by_sampler {
            return None;
        }
        let id = self.template.sampler_id(record);
        if self.last_sampler.0 != id {
            self.last_sampler = (id, self.known(Fact::SamplerRate(id)));
        }
        self.last_sampler.1
    }

    fn of_interface(&mut self, in_if: Option<u32>) -> Option<SamplingRate> {
        let index = in_if.filter(|_| self.by_interface)?;
        if self.last_interface.0 != index {
            self.last_interface = (index, self.known(Fact::InterfaceRate(index)));
        }
        self.last_interface.1
    }

    /// The rate of a fact, which was believed when it was told.
    fn known(&self, fact: Fact) -> Option<SamplingRate> {
        let rate = self.message.fact(self.told, fact)?;
        SamplingRate::new(u32::try_from(rate).ok()?)
    }
}
