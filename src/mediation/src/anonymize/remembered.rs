//! Addresses seen a moment ago: traffic repeats them, and the cipher costs far more than
//! a look.

use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;

use foldhash::fast::FixedState;

use super::CryptoPan;

/// Slots of the memory; a power of two.
const SLOTS: usize = 1_024;

/// The permutation with a memory for one batch. It lives no longer, so a stage that
/// panics within a batch keeps nothing half done, and no address outlives its batch.
pub(super) struct Remembered<'a> {
    pan: &'a CryptoPan,
    hasher: FixedState,
    /// Each address in the slot of its hash, until another one takes it.
    slots: Vec<Option<(IpAddr, IpAddr)>>,
}

impl<'a> Remembered<'a> {
    pub(super) fn new(pan: &'a CryptoPan) -> Self {
        let hasher = FixedState::with_seed(0);
        Self {
            pan,
            hasher,
            slots: vec![None; SLOTS],
        }
    }

    pub(super) fn anonymize(&mut self, addr: IpAddr) -> IpAddr {
        let slot = usize::try_from(self.hasher.hash_one(Halves(addr)) & (SLOTS as u64 - 1));
        let Some(slot) = slot.ok().and_then(|slot| self.slots.get_mut(slot)) else {
            return self.pan.anonymize(addr);
        };
        if let Some((_, anonymized)) = slot.filter(|(original, _)| *original == addr) {
            return anonymized;
        }
        let anonymized = self.pan.anonymize(addr);
        *slot = Some((addr, anonymized));
        anonymized
    }
}

/// An address hashed as one or two words.
struct Halves(IpAddr);

impl Hash for Halves {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        match self.0 {
            IpAddr::V4(v4) => state.write_u32(v4.to_bits()),
            IpAddr::V6(v6) => state.write_u128(v6.to_bits()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anonymize::Key;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_remembered_is_what_the_permutation_gives(
            addrs in prop::collection::vec(prop_oneof![
                (0_u32..3_000).prop_map(|bits| IpAddr::from(std::net::Ipv4Addr::from_bits(bits))),
                any::<IpAddr>(),
            ], 0..400),
        ) {
            let pan = CryptoPan::new(&Key::from_octets(&[3; 32]).unwrap());
            let mut remembered = Remembered::new(&pan);
            for addr in addrs.iter().chain(&addrs) {
                prop_assert_eq!(remembered.anonymize(*addr), pan.anonymize(*addr));
            }
        }
    }
}
