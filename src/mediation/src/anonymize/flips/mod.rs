//! Keyed functions that say which bits of an address are flipped.
//!
//! A permutation that keeps prefixes flips each bit, or does not, by what a keyed function
//! says of the bits before it. Which function makes the difference: [`CryptoPanFlips`] or
//! [`PfxFlips`].

mod crypto_pan;
mod ipcrypt_pfx;

pub(super) use crypto_pan::CryptoPanFlips;
pub(super) use ipcrypt_pfx::PfxFlips;

use super::Key;

/// Such a function under one key. All of it is wiped from memory when dropped.
///
/// It is asked for several addresses at once, because the instructions for AES are fast only
/// where many blocks are on their way at a time.
pub trait Flips: Sized {
    /// The name of its permutation.
    const NAME: &'static str;

    /// The function of a key.
    fn of_key(key: &Key) -> Self;

    /// The flips of each IPv4 address.
    fn v4<const N: usize>(&self, addrs: &[u32; N]) -> [u32; N];

    /// The flips of the first 64 bits of each IPv6 address.
    fn v6_first<const N: usize>(&self, addrs: &[u128; N]) -> [u64; N];

    /// The flips of the last 64 bits of each IPv6 address.
    fn v6_last<const N: usize>(&self, addrs: &[u128; N]) -> [u64; N];
}
