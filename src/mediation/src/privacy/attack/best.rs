//! Which addresses an attacker chooses who knows which are in use.
//!
//! Of each address, he learns one bit for each point of the tree of prefixes through which
//! both it and a chosen address pass. So each point counts as often as addresses pass through
//! it, and the best `k` addresses are the ends of the `k` ways from the root that together pass
//! the most. They are found at once: the heaviest way first, then the heaviest of what is left;
//! no other choice of `k` ways is better, since what a way leaves is a tree again.

use super::bits::Bits;

/// The best choice of addresses, best first; `sorted` has no address twice. Bits from `kept` on
/// tell nothing.
pub(crate) fn best(sorted: &[Bits], kept: u8, choices: usize) -> Vec<usize> {
    let mut ways = Vec::new();
    if let Some(way) = heaviest(sorted, 0, 0, kept, &mut ways) {
        ways.push(way);
    }
    // Of equal ones, the lowest address.
    ways.sort_unstable_by_key(|way| (std::cmp::Reverse(way.weight), way.end));
    ways.truncate(choices);
    ways.into_iter().map(|way| way.end).collect()
}

/// A way down to an address.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// Where the address stands.
    end: usize,
    /// Points on the way, each as often as addresses pass through it.
    weight: u64,
}

/// The heaviest way from `depth` down through these addresses, the first of which stands at
/// `first`. The ways that branch off from it are put aside. It calls itself at most once for
/// each bit.
fn heaviest(
    addrs: &[Bits],
    first: usize,
    depth: u8,
    kept: u8,
    aside: &mut Vec<Way>,
) -> Option<Way> {
    let (lowest, highest) = (addrs.first()?, addrs.last()?);
    // The point where they part is passed by all of them, too.
    let parts = lowest.common(*highest);
    let points = parts.saturating_add(1).min(kept).saturating_sub(depth);
    let weight = u64::from(points) * addrs.len() as u64;
    if addrs.len() == 1 || parts >= kept {
        return Some(Way { end: first, weight });
    }
    let middle = addrs.partition_point(|addr| addr.common(*lowest) > parts);
    let (low, high) = addrs.split_at(middle);
    let low = heaviest(low, first, parts + 1, kept, aside)?;
    let high = heaviest(high, first + middle, parts + 1, kept, aside)?;
    let (on, off) = if high.weight > low.weight {
        (high, low)
    } else {
        (low, high)
    };
    aside.push(off);
    Some(Way {
        end: on.end,
        weight: on.weight + weight,
    })
}

#[cfg(test)]
mod tests {
    use super::super::bits::Pairs;
    use super::*;
    use proptest::prelude::*;
    use std::net::{IpAddr, Ipv4Addr};

    fn bits(addr: u32) -> Bits {
        Bits::of(IpAddr::V4(Ipv4Addr::from_bits(addr)))
    }

    /// What is known of all addresses together if these are chosen.
    fn known(sorted: &[Bits], chosen: &[usize], kept: u8) -> u64 {
        let pairs = chosen.iter().map(|at| (sorted[*at], sorted[*at])).collect();
        let pairs = Pairs::new(pairs, kept);
        let each = sorted
            .iter()
            .map(|addr| u64::from(pairs.known(*addr, *addr)));
        each.sum()
    }

    /// All choices of so many out of `of`.
    fn choices(of: usize, many: usize) -> Vec<Vec<usize>> {
        if many == 0 {
            return vec![Vec::new()];
        }
        let with = |last: usize| {
            let before = choices(last, many - 1).into_iter();
            before.map(move |mut chosen| {
                chosen.push(last);
                chosen
            })
        };
        (0..of).flat_map(with).collect()
    }

    #[test]
    fn the_first_choice_is_where_most_addresses_are() {
        let mut addrs: Vec<Bits> = (0..50).map(|n| bits(0x0A00_0000 + n)).collect();
        addrs.push(bits(0xC000_0001));
        let chosen = best(&addrs, 32, 51);
        // The last bits of the full half of 32 addresses, then of the other 18; the one that is
        // far off tells of nobody but itself.
        assert_eq!(chosen.get(..2), Some(&[0, 32][..]), "{chosen:?}");
        assert!(best(&[], 32, 5).is_empty());
        assert_eq!(best(&addrs, 32, 1_000).len(), 51, "no more than there are");
    }

    proptest! {
        #[test]
        fn no_other_choice_is_better(
            addrs in prop::collection::btree_set(
                prop_oneof![0_u32..64, any::<u32>(), (0_u32..8).prop_map(|n| n << 29)], 1..9,
            ),
            many in 1_usize..4, kept in 1_u8..=32,
        ) {
            let sorted: Vec<Bits> = addrs.into_iter().map(bits).collect();
            let many = many.min(sorted.len());
            let ours = known(&sorted, &best(&sorted, kept, many), kept);
            let others = choices(sorted.len(), many).into_iter();
            let most = others.map(|chosen| known(&sorted, &chosen, kept)).max().unwrap();
            prop_assert_eq!(ours, most);
        }
    }
}
