//! Crypto-PAn: prefix-preserving anonymization of addresses (Xu, Fan, Ammar, Moon,
//! "Prefix-Preserving IP Address Anonymization", ICNP 2002; RFC 6235, 4.1.4).
//!
//! Bit `i` of an address is flipped or not by a keyed function of the bits before it.
//! Two addresses with a common prefix therefore keep a common prefix of exactly the
//! same length, and the map is one to one.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Block};

use super::Key;

/// Blocks encrypted at a time: one IPv4 address, a quarter of an IPv6 one.
const BLOCKS: usize = 32;

/// The permutation under one key; IPv4 and IPv6 follow the reference implementation.
pub struct CryptoPan {
    cipher: Aes128,
    /// What stands in for the bits that are not looked at.
    pad: u128,
}

impl CryptoPan {
    /// The permutation of a key: its first 16 octets are the cipher's key, the
    /// encryption of the last 16 is the pad.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        let (cipher_key, pad) = key.octets().split_at(16);
        let cipher = Aes128::new(&array(cipher_key));
        let mut pad = array(pad);
        cipher.encrypt_block(&mut pad);
        Self {
            cipher,
            pad: u128::from_be_bytes(pad.0),
        }
    }

    /// The address that stands for `addr`, of the same family.
    #[must_use]
    pub fn anonymize(&self, addr: IpAddr) -> IpAddr {
        match addr {
            IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(self.v4(v4.to_bits()))),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(self.v6(v6.to_bits()))),
        }
    }

    fn v4(&self, addr: u32) -> u32 {
        addr ^ self.flips(u128::from(addr) << 96, 0)
    }

    fn v6(&self, addr: u128) -> u128 {
        let flips = (0..4).fold(0, |flips, quarter| {
            flips << 32 | u128::from(self.flips(addr, quarter * 32))
        });
        addr ^ flips
    }

    /// Which of the 32 bits from bit `from` on are flipped; `addr` is left-aligned.
    fn flips(&self, addr: u128, from: u32) -> u32 {
        let mut blocks = [Block::default(); BLOCKS];
        for (block, bit) in blocks.iter_mut().zip(from..) {
            // The `bit` leading bits of the address, the rest of the pad.
            let kept = u128::MAX.checked_shl(128 - bit).unwrap_or(0);
            *block = Array((addr & kept | self.pad & !kept).to_be_bytes());
        }
        self.cipher.encrypt_blocks(&mut blocks);
        blocks
            .iter()
            .fold(0, |flips, block| flips << 1 | u32::from(block.0[0] >> 7))
    }
}

/// The first 16 octets of a slice; zeros where it is shorter, which no caller's is.
fn array(octets: &[u8]) -> Block {
    let mut block = Block::default();
    for (to, from) in block.iter_mut().zip(octets) {
        *to = *from;
    }
    block
}

/// The key and what derives from it are never printed.
impl fmt::Debug for CryptoPan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CryptoPan(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    /// The key of the reference implementation's sample program.
    pub(crate) const SAMPLE_KEY: [u8; 32] = [
        21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16, 216, 152, 143, 131,
        121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2,
    ];

    fn sample() -> CryptoPan {
        CryptoPan::new(&Key::from_octets(&SAMPLE_KEY).unwrap())
    }

    #[test]
    fn agrees_with_the_published_sample_of_the_reference_implementation() {
        for (addr, expected) in [
            ("24.5.0.80", "100.9.15.210"),
            ("24.13.62.231", "100.2.192.247"),
            ("208.234.120.210", "227.154.67.17"),
            ("209.238.72.3", "226.6.119.243"),
            ("192.102.249.13", "252.138.62.131"),
            ("207.105.49.5", "241.118.205.138"),
            ("129.118.74.4", "134.136.186.123"),
            ("0.0.0.0", "120.255.240.1"),
            ("255.255.255.255", "206.120.97.255"),
            ("10.0.0.1", "117.15.0.1"),
            ("::1", "78ff:f001:9fc0:20df:8380:b1f1:704:ed"),
            ("2001:db8::1", "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1e"),
            ("2001:db8::2", "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1c"),
            ("2001:db8:1::1", "4401:2bc:603e:23c0:0:6fff:f0f8:c3ed"),
            ("fe80::1", "cf7f:c0e:1fc3:da1c:70:b18e:f7f3:2101"),
        ] {
            let (addr, expected): (IpAddr, IpAddr) =
                (addr.parse().unwrap(), expected.parse().unwrap());
            assert_eq!(sample().anonymize(addr), expected, "{addr}");
        }
    }

    fn common_v4(a: u32, b: u32) -> u32 {
        (a ^ b).leading_zeros()
    }

    proptest! {
        #[test]
        fn common_prefixes_keep_their_length(a: u32, b: u32, keep in 0_u32..32) {
            // Random pairs rarely share more than a few bits: make them share `keep`.
            let mask = u32::MAX.checked_shl(32 - keep).unwrap_or(0);
            let b = a & mask | b & !mask;
            let pan = sample();
            prop_assert_eq!(common_v4(pan.v4(a), pan.v4(b)), common_v4(a, b));
        }

        #[test]
        fn common_prefixes_of_ipv6_keep_their_length(a: u128, b: u128, keep in 0_u32..128) {
            let mask = u128::MAX.checked_shl(128 - keep).unwrap_or(0);
            let b = a & mask | b & !mask;
            let pan = sample();
            prop_assert_eq!((pan.v6(a) ^ pan.v6(b)).leading_zeros(), (a ^ b).leading_zeros());
        }

        #[test]
        fn another_key_gives_another_permutation(key: [u8; 32], addr: u128) {
            prop_assume!(key != SAMPLE_KEY);
            let other = CryptoPan::new(&Key::from_octets(&key).unwrap());
            prop_assert_ne!(other.v6(addr), sample().v6(addr));
        }
    }

    #[test]
    fn a_key_of_another_length_is_refused_and_no_key_is_printed() {
        assert_eq!(
            Key::from_octets(&[1; 31]).unwrap_err(),
            KeyLengthError { found: 31 }
        );
        assert_eq!(
            Key::from_octets(&[]).unwrap_err().to_string(),
            "found 0 octets; a key has exactly 32"
        );
        let key = Key::from_octets(&[0xAB; 32]).unwrap();
        assert_eq!(
            format!("{key:?} {:?}", CryptoPan::new(&key)),
            "Key(..) CryptoPan(..)"
        );
    }

    use crate::anonymize::KeyLengthError;

    #[test]
    fn agrees_with_the_vectors_beside_the_checkout() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/data/vectors/cryptopan_vectors.json"
        );
        let Ok(text) = std::fs::read_to_string(path) else {
            println!("left out: no Crypto-PAn vectors beside the checkout");
            return;
        };
        // Pairs of quoted addresses, in order; the rest of the file has no others.
        let addrs: Vec<IpAddr> = text
            .split('"')
            .filter_map(|part| part.parse().ok())
            .collect();
        assert!(addrs.len() >= 200 && addrs.len().is_multiple_of(2));
        for pair in addrs.chunks_exact(2) {
            assert_eq!(sample().anonymize(pair[0]), pair[1], "{}", pair[0]);
        }
    }
}
