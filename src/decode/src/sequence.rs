//! Sequence numbers: what was lost, what came late, what began anew.
//!
//! One position per session (RFC 7011, 3.1). A number a little ahead of the expected
//! one is a gap; a little behind, a late or repeated datagram. A number far off is not
//! believed, for it may be forged (RFC 7011, 11.6): only a following datagram that
//! goes on from there confirms it.

use crate::restart::{Boot, Started};
use crate::state::Doubt;
use crate::{Protocol, SequenceCounters};

/// How many gaps are remembered, so that what fills one is known as late.
const GAPS: usize = 8;
/// How many datagrams in a row from an earlier position are a new beginning and no
/// longer repetitions.
const LATE_RUN: u8 = 3;

/// How often a stream is to go on exactly from another source port until one that goes
/// on a little ahead is taken for it too.
const ROAMS: u8 = 3;
/// How often in a row a stream is to go on exactly from its own source port until it is
/// taken for one that does not change it.
const AT_HOME: u8 = 16;

/// How far a number may be off before it needs confirmation, in the protocol's units.
const fn near(protocol: Protocol) -> u32 {
    match protocol {
        Protocol::NetflowV9 | Protocol::SflowV5 => 1_024,
        Protocol::NetflowV1 | Protocol::NetflowV5 | Protocol::NetflowV7 | Protocol::Ipfix => 16_384,
    }
}

/// Units that are missing: the first, and how many.
#[derive(Debug, Clone, Copy, Default)]
struct Gap {
    start: u32,
    len: u32,
}

impl Gap {
    const fn holds(self, number: u32) -> bool {
        number.wrapping_sub(self.start) < self.len
    }
}

/// A position that was claimed and waits for confirmation.
#[derive(Debug, Clone, Copy)]
struct Claim {
    /// The number that was far off or late.
    start: u32,
    /// The number expected after it.
    next: u32,
    /// Datagrams in a row that went on from it.
    run: u8,
}

/// What is known of one session's course.
#[derive(Debug, Clone)]
pub(crate) struct Position {
    sequence: Sequence,
    boot: Boot,
    /// How often it went on from another source port.
    roamed: u8,
    /// How often in a row it went on from its own.
    stayed: u8,
    /// The furthest number.
    last: Option<u32>,
}

impl Position {
    pub(crate) const fn new(protocol: Protocol) -> Self {
        Self {
            sequence: Sequence::new(protocol),
            boot: Boot::new(),
            roamed: 0,
            stayed: 0,
            last: None,
        }
    }

    /// The furthest number and the exporter's start, as far as they are known.
    pub(crate) const fn mark(&self) -> Doubt {
        Doubt {
            number: self.last,
            boot: self.boot.known(),
        }
    }

    /// Whether a number is the one expected next.
    pub(crate) fn expects(&self, number: u32) -> bool {
        self.sequence.next == Some(number)
    }

    /// Whether it belongs to its source port.
    pub(crate) const fn is_at_home(&self) -> bool {
        self.stayed >= AT_HOME
    }

    /// Whether a number from another source port can be this one's next, and how far it
    /// is ahead. Only of a stream that has roamed before may something be lost.
    pub(crate) fn may_roam_to(&self, number: u32) -> Option<u32> {
        if self.is_at_home() {
            return None;
        }
        let ahead = number.wrapping_sub(self.sequence.next?);
        let most = if self.roamed >= ROAMS {
            self.sequence.near
        } else {
            0
        };
        (ahead <= most && !self.sequence.open).then_some(ahead)
    }

    /// Takes note that it goes on from another source port.
    pub(crate) const fn roam(&mut self) {
        self.roamed = self.roamed.saturating_add(1);
        self.stayed = 0;
    }

    /// Takes note that it goes on from its own source port.
    pub(crate) const fn stay(&mut self) {
        self.stayed = self.stayed.saturating_add(1);
        if self.is_at_home() {
            self.roamed = 0;
        }
    }

