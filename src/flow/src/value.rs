//! The value of a field in a flow, for whoever writes flows field by field.

use std::net::IpAddr;

use crate::{Civil, EnrichedFlow, Field, Network, OriginalFlow, Place, Vlan};

/// One field's value. `Null` is unknown or not applicable, and never 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Unknown, or not applicable to this flow.
    Null,
    /// An unsigned number.
    Unsigned(u64),
    /// A signed number.
    Signed(i64),
    /// A finite number.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// An address.
    Addr(IpAddr),
    /// A text; it may hold anything that is UTF-8.
    Text(&'a str),
}

impl<T: Into<u64>> From<Option<T>> for Value<'_> {
    fn from(number: Option<T>) -> Self {
        number.map_or(Self::Null, |number| Self::Unsigned(number.into()))
    }
}

/// Units of 1 per second from a count over milliseconds; null where that is 0.
#[expect(
    clippy::cast_precision_loss,
    reason = "a rate needs no more than 53 bits"
)]
fn rate<'a>(count: u64, active_ms: u64) -> Value<'a> {
    if active_ms == 0 {
        Value::Null
    } else {
        Value::Float(count as f64 * 1_000.0 / active_ms as f64)
    }
}

/// Which part of a [`Place`] a field names.
#[derive(Debug, Clone, Copy)]
enum Of {
    Prefix,
    PrefixLen,
    Asn,
    AsName,
    Country,
    Latitude,
    Longitude,
    Vlan,
    Network,
    Locality,
}

fn of_place(place: &Place, of: Of) -> Value<'_> {
    match of {
        Of::Prefix => place
            .prefix
            .map_or(Value::Null, |network| Value::Addr(network.addr())),
        Of::PrefixLen => place.prefix.map(Network::prefix_len).into(),
        Of::Asn => place.asn.into(),
        Of::AsName => place.as_name.as_deref().map_or(Value::Null, Value::Text),
        Of::Country => place
            .country
            .as_ref()
            .map_or(Value::Null, |c| Value::Text(c.as_str())),
        Of::Latitude => place
            .position
            .map_or(Value::Null, |p| Value::Float(p.latitude)),
        Of::Longitude => place
            .position
            .map_or(Value::Null, |p| Value::Float(p.longitude)),
        Of::Vlan => place.vlan.into(),
        Of::Network => place.network.as_deref().map_or(Value::Null, Value::Text),
        Of::Locality => place
            .locality
            .map_or(Value::Null, |l| Value::Text(l.name())),
    }
}

impl EnrichedFlow {
    /// The value of a field; [`Field::Seq`] is not part of a flow and gives null.
    ///
    /// `civil` is the date of the flow's start, worked out once by the caller.
    #[must_use]
    pub fn value(&self, field: Field, civil: &Civil) -> Value<'_> {
        let flow = &self.flow;
        match field {
            Field::Seq => Value::Null,
            Field::StartMs => Value::Signed(flow.start_ms),
            Field::EndMs => Value::Signed(flow.end_ms),
            Field::DurationMs => Value::Unsigned(flow.duration_ms()),
            Field::ActiveMs => Value::Unsigned(flow.active_ms),
            Field::SrcAddr => Value::Addr(flow.key.src_addr),
            Field::DstAddr => Value::Addr(flow.key.dst_addr),
            Field::SrcPort => Value::Unsigned(flow.key.src_port.into()),
            Field::DstPort => Value::Unsigned(flow.key.dst_port.into()),
            Field::Protocol => Value::Unsigned(flow.key.protocol.into()),
            Field::TcpFlags => flow.tcp_flags.into(),
            Field::Tos => flow.tos.into(),
            Field::IcmpType => flow.icmp.map(|icmp| icmp.kind).into(),
            Field::IcmpCode => flow.icmp.map(|icmp| icmp.code).into(),
            Field::Packets => Value::Unsigned(flow.packets),
            Field::Bytes => Value::Unsigned(flow.bytes),
            Field::ReversePackets => flow.reverse.map(|reverse| reverse.packets).into(),
            Field::ReverseBytes => flow.reverse.map(|reverse| reverse.bytes).into(),
            Field::SamplingRate => flow.sampling_rate.map(|rate| rate.get()).into(),
            Field::Records => Value::Unsigned(flow.records.into()),
            Field::EndReason => Value::Text(flow.end_reason.name()),
            Field::Complete => flow.complete.map_or(Value::Null, Value::Bool),
            Field::BitRate => rate(flow.bytes.saturating_mul(8), flow.active_ms),
            Field::PacketRate => rate(flow.packets, flow.active_ms),
            Field::Exporter => Value::Addr(flow.exporter.addr),
            Field::ObservationDomain => Value::Unsigned(flow.exporter.domain.into()),
            Field::InIf => flow.in_if.into(),
            Field::OutIf => flow.out_if.into(),
            Field::VlanId => flow.vlan.map(Vlan::get).into(),
            Field::SrcPrefix => of_place(&self.src, Of::Prefix),
            Field::SrcPrefixLen => of_place(&self.src, Of::PrefixLen),
            Field::SrcAsn => of_place(&self.src, Of::Asn),
            Field::SrcAsName => of_place(&self.src, Of::AsName),
            Field::SrcCountry => of_place(&self.src, Of::Country),
            Field::SrcLatitude => of_place(&self.src, Of::Latitude),
            Field::SrcLongitude => of_place(&self.src, Of::Longitude),
            Field::SrcVlan => of_place(&self.src, Of::Vlan),
            Field::SrcNetwork => of_place(&self.src, Of::Network),
            Field::SrcLocality => of_place(&self.src, Of::Locality),
            Field::DstPrefix => of_place(&self.dst, Of::Prefix),
            Field::DstPrefixLen => of_place(&self.dst, Of::PrefixLen),
            Field::DstAsn => of_place(&self.dst, Of::Asn),
            Field::DstAsName => of_place(&self.dst, Of::AsName),
            Field::DstCountry => of_place(&self.dst, Of::Country),
            Field::DstLatitude => of_place(&self.dst, Of::Latitude),
            Field::DstLongitude => of_place(&self.dst, Of::Longitude),
            Field::DstVlan => of_place(&self.dst, Of::Vlan),
            Field::DstNetwork => of_place(&self.dst, Of::Network),
            Field::DstLocality => of_place(&self.dst, Of::Locality),
            Field::Year => Value::Signed(civil.year.into()),
            Field::Month => Value::Unsigned(civil.month.into()),
            Field::Day => Value::Unsigned(civil.day.into()),
            Field::Hour => Value::Unsigned(civil.hour.into()),
            Field::Minute => Value::Unsigned(civil.minute.into()),
            Field::Second => Value::Unsigned(civil.second.into()),
            Field::BlockPlace => flow.block_place.into(),
        }
    }
}

