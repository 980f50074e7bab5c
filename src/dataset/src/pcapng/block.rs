//! Blocks and options as octets, in either order.

use super::{BLOCK_LEN_MAX, BYTE_ORDER_MAGIC, kind};
use crate::error::within;
use crate::{DatasetError, Result};

/// Type and length before a block's body, length behind it.
pub(crate) const FRAMING: u32 = 12;

/// The order of octets in a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    /// The order in which `octets` are the byte-order magic.
    fn of_magic(octets: [u8; 4]) -> Option<Self> {
        [Self::Little, Self::Big]
            .into_iter()
            .find(|order| order.four(octets) == BYTE_ORDER_MAGIC)
    }

    pub(crate) const fn two(self, octets: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(octets),
            Self::Big => u16::from_be_bytes(octets),
        }
    }

    pub(crate) const fn four(self, octets: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(octets),
            Self::Big => u32::from_be_bytes(octets),
        }
    }

    pub(crate) const fn eight(self, octets: [u8; 8]) -> u64 {
        match self {
            Self::Little => u64::from_le_bytes(octets),
            Self::Big => u64::from_be_bytes(octets),
        }
    }
}

/// One block without its framing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) kind: u32,
    pub(crate) order: Order,
    pub(crate) body: &'a [u8],
    /// Where the block begins.
    pub(crate) offset: u64,
}

/// Type and length of the block whose first 12 octets are given.
pub(crate) struct BlockHead {
    pub(crate) kind: u32,
    pub(crate) order: Order,
    /// Octets of the whole block.
    pub(crate) len: u32,
}

impl BlockHead {
    /// Reads it; a section header tells its own order, others have that of the section.
    pub(crate) fn read(octets: [u8; 12], section: Option<Order>, offset: u64) -> Result<Self> {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = octets;
        let is_section = [a, b, c, d] == kind::SECTION.to_be_bytes();
        let order = match is_section {
            true => Order::of_magic([i, j, k, l]),
            false => section,
        };
        let order = order.ok_or_else(|| no_section(offset, octets, is_section))?;
        let head = Self {
            kind: order.four([a, b, c, d]),
            order,
            len: order.four([e, f, g, h]),
        };
        head.check_len(offset)?;
        Ok(head)
    }

    fn check_len(&self, offset: u64) -> Result<()> {
        if self.len >= FRAMING && self.len.is_multiple_of(4) {
            return Ok(());
        }
        Err(DatasetError::format(
            offset,
            "length of the block",
            self.len.to_string(),
            "a multiple of 4 from 12",
        ))
    }

    /// Compares the length before the body with that behind it.
    pub(crate) fn check_trailer(&self, trailer: [u8; 4], offset: u64) -> Result<()> {
        let found = self.order.four(trailer);
        if found == self.len {
            return Ok(());
        }
        Err(DatasetError::format(
            offset,
            "length behind the block",
            found.to_string(),
            format!("{}, as before it", self.len),
        ))
    }
}

fn no_section(offset: u64, octets: [u8; 12], is_section: bool) -> DatasetError {
    let [a, b, c, d, _, _, _, _, i, j, k, l] = octets;
    let (what, found, expected) = if is_section {
        ("byte-order magic", [i, j, k, l], BYTE_ORDER_MAGIC)
    } else {
        ("first block", [a, b, c, d], kind::SECTION)
    };
    DatasetError::format(
        offset,
        what,
        format!("{:#010x}", u32::from_be_bytes(found)),
        format!("{expected:#010x}"),
    )
}

/// The first block of `bytes`, which begin at `offset`, and its length.
pub(crate) fn first_block(
    bytes: &[u8],
    section: Option<Order>,
    offset: u64,
) -> Result<(Block<'_>, usize)> {
    let head = bytes
        .first_chunk()
        .ok_or_else(|| truncated(offset, bytes.len(), FRAMING))?;
    let head = BlockHead::read(*head, section, offset)?;
    within(offset, "block", head.len.into(), BLOCK_LEN_MAX.into())?;
    let whole = bytes
        .get(..head.len as usize)
        .ok_or_else(|| truncated(offset, bytes.len(), head.len))?;
    let (rest, trailer) = whole
        .split_last_chunk()
        .ok_or_else(|| truncated(offset, bytes.len(), head.len))?;
    head.check_trailer(*trailer, offset)?;
    let block = Block {
        kind: head.kind,
        order: head.order,
        body: rest.get(8..).unwrap_or(&[]),
        offset,
    };
    Ok((block, whole.len()))
}

fn truncated(offset: u64, found: usize, expected: u32) -> DatasetError {
    DatasetError::Truncated {
        offset,
        what: "block",
        found: found as u64,
        expected: expected.into(),
    }
}

impl<'a> Block<'a> {
    /// `N` octets at `at` in the body.
    pub(crate) fn get<const N: usize>(&self, at: usize) -> Result<[u8; N]> {
        self.body
            .get(at..)
            .and_then(|rest| rest.first_chunk())
            .copied()
            .ok_or_else(|| DatasetError::Truncated {
                offset: self.offset,
                what: "body of the block",
                found: self.body.len() as u64,
                expected: (at + N) as u64,
            })
    }

    pub(crate) fn u16(&self, at: usize) -> Result<u16> {
        self.get(at).map(|octets| self.order.two(octets))
    }

    pub(crate) fn u32(&self, at: usize) -> Result<u32> {
        self.get(at).map(|octets| self.order.four(octets))
    }

    /// A time in units of the interface: upper half, then lower half.
    pub(crate) fn time(&self, at: usize) -> Result<u64> {
        Ok(u64::from(self.u32(at)?) << 32 | u64::from(self.u32(at + 4)?))
    }

    /// `len` octets at `at` in the body.
    pub(crate) fn slice(&self, at: usize, len: u32) -> Result<&'a [u8]> {
        self.body
            .get(at..)
            .and_then(|rest| rest.get(..len as usize))
            .ok_or_else(|| DatasetError::Truncated {
                offset: self.offset,
                what: "packet in its block",
                found: self.body.len().saturating_sub(at) as u64,
                expected: len.into(),
            })
    }

    /// The options from `at` to the end of the body.
    pub(crate) const fn options(&self, at: usize) -> Options<'a> {
        Options { block: *self, at }
    }
}

/// The options of a block, `(code, value)` each.
pub(crate) struct Options<'a> {
    block: Block<'a>,
    at: usize,
}

impl<'a> Options<'a> {
    /// The next option; `None` at the end of options or of the body.
    pub(crate) fn next(&mut self) -> Result<Option<(u16, &'a [u8])>> {
        if self.at >= self.block.body.len() {
            return Ok(None);
        }
        let (code, len) = (self.block.u16(self.at)?, self.block.u16(self.at + 2)?);
        if code == super::option::END {
            return Ok(None);
        }
        let value = self.block.slice(self.at + 4, len.into())?;
        self.at += 4 + value.len().next_multiple_of(4);
        Ok(Some((code, value)))
    }
}
