//! `[aggregator]`: when records are one flow, and when a flow is over.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::time::Duration;

use flow::PARTITIONS;
use toml::Value;

use crate::blocks::Blocks;
use crate::check::{Check, item};
use crate::duration::{DAY, HOUR, SECOND};
use crate::exporters::Exporter;
use crate::raw;
use crate::rollup::RollUp;

/// When records are one flow, and when a flow is over. All durations are whole
/// milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregator {
    idle_timeout: Duration,
    exporter_active_timeout: Duration,
    exporter_idle_timeout: Option<Duration>,
    slack: Duration,
    linger: Duration,
    longest_lifetime: Duration,
    flows_max: NonZeroUsize,
    filter: String,
    drop_special_addresses: bool,
    several_exporters: SeveralExporters,
    biflow: bool,
    apart_by: Vec<ApartBy>,
    incomplete_tcp: IncompleteTcp,
    exporters: BTreeMap<IpAddr, Exporter>,
    blocks: Option<Blocks>,
    rollup: Option<RollUp>,
}

/// What becomes of a flow that several exporters report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeveralExporters {
    /// Who reports it first is believed.
    First,
    /// Everything is added up.
    Sum,
    /// Each has flows of its own.
    Apart,
}

/// What may tell flows apart besides addresses, ports and protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApartBy {
    /// The exporter's address.
    Exporter,
    /// The Observation Domain.
    ObservationDomain,
    /// The interface the packets came in by.
    InIf,
    /// The interface the packets left by.
    OutIf,
    /// The VLAN that the exporter reports.
    Vlan,
    /// The type of service.
    Tos,
}

/// What becomes of TCP flows of which the opening or the closing was not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncompleteTcp {
    /// They leave like all others.
    Emit,
    /// They are counted and left out.
    Drop,
}

const SEVERAL_EXPORTERS: [(&str, SeveralExporters); 3] = [
    ("first", SeveralExporters::First),
    ("sum", SeveralExporters::Sum),
    ("apart", SeveralExporters::Apart),
];

const APART_BY: [(&str, ApartBy); 6] = [
    ("exporter", ApartBy::Exporter),
    ("observation_domain", ApartBy::ObservationDomain),
    ("in_if", ApartBy::InIf),
    ("out_if", ApartBy::OutIf),
    ("vlan", ApartBy::Vlan),
    ("tos", ApartBy::Tos),
];

const INCOMPLETE_TCP: [(&str, IncompleteTcp); 2] =
    [("emit", IncompleteTcp::Emit), ("drop", IncompleteTcp::Drop)];

impl Aggregator {
    /// The longest gap between two records of one flow; at least 1 s.
    #[must_use]
    pub const fn idle_timeout(&self) -> Duration {
        self.idle_timeout
    }

    /// The active timeout of exporters that none of their own is set for; at least 1 s.
    #[must_use]
    pub const fn exporter_active_timeout(&self) -> Duration {
        self.exporter_active_timeout
    }

    /// The active timeout of one exporter: its own, or else that of all.
    #[must_use]
    pub fn active_timeout_of(&self, exporter: IpAddr) -> Duration {
        let own = self.exporters.get(&exporter.to_canonical());
        let own = own.and_then(Exporter::active_timeout);
        own.unwrap_or(self.exporter_active_timeout)
    }

    /// The idle timeout of exporters that none of their own is set for; `None` if it is
    /// not known.
    #[must_use]
    pub const fn exporter_idle_timeout(&self) -> Option<Duration> {
        self.exporter_idle_timeout
    }

    /// The exporters with timeouts of their own. IPv4-mapped addresses are IPv4.
    #[must_use]
    pub const fn exporters(&self) -> &BTreeMap<IpAddr, Exporter> {
        &self.exporters
    }

    /// What is added to the time a flow is waited for.
    #[must_use]
    pub const fn slack(&self) -> Duration {
        self.slack
    }

    /// How long a flow is kept after its end was seen; at most the idle timeout.
    #[must_use]
    pub const fn linger(&self) -> Duration {
        self.linger
    }

    /// The length at which a flow is cut; at least every active timeout.
    #[must_use]
    pub const fn longest_lifetime(&self) -> Duration {
        self.longest_lifetime
    }

    /// How many flows are kept at once over all lanes; at least one a partition.
    #[must_use]
    pub const fn flows_max(&self) -> NonZeroUsize {
        self.flows_max
    }

    /// What a record must be to be aggregated, in the filter language; empty: anything.
    #[must_use]
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Whether records from or to multicast, reserved and broadcast addresses are left
    /// out.
    #[must_use]
    pub const fn drop_special_addresses(&self) -> bool {
        self.drop_special_addresses
    }

