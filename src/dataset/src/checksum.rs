//! SHA-256 of a file while it is written, and of one that is there.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The SHA-256 of a file (FIPS 180-4), shown as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Checksum([u8; 32]);

/// A text that is no checksum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no SHA-256, expected 64 hexadecimal digits in lower case")]
pub struct NotAChecksum(
    /// The text as found.
    pub String,
);

impl Checksum {
    /// That of all that can be read.
    ///
    /// # Errors
    /// Whatever reading fails with.
    pub fn of(input: &mut impl Read) -> io::Result<Self> {
        Ok(Self(read(input)?.finalize().into()))
    }
}

fn read(input: &mut impl Read) -> io::Result<Sha256> {
    let mut sum = Sha256::new();
    let mut part = vec![0; 1 << 16];
    loop {
        match input.read(&mut part) {
            Ok(0) => return Ok(sum),
            Ok(read) => sum.update(part.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl FromStr for Checksum {
    type Err = NotAChecksum;

    fn from_str(text: &str) -> Result<Self, NotAChecksum> {
        let digit = |digit: &u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let octets = pairs
            .iter()
            .map(|[high, low]| Some(digit(high)? << 4 | digit(low)?));
        let octets: Option<Vec<u8>> = octets.collect();
        octets
            .filter(|_| rest.is_empty())
            .and_then(|octets| Some(Self(octets.try_into().ok()?)))
            .ok_or_else(|| NotAChecksum(text.to_owned()))
    }
}

impl From<Checksum> for String {
    fn from(checksum: Checksum) -> Self {
        checksum.to_string()
    }
}

impl TryFrom<String> for Checksum {
    type Error = NotAChecksum;

    fn try_from(text: String) -> Result<Self, NotAChecksum> {
        text.parse()
    }
}

/// A file that is summed up while it is written from its start on.
#[derive(Debug)]
pub struct Summed<W> {
    inner: W,
    sum: Sha256,
    /// The sum at the last mark, which a failed write goes back to.
    marked: Sha256,
}

impl<W> Summed<W> {
    /// An empty file.
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            sum: Sha256::new(),
            marked: Sha256::new(),
        }
    }

    /// Marks the place that has been reached.
    pub fn mark(&mut self) {
        self.marked = self.sum.clone();
    }

    /// Says that the file was cut back to the mark.
    pub fn go_back(&mut self) {
        self.sum = self.marked.clone();
    }

    /// The file, whose sum is kept as it is.
    pub const fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// The file, and the sum of what was written.
    pub fn finish(self) -> (W, Checksum) {
        (self.inner, Checksum(self.sum.finalize().into()))
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(octets)?;
        self.sum.update(octets.get(..written).unwrap_or(octets));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write + Read + Seek> Summed<W> {
    /// A file that holds something already: reads it whole, and then stands at its end.
    ///
    /// # Errors
    /// Whatever reading fails with.
    pub fn resume(mut inner: W) -> io::Result<Self> {
        inner.seek(SeekFrom::Start(0))?;
        let sum = read(&mut inner)?;
        let marked = sum.clone();
        Ok(Self { inner, sum, marked })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// FIPS 180-4's example of one block.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn sums_are_those_of_the_standard_and_round_trip() {
        let sum = Checksum::of(&mut Cursor::new(b"abc")).unwrap();
        assert_eq!(sum.to_string(), ABC);
        assert_eq!(ABC.parse(), Ok(sum));
        for text in [
            "",
            "ba78",
            &ABC.to_uppercase(),
            &ABC.replace('b', "g"),
            &format!("{ABC}0"),
        ] {
            assert_eq!(text.parse::<Checksum>(), Err(NotAChecksum(text.to_owned())));
        }
    }

    #[test]
    fn what_was_cut_back_is_not_in_the_sum() {
        let mut file = Summed::new(Vec::new());
        file.write_all(b"ab").unwrap();
        file.mark();
        file.write_all(b"torn").unwrap();
        file.get_mut().truncate(2);
        file.go_back();
        file.write_all(b"c").unwrap();
        let (octets, sum) = file.finish();
        assert_eq!(
            (octets.as_slice(), sum.to_string().as_str()),
            (&b"abc"[..], ABC)
        );
    }

    #[test]
    fn a_file_that_holds_something_is_summed_from_its_start() {
        let mut file = Summed::resume(Cursor::new(b"ab".to_vec())).unwrap();
        file.write_all(b"c").unwrap();
        let (octets, sum) = file.finish();
        assert_eq!(octets.into_inner(), b"abc");
        assert_eq!(sum.to_string(), ABC);
    }
}
