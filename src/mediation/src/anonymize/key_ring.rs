//! The one place where keys are held, and what says which of them counts when.

use std::collections::VecDeque;
use std::sync::Arc;

use flow::Tick;

use super::{Anonymization, Epochs, Key, KeyId, KeyName, Scheme, TableError};

/// The keys of one source, and what is done to flows under them.
///
/// Which key counts is a function of the tick that releases a flow: it decides the epoch,
/// and which master key has been adopted by then. So all flows of a tick are under one key,
/// on any number of lanes, and a replay of the same ticks uses the same keys.
///
/// What is made of a key, tables and remembered addresses included, is made once for each
/// key and goes with it: it is wiped when the last batch under it is done.
#[derive(Debug, Clone)]
pub struct KeyRing {
    scheme: Scheme,
    epochs: Epochs,
    /// None where none is needed.
    master: Option<Master>,
    /// Those that count from a tick on, in order.
    next: VecDeque<(Tick, Master)>,
    in_force: Arc<Anonymization>,
}

/// A master key and its name.
#[derive(Debug, Clone)]
struct Master {
    key: Arc<Key>,
    id: KeyId,
}

impl Master {
    fn of(key: Arc<Key>) -> Self {
        let id = key.id();
        Self { key, id }
    }

    /// What is done under its key of a tick.
    fn anonymization(&self, scheme: &Scheme, name: KeyName) -> Arc<Anonymization> {
        Arc::new(match name.epoch {
            Some(epoch) => scheme.with_key(&self.key.of_epoch(epoch), name),
            None => scheme.with_key(&self.key, name),
        })
    }
}

impl KeyRing {
    /// A ring with a master key, which counts until another one is adopted.
    #[must_use]
    pub fn new(scheme: Scheme, epochs: Epochs, key: Key) -> Self {
        let master = Master::of(Arc::new(key));
        // Nothing leaves before the first tick; this is for whoever asks what is done.
        let name = KeyName {
            id: master.id,
            epoch: epochs.of(Tick::default()),
        };
        Self {
            in_force: master.anonymization(&scheme, name),
            scheme,
            epochs,
            master: Some(master),
            next: VecDeque::new(),
        }
    }

    /// A ring without a key.
    ///
    /// # Errors
    /// [`TableError::NoKey`] if the scheme has to have one.
    pub fn without_key(scheme: Scheme) -> Result<Self, TableError> {
        Ok(Self {
            in_force: Arc::new(scheme.without_key()?),
            scheme,
            epochs: Epochs::Off,
            master: None,
            next: VecDeque::new(),
        })
    }

    /// The name of the master key in use; `None` where there is none.
    #[must_use]
    pub fn key_id(&self) -> Option<KeyId> {
        self.master.as_ref().map(|master| master.id)
    }

    /// Another master key counts from a tick on, or at once, and none of those that would
    /// have counted from then on. A ring without a key stays so.
    pub fn adopt(&mut self, from: Option<Tick>, key: Arc<Key>) {
        if self.master.is_none() {
            return;
        }
        let master = Master::of(key);
        let Some(from) = from else {
            self.master = Some(master);
            self.next.clear();
            return;
        };
        self.next.retain(|(other, _)| *other < from);
        self.next.push_back((from, master));
    }

    /// What is done to the flows that a tick releases. Ticks ascend within a run. The first
    /// tick of an epoch costs the time of a new table ([`super::CryptoPan::new`]).
    pub fn at(&mut self, tick: Tick) -> &Arc<Anonymization> {
        while self.next.front().is_some_and(|(from, _)| *from <= tick)
            && let Some((_, master)) = self.next.pop_front()
        {
            self.master = Some(master);
        }
        if let Some(master) = &self.master {
            let name = KeyName {
                id: master.id,
                epoch: self.epochs.of(tick),
            };
            if self.in_force.key() != Some(name) {
                self.in_force = master.anonymization(&self.scheme, name);
            }
        }
        &self.in_force
    }

