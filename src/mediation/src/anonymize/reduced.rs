//! Anonymized flows reduced to what some of them have in common.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use flow::{
    AggregatedFlow, CountryCode, EndReason, EnrichedFlow, Exporter, Field, FlowKey, KeyField,
    Locality, Network, Place, Reverse, Vlan,
};

use super::AnonymizedFlow;

/// Fields whose values are left out, of those that every flow has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Nulls(u64);

impl Nulls {
    /// No field is left out.
    pub const NONE: Self = Self(0);

    /// The fields that every flow has, but for its position. A policy may leave any of them
    /// out, and a sum of flows lacks some. Rates are among them, which are null also where
    /// there is no time to divide by.
    pub const FIELDS: [Field; 23] = [
        Field::StartMs,
        Field::EndMs,
        Field::DurationMs,
        Field::ActiveMs,
        Field::SrcAddr,
        Field::DstAddr,
        Field::SrcPort,
        Field::DstPort,
        Field::Protocol,
        Field::Packets,
        Field::Bytes,
        Field::Records,
        Field::EndReason,
        Field::BitRate,
        Field::PacketRate,
        Field::Exporter,
        Field::ObservationDomain,
        Field::Year,
        Field::Month,
        Field::Day,
        Field::Hour,
        Field::Minute,
        Field::Second,
    ];

    /// Those of [`Nulls::FIELDS`] for which it holds.
    #[must_use]
    pub fn where_so(mut is_null: impl FnMut(Field) -> bool) -> Self {
        let null = Self::FIELDS.into_iter().filter(|&field| is_null(field));
        Self(null.fold(0, |bits, field| bits | Self::bit(field)))
    }

    /// Whether a field is left out.
    #[must_use]
    pub const fn has(self, field: Field) -> bool {
        self.0 & Self::bit(field) != 0
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The same, and a field is not left out.
    pub(super) const fn without(self, field: Field) -> Self {
        Self(self.0 & !Self::bit(field))
    }

    const fn bit(field: Field) -> u64 {
        1 << field as u8
    }
}

/// A set of fields to reduce flows to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyFields(u32);

impl KeyFields {
    /// Whether a field is among them.
    #[must_use]
    pub const fn has(self, field: KeyField) -> bool {
        self.0 & 1 << field as u8 != 0
    }
}

impl FromIterator<KeyField> for KeyFields {
    fn from_iter<T: IntoIterator<Item = KeyField>>(fields: T) -> Self {
        let bits = fields.into_iter();
        Self(bits.fold(0, |bits, field| bits | 1 << field as u8))
    }
}

/// What flows have in common that are equal in some fields. It is made of an anonymized
/// flow and gives anonymized flows again, so that no original address gets through it.
///
/// `None` is a field that is not among those, or that is null in the flows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reduced {
    src: Side,
    dst: Side,
    protocol: Option<u8>,
    tos: Option<u8>,
    exporter: Option<IpAddr>,
    observation_domain: Option<u32>,
    in_if: Option<u32>,
    out_if: Option<u32>,
    vlan: Option<Vlan>,
    /// What is left out of the totals, since the flows do not tell it.
    untold: Nulls,
}

/// One end of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Side {
    addr: Option<IpAddr>,
    port: Option<u16>,
    prefix: Option<Network>,
    asn: Option<u32>,
    country: Option<CountryCode>,
    vlan: Option<u16>,
    network: Option<Arc<str>>,
    locality: Option<Locality>,
}

/// Which field is which, of one end of a flow.
struct SideFields {
    addr: KeyField,
    port: KeyField,
    prefix: KeyField,
    asn: KeyField,
    country: KeyField,
    vlan: KeyField,
    network: KeyField,
    locality: KeyField,
}

const SRC: SideFields = SideFields {
    addr: KeyField::SrcAddr,
    port: KeyField::SrcPort,
    prefix: KeyField::SrcPrefix,
    asn: KeyField::SrcAsn,
    country: KeyField::SrcCountry,
    vlan: KeyField::SrcVlan,
    network: KeyField::SrcNetwork,
    locality: KeyField::SrcLocality,
};

const DST: SideFields = SideFields {
    addr: KeyField::DstAddr,
    port: KeyField::DstPort,
    prefix: KeyField::DstPrefix,
    asn: KeyField::DstAsn,
    country: KeyField::DstCountry,
    vlan: KeyField::DstVlan,
    network: KeyField::DstNetwork,
    locality: KeyField::DstLocality,
};

/// What flows add up to within an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Where the interval begins, Unix milliseconds.
    pub start_ms: i64,
    /// Where it ends: the first millisecond after it.
    pub end_ms: i64,
    /// Packets, scaled by the sampling rate.
    pub packets: u64,
    /// Octets of the IP layer, scaled by the sampling rate.
    pub bytes: u64,
    /// The opposite direction, if any of the flows counts it.
    pub reverse: Option<Reverse>,
    /// Original Flows.
    pub records: u32,
    /// Why the sum leaves.
    pub end_reason: EndReason,
}

