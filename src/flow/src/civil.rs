//! Calendar dates of Unix times, in UTC (proleptic Gregorian calendar, no leap seconds).

use std::fmt;
use std::str::FromStr;

/// A date and time of day in UTC, to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Civil {
    /// Year, negative before year 0.
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Second, 0 to 59.
    pub second: u8,
    /// Millisecond, 0 to 999.
    pub milli: u16,
}

const DAY_MS: i64 = 86_400_000;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAY: i64 = 719_468;
/// Days of a 400-year era.
const ERA_DAYS: i64 = 146_097;
/// Years beyond which a date no longer fits `i32`; times are clamped to it.
const YEARS_MAX: i64 = 2_000_000_000;

impl Civil {
    /// Its text to the second, such as `2026-01-31T12:00:00Z` (RFC 3339); milliseconds are
    /// left out.
    #[must_use]
    pub fn whole_seconds(self) -> impl fmt::Display {
        WholeSeconds(self)
    }

    /// The date of a time in milliseconds since the Unix epoch.
    ///
    /// Counts years from March, so that the leap day is the last of its year and
    /// month lengths follow one linear formula.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        let days = millis.div_euclid(DAY_MS) + EPOCH_DAY;
        let in_day = millis.rem_euclid(DAY_MS);
        let (era, day_of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 {
            march_month + 3
        } else {
            march_month - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self {
            year: i32::try_from(year.clamp(-YEARS_MAX, YEARS_MAX)).unwrap_or(i32::MAX),
            month: small(month),
            day: small(day),
            hour: small(in_day / 3_600_000),
            minute: small(in_day / 60_000 % 60),
            second: small(in_day / 1_000 % 60),
            milli: u16::try_from(in_day % 1_000).unwrap_or(0),
        }
    }

    /// Milliseconds since the Unix epoch; `None` for a date that does not exist.
    #[must_use]
    pub fn to_millis(self) -> Option<i64> {
        let in_range = (1..=12).contains(&self.month)
            && self.day >= 1
            && self.hour < 24
            && self.minute < 60
            && self.second < 60
            && self.milli < 1_000;
        if !in_range {
            return None;
        }
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let march_month = if month > 2 { month - 3 } else { month + 9 };
        let day_of_year = (153 * march_month + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * ERA_DAYS + day_of_era - EPOCH_DAY;
        let in_day = i64::from(self.hour) * 3_600_000
            + i64::from(self.minute) * 60_000
            + i64::from(self.second) * 1_000
            + i64::from(self.milli);
        let millis = days.checked_mul(DAY_MS)?.checked_add(in_day)?;
        // A 31st of April comes back as a 1st of May: refuse what does not round-trip.
        (Self::from_millis(millis) == self).then_some(millis)
    }
}

/// A part of a date; each is below 100 by construction.
fn small(part: i64) -> u8 {
    u8::try_from(part).unwrap_or(u8::MAX)
}

/// A date and time of day as text, to the second.
struct WholeSeconds(Civil);

impl fmt::Display for WholeSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(at) = self;
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            at.year, at.month, at.day, at.hour, at.minute, at.second
        )
    }
}

/// RFC 3339 in UTC with milliseconds: `2026-11-23T18:17:14.000Z`.
impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            self.year, self.month, self.day, self.hour, self.minute, self.second, self.milli
        )
    }
}

/// A text that is no date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotADate(
    /// The text as found.
    pub String,
);

impl fmt::Display for NotADate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = &self.0;
        write!(
            f,
            "`{found}` is no date, expected one such as 2026-11-28 or 2026-11-28T13:00:00Z, in UTC"
        )
    }
}

impl std::error::Error for NotADate {}

/// A date of RFC 3339 in UTC, to the second or to the millisecond; a day alone is its
/// midnight.
impl FromStr for Civil {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let civil = parsed(text).filter(|civil| civil.to_millis().is_some());
        civil.ok_or_else(|| NotADate(text.to_owned()))
    }
}

