//! Which addresses are looked up.

use std::net::IpAddr;

use crate::random::{Random, Zipf};
use crate::world::{Known, World, host};

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl World {
    /// The prefixes of a family.
    #[must_use]
    pub fn of(&self, family: Family) -> &[Known] {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }
}

/// How addresses are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    /// Every prefix as often as every other.
    Random,
    /// The n-th prefix as often as 1 / n, as that of a campus.
    Zipf,
}

/// So many addresses, each of any host of a prefix that is chosen so.
#[must_use]
pub fn addresses(known: &[Known], traffic: Traffic, seed: u64, count: usize) -> Vec<IpAddr> {
    let mut random = Random::new(seed);
    let zipf = Zipf::new(known.len());
    let mut draw = |_| {
        let number = match traffic {
            Traffic::Random => random.below(known.len()),
            Traffic::Zipf => zipf.draw(&mut random),
        };
        host(known[number].prefix, &mut random)
    };
    (0..count).map(&mut draw).collect()
}
