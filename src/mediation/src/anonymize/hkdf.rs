//! HKDF (RFC 5869) with SHA-256, as far as it is used: up to one block of output.
//!
//! It is written out, because keys come out of it: nothing that it makes stays unwiped.

use hmac::digest::Output;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

/// Octets of SHA-256's output, and of what is derived.
const LEN: usize = 32;

/// 32 octets of output keying material for input keying material `secret`, under no salt
/// (RFC 5869, 2.2: as many zeros as the digest has octets), for what `info` says.
pub(super) fn derive(secret: &[u8], info: &[u8]) -> Zeroizing<[u8; LEN]> {
    let extracted = extract(&[0; LEN], secret);
    expand(&*extracted, info)
}

/// The same as two keys of 16 octets.
pub(super) fn derive_two(secret: &[u8], info: &[u8]) -> Zeroizing<[[u8; LEN / 2]; 2]> {
    let mut two = Zeroizing::new([[0; LEN / 2]; 2]);
    two.as_flattened_mut()
        .copy_from_slice(&*derive(secret, info));
    two
}

/// RFC 5869, 2.2.
fn extract(salt: &[u8], secret: &[u8]) -> Zeroizing<[u8; LEN]> {
    hmac(salt, &[secret])
}

/// RFC 5869, 2.3, for the first block, T(1).
fn expand(extracted: &[u8], info: &[u8]) -> Zeroizing<[u8; LEN]> {
    hmac(extracted, &[info, &[1]])
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; LEN]> {
    let mut out = Zeroizing::new([0; LEN]);
    // HMAC takes keys of any length (RFC 2104, 2), so this is always so.
    if let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) {
        for part in parts {
            mac.update(part);
        }
        let mut tag: Output<Sha256> = mac.finalize().into_bytes();
        out.copy_from_slice(&tag);
        tag.as_mut_slice().zeroize();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(hex: &str) -> Vec<u8> {
        let pairs = hex.as_bytes().chunks_exact(2);
        let octet = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        pairs.map(octet).collect()
    }

    /// RFC 5869, appendix A.1 to A.3, which are those of SHA-256: secret, salt, info, what is
    /// extracted, and the first block of the output.
    const VECTORS: [[&str; 5]; 3] = [
        [
            "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
            "000102030405060708090a0b0c",
            "f0f1f2f3f4f5f6f7f8f9",
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
        ],
        [
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\
             202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f\
             404142434445464748494a4b4c4d4e4f",
            "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f\
             808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f\
             a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
            "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf\
             d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef\
             f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
            "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c",
        ],
        [
            "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
            "",
            "",
            "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
        ],
    ];

    #[test]
    fn agrees_with_the_vectors_of_rfc_5869() {
        for [secret, salt, info, extracted, derived] in VECTORS.map(|all| all.map(octets)) {
            let ours = extract(&salt, &secret);
            assert_eq!(ours[..], extracted);
            assert_eq!(expand(&*ours, &info)[..], derived);
        }
        // Without a salt, in one step.
        let [secret, _, info, _, derived] = VECTORS[2].map(octets);
        assert_eq!(derive(&secret, &info)[..], derived);
    }
}
