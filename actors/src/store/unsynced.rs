//! What was written and is not known to be on the disk: kept in memory until it is.
//!
//! A sync that failed says nothing of what it was for, and one that succeeds after it says
//! nothing either: the system may have dropped what it could not write (fsync(2)). So it is
//! never tried again; what is kept here is written anew, to another file.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use dataset::segment::FrameMeta;

/// When written data are synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncRule {
    /// After every frame; whoever writes waits for it.
    Always,
    /// So long after the oldest frame that is not synced, or when so many octets are not.
    Paced {
        /// The time.
        interval: Duration,
        /// The octets.
        bytes: u64,
    },
    /// When a segment is sealed, and not before.
    Never,
}

/// So many times [`SyncRule::Paced`]'s octets are kept at most; then whoever writes waits.
pub(super) const KEPT_TIMES: u64 = 8;

impl SyncRule {
    /// How long a sync is put off at most, and after a failed one at least.
    const fn interval(self) -> Duration {
        match self {
            Self::Always | Self::Never => Duration::from_secs(1),
            Self::Paced { interval, .. } => interval,
        }
    }

    /// Octets that make a sync due.
    const fn bytes(self) -> u64 {
        match self {
            Self::Always => 1,
            Self::Paced { bytes, .. } => bytes,
            Self::Never => u64::MAX,
        }
    }

    /// Octets that are kept; one frame may go beyond.
    const fn kept_max(self) -> u64 {
        match self {
            Self::Always => 8 << 20,
            Self::Paced { bytes, .. } => bytes.saturating_mul(KEPT_TIMES),
            Self::Never => 0,
        }
    }
}

/// A frame as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) meta: FrameMeta,
    pub(super) octets: Box<[u8]>,
}

impl Kept {
    const fn len(&self) -> u64 {
        self.octets.len() as u64
    }
}

/// The frames of a dataset that are not known to be on the disk, oldest first.
#[derive(Debug)]
pub(super) struct Unsynced {
    rule: SyncRule,
    /// In the open segment.
    written: VecDeque<Kept>,
    /// How many of these, from the oldest on, are being synced; 0: nothing is.
    in_flight: usize,
    /// Of a segment whose sync failed, not written anew yet. They follow on those that are.
    to_rewrite: VecDeque<Kept>,
    /// Octets of all of them.
    octets: u64,
    /// Octets of those in the open segment that are not being synced.
    idle_octets: u64,
    /// When the oldest of these was written.
    idle_since: Option<Instant>,
    /// No sync is begun before, since one failed.
    not_before: Option<Instant>,
    /// All rows before it are on the disk.
    durable_seq: u64,
    /// Octets of the open segment that are; 0 if none of its rows is.
    durable_len: u64,
}

impl Unsynced {
    /// Everything up to `seq` is on the disk.
    pub(super) const fn new(rule: SyncRule, seq: u64) -> Self {
        Self {
            rule,
            written: VecDeque::new(),
            in_flight: 0,
            to_rewrite: VecDeque::new(),
            octets: 0,
            idle_octets: 0,
            idle_since: None,
            not_before: None,
            durable_seq: seq,
            durable_len: 0,
        }
    }

    /// All rows before it are on the disk.
    pub(super) const fn durable_seq(&self) -> u64 {
        self.durable_seq
    }

    /// Octets of the open segment that are on the disk with all rows in them; 0: no row is.
    pub(super) const fn durable_len(&self) -> u64 {
        self.durable_len
    }

    /// Whether frames are kept at all.
    pub(super) fn keeps(&self) -> bool {
        self.rule != SyncRule::Never
    }

    /// Whether whoever writes must wait for a sync after each frame.
    pub(super) fn is_strict(&self) -> bool {
        self.rule == SyncRule::Always
    }

    /// Whether nothing is at risk.
    pub(super) fn is_empty(&self) -> bool {
        self.written.is_empty() && self.to_rewrite.is_empty()
    }

    /// Whether a sync is under way.
    pub(super) const fn is_in_flight(&self) -> bool {
        self.in_flight > 0
    }