impl Reduced {
    /// A flow reduced to some fields.
    #[must_use]
    pub fn of(flow: &AnonymizedFlow, fields: KeyFields) -> Self {
        let AnonymizedFlow(enriched, nulls) = flow;
        let EnrichedFlow { flow, src, dst } = enriched;
        let has = |field: KeyField| fields.has(field) && !nulls.has(field.field());
        let FlowKey {
            src_addr, dst_addr, ..
        } = flow.key;
        Self {
            src: Side::of((src_addr, flow.key.src_port), src, &SRC, has),
            dst: Side::of((dst_addr, flow.key.dst_port), dst, &DST, has),
            protocol: has(KeyField::Protocol).then_some(flow.key.protocol),
            tos: flow.tos.filter(|_| has(KeyField::Tos)),
            exporter: has(KeyField::Exporter).then_some(flow.exporter.addr),
            observation_domain: has(KeyField::ObservationDomain).then_some(flow.exporter.domain),
            in_if: flow.in_if.filter(|_| has(KeyField::InIf)),
            out_if: flow.out_if.filter(|_| has(KeyField::OutIf)),
            vlan: flow.vlan.filter(|_| has(KeyField::VlanId)),
            untold: Nulls::where_so(|field| nulls.has(field) && is_total(field)),
        }
    }

    /// The prepared flow that says what flows like this add up to. All fields are null that
    /// are neither among those it was reduced to nor totals.
    #[must_use]
    pub fn sum(&self, totals: &Totals) -> AnonymizedFlow {
        const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let nulls = Nulls::where_so(|field| match field {
            Field::SrcAddr => self.src.addr.is_none(),
            Field::DstAddr => self.dst.addr.is_none(),
            Field::SrcPort => self.src.port.is_none(),
            Field::DstPort => self.dst.port.is_none(),
            Field::Protocol => self.protocol.is_none(),
            Field::Exporter => self.exporter.is_none(),
            Field::ObservationDomain => self.observation_domain.is_none(),
            _ => self.untold.has(field),
        });
        let interval_ms = totals.end_ms.saturating_sub(totals.start_ms);
        let flow = AggregatedFlow {
            key: FlowKey {
                src_addr: self.src.addr.unwrap_or(NOBODY),
                dst_addr: self.dst.addr.unwrap_or(NOBODY),
                src_port: self.src.port.unwrap_or(0),
                dst_port: self.dst.port.unwrap_or(0),
                protocol: self.protocol.unwrap_or(0),
            },
            exporter: Exporter {
                addr: self.exporter.unwrap_or(NOBODY),
                domain: self.observation_domain.unwrap_or(0),
            },
            start_ms: totals.start_ms,
            end_ms: totals.end_ms,
            active_ms: interval_ms.max(0).unsigned_abs(),
            packets: totals.packets,
            bytes: totals.bytes,
            reverse: totals.reverse,
            sampling_rate: None,
            records: totals.records,
            in_if: self.in_if,
            out_if: self.out_if,
            vlan: self.vlan,
            tcp_flags: None,
            tos: self.tos,
            icmp: None,
            end_reason: totals.end_reason,
            complete: None,
            block_place: None,
        };
        let (src, dst) = (self.src.place(), self.dst.place());
        AnonymizedFlow(EnrichedFlow { flow, src, dst }, nulls)
    }
}

/// Whether a field of a sum is worked out from those of its flows, and is not one that they
/// have in common. Why a sum leaves is its own.
const fn is_total(field: Field) -> bool {
    !matches!(
        field,
        Field::SrcAddr
            | Field::DstAddr
            | Field::SrcPort
            | Field::DstPort
            | Field::Protocol
            | Field::Exporter
            | Field::ObservationDomain
            | Field::EndReason
    )
}

impl Side {
    fn of(
        (addr, port): (IpAddr, u16),
        place: &Place,
        fields: &SideFields,
        has: impl Fn(KeyField) -> bool,
    ) -> Self {
        let network = place.network.as_ref().filter(|_| has(fields.network));
        Self {
            addr: has(fields.addr).then_some(addr),
            port: has(fields.port).then_some(port),
            prefix: place.prefix.filter(|_| has(fields.prefix)),
            asn: place.asn.filter(|_| has(fields.asn)),
            country: place.country.filter(|_| has(fields.country)),
            vlan: place.vlan.filter(|_| has(fields.vlan)),
            network: network.cloned(),
            locality: place.locality.filter(|_| has(fields.locality)),
        }
    }

    fn place(&self) -> Place {
        Place {
            prefix: self.prefix,
            asn: self.asn,
            country: self.country,
            vlan: self.vlan,
            network: self.network.clone(),
            locality: self.locality,
            ..Place::default()
        }
    }
}
