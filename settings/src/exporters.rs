//! `[aggregator.exporters]`: what is different for single exporters.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use toml::Value;

use crate::aggregator::TIMEOUT;
use crate::check::{Check, Item, item};
use crate::keys::{EXPORTERS, join};
use crate::raw;

/// What the settings say of one exporter. All durations are whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exporter {
    active_timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
}

/// A key and its value, if it has a valid one.
type Checked<'a> = (Item<'a>, Option<Duration>);

impl Exporter {
    /// After how long it cuts a flow and reports it in pieces; 1 s to the longest
    /// lifetime of a flow.
    #[must_use]
    pub const fn active_timeout(&self) -> Option<Duration> {
        self.active_timeout
    }

    /// After how long without a packet it ends a flow; 1 s to 1 d.
    #[must_use]
    pub const fn idle_timeout(&self) -> Option<Duration> {
        self.idle_timeout
    }

    /// The exporters of which anything is said.
    pub(crate) fn check_all(
        raw: &BTreeMap<String, raw::Exporter>,
        longest: Checked<'_>,
        check: &mut Check<'_>,
    ) -> Option<BTreeMap<IpAddr, Self>> {
        let mut exporters = BTreeMap::new();
        let mut complete = true;
        for (name, raw) in raw {
            let address = address(name, &exporters, check);
            let exporter = Self::check(name, raw, longest, check);
            complete &= address.is_some() && exporter.is_some();
            if let (Some(address), Some(exporter)) = (address, exporter)
                && exporter != Self::NOTHING
            {
                exporters.insert(address, exporter);
            }
        }
        complete.then_some(exporters)
    }

    const NOTHING: Self = Self {
        active_timeout: None,
        idle_timeout: None,
    };

    fn check(
        name: &str,
        raw: &raw::Exporter,
        (longest, longest_lifetime): Checked<'_>,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        let key = |timeout| join(&join(EXPORTERS, name), timeout);
        let (active, idle) = (key("active_timeout"), key("idle_timeout"));
        let active_timeout = timeout(&active, raw.active_timeout.as_ref(), check);
        if let (Some(value), Some(timeout)) = (&raw.active_timeout, active_timeout) {
            let active = item(&active, value);
            check.at_most((active, timeout), (longest, longest_lifetime));
        }
        let idle_timeout = timeout(&idle, raw.idle_timeout.as_ref(), check);
        Some(Self {
            active_timeout: active_timeout?,
            idle_timeout: idle_timeout?,
        })
    }
}

/// A timeout that may be there or not; `None` if what is there is not valid.
fn timeout(key: &str, value: Option<&Value>, check: &mut Check<'_>) -> Option<Option<Duration>> {
    let Some(value) = value else {
        return Some(None);
    };
    let timeout = check.duration(item(key, value), &TIMEOUT)?;
    Some(Some(timeout))
}

fn address(name: &str, seen: &BTreeMap<IpAddr, Exporter>, check: &mut Check<'_>) -> Option<IpAddr> {
    let key = join(EXPORTERS, name);
    let value = Value::from(name);
    let item = item(&key, &value);
    let Ok(address) = name.parse::<IpAddr>() else {
        check.refuse(item, "the address of an exporter such as \"192.0.2.1\"");
        return None;
    };
    let address = address.to_canonical();
    if seen.contains_key(&address) {
        check.refuse(
            item,
            format!("each exporter only once; {address} is there already"),
        );
        return None;
    }
    Some(address)
}
