//! Duration and bit rate in the units of the original system.

use super::BlockFlow;

impl BlockFlow {
    /// The active time in seconds, which the original calls duration.
    #[must_use]
    pub fn duration_secs(&self) -> f64 {
        secs(self.flow.active_ms)
    }

    /// Bits per second over the active time. Where that is 0, it is the rate of the flow's
    /// first record alone, and 0 if that record has no length either.
    ///
    /// The prepared flow's `bit_rate` is the same, but null where the active time is 0.
    #[must_use]
    pub fn bit_rate(&self) -> f64 {
        let first = || rate(self.first.bytes, self.first.active_ms);
        rate(self.flow.bytes, self.flow.active_ms)
            .or_else(first)
            .unwrap_or(0.0)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a duration of 285,000 years is exact"
)]
fn secs(millis: u64) -> f64 {
    millis as f64 / 1_000.0
}

/// Bits over seconds, divided in the order of the original; `None` over no time.
#[expect(
    clippy::cast_precision_loss,
    reason = "a rate needs no more than 53 bits"
)]
fn rate(bytes: u64, millis: u64) -> Option<f64> {
    (millis > 0).then(|| bytes.saturating_mul(8) as f64 / secs(millis))
}
