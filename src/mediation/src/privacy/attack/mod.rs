//! What an attacker learns who sends flows through the network and recognizes them in the
//! dataset, measured by doing so (RFC 6235, 7.2; "injection").
//!
//! He sends `k` flows to addresses of his choice and marks them by ports, counters and time.
//! Those he recognizes in the dataset give him pairs of an address and its image; what they
//! tell of other addresses is worked out, and held against the truth. Flows are made up and go
//! through the code that anonymizes; addresses are those of the dataset. Under a method that
//! keeps prefixes, images have the prefixes in common that the addresses have, so that the
//! same comes out for images as for the addresses, which nobody has here.

mod best;
mod bits;
mod marks;
mod method;
mod random;

use std::collections::BTreeSet;
use std::net::IpAddr;

use flow::Field;
use serde::Serialize;

pub(super) use self::bits::Span;
use self::bits::{Bits, Pairs, WIDTH_V6};
use self::marks::images;
pub(super) use self::marks::{Marks, Sender};
pub(super) use self::method::{Left, Tells};
use self::random::Random;
use super::groups::Groups;
use crate::anonymize::Anonymization;

/// How many flows an attacker sends.
pub const FLOWS: [usize; 4] = [1, 10, 100, 1_000];
/// How often it is done, each time with other marks and, by chance, other addresses.
pub const ROUNDS: u64 = 5;
/// Of so many other addresses at the most it is looked at what is known.
const OTHERS_MAX: usize = 16_384;

/// What an attack comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attack {
    /// The field with the addresses that were attacked.
    pub field: &'static str,
    /// What its values tell of addresses: `addresses` themselves or bits of them; which
    /// `prefixes` they have in common; or their `sameness` alone, and then there is no attack.
    pub tells: &'static str,
    /// Which properties of flows were marks that could be looked for.
    pub marks: Vec<&'static str>,
    /// Which could not: they are null, changed with the key, or by noise.
    pub marks_aside: Vec<&'static str>,
    /// For each family of addresses in the dataset.
    pub families: Vec<Family>,
}

/// What is learnt of the addresses of one family.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Family {
    /// `ipv4` or `ipv6`.
    pub name: &'static str,
    /// Bits of an address.
    pub width: u8,
    /// Different addresses in the dataset that are attacked.
    pub addresses: u64,
    /// Bits of each address that everybody knows without any attack.
    pub known_without: u8,
    /// What comes of so many flows, to addresses chosen in one of two ways. Those of more
    /// flows than there are addresses are missing, and all are where no attack is needed, or
    /// where addresses keep no prefixes and none of them tells anything of others.
    pub rounds: Vec<Round>,
}

/// How an attacker chooses the addresses that he sends flows to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// By chance, out of those that are in use.
    Chance,
    /// The best that there are, by the prefixes of all addresses in use.
    Best,
}

/// What comes of so many flows. Numbers are of all rounds and all other addresses together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Round {
    /// Flows that are sent, each to another address.
    pub flows: usize,
    /// How the addresses are chosen.
    pub choice: Choice,
    /// Flows that are recognized, on average.
    pub recognized: f64,
    /// Bits of other addresses that are known then, on average.
    pub bits_mean: f64,
    /// What is known of the tenth of addresses of which least is known, at most.
    pub bits_p10: u8,
    /// Of half of the addresses at most so many bits are known.
    pub bits_median: u8,
    /// Of nine tenths.
    pub bits_p90: u8,
    /// Of 99 of 100.
    pub bits_p99: u8,
    /// The share of other addresses that are known whole, 0 to 1.
    pub whole: f64,
}

/// What is attacked.
pub(super) struct Target<'a> {
    /// What is left of addresses.
    pub(super) left: Left,
    /// The field that they are in.
    pub(super) field: Field,
    /// What is done to addresses of the dataset, as if they were original ones.
    pub(super) policy: &'a Anonymization,
    /// How flows are sent and recognized.
    pub(super) sender: Sender<'a>,
    /// The marks of the flows of the dataset.
    pub(super) dataset: &'a Groups,
    pub(super) seed: u64,
}