fn parsed(text: &str) -> Option<Civil> {
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let time = time.strip_suffix('Z')?;
    let (time, milli) = time.split_once('.').unwrap_or((time, "000"));
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let [milli] = numbers(milli, '.', [3])?;
    let part = |number: u16| u8::try_from(number).ok();
    Some(Civil {
        year: year.into(),
        month: part(month)?,
        day: part(day)?,
        hour: part(hour)?,
        minute: part(minute)?,
        second: part(second)?,
        milli,
    })
}

/// Numbers of so many digits each.
fn numbers<const N: usize>(text: &str, between: char, digits: [usize; N]) -> Option<[u16; N]> {
    let mut parts = text.split(between);
    let mut found = [0; N];
    for (number, digits) in found.iter_mut().zip(digits) {
        let part = parts.next()?;
        let is_plain = part.len() == digits && part.bytes().all(|octet| octet.is_ascii_digit());
        *number = part.parse().ok().filter(|_| is_plain)?;
    }
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_575_297_360_123, "2019-12-02T14:36:00.123Z"),
            (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
        ] {
            let civil = Civil::from_millis(millis);
            assert_eq!(civil.to_string(), text);
            assert_eq!(civil.to_millis(), Some(millis));
        }
    }

    #[test]
    fn every_day_of_eight_centuries_round_trips_and_follows_the_one_before() {
        let mut last = Civil::from_millis(-11_676_096_000_000);
        for day in 0..=292_194 {
            let civil = Civil::from_millis(-11_676_096_000_000 + day * DAY_MS);
            assert!(day == 0 || civil > last, "{civil} follows {last}");
            assert!(civil.to_millis().is_some());
            last = civil;
        }
    }

    #[test]
    fn a_date_that_does_not_exist_has_no_time() {
        let civil = Civil::from_millis(0);
        assert_eq!(
            Civil {
                month: 2,
                day: 30,
                ..civil
            }
            .to_millis(),
            None
        );
        assert_eq!(Civil { month: 13, ..civil }.to_millis(), None);
        assert_eq!(
            Civil {
                second: 60,
                ..civil
            }
            .to_millis(),
            None
        );
    }

    #[test]
    fn milliseconds_are_left_out_where_they_are_not_wanted() {
        let civil = Civil::from_millis(1_700_000_000_999);
        assert_eq!(civil.to_string(), "2023-11-14T22:13:20.999Z");
        assert_eq!(civil.whole_seconds().to_string(), "2023-11-14T22:13:20Z");
    }

    #[test]
    fn texts_are_dates_where_they_say_all_of_one() {
        for millis in [0, -1, 951_782_400_000, 1_575_297_360_123] {
            let civil = Civil::from_millis(millis);
            assert_eq!(civil.to_string().parse(), Ok(civil));
        }
        let whole = "2023-11-14T22:13:20Z".parse::<Civil>().unwrap();
        assert_eq!(whole.to_millis(), Some(1_700_000_000_000));
        assert_eq!(
            "1970-01-02".parse::<Civil>().unwrap().to_millis(),
            Some(DAY_MS)
        );
        for text in [
            "",
            "now",
            "1970",
            "1970-1-2",
            "1970-13-01",
            "2023-02-29",
            "+970-01-01",
            "1970-01-01-01",
            "1970-01-01T",
            "1970-01-01T00:00Z",
            "1970-01-01T00:00:00",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:00.5Z",
            "1970-01-01T00:00:00+01:00",
            "1970-01-01T00:00:00ZZ",
        ] {
            assert_eq!(text.parse::<Civil>(), Err(NotADate(text.to_owned())));
        }
    }

    #[test]
    fn the_ends_of_time_are_dates_too() {
        assert_eq!(Civil::from_millis(i64::MAX).year, 292_278_994);
        assert_eq!(Civil::from_millis(i64::MIN).year, -292_275_055);
    }
}
