//! How a flow is spread over intervals.

use flow::AggregatedFlow;

use super::Rules;

/// Packets, octets, records, and packets and octets of the opposite direction.
pub(super) type Counts = [u64; 5];

/// What flows have in one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Part {
    /// The number of the interval: it begins at so many times its length.
    pub(super) interval: i64,
    pub(super) counts: Counts,
    /// Whether the opposite direction is counted.
    pub(super) has_reverse: bool,
}

impl Part {
    /// The counts of both, if each fits its field of the prepared flow.
    pub(super) fn sum(&self, other: &Self) -> Option<Counts> {
        let mut sum = self.counts;
        for (count, more) in sum.iter_mut().zip(other.counts) {
            *count = count.checked_add(more)?;
        }
        let [_, _, records, ..] = sum;
        (records <= u64::from(u32::MAX)).then_some(sum)
    }
}

/// The parts of a flow, in the order of time.
#[derive(Debug)]
pub(super) struct Shares {
    total: Counts,
    has_reverse: bool,
    /// What has been given so far.
    given: Counts,
    next: i64,
    last: i64,
    /// First and last millisecond of the flow; it has one more than lie between them.
    start_ms: i64,
    end_ms: i64,
    interval_ms: i64,
}

impl Shares {
    pub(super) fn of(flow: &AggregatedFlow, rules: &Rules) -> Self {
        let end_ms = flow.end_ms.max(flow.start_ms);
        let earliest_ms = end_ms.saturating_sub(rules.spread_ms());
        let start_ms = flow.start_ms.max(earliest_ms);
        let interval_ms = rules.interval_ms();
        let reverse = flow.reverse;
        Self {
            total: [
                flow.packets,
                flow.bytes,
                flow.records.into(),
                reverse.map_or(0, |reverse| reverse.packets),
                reverse.map_or(0, |reverse| reverse.bytes),
            ],
            has_reverse: reverse.is_some(),
            given: [0; 5],
            next: start_ms.div_euclid(interval_ms),
            last: end_ms.div_euclid(interval_ms),
            start_ms,
            end_ms,
            interval_ms,
        }
    }

    /// What the flow has until the end of an interval, rounded down.
    fn until_end_of(&self, interval: i64) -> Counts {
        let wide = i128::from;
        let end_ms = (wide(interval) + 1) * wide(self.interval_ms);
        let length_ms = (wide(self.end_ms) - wide(self.start_ms) + 1).unsigned_abs();
        let until_ms = (end_ms - wide(self.start_ms)).unsigned_abs();
        let share = |total: u64| {
            let share = u128::from(total) * until_ms.min(length_ms) / length_ms;
            u64::try_from(share).unwrap_or(u64::MAX)
        };
        self.total.map(share)
    }
}

impl Iterator for Shares {
    type Item = Part;

    /// Intervals in which nothing of the flow remains after rounding are left out, but
    /// for the last.
    fn next(&mut self) -> Option<Part> {
        while self.next <= self.last {
            let interval = self.next;
            self.next = interval.checked_add(1)?;
            let until = if interval == self.last {
                self.total
            } else {
                self.until_end_of(interval)
            };
            let given = std::mem::replace(&mut self.given, until);
            let mut counts = until;
            for (count, given) in counts.iter_mut().zip(given) {
                *count -= given;
            }
            if interval == self.last || counts != [0; 5] {
                return Some(Part {
                    interval,
                    counts,
                    has_reverse: self.has_reverse,
                });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::anonymize::KeyFields;
    use crate::rollup::tests::flow_of;

    fn minutes() -> Rules {
        Rules {
            key: KeyFields::default(),
            interval_secs: NonZeroU32::new(60).unwrap(),
            lateness_ms: 0,
            longest_ms: 86_400_000,
            groups_max: 10,
        }
    }

    /// Interval, packets and octets of the parts of a flow.
    fn parts(start_ms: i64, end_ms: i64, packets: u64, bytes: u64) -> Vec<(i64, u64, u64)> {
        let mut flow = flow_of(1, start_ms, end_ms);
        (flow.packets, flow.bytes) = (packets, bytes);
        Shares::of(&flow, &minutes())
            .map(|part| (part.interval, part.counts[0], part.counts[1]))
            .collect()
    }

    #[test]
    fn a_flow_within_an_interval_is_in_it_as_a_whole() {
        assert_eq!(parts(60_000, 119_999, 7, 700), [(1, 7, 700)]);
        assert_eq!(parts(-1, -1, 7, 700), [(-1, 7, 700)]);
    }

    #[test]
    fn a_flow_over_several_is_spread_by_time_and_adds_up() {
        // Half a minute, a minute, half a minute.
        let spread = parts(30_000, 149_999, 10, 1_000);
        assert_eq!(spread, [(0, 2, 250), (1, 5, 500), (2, 3, 250)]);
        // Its last millisecond is the first of an interval.
        assert_eq!(parts(0, 60_000, 3, 60_001), [(0, 2, 60_000), (1, 1, 1)]);
    }

    #[test]
    fn an_interval_of_which_nothing_remains_is_left_out() {
        assert_eq!(parts(0, 299_999, 1, 2), [(2, 0, 1), (4, 1, 1)]);
    }

    #[test]
    fn a_flow_of_any_time_has_few_parts_that_add_up() {
        for (start_ms, end_ms) in [(i64::MIN, i64::MAX), (0, i64::MAX), (i64::MIN, i64::MIN)] {
            let spread = parts(start_ms, end_ms, u64::MAX, u64::MAX);
            assert!(spread.len() <= 3_600, "{}", spread.len());
            let sum = spread.iter().map(|part| u128::from(part.1)).sum::<u128>();
            assert_eq!(sum, u128::from(u64::MAX));
        }
        // No more than the longest, a day: the rest is squeezed into that.
        let day = parts(0, 3 * 86_400_000 - 1, 1_440, 14_400);
        assert_eq!((day.len(), day[0].0), (1_440, 2 * 1_440));
    }
}
