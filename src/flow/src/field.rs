//! The registry of the prepared flow's fields: the one place that says what each is.

mod registry;

use registry::{REGISTRY, Row};

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
    VlanId,
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
    BlockPlace,
}

impl Field {
    /// How many there are.
    pub const COUNT: usize = 56;

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
        Self::VlanId,
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
        Self::BlockPlace,
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
            "block_place",
        ] {
            assert_eq!(
                Field::from_name(name).unwrap().known(),
                KnownAt::End,
                "{name}"
            );
        }
        for name in ["start_ms", "src_addr", "vlan_id", "dst_asn", "hour"] {
            assert_eq!(
                Field::from_name(name).unwrap().known(),
                KnownAt::Start,
                "{name}"
            );
        }
    }
}
