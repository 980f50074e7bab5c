//! The key of the address permutation.

use std::fmt;

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

    /// The octets, for whoever derives a cipher or stores the key.
    #[must_use]
    pub const fn octets(&self) -> &[u8; Self::LEN] {
        &self.0
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
