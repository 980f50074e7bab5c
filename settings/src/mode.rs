//! Where flows come from.

use crate::check::{Check, Item};

/// Where flows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// From exporters, over the network.
    Collect,
    /// From a stored dataset.
    Replay,
}

impl Mode {
    pub(crate) fn check(item: Item<'_>, check: &mut Check<'_>) -> Option<Self> {
        check.choice(
            item,
            &[("collect", Self::Collect), ("replay", Self::Replay)],
        )
    }
}
