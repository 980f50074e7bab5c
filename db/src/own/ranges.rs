//! Longest match by binary search: nested prefixes, cut into ranges side by side.

/// An address as a number.
pub(super) trait Address: Copy + Ord {
    /// The address after this one; `None` after the last.
    fn next(self) -> Option<Self>;
}

impl Address for u32 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl Address for u128 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

/// Ranges that cover all addresses from the first start on: range `i` begins at
/// `starts[i]`, ends before `starts[i + 1]`, and belongs to `owners[i]`.
///
/// Starts and owners lie apart, since the search reads only the starts.
pub(super) struct Ranges<A> {
    starts: Vec<A>,
    owners: Vec<Option<usize>>,
}

impl<A> Default for Ranges<A> {
    fn default() -> Self {
        Self {
            starts: Vec::new(),
            owners: Vec::new(),
        }
    }
}

impl<A: Address> Ranges<A> {
    /// The ranges of spans `(first, last, owner)`, each of which contains the next or
    /// lies before it, the larger first: prefixes in the order of address and length.
    pub(super) fn new(spans: impl Iterator<Item = (A, A, usize)>) -> Self {
        let mut ranges = Self::default();
        // The spans around the current address, the innermost last.
        let mut open: Vec<(A, usize)> = Vec::new();
        for (first, last, owner) in spans {
            ranges.close(&mut open, |end| end < first);
            ranges.begin(first, Some(owner));
            open.push((last, owner));
        }
        ranges.close(&mut open, |_| true);
        ranges.starts.shrink_to_fit();
        ranges.owners.shrink_to_fit();
        ranges
    }

    /// Ends the innermost spans whose last address is `done`; after each, the addresses
    /// belong to the span around it.
    fn close(&mut self, open: &mut Vec<(A, usize)>, done: impl Fn(A) -> bool) {
        while let Some((last, _)) = open.pop_if(|(last, _)| done(*last)) {
            if let Some(after) = last.next() {
                self.begin(after, open.last().map(|(_, owner)| *owner));
            }
        }
    }

    /// Begins a range; one that began at the same address was empty.
    fn begin(&mut self, start: A, owner: Option<usize>) {
        if self.starts.last() == Some(&start) {
            self.starts.pop();
            self.owners.pop();
        }
        self.starts.push(start);
        self.owners.push(owner);
    }

    /// The owner of the range that the address lies in.
    pub(super) fn find(&self, addr: A) -> Option<usize> {
        let after = self.starts.partition_point(|start| *start <= addr);
        *self.owners.get(after.checked_sub(1)?)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owners(spans: &[(u32, u32, usize)], addrs: &[u32]) -> Vec<Option<usize>> {
        let ranges = Ranges::new(spans.iter().copied());
        addrs.iter().map(|addr| ranges.find(*addr)).collect()
    }

    #[test]
    fn nested_spans_give_way_and_come_back() {
        let spans = [
            (10, 99, 0),
            (10, 29, 1),
            (20, 29, 2),
            (30, 30, 3),
            (200, 210, 4),
        ];
        assert_eq!(
            owners(
                &spans,
                &[9, 10, 19, 20, 29, 30, 31, 99, 100, 199, 200, 210, 211]
            ),
            [
                None,
                Some(1),
                Some(1),
                Some(2),
                Some(2),
                Some(3),
                Some(0),
                Some(0),
                None,
                None,
                Some(4),
                Some(4),
                None
            ]
        );
    }

    #[test]
    fn a_span_may_reach_the_last_address() {
        let spans = [(0, u32::MAX, 0), (u32::MAX, u32::MAX, 1)];
        assert_eq!(
            owners(&spans, &[0, u32::MAX - 1, u32::MAX]),
            [Some(0), Some(0), Some(1)]
        );
        assert_eq!(owners(&[], &[0, u32::MAX]), [None, None]);
    }
}
