//! Time: from an exporter's fields to Unix milliseconds, and onto the pipeline's clock.

use crate::counters::Tally;
use crate::explain::Time;
use crate::{DataType, Reason};

/// The last millisecond of the year 9999: beyond it a time is damage.
const LATEST_MS: i64 = 253_402_300_799_999;
/// Seconds from the NTP epoch (1900) to the Unix epoch.
const NTP_TO_UNIX: u32 = 2_208_988_800;
/// Fraction bits of a dateTimeMicroseconds that carry nothing (RFC 7011, 6.1.9).
const MICRO_FRACTION: u64 = !0x7FF;
/// How far after the export time a record may end without being counted: export times
/// are whole seconds, and exporters stamp headers before they fill messages.
const ROUNDING_MS: i64 = 1_000;

/// The times of one message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExportClock {
    /// When it was exported, on the exporter's clock in Unix milliseconds.
    pub(crate) export_ms: i64,
    /// When it was received, on the pipeline's clock in Unix milliseconds.
    pub(crate) received_ms: i64,
    /// The exporter's uptime at export, in milliseconds modulo 2^32, if known.
    pub(crate) uptime: Option<u32>,
    /// The longest delay between end and export that is believed.
    pub(crate) longest_delay_ms: i64,
}

impl ExportClock {
    /// A clock from a header's seconds and the milliseconds beyond them.
    pub(crate) fn new(secs: u32, millis: u32, received_ms: i64, longest_delay_ms: i64) -> Self {
        let export_ms = nearest_era_ms(secs, received_ms) + i64::from(millis);
        Self {
            export_ms,
            received_ms,
            uptime: None,
            longest_delay_ms,
        }
    }

    /// The export time in whole seconds.
    pub(crate) const fn exported(&self) -> Time {
        Time {
            secs: self.export_ms.div_euclid(1_000),
            nanos: 0,
            digits: 0,
        }
    }

    /// The same clock, knowing the exporter's uptime.
    pub(crate) const fn with_uptime(mut self, uptime: u32) -> Self {
        self.uptime = Some(uptime);
        self
    }

    /// The same clock, knowing when the exporter started, in Unix milliseconds.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an uptime is kept modulo 2^32"
    )]
    pub(crate) const fn with_system_init(self, init_ms: u64) -> Self {
        self.with_uptime((self.export_ms as u64).wrapping_sub(init_ms) as u32)
    }

    /// When an exporter of this uptime started, modulo 2^32 milliseconds.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the start is taken modulo 2^32"
    )]
    pub(crate) const fn started(&self, uptime: u32) -> u32 {
        (self.export_ms as u32).wrapping_sub(uptime)
    }

    /// The time of an uptime. One signed 32-bit difference serves a wrap of the uptime
    /// between packet and export as well as a packet just after the header's stamp.
    pub(crate) fn of_uptime(&self, at: u32) -> Option<i64> {
        let ago = self.uptime?.wrapping_sub(at).cast_signed();
        Some(self.export_ms - i64::from(ago))
    }

    /// The time of 32-bit Unix seconds.
    pub(crate) fn of_seconds(&self, secs: u32) -> i64 {
        nearest_era_ms(secs, self.export_ms)
    }

    /// The time of an NTP timestamp that counts microseconds.
    pub(crate) fn of_ntp_micros(&self, stamp: u64) -> i64 {
        self.of_ntp(stamp & MICRO_FRACTION)
    }

    /// The time of an NTP timestamp, rounded to the microsecond and then down: a
    /// binary fraction of a whole millisecond lies just below it.
    pub(crate) fn of_ntp(&self, stamp: u64) -> i64 {
        let (secs, micros) = self.ntp_parts(stamp, 1_000_000);
        secs * 1_000 + i64::from(micros / 1_000)
    }

    /// The time of an NTP timestamp of a type: seconds since 1970, and what is beyond
    /// them in so many parts of a second, rounded to the nearest.
    pub(crate) fn of_ntp_units(&self, kind: DataType, stamp: u64, unit: u32) -> (i64, u32) {
        let stamp = if kind == DataType::DateTimeMicroseconds {
            stamp & MICRO_FRACTION
        } else {
            stamp
        };
        let (secs, parts) = self.ntp_parts(stamp, unit);
        (secs + i64::from(parts / unit), parts % unit)
    }

    /// Seconds since 1970 of an NTP timestamp, and its fraction rounded to parts of a
    /// second, which may come to a whole one.
    fn ntp_parts(&self, stamp: u64, unit: u32) -> (i64, u32) {
        let (secs, fraction) = (stamp >> 32, stamp & 0xFFFF_FFFF);
        let parts = (fraction * u64::from(unit) + (1 << 31)) >> 32;
        let secs = u32::try_from(secs).unwrap_or(0).wrapping_sub(NTP_TO_UNIX);
        let secs = nearest_era_ms(secs, self.export_ms) / 1_000;
        (secs, u32::try_from(parts).unwrap_or(0))
    }

    /// The time so many microseconds before the export.
    pub(crate) fn of_delta_micros(&self, delta: u32) -> i64 {
        self.export_ms - i64::from(delta / 1_000)
    }

    /// One of two times that contradict each other: the one nearer to the export.
    pub(crate) const fn nearer(&self, a: i64, b: i64) -> i64 {
        if self.export_ms.abs_diff(a) <= self.export_ms.abs_diff(b) {
            a
        } else {
            b
        }
    }

    /// When a record's last packet was seen on the pipeline's clock: the receive time
    /// less the delay between packet and export on the exporter's clock.
    pub(crate) fn end_seen(&self, end_ms: i64, tally: &mut Tally) -> i64 {
        let delay = self.export_ms.saturating_sub(end_ms);
        if delay > self.longest_delay_ms {
            tally.one(Reason::EndLongBefore);
        } else if delay < -ROUNDING_MS {
            tally.one(Reason::EndAfterExport);
        }
        self.received_ms
            .saturating_sub(delay.min(self.longest_delay_ms).max(0))
    }
}

