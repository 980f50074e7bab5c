//! Values in numbered places, in chunks: growing moves nothing and takes no more
//! memory than is needed.

use prefetch_index::prefetch_index;

/// Values of one chunk.
const CHUNK: usize = 1 << 12;

/// Numbered places for values.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    chunks: Vec<Vec<T>>,
    len: usize,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            len: 0,
        }
    }
}

impl<T> Slab<T> {
    /// How many places there are.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, place: u32) -> Option<&T> {
        let place = place as usize;
        self.chunks.get(place / CHUNK)?.get(place % CHUNK)
    }

    pub(crate) fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        let place = place as usize;
        self.chunks.get_mut(place / CHUNK)?.get_mut(place % CHUNK)
    }

    /// Has the cache line read in which a place begins, and waits for nothing.
    pub(crate) fn prefetch(&self, place: u32) {
        let place = place as usize;
        if let Some(chunk) = self.chunks.get(place / CHUNK) {
            prefetch_index(chunk, place % CHUNK);
        }
    }

    /// Adds a place behind the last.
    pub(crate) fn push(&mut self, value: T) -> u32 {
        let place = self.len;
        if place.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(value);
        }
        self.len += 1;
        // What is kept is bounded far below 2^32.
        u32::try_from(place).unwrap_or(u32::MAX)
    }
}

/// Values beside those of a slab, at the same places, for the few that have one.
#[derive(Debug)]
pub(crate) struct Sidecars<T> {
    chunks: Vec<Option<Box<[T]>>>,
}

impl<T> Default for Sidecars<T> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<T: Clone + Default> Sidecars<T> {
    pub(crate) fn get(&self, place: u32) -> Option<&T> {
        let place = place as usize;
        let chunk = self.chunks.get(place / CHUNK)?.as_ref()?;
        chunk.get(place % CHUNK)
    }

    /// The value at a place; the first of its chunk makes room for all of them.
    pub(crate) fn make(&mut self, place: u32) -> Option<&mut T> {
        let place = place as usize;
        if self.chunks.len() <= place / CHUNK {
            self.chunks.resize_with(place / CHUNK + 1, || None);
        }
        let chunk = self.chunks.get_mut(place / CHUNK)?;
        let chunk = chunk.get_or_insert_with(|| vec![T::default(); CHUNK].into());
        chunk.get_mut(place % CHUNK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_keep_their_values_over_chunks() {
        let mut slab = Slab::default();
        for value in 0..3 * CHUNK {
            assert_eq!(slab.push(value) as usize, value);
        }
        for (place, value) in [
            (0, 0),
            (4_095, CHUNK - 1),
            (4_096, CHUNK),
            (12_287, 3 * CHUNK - 1),
        ] {
            assert_eq!(slab.get(place), Some(&value));
        }
        assert_eq!(slab.get(12_288), None);
    }

    #[test]
    fn sidecars_are_made_where_they_are_asked_for() {
        let mut sidecars: Sidecars<u64> = Sidecars::default();
        assert_eq!(sidecars.get(5_000), None);
        *sidecars.make(5_000).unwrap() = 7;
        assert_eq!((sidecars.get(5_000), sidecars.get(0)), (Some(&7), None));
    }
}