impl Target<'_> {
    /// Attacks these addresses, none of which is there twice.
    pub(super) fn attack(&self, addrs: &[IpAddr]) -> Attack {
        let names = |of: &[super::row::Property]| of.iter().map(|one| one.name()).collect();
        let family = |name, span, is_family: fn(&IpAddr) -> bool| {
            let addrs: Vec<IpAddr> = addrs.iter().copied().filter(is_family).collect();
            (!addrs.is_empty()).then(|| self.family(name, span, &addrs))
        };
        let v4 = family("ipv4", self.left.v4, IpAddr::is_ipv4);
        let v6 = family("ipv6", self.left.v6, IpAddr::is_ipv6);
        Attack {
            field: self.field.name(),
            tells: self.left.tells.name(),
            marks: names(&self.sender.marks.used),
            marks_aside: names(&self.sender.marks.aside),
            families: v4.into_iter().chain(v6).collect(),
        }
    }

    fn family(&self, name: &'static str, span: Span, addrs: &[IpAddr]) -> Family {
        let known_without = match self.left.tells {
            Tells::All => span.known(span.width),
            Tells::Prefixes | Tells::Sameness | Tells::Nothing => 0,
        };
        let rounds = if self.left.tells == Tells::Prefixes {
            self.rounds(span, addrs)
        } else {
            Vec::new()
        };
        Family {
            name,
            width: span.width,
            addresses: addrs.len() as u64,
            known_without,
            rounds,
        }
    }

    fn rounds(&self, span: Span, addrs: &[IpAddr]) -> Vec<Round> {
        let mut hosts: Vec<(Bits, IpAddr)> = addrs.iter().map(|a| (Bits::of(*a), *a)).collect();
        hosts.sort_unstable();
        let addrs: Vec<IpAddr> = hosts.iter().map(|(_, addr)| *addr).collect();
        let images = images(self.policy, self.field, &addrs);
        let pair =
            |(image, addr): (Option<IpAddr>, IpAddr)| Some((Bits::of(image?), Bits::of(addr)));
        let pairs: Option<Vec<(Bits, Bits)>> = images.into_iter().zip(addrs).map(pair).collect();
        // Without images, there is nothing to recognize.
        let Some(pairs) = pairs else {
            return Vec::new();
        };
        let sorted: Vec<Bits> = pairs.iter().map(|(_, addr)| *addr).collect();
        let most = FLOWS.iter().max().copied().unwrap_or(0);
        let population = Population {
            best: best::best(&sorted, span.kept, most),
            pairs,
            span,
        };
        let flows = FLOWS.iter().filter(|flows| **flows < sorted.len());
        let each = flows.flat_map(|flows| [Choice::Chance, Choice::Best].map(|how| (*flows, how)));
        each.map(|(flows, choice)| self.round(&population, flows, choice))
            .collect()
    }

    fn round(&self, population: &Population, flows: usize, choice: Choice) -> Round {
        let mut found = Histogram::default();
        let mut recognized = 0_usize;
        for round in 0..ROUNDS {
            let purpose = round << 32 | (flows as u64) << 1 | u64::from(choice == Choice::Best);
            let mut random = Random::new(self.seed, purpose);
            let chosen = match choice {
                Choice::Chance => random.choose(flows, population.pairs.len()),
                Choice::Best => population.best.iter().copied().take(flows).collect(),
            };
            let is_recognized = self
                .sender
                .recognized(&mut random, self.dataset, chosen.len());
            recognized += is_recognized.iter().filter(|is| **is).count();
            population.learn(&chosen, &is_recognized, &mut random, &mut found);
        }
        Round {
            flows,
            choice,
            recognized: rounded(recognized as u64, ROUNDS),
            bits_mean: rounded(found.sum(), found.count()),
            bits_p10: found.percentile(10),
            bits_median: found.percentile(50),
            bits_p90: found.percentile(90),
            bits_p99: found.percentile(99),
            whole: super::groups::share(found.of(population.span.width), found.count()),
        }
    }
}

