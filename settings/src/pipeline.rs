//! `[pipeline]`: how the work is spread.

use std::num::NonZeroUsize;

use flow::PARTITIONS;
use toml::Value;

use crate::check::{Check, item};
use crate::raw;

/// How the work is spread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    lanes: Lanes,
}

/// How many lanes share the flows. There are at most [`flow::PARTITIONS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lanes {
    /// As many as the machine has cores for.
    Auto,
    /// So many.
    Fixed(NonZeroUsize),
}

impl Lanes {
    /// The number of lanes on a machine with so many cores.
    ///
    /// [`Lanes::Auto`] leaves one core to receiving, and is between 1 and
    /// [`flow::PARTITIONS`].
    #[must_use]
    pub fn count(self, cores: NonZeroUsize) -> NonZeroUsize {
        match self {
            Self::Fixed(lanes) => lanes,
            Self::Auto => {
                let lanes = (cores.get() - 1).min(PARTITIONS);
                NonZeroUsize::new(lanes).unwrap_or(NonZeroUsize::MIN)
            }
        }
    }
}

impl Pipeline {
    /// How many lanes share the flows.
    #[must_use]
    pub const fn lanes(&self) -> Lanes {
        self.lanes
    }

    pub(crate) fn check(raw: &raw::Pipeline, check: &mut Check<'_>) -> Option<Self> {
        let lanes = lanes(&raw.lanes);
        if lanes.is_none() {
            let expected = format!("\"auto\" or a whole number from 1 to {PARTITIONS}");
            check.refuse(item("pipeline.lanes", &raw.lanes), expected);
        }
        Some(Self { lanes: lanes? })
    }
}

fn lanes(value: &Value) -> Option<Lanes> {
    if value.as_str() == Some("auto") {
        return Some(Lanes::Auto);
    }
    let lanes = usize::try_from(value.as_integer()?).ok()?;
    let lanes = NonZeroUsize::new(lanes).filter(|lanes| lanes.get() <= PARTITIONS)?;
    Some(Lanes::Fixed(lanes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_leaves_a_core_and_keeps_within_bounds() {
        let auto = |cores| Lanes::Auto.count(NonZeroUsize::new(cores).unwrap()).get();
        assert_eq!(auto(1), 1);
        assert_eq!(auto(2), 1);
        assert_eq!(auto(8), 7);
        assert_eq!(auto(65), 64);
        assert_eq!(auto(1_000), 64);
    }

    #[test]
    fn a_fixed_number_does_not_depend_on_the_cores() {
        let four = NonZeroUsize::new(4).unwrap();
        assert_eq!(Lanes::Fixed(four).count(NonZeroUsize::MIN), four);
    }
}
