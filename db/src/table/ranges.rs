//! Nested prefixes, cut into ranges side by side; and many such cuts, merged.

use super::address::{Address, Span};

/// Ranges in ascending order of their starts; each ends where the next begins, the last
/// with the address space. The value 0 says nothing.
pub(super) type Ranges<A> = Vec<(A, u32)>;

/// The ranges in which the most specific span decides. Of several spans of one prefix the
/// one that was stated first counts.
pub(super) fn flatten<A: Address>(mut spans: Vec<Span<A>>) -> Ranges<A> {
    // Most sources state in this order, which to see is cheaper than to sort.
    if !spans.is_sorted_by_key(|span| (span.first, span.len)) {
        spans.sort_by_key(|span| (span.first, span.len));
    }
    spans.dedup_by_key(|span| (span.first, span.len));
    let mut flat = Flat {
        ranges: Vec::with_capacity(spans.len()),
        open: Vec::new(),
    };
    for span in spans {
        flat.close(|last| last < span.first);
        flat.begin(span.first, span.value);
        flat.open
            .push((span.first.last(span.len.into()), span.value));
    }
    flat.close(|_| true);
    flat.ranges
}

struct Flat<A> {
    ranges: Ranges<A>,
    /// Last address and value of the spans around the current address, the innermost
    /// last.
    open: Vec<(A, u32)>,
}

impl<A: Address> Flat<A> {
    /// Ends the innermost spans whose last address is `done`; after each, the addresses
    /// belong to the span around it.
    fn close(&mut self, done: impl Fn(A) -> bool) {
        while let Some((last, _)) = self.open.pop_if(|(last, _)| done(*last)) {
            if let Some(after) = last.next() {
                let around = self.open.last().map_or(0, |(_, value)| *value);
                self.begin(after, around);
            }
        }
    }

    fn begin(&mut self, start: A, value: u32) {
        begin(&mut self.ranges, start, value);
    }
}

/// Begins a range. One that began at the same address was empty, and one of the same value
/// goes on.
pub(super) fn begin<A: Address>(ranges: &mut Ranges<A>, start: A, value: u32) {
    if ranges.last().is_some_and(|(last, _)| *last == start) {
        ranges.pop();
    }
    if ranges.last().is_none_or(|(_, last)| *last != value) {
        ranges.push((start, value));
    }
}

/// One layer on the way through it.
struct Cursor<'a, A> {
    ahead: std::slice::Iter<'a, (A, u32)>,
}

impl<'a, A: Address> Cursor<'a, A> {
    fn new(ranges: &'a Ranges<A>) -> Self {
        Self {
            ahead: ranges.iter(),
        }
    }

    fn start(&self) -> Option<A> {
        self.ahead.as_slice().first().map(|(start, _)| *start)
    }

    /// The value from `at` on, if a range begins there.
    fn step(&mut self, at: A) -> Option<u32> {
        if self.start() != Some(at) {
            return None;
        }
        self.ahead.next().map(|(_, value)| *value)
    }
}

/// The layers merged: the whole address space in ranges, whose values `value_of` makes of
/// the values that the layers have there, in their order.
pub(super) fn merge<A: Address>(
    layers: &[Ranges<A>],
    mut value_of: impl FnMut(&[u32]) -> u32,
) -> Ranges<A> {
    let mut cursors: Vec<Cursor<'_, A>> = layers.iter().map(Cursor::new).collect();
    let mut values = vec![0; layers.len()];
    let mut merged = Ranges::new();
    let mut at = Some(A::ZERO);
    while let Some(start) = at {
        for (value, cursor) in values.iter_mut().zip(&mut cursors) {
            *value = cursor.step(start).unwrap_or(*value);
        }
        begin(&mut merged, start, value_of(&values));
        at = cursors.iter().filter_map(Cursor::start).min();
    }
    merged
}
