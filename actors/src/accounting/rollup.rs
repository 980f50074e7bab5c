//! What flows that are rolled up come to.

use mediation::rollup::Counters;

use super::{Accounting, Totals};

impl Accounting {
    /// Adds what a roll-up has counted since it was last told.
    pub(crate) fn rolled_up(&self, now: &Counters, told: &Counters) {
        self.flows_rolled_up.add(now.flows - told.flows);
        self.flows_rolled_up_late.add(now.late - told.late);
        self.groups_begun.add(now.begun - told.begun);
        self.groups_released.add(now.released - told.released);
        self.groups_without_room.add(now.no_room - told.no_room);
        let (taken, were) = (now.taken_in, told.taken_in);
        self.packets_rolled_up.shift(were.packets, taken.packets);
        self.bytes_rolled_up.shift(were.bytes, taken.bytes);
        let (left, were) = (now.let_out, told.let_out);
        self.packets_in_groups.shift(were.packets, left.packets);
        self.bytes_in_groups.shift(were.bytes, left.bytes);
    }
}

impl Totals {
    /// What sums say is what their flows said; where all have left.
    pub(super) fn laws_of_groups(&self) -> impl Iterator<Item = (&'static str, u64, u64)> + use<> {
        let laws = [
            (
                "packets rolled up = packets in groups",
                self.packets_rolled_up,
                self.packets_in_groups,
            ),
            (
                "bytes rolled up = bytes in groups",
                self.bytes_rolled_up,
                self.bytes_in_groups,
            ),
        ];
        let all_left = self.groups_held == 0;
        laws.into_iter().filter(move |_| all_left)
    }
}
