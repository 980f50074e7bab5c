//! The Flow Key as live flows keep it: 40 octets without a discriminant between them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flow::{FlowKey, Icmp, Vlan};

/// Bits of [`PackedKey::kind`].
const SRC_V4: u8 = 1;
const DST_V4: u8 = 2;
const ICMP: u8 = 4;
const BY_VLAN: u8 = 8;

/// What tells one flow from another: the 5-tuple, the type and code of ICMP (which has
/// no ports, so they stand in the place of the destination port), and the VLAN where
/// flows are kept apart by it. Where they are not, the VLAN is no part of what it
/// identifies, and only stands here.
#[derive(Debug, Clone, Copy)]
pub(super) struct PackedKey {
    src: [u64; 2],
    dst: [u64; 2],
    src_port: u16,
    dst_port: u16,
    /// 0 if there is none.
    vlan: u16,
    protocol: u8,
    kind: u8,
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
        let flag = |is: bool, bit: u8| if is { bit } else { 0 };
        let kind = flag(src_v4, SRC_V4)
            | flag(dst_v4, DST_V4)
            | flag(icmp.is_some(), ICMP)
            | flag(by_vlan, BY_VLAN);
        let (src_port, dst_port) = match icmp {
            Some(icmp) => (0, u16::from_be_bytes([icmp.kind, icmp.code])),
            None => (key.src_port, key.dst_port),
        };
        Self {
            src,
            dst,
            src_port,
            dst_port,
            vlan: vlan.map_or(0, Vlan::get),
            protocol: key.protocol,
            kind,
        }
    }

    pub(super) const fn protocol(&self) -> u8 {
        self.protocol
    }

    pub(super) const fn vlan(&self) -> Option<Vlan> {
        Vlan::new(self.vlan)
    }

    /// Takes the VLAN of a piece of the same flow over, if there was none.
    pub(super) const fn complete_vlan(&mut self, piece: &Self) {
        if self.vlan == 0 {
            self.vlan = piece.vlan;
        }
    }

    pub(super) fn icmp(&self) -> Option<Icmp> {
        let [kind, code] = self.dst_port.to_be_bytes();
        (self.kind & ICMP != 0).then_some(Icmp { kind, code })
    }

    pub(super) fn key(&self) -> FlowKey {
        let port = |port| if self.kind & ICMP != 0 { 0 } else { port };
        FlowKey {
            src_addr: addr(self.src, self.kind & SRC_V4 != 0),
            dst_addr: addr(self.dst, self.kind & DST_V4 != 0),
            src_port: port(self.src_port),
            dst_port: port(self.dst_port),
            protocol: self.protocol,
        }
    }

    /// The key of the opposite direction; that of an ICMP message is its answer's.
    pub(super) fn mirrored(&self) -> Self {
        let swapped = (self.kind & SRC_V4) << 1 | (self.kind & DST_V4) >> 1;
        let (src_port, dst_port) = match self.icmp() {
            Some(icmp) => (0, u16::from_be_bytes([answer(icmp.kind), icmp.code])),
            None => (self.dst_port, self.src_port),
        };
        Self {
            src: self.dst,
            dst: self.src,
            src_port,
            dst_port,
            kind: swapped | self.kind & (ICMP | BY_VLAN),
            ..*self
        }
    }

    /// The five words that identify it, for hashing.
    pub(super) fn words(&self) -> [u64; 5] {
        let [src_high, src_low] = self.src;
        let [dst_high, dst_low] = self.dst;
        [src_high, src_low, dst_high, dst_low, self.rest()]
    }

    /// What identifies it besides the addresses.
    const fn rest(&self) -> u64 {
        let vlan = if self.kind & BY_VLAN == 0 {
            0
        } else {
            self.vlan
        };
        (self.src_port as u64) << 48
            | (self.dst_port as u64) << 32
            | (vlan as u64) << 16
            | (self.protocol as u64) << 8
            | self.kind as u64
    }

    /// Whether the source has the higher port: clients' ports are above services'.
    pub(super) const fn is_from_higher_port(&self) -> bool {
        self.src_port > self.dst_port
    }
}

impl PartialEq for PackedKey {
    fn eq(&self, other: &Self) -> bool {
        self.src == other.src && self.dst == other.dst && self.rest() == other.rest()
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
