//! Where in the pipeline a filter is applied, and what is known there.

use std::fmt;

use flow::Field;

/// Where a filter is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Before aggregation: to an Original Flow.
    Original,
    /// After aggregation and enrichment: to a prepared flow.
    Prepared,
    /// On the prepared stream: to a prepared flow with its position.
    Published,
}

impl Stage {
    /// Whether a field is known there. What is known may still be null in a flow.
    #[must_use]
    pub const fn knows(self, field: Field) -> bool {
        match self {
            Self::Original => is_of_original(field),
            Self::Prepared => !matches!(field, Field::Seq),
            Self::Published => true,
        }
    }

    /// The first at which a field is known.
    #[must_use]
    pub const fn first_to_know(field: Field) -> Self {
        if Self::Original.knows(field) {
            Self::Original
        } else if Self::Prepared.knows(field) {
            Self::Prepared
        } else {
            Self::Published
        }
    }
}

/// Completes "it is known ...".
impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Original => "before aggregation",
            Self::Prepared => "after aggregation",
            Self::Published => "on the prepared stream",
        })
    }
}

/// Whether a record tells it by itself.
const fn is_of_original(field: Field) -> bool {
    match field {
        Field::StartMs
        | Field::EndMs
        | Field::DurationMs
        | Field::SrcAddr
        | Field::DstAddr
        | Field::SrcPort
        | Field::DstPort
        | Field::Protocol
        | Field::TcpFlags
        | Field::Tos
        | Field::IcmpType
        | Field::IcmpCode
        | Field::Packets
        | Field::Bytes
        | Field::SamplingRate
        | Field::EndReason
        | Field::BitRate
        | Field::PacketRate
        | Field::Exporter
        | Field::ObservationDomain
        | Field::InIf
        | Field::OutIf
        | Field::VlanId
        | Field::Year
        | Field::Month
        | Field::Day
        | Field::Hour
        | Field::Minute
        | Field::Second => true,
        Field::Seq
        | Field::ActiveMs
        | Field::ReversePackets
        | Field::ReverseBytes
        | Field::Records
        | Field::Complete
        | Field::BlockPlace
        | Field::SrcPrefix
        | Field::SrcPrefixLen
        | Field::SrcAsn
        | Field::SrcAsName
        | Field::SrcCountry
        | Field::SrcLatitude
        | Field::SrcLongitude
        | Field::SrcVlan
        | Field::SrcNetwork
        | Field::SrcLocality
        | Field::DstPrefix
        | Field::DstPrefixLen
        | Field::DstAsn
        | Field::DstAsName
        | Field::DstCountry
        | Field::DstLatitude
        | Field::DstLongitude
        | Field::DstVlan
        | Field::DstNetwork
        | Field::DstLocality => false,
    }
}
