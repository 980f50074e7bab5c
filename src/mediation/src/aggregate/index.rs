//! Places by tag: a hash table of which almost every look-up reads one cache line.
//!
//! A bucket is a line of the processor's caches, with room for seven tags and their
//! places. What does not fit stands in further lines, to which the first one points.
//! Whoever looks up many can have the lines read ahead, all at once: which line it is
//! does not depend on what is read.
//!
//! It grows by linear hashing: with every few entries, one line is split into two, by
//! one bit more of the tags. So growing never stops the work to move everything, and
//! takes no more memory than is needed.

use super::table::NONE;
use crate::slab::Slab;

/// Entries of a line.
const WAYS: usize = 7;
/// Entries for each line, on average, beyond which a line is split: few enough that one in
/// thirty or so does not fit into its first line.
const FILL: usize = 4;
/// Marks the number of a further line.
const FURTHER: u32 = 1 << 31;

/// A bucket, or part of one. Entries stand without gaps from the first on.
///
/// Behind the tags stands how many there are, and behind the places which line has more of
/// the bucket, so that both arrays are as long as the processor compares at once.
#[derive(Debug, Clone)]
#[repr(align(64))]
struct Line {
    tags: [u32; WAYS + 1],
    /// [`NONE`] behind the last.
    places: [u32; WAYS + 1],
}

impl Line {
    const EMPTY: Self = Self {
        tags: [0; WAYS + 1],
        places: [NONE; WAYS + 1],
    };

    const fn len(&self) -> u32 {
        self.tags[WAYS]
    }

    /// The line with more of the bucket.
    const fn more(&self) -> u32 {
        self.places[WAYS]
    }

    const fn set_more(&mut self, more: u32) {
        self.places[WAYS] = more;
    }

    fn entries(&self) -> impl Iterator<Item = (u32, u32)> {
        let entries = self.tags.iter().zip(&self.places);
        entries
            .take(self.len() as usize)
            .map(|(&tag, &place)| (tag, place))
    }

    /// Adds an entry, if there is room.
    fn push(&mut self, (tag, place): (u32, u32)) -> bool {
        let has_room = self.set(self.len(), (tag, place));
        self.tags[WAYS] += u32::from(has_room);
        has_room
    }

    /// Takes the last entry out.
    fn pop(&mut self) -> Option<(u32, u32)> {
        let last = self.entries().last()?;
        self.tags[WAYS] -= 1;
        self.set(self.len(), (0, NONE));
        Some(last)
    }

    /// Where the place of a tag stands, it with all bits the other way round; 0 if there is
    /// none. Of several, and where a tag is the length of the line, it is some wrong place.
    ///
    /// No branch depends on what is found: where a tag stands, nobody can foretell.
    fn look(&self, tag: u32) -> u32 {
        let mut found = 0;
        for (&other, &place) in self.tags.iter().zip(&self.places) {
            // All bits if it is the tag, none if not.
            let mask = u32::from(other == tag).wrapping_neg();
            found |= !place & mask;
        }
        found
    }

    fn set(&mut self, way: u32, (tag, place): (u32, u32)) -> bool {
        let way = way as usize;
        let (tags, places) = (self.tags.get_mut(..WAYS), self.places.get_mut(..WAYS));
        match (
            tags.and_then(|tags| tags.get_mut(way)),
            places.and_then(|places| places.get_mut(way)),
        ) {
            (Some(of_tag), Some(of_place)) => {
                (*of_tag, *of_place) = (tag, place);
                true
            }
            _ => false,
        }
    }
}

/// Places by tag. Several places may have one tag.
#[derive(Debug)]
pub(super) struct Index {
    first: Slab<Line>,
    further: Slab<Line>,
    /// The further lines that are not in use, each pointing to the next.
    free: u32,
    /// First lines when this doubling began: a power of 2.
    begun: u32,
    len: usize,
}

impl Default for Index {
    fn default() -> Self {
        let mut first = Slab::default();
        first.push(Line::EMPTY);
        Self {
            first,
            further: Slab::default(),
            free: NONE,
            begun: 1,
            len: 0,
        }
    }
}

impl Index {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The first line of a tag: by as many bits as this doubling leads to, if that line is
    /// there yet, else by one bit less.
    const fn home(&self, tag: u32) -> u32 {
        let below = self.begun - 1;
        let long = tag & (below << 1 | 1);
        if (long as usize) < self.first.len() {
            long
        } else {
            tag & below
        }
    }

