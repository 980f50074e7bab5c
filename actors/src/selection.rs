//! Which records and flows go on.

use flow::{EnrichedFlow, OriginalFlow};
use mediation::select::{Program, Special};

/// What the settings say of which records and flows go on.
#[derive(Debug, Default)]
pub struct Selection {
    /// Whether records from or to multicast, reserved and broadcast addresses are left
    /// out.
    pub drop_special: bool,
    /// What a record must be to be aggregated.
    pub records: Option<Program<OriginalFlow>>,
    /// What an enriched flow must be to leave.
    pub flows: Option<Program<EnrichedFlow>>,
}

impl Selection {
    /// Whether every record goes on.
    pub(crate) const fn takes_all_records(&self) -> bool {
        !self.drop_special && self.records.is_none()
    }

    /// Whether a record goes on.
    pub(crate) fn takes_record(&self, record: &OriginalFlow) -> bool {
        let special = self.drop_special && Special::of_key(&record.key).is_some();
        !special
            && self
                .records
                .as_ref()
                .is_none_or(|filter| filter.matches(record))
    }

    /// Whether a flow goes on.
    pub(crate) fn takes_flow(&self, flow: &EnrichedFlow) -> bool {
        self.flows
            .as_ref()
            .is_none_or(|filter| filter.matches(flow))
    }
}
