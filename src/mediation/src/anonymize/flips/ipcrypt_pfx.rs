//! The keyed function under ipcrypt-pfx (draft-denis-ipcrypt, 6.2 and 9.6).
//!
//! Whether bit `i` is flipped is the last bit of the exclusive or of one block under two keys
//! of AES-128. The block is a 1 and the `i` leading bits of the address, right-aligned; an
//! IPv4 address is in it as IPv4-mapped, and its bits begin with the 96th. Such a sum of two
//! permutations is a random function for far more blocks than one permutation is.

use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Block};

use super::Flips;
use crate::anonymize::{Key, hkdf};

/// A block that is not filled in.
const ZERO: Block = Array([0; 16]);
/// Of an IPv4 address as IPv4-mapped: the bits in front of it, and what they are.
const MAPPED_BITS: u32 = 96;
const MAPPED: u128 = 0xFFFF << 32;

/// The function under one key. The ciphers wipe themselves when dropped.
pub struct PfxFlips([Aes128; 2]);

impl PfxFlips {
    /// The function under the two halves of a key of the draft's. They must differ: under
    /// equal ones every address would stay as it is (6.2.2).
    pub(in crate::anonymize) fn of_halves(halves: &[[u8; 16]; 2]) -> Self {
        let [first, last] = halves;
        debug_assert_ne!(first, last, "halves of a key that is random");
        Self([first, last].map(|half| Aes128::new(half.into())))
    }

    /// The flips of `M` bits of each address from bit `first` on, 64 at most.
    #[inline]
    fn of_bits<const M: usize, const N: usize>(&self, addrs: &[u128; N], first: u32) -> [u64; N] {
        let mut blocks = [[ZERO; M]; N];
        for (blocks, addr) in blocks.iter_mut().zip(addrs) {
            // The bits before are there, and each block has one more of the others.
            let mut prefix = 1 << first | addr.checked_shr(128 - first).unwrap_or(0);
            let mut rest = addr << first;
            for block in blocks {
                block.0 = prefix.to_be_bytes();
                prefix = prefix << 1 | rest >> 127;
                rest <<= 1;
            }
        }
        let mut others = blocks;
        let [one, other] = &self.0;
        one.encrypt_blocks(blocks.as_flattened_mut());
        other.encrypt_blocks(others.as_flattened_mut());
        let mut flips = [0; N];
        for ((flips, blocks), others) in flips.iter_mut().zip(&blocks).zip(&others) {
            let bits = blocks.iter().zip(others).map(last_bit);
            *flips = bits.fold(0, |flips, bit| flips << 1 | bit);
        }
        flips
    }
}

/// The last bit of the exclusive or of two blocks.
#[inline]
fn last_bit((one, other): (&Block, &Block)) -> u64 {
    u64::from((one.0[15] ^ other.0[15]) & 1)
}

impl Flips for PfxFlips {
    const NAME: &'static str = "IpcryptPfx";

    /// The function of a key that is derived from `key` as the draft recommends (8.4).
    fn of_key(key: &Key) -> Self {
        Self::of_halves(&hkdf::derive_two(key.octets(), b"ipcrypt-pfx"))
    }

    #[inline]
    fn v4<const N: usize>(&self, addrs: &[u32; N]) -> [u32; N] {
        let mapped = addrs.map(|addr| MAPPED | u128::from(addr));
        let flips = self.of_bits::<32, N>(&mapped, MAPPED_BITS);
        flips.map(|flips| u32::try_from(flips).unwrap_or(0))
    }

    #[inline]
    fn v6_first<const N: usize>(&self, addrs: &[u128; N]) -> [u64; N] {
        self.of_bits::<64, N>(addrs, 0)
    }

    #[inline]
    fn v6_last<const N: usize>(&self, addrs: &[u128; N]) -> [u64; N] {
        self.of_bits::<64, N>(addrs, 64)
    }
}
