//! The keyed function under Crypto-PAn.
//!
//! Whether bit `i` is flipped is the first bit of one AES-128 block, which is the `i`
//! leading bits of the address followed by the pad's. The blocks of an address do not
//! depend on each other, and the instructions for AES are fast only where many blocks are
//! on their way at a time. So bits are asked for in parts of 16, several at once.

use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Block};
use zeroize::Zeroize;

use super::Flips;
use crate::anonymize::Key;

/// Bits of an address in one part: IPv4 has two parts, IPv6 eight.
const BITS: usize = 16;
/// Blocks encrypted at a time where there is no end of them: as many as AVX-512 has room
/// for.
const BLOCKS: usize = 64;
/// A block that is not filled in: a constant, because `default` is worked out octet by octet.
const ZERO: Block = Array([0; 16]);
/// What the flips of a first part depend on: all its bits but the last.
const HEAD_BITS: usize = BITS - 1;

/// `MASKS[i]` has the `i` leading bits, as two words in the order of memory: the compiler
/// makes one instruction of what is done to two words, but not of what is done to a `u128`.
static MASKS: [Words; 128] = {
    let mut masks = [[0; 2]; 128];
    let mut bits = 1;
    while bits < masks.len() {
        masks[bits] = words(u128::MAX << (128 - bits));
        bits += 1;
    }
    masks
};

/// 128 bits as they lie in memory.
type Words = [u64; 2];

#[expect(clippy::cast_possible_truncation, reason = "it takes a number apart")]
#[inline]
const fn words(bits: u128) -> Words {
    [((bits >> 64) as u64).to_be(), (bits as u64).to_be()]
}

/// The function under one key. All of it is wiped from memory when dropped.
pub struct CryptoPanFlips {
    cipher: Aes128,
    /// What stands in for the bits that are not looked at, in the order of memory.
    pad: Words,
    /// The flips of the first 16 bits, by the 15 that they depend on.
    heads: Box<[u16; 1 << HEAD_BITS]>,
}

impl Flips for CryptoPanFlips {
    const NAME: &'static str = "CryptoPan";

    /// The function of a key: its first 16 octets are the cipher's key, the encryption of
    /// the last 16 is the pad. It encrypts 65,535 blocks for the table.
    fn of_key(key: &Key) -> Self {
        let (cipher_key, pad) = halves(key.octets());
        let cipher = Aes128::new(&Array(cipher_key));
        let mut pad = Array(pad);
        cipher.encrypt_block(&mut pad);
        let mut flips = Self {
            cipher,
            pad: words(u128::from_be_bytes(pad.0)),
            heads: Box::new([0; 1 << HEAD_BITS]),
        };
        flips.fill_heads();
        flips
    }

    #[inline]
    fn v4<const N: usize>(&self, addrs: &[u32; N]) -> [u32; N] {
        let wide = addrs.map(|addr| u128::from(addr) << 96);
        let tails = self.of_parts::<1, 1, N>(&wide);
        let mut flips = [0; N];
        for ((flips, wide), tail) in flips.iter_mut().zip(wide).zip(tails) {
            let [.., high, low] = tail.to_be_bytes();
            let tail = u32::from(u16::from_be_bytes([high, low]));
            *flips = u32::from(self.head(wide)) << 16 | tail;
        }
        flips
    }

    #[inline]
    fn v6_first<const N: usize>(&self, addrs: &[u128; N]) -> [u64; N] {
        let mut flips = self.of_parts::<1, 3, N>(addrs);
        for (flips, addr) in flips.iter_mut().zip(addrs) {
            *flips |= u64::from(self.head(*addr)) << 48;
        }
        flips
    }

    #[inline]
    fn v6_last<const N: usize>(&self, addrs: &[u128; N]) -> [u64; N] {
        self.of_parts::<4, 4, N>(addrs)
    }
}

impl CryptoPanFlips {
    /// The flips of the first 16 bits of an address, which is left-aligned.
    #[inline]
    fn head(&self, addr: u128) -> u16 {
        let prefix = (addr >> (128 - HEAD_BITS)) as usize & ((1 << HEAD_BITS) - 1);
        self.heads[prefix]
    }

