//! What blocks mean: interfaces, packets and statistics of one section.

use flow::ReceiveTime;

use super::block::{Block, Order};
use super::{
    DATABASES_MAGIC, DATABASES_MAX, INTERFACES_MAX, PACKET_LEN_MAX, STATE_MAGIC, STATE_PART, kind,
    option,
};
use crate::error::within;
use crate::packet::Link;
use crate::{DatasetError, Result};

/// Until when an interface was listened to, and what it counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// The time of these counts: how far the pipeline's clock ran.
    pub end: ReceiveTime,
    /// Datagrams received (`isb_ifrecv`); `None` if not told.
    pub received: Option<u64>,
    /// Datagrams dropped for lack of room in the program (`isb_ifdrop`).
    pub dropped: Option<u64>,
    /// Datagrams dropped by the operating system (`isb_osdrop`).
    pub dropped_by_system: Option<u64>,
}

/// A part of what was known when a run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatePart<'a> {
    /// Its place, from 0.
    pub part: u32,
    /// How many there are.
    pub parts: u32,
    /// Its octets.
    pub octets: &'a [u8],
}

/// What a block says.
pub(crate) enum Event<'a> {
    /// A captured packet; no link if its type is not one this program reads.
    Packet {
        link: Option<Link>,
        received: ReceiveTime,
        /// Where its octets are in the block's body.
        octets: &'a [u8],
    },
    /// Statistics of an interface.
    Statistics(Statistics),
    /// A part of what was known when a run began.
    State(StatePart<'a>),
    /// The look-up databases that count from a time on.
    Databases(&'a [u8]),
    /// A packet without a time.
    Untimed,
    /// The beginning of a section or an interface.
    Structure,
    /// Anything else.
    Other,
}

/// What packets of an interface have in common.
#[derive(Debug, Clone, Copy)]
struct Interface {
    link: Option<Link>,
    resolution: Resolution,
    /// Seconds to add to every time.
    offset_s: i64,
}

/// Units of time in a second.
#[derive(Debug, Clone, Copy)]
struct Resolution(u64);

/// A section: its order of octets and its interfaces.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) order: Order,
    interfaces: Vec<Interface>,
}

/// Whether the body of such a block is needed.
pub(crate) const fn is_needed(kind: u32) -> bool {
    matches!(
        kind,
        kind::SECTION | kind::INTERFACE | kind::STATISTICS | kind::PACKET | kind::LOCAL
    )
}

/// What a block says; a section header replaces the section.
pub(crate) fn interpret<'a>(section: &mut Option<Section>, block: Block<'a>) -> Result<Event<'a>> {
    if block.kind == kind::SECTION {
        *section = Some(Section::read(block)?);
        return Ok(Event::Structure);
    }
    let Some(section) = section else {
        return Ok(Event::Other);
    };
    match block.kind {
        kind::INTERFACE => section.add_interface(block),
        kind::PACKET => section.packet(block),
        kind::STATISTICS => section.statistics(block),
        kind::LOCAL => local(block),
        kind::SIMPLE_PACKET => Ok(Event::Untimed),
        _ => Ok(Event::Other),
    }
}

/// A block for local use: ours by what it begins with, or somebody else's.
fn local<'a>(block: Block<'a>) -> Result<Event<'a>> {
    if block.body.starts_with(&DATABASES_MAGIC) {
        let len = block.u32(8)?;
        within(block.offset, "databases", len.into(), DATABASES_MAX as u64)?;
        return Ok(Event::Databases(block.slice(12, len)?));
    }
    if !block.body.starts_with(&STATE_MAGIC) {
        return Ok(Event::Other);
    }
    let (part, parts, len) = (block.u32(8)?, block.u32(12)?, block.u32(16)?);
    within(block.offset, "state", len.into(), STATE_PART as u64)?;
    let octets = block.slice(20, len)?;
    Ok(Event::State(StatePart {
        part,
        parts,
        octets,
    }))
}

impl Section {
    fn read(block: Block<'_>) -> Result<Self> {
        let (major, minor) = (block.u16(4)?, block.u16(6)?);
        block.get::<8>(8)?;
        if major != 1 {
            return Err(DatasetError::format(
                block.offset,
                "version of pcapng",
                format!("{major}.{minor}"),
                "1.0",
            ));
        }
        Ok(Self {
            order: block.order,
            interfaces: Vec::new(),
        })
    }

