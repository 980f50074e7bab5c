//! Crypto-PAn: prefix-preserving anonymization of addresses (Xu, Fan, Ammar, Moon,
//! "Prefix-Preserving IP Address Anonymization", ICNP 2002; RFC 6235, 4.1.4).
//!
//! Bit `i` of an address is flipped or not by a keyed function of the bits before it.
//! Two addresses with a common prefix therefore keep a common prefix of exactly the
//! same length, and the map is one to one.

use super::flips::CryptoPanFlips;
use super::prefix_preserving::PrefixPreserving;

/// The permutation under one key; IPv4 and IPv6 follow the reference implementation: the first
/// 16 octets of the key are the cipher's, and the encryption of the last 16 is the pad. To make
/// one takes time for 65,536 blocks of AES.
pub type CryptoPan = PrefixPreserving<CryptoPanFlips>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anonymize::Key;
    use std::net::IpAddr;

    /// The key of the reference implementation's sample program.
    pub(crate) const SAMPLE_KEY: [u8; 32] = [
        21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16, 216, 152, 143, 131,
        121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2,
    ];

    fn sample() -> CryptoPan {
        CryptoPan::new(&Key::from_octets(&SAMPLE_KEY).unwrap())
    }

    /// Addresses of the reference implementation's sample trace, and what it made of them.
    const PUBLISHED: &str = include_str!("published.txt");

    #[test]
    fn agrees_with_the_sample_trace_of_the_reference_implementation() {
        let parsed = |addr: &str| addr.parse::<IpAddr>().unwrap();
        let (addrs, images): (Vec<IpAddr>, Vec<IpAddr>) = PUBLISHED
            .lines()
            .map(|line| line.split_once(' ').unwrap())
            .map(|(addr, image)| (parsed(addr), parsed(image)))
            .unzip();
        assert_eq!(addrs.len(), 100);
        let mut mapped = addrs.clone();
        sample().anonymize_all(&mut mapped);
        assert_eq!(mapped, images, "all at once");
        let pan = sample();
        for (addr, image) in addrs.into_iter().zip(images) {
            assert_eq!(pan.anonymize(addr), image, "one by one: {addr}");
        }
    }

    #[test]
    fn agrees_with_the_published_sample_of_the_reference_implementation() {
        let pan = sample();
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
            assert_eq!(pan.anonymize(addr), expected, "{addr}");
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
        let pan = sample();
        for pair in addrs.chunks_exact(2) {
            assert_eq!(pan.anonymize(pair[0]), pair[1], "{}", pair[0]);
        }
    }
}
