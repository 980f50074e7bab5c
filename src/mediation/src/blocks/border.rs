//! Where blocks end, and the place of each record in its block.

/// The places of one message's records in their block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// The place of its first record; those of the others follow.
    pub first: u32,
    /// Whether the block ends with this message.
    pub ends_block: bool,
}

/// Counts records in order of receipt, before they spread over lanes, so that blocks are
/// the same on any number of lanes.
#[derive(Debug, Clone)]
pub struct Border {
    block_records: u32,
    next: u32,
}

impl Border {
    /// Blocks end with the message that brings them to `block_records` records.
    #[must_use]
    pub const fn new(block_records: u32) -> Self {
        Self {
            block_records,
            next: 0,
        }
    }

    /// One like this, at the beginning of a block.
    #[must_use]
    pub const fn anew(&self) -> Self {
        Self::new(self.block_records)
    }

    /// Gives the next message, which has so many records, its places.
    pub fn place(&mut self, records: usize) -> Places {
        let first = self.next;
        let records = u32::try_from(records).unwrap_or(u32::MAX);
        self.next = first.saturating_add(records);
        let ends_block = self.next >= self.block_records;
        if ends_block {
            self.next = 0;
        }
        Places { first, ends_block }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_with_the_message_that_fills_it() {
        let mut border = Border::new(100);
        let mut places = |records| {
            let Places { first, ends_block } = border.place(records);
            (first, ends_block)
        };
        assert_eq!(
            [places(30), places(30), places(30)].map(|p| p.0),
            [0, 30, 60]
        );
        assert_eq!(places(0), (90, false));
        assert_eq!(places(30), (90, true), "with 120 records");
        assert_eq!(places(99), (0, false), "and the next begins at 0");
        assert_eq!(places(1), (99, true));
        assert_eq!(places(usize::MAX), (0, true));
    }

    #[test]
    fn blocks_of_no_records_are_blocks_of_a_message() {
        let mut border = Border::new(0);
        assert!(border.place(7).ends_block && border.place(7).ends_block);
    }
}
