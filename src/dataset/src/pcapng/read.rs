//! Reading what was received back, block by block.

use super::block::first_block;
use super::section::{Event, Section, interpret};
use super::{StatePart, Statistics};
use crate::capture::Counts;
use crate::connections::Connections;
use crate::packet::Carried;
use crate::{Datagram, Piece, Result};

/// What a block of the raw dataset gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// A datagram.
    Datagram(Datagram<'a>),
    /// A piece of a stream.
    Piece(Piece<'a>),
    /// Statistics at the end of a run.
    Statistics(Statistics),
    /// A part of what was known when a run began.
    State(StatePart<'a>),
    /// The look-up databases that count from a time on, in the words of who wrote it.
    Databases(&'a [u8]),
}

/// Reads the payloads of a segment's frames, the preamble first.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    section: Option<Section>,
    connections: Connections,
    counts: Counts,
}

impl Reader {
    /// A reader that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The items of some whole blocks, such as the payload of a frame.
    pub const fn items<'r, 'a>(&'r mut self, blocks: &'a [u8]) -> Items<'r, 'a> {
        Items {
            reader: self,
            blocks,
            at: 0,
        }
    }

    /// What has been read and skipped so far.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }
}

/// The items of some blocks; ends after the first error, whose offset is that in them.
#[derive(Debug)]
pub struct Items<'r, 'a> {
    reader: &'r mut Reader,
    blocks: &'a [u8],
    at: usize,
}

impl<'a> Items<'_, 'a> {
    fn next_item(&mut self) -> Result<Option<Item<'a>>> {
        while let Some(rest) = self.blocks.get(self.at..).filter(|rest| !rest.is_empty()) {
            let order = self.reader.section.as_ref().map(|section| section.order);
            let (block, len) = first_block(rest, order, self.at as u64)?;
            let event = interpret(&mut self.reader.section, block)?;
            self.at += len;
            if let Some(item) = self.item(&event) {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    fn item(&mut self, event: &Event<'a>) -> Option<Item<'a>> {
        let counts = &mut self.reader.counts;
        if let Event::Statistics(statistics) = event {
            counts.statistics += 1;
            return Some(Item::Statistics(*statistics));
        }
        if let Event::State(part) = event {
            return Some(Item::State(*part));
        }
        if let Event::Databases(octets) = event {
            return Some(Item::Databases(octets));
        }
        let (received, octets, carried) = counts.take(event)?;
        let tcp = match carried {
            Carried::Udp(udp) => {
                return Some(Item::Datagram(Datagram {
                    received,
                    source: udp.source,
                    destination: udp.destination,
                    payload: octets.get(udp.payload)?,
                }));
            }
            Carried::Tcp(tcp) => tcp,
        };
        let found = self.reader.connections.take(&tcp, counts)?;
        Some(Item::Piece(Piece {
            received,
            source: tcp.source,
            destination: tcp.destination,
            begins: found.begins,
            octets: octets.get(found.payload)?,
            end: found.end,
        }))
    }
}

impl<'a> Iterator for Items<'_, 'a> {
    type Item = Result<Item<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.next_item();
        if item.is_err() {
            self.at = self.blocks.len();
        }
        item.transpose()
    }
}
