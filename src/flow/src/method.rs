//! Methods of anonymization by field: the one place that says which there are.

use crate::Field;

/// What is done to a field's values before they leave (RFC 6235, 4). What each does
/// exactly, and its laws, is said where it is done: `mediation::anonymize::method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Nothing: the original value leaves.
    Clear,
    /// No value leaves: the field is null.
    BlackMarker,
    /// Addresses so that common prefixes stay common, with the key (4.1.4).
    PrefixPreserving,
    /// The same by another function, ipcrypt-pfx (draft-denis-ipcrypt, 6).
    IpcryptPfx,
    /// Addresses as a whole with the key; all become IPv6 addresses (4.1.3;
    /// draft-denis-ipcrypt, 5).
    IpcryptDeterministic,
    /// Addresses octet by octet, as the original system did, with a published key (4.1.3).
    OctetPermutation,
    /// Leading bits of addresses are kept, the rest is 0 (4.1.1).
    Truncation,
    /// Leading bits of addresses are 0, the rest is kept (4.1.2).
    ReverseTruncation,
    /// Prefix-preserving, then truncated: no original bit leaves, and no host.
    TruncatedPrefixPreserving,
    /// Prefixes become those of their anonymized addresses.
    AsAddress,
    /// Fewer digits, or a coarser grid (4.3.1, 4.4.1).
    PrecisionDegradation,
    /// Numbers in the order of the times that they stand for (4.3.2).
    Enumeration,
    /// One offset for all times of an epoch, from the key (4.3.3).
    RandomShift,
    /// The lowest value of the bin that a value is in (4.4.2, 4.5.1).
    Binning,
    /// A random part is added or taken away, from the key and the flow (4.4.3).
    Noise,
    /// One to one, with the key: ports (4.5.2), and addresses within their family (4.1.3).
    Permutation,
    /// Worked out from other fields as they leave; null if one of these is.
    Derived,
}

/// How long a mapping stays the same, and so which datasets can be compared: the
/// stability classes of RFC 6235, 5.1, with their numbers in 6.2.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stability {
    /// There is no mapping of values that could be compared.
    Undefined = 0,
    /// The same within a session only.
    Session = 1,
    /// The same between two parties.
    ExporterCollectorPair = 2,
    /// The same for all, for as long as the settings and the key are.
    Stable = 3,
}

