//! The one clock of the pipeline: the receive time recorded with each datagram.

/// Nanoseconds of one second.
const NANOS: i64 = 1_000_000_000;

/// When a datagram was received, in nanoseconds since the Unix epoch.
///
/// It is stamped by the kernel and made monotonic by the Receiver, so that it never
/// goes back within a run. Covers the years 1678 to 2262.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ReceiveTime(i64);

impl ReceiveTime {
    /// A receive time from nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// A receive time from milliseconds since the Unix epoch; saturates.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Milliseconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The last tick at or before this time.
    #[must_use]
    pub const fn tick(self) -> Tick {
        Tick(self.0.div_euclid(NANOS))
    }
}

/// A whole second of the pipeline's clock, in seconds since the Unix epoch.
///
/// Timeouts are checked at ticks and at nothing else, live and replayed alike; a
/// block of the prepared stream is what one tick releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tick(i64);

impl Tick {
    /// A tick from seconds since the Unix epoch.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs)
    }

    /// Seconds since the Unix epoch.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.0
    }

    /// Milliseconds since the Unix epoch; saturates.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0.saturating_mul(1_000)
    }

    /// The receive time at which this tick begins; saturates.
    #[must_use]
    pub const fn begins(self) -> ReceiveTime {
        ReceiveTime(self.0.saturating_mul(NANOS))
    }

    /// The tick after this one; saturates.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// This tick moved by so many seconds; saturates.
    #[must_use]
    pub const fn plus(self, secs: i64) -> Self {
        Self(self.0.saturating_add(secs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_before_the_epoch_belongs_to_the_tick_below_it() {
        let time = ReceiveTime::from_nanos(-1);
        assert_eq!((time.millis(), time.tick()), (-1, Tick::from_secs(-1)));
        assert_eq!(ReceiveTime::from_millis(1_999).tick(), Tick::from_secs(1));
        assert_eq!(Tick::from_secs(2).begins().millis(), 2_000);
    }
}
