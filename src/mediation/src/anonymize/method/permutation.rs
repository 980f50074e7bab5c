//! Permutations of addresses that keep no prefixes (RFC 6235, 4.1.3): one to one, and two
//! addresses of one network have nothing in common any more.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};

use super::ff1::Ff1;
use crate::anonymize::{Key, hkdf};

fn encrypted(cipher: &Aes128, addr: u128) -> Ipv6Addr {
    let mut block = Array(addr.to_be_bytes());
    cipher.encrypt_block(&mut block);
    block.0.into()
}

/// ipcrypt-deterministic (draft-denis-ipcrypt, 5): AES-128 of the 16 octets of an address, of
/// an IPv4 address those of its IPv4-mapped one.
///
/// An IPv4 address becomes one of IPv6, and has the same image as its IPv4-mapped one. Of an
/// image, nobody can tell which family its address had; whoever has the key can undo it with
/// any implementation of the draft.
pub struct IpcryptDeterministic(Aes128);

impl IpcryptDeterministic {
    /// The permutation of a key that is derived from `key` as the draft recommends (8.4):
    /// HKDF-SHA-256 without a salt, for `ipcrypt-deterministic`.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        // The first 16 octets of more are those of as many.
        Self::of_octets(&hkdf::derive_two(key.octets(), b"ipcrypt-deterministic")[0])
    }

    fn of_octets(key: &[u8; 16]) -> Self {
        Self(Aes128::new(key.into()))
    }

    /// The address that stands for `addr`: one of IPv6, but for 1 of 2^96, which the draft
    /// reads as an IPv4 address (3.2).
    #[must_use]
    pub fn map(&self, addr: IpAddr) -> IpAddr {
        let mapped = match addr {
            IpAddr::V4(v4) => v4.to_ipv6_mapped(),
            IpAddr::V6(v6) => v6,
        };
        encrypted(&self.0, mapped.to_bits()).to_canonical()
    }
}

impl fmt::Debug for IpcryptDeterministic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IpcryptDeterministic(..)")
    }
}

/// A permutation of the addresses of each family: AES-128 of an IPv6 address, and FF1, which
/// draft-denis-ipcrypt names for that (5.2.2), of an IPv4 address.
pub struct AddressPermutation {
    v4: Ff1,
    v6: Aes128,
}

impl AddressPermutation {
    /// The permutation of keys that are derived from `key`: HKDF-SHA-256 without a salt, for
    /// `flowstream anonymization: addresses`; the first half is for IPv4.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        let keys = hkdf::derive_two(key.octets(), b"flowstream anonymization: addresses");
        let [v4, v6] = &*keys;
        Self {
            v4: Ff1::new(v4),
            v6: Aes128::new(v6.into()),
        }
    }

    /// The address that stands for `addr`, of the same family.
    #[must_use]
    pub fn map(&self, addr: IpAddr) -> IpAddr {
        match addr {
            IpAddr::V4(v4) => Ipv4Addr::from_bits(self.v4.encrypt(v4.to_bits())).into(),
            IpAddr::V6(v6) => encrypted(&self.v6, v6.to_bits()).into(),
        }
    }
}

