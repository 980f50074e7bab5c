//! Addresses as numbers.

use std::net::IpAddr;

use flow::Prefix;

/// An address of one family as a number, the first bit the highest.
pub(super) trait Address: Copy + Ord {
    /// The lowest address.
    const ZERO: Self;

    /// The last address of the prefix of that length that begins here.
    fn last(self, len: u32) -> Self;

    /// The address after this one; `None` after the last.
    fn next(self) -> Option<Self>;
}

impl Address for u32 {
    const ZERO: Self = 0;

    fn last(self, len: u32) -> Self {
        self | Self::MAX.checked_shr(len).unwrap_or(0)
    }

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl Address for u64 {
    const ZERO: Self = 0;

    fn last(self, len: u32) -> Self {
        self | Self::MAX.checked_shr(len).unwrap_or(0)
    }

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl Address for u128 {
    const ZERO: Self = 0;

    fn last(self, len: u32) -> Self {
        self | Self::MAX.checked_shr(len).unwrap_or(0)
    }

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

/// The same of both address families.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Both<V4, V6> {
    pub(super) v4: V4,
    pub(super) v6: V6,
}

/// A prefix and the value that is stated of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span<A> {
    /// The network address.
    pub(super) first: A,
    pub(super) value: u32,
    /// The length, at most the bits of the family.
    pub(super) len: u8,
}

/// Spans of both families, in the order in which they were stated.
pub(super) type Spans = Both<Vec<Span<u32>>, Vec<Span<u128>>>;

impl Spans {
    pub(super) fn push(&mut self, prefix: Prefix, value: u32) {
        let len = prefix.len();
        match prefix.addr() {
            IpAddr::V4(addr) => self.v4.push(Span {
                first: addr.to_bits(),
                value,
                len,
            }),
            IpAddr::V6(addr) => self.v6.push(Span {
                first: addr.to_bits(),
                value,
                len,
            }),
        }
    }
}