    fn line(&self, at: u32) -> Option<&Line> {
        if at & FURTHER == 0 {
            self.first.get(at)
        } else {
            self.further.get(at & !FURTHER)
        }
    }

    fn line_mut(&mut self, at: u32) -> Option<&mut Line> {
        if at & FURTHER == 0 {
            self.first.get_mut(at)
        } else {
            self.further.get_mut(at & !FURTHER)
        }
    }

    /// Has the first line of a tag read, so that it is near when it is used.
    pub(super) fn prefetch(&self, tag: u32) {
        self.first.prefetch(self.home(tag));
    }

    /// The place of a tag, most likely: some wrong place if a line has two of one tag, or if
    /// the tag is one of the few small numbers that are lengths of lines.
    /// [`NONE`] if there is none.
    pub(super) fn look(&self, tag: u32) -> u32 {
        let mut at = self.home(tag);
        while let Some(line) = self.line(at) {
            let found = line.look(tag);
            if found != 0 {
                return !found;
            }
            at = line.more();
        }
        NONE
    }

    /// A place of this tag for which `is_it` holds.
    pub(super) fn find(&self, tag: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut at = self.home(tag);
        loop {
            let line = self.line(at)?;
            let mut of_tag = line.entries().filter(|&(other, _)| other == tag);
            if let Some((_, place)) = of_tag.find(|&(_, place)| is_it(place)) {
                return Some(place);
            }
            at = line.more();
        }
    }

    /// Adds a place that is not there yet.
    pub(super) fn insert(&mut self, tag: u32, place: u32) {
        self.put((tag, place));
        self.len += 1;
        if self.len > FILL * self.first.len() {
            self.split();
        }
    }

    /// Puts an entry into the first line of its bucket that has room.
    fn put(&mut self, entry: (u32, u32)) {
        let mut at = self.home(entry.0);
        while let Some(line) = self.line_mut(at) {
            if line.push(entry) {
                return;
            }
            let more = line.more();
            if more == NONE {
                let added = self.add_further();
                if let Some(line) = self.line_mut(at) {
                    line.set_more(added);
                }
                at = added;
            } else {
                at = more;
            }
        }
    }

    /// An empty further line.
    fn add_further(&mut self) -> u32 {
        let at = self.free;
        let Some(line) = self.line_mut(at) else {
            // There are fewer lines than places.
            return self.further.push(Line::EMPTY) | FURTHER;
        };
        let next = line.more();
        line.set_more(NONE);
        self.free = next;
        at
    }

    fn free_further(&mut self, at: u32) {
        let free = self.free;
        if let Some(line) = self.line_mut(at) {
            *line = Line::EMPTY;
            line.set_more(free);
            self.free = at;
        }
    }

    /// Splits the line whose turn it is: of its entries, those whose tags have one bit
    /// more move to a new line.
    fn split(&mut self) {
        let mut at = self.first.push(Line::EMPTY) - self.begun;
        if self.first.len() == self.begun as usize * 2 {
            self.begun *= 2;
        }
        while let Some(line) = self.line_mut(at) {
            let line = std::mem::replace(line, Line::EMPTY);
            if at & FURTHER != 0 {
                self.free_further(at);
            }
            for entry in line.entries() {
                self.put(entry);
            }
            at = line.more();
        }
    }

