//! Prepared flows read back from the rows of a prepared dataset.
//!
//! It reads what [`crate::encode`] writes with all fields, now or before `block_place` was
//! one of them, and nothing else: a cell that could not have been written is an error,
//! since it means damage or another version.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;

use flow::{
    AggregatedFlow, CountryCode, EndReason, EnrichedFlow, Exporter, Field, FlowKey, Icmp, Locality,
    Network, Place, Position, Reverse, Vlan,
};
use mediation::anonymize::{AnonymizedFlow, Nulls};

/// Why rows could not be read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, `{}`: found {found}; expected {expected}", field.name())]
pub struct RestoreError {
    /// The row, from 1.
    pub row: usize,
    /// The field.
    pub field: Field,
    /// What the cell holds.
    pub found: String,
    /// What it should hold.
    pub expected: String,
}

/// The address where there is none.
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// How many fields rows had before `block_place` was the last of them.
const FIELDS_BEFORE_BLOCKS: usize = Field::BlockPlace as usize;

/// Reads rows with all fields, in the order of the registry and without a header line;
/// the first must have position `first_seq`.
///
/// # Errors
/// [`RestoreError`] for the first cell that is not as it was written.
pub fn restore_csv(text: &[u8], first_seq: u64) -> Result<Vec<AnonymizedFlow>, RestoreError> {
    let mut flows = Vec::new();
    let mut rest = text;
    let mut cells: [Cell<'_>; Field::COUNT];
    while !rest.is_empty() {
        let number = flows.len() + 1;
        cells = [Cell::NULL; Field::COUNT];
        rest = split_row(rest, number, &mut cells)?;
        let row = Row {
            number,
            cells: &cells,
        };
        row.expect_seq(first_seq.saturating_add(flows.len() as u64))?;
        let nulls = row.nulls();
        flows.push(AnonymizedFlow::restored(row.flow(nulls)?).without(nulls));
    }
    Ok(flows)
}

/// A cell as it stands in the text, without its quotes.
#[derive(Debug, Clone, Copy)]
struct Cell<'a> {
    raw: &'a str,
    quoted: bool,
}

impl Cell<'_> {
    const NULL: Self = Self {
        raw: "",
        quoted: false,
    };

    const fn is_null(&self) -> bool {
        self.raw.is_empty() && !self.quoted
    }
}

fn error(row: usize, field: Field, found: &str, expected: impl Into<String>) -> RestoreError {
    let shortened: String = found.chars().take(64).collect();
    let found = if found.is_empty() {
        "nothing".to_owned()
    } else {
        format!("`{shortened}`")
    };
    RestoreError {
        row,
        field,
        found,
        expected: expected.into(),
    }
}

/// Splits one row off the text; what follows its line end comes back.
fn split_row<'a>(
    text: &'a [u8],
    number: usize,
    cells: &mut [Cell<'a>; Field::COUNT],
) -> Result<&'a [u8], RestoreError> {
    let mut rest = text;
    let last = Field::COUNT - 1;
    for (index, (cell, field)) in cells.iter_mut().zip(Field::ALL).enumerate() {
        let (found, end, after) = split_cell(rest, number, field)?;
        let wrong_count = |has: String| {
            let expected = format!("{} cells, and this row has {has}", Field::COUNT);
            error(number, field, found.raw, expected)
        };
        match (end, index == last) {
            (b',', false) | (b'\n', true) => {}
            (b'\n', false) if index + 1 == FIELDS_BEFORE_BLOCKS => {
                *cell = found;
                rest = after;
                break;
            }
            (b'\n', false) => return Err(wrong_count((index + 1).to_string())),
            _ => return Err(wrong_count("more".to_owned())),
        }
        *cell = found;
        rest = after;
    }
    Ok(rest)
}

/// Splits one cell off the text, with the octet that ends it and what follows.
fn split_cell(
    text: &[u8],
    row: usize,
    field: Field,
) -> Result<(Cell<'_>, u8, &[u8]), RestoreError> {
    let quoted = text.first() == Some(&b'"');
    let (cell, rest) = if quoted {
        let inner = text.get(1..).unwrap_or_default();
        let end = closing_quote(inner).ok_or_else(|| error(row, field, "\"", "a closing quote"))?;
        (inner.get(..end), inner.get(end + 1..))
    } else {
        let end = text.iter().position(|byte| matches!(byte, b',' | b'\n'));
        let end = end.unwrap_or(text.len());
        (text.get(..end), text.get(end..))
    };
    let raw = std::str::from_utf8(cell.unwrap_or_default())
        .map_err(|_| error(row, field, "octets", "UTF-8"))?;
    match rest.unwrap_or_default().split_first() {
        Some((&end @ (b',' | b'\n'), after)) => Ok((Cell { raw, quoted }, end, after)),
        _ => Err(error(row, field, raw, "a comma or a line end after it")),
    }
}