    /// What becomes of a flow that several exporters report.
    #[must_use]
    pub const fn several_exporters(&self) -> SeveralExporters {
        self.several_exporters
    }

    /// Whether both directions are one flow.
    #[must_use]
    pub const fn biflow(&self) -> bool {
        self.biflow
    }

    /// What tells flows apart besides addresses, ports and protocol.
    #[must_use]
    pub fn apart_by(&self) -> &[ApartBy] {
        &self.apart_by
    }

    /// What becomes of TCP flows of which the opening or the closing was not seen.
    #[must_use]
    pub const fn incomplete_tcp(&self) -> IncompleteTcp {
        self.incomplete_tcp
    }

    /// How records are aggregated within blocks; `None` where they are across time.
    #[must_use]
    pub const fn blocks(&self) -> Option<&Blocks> {
        self.blocks.as_ref()
    }

    /// How flows are summed as they leave; `None` where they are not.
    #[must_use]
    pub const fn rollup(&self) -> Option<&RollUp> {
        self.rollup.as_ref()
    }

    pub(crate) fn check(raw: &raw::Aggregator, check: &mut Check<'_>) -> Option<Self> {
        let idle = item("aggregator.idle_timeout", &raw.idle_timeout);
        let idle_timeout = check.duration(idle, &TIMEOUT);
        let active = item(
            "aggregator.exporter_active_timeout",
            &raw.exporter_active_timeout,
        );
        let exporter_active_timeout = check.duration(active, &TIMEOUT);
        let exporter_idle = item(
            "aggregator.exporter_idle_timeout",
            &raw.exporter_idle_timeout,
        );
        let exporter_idle_timeout = check.duration(exporter_idle, &(Duration::ZERO..=DAY));
        let slack = check.duration(item("aggregator.slack", &raw.slack), &DELAY);
        let linger = item("aggregator.linger", &raw.linger);
        let linger_time = check.duration(linger, &DELAY);
        let longest = item("aggregator.longest_lifetime", &raw.longest_lifetime);
        let longest_lifetime = check.duration(longest, &TIMEOUT);
        let flows_max = flows_max(&raw.flows_max, check);
        let several = item("aggregator.several_exporters", &raw.several_exporters);
        let several_exporters = check.choice(several, &SEVERAL_EXPORTERS);
        let filter = check.text(item("aggregator.filter", &raw.filter));
        let special = item(
            "aggregator.drop_special_addresses",
            &raw.drop_special_addresses,
        );
        let drop_special_addresses = check.boolean(special);
        let biflow = check.boolean(item("aggregator.biflow", &raw.biflow));
        let apart_by = check.choices(item("aggregator.apart_by", &raw.apart_by), &APART_BY);
        let incomplete = item("aggregator.incomplete_tcp", &raw.incomplete_tcp);
        let incomplete_tcp = check.choice(incomplete, &INCOMPLETE_TCP);
        check.at_most((linger, linger_time), (idle, idle_timeout));
        check.at_most(
            (active, exporter_active_timeout),
            (longest, longest_lifetime),
        );
        let exporters = Exporter::check_all(&raw.exporters, (longest, longest_lifetime), check);
        let blocks = Blocks::check(raw, check);
        let rollup = RollUp::check(&raw.rollup, check);
        Some(Self {
            idle_timeout: idle_timeout?,
            exporter_active_timeout: exporter_active_timeout?,
            exporter_idle_timeout: exporter_idle_timeout.map(known)?,
            slack: slack?,
            linger: linger_time?,
            longest_lifetime: longest_lifetime?,
            flows_max: flows_max?,
            filter: filter?,
            drop_special_addresses: drop_special_addresses?,
            several_exporters: several_exporters?,
            biflow: biflow?,
            apart_by: apart_by?,
            incomplete_tcp: incomplete_tcp?,
            exporters: exporters?,
            blocks: blocks?,
            rollup: rollup?,
        })
    }
}

pub(crate) const TIMEOUT: RangeInclusive<Duration> = SECOND..=DAY;
const DELAY: RangeInclusive<Duration> = Duration::ZERO..=HOUR;

fn flows_max(value: &Value, check: &mut Check<'_>) -> Option<NonZeroUsize> {
    let min = i64::try_from(PARTITIONS).unwrap_or(i64::MAX);
    check.count(item("aggregator.flows_max", value), &(min..=1_000_000_000))
}

/// A timeout, unless it is 0, which says that it is not known.
fn known(timeout: Duration) -> Option<Duration> {
    (!timeout.is_zero()).then_some(timeout)
}
