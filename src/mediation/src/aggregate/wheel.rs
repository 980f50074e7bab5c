//! Which flows to look at in which second.

use flow::Tick;

use super::live::{Live, known};

/// Seconds of one turn: more than the deadlines of most flows are away.
const TURN: u32 = 1 << 10;

/// Seconds since 2^31 seconds before the first tick: 32 bits hold every time that
/// comes up within 68 years of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Second(u32);

impl Second {
    /// The lower half, which tells apart the seconds of one turn.
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    pub(super) const fn low(self) -> u16 {
        self.0 as u16
    }
}

/// A timing wheel: a ring of seconds, each with the places to look at in it. Adding
/// one is a push; a second without any costs nothing to speak of. What lies beyond a
/// turn comes up at its end, and is put in again.
#[derive(Debug, Default)]
pub(super) struct Wheel {
    ring: Vec<Vec<u32>>,
    /// When second 0 begins, Unix milliseconds.
    origin_ms: Option<i64>,
    /// Everything up to here has come up.
    done: Second,
}

impl Wheel {
    /// The second of a tick; the first tick ever asked for becomes the middle of time.
    pub(super) fn second(&mut self, tick: Tick) -> Second {
        self.second_at(tick.millis())
    }

    /// The first second at or after a time in milliseconds.
    pub(super) fn second_at(&mut self, millis: i64) -> Second {
        const MIDDLE: i64 = 1 << 31;
        let origin_ms = self.origin_ms.unwrap_or_else(|| {
            let origin_ms = millis.saturating_sub(MIDDLE * 1_000);
            self.done = Second(1 << 31);
            self.origin_ms = Some(origin_ms);
            origin_ms
        });
        let since = millis.saturating_sub(origin_ms).max(0).cast_unsigned();
        // The sum fits, as this is at most half of what the type holds.
        let until_end = since + 999;
        Second(u32::try_from(until_end / 1_000).unwrap_or(u32::MAX))
    }

    /// Puts a place in for a second, and says in which it comes up: that one, the next,
    /// or the last of this turn, whichever is possible.
    pub(super) fn add(&mut self, second: Second, place: u32) -> Second {
        let (first, last) = (
            self.done.0.saturating_add(1),
            self.done.0.saturating_add(TURN),
        );
        let second = second.0.clamp(first, last);
        if self.ring.is_empty() {
            self.ring.resize_with(TURN as usize, Vec::new);
        }
        if let Some(places) = self.ring.get_mut((second % TURN) as usize) {
            places.push(place);
        }
        Second(second)
    }

    /// The second of which these are the lower half, of those that are still to come up.
    pub(super) fn armed(&self, low: u16) -> Second {
        let after = low.wrapping_sub(self.done.low());
        Second(self.done.0.saturating_add(u32::from(after)))
    }

    /// Whether a flow comes up no later than it is over.
    pub(super) fn is_in_time(&self, live: &Live) -> bool {
        live.is(known::ARMED) && self.armed(live.wake) <= live.deadline
    }

    /// Moves on by one second, if `until` is not reached yet, and gives what comes up.
    pub(super) fn turn(&mut self, until: Second) -> Option<(Second, Vec<u32>)> {
        if self.done >= until {
            return None;
        }
        // Whatever is in the ring comes up within a turn.
        let skipped = (until.0 - self.done.0).saturating_sub(TURN);
        let second = self.done.0 + 1;
        let places = self.ring.get_mut((second % TURN) as usize);
        let places = places.map(std::mem::take).unwrap_or_default();
        self.done = Second(second);
        if places.is_empty() && skipped > 0 && self.is_empty() {
            self.done = Second(self.done.0 + skipped);
        }
        Some((Second(second), places))
    }

    fn is_empty(&self) -> bool {
        self.ring.iter().all(Vec::is_empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(wheel: &mut Wheel, until: i64) -> Vec<u32> {
        let until = wheel.second(Tick::from_secs(until));
        std::iter::from_fn(|| wheel.turn(until))
            .flat_map(|(_, places)| places)
            .collect()
    }

    #[test]
    fn a_place_comes_up_in_its_second_and_once() {
        let mut wheel = Wheel::default();
        wheel.second(Tick::from_secs(1_000));
        for (after, place) in [(5, 50), (1, 10), (5, 51)] {
            let second = wheel.second(Tick::from_secs(1_000 + after));
            assert_eq!(wheel.add(second, place), second);
        }
        assert_eq!(all(&mut wheel, 1_004), [10]);
        assert_eq!(all(&mut wheel, 1_005), [50, 51]);
        assert_eq!(all(&mut wheel, 9_000_000), [0; 0]);
    }

    #[test]
    fn what_is_past_comes_up_next_and_what_is_far_at_the_end_of_the_turn() {
        let mut wheel = Wheel::default();
        let now = wheel.second(Tick::from_secs(0));
        let past = wheel.second(Tick::from_secs(-7));
        assert_eq!(wheel.add(past, 1), Second(now.0 + 1));
        let far = wheel.second(Tick::from_secs(1_000_000));
        assert_eq!(wheel.add(far, 2), Second(now.0 + TURN));
        assert_eq!(all(&mut wheel, i64::from(TURN)), [1, 2]);
    }

    #[test]
    fn absurd_times_are_the_first_or_the_last_second() {
        let mut wheel = Wheel::default();
        wheel.second(Tick::from_secs(0));
        assert_eq!(wheel.second(Tick::from_secs(i64::MAX)), Second(u32::MAX));
        assert_eq!(wheel.second(Tick::from_secs(i64::MIN)), Second(0));
        wheel.add(Second(u32::MAX), 3);
        assert_eq!(all(&mut wheel, i64::MAX), [3]);
    }
}
