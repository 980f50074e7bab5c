//! FF1 (NIST SP 800-38G, 5.1) over 32 bits: a permutation of the IPv4 addresses.
//!
//! It is FF1 with AES-128, radix 2, numerals of 32 bits and no tweak: ten rounds of a Feistel
//! network over two halves of 16 bits. Each round's function is AES of one block, chained
//! behind a first block that is always the same.

use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Block};
use zeroize::Zeroize;

const ROUNDS: u8 = 10;
/// The block P: version, method and addition; the radix on 3 octets; the rounds; the length of
/// a half; the length of the whole and that of the tweak on 4 octets each.
const FIRST: [u8; 16] = [1, 2, 1, 0, 0, 2, ROUNDS, 16, 0, 0, 0, 32, 0, 0, 0, 0];

/// The permutation under one key. All of it is wiped from memory when dropped.
pub(super) struct Ff1 {
    cipher: Aes128,
    /// The first block, encrypted.
    chained: [u8; 16],
}

impl Ff1 {
    pub(super) fn new(key: &[u8; 16]) -> Self {
        let cipher = Aes128::new(key.into());
        let mut first = Array(FIRST);
        cipher.encrypt_block(&mut first);
        Self {
            cipher,
            chained: first.0,
        }
    }

    #[inline]
    pub(super) fn encrypt(&self, number: u32) -> u32 {
        let [a, b, c, d] = number.to_be_bytes();
        let halves = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let (high, low) = (0..ROUNDS).fold(halves, |(high, low), round| {
            (low, high.wrapping_add(self.round(round, low)))
        });
        u32::from(high) << 16 | u32::from(low)
    }

    /// What is added in a round: the last 16 of the 64 bits that FF1 takes of the block.
    fn round(&self, round: u8, half: u16) -> u16 {
        let mut block: Block = Array(self.chained);
        let [high, low] = half.to_be_bytes();
        block.0[13] ^= round;
        block.0[14] ^= high;
        block.0[15] ^= low;
        self.cipher.encrypt_block(&mut block);
        u16::from_be_bytes([block.0[6], block.0[7]])
    }

    /// The number of which `encrypt` makes this one.
    #[cfg(test)]
    pub(super) fn decrypt(&self, number: u32) -> u32 {
        let halves = ((number >> 16) as u16, (number & 0xFFFF) as u16);
        let (high, low) = (0..ROUNDS).rev().fold(halves, |(high, low), round| {
            (low.wrapping_sub(self.round(round, high)), high)
        });
        u32::from(high) << 16 | u32::from(low)
    }
}

impl Drop for Ff1 {
    fn drop(&mut self) {
        // The cipher wipes itself.
        self.chained.zeroize();
    }
}
