//! Looks for addresses in whatever came out of a program, however they may be written.
//!
//! It looks for octets as they are (an address, a MAC address, a network, half of an IPv6
//! address) in either order: binary, as hexadecimal digits with or without separators, as
//! lists of decimal numbers, as one decimal number; and for addresses in their own notations,
//! forwards and backwards.

mod numbers;
#[cfg(test)]
mod tests;
mod text;
pub(crate) mod traffic;

use std::collections::BTreeMap;
use std::net::IpAddr;

/// What must not be found.
pub(crate) struct Canaries {
    /// The octets that are looked for, by their number, sorted.
    octets: BTreeMap<usize, Vec<Vec<u8>>>,
    /// The octets that one of them begins with.
    firsts: [bool; 256],
    names: Vec<String>,
}

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// In which notation.
    pub(crate) how: &'static str,
    /// The octets that were looked for, as digits, or the name.
    pub(crate) what: String,
    /// What is around it.
    pub(crate) around: String,
}

impl Canaries {
    /// These addresses, and the networks that they are in.
    pub(crate) fn new(addrs: impl IntoIterator<Item = IpAddr>) -> Self {
        let mut canaries = Self {
            octets: BTreeMap::new(),
            firsts: [false; 256],
            names: Vec::new(),
        };
        for addr in addrs {
            canaries.add_address(addr);
        }
        canaries
    }

    fn add_address(&mut self, addr: IpAddr) {
        match addr {
            IpAddr::V4(addr) => {
                for bits in [32, 24, 20, 16] {
                    let network = addr.to_bits() & (u32::MAX << (32 - bits));
                    self.add(network.to_be_bytes().to_vec());
                }
            }
            IpAddr::V6(addr) => {
                for bits in [128, 64, 48, 32] {
                    let network = addr.to_bits() & (u128::MAX << (128 - bits));
                    self.add(network.to_be_bytes().to_vec());
                }
                let octets = addr.octets();
                octets.chunks(8).for_each(|half| self.add(half.to_vec()));
            }
        }
    }

    /// Looks for these octets too, such as a MAC address; at least four.
    pub(crate) fn add(&mut self, octets: Vec<u8>) {
        assert!(octets.len() >= 4, "fewer would be found by chance");
        self.firsts[usize::from(octets[0])] = true;
        let same_len = self.octets.entry(octets.len()).or_default();
        if let Err(place) = same_len.binary_search(&octets) {
            same_len.insert(place, octets);
        }
    }

    /// Looks for this name too.
    pub(crate) fn add_name(&mut self, name: &str) {
        self.names.push(name.to_owned());
    }

    /// What is found first, notation by notation.
    pub(crate) fn find(&self, output: &[u8]) -> Option<Found> {
        let text = String::from_utf8_lossy(output);
        self.find_binary(output)
            .or_else(|| self.find_digits(&text))
            .or_else(|| self.find_lists(&text))
            .or_else(|| self.find_decimals(&text))
            .or_else(|| self.find_addresses(&text))
            .or_else(|| self.find_names(&text))
    }

    /// Whether these octets are looked for, in this order or the other.
    fn is_one(&self, octets: &[u8]) -> bool {
        let ends = [octets.first(), octets.last()].into_iter().flatten();
        // Most octets begin nothing that is looked for.
        if !ends.copied().any(|end| self.firsts[usize::from(end)]) {
            return false;
        }
        let Some(same_len) = self.octets.get(&octets.len()) else {
            return false;
        };
        let forwards = same_len.binary_search_by(|one| one.as_slice().cmp(octets));
        let backwards = same_len.binary_search_by(|one| one.iter().cmp(octets.iter().rev()));
        forwards.is_ok() || backwards.is_ok()
    }

    /// The lengths of what is looked for.
    fn lens(&self) -> impl Iterator<Item = usize> {
        self.octets.keys().copied()
    }

    fn find_binary(&self, output: &[u8]) -> Option<Found> {
        for len in self.lens() {
            for (at, window) in output.windows(len).enumerate() {
                if self.is_one(window) {
                    let what = hex(window);
                    let around = around(&String::from_utf8_lossy(output), at);
                    return Some(Found {
                        how: "binary",
                        what,
                        around,
                    });
                }
            }
        }
        None
    }

    fn find_names(&self, text: &str) -> Option<Found> {
        let lower = text.to_ascii_lowercase();
        let found = self.names.iter().find_map(|name| {
            let at = lower.find(&name.to_ascii_lowercase())?;
            Some((name, at))
        });
        found.map(|(name, at)| Found {
            how: "a name",
            what: name.clone(),
            around: around(text, at),
        })
    }
}

/// Octets as digits.
fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The text around a place, for people.
fn around(text: &str, at: usize) -> String {
    let near = text.char_indices();
    let near = near.filter(|(place, _)| (at.saturating_sub(120)..at + 120).contains(place));
    near.map(|(_, c)| c).collect()
}