/// Where the quote that closes a quoted cell stands; doubled quotes are part of it.
fn closing_quote(inner: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += inner.get(at..)?.iter().position(|&byte| byte == b'"')?;
        if inner.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

struct Row<'a, 'b> {
    number: usize,
    cells: &'b [Cell<'a>; Field::COUNT],
}

/// The fields of one side of a flow.
struct Side {
    prefix: Field,
    prefix_len: Field,
    asn: Field,
    as_name: Field,
    country: Field,
    latitude: Field,
    longitude: Field,
    vlan: Field,
    network: Field,
    locality: Field,
}

const SRC: Side = Side {
    prefix: Field::SrcPrefix,
    prefix_len: Field::SrcPrefixLen,
    asn: Field::SrcAsn,
    as_name: Field::SrcAsName,
    country: Field::SrcCountry,
    latitude: Field::SrcLatitude,
    longitude: Field::SrcLongitude,
    vlan: Field::SrcVlan,
    network: Field::SrcNetwork,
    locality: Field::SrcLocality,
};

const DST: Side = Side {
    prefix: Field::DstPrefix,
    prefix_len: Field::DstPrefixLen,
    asn: Field::DstAsn,
    as_name: Field::DstAsName,
    country: Field::DstCountry,
    latitude: Field::DstLatitude,
    longitude: Field::DstLongitude,
    vlan: Field::DstVlan,
    network: Field::DstNetwork,
    locality: Field::DstLocality,
};