    /// The flips of `M` parts of each address from part `FIRST` on, 4 at most, one behind the
    /// other.
    #[inline]
    fn of_parts<const FIRST: usize, const M: usize, const N: usize>(
        &self,
        addrs: &[u128; N],
    ) -> [u64; N] {
        let mut blocks = [[[ZERO; BITS]; M]; N];
        let masks = &MASKS[FIRST * BITS..][..M * BITS];
        let pad = self.pad;
        for (blocks, addr) in blocks.iter_mut().zip(addrs) {
            let addr = words(*addr);
            let differing = [addr[0] ^ pad[0], addr[1] ^ pad[1]];
            for (block, mask) in blocks.as_flattened_mut().iter_mut().zip(masks) {
                let first = pad[0] ^ differing[0] & mask[0];
                let last = pad[1] ^ differing[1] & mask[1];
                block.0[..8].copy_from_slice(&first.to_ne_bytes());
                block.0[8..].copy_from_slice(&last.to_ne_bytes());
            }
        }
        let all = blocks.as_flattened_mut().as_flattened_mut();
        self.cipher.encrypt_blocks(all);
        let mut flips = [0; N];
        for (flips, blocks) in flips.iter_mut().zip(&blocks) {
            let parts = blocks.iter().map(first_bits);
            *flips = parts.fold(0, |flips, part| flips << BITS | u64::from(part));
        }
        flips
    }

    /// The block of a prefix of less than 16 bits.
    fn head_block(&self, prefix: u16, bits: u32) -> Block {
        let addr = u128::from(prefix).checked_shl(128 - bits).unwrap_or(0);
        let [first, last] = self.pad;
        let pad = u128::from(u64::from_be(first)) << 64 | u128::from(u64::from_be(last));
        Array((addr | pad & u128::MAX >> bits).to_be_bytes())
    }

    /// Bit by bit: the flips of the first `bits` of every prefix of that length are there,
    /// and become those of every prefix that is longer by one.
    fn fill_heads(&mut self) {
        for bits in 0..16 {
            let prefixes: Vec<u16> = (0..1 << bits).collect();
            for prefixes in prefixes.chunks(BLOCKS) {
                let mut blocks = [ZERO; BLOCKS];
                let blocks = &mut blocks[..prefixes.len()];
                for (block, prefix) in blocks.iter_mut().zip(prefixes) {
                    *block = self.head_block(*prefix, bits);
                }
                self.cipher.encrypt_blocks(blocks);
                let heads = self.heads.iter_mut().skip(prefixes[0].into());
                for (flips, block) in heads.zip(&*blocks) {
                    *flips = *flips << 1 | first_bit(block);
                }
            }
            if bits < 15 {
                for &prefix in prefixes.iter().rev() {
                    let prefix = usize::from(prefix);
                    let flips = self.heads[prefix];
                    self.heads[2 * prefix] = flips;
                    self.heads[2 * prefix + 1] = flips;
                }
            }
        }
    }
}

/// The first bit of each block, in order.
#[inline]
fn first_bits(blocks: &[Block; BITS]) -> u16 {
    let bits = blocks.iter().map(first_bit);
    bits.fold(0, |flips, bit| flips << 1 | bit)
}

#[inline]
fn first_bit(block: &Block) -> u16 {
    u16::from(block.0[0] >> 7)
}

/// The two halves of a key.
fn halves(octets: &[u8; Key::LEN]) -> ([u8; 16], [u8; 16]) {
    let mut halves = ([0; 16], [0; 16]);
    let (first, last) = octets.split_at(16);
    halves.0.copy_from_slice(first);
    halves.1.copy_from_slice(last);
    halves
}

impl Drop for CryptoPanFlips {
    fn drop(&mut self) {
        // The cipher wipes itself.
        self.pad.zeroize();
        self.heads.zeroize();
    }
}
