//! Addresses as rows of bits, and what pairs of an address and its image tell of others.
//!
//! A permutation that keeps prefixes flips bit `i` of an address by what stands in the bits
//! before it. Who knows the image of one address knows these flips along it. Of another
//! address, whose image has the first `n` bits in common with that, he knows the first `n`
//! bits, and bit `n` too, which is the other one.

use std::net::IpAddr;

/// The bits of an address, the first one highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Bits(u128);

/// Bits of an IPv4 address.
pub(crate) const WIDTH_V4: u8 = 32;
/// Bits of an IPv6 address.
pub(crate) const WIDTH_V6: u8 = 128;

impl Bits {
    pub(crate) fn of(addr: IpAddr) -> Self {
        Self(match addr {
            IpAddr::V4(addr) => u128::from(addr.to_bits()) << 96,
            IpAddr::V6(addr) => addr.to_bits(),
        })
    }

    /// How many leading bits both have in common.
    pub(crate) fn common(self, other: Self) -> u8 {
        u8::try_from((self.0 ^ other.0).leading_zeros()).unwrap_or(WIDTH_V6)
    }

    /// The same with bit `at` turned over.
    fn turned(self, at: u8) -> Self {
        Self(self.0 ^ 1_u128.checked_shl(127 - u32::from(at)).unwrap_or(0))
    }
}

/// The bits of addresses that images may tell at all: from `dropped` on, and less than `kept`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) dropped: u8,
    pub(crate) kept: u8,
    pub(crate) width: u8,
}

impl Span {
    /// All bits of a family.
    pub(crate) const fn whole(width: u8) -> Self {
        Self {
            dropped: 0,
            kept: width,
            width,
        }
    }

    /// How many of them are known if the first `reach` bits of the address are.
    pub(crate) fn known(self, reach: u8) -> u8 {
        reach.min(self.kept).saturating_sub(self.dropped)
    }
}

/// Pairs of image and address that an attacker has, in the order of the images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pairs {
    sorted: Vec<(Bits, Bits)>,
    /// From there on, images have no bits.
    kept: u8,
}

impl Pairs {
    /// Of images of which the leading `kept` bits are there.
    pub(crate) fn new(mut pairs: Vec<(Bits, Bits)>, kept: u8) -> Self {
        pairs.sort_unstable();
        Self {
            sorted: pairs,
            kept,
        }
    }

    /// Works out of an image what it stands for: the address as far as it is known, and
    /// how many of its leading bits are.
    pub(crate) fn invert(&self, image: Bits) -> (Bits, u8) {
        let at = self.sorted.partition_point(|(known, _)| *known < image);
        let neighbours = [at.checked_sub(1), Some(at)];
        let pairs = neighbours
            .into_iter()
            .flatten()
            .filter_map(|at| self.sorted.get(at));
        let nearest = pairs.map(|(known, addr)| (known.common(image), *addr));
        let Some((common, addr)) = nearest.max() else {
            return (Bits(0), 0);
        };
        if common >= self.kept {
            return (addr, self.kept);
        }
        (addr.turned(common), common + 1)
    }