    fn add_interface<'a>(&mut self, block: Block<'a>) -> Result<Event<'a>> {
        let count = self.interfaces.len() as u64 + 1;
        let limit = INTERFACES_MAX as u64;
        within(block.offset, "number of interfaces", count, limit)?;
        let mut interface = Interface {
            link: Link::from_number(block.u16(0)?.into()),
            resolution: Resolution(1_000_000),
            offset_s: 0,
        };
        let mut options = block.options(8);
        while let Some((code, value)) = options.next()? {
            match (code, value) {
                (option::IF_TSRESOL, &[exponent]) => {
                    interface.resolution = Resolution::read(exponent, block.offset)?;
                }
                (option::IF_TSOFFSET, value) => {
                    let octets = exactly(value, block.offset, "if_tsoffset")?;
                    interface.offset_s = block.order.eight(octets).cast_signed();
                }
                _ => {}
            }
        }
        self.interfaces.push(interface);
        Ok(Event::Structure)
    }

    fn interface(&self, block: Block<'_>) -> Result<&Interface> {
        let id = block.u32(0)?;
        self.interfaces.get(id as usize).ok_or_else(|| {
            let expected = format!("below {}", self.interfaces.len());
            DatasetError::format(block.offset, "interface", id.to_string(), expected)
        })
    }

    fn packet<'a>(&self, block: Block<'a>) -> Result<Event<'a>> {
        let interface = self.interface(block)?;
        let len = block.u32(12)?;
        within(block.offset, "packet", len.into(), PACKET_LEN_MAX.into())?;
        block.u32(16)?;
        Ok(Event::Packet {
            link: interface.link,
            received: interface.time(block.time(4)?, block.offset)?,
            octets: block.slice(20, len)?,
        })
    }

    fn statistics<'a>(&self, block: Block<'a>) -> Result<Event<'a>> {
        let interface = self.interface(block)?;
        let mut statistics = Statistics {
            end: interface.time(block.time(4)?, block.offset)?,
            ..Statistics::default()
        };
        let mut options = block.options(12);
        while let Some((code, value)) = options.next()? {
            let counter = match code {
                option::ISB_IFRECV => &mut statistics.received,
                option::ISB_IFDROP => &mut statistics.dropped,
                option::ISB_OSDROP => &mut statistics.dropped_by_system,
                option::ISB_ENDTIME => {
                    let time = exactly(value, block.offset, "isb_endtime")?;
                    let units = block.order.halves(time);
                    statistics.end = interface.time(units, block.offset)?;
                    continue;
                }
                _ => continue,
            };
            let octets = exactly(value, block.offset, "counter")?;
            *counter = Some(block.order.eight(octets));
        }
        Ok(Event::Statistics(statistics))
    }
}

impl Order {
    /// A time of eight octets: upper half, then lower half.
    const fn halves(self, octets: [u8; 8]) -> u64 {
        match self {
            Self::Little => u64::from_le_bytes(octets).rotate_left(32),
            Self::Big => u64::from_be_bytes(octets),
        }
    }
}

fn exactly(value: &[u8], offset: u64, what: &'static str) -> Result<[u8; 8]> {
    value.try_into().map_err(|_| {
        let found = format!("{} octets", value.len());
        DatasetError::format(offset, what, found, "8 octets")
    })
}

impl Resolution {
    /// The upper bit tells a power of 2 from a power of 10.
    fn read(exponent: u8, offset: u64) -> Result<Self> {
        let (base, power) = match exponent & 0x80 {
            0 => (10_u64, exponent),
            _ => (2, exponent & 0x7F),
        };
        base.checked_pow(power.into()).map(Self).ok_or_else(|| {
            let found = format!("{base}^-{power} s");
            DatasetError::format(offset, "resolution of time", found, "less than 64 bits")
        })
    }

    /// Nanoseconds, rounded down.
    const fn nanos(self, units: u64) -> i128 {
        units as i128 * 1_000_000_000 / self.0 as i128
    }
}

impl Interface {
    fn time(&self, units: u64, offset: u64) -> Result<ReceiveTime> {
        let nanos = self.resolution.nanos(units) + i128::from(self.offset_s) * 1_000_000_000;
        i64::try_from(nanos)
            .map(ReceiveTime::from_nanos)
            .map_err(|_| {
                let found = format!("{nanos} ns");
                DatasetError::format(offset, "time", found, "before the year 2262")
            })
    }
}
