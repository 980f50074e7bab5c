//! The Flow Key as live flows keep it: 40 octets without a discriminant between them.

use std::hash::Hasher;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flow::{FlowKey, Icmp, Vlan};

/// Bits of the last octet of [`PackedKey::rest`].
const SRC_V4: u64 = 1;
const DST_V4: u64 = 2;
const ICMP: u64 = 4;
const BY_VLAN: u64 = 8;
/// Where the other parts of it stand, from which bit on.
const SRC_PORT: u32 = 48;
const DST_PORT: u32 = 32;
const VLAN: u32 = 16;
const PROTOCOL: u32 = 8;
/// The bits of the VLAN.
const VLAN_BITS: u64 = 0xFFFF << VLAN;

/// What tells one flow from another: the 5-tuple, the type and code of ICMP (which has
/// no ports, so they stand in the place of the destination port), and the VLAN where
/// flows are kept apart by it. Where they are not, the VLAN is no part of what it
/// identifies, and only stands here.
#[derive(Debug, Clone, Copy)]
pub(super) struct PackedKey {
    src: [u64; 2],
    dst: [u64; 2],
    /// The ports, the VLAN (0 if there is none), the protocol, and what kind of key it is:
    /// one word, so that it is compared and hashed as one.
    rest: u64,
}