impl fmt::Debug for AddressPermutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressPermutation(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes::cipher::BlockCipherDecrypt;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn octets(hex: &str) -> [u8; 16] {
        std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..][..2], 16).unwrap())
    }

    fn addr(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn key() -> Key {
        Key::from_octets(&[7; Key::LEN]).unwrap()
    }

    #[test]
    fn ipcrypt_deterministic_agrees_with_the_test_vectors_of_the_draft() {
        // draft-denis-ipcrypt, A.1.
        for (key, original, image) in [
            (
                "0123456789abcdeffedcba9876543210",
                "0.0.0.0",
                "bde9:6789:d353:824c:d7c6:f58a:6bd2:26eb",
            ),
            (
                "1032547698badcfeefcdab8967452301",
                "255.255.255.255",
                "aed2:92f6:ea23:58c3:48fd:8b8:74e8:45d8",
            ),
            (
                "2b7e151628aed2a6abf7158809cf4f3c",
                "192.0.2.1",
                "1dbd:c1b9:fff1:7586:7d0b:67b4:e76e:4777",
            ),
        ] {
            let cipher = IpcryptDeterministic::of_octets(&octets(key));
            assert_eq!(cipher.map(addr(original)), addr(image));
            let IpAddr::V4(v4) = addr(original) else {
                panic!("the draft has IPv4 addresses here");
            };
            assert_eq!(cipher.map(v4.to_ipv6_mapped().into()), addr(image));
        }
    }

    #[test]
    fn an_image_that_is_ipv4_mapped_is_an_ipv4_address_as_in_the_draft() {
        let key = octets("2b7e151628aed2a6abf7158809cf4f3c");
        let image = Ipv4Addr::new(192, 0, 2, 77);
        let mut block = Array(image.to_ipv6_mapped().octets());
        Aes128::new(&Array(key)).decrypt_block(&mut block);
        let found = IpcryptDeterministic::of_octets(&key).map(Ipv6Addr::from(block.0).into());
        assert_eq!(found, IpAddr::from(image));
    }

    /// Of an implementation by others, the crate `fpe` 0.6.1 with AES-128, radix 2 and no
    /// tweak, on the 32 bits of the address, the first one first.
    #[test]
    fn ff1_agrees_with_another_implementation() {
        const NIST: &str = "2b7e151628aed2a6abf7158809cf4f3c";
        const OTHER: &str = "0123456789abcdeffedcba9876543210";
        for (key, original, image) in [
            (NIST, [192, 0, 2, 1], [118, 55, 252, 5]),
            (NIST, [0, 0, 0, 0], [42, 219, 160, 166]),
            (NIST, [255, 255, 255, 255], [1, 254, 42, 31]),
            (NIST, [10, 1, 2, 3], [29, 227, 111, 111]),
            (OTHER, [192, 0, 2, 1], [62, 152, 172, 70]),
            (OTHER, [198, 18, 17, 2], [21, 202, 71, 50]),
        ] {
            let number = Ff1::new(&octets(key)).encrypt(u32::from_be_bytes(original));
            assert_eq!(number.to_be_bytes(), image);
        }
    }

    #[test]
    fn keys_are_derived_from_that_of_the_settings_each_for_its_method() {
        // openssl kdf -keylen 16 -kdfopt digest:SHA256 -kdfopt hexkey:(64 digits 07)
        // -kdfopt info:ipcrypt-deterministic HKDF
        let own = octets("4d0e96ee946a5f52f18468ec8bad3fac");
        let host = addr("192.0.2.1");
        let expected = IpcryptDeterministic::of_octets(&own).map(host);
        assert_eq!(IpcryptDeterministic::new(&key()).map(host), expected);
        // Likewise, -keylen 32 -kdfopt "info:flowstream anonymization: addresses".
        let [v4, v6] = [
            "d69c400d8ddc0ac4c02d87d0b0dad94a",
            "75179de1bf151df71f37e1139645d531",
        ]
        .map(octets);
        let permutation = AddressPermutation::new(&key());
        let number = Ff1::new(&v4).encrypt(u32::from_be_bytes([192, 0, 2, 1]));
        assert_eq!(permutation.map(host), IpAddr::from(number.to_be_bytes()));
        let host = addr("2001:db8::1");
        let expected = IpcryptDeterministic::of_octets(&v6).map(host);
        assert_eq!(permutation.map(host), expected);
    }

    #[test]
    fn the_addresses_of_a_network_have_nothing_in_common_any_more() {
        let permutation = AddressPermutation::new(&key());
        let network = |n: u8| IpAddr::from([198, 18, 0, n]);
        let firsts = (0..=255).map(|n| match permutation.map(network(n)) {
            IpAddr::V4(v4) => v4.octets()[0],
            IpAddr::V6(_) => panic!("another family"),
        });
        let firsts: HashSet<u8> = firsts.collect();
        // Of 256 that are drawn, 162 differ on average.
        assert!((130..195).contains(&firsts.len()), "{}", firsts.len());
    }

    #[test]
    fn nothing_of_a_key_is_printed() {
        let key = key();
        let (one, other) = (
            AddressPermutation::new(&key),
            IpcryptDeterministic::new(&key),
        );
        assert_eq!(
            format!("{one:?} {other:?}"),
            "AddressPermutation(..) IpcryptDeterministic(..)"
        );
    }

    proptest! {
        #[test]
        fn ff1_is_one_to_one(number: u32, key: [u8; 16]) {
            let ff1 = Ff1::new(&key);
            prop_assert_eq!(ff1.decrypt(ff1.encrypt(number)), number);
        }

        #[test]
        fn addresses_are_mapped_one_to_one(a: IpAddr, b: IpAddr) {
            let permutation = AddressPermutation::new(&key());
            let images = [a, b].map(|addr| permutation.map(addr));
            prop_assert_eq!(images[0] == images[1], a == b);
            prop_assert_eq!(images[0].is_ipv4(), a.is_ipv4());
            let cipher = IpcryptDeterministic::new(&key());
            let images = [a, b].map(|addr| cipher.map(addr));
            let same = a.to_canonical() == b.to_canonical();
            prop_assert_eq!(images[0] == images[1], same);
        }
    }
}
