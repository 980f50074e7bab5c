//! Building the global database from the files of the sources.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};

use sha2::{Digest, Sha256};

use super::manifest::{Built, Manifest, SourceFile};
use super::reading::Reading;
use super::{Event, Observer, Wanted, World, WorldError};
use crate::flowdb::{Header, SourceUsed};
use crate::made_of::utc;
use crate::source::Tally;
use crate::{Builder, Sha256Sum, Table, TemporaryFile};

impl World {
    /// Builds the global database anew from what is there.
    ///
    /// # Errors
    /// [`WorldError`]; what was built before stays.
    pub fn build(&self, now: u64, observer: Observer<'_>) -> Result<Built, WorldError> {
        let _lock = self.lock()?;
        let mut manifest = Manifest::read(&self.directory)?;
        self.build_of(&mut manifest, now, observer)
    }

    /// Renames what was built, so that it is not opened again, and built anew.
    ///
    /// # Errors
    /// What the system says.
    pub fn set_global_aside(&self) -> io::Result<()> {
        let global = self.global();
        fs::rename(&global, global.with_added_extension("damaged"))
    }

    /// The sources whose files are there, the one that counts first in front.
    fn there<'a>(
        &'a self,
        manifest: &'a Manifest,
    ) -> impl Iterator<Item = (&'a Wanted, &'a SourceFile)> {
        self.wanted.iter().filter_map(|wanted| {
            let file = manifest.sources.get(&wanted.name)?.file.as_ref()?;
            self.is_there(wanted, file).then_some((wanted, file))
        })
    }

    /// Whether there is anything to build from.
    pub(super) fn has_files(&self, manifest: &Manifest) -> bool {
        self.there(manifest).next().is_some()
    }

    /// Whether what is built is of what is there.
    pub(super) fn is_built(&self, manifest: &Manifest) -> bool {
        let Some(built) = &manifest.built else {
            return false;
        };
        let found = fs::metadata(self.global());
        built.by == by()
            && found.is_ok_and(|found| found.len() == built.octets)
            && built.of == self.of(manifest)
    }

    fn of(&self, manifest: &Manifest) -> Vec<(String, Sha256Sum)> {
        let there = self.there(manifest);
        there
            .map(|(wanted, file)| (wanted.name.clone(), file.sha256))
            .collect()
    }

    pub(super) fn build_of(
        &self,
        manifest: &mut Manifest,
        now: u64,
        observer: Observer<'_>,
    ) -> Result<Built, WorldError> {
        let of = self.of(manifest);
        if of.is_empty() {
            return Err(WorldError::Nothing);
        }
        let (builder, sources) = match self.state_all(manifest, observer) {
            Ok(stated) => stated,
            Err((source, error)) => return Err(self.distrust(&source, manifest, error)),
        };
        observer(&Event::Merging);
        let builder_name = by();
        let header = Header {
            builder: builder_name.clone(),
            sources,
        };
        let (sha256, octets) = self.write_global(&builder.build(), &header)?;
        let built = Built {
            at: now,
            by: builder_name,
            of,
            sha256,
            octets,
        };
        manifest.built = Some(built.clone());
        self.write(manifest)?;
        observer(&Event::Built(&built));
        Ok(built)
    }

    /// Has all sources state what they say; which one cannot, and why.
    fn state_all(
        &self,
        manifest: &Manifest,
        observer: Observer<'_>,
    ) -> Result<(Builder, Vec<SourceUsed>), (String, WorldError)> {
        let mut builder = Builder::default();
        let mut used = Vec::new();
        for (number, (wanted, file)) in self.there(manifest).enumerate() {
            if number > 0 {
                builder.next_source();
            }
            let stated = self.state(wanted, file, &mut builder, observer);
            let tally = stated.map_err(|error| (wanted.name.clone(), error))?;
            used.push(source_used(wanted, file, &tally));
        }
        Ok((builder, used))
    }

    /// Forgets the file of a source that cannot be built from, so that it is fetched anew.
    fn distrust(&self, source: &str, manifest: &mut Manifest, error: WorldError) -> WorldError {
        if matches!(error, WorldError::Full(_)) {
            return error;
        }
        if let Some(entry) = manifest.sources.get_mut(source) {
            entry.file = None;
        }
        match self.write(manifest) {
            Ok(()) => error,
            Err(unwritten) => unwritten,
        }
    }

    /// Has a source state what it says. Its file is read to its end and must be the one
    /// that was fetched.
    fn state(
        &self,
        wanted: &Wanted,
        file: &SourceFile,
        builder: &mut Builder,
        observer: Observer<'_>,
    ) -> Result<Tally, WorldError> {
        let path = self.file_of(&wanted.name);
        let unread = |source: io::Error| WorldError::Read {
            path: path.clone(),
            source,
        };
        let opened = File::open(&path).map_err(unread)?;
        let mut reading = Reading::new(opened, &wanted.name, observer).map_err(unread)?;
        let place = path.display().to_string();
        let read = wanted
            .format
            .read(&place, &mut reading, wanted.format.limits(), builder);
        let sum = reading.sum().map_err(unread)?;
        // First, as it is the reason for whatever is wrong with what it states.
        if sum != file.sha256 {
            return Err(WorldError::Altered { path });
        }
        Ok(read?)
    }

    /// Writes the table to its place, whole or not at all; its SHA-256 and octets.
    fn write_global(&self, table: &Table, header: &Header) -> Result<(Sha256Sum, u64), WorldError> {
        let write = || {
            let file = TemporaryFile::create(&self.directory)?;
            let mut summed = Summed::new(file);
            let mut out = BufWriter::new(&mut summed);
            table.write_to(&mut out, header)?;
            out.flush()?;
            drop(out);
            let (file, sha256, octets) = summed.finish();
            file.commit(&self.global())?;
            Ok((sha256, octets))
        };
        write().map_err(|source| WorldError::Write {
            path: self.global(),
            source,
        })
    }
}

/// A source as the header of what is built names it.
fn source_used(wanted: &Wanted, file: &SourceFile, tally: &Tally) -> SourceUsed {
    let dropped = tally.dropped.iter();
    SourceUsed {
        name: wanted.name.clone(),
        format: file.format.clone(),
        url: file.url.clone(),
        date: Some(utc(file.fetched)),
        sha256: file.sha256,
        licence: file.licence.clone(),
        attribution: file.attribution.clone(),
        rows: tally.rows,
        stated: tally.stated,
        dropped: dropped
            .map(|(reason, count)| (reason.to_string(), *count))
            .collect(),
    }
}

/// What is written, and its sum.
struct Summed<W> {
    into: W,
    sha256: Sha256,
    octets: u64,
}

impl<W> Summed<W> {
    fn new(into: W) -> Self {
        Self {
            into,
            sha256: Sha256::new(),
            octets: 0,
        }
    }

    fn finish(self) -> (W, Sha256Sum, u64) {
        (self.into, Sha256Sum::finished(self.sha256), self.octets)
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.into.write(octets)?;
        self.sha256
            .update(octets.get(..written).unwrap_or_default());
        self.octets += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.into.flush()
    }
}

/// Name and version of this builder: another version may build something else.
fn by() -> String {
    format!("flowstream {}", env!("CARGO_PKG_VERSION"))
}