/// Upper and lower half of an address, and whether it is IPv4.
#[expect(
    clippy::cast_possible_truncation,
    reason = "each half of 128 bits has 64"
)]
fn halves(addr: IpAddr) -> ([u64; 2], bool) {
    match addr {
        IpAddr::V4(v4) => ([0, u64::from(v4.to_bits())], true),
        IpAddr::V6(v6) => {
            let bits = v6.to_bits();
            ([(bits >> 64) as u64, bits as u64], false)
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the lower half of an IPv4 address has 32 bits"
)]
fn addr([high, low]: [u64; 2], is_v4: bool) -> IpAddr {
    if is_v4 {
        Ipv4Addr::from_bits(low as u32).into()
    } else {
        Ipv6Addr::from_bits(u128::from(high) << 64 | u128::from(low)).into()
    }
}

/// The ICMP message that answers one, for those that have an answer (RFC 792, RFC 950,
/// RFC 4443), and the other way round.
const fn answer(kind: u8) -> u8 {
    match kind {
        8 => 0,
        0 => 8,
        13 => 14,
        14 => 13,
        15 => 16,
        16 => 15,
        17 => 18,
        18 => 17,
        128 => 129,
        129 => 128,
        other => other,
    }
}

impl PackedKey {
    /// The key of a record; with `by_vlan`, its VLAN tells flows apart.
    pub(super) fn new(
        key: &FlowKey,
        icmp: Option<Icmp>,
        vlan: Option<Vlan>,
        by_vlan: bool,
    ) -> Self {
        let ((src, src_v4), (dst, dst_v4)) = (halves(key.src_addr), halves(key.dst_addr));
        let flag = |is: bool, bit: u64| if is { bit } else { 0 };
        let kind = flag(src_v4, SRC_V4)
            | flag(dst_v4, DST_V4)
            | flag(icmp.is_some(), ICMP)
            | flag(by_vlan, BY_VLAN);
        let (src_port, dst_port) = match icmp {
            Some(icmp) => (0, u16::from_be_bytes([icmp.kind, icmp.code])),
            None => (key.src_port, key.dst_port),
        };
        let vlan = u64::from(vlan.map_or(0, Vlan::get)) << VLAN;
        let rest = ports(src_port, dst_port) | vlan | u64::from(key.protocol) << PROTOCOL | kind;
        Self { src, dst, rest }
    }

    const fn is(&self, kind: u64) -> bool {
        self.rest & kind != 0
    }

    const fn src_port(&self) -> u16 {
        part(self.rest, SRC_PORT)
    }

    const fn dst_port(&self) -> u16 {
        part(self.rest, DST_PORT)
    }

    pub(super) const fn protocol(&self) -> u8 {
        let [.., protocol, _] = self.rest.to_be_bytes();
        protocol
    }

    pub(super) const fn vlan(&self) -> Option<Vlan> {
        Vlan::new(part(self.rest, VLAN))
    }

    /// Takes the VLAN of a piece of the same flow over, if there was none.
    pub(super) const fn complete_vlan(&mut self, piece: &Self) {
        if self.rest & VLAN_BITS == 0 {
            self.rest |= piece.rest & VLAN_BITS;
        }
    }

    pub(super) fn icmp(&self) -> Option<Icmp> {
        let [kind, code] = self.dst_port().to_be_bytes();
        self.is(ICMP).then_some(Icmp { kind, code })
    }

    pub(super) fn key(&self) -> FlowKey {
        let port = |port| if self.is(ICMP) { 0 } else { port };
        FlowKey {
            src_addr: addr(self.src, self.is(SRC_V4)),
            dst_addr: addr(self.dst, self.is(DST_V4)),
            src_port: port(self.src_port()),
            dst_port: port(self.dst_port()),
            protocol: self.protocol(),
        }
    }

    /// The key of the opposite direction; that of an ICMP message is its answer's.
    pub(super) fn mirrored(&self) -> Self {
        const SAME: u64 = VLAN_BITS | 0xFF << PROTOCOL | ICMP | BY_VLAN;
        let swapped = (self.rest & SRC_V4) << 1 | (self.rest & DST_V4) >> 1;
        let (src_port, dst_port) = match self.icmp() {
            Some(icmp) => (0, u16::from_be_bytes([answer(icmp.kind), icmp.code])),
            None => (self.dst_port(), self.src_port()),
        };
        Self {
            src: self.dst,
            dst: self.src,
            rest: ports(src_port, dst_port) | self.rest & SAME | swapped,
        }
    }

    /// The five words that identify it.
    pub(super) const fn words(&self) -> [u64; 5] {
        let [src_high, src_low] = self.src;
        let [dst_high, dst_low] = self.dst;
        [
            src_high,
            src_low,
            dst_high,
            dst_low,
            self.rest & self.mask(),
        ]
    }

    /// The bits of [`Self::rest`] that identify it.
    const fn mask(&self) -> u64 {
        if self.rest & BY_VLAN == 0 {
            !VLAN_BITS
        } else {
            !0
        }
    }

    /// Whether the source has the higher port: clients' ports are above services'.
    pub(super) const fn is_from_higher_port(&self) -> bool {
        self.src_port() > self.dst_port()
    }
}

/// Hashes the words of a key, as few as hold them: of IPv4, two.
#[inline(always)]
pub(super) fn hash_words(words: [u64; 5], hasher: &mut impl Hasher) {
    const V4: u64 = SRC_V4 | DST_V4;
    let [src_high, src_low, dst_high, dst_low, rest] = words;
    if rest & V4 == V4 {
        hasher.write_u64(src_low << 32 | dst_low);
    } else {
        for word in [src_high, src_low, dst_high, dst_low] {
            hasher.write_u64(word);
        }
    }
    hasher.write_u64(rest);
}

/// The ports, where they stand.
fn ports(src: u16, dst: u16) -> u64 {
    u64::from(src) << SRC_PORT | u64::from(dst) << DST_PORT
}

/// The 16 bits from a bit on.
#[expect(clippy::cast_possible_truncation, reason = "16 bits are meant")]
const fn part(rest: u64, from: u32) -> u16 {
    (rest >> from) as u16
}

impl PartialEq for PackedKey {
    fn eq(&self, other: &Self) -> bool {
        // Those of another kind differ in any case.
        let rest = (self.rest ^ other.rest) & self.mask();
        self.src == other.src && self.dst == other.dst && rest == 0
    }
}

impl Eq for PackedKey {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_addr() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            any::<u32>().prop_map(|bits| Ipv4Addr::from_bits(bits).into()),
            any::<u128>().prop_map(|bits| Ipv6Addr::from_bits(bits).into()),
            any::<u32>().prop_map(|bits| Ipv4Addr::from_bits(bits).to_ipv6_mapped().into()),
        ]
    }

    fn any_key() -> impl Strategy<Value = (FlowKey, Option<Icmp>)> {
        let ends = (any_addr(), any_addr(), any::<u16>(), any::<u16>());
        let icmp = prop::option::of((any::<u8>(), any::<u8>()));
        (ends, any::<u8>(), icmp).prop_map(|((src_addr, dst_addr, src, dst), protocol, icmp)| {
            let port = |port| if icmp.is_some() { 0 } else { port };
            let key = FlowKey {
                src_addr,
                dst_addr,
                src_port: port(src),
                dst_port: port(dst),
                protocol,
            };
            (key, icmp.map(|(kind, code)| Icmp { kind, code }))
        })
    }

    #[test]
    fn it_has_no_holes() {
        assert_eq!(size_of::<PackedKey>(), 40);
    }

    proptest! {
        #[test]
        fn packing_loses_nothing((key, icmp) in any_key(), by_vlan: bool) {
            let packed = PackedKey::new(&key, icmp, Vlan::new(7), by_vlan);
            prop_assert_eq!((packed.key(), packed.icmp()), (key, icmp));
            prop_assert_eq!(packed.vlan(), Vlan::new(7));
        }

        #[test]
        fn a_vlan_tells_keys_apart_where_it_is_to((key, icmp) in any_key(), by_vlan: bool) {
            let [one, other, none] = [Vlan::new(7), Vlan::new(8), None]
                .map(|vlan| PackedKey::new(&key, icmp, vlan, by_vlan));
            prop_assert_eq!([one == other, one == none], [!by_vlan; 2]);
            prop_assert_eq!(one.words() == other.words(), !by_vlan);
            prop_assert_eq!(one.mirrored() == other.mirrored(), !by_vlan);
        }

        #[test]
        fn the_mirror_of_the_mirror_is_the_key((key, icmp) in any_key(), by_vlan: bool) {
            let packed = PackedKey::new(&key, icmp, Vlan::new(7), by_vlan);
            let mirrored = packed.mirrored();
            prop_assert_eq!(mirrored.mirrored(), packed);
            if icmp.is_none() {
                prop_assert_eq!(mirrored.key(), key.reversed());
            }
        }
    }
}