    /// Removes a place of a tag. The last entry of the bucket fills its gap.
    pub(super) fn remove(&mut self, tag: u32, place: u32) {
        let mut found = None;
        let (mut at, mut before) = (self.home(tag), NONE);
        while let Some(line) = self.line(at) {
            let way = line.entries().position(|entry| entry == (tag, place));
            if let Some(way) = way {
                found = Some((at, way));
            }
            if line.more() == NONE {
                break;
            }
            (before, at) = (at, line.more());
        }
        let Some((found_at, way)) = found else {
            return;
        };
        self.len -= 1;
        let Some(line) = self.line_mut(at) else {
            return;
        };
        let last = line.pop();
        let is_empty = line.len() == 0;
        let was_last = (found_at, way) == (at, line.len() as usize);
        if let (Some(last), false) = (last, was_last)
            && let Some(line) = self.line_mut(found_at)
        {
            // A line has few ways.
            line.set(u32::try_from(way).unwrap_or(0), last);
        }
        if is_empty && let Some(line) = self.line_mut(before) {
            line.set_more(NONE);
            self.free_further(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// A tag that looks random.
    fn tag(number: u32) -> u32 {
        number.wrapping_mul(0x9E37_79B1).rotate_left(13) ^ number
    }

    /// Places by tag, in the index.
    fn of_tag(index: &Index, tag: u32) -> Vec<u32> {
        let mut places = Vec::new();
        index.find(tag, |place| {
            places.push(place);
            false
        });
        places.sort_unstable();
        places
    }

    /// Entries stand without gaps, each in the bucket of its tag, and no further line is empty
    /// or lost.
    fn check(index: &Index) {
        let (mut entries, mut further) = (0, 0);
        for home in 0..u32::try_from(index.first.len()).unwrap() {
            let mut at = home;
            while let Some(line) = index.line(at) {
                assert!(at == home || line.len() > 0, "an empty line");
                assert!(line.more() == NONE || line.len() as usize == WAYS, "a gap");
                assert!(line.entries().all(|(tag, _)| index.home(tag) == home));
                let unused = line.places.iter().take(WAYS).skip(line.len() as usize);
                assert!(unused.into_iter().all(|&place| place == NONE));
                entries += line.len() as usize;
                further += usize::from(at != home);
                at = line.more();
            }
        }
        let mut free = 0;
        let mut at = index.free;
        while let Some(line) = index.line(at) {
            (free, at) = (free + 1, line.more());
        }
        assert_eq!(entries, index.len());
        assert_eq!(further + free, index.further.len());
        assert!(index.len() <= FILL * index.first.len());
    }

    #[test]
    fn a_line_is_a_cache_line() {
        assert_eq!((size_of::<Line>(), align_of::<Line>()), (64, 64));
    }

    #[test]
    fn what_is_in_it_is_found_while_it_grows_and_little_stands_in_further_lines() {
        let mut index = Index::default();
        for number in 0..100_000 {
            index.insert(tag(number), number);
        }
        check(&index);
        for number in 0..100_000 {
            assert_eq!(index.look(tag(number)), number);
            assert_eq!(of_tag(&index, tag(number)), [number]);
        }
        assert_eq!(index.look(tag(100_000)), NONE);
        assert_eq!(index.first.len(), 100_000 / FILL);
        assert!(index.further.len() < index.first.len() / 5);
    }

    #[test]
    fn places_of_one_tag_are_all_kept_and_told_apart() {
        let mut index = Index::default();
        for place in 0..1_000 {
            index.insert(0, place);
        }
        check(&index);
        assert_eq!(of_tag(&index, 0), (0..1_000).collect::<Vec<u32>>());
        assert_eq!(index.find(0, |place| place == 777), Some(777));
        for place in (0..1_000).rev().step_by(2).chain((0..1_000).step_by(2)) {
            index.remove(0, place);
            check(&index);
        }
        assert_eq!((index.len(), index.look(0)), (0, NONE));
    }

    #[test]
    fn lines_that_are_no_longer_needed_serve_again() {
        let mut index = Index::default();
        let mut lines = Vec::new();
        for _ in 0..3 {
            for place in 0..500 {
                index.insert(7, place);
            }
            lines.push((index.first.len(), index.further.len()));
            for place in 0..500 {
                index.remove(7, place);
            }
        }
        assert!(lines.windows(2).all(|pair| pair[1] <= pair[0]), "{lines:?}");
    }

    proptest! {
        /// Few tags, so that they collide, in their low bits or in all; none is a length.
        #[test]
        fn it_is_a_map_from_tags_to_places(
            steps in prop::collection::vec((any::<bool>(), 8_u32..20, 0_u32..40, 0_u8..2), 0..600),
        ) {
            let mut index = Index::default();
            let mut model: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for (adds, low, place, high) in steps {
                let tag = low | u32::from(high) << 9;
                let places = model.entry(tag).or_default();
                let is_there = places.contains(&place);
                if adds && !is_there {
                    index.insert(tag, place);
                    places.push(place);
                    places.sort_unstable();
                } else if !adds {
                    index.remove(tag, place);
                    places.retain(|&other| other != place);
                }
                check(&index);
            }
            for (&tag, places) in &model {
                prop_assert_eq!(&of_tag(&index, tag), places);
                match places[..] {
                    [] => prop_assert_eq!(index.look(tag), NONE),
                    [place] => prop_assert_eq!(index.look(tag), place),
                    _ => {}
                }
            }
            prop_assert_eq!(index.len(), model.values().map(Vec::len).sum::<usize>());
        }
    }
}