    /// Whether as much is kept as may be.
    pub(super) const fn is_full(&self) -> bool {
        self.octets > 0 && self.octets >= self.rule.kept_max()
    }

    /// A frame was written to the open segment.
    pub(super) fn wrote(&mut self, frame: Kept, now: Instant) {
        if self.keeps() {
            self.octets += frame.len();
            self.put(frame, now);
        }
    }

    fn put(&mut self, frame: Kept, now: Instant) {
        self.idle_octets += frame.len();
        self.idle_since.get_or_insert(now);
        self.written.push_back(frame);
    }

    /// Whether a sync is to begin now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        let Some(since) = self.idle_since else {
            return false;
        };
        let waits = self.not_before.is_some_and(|until| now < until);
        let late = || now.saturating_duration_since(since) >= self.rule.interval();
        !self.is_in_flight() && !waits && (self.idle_octets >= self.rule.bytes() || late())
    }

    /// A sync of all that is in the open segment has begun.
    pub(super) fn begun(&mut self) {
        self.in_flight = self.written.len();
        (self.idle_octets, self.idle_since) = (0, None);
    }

    /// The sync has succeeded.
    pub(super) fn succeeded(&mut self) {
        for frame in self.written.drain(..self.in_flight) {
            self.octets -= frame.len();
            self.durable_len = frame.meta.end();
            self.durable_seq = frame.meta.next_seq().unwrap_or(u64::MAX);
        }
        self.in_flight = 0;
    }

    /// A sync has failed, and its segment is given up: everything in it that is not on the
    /// disk is to be written anew.
    pub(super) fn failed(&mut self, now: Instant) {
        while let Some(frame) = self.written.pop_back() {
            self.to_rewrite.push_front(frame);
        }
        (self.in_flight, self.idle_octets, self.idle_since) = (0, 0, None);
        self.not_before = Some(now + self.rule.interval());
        self.durable_len = 0;
    }

    /// The frame that is to be written anew next.
    pub(super) fn next_to_rewrite(&self) -> Option<&Kept> {
        self.to_rewrite.front()
    }

    /// It was, and is here now.
    pub(super) fn rewrote(&mut self, meta: FrameMeta, now: Instant) {
        if let Some(frame) = self.to_rewrite.pop_front() {
            let octets = frame.octets;
            self.put(Kept { meta, octets }, now);
        }
    }

    /// The open segment is sealed and on the disk, and with it everything up to `seq`.
    pub(super) fn sealed(&mut self, seq: u64) {
        debug_assert!(self.to_rewrite.is_empty(), "they come before");
        self.written.clear();
        (self.in_flight, self.octets, self.idle_octets) = (0, 0, 0);
        (self.idle_since, self.durable_len, self.durable_seq) = (None, 0, seq);
    }

    /// Rows that are not known to be on the disk.
    pub(super) fn rows(&self) -> u64 {
        let frames = self.written.iter().chain(&self.to_rewrite);
        frames.map(|frame| u64::from(frame.meta.rows)).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BYTES: u64 = 100;
    const INTERVAL: Duration = Duration::from_secs(1);

    fn frame(first_seq: u64, rows: u32, len: u8) -> Kept {
        let meta = FrameMeta {
            offset: 1_000 * first_seq,
            first_seq,
            time_ms: 0,
            rows,
            raw_len: 0,
            comp_len: len.into(),
        };
        let octets = vec![len; len.into()].into();
        Kept { meta, octets }
    }

    #[derive(Debug, Clone, Copy)]
    enum Event {
        Write { rows: u32, len: u8 },
        Wait(Duration),
        Succeed,
        Fail,
        Rewrite,
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            4 => (1..5_u32, 1..60_u8).prop_map(|(rows, len)| Event::Write { rows, len }),
            2 => (0..1_500_u64).prop_map(|ms| Event::Wait(Duration::from_millis(ms))),
            2 => Just(Event::Succeed),
            1 => Just(Event::Fail),
            2 => Just(Event::Rewrite),
        ]
    }

    /// What is kept, oldest first.
    fn kept(unsynced: &Unsynced) -> Vec<(u64, u32, u64)> {
        let all = unsynced.written.iter().chain(&unsynced.to_rewrite);
        all.map(|kept| (kept.meta.first_seq, kept.meta.rows, kept.len()))
            .collect()
    }

    proptest! {
        #[test]
        fn every_row_is_on_the_disk_or_kept_whatever_fails(
            events in prop::collection::vec(event(), 1..200),
        ) {
            let rule = SyncRule::Paced { interval: INTERVAL, bytes: BYTES };
            let (mut now, mut next_seq) = (Instant::now(), 0);
            let mut unsynced = Unsynced::new(rule, next_seq);
            for event in events {
                match event {
                    // As a store does: nothing new before what is to be written anew.
                    Event::Write { .. } if unsynced.next_to_rewrite().is_some() => {}
                    Event::Write { .. } if unsynced.is_full() => {}
                    Event::Write { rows, len } => {
                        unsynced.wrote(frame(next_seq, rows, len), now);
                        next_seq += u64::from(rows);
                    }
                    Event::Wait(time) => now += time,
                    Event::Succeed if unsynced.is_in_flight() => unsynced.succeeded(),
                    Event::Fail if unsynced.is_in_flight() => {
                        let before = unsynced.durable_seq();
                        unsynced.failed(now);
                        prop_assert_eq!(unsynced.durable_seq(), before);
                        prop_assert!(!unsynced.is_due(now));
                    }
                    Event::Succeed | Event::Fail => {}
                    Event::Rewrite => if let Some(next) = unsynced.next_to_rewrite() {
                        let meta = next.meta;
                        unsynced.rewrote(meta, now);
                    },
                }
                if unsynced.is_due(now) {
                    prop_assert!(!unsynced.is_in_flight());
                    unsynced.begun();
                }
                let kept = kept(&unsynced);
                let mut reached = unsynced.durable_seq();
                for (first_seq, rows, _) in &kept {
                    prop_assert_eq!(*first_seq, reached);
                    reached += u64::from(*rows);
                }
                prop_assert_eq!(reached, next_seq);
                prop_assert_eq!(unsynced.rows(), next_seq - unsynced.durable_seq());
                let octets: u64 = kept.iter().map(|(.., len)| len).sum();
                prop_assert_eq!(octets, unsynced.octets);
                prop_assert!(octets < KEPT_TIMES * BYTES + 60);
                prop_assert_eq!(unsynced.is_empty(), kept.is_empty());
            }
        }

        #[test]
        fn nothing_waits_longer_or_is_more_than_the_rule_says(
            frames in prop::collection::vec((0..400_u64, 1..60_u8), 1..100),
        ) {
            let rule = SyncRule::Paced { interval: INTERVAL, bytes: BYTES };
            let mut now = Instant::now();
            let mut unsynced = Unsynced::new(rule, 0);
            let (mut octets, mut since) = (0, None);
            for (seq, (wait, len)) in (0..).zip(frames) {
                now += Duration::from_millis(wait);
                unsynced.wrote(frame(seq, 1, len), now);
                octets += u64::from(len);
                let waited = now - *since.get_or_insert(now);
                prop_assert_eq!(unsynced.is_due(now), octets >= BYTES || waited >= INTERVAL);
                if unsynced.is_due(now) {
                    unsynced.begun();
                    unsynced.succeeded();
                    prop_assert_eq!(unsynced.durable_seq(), seq + 1);
                    (octets, since) = (0, None);
                }
            }
        }
    }

    #[test]
    fn without_syncs_nothing_is_kept_or_due() {
        let mut unsynced = Unsynced::new(SyncRule::Never, 0);
        let now = Instant::now();
        unsynced.wrote(frame(0, 9, 9), now);
        assert!(unsynced.is_empty() && !unsynced.is_full() && !unsynced.is_due(now + INTERVAL));
        assert_eq!(unsynced.durable_seq(), 0);
        unsynced.sealed(9);
        assert_eq!(unsynced.durable_seq(), 9);
    }
}
