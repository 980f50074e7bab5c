//! AS numbers that originate nothing in the global table.

use std::ops::RangeInclusive;

use super::Dropped;

/// Numbers that no AS of the Internet has, as IANA's registry of them says.
const RESERVED: [RangeInclusive<u32>; 7] = [
    23_456..=23_456,               // stands for numbers of 32 bits, RFC 6793
    64_496..=64_511,               // documentation, RFC 5398
    64_512..=65_534,               // private use, RFC 6996
    65_535..=65_551,               // last of 16 bits, RFC 7300; documentation, RFC 5398
    65_552..=131_071,              // reserved by IANA
    4_200_000_000..=4_294_967_294, // private use, RFC 6996
    u32::MAX..=u32::MAX,           // last of 32 bits, RFC 7300
];

/// Why an origin of a routing table is not used; `None` if it is.
pub(super) fn left_out(asn: u32) -> Option<Dropped> {
    if asn == 0 {
        return Some(Dropped::NotRouted);
    }
    let mut reserved = RESERVED.iter();
    let is_reserved = reserved.any(|range| range.contains(&asn));
    is_reserved.then_some(Dropped::ReservedAs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_numbers_are_left_out_from_the_first_to_the_last() {
        for (first, last) in [
            (23_456, 23_456),
            (64_496, 131_071),
            (4_200_000_000, u32::MAX),
        ] {
            assert_eq!(left_out(first - 1), None, "{first}");
            assert_eq!(left_out(first), Some(Dropped::ReservedAs));
            assert_eq!(left_out(last), Some(Dropped::ReservedAs));
            if let Some(after) = last.checked_add(1) {
                assert_eq!(left_out(after), None, "{after}");
            }
        }
        let middle = [64_511, 64_512, 65_534, 65_535, 65_536, 65_551, 65_552];
        for asn in middle {
            assert_eq!(left_out(asn), Some(Dropped::ReservedAs), "{asn}");
        }
    }

    #[test]
    fn as_0_is_no_as() {
        assert_eq!(left_out(0), Some(Dropped::NotRouted));
        assert_eq!(left_out(1), None);
    }
}
