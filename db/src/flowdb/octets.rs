//! Octets that are read one number after the other.

/// What is left to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Octets<'a> {
    all: usize,
    rest: &'a [u8],
}

impl<'a> Octets<'a> {
    pub(crate) const fn new(octets: &'a [u8]) -> Self {
        Self {
            all: octets.len(),
            rest: octets,
        }
    }

    /// How many were read.
    pub(crate) const fn at(&self) -> usize {
        self.all - self.rest.len()
    }

    /// Whether none are left.
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// So many of them; `None` if there are fewer.
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// The next `N`.
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*taken)
    }

    /// So many chunks of `N`.
    pub(crate) fn chunks<const N: usize>(&mut self, count: usize) -> Option<&'a [[u8; N]]> {
        let taken = self.take(count.checked_mul(N)?)?;
        Some(taken.as_chunks().0)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }
}