impl OriginalFlow {
    /// The value of a field as the flow that this record is alone would have it: counters
    /// scaled by the sampling rate, and rates over its duration. What only aggregation,
    /// enrichment or the stream can know is null.
    ///
    /// `civil` is the date of the record's start, worked out once by the caller.
    #[must_use]
    pub fn value(&self, field: Field, civil: &Civil) -> Value<'_> {
        match field {
            Field::StartMs => Value::Signed(self.start_ms),
            Field::EndMs => Value::Signed(self.end_ms),
            Field::DurationMs => Value::Unsigned(self.duration_ms()),
            Field::SrcAddr => Value::Addr(self.key.src_addr),
            Field::DstAddr => Value::Addr(self.key.dst_addr),
            Field::SrcPort => Value::Unsigned(self.key.src_port.into()),
            Field::DstPort => Value::Unsigned(self.key.dst_port.into()),
            Field::Protocol => Value::Unsigned(self.key.protocol.into()),
            Field::TcpFlags => self.tcp_flags.into(),
            Field::Tos => self.tos.into(),
            Field::IcmpType => self.icmp.map(|icmp| icmp.kind).into(),
            Field::IcmpCode => self.icmp.map(|icmp| icmp.code).into(),
            Field::Packets => Value::Unsigned(self.scaled_packets()),
            Field::Bytes => Value::Unsigned(self.scaled_bytes()),
            Field::SamplingRate => self.sampling_rate.map(|rate| rate.get()).into(),
            Field::EndReason => self
                .end_reason
                .map_or(Value::Null, |reason| Value::Text(reason.name())),
            Field::BitRate => rate(self.scaled_bytes().saturating_mul(8), self.duration_ms()),
            Field::PacketRate => rate(self.scaled_packets(), self.duration_ms()),
            Field::Exporter => Value::Addr(self.exporter.addr),
            Field::ObservationDomain => Value::Unsigned(self.exporter.domain.into()),
            Field::InIf => self.in_if.into(),
            Field::OutIf => self.out_if.into(),
            Field::VlanId => self.vlan.map(Vlan::get).into(),
            Field::Year => Value::Signed(civil.year.into()),
            Field::Month => Value::Unsigned(civil.month.into()),
            Field::Day => Value::Unsigned(civil.day.into()),
            Field::Hour => Value::Unsigned(civil.hour.into()),
            Field::Minute => Value::Unsigned(civil.minute.into()),
            Field::Second => Value::Unsigned(civil.second.into()),
            _ => Value::Null,
        }
    }
}
