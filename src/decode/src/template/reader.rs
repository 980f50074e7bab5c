//! Reading the fields of one record.

use super::compile::{GROUPS, Slot};
use super::lists::value_range;
use super::{List, ListPlace, Target, Template, ToldField};
use crate::bytes::{u8_at, u16_at};

/// Reads fields of a record by what they are for. A field that is not there is 0.
pub(crate) trait Reader {
    /// A number of up to 8 octets.
    fn number(&self, target: Target) -> u64;
    /// A pair of numbers of up to 8 octets that belong together.
    fn pair(&self, src: Target, dst: Target) -> (u64, u64);
    /// A pair of numbers of 16 octets that belong together.
    fn wide_pair(&self, src: Target, dst: Target) -> (u128, u128);
    /// Where the octets of a list are, if the record is one that has lists.
    fn list(&self, place: &ListPlace) -> Option<List>;
    /// Offset of the record in its message.
    fn start(&self) -> usize;
    /// The octets of a field, if the record is one of options.
    fn value(&self, field: &ToldField) -> Option<&[u8]>;
    /// The octets of the record.
    fn octets(&self) -> &[u8];
}

/// Masks for numbers of 0 to 8 octets; the rest is never used.
const MASKS: [u64; 16] = {
    let mut masks = [u64::MAX; 16];
    let mut width = 0;
    while width < 8 {
        masks[width] = (1 << (8 * width)) - 1;
        width += 1;
    }
    masks
};

/// The number whose last octet is just before `end`. Always eight octets are read, and
/// those before the field masked out: a message's header is longer than that, so the
/// eight are there, and no length needs a case of its own.
#[inline(always)]
fn number_before(message: &[u8], end: usize, width: u8) -> u64 {
    let window = message.get(end.wrapping_sub(8)..end);
    let Some(&window) = window.and_then(<[u8]>::first_chunk) else {
        return 0;
    };
    let mask = MASKS.get(usize::from(width & 15)).copied().unwrap_or(0);
    u64::from_be_bytes(window) & mask
}

#[inline]
fn wide_before(message: &[u8], end: usize, width: u8) -> u128 {
    if width != 16 {
        return 0;
    }
    let window = message.get(end.wrapping_sub(16)..end);
    window
        .and_then(<[u8]>::first_chunk)
        .map_or(0, |&window| u128::from_be_bytes(window))
}

/// Reads a record whose fields all lie at fixed offsets.
#[derive(Debug)]
pub(crate) struct Fixed<'a> {
    message: &'a [u8],
    template: &'a Template,
    at: usize,
}

impl<'a> Fixed<'a> {
    /// A reader of the record at an offset of the message.
    pub(crate) const fn new(message: &'a [u8], template: &'a Template, at: usize) -> Self {
        Self {
            message,
            template,
            at,
        }
    }
}

impl Reader for Fixed<'_> {
    #[inline]
    fn number(&self, target: Target) -> u64 {
        let slot = self.template.slot(target);
        number_before(self.message, self.at + usize::from(slot.end), slot.width)
    }

    fn pair(&self, src: Target, dst: Target) -> (u64, u64) {
        (self.number(src), self.number(dst))
    }

    fn wide_pair(&self, src: Target, dst: Target) -> (u128, u128) {
        let wide = |slot: Slot| {
            let end = self.at + usize::from(slot.end);
            wide_before(self.message, end, slot.width)
        };
        (wide(self.template.slot(src)), wide(self.template.slot(dst)))
    }

    fn list(&self, _: &ListPlace) -> Option<List> {
        None
    }

    fn value(&self, _: &ToldField) -> Option<&[u8]> {
        None
    }

    fn start(&self) -> usize {
        self.at
    }

    fn octets(&self) -> &[u8] {
        let end = self.at + self.template.min_octets;
        self.message.get(self.at..end).unwrap_or_default()
    }
}

/// Reads records after walking them, and repeated elements: the first that is filled
/// in counts.
#[derive(Debug)]
pub(crate) struct Walked<'a> {
    message: &'a [u8],
    template: &'a Template,
    /// Where each group of the record at hand begins.
    bases: [usize; GROUPS],
    end: usize,
}

impl<'a> Walked<'a> {
    /// A reader that is at no record yet.
    pub(crate) const fn new(message: &'a [u8], template: &'a Template) -> Self {
        Self {
            message,
            template,
            bases: [0; GROUPS],
            end: 0,
        }
    }

    /// Walks the record at an offset of the message, and says where it ends; `None` if
    /// that is beyond `limit`.
    pub(crate) fn walk(&mut self, at: usize, limit: usize) -> Option<usize> {
        let set = self.message.get(..limit)?;
        let mut bases = self.bases.iter_mut();
        *bases.next()? = at;
        let mut end = at;
        for step in &self.template.steps {
            end = skip_variable(set, end + usize::from(step.skip))?;
            if step.keep {
                *bases.next()? = end;
            }
        }
        end += usize::from(self.template.tail);
        self.end = end;
        (end <= limit).then_some(end)
    }

    /// The further slots of an element, in the order of the fields.
    fn further(&self, target: Target) -> impl Iterator<Item = Slot> {
        let repeated = self.template.repeated.iter();
        repeated.filter_map(move |&(of, slot)| (of == target).then_some(slot))
    }

