//! Where blocks of records end, and what each is released as.

use flow::Tick;
use mediation::blocks::{Border, Places};

use crate::message::Release;

/// Blocks of records as they go by in the intake, before they spread over lanes: so they
/// are the same on any number of lanes.
#[derive(Debug)]
pub(crate) struct BlockEnds {
    border: Border,
    /// The place of the first record that was not yet passed on.
    first_place: u32,
    /// Whether the block ends with the last record taken.
    ended: bool,
    /// The last release of a block.
    released: Release,
}

impl BlockEnds {
    /// Blocks that end where `border` says.
    pub(crate) const fn new(border: Border) -> Self {
        Self {
            border,
            first_place: 0,
            ended: false,
            released: Release::of(Tick::from_secs(i64::MIN)),
        }
    }

    /// Gives the records of a message their places; so many are waiting already.
    pub(crate) fn place(&mut self, records: usize, waiting: usize) {
        let Places { first, ends_block } = self.border.place(records);
        if waiting == 0 {
            self.first_place = first;
        }
        self.ended = ends_block;
    }

    /// The place of the first record that was not yet passed on; those of the others
    /// follow.
    pub(crate) const fn first_place(&self) -> u32 {
        self.first_place
    }

    /// Whether the block ends with the last record taken.
    pub(crate) const fn ended(&self) -> bool {
        self.ended
    }

    /// What the block that ended in this second is released as: the next part after that
    /// of the tick.
    pub(crate) fn release(&mut self, run: u32, second: Tick) -> Release {
        let of_tick = Release {
            run,
            ..Release::of(second)
        };
        self.released = of_tick.max(self.released).next();
        self.ended = false;
        self.released
    }

    /// Another run begins with another block.
    pub(crate) const fn begin_anew(&mut self) {
        self.border = self.border.anew();
        self.ended = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_one_second_are_parts_after_its_tick() {
        let mut blocks = BlockEnds::new(Border::new(10));
        let mut released = |run, second| {
            let Release { run, tick, part } = blocks.release(run, Tick::from_secs(second));
            (run, tick.secs(), part)
        };
        assert_eq!(released(0, 5), (0, 5, 1));
        assert_eq!(released(0, 5), (0, 5, 2));
        assert_eq!(released(0, 6), (0, 6, 1));
        assert_eq!(released(1, 6), (1, 6, 1));
        assert_eq!(released(1, 2), (1, 6, 2), "never before another");
    }

    #[test]
    fn the_first_place_is_that_of_the_first_record_that_waits() {
        let mut blocks = BlockEnds::new(Border::new(10));
        blocks.place(4, 0);
        blocks.place(3, 4);
        assert_eq!((blocks.first_place(), blocks.ended()), (0, false));
        blocks.place(2, 0);
        assert_eq!((blocks.first_place(), blocks.ended()), (7, false));
        blocks.place(2, 2);
        assert!(blocks.ended());
        blocks.release(0, Tick::from_secs(1));
        blocks.place(4, 0);
        assert_eq!((blocks.first_place(), blocks.ended()), (0, false));
        blocks.begin_anew();
        blocks.place(1, 0);
        assert_eq!(blocks.first_place(), 0, "of another run");
    }
}
