//! `[aggregator.blocks]`: aggregation within blocks of records.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::time::Duration;

use toml::Value;

use crate::check::{Check, item};
use crate::duration::DAY;
use crate::raw;

/// How records are aggregated within blocks, as the original system of 2019 did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocks {
    records: NonZeroU32,
    udp_gap: Duration,
    other_exporters_left_out: bool,
    tcp_without_opening_left_out: bool,
    tcp_without_closing_left_out: bool,
    udp_gap_of_the_limit_is_active: bool,
    gaps_from_the_record_before: bool,
    sampling_ignored: bool,
    last_part_left_out: bool,
}

impl Blocks {
    /// With how many records a block ends.
    #[must_use]
    pub const fn records(&self) -> NonZeroU32 {
        self.records
    }

    /// The longest gap within a UDP flow, in whole milliseconds.
    #[must_use]
    pub const fn udp_gap(&self) -> Duration {
        self.udp_gap
    }

    /// Whether records of other exporters than the first of a key are left out.
    #[must_use]
    pub const fn other_exporters_left_out(&self) -> bool {
        self.other_exporters_left_out
    }

    /// Whether TCP flows are left out whose first record has no SYN.
    #[must_use]
    pub const fn tcp_without_opening_left_out(&self) -> bool {
        self.tcp_without_opening_left_out
    }

    /// Whether TCP records are left out that no FIN or RST follows in the block.
    #[must_use]
    pub const fn tcp_without_closing_left_out(&self) -> bool {
        self.tcp_without_closing_left_out
    }

    /// Whether a UDP gap of exactly the longest counts as active time.
    #[must_use]
    pub const fn udp_gap_of_the_limit_is_active(&self) -> bool {
        self.udp_gap_of_the_limit_is_active
    }

    /// Whether gaps are taken from the record before and not from the latest end.
    #[must_use]
    pub const fn gaps_from_the_record_before(&self) -> bool {
        self.gaps_from_the_record_before
    }

    /// Whether packets and octets are not scaled by the sampling rate.
    #[must_use]
    pub const fn sampling_ignored(&self) -> bool {
        self.sampling_ignored
    }

    /// Whether a block that is not full at the end of a run is left out.
    #[must_use]
    pub const fn last_part_left_out(&self) -> bool {
        self.last_part_left_out
    }

    /// `Some(None)` where records are not aggregated within blocks.
    pub(crate) fn check(raw: &raw::Aggregator, check: &mut Check<'_>) -> Option<Option<Self>> {
        let raw::Blocks {
            records,
            udp_gap,
            other_exporters_left_out,
            tcp_without_opening_left_out,
            tcp_without_closing_left_out,
            udp_gap_of_the_limit_is_active,
            gaps_from_the_record_before,
            sampling_ignored,
            last_part_left_out,
        } = &raw.blocks;
        let records = check.integer(item(RECORDS, records), &(0..=10_000_000));
        let udp_gap = check.duration(item("aggregator.blocks.udp_gap", udp_gap), &UDP_GAP);
        let mut switch = |name: &str, value: &Value| {
            let key = format!("aggregator.blocks.{name}");
            check.boolean(item(&key, value))
        };
        let other_exporters = switch("other_exporters_left_out", other_exporters_left_out);
        let opening = switch("tcp_without_opening_left_out", tcp_without_opening_left_out);
        let closing = switch("tcp_without_closing_left_out", tcp_without_closing_left_out);
        let limit = switch(
            "udp_gap_of_the_limit_is_active",
            udp_gap_of_the_limit_is_active,
        );
        let before = switch("gaps_from_the_record_before", gaps_from_the_record_before);
        let sampling = switch("sampling_ignored", sampling_ignored);
        let last_part = switch("last_part_left_out", last_part_left_out);
        let records = NonZeroU32::new(u32::try_from(records?).ok()?);
        if records.is_some() {
            refuse_what_blocks_do_not_do(raw, check);
        }
        let blocks = |records| {
            Some(Self {
                records,
                udp_gap: udp_gap?,
                other_exporters_left_out: other_exporters?,
                tcp_without_opening_left_out: opening?,
                tcp_without_closing_left_out: closing?,
                udp_gap_of_the_limit_is_active: limit?,
                gaps_from_the_record_before: before?,
                sampling_ignored: sampling?,
                last_part_left_out: last_part?,
            })
        };
        Some(match records {
            Some(records) => Some(blocks(records)?),
            None => None,
        })
    }
}

const RECORDS: &str = "aggregator.blocks.records";
const UDP_GAP: RangeInclusive<Duration> = Duration::ZERO..=DAY;

/// Keys that would change what a flow is, and have no meaning within blocks.
fn refuse_what_blocks_do_not_do(raw: &raw::Aggregator, check: &mut Check<'_>) {
    if !check.is_whole() {
        return;
    }
    for (key, value, within) in [
        (
            "aggregator.several_exporters",
            &raw.several_exporters,
            Value::from("first"),
        ),
        ("aggregator.biflow", &raw.biflow, Value::from(false)),
        (
            "aggregator.apart_by",
            &raw.apart_by,
            Value::Array(Vec::new()),
        ),
        (
            "aggregator.incomplete_tcp",
            &raw.incomplete_tcp,
            Value::from("emit"),
        ),
        (
            "aggregator.rollup.interval",
            &raw.rollup.interval,
            Value::from("0 s"),
        ),
    ] {
        if *value != within {
            let at = check.origin(RECORDS);
            let expected = format!("{within}, since {RECORDS} is not 0 ({at})");
            check.refuse(item(key, value), expected);
        }
    }
}