impl Stability {
    /// The name in metadata.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Session => "session",
            Self::ExporterCollectorPair => "exporter-collector-pair",
            Self::Stable => "stable",
        }
    }

    /// The value of `anonymizationFlags`, IPFIX element 285 (RFC 6235, 6.2.3): the
    /// stability class in its two lowest bits. No method treats the inner and the outer
    /// side differently, and LOR is not for truncation, so that no other bit is set.
    #[must_use]
    pub const fn flags(self) -> u16 {
        self as u16
    }
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Clear,
        Self::BlackMarker,
        Self::PrefixPreserving,
        Self::IpcryptPfx,
        Self::IpcryptDeterministic,
        Self::OctetPermutation,
        Self::Truncation,
        Self::ReverseTruncation,
        Self::TruncatedPrefixPreserving,
        Self::AsAddress,
        Self::PrecisionDegradation,
        Self::Enumeration,
        Self::RandomShift,
        Self::Binning,
        Self::Noise,
        Self::Permutation,
        Self::Derived,
    ];

    /// The name in settings and metadata.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::BlackMarker => "black-marker",
            Self::PrefixPreserving => "prefix-preserving",
            Self::IpcryptPfx => "ipcrypt-pfx",
            Self::IpcryptDeterministic => "ipcrypt-deterministic",
            Self::OctetPermutation => "octet-permutation",
            Self::Truncation => "truncation",
            Self::ReverseTruncation => "reverse-truncation",
            Self::TruncatedPrefixPreserving => "truncated-prefix-preserving",
            Self::AsAddress => "as-address",
            Self::PrecisionDegradation => "precision-degradation",
            Self::Enumeration => "enumeration",
            Self::RandomShift => "random-shift",
            Self::Binning => "binning",
            Self::Noise => "noise",
            Self::Permutation => "permutation",
            Self::Derived => "derived",
        }
    }

    /// The value of `anonymizationTechnique`, IPFIX element 286 (RFC 6235, 6.2.2). What is
    /// worked out from anonymized fields has none of its own: 0, undefined. So have prefixes,
    /// whose technique is that of their address, and a field that is null.
    #[must_use]
    pub const fn technique(self) -> u16 {
        match self {
            Self::BlackMarker | Self::AsAddress | Self::Derived => 0,
            Self::Clear => 1,
            Self::Truncation | Self::PrecisionDegradation => 2,
            Self::Binning => 3,
            Self::Enumeration => 4,
            Self::OctetPermutation | Self::IpcryptDeterministic | Self::Permutation => 5,
            Self::PrefixPreserving | Self::IpcryptPfx | Self::TruncatedPrefixPreserving => 6,
            Self::ReverseTruncation => 7,
            Self::Noise => 8,
            Self::RandomShift => 9,
        }
    }

    /// How long the mapping stays the same. Noise is no mapping: equal values of two flows
    /// leave with different noise.
    #[must_use]
    pub const fn stability(self) -> Stability {
        match self {
            Self::Noise | Self::BlackMarker => Stability::Undefined,
            // The offset is another one in each epoch.
            Self::RandomShift => Stability::Session,
            _ => Stability::Stable,
        }
    }

    /// Whether it needs a key that is secret.
    #[must_use]
    pub const fn needs_key(self) -> bool {
        matches!(
            self,
            Self::PrefixPreserving
                | Self::IpcryptPfx
                | Self::IpcryptDeterministic
                | Self::TruncatedPrefixPreserving
                | Self::Enumeration
                | Self::RandomShift
                | Self::Noise
                | Self::Permutation
        )
    }

    /// The methods for a field, the one that tells most first.
    #[must_use]
    pub const fn of_field(field: Field) -> &'static [Self] {
        use Method::{
            AsAddress, Binning, BlackMarker, Clear, Derived, Enumeration, IpcryptDeterministic,
            IpcryptPfx, Noise, OctetPermutation, Permutation, PrecisionDegradation,
            PrefixPreserving, RandomShift, ReverseTruncation, TruncatedPrefixPreserving,
            Truncation,
        };
        match field {
            Field::Seq | Field::BlockPlace => &[Clear],
            Field::SrcAddr | Field::DstAddr | Field::Exporter => &[
                Clear,
                PrefixPreserving,
                IpcryptPfx,
                TruncatedPrefixPreserving,
                Truncation,
                ReverseTruncation,
                OctetPermutation,
                Permutation,
                IpcryptDeterministic,
                BlackMarker,
            ],
            Field::SrcPrefix | Field::SrcPrefixLen | Field::DstPrefix | Field::DstPrefixLen => {
                &[AsAddress, BlackMarker]
            }
            Field::StartMs | Field::EndMs => &[
                Clear,
                PrecisionDegradation,
                RandomShift,
                Enumeration,
                BlackMarker,
            ],
            Field::ActiveMs
            | Field::SrcLatitude
            | Field::SrcLongitude
            | Field::DstLatitude
            | Field::DstLongitude => &[Clear, PrecisionDegradation, BlackMarker],
            Field::Packets
            | Field::Bytes
            | Field::ReversePackets
            | Field::ReverseBytes
            | Field::Records => &[Clear, Noise, PrecisionDegradation, Binning, BlackMarker],
            Field::SrcPort | Field::DstPort => &[Clear, Permutation, Binning, BlackMarker],
            Field::DurationMs
            | Field::BitRate
            | Field::PacketRate
            | Field::Year
            | Field::Month
            | Field::Day
            | Field::Hour
            | Field::Minute
            | Field::Second => &[Derived, BlackMarker],
            _ => &[Clear, BlackMarker],
        }
    }

    /// Whether it is one for a field.
    #[must_use]
    pub fn suits(self, field: Field) -> bool {
        Self::of_field(field).contains(&self)
    }

    /// The method of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_its_method_and_every_method_has_a_field() {
        for method in Method::ALL {
            assert_eq!(Method::from_name(method.name()), Some(method));
            assert!(
                Field::ALL.into_iter().any(|field| method.suits(field)),
                "{}",
                method.name()
            );
        }
        assert_eq!(Method::from_name("Clear"), None);
    }

    #[test]
    fn every_field_but_the_position_in_the_stream_may_be_left_out() {
        let kept = |field: &Field| !Method::BlackMarker.suits(*field);
        let kept: Vec<Field> = Field::ALL.into_iter().filter(kept).collect();
        assert_eq!(kept, [Field::Seq, Field::BlockPlace]);
    }

    #[test]
    fn techniques_and_flags_have_the_numbers_of_rfc_6235() {
        for (method, technique, flags) in [
            (Method::Clear, 1, 3),
            (Method::Truncation, 2, 3),
            (Method::PrecisionDegradation, 2, 3),
            (Method::Binning, 3, 3),
            (Method::Enumeration, 4, 3),
            (Method::OctetPermutation, 5, 3),
            (Method::Permutation, 5, 3),
            (Method::IpcryptDeterministic, 5, 3),
            (Method::PrefixPreserving, 6, 3),
            (Method::IpcryptPfx, 6, 3),
            (Method::ReverseTruncation, 7, 3),
            (Method::Noise, 8, 0),
            (Method::RandomShift, 9, 1),
            (Method::BlackMarker, 0, 0),
        ] {
            assert_eq!(
                (method.technique(), method.stability().flags()),
                (technique, flags),
                "{}",
                method.name()
            );
        }
    }
}
