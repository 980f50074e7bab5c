//! What options data tell.

use super::records::{DataSet, Sink, find};
use crate::Reason;
use crate::counters::Tally;
use crate::plan::Change;
use crate::state::{Fact, Overlay};
use crate::template::{Fields, Reader, Template, believe};
use crate::told::Telling;

/// How much one datagram may tell beside sampling rates.
const TELLINGS: usize = 8_192;

/// Takes facts from options data.
pub(super) struct Facts<'a> {
    pub(super) set: DataSet<'a>,
    pub(super) told: &'a mut Overlay<u64>,
    pub(super) interface_facts: &'a mut bool,
    /// What is told beside.
    pub(super) tellings: &'a mut Vec<Telling>,
    pub(super) changes: &'a Overlay<Change>,
    pub(super) tally: &'a mut Tally,
}

impl Facts<'_> {
    /// Whether the Flow Keys of a template are fields of one that is known. Nothing
    /// else is done with them: the key of a flow is always the same.
    fn are_fields(&self, id: u16, keys: u64) -> bool {
        let message = self.set.message;
        let bits = u64::BITS as usize;
        let fields = |template: &Template| {
            let fields = Fields::new(template.definition(), message.session.protocol);
            fields.take(bits).count()
        };
        let highest = bits - keys.leading_zeros() as usize;
        find(message, self.changes, id).is_ok_and(|(template, _)| highest <= fields(template))
    }

    fn tell(&mut self, fact: Fact, value: u64) {
        *self.interface_facts |= matches!(fact, Fact::InterfaceRate(_));
        self.told
            .set(self.set.message.session.fact_key(fact), value);
    }
}

impl Sink for Facts<'_> {
    fn take<R: Reader>(&mut self, record: &R) {
        let template = self.set.template;
        if let Some((fact, rate)) = template.rate_fact(record) {
            let largest = self.set.message.limits.largest_sampling_rate;
            let rate = believe(rate, largest, self.tally);
            self.tell(fact, rate.map_or(0, |rate| u64::from(rate.get())));
        }
        if let Some(init) = template.system_init(record) {
            self.tell(Fact::SystemInit, init);
        }
        if let Some((id, keys)) = template.flow_keys(record)
            && !self.are_fields(id, keys)
        {
            self.tally.one(Reason::FlowKeysInvalid);
        }
        let mut left_out = 0;
        let message = self.set.message;
        let text_octets = message.limits.text_octets;
        template.tell(
            record,
            text_octets,
            &message.context,
            self.tally,
            |telling| {
                if self.tellings.len() < TELLINGS {
                    self.tellings.push(telling);
                } else {
                    left_out += 1;
                }
            },
        );
        self.tally.add(Reason::FactEvicted, left_out, 0);
    }

    fn tally(&self) -> Option<&Tally> {
        Some(self.tally)
    }
}
