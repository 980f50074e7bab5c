//! Which flows to look at in which second.

use std::collections::BTreeMap;

use flow::Tick;

use super::table::Slot;

/// Slots by the tick at which they come up. Adding one costs a look-up among the few
/// hundred seconds in use; a second without flows costs nothing.
#[derive(Debug, Default)]
pub(super) struct Wheel(BTreeMap<Tick, Vec<Slot>>);

impl Wheel {
    pub(super) fn add(&mut self, tick: Tick, slot: Slot) {
        self.0.entry(tick).or_default().push(slot);
    }

    /// Takes out everything up to `tick`, with the tick each was added for.
    pub(super) fn take_until(&mut self, tick: Tick) -> impl Iterator<Item = (Tick, Slot)> + use<> {
        let later = self.0.split_off(&tick.next());
        let due = std::mem::replace(&mut self.0, later);
        due.into_iter()
            .flat_map(|(at, slots)| slots.into_iter().map(move |slot| (at, slot)))
    }
}
