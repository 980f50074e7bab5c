//! When a recorded moment is due.

use std::time::Duration;

use flow::ReceiveTime;
use settings::Pace;
use tokio::time::Instant;

/// Maps recorded times onto the time of the replay.
#[derive(Debug)]
pub struct Pacer {
    pace: Pace,
    /// The first recorded time, and when it was told.
    begun: Option<(ReceiveTime, Instant)>,
}

impl Pacer {
    /// A pacer that begins with the first time it is asked for.
    #[must_use]
    pub const fn new(pace: Pace) -> Self {
        Self { pace, begun: None }
    }

    /// Whether everything is due at once.
    #[must_use]
    pub const fn is_unpaced(&self) -> bool {
        matches!(self.pace, Pace::Max)
    }

    /// When `recorded` is due; `None` if it is due at once.
    pub fn due(&mut self, recorded: ReceiveTime, now: Instant) -> Option<Instant> {
        let factor = match self.pace {
            Pace::Max => return None,
            Pace::Original => 1.0,
            Pace::Factor(factor) => factor,
        };
        let (first, begun) = *self.begun.get_or_insert((recorded, now));
        let passed = recorded.nanos().saturating_sub(first.nanos()).max(0);
        let passed = Duration::from_nanos(passed.unsigned_abs());
        let due = Duration::try_from_secs_f64(passed.as_secs_f64() / factor).ok();
        let due = due.and_then(|passed| begun.checked_add(passed));
        due.filter(|due| *due > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_shortens_the_time_between() {
        let now = Instant::now();
        let at = ReceiveTime::from_millis;
        let due = |pace, millis| {
            let mut pacer = Pacer::new(pace);
            assert_eq!(pacer.due(at(1_000), now), None, "the first is due at once");
            pacer
                .due(at(millis), now)
                .map(|due| due.duration_since(now).as_millis())
        };
        assert_eq!(due(Pace::Original, 3_000), Some(2_000));
        assert_eq!(due(Pace::Factor(10.0), 3_000), Some(200));
        assert_eq!(due(Pace::Factor(0.5), 3_000), Some(4_000));
        assert_eq!(due(Pace::Max, 3_000), None);
        assert_eq!(
            due(Pace::Original, 500),
            None,
            "what is earlier is due at once"
        );
    }
}
