//! Addresses (RFC 6235, 4.1): what stands for an address, and for the network that it
//! was found in.

use std::net::IpAddr;

use flow::{Network, Prefix};

use super::{AddressPermutation, IpcryptDeterministic};
use crate::anonymize::OctetPermutation;

/// A number of leading bits for each family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressBits {
    v4: u8,
    v6: u8,
}

impl AddressBits {
    /// So many bits of an IPv4 address and of an IPv6 one; `None` beyond 32 or 128.
    #[must_use]
    pub const fn new(v4: u8, v6: u8) -> Option<Self> {
        if v4 <= 32 && v6 <= 128 {
            Some(Self { v4, v6 })
        } else {
            None
        }
    }

    /// Bits of an IPv4 address.
    #[must_use]
    pub const fn v4(self) -> u8 {
        self.v4
    }

    /// Bits of an IPv6 address.
    #[must_use]
    pub const fn v6(self) -> u8 {
        self.v6
    }

    const fn of(self, addr: IpAddr) -> u8 {
        match addr {
            IpAddr::V4(_) => self.v4,
            IpAddr::V6(_) => self.v6,
        }
    }

    /// The address with its leading bits alone.
    #[must_use]
    pub fn kept(self, addr: IpAddr) -> IpAddr {
        Prefix::containing(addr, self.of(addr)).map_or(addr, Prefix::addr)
    }

    /// The address without its leading bits.
    #[must_use]
    pub fn dropped(self, addr: IpAddr) -> IpAddr {
        match (addr, self.kept(addr)) {
            (IpAddr::V4(addr), IpAddr::V4(kept)) => (addr & !kept).into(),
            (IpAddr::V6(addr), IpAddr::V6(kept)) => (addr & !kept).into(),
            _ => addr,
        }
    }
}

/// What becomes of addresses.
///
/// | method | laws |
/// |---|---|
/// | `Clear` | nothing changes |
/// | `PrefixPreserving`, `IpcryptPfx` | one to one; common prefixes keep their length |
/// | `TruncatedPrefixPreserving` | the same of the bits that are kept |
/// | `Truncation` | common prefixes keep their length, up to the bits that are kept |
/// | `ReverseTruncation` | common suffixes do |
/// | `OctetPermutation` | one to one; equal octets in one place stay equal |
/// | `Permutation` | one to one |
/// | `IpcryptDeterministic` | one to one, but for an IPv4 address and its IPv4-mapped one |
///
/// None but the last gives an address of the other family.
#[derive(Debug)]
pub enum AddressMethod {
    /// As it is.
    Clear,
    /// Crypto-PAn.
    PrefixPreserving,
    /// ipcrypt-pfx.
    IpcryptPfx,
    /// Crypto-PAn, and of that the leading bits.
    TruncatedPrefixPreserving(AddressBits),
    /// The leading bits.
    Truncation(AddressBits),
    /// All but the leading bits.
    ReverseTruncation(AddressBits),
    /// Octet by octet.
    OctetPermutation(Box<OctetPermutation>),
    /// ipcrypt-deterministic: every address becomes one of IPv6.
    IpcryptDeterministic(Box<IpcryptDeterministic>),
    /// As a whole, within its family.
    Permutation(Box<AddressPermutation>),
}

/// The permutations that keep prefixes. They are handed in with each address, since whoever has
/// many remembers some.
pub trait PrefixImages {
    /// What stands for an address by Crypto-PAn.
    fn crypto_pan(&mut self, addr: IpAddr) -> IpAddr;

    /// What stands for an address by ipcrypt-pfx.
    fn ipcrypt_pfx(&mut self, addr: IpAddr) -> IpAddr;
}

impl AddressMethod {
    /// The address that stands for `addr`.
    #[must_use]
    #[inline]
    pub fn address(&self, addr: IpAddr, images: &mut impl PrefixImages) -> IpAddr {
        match self {
            Self::Clear => addr,
            Self::PrefixPreserving => images.crypto_pan(addr),
            Self::IpcryptPfx => images.ipcrypt_pfx(addr),
            Self::TruncatedPrefixPreserving(bits) => bits.kept(images.crypto_pan(addr)),
            Self::Truncation(bits) => bits.kept(addr),
            Self::ReverseTruncation(bits) => bits.dropped(addr),
            Self::OctetPermutation(octets) => octets.map(addr),
            Self::IpcryptDeterministic(cipher) => cipher.map(addr),
            Self::Permutation(permutation) => permutation.map(addr),
        }
    }

