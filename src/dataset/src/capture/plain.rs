//! Files that may be compressed.

use std::io::{self, BufReader, Chain, Cursor, Read};

use zstd::stream::read::Decoder;

/// Octets that tell whether a file is compressed.
const MAGIC_LEN: usize = 4;
/// Binary logarithm of the most memory that decompressing may take for its window: what
/// zstd uses at its highest level by default. A file that asks for more is refused.
const WINDOW_LOG_MAX: u32 = 27;

/// An input whose first octets were looked at.
type Looked<R> = Chain<Cursor<Vec<u8>>, R>;

/// The plain octets of an input: of zstd frames what they hold, and of everything else
/// what it is. Skippable frames, such as those of this program's segments, are skipped.
pub enum Plain<R: Read> {
    /// The input is not compressed.
    AsIs(Looked<R>),
    /// The input is frames of zstd.
    Zstd(Decoder<'static, BufReader<Looked<R>>>),
}

impl<R: Read> Plain<R> {
    /// Looks at the first octets of an input.
    ///
    /// # Errors
    ///
    /// If they cannot be read, or there is no memory for decompressing.
    pub fn open(mut input: R) -> io::Result<Self> {
        let mut head = Vec::with_capacity(MAGIC_LEN);
        input
            .by_ref()
            .take(MAGIC_LEN as u64)
            .read_to_end(&mut head)?;
        let is_zstd = head.first_chunk().copied().is_some_and(is_zstd);
        let looked = Cursor::new(head).chain(input);
        if !is_zstd {
            return Ok(Self::AsIs(looked));
        }
        let mut decoder = Decoder::new(looked)?;
        decoder.window_log_max(WINDOW_LOG_MAX)?;
        Ok(Self::Zstd(decoder))
    }

    /// Whether the input is compressed.
    pub const fn is_compressed(&self) -> bool {
        matches!(self, Self::Zstd(_))
    }
}

impl<R: Read> Read for Plain<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::AsIs(input) => input.read(buffer),
            Self::Zstd(input) => input.read(buffer),
        }
    }
}

/// Whether a file that begins so has frames of zstd, or skippable ones (RFC 8878, 3.1).
const fn is_zstd(head: [u8; MAGIC_LEN]) -> bool {
    matches!(
        u32::from_le_bytes(head),
        0xFD2F_B528 | 0x184D_2A50..=0x184D_2A5F
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(input: &[u8]) -> (bool, io::Result<Vec<u8>>) {
        let mut plain = Plain::open(input).unwrap();
        let mut octets = Vec::new();
        let read = plain.read_to_end(&mut octets).map(|_| octets);
        (plain.is_compressed(), read)
    }

    fn zstd_of(octets: &[u8]) -> Vec<u8> {
        zstd::bulk::compress(octets, 3).unwrap()
    }

    #[test]
    fn what_is_not_compressed_stays_as_it_is() {
        for input in [&b""[..], b"abc", b"abcdefgh"] {
            let (compressed, octets) = plain(input);
            assert!(!compressed);
            assert_eq!(octets.unwrap(), input);
        }
    }

    #[test]
    fn frames_are_joined_and_skippable_ones_skipped() {
        let skippable = [&0x184D_2A51_u32.to_le_bytes()[..], &[3, 0, 0, 0, 9, 9, 9]].concat();
        let input = [
            skippable.clone(),
            zstd_of(b"one, "),
            skippable,
            zstd_of(b"two"),
        ];
        let (compressed, octets) = plain(&input.concat());
        assert!(compressed);
        assert_eq!(octets.unwrap(), b"one, two");
    }

    #[test]
    fn a_frame_that_is_cut_off_or_wants_too_much_memory_is_an_error() {
        let whole = zstd_of(&[7; 100_000]);
        assert!(plain(&whole[..whole.len() - 3]).1.is_err());
        // A frame header that asks for a window of 2^41 octets.
        let greedy = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xF8, 0, 0, 0, 0, 0, 0];
        assert!(plain(&greedy).1.is_err());
    }
}