    /// Takes note of a datagram: its number, its units if they are known, and when its
    /// exporter started if it says so. If it confirms that the exporter started anew,
    /// the receive time of the first datagram since then comes with it.
    pub(crate) fn observe(
        &mut self,
        number: u32,
        units: Option<u32>,
        started: Option<Started>,
    ) -> (SequenceCounters, Option<i64>) {
        let behind = self.sequence.is_behind(number);
        if !behind {
            self.last = Some(number);
        }
        let restarted = started.and_then(|started| self.boot.observe(started, number, behind));
        (self.sequence.observe(number, units), restarted)
    }
}

/// The position in one session's sequence.
#[derive(Debug, Clone)]
pub(crate) struct Sequence {
    near: u32,
    /// The number expected next, once there was one datagram.
    next: Option<u32>,
    /// Whether the last datagram held an unknown number of units: then `next` is
    /// where it began, and the next number is at or after it.
    open: bool,
    claim: Option<Claim>,
    gaps: [Gap; GAPS],
    oldest_gap: usize,
}

impl Sequence {
    pub(crate) const fn new(protocol: Protocol) -> Self {
        Self {
            near: near(protocol),
            next: None,
            open: false,
            claim: None,
            gaps: [Gap { start: 0, len: 0 }; GAPS],
            oldest_gap: 0,
        }
    }

    /// Whether a number lies before the one expected next.
    fn is_behind(&self, number: u32) -> bool {
        let next = self.next.unwrap_or(number);
        next.wrapping_sub(number).cast_signed() > 0
    }

    /// Takes note of a datagram: its number, and its units if they are known.
    pub(crate) fn observe(&mut self, number: u32, units: Option<u32>) -> SequenceCounters {
        let mut seen = SequenceCounters::default();
        let Some(next) = self.next else {
            self.advance(number, units);
            return seen;
        };
        let ahead = number.wrapping_sub(next);
        if ahead <= self.near {
            self.go_on(next, ahead, &mut seen);
            self.advance(number, units);
        } else if self.claim_goes_on(number) {
            self.follow_claim(next, number, units, &mut seen);
        } else if next.wrapping_sub(number) <= self.near {
            self.take_late(number, units, &mut seen);
        } else {
            self.drop_far_claim(next, &mut seen);
            self.claim(number, units);
        }
        seen
    }

    /// The expected number or one a little ahead.
    fn go_on(&mut self, next: u32, ahead: u32, seen: &mut SequenceCounters) {
        self.drop_far_claim(next, seen);
        if ahead > 0 && !self.open {
            seen.lost += u64::from(ahead);
            self.remember(next, ahead);
        }
    }

    fn advance(&mut self, number: u32, units: Option<u32>) {
        self.next = Some(number.wrapping_add(units.unwrap_or(0)));
        self.open = units.is_none();
        self.claim = None;
    }

    fn claim(&mut self, number: u32, units: Option<u32>) {
        let next = number.wrapping_add(units.unwrap_or(0));
        self.claim = Some(Claim {
            start: number,
            next,
            run: 1,
        });
    }

    fn claim_goes_on(&self, number: u32) -> bool {
        let ahead = |claim: Claim| number.wrapping_sub(claim.next);
        self.claim.is_some_and(|claim| ahead(claim) <= self.near)
    }

    /// A datagram that goes on from a claimed position; enough of them confirm it.
    fn follow_claim(
        &mut self,
        next: u32,
        number: u32,
        units: Option<u32>,
        seen: &mut SequenceCounters,
    ) {
        let Some(claim) = self.claim else { return };
        let late = self.is_late(next, claim);
        if late && !self.ends_late_run(claim, number) {
            self.take_late(number, units, seen);
            return;
        }
        let gap = number.wrapping_sub(claim.next);
        let forward = claim.start.wrapping_sub(next);
        if late || claim.start <= self.near || forward > u32::MAX / 2 {
            seen.restarted += 1;
        } else {
            seen.lost += u64::from(forward);
        }
        self.gaps = [Gap::default(); GAPS];
        if gap > 0 {
            seen.lost += u64::from(gap);
            self.remember(claim.next, gap);
        }
        self.advance(number, units);
    }

