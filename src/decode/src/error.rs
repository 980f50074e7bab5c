//! Why a datagram was rejected, and where.

use crate::{Protocol, Reason};

/// The fault for which a datagram was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("octet {offset}: {kind}")]
pub struct DecodeError {
    /// Offset of the fault in the datagram, in octets.
    pub offset: usize,
    /// What was found there, and what would be right.
    pub kind: ErrorKind,
}

/// What was wrong with a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No octets.
    #[error("empty datagram where a header was expected")]
    Empty,
    /// Too short to hold a version.
    #[error("datagram of 1 octet, where a version needs 2")]
    NoVersion,
    /// Shorter than the header of its version.
    #[error("datagram of {found} octets, where a header of {protocol} needs {needed}")]
    ShortHeader {
        /// The protocol its version names.
        protocol: Protocol,
        /// Octets of the datagram.
        found: usize,
        /// Octets of the header.
        needed: usize,
    },
    /// The version of no protocol.
    #[error("version {found}, where 1, 5, 7, 9, 10 (IPFIX) or that of sFlow was expected")]
    VersionUnknown {
        /// The first two octets.
        found: u16,
    },
    /// NetFlow v8.
    #[error("NetFlow v{version} is not decoded, only v1, v5, v7, v9 and IPFIX")]
    NetflowVersion {
        /// The version.
        version: u16,
    },
    /// sFlow before version 5.
    #[error("sFlow v{version} is not decoded, only v5")]
    Sflow {
        /// The version.
        version: u32,
    },
    /// NetFlow v1, v5 and v7: count and length disagree.
    #[error("count of {count} records, where a datagram of {octets} octets holds {fit}")]
    CountMismatch {
        /// The header's count.
        count: u16,
        /// Octets of the datagram.
        octets: usize,
        /// Whole records that the datagram has room for.
        fit: usize,
    },
    /// sFlow: fewer samples, or fewer flow data in one, than counted.
    #[error("{octets} octets for item {item} of {count}, where at least 8 were expected")]
    ItemMissing {
        /// Its place, from 1.
        item: u32,
        /// How many there should be.
        count: u32,
        /// Octets that are left for it and all after it.
        octets: usize,
    },
    /// sFlow: a length goes beyond what holds it.
    #[error("length {stated} of format {format}, where 0 to {remaining} was expected")]
    ItemLength {
        /// The number of the format, with that of its enterprise in the upper 20 bits.
        format: u32,
        /// The stated length.
        stated: u32,
        /// Octets that are left.
        remaining: usize,
    },
    /// sFlow: a sample, or flow data of one, is shorter than its format.
    #[error("{found} octets of format {format}, where at least {needed} were expected")]
    ItemShort {
        /// The number of the format, with that of its enterprise in the upper 20 bits.
        format: u32,
        /// Octets that there are.
        found: usize,
        /// Octets of the format's fixed part.
        needed: usize,
    },
    /// sFlow: a sampled header goes beyond the flow data that hold it.
    #[error("sampled header of {stated} octets, where 0 to {remaining} was expected")]
    SampledHeader {
        /// The stated length.
        stated: u32,
        /// Octets that are left.
        remaining: usize,
    },
    /// sFlow: the agent's address is of no known type.
    #[error("agent address of type {found}, where 1 (IPv4) or 2 (IPv6) was expected")]
    AgentAddress {
        /// The type.
        found: u32,
    },
    /// IPFIX: the header's length is not that of a message in the datagram.
    #[error("message length {stated}, where 16 to {octets} was expected")]
    LengthMismatch {
        /// The header's length.
        stated: u16,
        /// Octets of the datagram.
        octets: usize,
    },
    /// A Set's length is below 4 or beyond the message.
    #[error("length {stated} of set {id}, where 4 to {remaining} was expected")]
    SetLength {
        /// The Set ID.
        id: u16,
        /// The Set's length.
        stated: u16,
        /// Octets from the Set to the end of the message.
        remaining: usize,
    },
    /// Octets after the last Set that are too few for a Set's header.
    #[error("{found} octets after the last set, where a set needs 4")]
    SetHeader {
        /// Octets that are left.
        found: usize,
    },
    /// A Template Record goes beyond its Set.
    #[error("template {id} of {fields} fields, where its set has room for {room} octets")]
    TemplateTruncated {
        /// The Template ID.
        id: u16,
        /// Its count of fields.
        fields: usize,
        /// Octets for fields that are left in the Set.
        room: usize,
    },
    /// A Template ID that is reserved for Set IDs.
    #[error("template id {id}, where 256 or above was expected")]
    TemplateId {
        /// The Template ID.
        id: u16,
    },
    /// An Options Template without scope, or with more scopes than fields.
    #[error(
        "options template {id} with {scopes} scopes of {fields} fields, where 1 to {fields} was expected"
    )]
    ScopeCount {
        /// The Template ID.
        id: u16,
        /// Its count of scope fields.
        scopes: u16,
        /// Its count of fields.
        fields: u16,
    },
    /// NetFlow v9: an Options Template's length is no multiple of a field's.
    #[error(
        "options template {id} with {octets} octets of fields, where a multiple of 4 was expected"
    )]
    OptionsLength {
        /// The Template ID.
        id: u16,
        /// The length that is no multiple.
        octets: u16,
    },
    /// A variable-length field goes beyond its Set.
    #[error("record of template {id}, where a variable length leads beyond the set")]
    VariableLength {
        /// The Template ID.
        id: u16,
    },
    /// A stream defines a template anew and differently, without a withdrawal.
    #[error("another definition of template {id}, where a withdrawal was expected before it")]
    TemplateRedefined {
        /// The Template ID.
        id: u16,
    },
    /// More records than allowed.
    #[error("more than {limit} records, where that many are allowed in one datagram")]
    TooManyRecords {
        /// The limit.
        limit: usize,
    },
}