    /// The network that stands for `network`, which was found for an address for which
    /// `told` stands: the prefix of `told` with the same length, or with the length that
    /// was kept if that is less. Of those that keep no prefixes, all octets of its address are
    /// permuted under `OctetPermutation`, and under the others none stands for it.
    #[must_use]
    pub fn network(&self, network: Network, told: IpAddr) -> Option<Network> {
        let len = network.prefix_len();
        let len = match self {
            Self::OctetPermutation(octets) => return octets.map_network(network),
            Self::IpcryptDeterministic(_) | Self::Permutation(_) => return None,
            Self::Truncation(bits) | Self::TruncatedPrefixPreserving(bits) => {
                len.min(bits.of(told))
            }
            Self::Clear
            | Self::PrefixPreserving
            | Self::IpcryptPfx
            | Self::ReverseTruncation(_) => len,
        };
        Prefix::containing(told, len).ok().map(Network::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anonymize::{CryptoPan, IpcryptPfx, Key};
    use proptest::prelude::*;
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::sync::LazyLock;

    fn key() -> Key {
        Key::from_octets(&[9; 32]).unwrap()
    }

    static PAN: LazyLock<CryptoPan> = LazyLock::new(|| CryptoPan::new(&key()));
    static PFX: LazyLock<IpcryptPfx> = LazyLock::new(|| IpcryptPfx::new(&key()));

    struct Images;

    impl PrefixImages for Images {
        fn crypto_pan(&mut self, addr: IpAddr) -> IpAddr {
            PAN.anonymize(addr)
        }

        fn ipcrypt_pfx(&mut self, addr: IpAddr) -> IpAddr {
            PFX.anonymize(addr)
        }
    }

    fn told(method: &AddressMethod, addr: IpAddr) -> IpAddr {
        method.address(addr, &mut Images)
    }

    fn bits() -> AddressBits {
        AddressBits::new(24, 48).unwrap()
    }

    /// Those that keep prefixes.
    fn methods(bits: AddressBits) -> [AddressMethod; 6] {
        [
            AddressMethod::Clear,
            AddressMethod::PrefixPreserving,
            AddressMethod::IpcryptPfx,
            AddressMethod::TruncatedPrefixPreserving(bits),
            AddressMethod::Truncation(bits),
            AddressMethod::ReverseTruncation(bits),
        ]
    }

    #[test]
    fn truncation_keeps_the_leading_bits_and_reverse_truncation_the_rest() {
        for (addr, truncated, reverse) in [
            ("198.18.77.9", "198.18.77.0", "0.0.0.9"),
            ("2001:db8:7:8::9", "2001:db8:7::", "0:0:0:8::9"),
        ] {
            let addr: IpAddr = addr.parse().unwrap();
            let of = |method| told(&method, addr).to_string();
            assert_eq!(of(AddressMethod::Truncation(bits())), truncated);
            let found = told(&AddressMethod::ReverseTruncation(bits()), addr);
            assert_eq!(found, reverse.parse::<IpAddr>().unwrap());
        }
        let all = AddressBits::new(0, 0).unwrap();
        let addr: IpAddr = "198.18.77.9".parse().unwrap();
        assert_eq!(all.kept(addr), Ipv4Addr::UNSPECIFIED, "nothing is kept");
        assert_eq!(all.dropped(addr), addr, "nothing is dropped");
    }

    #[test]
    fn where_no_prefix_is_kept_none_stands_for_a_network() {
        let network = Network::new("198.18.77.0".parse().unwrap(), 24).unwrap();
        let host: IpAddr = "198.18.77.9".parse().unwrap();
        let permutation = AddressMethod::Permutation(Box::new(AddressPermutation::new(&key())));
        let cipher = Box::new(IpcryptDeterministic::new(&key()));
        let cipher = AddressMethod::IpcryptDeterministic(cipher);
        for (method, is_v4) in [(&permutation, true), (&cipher, false)] {
            let told = told(method, host);
            assert_eq!(told.is_ipv4(), is_v4);
            assert_eq!(method.network(network, told), None);
        }
    }

    #[test]
    fn bits_beyond_a_family_are_no_bits() {
        assert!(AddressBits::new(32, 128).is_some());
        assert_eq!(AddressBits::new(33, 0), None);
        assert_eq!(AddressBits::new(0, 129), None);
    }

    #[test]
    fn a_network_that_is_longer_than_what_is_kept_is_cut_too() {
        let network = Network::new("198.18.77.64".parse().unwrap(), 26).unwrap();
        let method = AddressMethod::Truncation(bits());
        let told = told(&method, "198.18.77.70".parse().unwrap());
        let network = method.network(network, told).unwrap();
        assert_eq!(network.to_string(), "198.18.77.0/24");
    }

    fn any_addr() -> impl Strategy<Value = IpAddr> {
        any::<IpAddr>()
    }

    fn leading(a: IpAddr, b: IpAddr) -> u32 {
        match (a, b) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            _ => 0,
        }
    }

    fn trailing(a: IpAddr, b: IpAddr) -> u32 {
        match (a, b) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).trailing_zeros(),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).trailing_zeros(),
            _ => 0,
        }
    }

    /// Two addresses of one family that differ in one bit at least where it is asked for.
    fn two() -> impl Strategy<Value = (IpAddr, IpAddr)> {
        let v4 = (any::<u32>(), any::<u32>(), 0_u32..=32).prop_map(|(a, b, shift)| {
            let b = a ^ b.checked_shr(shift).unwrap_or(0);
            (Ipv4Addr::from_bits(a).into(), Ipv4Addr::from_bits(b).into())
        });
        let v6 = (any::<u128>(), any::<u128>(), 0_u32..=128).prop_map(|(a, b, shift)| {
            let b = a ^ b.checked_shr(shift).unwrap_or(0);
            (Ipv6Addr::from_bits(a).into(), Ipv6Addr::from_bits(b).into())
        });
        prop_oneof![v4, v6]
    }

    proptest! {
        #[test]
        fn an_address_keeps_its_family(addr in any_addr(), v4 in 0_u8..=32, v6 in 0_u8..=128) {
            for method in methods(AddressBits::new(v4, v6).unwrap()) {
                prop_assert_eq!(told(&method, addr).is_ipv4(), addr.is_ipv4());
            }
        }

        #[test]
        fn a_prefix_stays_the_prefix_of_its_address(
            addr in any_addr(), len in 0_u8..=128, v4 in 0_u8..=32, v6 in 0_u8..=128,
        ) {
            let len = if addr.is_ipv4() { len % 33 } else { len };
            let network = Network::from(Prefix::containing(addr, len).unwrap());
            for method in methods(AddressBits::new(v4, v6).unwrap()) {
                let told = told(&method, addr);
                let network = method.network(network, told).unwrap();
                let prefix = Prefix::containing(told, network.prefix_len()).unwrap();
                prop_assert_eq!(Network::from(prefix), network);
                prop_assert!(network.prefix_len() <= len);
            }
        }

        #[test]
        fn truncation_keeps_the_length_of_common_prefixes_up_to_its_bits(
            (a, b) in two(), v4 in 0_u8..=32, v6 in 0_u8..=128,
        ) {
            let bits = AddressBits::new(v4, v6).unwrap();
            let kept = u32::from(bits.of(a));
            let whole = if a.is_ipv4() { 32 } else { 128 };
            let common = leading(a, b);
            let expected = if common >= kept { whole } else { common };
            for method in [AddressMethod::Truncation(bits), AddressMethod::TruncatedPrefixPreserving(bits)] {
                prop_assert_eq!(leading(told(&method, a), told(&method, b)), expected);
            }
        }

        #[test]
        fn reverse_truncation_keeps_common_suffixes_up_to_its_bits(
            (a, b) in two(), v4 in 0_u8..=32, v6 in 0_u8..=128,
        ) {
            let bits = AddressBits::new(v4, v6).unwrap();
            let whole = if a.is_ipv4() { 32 } else { 128 };
            let kept = whole - u32::from(bits.of(a));
            let common = trailing(a, b);
            let expected = if common >= kept { whole } else { common };
            let method = AddressMethod::ReverseTruncation(bits);
            prop_assert_eq!(trailing(told(&method, a), told(&method, b)), expected);
        }

        #[test]
        fn truncating_twice_is_truncating_once(addr in any_addr(), v4 in 0_u8..=32, v6 in 0_u8..=128) {
            let bits = AddressBits::new(v4, v6).unwrap();
            prop_assert_eq!(bits.kept(bits.kept(addr)), bits.kept(addr));
            prop_assert_eq!(bits.dropped(bits.dropped(addr)), bits.dropped(addr));
        }
    }
}