    /// Whether a number is the last that a run of late ones needs.
    fn ends_late_run(&self, claim: Claim, number: u32) -> bool {
        let fills = self.gaps.iter().any(|gap| gap.holds(number));
        claim.run + 1 >= LATE_RUN && claim.next == number && !fills
    }

    /// A number a little behind: it fills a gap, or it was there before.
    fn take_late(&mut self, number: u32, units: Option<u32>, seen: &mut SequenceCounters) {
        if let Some(filled) = self.fill(number, units.unwrap_or(0)) {
            seen.recovered += u64::from(filled);
            seen.reordered += 1;
            return;
        }
        seen.duplicated += 1;
        match &mut self.claim {
            Some(claim) if claim.next == number => {
                claim.next = number.wrapping_add(units.unwrap_or(0));
                claim.run = claim.run.saturating_add(1);
            }
            _ => self.claim(number, units),
        }
    }

    fn is_late(&self, next: u32, claim: Claim) -> bool {
        next.wrapping_sub(claim.start) <= self.near
    }

    /// Gives a claim up that nothing confirmed; one a little behind was a repetition.
    fn drop_far_claim(&mut self, next: u32, seen: &mut SequenceCounters) {
        if let Some(claim) = self.claim.take()
            && !self.is_late(next, claim)
        {
            seen.unconfirmed += 1;
        }
    }

    fn remember(&mut self, start: u32, len: u32) {
        let free = self.gaps.iter().position(|gap| gap.len == 0);
        let at = free.unwrap_or(self.oldest_gap);
        if free.is_none() {
            self.oldest_gap = (self.oldest_gap + 1) % GAPS;
        }
        if let Some(gap) = self.gaps.get_mut(at) {
            *gap = Gap { start, len };
        }
    }