impl ErrorKind {
    /// The fault at an offset of the datagram.
    #[must_use]
    pub(crate) const fn at(self, offset: usize) -> DecodeError {
        DecodeError { offset, kind: self }
    }

    /// Whether a stream cannot go on after it: where its messages begin is no longer
    /// known, or what a template means.
    pub(crate) const fn ends_stream(self) -> bool {
        matches!(
            self,
            Self::Empty
                | Self::NoVersion
                | Self::ShortHeader { .. }
                | Self::VersionUnknown { .. }
                | Self::LengthMismatch { .. }
                | Self::TemplateRedefined { .. }
        )
    }

    /// The reason it is counted by.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::Empty => Reason::Empty,
            Self::NoVersion | Self::ShortHeader { .. } => Reason::Short,
            Self::VersionUnknown { .. } => Reason::VersionUnknown,
            Self::NetflowVersion { .. } => Reason::NetflowV8,
            Self::Sflow { .. } => Reason::Sflow,
            Self::CountMismatch { .. } | Self::ItemMissing { .. } => Reason::CountMismatch,
            Self::ItemLength { .. } | Self::ItemShort { .. } | Self::SampledHeader { .. } => {
                Reason::SampleLength
            }
            Self::AgentAddress { .. } => Reason::AgentAddress,
            Self::LengthMismatch { .. } => Reason::LengthMismatch,
            Self::SetLength { .. } | Self::SetHeader { .. } => Reason::SetLength,
            Self::TemplateTruncated { .. } => Reason::TemplateTruncated,
            Self::TemplateId { .. } => Reason::TemplateId,
            Self::ScopeCount { .. } | Self::OptionsLength { .. } => Reason::ScopeCount,
            Self::VariableLength { .. } => Reason::VariableLength,
            Self::TemplateRedefined { .. } => Reason::TemplateRedefined,
            Self::TooManyRecords { .. } => Reason::TooManyRecords,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_where_what_was_found_and_what_would_be_right() {
        let error = ErrorKind::SetLength {
            id: 256,
            stated: 3,
            remaining: 40,
        }
        .at(16);
        assert_eq!(
            error.to_string(),
            "octet 16: length 3 of set 256, where 4 to 40 was expected"
        );
        assert_eq!(error.kind.reason(), Reason::SetLength);
    }
}