/// The addresses of a family in their order, with their images.
struct Population {
    pairs: Vec<(Bits, Bits)>,
    best: Vec<usize>,
    span: Span,
}

impl Population {
    /// Works out what is known of the other addresses, and counts it.
    fn learn(
        &self,
        chosen: &[usize],
        recognized: &[bool],
        random: &mut Random,
        to: &mut Histogram,
    ) {
        let chosen = chosen.iter().zip(recognized);
        let pairs = chosen.clone().filter(|(_, is)| **is);
        let pairs = pairs.filter_map(|(at, _)| self.pairs.get(*at).copied());
        let pairs = Pairs::new(pairs.collect(), self.span.kept);
        let mut is_chosen = vec![false; self.pairs.len()];
        for (at, _) in chosen {
            if let Some(is) = is_chosen.get_mut(*at) {
                *is = true;
            }
        }
        let others: Vec<usize> = if self.pairs.len() > OTHERS_MAX {
            random.choose(OTHERS_MAX, self.pairs.len())
        } else {
            (0..self.pairs.len()).collect()
        };
        for at in others {
            if is_chosen.get(at) == Some(&false)
                && let Some((image, addr)) = self.pairs.get(at)
            {
                to.add(self.span.known(pairs.known(*image, *addr)));
            }
        }
    }
}

/// What is known of other addresses if these are known: on average, in bits. Images stand for
/// the addresses.
pub(super) fn known_from(all: &[IpAddr], known: &[IpAddr], span: Span) -> f64 {
    let pairs = known.iter().map(|addr| (Bits::of(*addr), Bits::of(*addr)));
    let pairs = Pairs::new(pairs.collect(), span.kept);
    let mut found = Histogram::default();
    let is_known: BTreeSet<&IpAddr> = known.iter().collect();
    for addr in all.iter().filter(|addr| !is_known.contains(addr)) {
        let bits = Bits::of(*addr);
        found.add(span.known(pairs.known(bits, bits)));
    }
    rounded(found.sum(), found.count())
}

/// How often so many bits are known.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Histogram(Vec<u64>);

impl Default for Histogram {
    fn default() -> Self {
        Self(vec![0; usize::from(WIDTH_V6) + 1])
    }
}

impl Histogram {
    fn add(&mut self, bits: u8) {
        if let Some(count) = self.0.get_mut(usize::from(bits)) {
            *count += 1;
        }
    }

    fn of(&self, bits: u8) -> u64 {
        self.0.get(usize::from(bits)).copied().unwrap_or(0)
    }

    fn count(&self) -> u64 {
        self.0.iter().sum()
    }

    fn sum(&self) -> u64 {
        (0..).zip(&self.0).map(|(bits, count)| bits * count).sum()
    }

    /// The lowest number of bits that so many hundredths do not exceed (nearest rank).
    fn percentile(&self, hundredths: u64) -> u8 {
        let rank = (self.count() * hundredths).div_ceil(100);
        let mut passed = 0;
        let found = self.0.iter().position(|count| {
            passed += count;
            passed >= rank
        });
        found.and_then(|bits| u8::try_from(bits).ok()).unwrap_or(0)
    }
}

/// A mean with two decimals, which is the same wherever it is written; 0 of nothing.
#[expect(
    clippy::cast_precision_loss,
    reason = "two decimals of what fits in 53 bits"
)]
fn rounded(sum: u64, count: u64) -> f64 {
    if count == 0 {
        return 0.0;
    }
    let hundredths = (u128::from(sum) * 200 + u128::from(count)) / (u128::from(count) * 2);
    hundredths as f64 / 100.0
}

#[cfg(test)]
mod tests;
