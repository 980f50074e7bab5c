//! The key of the address permutation.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use super::{Epoch, hkdf};

/// A 256-bit key. It is wiped from memory when dropped and never printed, and it stays where it
/// is when it is passed on, so that there is no copy to wipe.
pub struct Key(Box<[u8; Key::LEN]>);

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
        let octets: &[u8; Self::LEN] = octets.try_into().map_err(|_| KeyLengthError {
            found: octets.len(),
        })?;
        Ok(Self::copied(octets))
    }

    /// The same, and wipes the octets, whether or not they are a key.
    ///
    /// # Errors
    /// [`KeyLengthError`] if there are not exactly [`Key::LEN`].
    pub fn taken(octets: &mut [u8]) -> Result<Self, KeyLengthError> {
        let key = Self::from_octets(octets);
        octets.zeroize();
        key
    }

    fn copied(octets: &[u8; Self::LEN]) -> Self {
        let mut key = Self(Box::new([0; Self::LEN]));
        key.0.copy_from_slice(octets);
        key
    }

    /// A key from exactly as many octets as it has.
    #[must_use]
    pub fn of_octets(octets: &[u8; Self::LEN]) -> Self {
        Self::copied(octets)
    }

    /// What names the key in metadata. It tells nothing of the key, which is random.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let digest = Sha256::new()
            .chain_update(ID_CONTEXT)
            .chain_update(&self.0[..])
            .finalize();
        KeyId(digest.first_chunk().copied().unwrap_or_default())
    }

    /// The key of an epoch, of this one as the master key: HKDF-SHA-256 without a salt (RFC
    /// 5869). Who has the key of an epoch knows nothing of the master key, nor of the keys
    /// of other epochs.
    #[must_use]
    pub fn of_epoch(&self, epoch: Epoch) -> Self {
        let info = format!("{EPOCH_CONTEXT}{epoch}");
        Self::copied(&hkdf::derive(&*self.0, info.as_bytes()))
    }

    /// The octets, for whoever derives a cipher or stores the key.
    #[must_use]
    pub fn octets(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

/// Keeps the digest that names a key apart from all others that are made of it.
const ID_CONTEXT: &[u8] = b"flowstream: the id of an anonymization key\0";

/// What keys are derived for, before the epoch. Never changed: what is stored depends on it.
const EPOCH_CONTEXT: &str = "flowstream anonymization key of epoch ";

/// The name of a key: the first 64 bits of a SHA-256 of it, as 16 hexadecimal digits.
/// Equal keys have equal names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

/// A text that names no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a key, which is 16 hexadecimal digits")]
pub struct KeyIdError;

impl FromStr for KeyId {
    type Err = KeyIdError;

    /// Only the text that an id has is one.
    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        let bits = u64::from_str_radix(text, 16).map_err(|_| KeyIdError)?;
        let id = Self(bits.to_be_bytes());
        (id.to_string() == text).then_some(id).ok_or(KeyIdError)
    }
}

/// What names the key that flows leave under, in metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyName {
    /// The id of the master key.
    pub id: KeyId,
    /// The epoch whose key was derived from it; `None` where it is the master key itself.
    pub epoch: Option<Epoch>,
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
    use crate::anonymize::Epochs;
    use flow::Tick;

    fn key(octet: u8) -> Key {
        Key::from_octets(&[octet; Key::LEN]).unwrap()
    }

    #[test]
    fn keys_of_epochs_are_as_derived_by_other_means() {
        let hex = |key: &Key| -> String {
            let octets = key.octets().iter();
            octets.map(|octet| format!("{octet:02x}")).collect()
        };
        // openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:(64 digits 07)
        // -kdfopt "info:flowstream anonymization key of epoch 2026-11-28" HKDF
        for (epoch, derived) in DERIVED {
            let epoch = epoch.parse().unwrap();
            assert_eq!(hex(&key(7).of_epoch(epoch)), derived, "{epoch}");
        }
    }

    /// The keys of some epochs under a master key of 32 octets 7.
    const DERIVED: [(&str, &str); 3] = [
        (
            "2026-11-28",
            "ee8f83b79df132d7fd7381b54845130e639fb7cce6a11e3accf55593402640e8",
        ),
        (
            "2026-11-29",
            "0536c13dc2b54306a15a08ab3580acdea139a3d35bd3f7ecf85f61826c763615",
        ),
        (
            "2026-11-28T00",
            "0bee386b238a333a5ef4281c995374007a39a5c92b33467c4805967e13bc5fb2",
        ),
    ];

    #[test]
    fn what_a_key_is_taken_of_is_wiped() {
        for len in [0, 31, Key::LEN, 33] {
            let mut octets = vec![7; len];
            let taken = Key::taken(&mut octets);
            assert_eq!(
                taken.map(|key| key.id()).ok(),
                (len == Key::LEN).then(|| key(7).id())
            );
            assert_eq!(octets, vec![0; len]);
        }
    }

    #[test]
    fn each_epoch_of_each_key_has_a_key_of_its_own() {
        let mut derived = std::collections::BTreeSet::from([*key(1).octets(), *key(2).octets()]);
        for master in [1, 2] {
            for hour in 0..1_000 {
                let tick = Tick::from_secs(hour * 3_600);
                let hourly = Epochs::Hourly.of(tick).unwrap();
                derived.insert(*key(master).of_epoch(hourly).octets());
                if hour % 24 == 0 {
                    let daily = Epochs::Daily.of(tick).unwrap();
                    derived.insert(*key(master).of_epoch(daily).octets());
                }
            }
        }
        assert_eq!(derived.len(), 2 + 2 * (1_000 + 42));
    }

    #[test]
    fn a_name_comes_back_from_its_text_and_nothing_else_does() {
        let id = key(7).id();
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in [
            "",
            "e0c2",
            "E0C2C277C060C477",
            "+0c2c277c060c477",
            "e0c2c277c060c4777",
        ] {
            assert_eq!(text.parse::<KeyId>(), Err(KeyIdError), "{text}");
        }
    }

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
