//! Editions of the look-up databases, and from which tick on each counts.
//!
//! What is looked up for a flow is from one edition, the one that counts at the tick that
//! released it. So it does not depend on lanes, pace or when a file was read, and a replay
//! that is told the same ticks gives the same flows.

use std::collections::VecDeque;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use flow::{Place, Tick};
use mediation::enrich::Lookup;
use serde_json::{Map, Value, json};

/// The member of a prepared segment's header that names the databases of its flows.
pub const DATABASES: &str = "databases";

/// One version of all look-up databases. It never changes; another one takes its place.
pub struct Edition {
    lookup: Arc<dyn Lookup>,
    made_of: Value,
}

impl Edition {
    /// An edition, and what it was made of: a function of what is in the databases, so
    /// that equal databases are equally named, wherever and whenever they are opened.
    #[must_use]
    pub const fn new(lookup: Arc<dyn Lookup>, made_of: Value) -> Self {
        Self { lookup, made_of }
    }

    /// One that knows nothing, for before anything is known.
    #[must_use]
    pub fn unknown() -> Self {
        Self::new(Arc::new(Unknown), Value::Null)
    }

    /// What is known about addresses.
    #[must_use]
    pub fn lookup(&self) -> &dyn Lookup {
        &*self.lookup
    }

    /// What it was made of, as the datasets name it.
    #[must_use]
    pub const fn made_of(&self) -> &Value {
        &self.made_of
    }
}

/// Knows nothing of any address.
pub(crate) struct Unknown;

impl Lookup for Unknown {
    fn place(&self, _: IpAddr) -> Place {
        Place::default()
    }
}

impl fmt::Debug for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Edition").field(&self.made_of).finish()
    }
}

/// Which edition counts when, for one run.
#[derive(Debug)]
pub struct Editions {
    current: Arc<Edition>,
    /// Those that count from a tick on, in order.
    next: VecDeque<(Tick, Arc<Edition>)>,
}

impl Editions {
    /// This one counts until another is adopted.
    #[must_use]
    pub const fn new(current: Arc<Edition>) -> Self {
        let next = VecDeque::new();
        Self { current, next }
    }

    /// Another one counts from a tick on, or at once, and none of those that would have
    /// counted from then on.
    pub fn adopt(&mut self, from: Option<Tick>, edition: Arc<Edition>) {
        let Some(from) = from else {
            *self = Self::new(edition);
            return;
        };
        self.next.retain(|(other, _)| *other < from);
        self.next.push_back((from, edition));
    }

    /// The one that counts at a tick. Ticks ascend.
    pub fn at(&mut self, tick: Tick) -> Arc<Edition> {
        while self.next.front().is_some_and(|(from, _)| *from <= tick)
            && let Some((_, edition)) = self.next.pop_front()
        {
            self.current = edition;
        }
        Arc::clone(&self.current)
    }
}

/// Says in the raw dataset from when on an edition counts.
#[must_use]
pub fn record(from: Option<Tick>, made_of: &Value) -> Vec<u8> {
    let from = from.map(Tick::secs);
    json!({FROM: from, DATABASES: made_of})
        .to_string()
        .into_bytes()
}

/// What [`record`] said; `None` if it was not that.
#[must_use]
pub fn recorded(octets: &[u8]) -> Option<(Option<Tick>, Value)> {
    let mut said: Map<String, Value> = serde_json::from_slice(octets).ok()?;
    let from = match said.get(FROM)? {
        Value::Null => None,
        from => Some(Tick::from_secs(from.as_i64()?)),
    };
    Some((from, said.remove(DATABASES)?))
}

/// The tick, in Unix seconds; null for the beginning of the run.
const FROM: &str = "from";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn at(editions: &mut Editions, secs: i64) -> Value {
        editions.at(Tick::from_secs(secs)).made_of().clone()
    }

    fn adopt(editions: &mut Editions, from: Option<i64>, number: u32) {
        let edition = sample::edition(json!(number));
        editions.adopt(from.map(Tick::from_secs), edition);
    }

    #[test]
    fn an_edition_counts_from_its_tick_on() {
        let mut editions = Editions::new(sample::edition(json!(0)));
        adopt(&mut editions, Some(10), 1);
        adopt(&mut editions, Some(20), 2);
        assert_eq!(at(&mut editions, 9), json!(0));
        assert_eq!(at(&mut editions, 10), json!(1));
        assert_eq!(at(&mut editions, 10), json!(1));
        assert_eq!(at(&mut editions, 31), json!(2));
    }

    #[test]
    fn the_last_word_on_a_tick_counts() {
        let mut editions = Editions::new(sample::edition(json!(0)));
        adopt(&mut editions, Some(20), 1);
        adopt(&mut editions, Some(10), 2);
        assert_eq!(at(&mut editions, 25), json!(2), "said later, from earlier");
        adopt(&mut editions, Some(30), 3);
        adopt(&mut editions, None, 4);
        assert_eq!(at(&mut editions, 40), json!(4), "at once");
    }

    #[test]
    fn what_is_recorded_comes_back() {
        for from in [None, Some(Tick::from_secs(1_700_000_000))] {
            let made_of = json!({"sources": [{"sha256": "00"}]});
            assert_eq!(recorded(&record(from, &made_of)), Some((from, made_of)));
        }
        for octets in [
            "",
            "{}",
            "[]",
            r#"{"from":"x","databases":1}"#,
            r#"{"from":null}"#,
        ] {
            assert_eq!(recorded(octets.as_bytes()), None, "{octets}");
        }
    }
}
