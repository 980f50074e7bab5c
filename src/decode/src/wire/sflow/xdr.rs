//! The encoding of sFlow: words of four octets, and what is of variable length with
//! its length before it (RFC 4506).

use crate::{DecodeError, ErrorKind};

/// The rest of a datagram, a sample or flow data, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Xdr<'a> {
    rest: &'a [u8],
    /// Offset of the rest in the datagram.
    pub(super) at: usize,
}

/// A sample, or flow data of one: an opaque structure of some format.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'a> {
    /// The number of the format, with that of its enterprise in the upper 20 bits.
    pub(super) format: u32,
    /// Its octets, without padding.
    pub(super) body: Xdr<'a>,
}

impl<'a> Xdr<'a> {
    pub(super) const fn new(rest: &'a [u8], at: usize) -> Self {
        Self { rest, at }
    }

    /// Octets that are left.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next so many octets.
    pub(super) fn take(&mut self, octets: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(octets)?;
        self.rest = rest;
        self.at += octets;
        Some(taken)
    }

    /// The next so many octets as an array.
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (&taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        self.at += N;
        Some(taken)
    }

    /// The next word.
    pub(super) fn word(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// The next so many words.
    pub(super) fn words<const N: usize>(&mut self) -> Option<[u32; N]> {
        let mut words = [0; N];
        let octets = self.take(N * 4)?;
        for (word, &octets) in words.iter_mut().zip(octets.as_chunks().0) {
            *word = u32::from_be_bytes(octets);
        }
        Some(words)
    }

    /// Passes over so many words.
    pub(super) fn skip_words(&mut self, words: u32) -> Option<()> {
        let octets = usize::try_from(words).ok()?.checked_mul(4)?;
        self.take(octets).map(|_| ())
    }

    /// Passes over octets of a stated length and their padding.
    pub(super) fn skip_opaque(&mut self) -> Option<()> {
        let octets = self.word()?;
        self.skip_words(octets.div_ceil(4))
    }

    /// Item number `item`, from 1, of `count`. Items are padded to whole words; where
    /// the last one is not, nothing is missing.
    ///
    /// # Errors
    ///
    /// If there is none, or if it goes beyond what is left.
    #[inline]
    pub(super) fn item(&mut self, item: u32, count: u32) -> Result<Item<'a>, DecodeError> {
        let Some([format, stated]) = self.words() else {
            return Err(self.missing(item, count));
        };
        let (at, remaining) = (self.at, self.rest.len());
        let octets = usize::try_from(stated).unwrap_or(usize::MAX);
        let Some(body) = self.rest.get(..octets) else {
            return Err(self.too_long(format, stated));
        };
        self.take(octets.next_multiple_of(4).min(remaining));
        let body = Self::new(body, at);
        Ok(Item { format, body })
    }

    #[cold]
    fn missing(&self, item: u32, count: u32) -> DecodeError {
        ErrorKind::ItemMissing {
            item,
            count,
            octets: self.rest.len(),
        }
        .at(self.at)
    }

    /// The fault of the length that was read last.
    #[cold]
    fn too_long(&self, format: u32, stated: u32) -> DecodeError {
        ErrorKind::ItemLength {
            format,
            stated,
            remaining: self.rest.len(),
        }
        .at(self.at - 4)
    }
}

impl Item<'_> {
    /// The fault of an item that is shorter than the fixed part of its format.
    pub(super) const fn short(&self, needed: usize) -> DecodeError {
        ErrorKind::ItemShort {
            format: self.format,
            found: self.body.rest.len(),
            needed,
        }
        .at(self.body.at)
    }
}
