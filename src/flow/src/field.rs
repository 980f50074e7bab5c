//! The registry of the prepared flow's fields: the one place that says what each is.

/// How a field's values are typed wherever a prepared flow is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldType {
    /// Unsigned, 8 bits.
    U8,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
    /// IEEE 754 double precision, always finite.
    F64,
    /// `true` or `false`.
    Bool,
    /// An IPv4 or IPv6 address in its text form (RFC 5952).
    Addr,
    /// UTF-8 text.
    Text,
}

impl FieldType {
    /// The name as schemas carry it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F64 => "f64",
            Self::Bool => "bool",
            Self::Addr => "ip",
            Self::Text => "text",
        }
    }
}

/// When a field's value is known. A model that predicts must not see what is only
/// known at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KnownAt {
    /// Known when the flow's first packet was seen.
    Start,
    /// Known only when the flow is over.
    End,
}

impl KnownAt {
    /// The name as schemas carry it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::End => "end",
        }
    }
}

/// A row of the registry.
struct Row {
    name: &'static str,
    kind: FieldType,
    unit: &'static str,
    element: Option<u16>,
    known: KnownAt,
    meaning: &'static str,
}

/// A field of the prepared flow, in the order in which prepared flows carry them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(
    missing_docs,
    reason = "the registry below documents each, and `meaning` gives it"
)]
pub enum Field {
    Seq,
    StartMs,
    EndMs,
    DurationMs,
    ActiveMs,
    SrcAddr,
    DstAddr,
    SrcPort,
    DstPort,
    Protocol,
    TcpFlags,
    Tos,
    IcmpType,
    IcmpCode,
    Packets,
    Bytes,
    ReversePackets,
    ReverseBytes,
    SamplingRate,
    Records,
    EndReason,
    Complete,
    BitRate,
    PacketRate,
    Exporter,
    ObservationDomain,
    InIf,
    OutIf,
    SrcPrefix,
    SrcPrefixLen,
    SrcAsn,
    SrcAsName,
    SrcCountry,
    SrcLatitude,
    SrcLongitude,
    SrcVlan,
    SrcNetwork,
    SrcLocality,
    DstPrefix,
    DstPrefixLen,
    DstAsn,
    DstAsName,
    DstCountry,
    DstLatitude,
    DstLongitude,
    DstVlan,
    DstNetwork,
    DstLocality,
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

impl Field {
    /// How many there are.
    pub const COUNT: usize = 54;

    /// All fields, in order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Seq,
        Self::StartMs,
        Self::EndMs,
        Self::DurationMs,
        Self::ActiveMs,
        Self::SrcAddr,
        Self::DstAddr,
        Self::SrcPort,
        Self::DstPort,
        Self::Protocol,
        Self::TcpFlags,
        Self::Tos,
        Self::IcmpType,
        Self::IcmpCode,
        Self::Packets,
        Self::Bytes,
        Self::ReversePackets,
        Self::ReverseBytes,
        Self::SamplingRate,
        Self::Records,
        Self::EndReason,
        Self::Complete,
        Self::BitRate,
        Self::PacketRate,
        Self::Exporter,
        Self::ObservationDomain,
        Self::InIf,
        Self::OutIf,
        Self::SrcPrefix,
        Self::SrcPrefixLen,
        Self::SrcAsn,
        Self::SrcAsName,
        Self::SrcCountry,
        Self::SrcLatitude,
        Self::SrcLongitude,
        Self::SrcVlan,
        Self::SrcNetwork,
        Self::SrcLocality,
        Self::DstPrefix,
        Self::DstPrefixLen,
        Self::DstAsn,
        Self::DstAsName,
        Self::DstCountry,
        Self::DstLatitude,
        Self::DstLongitude,
        Self::DstVlan,
        Self::DstNetwork,
        Self::DstLocality,
        Self::Year,
        Self::Month,
        Self::Day,
        Self::Hour,
        Self::Minute,
        Self::Second,
    ];