/// A time in milliseconds that a field states itself; `None` beyond the year 9999.
pub(crate) fn stated_ms(millis: u64) -> Option<i64> {
    i64::try_from(millis).ok().filter(|&ms| ms <= LATEST_MS)
}

/// 32-bit seconds as the time nearest to another, but never before 1970: they come
/// round every 136 years (RFC 7011, 5.2).
fn nearest_era_ms(secs: u32, near_ms: i64) -> i64 {
    let near_secs = near_ms.div_euclid(1_000);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the difference is taken modulo 2^32"
    )]
    let ahead = secs.wrapping_sub(near_secs as u32).cast_signed();
    let nearest = near_secs + i64::from(ahead);
    nearest.max(i64::from(secs)) * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORT: u32 = 1_700_000_000;
    const EXPORT_MS: i64 = 1_700_000_000_000;

    fn clock() -> ExportClock {
        ExportClock::new(EXPORT, 0, EXPORT_MS + 5_000, 86_400_000)
    }

    #[test]
    fn one_signed_difference_serves_wraps_and_packets_after_the_stamp() {
        for (uptime, at, ago) in [
            (10_000, 4_000, 6_000),
            (1_000, u32::MAX - 999, 2_000),
            (u32::MAX, 4, -5),
            (5_000, 5_007, -7),
        ] {
            let time = clock().with_uptime(uptime).of_uptime(at);
            assert_eq!(time, Some(EXPORT_MS - ago), "{uptime} {at}");
        }
        assert_eq!(clock().of_uptime(1), None);
    }

    #[test]
    fn a_known_start_gives_the_uptime_modulo_its_wrap() {
        let booted = EXPORT_MS - (1 << 33) - 90_000;
        let clock = clock().with_system_init(booted.cast_unsigned());
        assert_eq!(clock.of_uptime(60_000), Some(EXPORT_MS - 30_000));
    }

    #[test]
    fn ntp_fractions_of_whole_milliseconds_come_back_whole() {
        for millis in 0..1_000_u64 {
            let fraction = (millis << 32) / 1_000;
            let secs = u64::from(EXPORT.wrapping_add(NTP_TO_UNIX));
            let expected = EXPORT_MS + i64::try_from(millis).unwrap();
            let stamp = secs << 32 | fraction;
            assert_eq!(clock().of_ntp_micros(stamp), expected);
            assert_eq!(clock().of_ntp_micros(stamp | 0x7FF), expected);
            assert_eq!(clock().of_ntp(stamp), expected);
        }
    }

    #[test]
    fn seconds_belong_to_the_era_nearest_to_the_context() {
        // 2106-02-07T06:28:16Z is where 32-bit Unix seconds come round.
        let round = (1_i64 << 32) * 1_000;
        let clock = ExportClock::new(5, 0, round + 9_000, 1);
        assert_eq!(clock.export_ms, round + 5_000);
        assert_eq!(clock.of_seconds(u32::MAX), round - 1_000);
        let far_ahead = ExportClock::new(4_100_000_000, 0, EXPORT_MS, 1);
        assert_eq!(far_ahead.export_ms, 4_100_000_000_000);
        // 2036-02-07T06:28:16Z is where NTP seconds do.
        let clock = ExportClock::new(NTP_TO_UNIX.wrapping_neg(), 0, EXPORT_MS, 1);
        assert_eq!(clock.export_ms, 2_085_978_496_000);
        assert_eq!(clock.of_ntp(0), 2_085_978_496_000);
        assert_eq!(clock.of_ntp(u64::from(u32::MAX) << 32), 2_085_978_495_000);
    }

    #[test]
    fn the_delay_before_export_is_kept_on_the_clock_of_the_pipeline() {
        let received = EXPORT_MS + 5_000;
        for (end, seen, reason) in [
            (EXPORT_MS - 4_000, received - 4_000, None),
            (EXPORT_MS + 999, received, None),
            (EXPORT_MS + 1_001, received, Some(Reason::EndAfterExport)),
            (0, received - 86_400_000, Some(Reason::EndLongBefore)),
            (i64::MIN, received - 86_400_000, Some(Reason::EndLongBefore)),
        ] {
            let mut tally = Tally::new();
            assert_eq!(clock().end_seen(end, &mut tally), seen);
            assert_eq!(tally.iter().next().map(|(reason, ..)| reason), reason);
        }
    }

    #[test]
    fn a_time_beyond_the_year_9999_is_none() {
        assert_eq!(stated_ms(253_402_300_799_999), Some(253_402_300_799_999));
        assert_eq!(stated_ms(253_402_300_800_000), None);
        assert_eq!(stated_ms(u64::MAX), None);
    }
}