    /// How many leading bits are known of the address that an image stands for, held
    /// against the address itself.
    pub(crate) fn known(&self, image: Bits, addr: Bits) -> u8 {
        let (found, reach) = self.invert(image);
        reach.min(found.common(addr))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anonymize::{CryptoPan, Key};
    use proptest::prelude::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn v4(bits: u32) -> IpAddr {
        Ipv4Addr::from_bits(bits).into()
    }

    #[test]
    fn one_pair_tells_the_common_bits_and_the_one_behind() {
        let pan = CryptoPan::new(&Key::from_octets(&[3; 32]).unwrap());
        let pair = |addr| (Bits::of(pan.anonymize(addr)), Bits::of(addr));
        let pairs = Pairs::new(vec![pair(v4(0xC612_0101))], WIDTH_V4);
        for (other, known) in [
            (0xC612_0101_u32, 32),
            (0xC612_0100, 32),
            (0xC612_0102, 31),
            (0xC612_0201, 23),
            (0x4612_0101, 1),
        ] {
            let (image, addr) = pair(v4(other));
            assert_eq!(pairs.known(image, addr), known, "{other:08x}");
            assert_eq!(pairs.invert(image).1, known, "{other:08x}");
        }
        let nobody = Pairs::new(Vec::new(), WIDTH_V4);
        assert_eq!(nobody.known(Bits::of(v4(1)), Bits::of(v4(2))), 0);
    }

    #[test]
    fn bits_outside_of_the_span_are_not_known() {
        let span = Span {
            dropped: 8,
            kept: 24,
            width: 32,
        };
        assert_eq!(
            [0, 8, 9, 24, 32].map(|reach| span.known(reach)),
            [0, 0, 1, 16, 16]
        );
        assert_eq!(Span::whole(32).known(32), 32);
    }

    fn addrs() -> impl Strategy<Value = Vec<u32>> {
        let near = (any::<u8>(), 0_u32..=32).prop_map(|(low, shift)| {
            0xC612_0000_u32 ^ u32::from(low).checked_shl(shift).unwrap_or(0)
        });
        prop::collection::vec(prop_oneof![near, any::<u32>()], 1..12)
    }

    proptest! {
        /// What is known is what brute force finds: each bit before which all bits are known
        /// and stand before the same bit of a known pair, too.
        #[test]
        fn known_bits_are_those_of_brute_force(known in addrs(), other: u32, near in 0_usize..12) {
            let pan = CryptoPan::new(&Key::from_octets(&[3; 32]).unwrap());
            // One that is near to a known one, half of the time.
            let other = if near < known.len() { known[near] ^ (other >> 8 >> near) } else { other };
            let image_of = |bits: u32| match pan.anonymize(v4(bits)) {
                IpAddr::V4(addr) => addr.to_bits(),
                IpAddr::V6(_) => unreachable!("it keeps the family"),
            };
            let flip_at = |bits: u32, at: u32| (bits ^ image_of(bits)) >> (31 - at) & 1;
            let (mut found, mut count) = (0_u32, 0);
            for at in 0..32 {
                let prefix = |bits: u32| if at == 0 { 0 } else { bits >> (32 - at) };
                let knows = known.iter().find(|addr| prefix(**addr) == prefix(found));
                let Some(knows) = knows else { break };
                let bit = image_of(other) >> (31 - at) & 1;
                found |= (bit ^ flip_at(*knows, at)) << (31 - at);
                count += 1;
            }
            let pairs = known.iter().map(|addr| (Bits::of(v4(image_of(*addr))), Bits::of(v4(*addr))));
            let pairs = Pairs::new(pairs.collect(), WIDTH_V4);
            let image = Bits::of(v4(image_of(other)));
            prop_assert_eq!(pairs.invert(image).1, count);
            prop_assert_eq!(pairs.known(image, Bits::of(v4(other))), count, "they are true");
            // The structure of images is that of the addresses: without the key, the same.
            let longest = known.iter().map(|addr| (addr ^ other).leading_zeros()).max().unwrap();
            prop_assert_eq!(u32::from(count), (longest + 1).min(32));
            let of_images = known.iter().map(|addr| {
                let image = Bits::of(v4(image_of(*addr)));
                (image, image)
            });
            let of_images = Pairs::new(of_images.collect(), WIDTH_V4);
            prop_assert_eq!(of_images.known(image, image), count);
        }

        #[test]
        fn of_truncated_images_no_more_is_known_than_they_have(
            known in prop::collection::vec(any::<u128>(), 1..6), other: u128, near in 0_u32..128,
        ) {
            let pan = CryptoPan::new(&Key::from_octets(&[3; 32]).unwrap());
            let other = known[0] ^ (other >> near);
            let cut = |addr: IpAddr| flow::Prefix::containing(addr, 48).unwrap().addr();
            let pair = |bits: u128| {
                let addr = IpAddr::from(Ipv6Addr::from_bits(bits));
                (Bits::of(cut(pan.anonymize(addr))), Bits::of(addr))
            };
            let pairs = Pairs::new(known.iter().map(|bits| pair(*bits)).collect(), 48);
            let (image, addr) = pair(other);
            let longest = known.iter().map(|bits| (bits ^ other).leading_zeros()).max().unwrap();
            prop_assert_eq!(u32::from(pairs.known(image, addr)), (longest + 1).min(48));
        }
    }
}
