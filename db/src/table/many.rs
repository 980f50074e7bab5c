//! Many addresses looked up at once.
//!
//! Where the table is larger than the caches, a look-up is a chain of reads, each of which
//! waits for memory and for the one before. Those of other addresses wait for none of
//! them: so each step is taken for many addresses before the next one is, and a processor
//! has their reads on the way together.

use std::net::IpAddr;

use flow::Place;
use prefetch_index::prefetch_index;

use super::Table;
use super::entry::Entry;
use super::search::{BATCH, NOTHING};

impl Table {
    /// Tells of each address in turn what [`find`](Self::find) finds of it, in less time.
    #[inline]
    pub fn find_all<'t>(&'t self, addrs: &[IpAddr], mut tell: impl FnMut(Option<Entry<'t>>)) {
        for addrs in addrs.chunks(BATCH) {
            for (addr, value) in addrs.iter().zip(self.values_of(addrs)) {
                tell(self.entry(*addr, value));
            }
        }
    }

    /// Appends of each address in turn what [`place`](Self::place) gives, in less time.
    #[inline]
    pub fn places(&self, addrs: &[IpAddr], into: &mut Vec<Place>) {
        into.reserve(addrs.len());
        for addrs in addrs.chunks(BATCH) {
            let values = self.values_of(addrs);
            let entries = addrs.iter().zip(values);
            let entries = entries.map(|(addr, value)| self.entry(*addr, value));
            for entry in entries.clone().flatten() {
                // The count of references lies before the text.
                prefetch_index(entry.as_name().unwrap_or_default().as_bytes(), 0);
            }
            into.extend(entries.map(|entry| entry.map(Entry::place).unwrap_or_default()));
        }
    }

    /// The numbers of the rows of some addresses, which are on their way with the names
    /// of their ASes.
    #[inline]
    fn values_of(&self, addrs: &[IpAddr]) -> [u32; BATCH] {
        let mut values = [NOTHING; BATCH];
        self.search.find_all(addrs, &mut values);
        for (value, _) in values.iter().zip(addrs) {
            prefetch_index(&self.rows, number(*value));
        }
        for (value, _) in values.iter().zip(addrs) {
            let row = self.rows.get(number(*value));
            prefetch_index(&self.names, number(row.map_or(0, |row| row.as_name)));
        }
        values
    }

    #[inline]
    fn entry(&self, addr: IpAddr, value: u32) -> Option<Entry<'_>> {
        Some(Entry {
            addr,
            row: self.rows.get(number(value))?,
            names: &self.names,
        })
    }
}

/// A number of a row or a name.
#[inline]
const fn number(short: u32) -> usize {
    short as usize
}
