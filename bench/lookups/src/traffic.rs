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
    /// A million flows, each with a host of its own in any prefix, the n-th of them as
    /// often as 1 / n.
    Flows,
}

/// How many flows there are.
const FLOWS: usize = 1_000_000;

/// So many addresses, each of any host of a prefix that is chosen so.
#[must_use]
pub fn addresses(known: &[Known], traffic: Traffic, seed: u64, count: usize) -> Vec<IpAddr> {
    let mut random = Random::new(seed);
    let ranks = match traffic {
        Traffic::Flows => FLOWS,
        Traffic::Random | Traffic::Zipf => known.len(),
    };
    let zipf = Zipf::new(ranks);
    let mut draw = |_| match traffic {
        Traffic::Random => host(known[random.below(known.len())].prefix, &mut random),
        Traffic::Zipf => host(known[zipf.draw(&mut random)].prefix, &mut random),
        Traffic::Flows => {
            let flow = u64::try_from(zipf.draw(&mut random)).unwrap_or(0);
            let mut of_flow = Random::new(seed ^ (flow << 32));
            host(known[of_flow.below(known.len())].prefix, &mut of_flow)
        }
    };
    (0..count).map(&mut draw).collect()
}
