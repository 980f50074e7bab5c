//! Reading the file of a source, watched and summed.

use std::fs::File;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::Event;
use crate::{Full, Sha256Sum, Statement, Statements};

/// Octets between two things that are told.
const TELL_EVERY: u64 = 1 << 20;

/// A file of a source that is being read.
pub(super) struct Reading<'a, 'b> {
    file: File,
    sha256: Sha256,
    source: &'a str,
    octets: u64,
    of: u64,
    told: u64,
    observer: &'a mut (dyn FnMut(&Event<'_>) + 'b),
}

impl<'a, 'b> Reading<'a, 'b> {
    pub(super) fn new(
        file: File,
        source: &'a str,
        observer: &'a mut (dyn FnMut(&Event<'_>) + 'b),
    ) -> io::Result<Self> {
        let of = file.metadata()?.len();
        Ok(Self {
            file,
            sha256: Sha256::new(),
            source,
            octets: 0,
            of,
            told: 0,
            observer,
        })
    }

    /// The SHA-256 of the whole file, what was not read of it included.
    pub(super) fn sum(mut self) -> io::Result<Sha256Sum> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(Sha256Sum::finished(self.sha256))
    }
}

impl Read for Reading<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.sha256.update(into.get(..read).unwrap_or_default());
        self.octets += read as u64;
        if self.octets >= self.told + TELL_EVERY || (read == 0 && self.told < self.octets) {
            self.told = self.octets;
            (self.observer)(&Event::Reading {
                source: self.source,
                octets: self.octets,
                of: self.of,
            });
        }
        Ok(read)
    }
}

/// Takes statements and keeps none: whether a file can be used is seen by reading it.
pub(super) struct Unheard;

impl Statements for Unheard {
    fn state(&mut self, _: Statement<'_>) -> Result<(), Full> {
        Ok(())
    }
}
