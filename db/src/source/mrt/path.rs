//! Where a path ends: the origin of a prefix (RFC 4271, 4.3 and 5.1.2).

use super::octets::Octets;

/// What the AS path of a route ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// There is no path, or an empty one.
    Nowhere,
    /// One of a set of ASes; which one is not known.
    Set,
    /// An AS, the origin.
    As(u32),
}

/// The type of the attribute that holds the path.
const AS_PATH: u8 = 2;
/// The flag of an attribute whose length has two octets.
const IS_EXTENDED: u8 = 0x10;

/// Types of segments (RFC 4271; RFC 5065, 3).
const AS_SET: u8 = 1;
const AS_SEQUENCE: u8 = 2;
const AS_CONFED_SEQUENCE: u8 = 3;
const AS_CONFED_SET: u8 = 4;

/// Where the path among these attributes ends. AS numbers have 32 bits in it, whatever
/// the peer spoke (RFC 6396, 4.3.4).
pub(super) fn end(attributes: &[u8]) -> Result<End, &'static str> {
    let mut octets = Octets(attributes);
    let mut found = End::Nowhere;
    let mut is_found = false;
    while !octets.is_empty() {
        let (kind, value) = attribute(&mut octets).ok_or("a path that ends within an attribute")?;
        if kind == AS_PATH && !is_found {
            found = end_of_path(value)?;
            is_found = true;
        }
    }
    Ok(found)
}

/// The type and the value of an attribute.
fn attribute<'a>(octets: &mut Octets<'a>) -> Option<(u8, &'a [u8])> {
    let flags = octets.u8()?;
    let kind = octets.u8()?;
    let length = if flags & IS_EXTENDED == 0 {
        octets.u8()?.into()
    } else {
        octets.u16()?.into()
    };
    Some((kind, octets.take(length)?))
}

/// The end of the last segment that has members. What is within a confederation is passed
/// over: it should have been taken out where the path left it.
fn end_of_path(path: &[u8]) -> Result<End, &'static str> {
    let mut octets = Octets(path);
    let mut end = End::Nowhere;
    while !octets.is_empty() {
        let (kind, members) =
            segment(&mut octets).ok_or("an AS path that ends within a segment")?;
        match (kind, members.last_chunk()) {
            (AS_SET, Some(_)) => end = End::Set,
            (AS_SEQUENCE, Some(last)) => end = End::As(u32::from_be_bytes(*last)),
            (AS_SET | AS_SEQUENCE, None) | (AS_CONFED_SEQUENCE | AS_CONFED_SET, _) => {}
            _ => return Err("a segment of an unknown type in an AS path"),
        }
    }
    Ok(end)
}

/// The type and the members of a segment.
fn segment<'a>(octets: &mut Octets<'a>) -> Option<(u8, &'a [u8])> {
    let kind = octets.u8()?;
    let count = octets.u8()?;
    Some((kind, octets.take(usize::from(count) * 4)?))
}
