//! Many addresses looked up at once.
//!
//! Where the table is larger than the caches, a look-up is a chain of reads, each of which
//! waits for memory and for the one before. Those of other addresses wait for none of
//! them: so each step is taken for many addresses before the next one is, and a processor
//! has their reads on the way together.

use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;

use flow::Place;
use prefetch_index::prefetch_index;

use super::Table;
use super::entry::Entry;
use super::row::Row;
use super::search::BATCH;

/// The rows of some addresses; `None` of an empty table.
type Rows<'t> = [Option<&'t Row>; BATCH];

impl Table {
    /// Tells of each address in turn what [`find`](Self::find) finds of it, in less time.
    #[inline]
    pub fn find_all<'t>(&'t self, addrs: &[IpAddr], mut tell: impl FnMut(Option<Entry<'t>>)) {
        for addrs in addrs.chunks(BATCH) {
            let rows = self.rows_of(addrs);
            for (addr, row) in addrs.iter().zip(rows) {
                tell(self.entry(*addr, row));
            }
        }
    }

    /// Appends of each address in turn what [`place`](Self::place) gives, in less time.
    #[inline]
    pub fn places(&self, addrs: &[IpAddr], into: &mut Vec<Place>) {
        into.reserve(addrs.len());
        for addrs in addrs.chunks(BATCH) {
            let rows = self.rows_of(addrs);
            self.read_names(&rows);
            let entries = addrs.iter().zip(rows);
            let entries = entries.map(|(addr, row)| self.entry(*addr, row));
            into.extend(entries.map(|entry| entry.map(Entry::place).unwrap_or_default()));
        }
    }

    #[inline]
    fn rows_of(&self, addrs: &[IpAddr]) -> Rows<'_> {
        let values = self.search.find_all(addrs);
        let number = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);
        for (value, _) in values.iter().zip(addrs) {
            prefetch_index(&self.rows, number(*value));
        }
        let mut rows = [None; BATCH];
        for ((row, value), _) in rows.iter_mut().zip(values).zip(addrs) {
            *row = self.rows.get(number(value));
            let name = row.map_or(0, |row| row.as_name);
            prefetch_index(&self.names, number(name));
        }
        rows
    }

    /// Reads the counts of the references to the names of rows, which are about to be
    /// written one after the other.
    #[inline]
    fn read_names(&self, rows: &Rows<'_>) {
        let name = |row: &Row| self.names.get(usize::try_from(row.as_name).ok()?)?.as_ref();
        let mut read = 0;
        for row in rows.iter().flatten() {
            read ^= name(row).map_or(0, Arc::strong_count);
        }
        black_box(read);
    }

    #[inline]
    fn entry<'t>(&'t self, addr: IpAddr, row: Option<&'t Row>) -> Option<Entry<'t>> {
        row.map(|row| Entry {
            addr,
            row,
            names: &self.names,
        })
    }
}
