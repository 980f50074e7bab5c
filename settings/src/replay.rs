//! `[replay]`: which dataset is replayed, and how fast.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use toml::Value;

use crate::check::{Check, Item, item};
use crate::mode::Mode;
use crate::raw;

/// Which dataset is replayed, and how fast.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    dataset: Option<PathBuf>,
    pace: Pace,
    databases: ReplayDatabases,
    wait_for_client: bool,
}

/// Which databases the flows of a replay are looked up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayDatabases {
    /// Those that the settings name.
    Current,
    /// Those that were used when the dataset was recorded.
    AsRecorded,
}

/// How fast a dataset is replayed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// With the gaps as they were.
    Original,
    /// So many times as fast; from 0.001 to 1000000.
    Factor(f64),
    /// As fast as possible.
    Max,
}

impl Replay {
    /// The dataset; never `None` in [`Mode::Replay`].
    #[must_use]
    pub fn dataset(&self) -> Option<&Path> {
        self.dataset.as_deref()
    }

    /// How fast.
    #[must_use]
    pub const fn pace(&self) -> Pace {
        self.pace
    }

    /// Which databases the flows are looked up in.
    #[must_use]
    pub const fn databases(&self) -> ReplayDatabases {
        self.databases
    }

    /// Whether to begin only when the first client is there.
    #[must_use]
    pub const fn wait_for_client(&self) -> bool {
        self.wait_for_client
    }

    pub(crate) fn check(
        raw: &raw::Replay,
        mode: Option<Mode>,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        let dataset = dataset(item("replay.dataset", &raw.dataset), mode, check);
        let pace = pace(&raw.pace);
        if pace.is_none() {
            check.refuse(
                item("replay.pace", &raw.pace),
                "\"original\", \"max\", or a factor from 0.001 to 1000000 such as \"10x\" or 0.5",
            );
        }
        let databases = check.choice(
            item("replay.databases", &raw.databases),
            &[
                ("current", ReplayDatabases::Current),
                ("as-recorded", ReplayDatabases::AsRecorded),
            ],
        );
        let wait_for_client = item("replay.wait_for_client", &raw.wait_for_client);
        let wait_for_client = check.boolean(wait_for_client);
        Some(Self {
            dataset: dataset?,
            pace: pace?,
            databases: databases?,
            wait_for_client: wait_for_client?,
        })
    }
}

fn dataset(item: Item<'_>, mode: Option<Mode>, check: &mut Check<'_>) -> Option<Option<PathBuf>> {
    let dataset = check.path_or_none(item)?;
    if dataset.is_none() && mode == Some(Mode::Replay) && check.is_whole() {
        refuse_none(item, check);
        return None;
    }
    Some(dataset)
}

/// The operator asked for a replay, so that is where the error is, unless an empty path
/// was written.
fn refuse_none(item: Item<'_>, check: &mut Check<'_>) {
    let written = check.origin(item.key);
    let cause = check.origin("mode");
    let origin = if written.is_default() {
        cause.clone()
    } else {
        written
    };
    let expected = format!(
        "the path of a dataset, as mode is \"replay\" ({cause}); `--replay DATASET` sets both"
    );
    check.refuse_at(origin, item, expected);
}

const FACTORS: RangeInclusive<f64> = 0.001..=1_000_000.0;

fn pace(value: &Value) -> Option<Pace> {
    let factor = match value {
        Value::String(text) => match text.as_str() {
            "original" => return Some(Pace::Original),
            "max" => return Some(Pace::Max),
            text => text.strip_suffix('x')?.trim().parse().ok()?,
        },
        Value::Float(factor) => *factor,
        Value::Integer(factor) => f64::from(i32::try_from(*factor).ok()?),
        _ => return None,
    };
    FACTORS.contains(&factor).then_some(Pace::Factor(factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_a_name_or_a_factor() {
        for (value, expected) in [
            (Value::from("original"), Pace::Original),
            (Value::from("max"), Pace::Max),
            (Value::from("10x"), Pace::Factor(10.0)),
            (Value::from("0.5 x"), Pace::Factor(0.5)),
            (Value::from(10.0), Pace::Factor(10.0)),
            (Value::from(2), Pace::Factor(2.0)),
        ] {
            assert_eq!(pace(&value), Some(expected), "{value}");
        }
    }

    #[test]
    fn a_factor_is_finite_and_more_than_nothing() {
        for value in [
            Value::from(0.0),
            Value::from(-1),
            Value::from(f64::NAN),
            Value::from(f64::INFINITY),
            Value::from(1e300),
            Value::from(i64::MAX),
            Value::from("NaNx"),
            Value::from("infx"),
            Value::from("0x"),
            Value::from("x"),
            Value::from("10"),
            Value::from(""),
            Value::from(true),
        ] {
            assert_eq!(pace(&value), None, "{value}");
        }
    }
}
