//! The pipeline's clock: receive times made monotonic, and the ticks between them.
//!
//! Live, a tick also comes when nothing is received; replayed, ticks come from the
//! receive times alone. Both give the stages the same sequence, since a tick without
//! flows to release changes nothing.

use flow::{ReceiveTime, Tick};

/// The clock. It begins to run with the first datagram.
#[derive(Debug, Clone)]
pub struct Clock {
    last: ReceiveTime,
    ticked: Option<Tick>,
    horizon_secs: i64,
}

impl Clock {
    /// A clock that has not begun. After `horizon_secs` without a record every flow has
    /// left, so ticks beyond need not be told one by one.
    #[must_use]
    pub const fn new(horizon_secs: i64) -> Self {
        Self {
            last: ReceiveTime::from_nanos(i64::MIN),
            ticked: None,
            horizon_secs,
        }
    }

    /// A clock like this one that has not begun.
    #[must_use]
    pub const fn anew(&self) -> Self {
        Self::new(self.horizon_secs)
    }

    /// The last tick, if the clock has begun.
    #[must_use]
    pub const fn ticked(&self) -> Option<Tick> {
        self.ticked
    }

    /// The receive time of a datagram on this clock: the kernel's, but never before an
    /// earlier datagram's nor before a tick that is over.
    pub fn stamp(&mut self, kernel: ReceiveTime) -> ReceiveTime {
        let over = self
            .ticked
            .map_or(self.last, |tick| tick.begins().max(self.last));
        self.last = kernel.max(over);
        self.last
    }

    /// Moves the clock to `tick`; gives the ticks to tell the stages, in order.
    pub fn advance(&mut self, tick: Tick) -> impl Iterator<Item = Tick> + use<> {
        let from = self.ticked.map_or(tick, Tick::next);
        let begun = self.ticked.is_some();
        self.ticked = Some(self.ticked.map_or(tick, |ticked| ticked.max(tick)));
        let skipped_from = from.plus(self.horizon_secs);
        let all = (from.secs()..=tick.secs()).map(Tick::from_secs);
        all.take_while(move |at| *at < skipped_from)
            .chain((begun && tick >= skipped_from).then_some(tick))
            .filter(move |_| begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(clock: &mut Clock, secs: i64) -> Vec<i64> {
        clock
            .advance(Tick::from_secs(secs))
            .map(Tick::secs)
            .collect()
    }

    #[test]
    fn it_begins_with_the_first_datagram_and_tells_each_second_once() {
        let mut clock = Clock::new(100);
        assert_eq!(clock.ticked(), None);
        assert_eq!(ticks(&mut clock, 50), [0; 0]);
        assert_eq!(ticks(&mut clock, 50), [0; 0]);
        assert_eq!(ticks(&mut clock, 53), [51, 52, 53]);
        assert_eq!(ticks(&mut clock, 52), [0; 0], "it never goes back");
        assert_eq!(clock.ticked(), Some(Tick::from_secs(53)));
    }

    #[test]
    fn beyond_the_horizon_only_the_last_tick_is_told() {
        let mut clock = Clock::new(3);
        assert_eq!(ticks(&mut clock, 10), [0; 0]);
        assert_eq!(ticks(&mut clock, 1_000_000), [11, 12, 13, 1_000_000]);
        assert_eq!(ticks(&mut clock, 1_000_001), [1_000_001]);
    }

    #[test]
    fn stamps_never_go_back_nor_before_a_tick_that_is_over() {
        let mut clock = Clock::new(100);
        let at = ReceiveTime::from_millis;
        assert_eq!(clock.stamp(at(1_500)), at(1_500));
        assert_eq!(clock.stamp(at(1_400)), at(1_500));
        assert_eq!(ticks(&mut clock, 1), [0; 0]);
        assert_eq!(ticks(&mut clock, 2), [2]);
        assert_eq!(clock.stamp(at(1_900)), at(2_000));
    }
}
