//! Positions of sFlow's data sources: flow samples that did not come, and packets that
//! an agent was to sample and could not.
//!
//! A switch has hundreds of sources, so a position is small. A number far from the
//! expected one moves the position and counts as no loss: a forged jump then costs
//! nothing, and what a long outage lost is told by the sequence of the datagrams.

use crate::SampleCounters;

/// How far ahead a number may be to count as a gap.
const AHEAD: u32 = 16_384;
/// How far behind a number may be to count as late.
const BEHIND: u32 = 64;

/// What a flow sample says of its data source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SampleMark {
    /// The class of the source: interface, VLAN or physical entity.
    pub(crate) class: u32,
    /// Its index within its class.
    pub(crate) index: u32,
    /// The sample's number within its source's flow samples.
    pub(crate) number: u32,
    /// Packets that could not be sampled, since the agent began.
    pub(crate) drops: u32,
}

impl SampleMark {
    /// The key of the source within its exporter's state.
    pub(crate) const fn key(&self, domain: u32) -> u128 {
        (domain as u128) << 64 | (self.class as u128) << 32 | self.index as u128
    }
}

/// The position of one data source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    next: u32,
    /// Samples that were missing lately and may still come.
    missing: u32,
    drops: u32,
}

impl Source {
    /// The position after a first sample.
    pub(crate) const fn new(mark: &SampleMark) -> Self {
        Self {
            next: mark.number.wrapping_add(1),
            missing: 0,
            drops: mark.drops,
        }
    }

    /// Takes note of a sample.
    pub(crate) fn observe(&mut self, mark: &SampleMark) -> SampleCounters {
        let mut seen = SampleCounters::default();
        let ahead = mark.number.wrapping_sub(self.next);
        let behind = self.next.wrapping_sub(mark.number);
        if ahead <= AHEAD {
            seen.lost = u64::from(ahead);
            seen.dropped = u64::from(dropped(self.drops, mark.drops));
            self.missing = self.missing.saturating_add(ahead).min(BEHIND);
            (self.next, self.drops) = (mark.number.wrapping_add(1), mark.drops);
        } else if behind > BEHIND {
            *self = Self::new(mark);
        } else if self.missing > 0 {
            self.missing -= 1;
            seen.recovered = 1;
        }
        seen
    }
}

/// Packets dropped between two samples. A counter that went back began anew, and one
/// that went up by half its range is damage.
const fn dropped(before: u32, now: u32) -> u32 {
    let more = now.wrapping_sub(before);
    if more > u32::MAX / 2 { 0 } else { more }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(marks: &[(u32, u32)]) -> SampleCounters {
        let mark = |&(number, drops): &(u32, u32)| SampleMark {
            class: 0,
            index: 1,
            number,
            drops,
        };
        let mut source = Source::new(&mark(&marks[0]));
        let mut total = SampleCounters::default();
        for next in &marks[1..] {
            total.add(source.observe(&mark(next)));
        }
        total
    }

    const fn counters(lost: u64, recovered: u64, dropped: u64) -> SampleCounters {
        SampleCounters {
            taken: 0,
            lost,
            recovered,
            dropped,
        }
    }

    #[test]
    fn an_unbroken_sequence_loses_nothing_across_its_wrap() {
        let marks = [(u32::MAX - 1, 0), (u32::MAX, 0), (0, 0), (1, 0)];
        assert_eq!(seen(&marks), counters(0, 0, 0));
    }

    #[test]
    fn a_gap_is_lost_and_what_comes_late_is_recovered_once() {
        let marks = [(1, 0), (5, 0), (3, 0), (6, 0)];
        assert_eq!(seen(&marks), counters(3, 1, 0));
        let repeated = [(1, 0), (2, 0), (2, 0), (1, 0), (3, 0)];
        assert_eq!(seen(&repeated), counters(0, 0, 0));
    }

    #[test]
    fn a_new_beginning_and_a_forged_jump_are_no_loss() {
        let marks = [(1_000, 9), (0, 0), (1, 0), (900_000, 7), (2, 0), (3, 0)];
        assert_eq!(seen(&marks), counters(0, 0, 0));
    }

    #[test]
    fn dropped_packets_are_those_since_the_sample_before() {
        let marks = [(1, 100), (2, 100), (3, 107), (4, 3), (5, 4)];
        assert_eq!(seen(&marks), counters(0, 0, 8));
        let wrapped = [(1, u32::MAX), (2, 1)];
        assert_eq!(seen(&wrapped), counters(0, 0, 2));
    }
}
