//! Where files of a source are at a time.

use flow::Civil;

/// Where a source's files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At these, in the order in which to try.
    Urls(&'static [Url]),
    /// Where a log says, in a folder.
    Log {
        /// The URL that the paths of the log follow.
        folder: &'static str,
        /// The URL of the log.
        log: &'static str,
    },
}

impl Place {
    pub(super) fn urls(self, now: Civil) -> Vec<String> {
        match self {
            Self::Urls(urls) => urls.iter().flat_map(|url| url.at(now)).collect(),
            Self::Log { .. } => Vec::new(),
        }
    }
}

/// A URL, or several of files that are published one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Url {
    /// The newest file is always there.
    Newest(&'static str),
    /// There is one for each month: `{year}` and `{month}` stand for two and four digits.
    /// That of the month before is tried if there is none yet.
    Monthly(&'static str),
    /// There is one each few hours from midnight on, UTC: `{day}` and `{hour}` stand for
    /// two digits each too.
    Hourly {
        url: &'static str,
        /// Hours from one to the next, which divide a day.
        every: u8,
        /// Hours until one can be expected to be there, and whole.
        after: u8,
        /// How many to try, from the newest on.
        tries: u8,
    },
}

const HOUR_MS: i64 = 3_600_000;

impl Url {
    fn at(self, now: Civil) -> Vec<String> {
        match self {
            Self::Newest(url) => vec![url.to_owned()],
            Self::Monthly(url) => vec![filled(url, now), filled(url, month_before(now))],
            Self::Hourly {
                url,
                every,
                after,
                tries,
            } => {
                // A time that does not exist has no files.
                let Some(now) = now.to_millis() else {
                    return Vec::new();
                };
                let step = i64::from(every.max(1)) * HOUR_MS;
                let newest = (now - i64::from(after) * HOUR_MS).div_euclid(step) * step;
                let times = (0..i64::from(tries)).map(|back| newest - back * step);
                let files = times.map(|time| filled(url, Civil::from_millis(time)));
                files.collect()
            }
        }
    }
}

fn month_before(now: Civil) -> Civil {
    match now.month {
        ..=1 => Civil {
            year: now.year.saturating_sub(1),
            month: 12,
            ..now
        },
        month => Civil {
            month: month - 1,
            ..now
        },
    }
}

/// A URL with the parts of a time in it.
fn filled(url: &str, at: Civil) -> String {
    let two = |part: u8| format!("{part:02}");
    url.replace("{year}", &format!("{:04}", at.year))
        .replace("{month}", &two(at.month))
        .replace("{day}", &two(at.day))
        .replace("{hour}", &two(at.hour))
}
