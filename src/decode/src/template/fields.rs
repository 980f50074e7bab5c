//! The fields of a Template Record (RFC 7011, 3.2; RFC 3954, 5.2).

use crate::Protocol;
use crate::bytes::{u16_at, u32_at};

/// The length that stands for a variable one (RFC 7011, 7); v9 exporters use it too.
pub(crate) const VARIABLE: u16 = 0xFFFF;
/// The bit of an IPFIX element that says an enterprise number follows.
const ENTERPRISE: u16 = 0x8000;

/// A Field Specifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FieldSpec {
    /// The Information Element, without the enterprise bit.
    pub(crate) element: u16,
    /// The number of the enterprise whose own it is, if it is one's.
    pub(crate) enterprise: Option<u32>,
    /// The length of its values in octets, or [`VARIABLE`].
    pub(crate) length: u16,
}

/// Walks over the Field Specifiers in a slice; ends where one is not whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
    protocol: Protocol,
}

impl<'a> Fields<'a> {
    pub(crate) const fn new(bytes: &'a [u8], protocol: Protocol) -> Self {
        Self {
            bytes,
            at: 0,
            protocol,
        }
    }

    /// The octets that so many fields take; `None` if there are not so many.
    pub(crate) fn extent(mut self, count: usize) -> Option<usize> {
        if self.protocol != Protocol::Ipfix {
            return (count * 4 <= self.bytes.len()).then_some(count * 4);
        }
        for _ in 0..count {
            self.next()?;
        }
        Some(self.at)
    }
}

impl Iterator for Fields<'_> {
    type Item = FieldSpec;

    fn next(&mut self) -> Option<FieldSpec> {
        let raw = u16_at(self.bytes, self.at)?;
        let length = u16_at(self.bytes, self.at + 2)?;
        let enterprise = self.protocol == Protocol::Ipfix && raw & ENTERPRISE != 0;
        let size = if enterprise { 8 } else { 4 };
        self.bytes.get(self.at..self.at + size)?;
        let number = u32_at(self.bytes, self.at + 4).filter(|_| enterprise);
        self.at += size;
        Some(FieldSpec {
            element: if enterprise { raw & !ENTERPRISE } else { raw },
            enterprise: number,
            length,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: [u8; 14] = [0, 8, 0, 4, 0x80, 1, 0xFF, 0xFF, 0, 0, 0x74, 0x79, 0, 12];

    #[test]
    fn an_enterprise_element_takes_eight_octets_in_ipfix_and_four_in_v9() {
        let ipfix = Fields::new(&BYTES, Protocol::Ipfix);
        let elements: Vec<_> = ipfix.map(|f| (f.element, f.enterprise, f.length)).collect();
        assert_eq!(elements, [(8, None, 4), (1, Some(29_817), VARIABLE)]);
        assert_eq!((ipfix.extent(2), ipfix.extent(3)), (Some(12), None));

        let v9 = Fields::new(&BYTES, Protocol::NetflowV9);
        assert_eq!(v9.map(|f| f.element).collect::<Vec<_>>(), [8, 0x8001, 0]);
        assert_eq!((v9.extent(3), v9.extent(4)), (Some(12), None));
    }

    #[test]
    fn an_enterprise_number_that_is_cut_off_ends_the_walk() {
        let mut fields = Fields::new(&BYTES[4..11], Protocol::Ipfix);
        assert_eq!(fields.next(), None);
    }
}