    const fn row(self) -> &'static Row {
        &REGISTRY[self as usize]
    }

    /// The name in every format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The type of its values.
    #[must_use]
    pub const fn kind(self) -> FieldType {
        self.row().kind
    }

    /// The unit of its values; empty where there is none.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        self.row().unit
    }

    /// The IPFIX Information Element of the same meaning, of the IPv4 form where
    /// there are two (IANA, "IPFIX Information Elements").
    #[must_use]
    pub const fn element(self) -> Option<u16> {
        self.row().element
    }

    /// Whether it is known at the flow's start or only at its end.
    #[must_use]
    pub const fn known(self) -> KnownAt {
        self.row().known
    }

    /// What it means, and when it is null.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        self.row().meaning
    }

    /// The field of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}

/// One row per field, in the order of [`Field`].
static REGISTRY: [Row; Field::COUNT] = {
    use FieldType::{Addr, Bool, F64, I32, I64, Text, U8, U16, U32, U64};
    use KnownAt::{End, Start};
    const fn row(
        name: &'static str,
        kind: FieldType,
        unit: &'static str,
        element: Option<u16>,
        known: KnownAt,
        meaning: &'static str,
    ) -> Row {
        Row {
            name,
            kind,
            unit,
            element,
            known,
            meaning,
        }
    }
    [
        row(
            "seq",
            U64,
            "",
            None,
            Start,
            "position in the prepared stream, dense, from 0",
        ),
        row(
            "start_ms",
            I64,
            "ms",
            Some(152),
            Start,
            "first packet, Unix time on the exporter's clock",
        ),
        row(
            "end_ms",
            I64,
            "ms",
            Some(153),
            End,
            "last packet, Unix time on the exporter's clock",
        ),
        row(
            "duration_ms",
            U64,
            "ms",
            Some(161),
            End,
            "`end_ms` less `start_ms`",
        ),
        row(
            "active_ms",
            U64,
            "ms",
            None,
            End,
            "the duration less the gaps between merged records",
        ),
        row(
            "src_addr",
            Addr,
            "",
            Some(27),
            Start,
            "source address, anonymized",
        ),
        row(
            "dst_addr",
            Addr,
            "",
            Some(28),
            Start,
            "destination address, anonymized",
        ),
        row("src_port", U16, "", Some(7), Start, "source port"),
        row("dst_port", U16, "", Some(11), Start, "destination port"),
        row("protocol", U8, "", Some(4), Start, "protocol number"),
        row(
            "tcp_flags",
            U16,
            "",
            Some(6),
            End,
            "OR of the TCP flags over the flow; null where the protocol has none",
        ),
        row(
            "tos",
            U8,
            "",
            Some(5),
            Start,
            "type of service or traffic class of the first record",
        ),
        row("icmp_type", U8, "", Some(176), Start, "null unless ICMP"),
        row("icmp_code", U8, "", Some(177), Start, "null unless ICMP"),
        row(
            "packets",
            U64,
            "packets",
            Some(2),
            End,
            "packets, scaled by the sampling rate",
        ),
        row(
            "bytes",
            U64,
            "octets",
            Some(1),
            End,
            "octets of the IP layer, scaled by the sampling rate",
        ),
        row(
            "reverse_packets",
            U64,
            "packets",
            None,
            End,
            "packets of the opposite direction; null unless biflows are on",
        ),
        row(
            "reverse_bytes",
            U64,
            "octets",
            None,
            End,
            "octets of the opposite direction; null unless biflows are on",
        ),
        row(
            "sampling_rate",
            U32,
            "packets",
            Some(34),
            Start,
            "one in how many packets was sampled; 1 is unsampled; null if unknown",
        ),
        row(
            "records",
            U32,
            "flows",
            Some(3),
            End,
            "Original Flows merged into this one",
        ),
        row(
            "end_reason",
            Text,
            "",
            Some(136),
            End,
            "idle, active, end, forced or resources",
        ),
        row(
            "complete",
            Bool,
            "",
            None,
            End,
            "TCP: opening and closing both seen; null for other protocols",
        ),
        row(
            "bit_rate",
            F64,
            "bit/s",
            None,
            End,
            "bits over `active_ms`; null where that is 0",
        ),
        row(
            "packet_rate",
            F64,
            "packets/s",
            None,
            End,
            "packets over `active_ms`; null where that is 0",
        ),
        row(
            "exporter",
            Addr,
            "",
            Some(130),
            Start,
            "address of the exporter, anonymized",
        ),
        row(
            "observation_domain",
            U32,
            "",
            Some(149),
            Start,
            "Observation Domain of the exporter",
        ),
        row(
            "in_if",
            U32,
            "",
            Some(10),
            Start,
            "SNMP index of the ingress interface",
        ),
        row(
            "out_if",
            U32,
            "",
            Some(14),
            Start,
            "SNMP index of the egress interface",
        ),
        row(
            "src_prefix",
            Addr,
            "",
            Some(44),
            Start,
            "network address of the most specific known prefix of the source, anonymized",
        ),
        row("src_prefix_len", U8, "bits", Some(9), Start, "its length"),
        row(
            "src_asn",
            U32,
            "",
            Some(16),
            Start,
            "origin AS of the source",
        ),
        row("src_as_name", Text, "", None, Start, "name of that AS"),
        row(
            "src_country",
            Text,
            "",
            None,
            Start,
            "country of the source, ISO 3166-1 alpha-2",
        ),
        row(
            "src_latitude",
            F64,
            "degrees",
            None,
            Start,
            "latitude of the source, WGS 84",
        ),
        row(
            "src_longitude",
            F64,
            "degrees",
            None,
            Start,
            "longitude of the source, WGS 84",
        ),
        row(
            "src_vlan",
            U16,
            "",
            Some(58),
            Start,
            "VLAN of the source's network",
        ),
        row(
            "src_network",
            Text,
            "",
            None,
            Start,
            "the operator's name of the source's network",
        ),
        row(
            "src_locality",
            Text,
            "",
            None,
            Start,
            "private or public (RFC 6890)",
        ),
        row(
            "dst_prefix",
            Addr,
            "",
            Some(45),
            Start,
            "network address of the most specific known prefix of the destination, anonymized",
        ),
        row("dst_prefix_len", U8, "bits", Some(13), Start, "its length"),
        row(
            "dst_asn",
            U32,
            "",
            Some(17),
            Start,
            "origin AS of the destination",
        ),
        row("dst_as_name", Text, "", None, Start, "name of that AS"),
        row(
            "dst_country",
            Text,
            "",
            None,
            Start,
            "country of the destination, ISO 3166-1 alpha-2",
        ),
        row(
            "dst_latitude",
            F64,
            "degrees",
            None,
            Start,
            "latitude of the destination, WGS 84",
        ),
        row(
            "dst_longitude",
            F64,
            "degrees",
            None,
            Start,
            "longitude of the destination, WGS 84",
        ),
        row(
            "dst_vlan",
            U16,
            "",
            Some(59),
            Start,
            "VLAN of the destination's network",
        ),
        row(
            "dst_network",
            Text,
            "",
            None,
            Start,
            "the operator's name of the destination's network",
        ),
        row(
            "dst_locality",
            Text,
            "",
            None,
            Start,
            "private or public (RFC 6890)",
        ),
        row("year", I32, "", None, Start, "year of `start_ms`, UTC"),
        row("month", U8, "", None, Start, "month, 1 to 12"),
        row("day", U8, "", None, Start, "day of the month, 1 to 31"),
        row("hour", U8, "", None, Start, "hour, 0 to 23"),
        row("minute", U8, "", None, Start, "minute, 0 to 59"),
        row("second", U8, "", None, Start, "second, 0 to 59"),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_its_field_and_no_other() {
        for (index, field) in Field::ALL.into_iter().enumerate() {
            assert_eq!(
                field as usize,
                index,
                "{} stands in its place",
                field.name()
            );
            assert_eq!(Field::from_name(field.name()), Some(field));
            assert!(!field.meaning().is_empty());
        }
        assert_eq!(Field::from_name("Seq"), None);
    }

    #[test]
    fn counters_and_flags_are_known_only_at_the_end() {
        for name in [
            "packets",
            "bytes",
            "tcp_flags",
            "duration_ms",
            "bit_rate",
            "end_reason",
        ] {
            assert_eq!(
                Field::from_name(name).unwrap().known(),
                KnownAt::End,
                "{name}"
            );
        }
        for name in ["start_ms", "src_addr", "dst_asn", "hour"] {
            assert_eq!(
                Field::from_name(name).unwrap().known(),
                KnownAt::Start,
                "{name}"
            );
        }
    }
}
