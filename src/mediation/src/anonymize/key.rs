//! The key of the address permutation.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroize;

/// A 256-bit key. It is wiped from memory when dropped and never printed.
pub struct Key([u8; Key::LEN]);

/// A key of the wrong length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyLengthError {
    /// The octets found.
    pub found: usize,
}

impl fmt::Display for KeyLengthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "found {} octets; a key has exactly {}",
            self.found,
            Key::LEN
        )
    }
}

impl std::error::Error for KeyLengthError {}

impl Key {
    /// Octets of a key.
    pub const LEN: usize = 32;

    /// A key from its octets.
    ///
    /// # Errors
    /// [`KeyLengthError`] if there are not exactly [`Key::LEN`].
    pub fn from_octets(octets: &[u8]) -> Result<Self, KeyLengthError> {
        octets.try_into().map(Self).map_err(|_| KeyLengthError {
            found: octets.len(),
        })
    }

    /// What names the key in metadata. It tells nothing of the key, which is random.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let digest = Sha256::new()
            .chain_update(ID_CONTEXT)
            .chain_update(self.0)
            .finalize();
        KeyId(digest.first_chunk().copied().unwrap_or_default())
    }

    /// The octets, for whoever derives a cipher or stores the key.
    #[must_use]
    pub const fn octets(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

/// Keeps the digest that names a key apart from all others that are made of it.
const ID_CONTEXT: &[u8] = b"flowstream: the id of an anonymization key\0";

/// The name of a key: the first 64 bits of a SHA-256 of it, as 16 hexadecimal digits.
/// Equal keys have equal names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_have_equal_names_and_others_do_not() {
        let id = |octet: u8| Key::from_octets(&[octet; Key::LEN]).unwrap().id();
        assert_eq!(id(7), id(7));
        assert_ne!(id(7), id(8));
        // printf 'flowstream: the id of an anonymization key\0' and 32 times 07, through
        // sha256sum.
        assert_eq!(id(7).to_string(), "e0c2c277c060c477");
    }
}
