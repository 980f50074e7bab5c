//! The file behind a reader: reads at offsets, and seeks only where it must.

use std::io::{self, Read, Seek, SeekFrom};

use crate::{DatasetError, Result};

/// An input that knows where it stands.
pub(super) struct Source<R> {
    input: R,
    /// Where `input` stands, if that is known.
    at: Option<u64>,
    /// The length of the file as last seen.
    known_len: u64,
}

impl<R: Read + Seek> Source<R> {
    /// A source that stands `at` octets from its start.
    pub(super) const fn new(input: R, at: u64) -> Self {
        Self {
            input,
            at: Some(at),
            known_len: at,
        }
    }

    /// Seeks before the next read, so that a buffer in between looks at the file again.
    pub(super) const fn forget(&mut self) {
        self.at = None;
    }

    /// The length of the file as it is now.
    pub(super) fn len(&mut self) -> Result<u64> {
        self.at = None;
        self.known_len = self
            .input
            .seek(SeekFrom::End(0))
            .map_err(DatasetError::io(self.known_len))?;
        Ok(self.known_len)
    }

    /// How far the file reaches, at least up to `end` if it does.
    pub(super) fn reaches(&mut self, end: u64) -> Result<u64> {
        if end <= self.known_len {
            return Ok(self.known_len);
        }
        self.len()
    }

    fn go_to(&mut self, offset: u64) -> Result<()> {
        if self.at != Some(offset) {
            self.input
                .seek(SeekFrom::Start(offset))
                .map_err(DatasetError::io(offset))?;
        }
        // Unknown again until the read that follows has told how far it came.
        self.at = None;
        Ok(())
    }

    /// Fills `bytes` from `offset` as far as the file goes; gives how far.
    pub(super) fn fill(&mut self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        self.go_to(offset)?;
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.input.read(rest) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(DatasetError::io(offset)(error)),
            }
        }
        self.at = Some(offset + filled as u64);
        Ok(filled)
    }

    /// Replaces `bytes` by up to `len` octets from `offset`; gives how many.
    ///
    /// Memory grows with what is there, not with what is claimed.
    pub(super) fn read(&mut self, offset: u64, len: u32, bytes: &mut Vec<u8>) -> Result<usize> {
        self.go_to(offset)?;
        bytes.clear();
        let found = (&mut self.input)
            .take(len.into())
            .read_to_end(bytes)
            .map_err(DatasetError::io(offset))?;
        self.at = Some(offset + found as u64);
        Ok(found)
    }
}

impl<R> Source<R> {
    pub(super) fn into_inner(self) -> R {
        self.input
    }
}