    /// What is done to the flows that the last tick released.
    #[must_use]
    pub const fn in_force(&self) -> &Arc<Anonymization> {
        &self.in_force
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anonymize::CryptoPan;
    use std::net::IpAddr;

    /// 2026-11-28T00:00:00Z.
    const MIDNIGHT: i64 = 1_795_824_000;

    fn key(octet: u8) -> Key {
        Key::from_octets(&[octet; Key::LEN]).unwrap()
    }

    fn ring(epochs: Epochs) -> KeyRing {
        KeyRing::new(Scheme::STANDARD, epochs, key(1))
    }

    fn at(ring: &mut KeyRing, secs: i64) -> Arc<Anonymization> {
        Arc::clone(ring.at(Tick::from_secs(secs)))
    }

    fn name(master: u8, epoch: Option<&str>) -> Option<KeyName> {
        Some(KeyName {
            id: key(master).id(),
            epoch: epoch.map(|epoch| epoch.parse().unwrap()),
        })
    }

    fn addr() -> IpAddr {
        "192.0.2.77".parse().unwrap()
    }

    #[test]
    fn without_epochs_the_master_key_itself_counts_for_ever() {
        let mut ring = ring(Epochs::Off);
        let first = at(&mut ring, 0);
        assert_eq!(first.key(), name(1, None));
        assert_eq!(
            first.told(addr()),
            CryptoPan::new(&key(1)).anonymize(addr())
        );
        assert!(Arc::ptr_eq(&first, &at(&mut ring, 1 << 40)));
    }

    #[test]
    fn each_epoch_has_its_key_which_is_made_ready_once() {
        let mut ring = ring(Epochs::Daily);
        let first = at(&mut ring, MIDNIGHT);
        for second in [1, 2, 86_398, 86_399] {
            assert!(Arc::ptr_eq(&first, &at(&mut ring, MIDNIGHT + second)));
        }
        let second = at(&mut ring, MIDNIGHT + 86_400);
        assert_eq!(first.key(), name(1, Some("2026-11-28")));
        assert_eq!(second.key(), name(1, Some("2026-11-29")));
        for (anonymization, epoch) in [(first, "2026-11-28"), (second, "2026-11-29")] {
            let derived = key(1).of_epoch(epoch.parse().unwrap());
            let image = CryptoPan::new(&derived).anonymize(addr());
            assert_eq!(anonymization.told(addr()), image, "{epoch}");
        }
    }

    #[test]
    fn keys_and_what_is_made_of_them_do_not_outlive_their_use() {
        let master = Arc::new(key(2));
        let mut ring = ring(Epochs::Hourly);
        ring.adopt(Some(Tick::from_secs(MIDNIGHT)), Arc::clone(&master));
        let first = Arc::downgrade(ring.at(Tick::from_secs(MIDNIGHT)));
        assert!(first.upgrade().is_some());
        at(&mut ring, MIDNIGHT + 3_600);
        assert!(first.upgrade().is_none(), "the epoch is over");
        assert_eq!(Arc::strong_count(&master), 2);
        ring.adopt(None, Arc::new(key(3)));
        assert_eq!(Arc::strong_count(&master), 1, "another key took its place");
    }

    #[test]
    fn a_run_that_begins_in_the_past_has_the_keys_of_then() {
        let mut ring = ring(Epochs::Hourly);
        let image = at(&mut ring, MIDNIGHT).told(addr());
        assert_ne!(at(&mut ring, MIDNIGHT + 3_600).told(addr()), image);
        assert_eq!(at(&mut ring, MIDNIGHT + 1_800).told(addr()), image);
    }

    #[test]
    fn a_master_key_counts_from_its_tick_on_and_the_last_word_counts() {
        let mut ring = ring(Epochs::Daily);
        at(&mut ring, MIDNIGHT);
        ring.adopt(Some(Tick::from_secs(MIDNIGHT + 20)), Arc::new(key(2)));
        ring.adopt(Some(Tick::from_secs(MIDNIGHT + 10)), Arc::new(key(3)));
        let epoch = Some("2026-11-28");
        assert_eq!(at(&mut ring, MIDNIGHT + 9).key(), name(1, epoch));
        assert_eq!(at(&mut ring, MIDNIGHT + 10).key(), name(3, epoch));
        assert_eq!(at(&mut ring, MIDNIGHT + 30).key(), name(3, epoch));
        assert_eq!(ring.key_id(), Some(key(3).id()));
        ring.adopt(Some(Tick::from_secs(MIDNIGHT + 40)), Arc::new(key(4)));
        ring.adopt(None, Arc::new(key(5)));
        assert_eq!(
            at(&mut ring, MIDNIGHT + 50).key(),
            name(5, epoch),
            "at once"
        );
    }

    #[test]
    fn what_needs_no_key_never_has_one() {
        let mut ring = KeyRing::without_key(Scheme::NONE).unwrap();
        ring.adopt(None, Arc::new(key(2)));
        assert_eq!((ring.key_id(), at(&mut ring, MIDNIGHT).key()), (None, None));
        let error = KeyRing::without_key(Scheme::STANDARD).unwrap_err();
        assert!(error.to_string().contains("needs a key"), "{error}");
    }
}
