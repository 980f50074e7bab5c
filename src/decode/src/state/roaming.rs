//! What an exporter said on one source port, found also from another.
//!
//! Two exporters behind one address are told apart by their source ports, and one
//! exporter may change its port from datagram to datagram. One rule serves both: a
//! port's own value comes first; without one, a value on which all other ports agree
//! is used; where they differ, nothing is.

use std::collections::HashMap;

use super::{LruMap, Seed};

/// The result of a look-up.
#[derive(Debug)]
pub(crate) enum Found<'a, V> {
    /// Said on this port.
    Own(&'a V),
    /// Said on another port, and nothing else on any further one. The port is that of
    /// the value.
    Roamed(u16, &'a V),
    /// Not said on this port, and differently on others.
    Ambiguous,
    /// Not said on any port.
    Absent,
}

impl<'a, V> Found<'a, V> {
    /// The value, if there is one to use.
    pub(crate) fn value(self) -> Option<&'a V> {
        match self {
            Self::Own(value) | Self::Roamed(_, value) => Some(value),
            Self::Ambiguous | Self::Absent => None,
        }
    }
}

/// The ports on which something was said; there is one at least.
#[derive(Debug)]
struct Ports {
    first: u16,
    /// Mostly none, which takes no memory.
    others: Vec<u16>,
    agree: bool,
}

impl Ports {
    const fn only(first: u16) -> Self {
        Self {
            first,
            others: Vec::new(),
            agree: true,
        }
    }

    fn iter(&self) -> impl Iterator<Item = u16> {
        [self.first].into_iter().chain(self.others.iter().copied())
    }

    fn add(&mut self, port: u16) {
        if self.iter().all(|known| known != port) {
            self.others.push(port);
        }
    }

    /// Takes a port out, unless it is the only one.
    fn drop_one_of_several(&mut self, port: u16) -> bool {
        if self.first != port {
            self.others.retain(|&other| other != port);
            return true;
        }
        self.others.pop().map(|other| self.first = other).is_some()
    }
}

/// Values by key and source port, within a capacity over all keys and ports.
#[derive(Debug)]
pub(crate) struct Roaming<V> {
    values: LruMap<(u128, u16), V>,
    ports: HashMap<u128, Ports, Seed>,
}

impl<V: PartialEq> Roaming<V> {
    pub(crate) fn new(capacity: usize, seed: Seed) -> Self {
        Self {
            values: LruMap::new(capacity, seed),
            ports: HashMap::with_hasher(seed),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value said on exactly this port.
    pub(crate) fn own(&self, key: u128, port: u16) -> Option<&V> {
        self.values.peek(&(key, port))
    }

    /// The value for a port by the rule of the module.
    pub(crate) fn find(&self, key: u128, port: u16) -> Found<'_, V> {
        if let Some(own) = self.own(key, port) {
            return Found::Own(own);
        }
        let Some(held) = self.ports.get(&key) else {
            return Found::Absent;
        };
        if !held.agree {
            return Found::Ambiguous;
        }
        match self.own(key, held.first) {
            Some(value) => Found::Roamed(held.first, value),
            None => Found::Absent,
        }
    }

    /// The value of this key and port, which is now the most recently used. What
    /// makes it differ from others must not be changed.
    pub(crate) fn touch(&mut self, key: u128, port: u16) -> Option<&mut V> {
        self.values.touch(&(key, port))
    }

    /// All values, by key and port, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u128, u16, &V)> {
        self.values
            .iter()
            .map(|(&(key, port), value)| (key, port, value))
    }

    /// All values, by key and port, the least recently used first.
    pub(crate) fn oldest_first(&self) -> impl Iterator<Item = (u128, u16, &V)> {
        let values = self.values.oldest_first();
        values.map(|(&(key, port), value)| (key, port, value))
    }

    /// Puts a value in. What left for it comes back, with whether it was another
    /// key's or port's.
    pub(crate) fn insert(&mut self, key: u128, port: u16, value: V) -> Option<(bool, V)> {
        let displaced = self.values.insert((key, port), value);
        let held = self.ports.entry(key).or_insert(Ports::only(port));
        held.add(port);
        self.settle(key);
        displaced.map(|(place, old)| {
            let evicted = place != (key, port);
            if evicted {
                self.forget_port(place);
            }
            (evicted, old)
        })
    }

    /// Takes a value out.
    pub(crate) fn remove(&mut self, key: u128, port: u16) -> Option<V> {
        let removed = self.values.remove(&(key, port))?;
        self.forget_port((key, port));
        Some(removed)
    }

    /// Takes the least recently used value out.
    pub(crate) fn pop_oldest(&mut self) -> Option<V> {
        let (place, value) = self.values.pop_oldest()?;
        self.forget_port(place);
        Some(value)
    }

    fn forget_port(&mut self, (key, port): (u128, u16)) {
        let Some(held) = self.ports.get_mut(&key) else {
            return;
        };
        if held.drop_one_of_several(port) {
            self.settle(key);
        } else {
            self.ports.remove(&key);
        }
    }

    /// Works out anew whether all ports of a key agree.
    fn settle(&mut self, key: u128) {
        let Some(held) = self.ports.get_mut(&key) else {
            return;
        };
        let values = &self.values;
        let said = |port: &u16| values.peek(&(key, *port));
        let first = said(&held.first);
        held.agree = held.others.iter().all(|other| said(other) == first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(map: &Roaming<u32>, port: u16) -> &'static str {
        match map.find(1, port) {
            Found::Own(_) => "own",
            Found::Roamed(..) => "roamed",
            Found::Ambiguous => "ambiguous",
            Found::Absent => "absent",
        }
    }

    #[test]
    fn a_ports_own_value_comes_first_and_others_count_while_they_agree() {
        let mut map = Roaming::new(3, Seed(1));
        assert_eq!(seen(&map, 10), "absent");
        map.insert(1, 10, 7);
        assert_eq!((seen(&map, 10), seen(&map, 11)), ("own", "roamed"));
        map.insert(1, 11, 7);
        assert_eq!(seen(&map, 12), "roamed");
        map.insert(1, 11, 8);
        assert_eq!(seen(&map, 12), "ambiguous");
        assert_eq!((seen(&map, 10), seen(&map, 11)), ("own", "own"));
        map.remove(1, 10);
        assert_eq!(map.find(1, 12).value(), Some(&8));
    }

    #[test]
    fn what_is_evicted_no_longer_disagrees() {
        let mut map = Roaming::new(2, Seed(1));
        map.insert(1, 10, 7);
        map.insert(1, 11, 8);
        assert_eq!(seen(&map, 12), "ambiguous");
        assert_eq!(map.insert(2, 10, 9), Some((true, 7)));
        assert_eq!(map.find(1, 12).value(), Some(&8));
        assert_eq!(map.pop_oldest(), Some(8));
        assert_eq!(seen(&map, 12), "absent");
        assert!(map.ports.len() == 1, "no ports are kept for keys that left");
    }
}
