//! How much the methods take away (RFC 6235, 5).

use crate::anonymize::method::{AddressBits, Digits, Grid, NoisePercent, TimeUnit};

/// The parameters of the methods; each counts where a field has a method that asks for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    /// Bits of addresses that truncation keeps, and reverse truncation drops.
    pub address_bits: AddressBits,
    /// To what times are cut.
    pub time_unit: TimeUnit,
    /// The largest offset of a random shift in milliseconds.
    pub shift_most_ms: u64,
    /// How long one offset is the same.
    pub shift_epoch: TimeUnit,
    /// Leading digits of counters.
    pub digits: Digits,
    /// The most that noise adds or takes.
    pub noise: NoisePercent,
    /// The grid of positions.
    pub grid: Grid,
}

impl Parameters {
    /// Those of settings/default.toml, with a grid of one degree.
    pub const DEFAULT: Self = Self {
        address_bits: AddressBits::new(24, 48).expect("bits of both families"),
        time_unit: TimeUnit::from_millis(MINUTE_MS).expect("a unit"),
        shift_most_ms: 720 * MINUTE_MS,
        shift_epoch: TimeUnit::from_millis(1_440 * MINUTE_MS).expect("a unit"),
        digits: Digits::new(2).expect("digits"),
        noise: NoisePercent::new(10).expect("hundredths"),
        grid: Grid::new(1.0).expect("degrees"),
    };
}

const MINUTE_MS: u64 = 60_000;
