//! What a block comes to: a function of its records and the rules, and of nothing else.

use std::cmp::Ordering;

use flow::{EndReason, protocol};

use super::counters::{Amount, Counters, LeftOut};
use super::run::Run;
use super::{BlockFlow, Placed, Rules};

/// The flows of a block in their order, and what is to be counted.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) flows: Vec<BlockFlow>,
    pub(super) counters: Counters,
}

impl Outcome {
    /// The records of `block`, merged.
    pub(super) fn of(block: &[Placed], rules: &Rules) -> Self {
        let mut outcome = Self::default();
        let order = |a: &&Placed, b: &&Placed| {
            by_key(a, b, rules).then_with(|| by_time(a).cmp(&by_time(b)))
        };
        let mut sorted: Vec<&Placed> = block.iter().collect();
        sorted.sort_unstable_by(order);
        for placed in block {
            outcome.counters.see(&placed.record);
        }
        for records in sorted.chunk_by(|a, b| by_key(a, b, rules).is_eq()) {
            outcome.take_key(records, rules);
        }
        outcome.flows.sort_unstable();
        outcome
    }

    /// The records of `block`, all left out.
    pub(super) fn leave_out(block: &[Placed], rules: &Rules, reason: LeftOut) -> Self {
        let mut outcome = Self::default();
        for placed in block {
            let counters = &mut outcome.counters;
            counters.leave_out_record(&placed.record, rules, reason);
        }
        outcome
    }
}

/// The order in which records of one key stand together. ICMP has its type and code in
/// the key, as NetFlow v5 has them in a port.
fn by_key(a: &Placed, b: &Placed, rules: &Rules) -> Ordering {
    let (a, b) = (&a.record, &b.record);
    let keys = a.key.cmp(&b.key).then_with(|| a.icmp.cmp(&b.icmp));
    if rules.other_exporters_left_out {
        keys
    } else {
        keys.then_with(|| a.exporter.cmp(&b.exporter))
    }
}

const fn by_time(placed: &Placed) -> (i64, u32) {
    (placed.record.start_ms, placed.place)
}

/// One key of a block, on its way into the outcome.
struct Key<'a> {
    rules: &'a Rules,
    outcome: &'a mut Outcome,
    /// Its first appearance, by which its flows stand in the order of the block.
    appeared: (i64, u32),
}

impl Outcome {
    /// Merges the records of one key, which are in order of time.
    fn take_key(&mut self, records: &[&Placed], rules: &Rules) {
        let Some(first) = records.first() else {
            return;
        };
        let exporter = first.record.exporter.addr;
        let is_merged = matches!(first.record.key.protocol, protocol::TCP | protocol::UDP);
        let is_left_out = |placed: &Placed| {
            rules.other_exporters_left_out && is_merged && placed.record.exporter.addr != exporter
        };
        for other in records.iter().filter(|placed| is_left_out(placed)) {
            let amount = Amount::of_record(&other.record, rules);
            self.counters.leave_out(amount, LeftOut::OtherExporter);
        }
        let kept = records.iter().copied();
        let kept = kept.filter(|placed| !is_left_out(placed));
        let mut key = Key {
            rules,
            outcome: self,
            appeared: by_time(first),
        };
        match first.record.key.protocol {
            protocol::TCP => key.take_tcp(kept),
            protocol::UDP => key.take_udp(kept),
            _ => kept.for_each(|placed| key.pass_on(Run::begin(placed, rules), None)),
        }
    }
}

impl Key<'_> {
    /// A TCP flow ends with the record that has FIN or RST, however long that takes.
    fn take_tcp<'p>(&mut self, records: impl Iterator<Item = &'p Placed>) {
        let mut open: Option<Run> = None;
        for placed in records {
            let run = match open.take() {
                Some(mut run) => {
                    let gap_ms = run.gap_ms(placed, self.rules);
                    run.add(placed, gap_ms, self.rules);
                    run
                }
                None => Run::begin(placed, self.rules),
            };
            if run.closed() {
                self.close(run);
            } else {
                open = Some(run);
            }
        }
        match open {
            Some(run) if self.rules.tcp_without_closing_left_out => {
                self.leave_out(&run, LeftOut::WithoutClosing);
            }
            Some(run) => self.pass_on(run, None),
            None => {}
        }
    }

    fn close(&mut self, run: Run) {
        if self.rules.tcp_without_opening_left_out && !run.opened() {
            self.leave_out(&run, LeftOut::WithoutOpening);
        } else {
            self.pass_on(run, Some(EndReason::End));
        }
    }

    /// A UDP flow ends before a gap that is longer than the limit.
    fn take_udp<'p>(&mut self, records: impl Iterator<Item = &'p Placed>) {
        let rules = self.rules;
        let limit_ms = rules.udp_gap_ms.max(0).unsigned_abs();
        let mut open: Option<Run> = None;
        for placed in records {
            let gap_ms = open.as_ref().map(|run| run.gap_ms(placed, rules));
            match (&mut open, gap_ms) {
                (Some(run), Some(gap_ms)) if gap_ms <= limit_ms => {
                    let is_active = rules.udp_gap_of_the_limit_is_active && gap_ms == limit_ms;
                    run.add(placed, if is_active { 0 } else { gap_ms }, rules);
                }
                (open, _) => {
                    if let Some(over) = open.replace(Run::begin(placed, rules)) {
                        self.pass_on(over, Some(EndReason::Idle));
                    }
                }
            }
        }
        if let Some(run) = open {
            self.pass_on(run, None);
        }
    }

    fn pass_on(&mut self, run: Run, over: Option<EndReason>) {
        let flow = run.release(over, self.appeared);
        self.outcome.counters.pass_on(&flow.flow);
        self.outcome.flows.push(flow);
    }

    fn leave_out(&mut self, run: &Run, reason: LeftOut) {
        self.outcome.counters.leave_out(run.amount(), reason);
    }
}