    /// Where the octets of a field are that begins so many after its group's base.
    fn range(&self, group: u8, offset: u16, length: u16) -> Option<(usize, usize)> {
        let base = self.bases.get(usize::from(group))?;
        let record = self.message.get(..self.end)?;
        value_range(record, base + usize::from(offset), length)
    }

    #[inline]
    fn slot_end(&self, slot: Slot) -> usize {
        self.bases[usize::from(slot.group) % GROUPS] + usize::from(slot.end)
    }

    #[inline]
    fn narrow(&self, slot: Slot) -> u64 {
        number_before(self.message, self.slot_end(slot), slot.width)
    }

    #[inline]
    fn wide(&self, slot: Slot) -> u128 {
        wide_before(self.message, self.slot_end(slot), slot.width)
    }

    /// The number of the first further slot in which it is not 0.
    #[cold]
    fn repeated(&self, target: Target) -> u64 {
        let mut numbers = self.further(target).map(|slot| self.narrow(slot));
        numbers.find(|&number| number != 0).unwrap_or(0)
    }

    /// The first pair of further slots in which either value is not 0.
    #[cold]
    fn repeated_pair<T: PartialEq + Default>(
        &self,
        src: Target,
        dst: Target,
        read: impl Fn(&Self, Slot) -> T,
    ) -> (T, T) {
        let zero = (T::default(), T::default());
        let slots = self.further(src).zip(self.further(dst));
        let mut pairs = slots.map(|(src, dst)| (read(self, src), read(self, dst)));
        pairs.find(|pair| *pair != zero).unwrap_or(zero)
    }

    /// The first pair of slots in which either value is not 0; else the pair of zeros.
    #[inline]
    fn filled<T: PartialEq + Default>(
        &self,
        src: Target,
        dst: Target,
        read: impl Fn(&Self, Slot) -> T,
    ) -> (T, T) {
        let (of_src, of_dst) = (self.template.slot(src), self.template.slot(dst));
        let first = (read(self, of_src), read(self, of_dst));
        let zero = (T::default(), T::default());
        if first != zero || self.template.repeated.is_empty() {
            return first;
        }
        self.repeated_pair(src, dst, read)
    }
}

impl Reader for Walked<'_> {
    #[inline]
    fn number(&self, target: Target) -> u64 {
        let first = self.narrow(self.template.slot(target));
        if first != 0 || self.template.repeated.is_empty() {
            return first;
        }
        self.repeated(target)
    }

    #[inline]
    fn pair(&self, src: Target, dst: Target) -> (u64, u64) {
        self.filled(src, dst, Self::narrow)
    }

    #[inline]
    fn wide_pair(&self, src: Target, dst: Target) -> (u128, u128) {
        self.filled(src, dst, Self::wide)
    }

    fn list(&self, place: &ListPlace) -> Option<List> {
        let (start, end) = self.range(place.group, place.offset, place.length)?;
        let kind = place.kind;
        Some(List { kind, start, end })
    }

    fn value(&self, field: &ToldField) -> Option<&[u8]> {
        let (start, end) = self.range(field.group, field.offset, field.length)?;
        self.message.get(start..end)
    }

    fn start(&self) -> usize {
        self.bases.first().copied().unwrap_or(0)
    }

    fn octets(&self) -> &[u8] {
        self.message.get(self.start()..self.end).unwrap_or_default()
    }
}

/// The end of the variable-length field at an offset (RFC 7011, 7).
fn skip_variable(set: &[u8], at: usize) -> Option<usize> {
    let end = match u8_at(set, at)? {
        255 => at + 3 + usize::from(u16_at(set, at + 1)?),
        short => at + 1 + usize::from(short),
    };
    (end <= set.len()).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_any_width_is_read_without_its_neighbours() {
        let message: Vec<u8> = (1..=24).collect();
        assert_eq!(number_before(&message, 16, 0), 0);
        assert_eq!(number_before(&message, 16, 1), 16);
        assert_eq!(number_before(&message, 16, 3), 0x0E_0F10);
        assert_eq!(number_before(&message, 16, 8), 0x090A_0B0C_0D0E_0F10);
        assert_eq!(number_before(&message, 25, 8), 0, "beyond the end");
        assert_eq!(number_before(&message, 7, 1), 0, "within the header");
        assert_eq!(wide_before(&message, 16, 16) >> 120, 1);
        assert_eq!(wide_before(&message, 16, 4), 0);
    }

    #[test]
    fn both_forms_of_a_variable_length_lead_to_its_end() {
        assert_eq!(skip_variable(&[2, 0, 0], 0), Some(3));
        assert_eq!(skip_variable(&[0], 0), Some(1));
        assert_eq!(skip_variable(&[255, 0, 1, 9], 0), Some(4));
        assert_eq!(skip_variable(&[255, 0, 0], 0), Some(3));
        for beyond in [&[3, 0, 0][..], &[255, 0, 1], &[255, 0], &[]] {
            assert_eq!(skip_variable(beyond, 0), None, "{beyond:?}");
        }
    }
}
