//! ipcrypt-pfx: prefix-preserving encryption of addresses ("Methods for IP Address Encryption
//! and Obfuscation", draft-denis-ipcrypt, 6; RFC 6235, 4.1.4).
//!
//! It does what Crypto-PAn does, with a function of the bits before that has no weak spot
//! where an address is like the pad, at twice the work. Whoever has the key can undo it with
//! any implementation of the draft.
//!
//! The draft takes an IPv6 address that is IPv4-mapped for the IPv4 address. Here it is one of
//! IPv6, as families stay apart and prefixes of IPv6 keep their length without an exception.

use super::flips::PfxFlips;
use super::prefix_preserving::PrefixPreserving;

/// The permutation under one key, which is derived from that of the settings as the draft
/// recommends (8.4): HKDF-SHA-256 without a salt, for `ipcrypt-pfx`.
pub type IpcryptPfx = PrefixPreserving<PfxFlips>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anonymize::Key;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    fn octets(hex: &str) -> [u8; 16] {
        std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..][..2], 16).unwrap())
    }

    fn under(hex: &str) -> IpcryptPfx {
        let (first, last) = hex.split_at(32);
        IpcryptPfx::of_flips(PfxFlips::of_halves(&[first, last].map(octets)))
    }

    /// The draft's test vectors (draft-denis-ipcrypt, A.2): key, address, image.
    const BASIC: &str = "0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301";
    const PREFIXES: &str = "2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a";
    const VECTORS: [(&str, &str, &str); 16] = [
        (BASIC, "0.0.0.0", "151.82.155.134"),
        (BASIC, "255.255.255.255", "94.185.169.89"),
        (BASIC, "192.0.2.1", "100.115.72.131"),
        (
            BASIC,
            "2001:db8::1",
            "c180:5dd4:2587:3524:30ab:fa65:6ab6:f88",
        ),
        (PREFIXES, "10.0.0.47", "19.214.210.244"),
        (PREFIXES, "10.0.0.129", "19.214.210.80"),
        (PREFIXES, "10.0.0.234", "19.214.210.30"),
        (PREFIXES, "172.16.5.193", "210.78.229.136"),
        (PREFIXES, "172.16.97.42", "210.78.179.241"),
        (PREFIXES, "172.16.248.177", "210.78.121.215"),
        (
            PREFIXES,
            "2001:db8::a5c9:4e2f:bb91:5a7d",
            "7cec:702c:1243:f70:1956:125:b9bd:1aba",
        ),
        (
            PREFIXES,
            "2001:db8::7234:d8f1:3c6e:9a52",
            "7cec:702c:1243:f70:a3ef:c8e:95c1:cd0d",
        ),
        (
            PREFIXES,
            "2001:db8::f1e0:937b:26d4:8c1a",
            "7cec:702c:1243:f70:443c:c8e:6a62:b64d",
        ),
        (
            PREFIXES,
            "2001:db8:3a5c:0:e7d1:4b9f:2c8a:f673",
            "7cec:702c:3503:bef:e616:96bd:be33:a9b9",
        ),
        (
            PREFIXES,
            "2001:db8:9f27:0:b4e2:7a3d:5f91:c8e6",
            "7cec:702c:a504:b74e:194a:3d90:b047:2d1a",
        ),
        (
            PREFIXES,
            "2001:db8:d8b4:0:193c:a5e7:8b2f:46d1",
            "7cec:702c:f840:aa67:1b8:e84f:ac9d:77fb",
        ),
    ];

    #[test]
    fn agrees_with_the_test_vectors_of_the_draft_one_by_one_and_all_at_once() {
        let addr = |text: &str| text.parse::<IpAddr>().unwrap();
        for key in [BASIC, PREFIXES] {
            let vectors = || VECTORS.into_iter().filter(|(of, ..)| *of == key);
            for (_, original, image) in vectors() {
                assert_eq!(under(key).anonymize(addr(original)), addr(image));
            }
            let mut all: Vec<IpAddr> = vectors().map(|(_, original, _)| addr(original)).collect();
            under(key).anonymize_all(&mut all);
            assert!(all.into_iter().eq(vectors().map(|(.., image)| addr(image))));
        }
    }

    #[test]
    fn its_key_is_derived_from_that_of_the_settings_as_the_draft_recommends() {
        let key = Key::from_octets(&[7; Key::LEN]).unwrap();
        // openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:(64 digits 07)
        // -kdfopt info:ipcrypt-pfx HKDF
        const DERIVED: &str = "2c9d593d5b72a795b95aadf4b30b4330aebc07e3b815ead2a4086618a8e756bd";
        let addr = IpAddr::from([192, 0, 2, 1]);
        let derived = under(DERIVED).anonymize(addr);
        assert_eq!(IpcryptPfx::new(&key).anonymize(addr), derived);
    }

    #[test]
    fn an_ipv4_mapped_address_stays_one_of_ipv6_and_ends_like_the_image_of_the_ipv4_address() {
        let pfx = under(BASIC);
        for v4 in [Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(10, 1, 2, 3)] {
            let IpAddr::V6(image) = pfx.anonymize(v4.to_ipv6_mapped().into()) else {
                panic!("another family");
            };
            let IpAddr::V4(of_v4) = pfx.anonymize(v4.into()) else {
                panic!("another family");
            };
            assert_eq!(image.octets()[12..], of_v4.octets());
            assert_eq!(image.to_ipv4_mapped(), None);
        }
        let unspecified = Ipv6Addr::UNSPECIFIED.into();
        assert_ne!(pfx.anonymize(unspecified), unspecified);
    }

    #[test]
    fn no_key_is_printed() {
        assert_eq!(format!("{:?}", under(BASIC)), "IpcryptPfx(..)");
    }
}
