//! By which rules records are merged within a block.

/// The rules of aggregation within blocks.
///
/// Each switch is a defect of the original system and named by what happens while it is
/// on. With all of them on, flows are those of the original; each one that is off is
/// mended as its description says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// With how many records a block ends, over all lanes. It ends with the message that
    /// reaches this number, and may therefore have some more.
    pub block_records: u32,
    /// The longest gap within a UDP flow, in milliseconds.
    pub udp_gap_ms: i64,
    /// Of each key of TCP and UDP, records of other exporters than that of its earliest
    /// record in the block are left out. Off: flows of other exporters are kept apart and
    /// all leave, as records of other protocols always do.
    pub other_exporters_left_out: bool,
    /// A TCP flow whose first record has no SYN is left out. Off: it leaves, incomplete
    /// unless a later record has it.
    pub tcp_without_opening_left_out: bool,
    /// TCP records after the last one of their key in the block that has FIN or RST are
    /// left out. Off: they leave as one flow, incomplete.
    pub tcp_without_closing_left_out: bool,
    /// A UDP gap of exactly `udp_gap_ms` is within a flow and counts as active time. Off:
    /// it is subtracted as shorter ones are.
    pub udp_gap_of_the_limit_is_active: bool,
    /// Gaps are taken from the end of the record before. Off: from the latest end so far,
    /// so that a short record within a long one makes no gap.
    pub gaps_from_the_record_before: bool,
    /// Packets and octets are as exported, and the sampling rate is unknown. Off: they
    /// are scaled by it.
    pub sampling_ignored: bool,
    /// The records of a block that is not full when the run ends are left out. Off: they
    /// are a block.
    pub last_part_left_out: bool,
}

#[cfg(test)]
impl Rules {
    /// The rules of the original system, with all of its defects.
    pub(super) const ORIGINAL: Self = Self::with_all(true);

    /// The rules of the original system, with all of these defects mended.
    pub(super) const MENDED: Self = Self::with_all(false);

    const fn with_all(defects: bool) -> Self {
        Self {
            block_records: 100_000,
            udp_gap_ms: 30_000,
            other_exporters_left_out: defects,
            tcp_without_opening_left_out: defects,
            tcp_without_closing_left_out: defects,
            udp_gap_of_the_limit_is_active: defects,
            gaps_from_the_record_before: defects,
            sampling_ignored: defects,
            last_part_left_out: defects,
        }
    }
}
