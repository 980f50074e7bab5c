//! Epochs of keys: how long what stands for an address stands for it.

use std::fmt;
use std::str::FromStr;

use flow::{Civil, Tick};

/// For how long one key is used before another one is derived from the master key. Epochs
/// are of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epochs {
    /// For ever, and it is the master key itself.
    Off,
    /// For an hour.
    Hourly,
    /// For a day.
    Daily,
}

impl Epochs {
    /// The epoch of a tick; `None` where there are none.
    #[must_use]
    pub fn of(self, tick: Tick) -> Option<Epoch> {
        let civil = Civil::from_millis(tick.millis());
        let hour = match self {
            Self::Off => return None,
            Self::Hourly => Some(civil.hour),
            Self::Daily => None,
        };
        let Civil {
            year, month, day, ..
        } = civil;
        Some(Epoch {
            year,
            month,
            day,
            hour,
        })
    }
}

/// One epoch. Its text is a date, `2026-11-28`, or a date and an hour, `2026-11-28T13`
/// (ISO 8601), in UTC; texts of epochs of different lengths differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch {
    year: i32,
    month: u8,
    day: u8,
    /// Of an epoch of one hour.
    hour: Option<u8>,
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            year, month, day, ..
        } = self;
        write!(f, "{year:04}-{month:02}-{day:02}")?;
        match self.hour {
            Some(hour) => write!(f, "T{hour:02}"),
            None => Ok(()),
        }
    }
}

/// A text that names no epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an epoch such as 2026-11-28 or 2026-11-28T13")]
pub struct EpochError;

impl FromStr for Epoch {
    type Err = EpochError;

    /// Only the text that an epoch has is one: `from_str` and `to_string` are inverse.
    fn from_str(text: &str) -> Result<Self, EpochError> {
        let (date, hour) = match text.split_once('T') {
            Some((date, hour)) => (date, Some(hour.parse().map_err(|_| EpochError)?)),
            None => (text, None),
        };
        // A year before 0 begins with the sign.
        let (rest, day) = date.rsplit_once('-').ok_or(EpochError)?;
        let (year, month) = rest.rsplit_once('-').ok_or(EpochError)?;
        let epoch = Self {
            year: year.parse().map_err(|_| EpochError)?,
            month: month.parse().map_err(|_| EpochError)?,
            day: day.parse().map_err(|_| EpochError)?,
            hour,
        };
        let is_right = epoch.is_in_calendar() && epoch.to_string() == text;
        is_right.then_some(epoch).ok_or(EpochError)
    }
}

impl Epoch {
    fn is_in_calendar(&self) -> bool {
        let begins = Civil {
            year: self.year,
            month: self.month,
            day: self.day,
            hour: self.hour.unwrap_or(0),
            minute: 0,
            second: 0,
            milli: 0,
        };
        begins.to_millis().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-11-28T13:59:59Z, from `date -u -d @1795874399`.
    const SECOND: i64 = 1_795_874_399;

    fn text(epochs: Epochs, secs: i64) -> Option<String> {
        epochs.of(Tick::from_secs(secs)).map(|of| of.to_string())
    }

    #[test]
    fn an_epoch_is_a_date_or_an_hour_of_one() {
        assert_eq!(text(Epochs::Off, SECOND), None);
        assert_eq!(text(Epochs::Daily, SECOND).unwrap(), "2026-11-28");
        assert_eq!(text(Epochs::Hourly, SECOND).unwrap(), "2026-11-28T13");
        assert_eq!(text(Epochs::Hourly, SECOND + 1).unwrap(), "2026-11-28T14");
        let midnight = SECOND + 1 + 10 * 3_600;
        assert_eq!(text(Epochs::Daily, midnight - 1).unwrap(), "2026-11-28");
        assert_eq!(text(Epochs::Daily, midnight).unwrap(), "2026-11-29");
        assert_eq!(text(Epochs::Daily, -1).unwrap(), "1969-12-31");
    }

    #[test]
    fn what_is_no_epoch_is_refused() {
        for text in [
            "",
            "2026",
            "2026-11",
            "2026-11-31",
            "2026-13-01",
            "2026-1-01",
            "+2026-01-01",
            "2026-11-28T24",
            "2026-11-28T1",
            "2026-11-28T13:00",
            "2026-11-28 ",
            "2026-11-28\n",
        ] {
            assert_eq!(text.parse::<Epoch>(), Err(EpochError), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn texts_come_back_and_epochs_change_only_at_their_hours(secs in -1_i64 << 40..1 << 40) {
            for (epochs, length) in [(Epochs::Hourly, 3_600), (Epochs::Daily, 86_400)] {
                let at = |secs| epochs.of(Tick::from_secs(secs)).unwrap();
                let epoch = at(secs);
                prop_assert_eq!(epoch.to_string().parse(), Ok(epoch));
                let begins = secs.div_euclid(length) * length;
                prop_assert_eq!(at(begins), epoch);
                prop_assert_eq!(at(begins + length - 1), epoch);
                prop_assert!(at(begins - 1) < epoch && epoch < at(begins + length));
            }
        }
    }
}