impl Row<'_, '_> {
    fn cell(&self, field: Field) -> Cell<'_> {
        self.cells
            .get(field as usize)
            .copied()
            .unwrap_or(Cell::NULL)
    }

    fn error(&self, field: Field, expected: impl Into<String>) -> RestoreError {
        error(self.number, field, self.cell(field).raw, expected)
    }

    fn expected(&self, field: Field) -> RestoreError {
        let kind = field.kind().name();
        let article = if kind.starts_with(['i']) { "an" } else { "a" };
        self.error(field, format!("{article} {kind}"))
    }

    fn expect_seq(&self, seq: u64) -> Result<(), RestoreError> {
        if self.required::<u64>(Field::Seq)? == seq {
            return Ok(());
        }
        Err(self.error(Field::Seq, format!("{seq}, the next position")))
    }

    /// A value, or `None` where the cell is empty.
    fn optional<T: FromStr>(&self, field: Field) -> Result<Option<T>, RestoreError> {
        let cell = self.cell(field);
        if cell.is_null() {
            return Ok(None);
        }
        cell.raw.parse().map(Some).map_err(|_| self.expected(field))
    }

    fn required<T: FromStr>(&self, field: Field) -> Result<T, RestoreError> {
        self.optional(field)?.ok_or_else(|| self.expected(field))
    }

    /// A value that a name stands for.
    fn named<T>(
        &self,
        field: Field,
        of_name: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, RestoreError> {
        let cell = self.cell(field);
        if cell.is_null() {
            return Ok(None);
        }
        of_name(cell.raw)
            .map(Some)
            .ok_or_else(|| self.expected(field))
    }

    fn text(&self, field: Field) -> Option<Arc<str>> {
        let cell = self.cell(field);
        if cell.is_null() {
            return None;
        }
        let doubled = cell.quoted && cell.raw.contains('"');
        let undoubled = if doubled {
            Some(cell.raw.replace("\"\"", "\""))
        } else {
            None
        };
        Some(Arc::from(undoubled.as_deref().unwrap_or(cell.raw)))
    }

    /// Two values that are there together or not at all.
    fn pair<A: FromStr, B: FromStr>(
        &self,
        first: Field,
        second: Field,
    ) -> Result<Option<(A, B)>, RestoreError> {
        match (self.optional(first)?, self.optional(second)?) {
            (Some(a), Some(b)) => Ok(Some((a, b))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(self.expected(second)),
            (None, Some(_)) => Err(self.expected(first)),
        }
    }

    /// The fields without a value that every flow has: a sum lacks some, and a policy may
    /// leave out any. Of rates it is so only where there is a time that they are over.
    fn nulls(&self) -> Nulls {
        let is_timed = self.cell(Field::ActiveMs).raw != "0";
        Nulls::where_so(|field| match field {
            Field::BitRate | Field::PacketRate => is_timed && self.cell(field).is_null(),
            _ => self.cell(field).is_null(),
        })
    }

    /// A value that may be among the nulls; then it stands for nothing.
    fn unless_null<T: FromStr>(
        &self,
        field: Field,
        nulls: Nulls,
        nothing: T,
    ) -> Result<T, RestoreError> {
        if nulls.has(field) {
            return Ok(nothing);
        }
        self.required(field)
    }

    fn key(&self, nulls: Nulls) -> Result<FlowKey, RestoreError> {
        Ok(FlowKey {
            src_addr: self.unless_null(Field::SrcAddr, nulls, NOBODY)?,
            dst_addr: self.unless_null(Field::DstAddr, nulls, NOBODY)?,
            src_port: self.unless_null(Field::SrcPort, nulls, 0)?,
            dst_port: self.unless_null(Field::DstPort, nulls, 0)?,
            protocol: self.unless_null(Field::Protocol, nulls, 0)?,
        })
    }

    fn flow(&self, nulls: Nulls) -> Result<EnrichedFlow, RestoreError> {
        Ok(EnrichedFlow {
            flow: self.aggregated(nulls)?,
            src: self.place(&SRC)?,
            dst: self.place(&DST)?,
        })
    }

    fn aggregated(&self, nulls: Nulls) -> Result<AggregatedFlow, RestoreError> {
        let addr = self.unless_null(Field::Exporter, nulls, NOBODY)?;
        let domain = self.unless_null(Field::ObservationDomain, nulls, 0)?;
        let icmp = self.pair(Field::IcmpType, Field::IcmpCode)?;
        let reverse = self.pair(Field::ReversePackets, Field::ReverseBytes)?;
        let end_reason = self.named(Field::EndReason, EndReason::from_name)?;
        let count = |field| self.unless_null::<u64>(field, nulls, 0);
        Ok(AggregatedFlow {
            key: self.key(nulls)?,
            exporter: Exporter { addr, domain },
            start_ms: self.unless_null(Field::StartMs, nulls, 0)?,
            end_ms: self.unless_null(Field::EndMs, nulls, 0)?,
            active_ms: count(Field::ActiveMs)?,
            packets: count(Field::Packets)?,
            bytes: count(Field::Bytes)?,
            reverse: reverse.map(|(packets, bytes)| Reverse { packets, bytes }),
            sampling_rate: self.optional::<NonZeroU32>(Field::SamplingRate)?,
            records: self.unless_null(Field::Records, nulls, 0)?,
            in_if: self.optional(Field::InIf)?,
            out_if: self.optional(Field::OutIf)?,
            vlan: self.vlan()?,
            tcp_flags: self.optional(Field::TcpFlags)?,
            tos: self.optional(Field::Tos)?,
            icmp: icmp.map(|(kind, code)| Icmp { kind, code }),
            end_reason: end_reason.unwrap_or(EndReason::Idle),
            complete: self.optional(Field::Complete)?,
            block_place: self.optional(Field::BlockPlace)?,
        })
    }

    fn vlan(&self) -> Result<Option<Vlan>, RestoreError> {
        let id = self.optional(Field::VlanId)?;
        let vlan = id.map(|id| Vlan::new(id).ok_or_else(|| self.expected(Field::VlanId)));
        vlan.transpose()
    }

    fn place(&self, side: &Side) -> Result<Place, RestoreError> {
        let prefix = self
            .pair::<IpAddr, u8>(side.prefix, side.prefix_len)?
            .map(|(addr, len)| Network::new(addr, len))
            .transpose()
            .map_err(|_| self.expected(side.prefix_len))?;
        let position = match self.pair(side.latitude, side.longitude)? {
            None => None,
            Some((latitude, longitude)) => Some(
                Position::new(latitude, longitude)
                    .ok_or_else(|| self.error(side.latitude, "a position on Earth"))?,
            ),
        };
        Ok(Place {
            prefix,
            asn: self.optional(side.asn)?,
            as_name: self.text(side.as_name),
            country: self.named(side.country, CountryCode::new)?,
            position,
            vlan: self.optional(side.vlan)?,
            network: self.text(side.network),
            locality: self.named(side.locality, Locality::from_name)?,
        })
    }
}