    /// Takes units out of the gap they belong to; how many, or `None` without a gap.
    fn fill(&mut self, number: u32, units: u32) -> Option<u32> {
        let gap = self.gaps.iter_mut().find(|gap| gap.holds(number))?;
        let before = number.wrapping_sub(gap.start);
        let filled = units.min(gap.len - before);
        let after = gap.len - before - filled;
        gap.len = before;
        if after > 0 {
            self.remember(number.wrapping_add(filled), after);
        }
        Some(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Observes datagrams of a number and units each; the sum of what was seen.
    fn seen(protocol: Protocol, datagrams: &[(u32, u32)]) -> SequenceCounters {
        let mut sequence = Sequence::new(protocol);
        let mut total = SequenceCounters::default();
        for &(number, units) in datagrams {
            total.add(sequence.observe(number, Some(units)));
        }
        total
    }

    fn v9(numbers: &[u32]) -> SequenceCounters {
        let datagrams: Vec<_> = numbers.iter().map(|&number| (number, 1)).collect();
        seen(Protocol::NetflowV9, &datagrams)
    }

    const NOTHING: SequenceCounters = SequenceCounters {
        lost: 0,
        recovered: 0,
        reordered: 0,
        duplicated: 0,
        restarted: 0,
        unconfirmed: 0,
    };

    #[test]
    fn an_unbroken_sequence_loses_nothing_across_its_wrap() {
        assert_eq!(v9(&[u32::MAX - 1, u32::MAX, 0, 1]), NOTHING);
        let records = [(u32::MAX - 29, 30), (0, 30), (30, 0), (30, 7), (37, 1)];
        assert_eq!(seen(Protocol::NetflowV5, &records), NOTHING);
    }

    #[test]
    fn a_gap_is_lost_and_what_fills_it_is_recovered() {
        let expected = SequenceCounters {
            lost: 90,
            recovered: 60,
            reordered: 2,
            ..NOTHING
        };
        let datagrams = [(0, 30), (120, 30), (30, 30), (90, 30), (150, 30)];
        assert_eq!(seen(Protocol::Ipfix, &datagrams), expected);
        assert_eq!(expected.missing(), 30);
    }

    #[test]
    fn a_repetition_is_a_duplicate_and_moves_nothing() {
        let expected = SequenceCounters {
            duplicated: 3,
            ..NOTHING
        };
        assert_eq!(v9(&[1, 1, 2, 2, 3, 3, 4]), expected);
    }

    #[test]
    fn what_filled_a_gap_does_not_fill_it_again() {
        let expected = SequenceCounters {
            lost: 2,
            recovered: 1,
            reordered: 1,
            duplicated: 1,
            ..NOTHING
        };
        assert_eq!(v9(&[1, 4, 2, 2, 5]), expected);
    }

    #[test]
    fn a_forged_jump_is_not_believed() {
        let expected = SequenceCounters {
            unconfirmed: 2,
            ..NOTHING
        };
        assert_eq!(v9(&[5_000, 900_000, 5_001, 2_000_000_000, 5_002]), expected);
    }

    #[test]
    fn a_jump_is_believed_once_a_datagram_goes_on_from_it() {
        let expected = SequenceCounters {
            lost: 94_999,
            ..NOTHING
        };
        assert_eq!(v9(&[5_000, 100_000, 100_001, 100_002]), expected);
        let rival = v9(&[5_000, 100_000, 700_000, 700_001]);
        assert_eq!((rival.lost, rival.unconfirmed), (694_999, 1));
    }

    #[test]
    fn a_new_beginning_is_a_restart_and_no_loss() {
        let expected = SequenceCounters {
            restarted: 1,
            ..NOTHING
        };
        assert_eq!(v9(&[3_000_000_000, 0, 1, 2]), expected);
        assert_eq!(v9(&[1_000_000, 0, 1, 2]), expected);
        assert_eq!(v9(&[1_000_000, 500_000, 500_001]), expected);
    }

    #[test]
    fn a_restart_a_little_behind_is_known_after_three_datagrams() {
        let counters = v9(&[500, 501, 0, 1, 2, 3, 4]);
        assert_eq!((counters.restarted, counters.duplicated), (1, 2));
        assert_eq!((counters.lost, counters.unconfirmed), (0, 0));
    }

    #[test]
    fn what_fills_a_gap_ends_no_run_of_repetitions() {
        let expected = SequenceCounters {
            lost: 2,
            recovered: 1,
            reordered: 1,
            duplicated: 2,
            ..NOTHING
        };
        assert_eq!(v9(&[1, 2, 3, 6, 2, 3, 4, 7]), expected);
    }

    #[test]
    fn the_gaps_of_an_earlier_sequence_are_forgotten() {
        let counters = v9(&[1, 5, 90_000, 90_001, 0, 1, 2, 3, 4, 3]);
        assert_eq!((counters.recovered, counters.duplicated), (0, 1));
        assert_eq!(counters.restarted, 1);
    }

    #[test]
    fn units_that_are_not_known_make_no_loss() {
        let mut sequence = Sequence::new(Protocol::Ipfix);
        for (number, units) in [(0, Some(9)), (9, None), (40, None), (90, Some(1))] {
            assert_eq!(sequence.observe(number, units), NOTHING);
        }
        assert_eq!(sequence.observe(93, Some(1)).lost, 2);
    }

    #[test]
    fn more_gaps_than_are_remembered_do_no_harm() {
        let numbers: Vec<u32> = (0..100).map(|n| n * 3).collect();
        assert_eq!(v9(&numbers).lost, 198);
        let counters = v9(&[numbers, vec![1, 295]].concat());
        assert_eq!((counters.recovered, counters.duplicated), (1, 1));
    }
}
