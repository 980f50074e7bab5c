//! MRT records, one after the other (RFC 6396, 2).

use std::io::Read;

use crate::source::input::{Limits, Unpacked, other_kind, unreadable};
use crate::source::{At, Fault};

/// The records of a file.
pub(super) struct Records<'r> {
    reader: Unpacked<'r>,
    /// The most octets of a record.
    limit: u64,
    /// The record that was read last, from 1.
    number: u64,
    body: Vec<u8>,
    expected: &'static str,
}

/// One record.
pub(super) struct Record<'a> {
    pub(super) at: At,
    pub(super) kind: u16,
    pub(super) subtype: u16,
    pub(super) body: &'a [u8],
}

impl Record<'_> {
    /// That this record is wrong.
    pub(super) fn wrong(&self, found: String, expected: &'static str) -> Fault {
        Fault::Wrong {
            at: self.at,
            found,
            expected,
        }
    }
}

/// Octets of the header of a record.
const HEADER: u64 = 12;

impl<'r> Records<'r> {
    pub(super) fn of(reader: Unpacked<'r>, limits: Limits, expected: &'static str) -> Self {
        Self {
            reader,
            limit: limits.record,
            number: 0,
            body: Vec::new(),
            expected,
        }
    }

    /// The next record; `None` behind the last.
    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>, Fault> {
        if self.reader.begins()?.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        let at = At::Record {
            number: self.number,
            octet: self.reader.taken(),
        };
        self.read_up_to(at, HEADER)?;
        let Some(header) = self.body.first_chunk::<12>() else {
            return Err(self.other_kind().unwrap_or(Fault::Truncated { at }));
        };
        let [_, _, _, _, k1, k0, s1, s0, length @ ..] = *header;
        let (kind, subtype) = (u16::from_be_bytes([k1, k0]), u16::from_be_bytes([s1, s0]));
        if self.number == 1 && !KINDS.contains(&kind) {
            return Err(self.other_kind().unwrap_or_else(|| self.no_record()));
        }
        self.read_body(at, u32::from_be_bytes(length).into())?;
        Ok(Some(Record {
            at,
            kind,
            subtype,
            body: &self.body,
        }))
    }

    /// Reads the rest of a record. Memory grows with what is there, not with what a length says.
    fn read_body(&mut self, at: At, length: u64) -> Result<(), Fault> {
        if length > self.limit {
            return Err(Fault::Long {
                at,
                what: "a record",
                limit: self.limit,
                expected: self.expected,
            });
        }
        if self.read_up_to(at, length)? < length {
            return Err(Fault::Truncated { at });
        }
        Ok(())
    }

    /// Reads so many octets, or all that are there.
    fn read_up_to(&mut self, at: At, octets: u64) -> Result<u64, Fault> {
        self.body.clear();
        let read = self
            .reader
            .by_ref()
            .take(octets)
            .read_to_end(&mut self.body);
        let read = read.map_err(|error| unreadable(at, error))?;
        Ok(u64::try_from(read).unwrap_or(u64::MAX))
    }

    /// What the file is instead, if the first octets tell.
    fn other_kind(&self) -> Option<Fault> {
        let found = other_kind(&self.body).filter(|_| self.number == 1)?;
        Some(Fault::OtherKind {
            found: found.to_owned(),
            expected: self.expected,
        })
    }

    fn no_record(&self) -> Fault {
        Fault::OtherKind {
            found: "data that do not begin with an MRT record".to_owned(),
            expected: self.expected,
        }
    }
}

/// Types of records that exist (IANA, Multi-threaded Routing Toolkit).
const KINDS: [u16; 9] = [11, 12, 13, 16, 17, 32, 33, 48, 49];
