//! Which field has which method: an allow-list.

use flow::{Field, Method};

/// The method of each field. A field that is not named does not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Methods([Method; Field::COUNT]);

/// A field with a method that is none for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} cannot have the method {:?}; one of {}",
    field.name(),
    method.name(),
    names(*field)
)]
pub struct Unsuitable {
    /// The field.
    pub field: Field,
    /// The method.
    pub method: Method,
}

fn names(field: Field) -> String {
    let methods = Method::of_field(field).iter();
    let names: Vec<String> = methods
        .map(|method| format!("{:?}", method.name()))
        .collect();
    names.join(", ")
}

/// Fields that are one value of a flow in two parts. They leave together or not at all.
pub(super) const PAIRS: [(Field, Field); 6] = [
    (Field::IcmpType, Field::IcmpCode),
    (Field::ReversePackets, Field::ReverseBytes),
    (Field::SrcPrefix, Field::SrcPrefixLen),
    (Field::SrcLatitude, Field::SrcLongitude),
    (Field::DstPrefix, Field::DstPrefixLen),
    (Field::DstLatitude, Field::DstLongitude),
];

impl Methods {
    /// No field leaves but its position in the stream.
    #[must_use]
    pub fn nothing() -> Self {
        Self::of(|field| match field {
            Field::Seq | Field::BlockPlace => Method::Clear,
            _ => Method::BlackMarker,
        })
    }

    /// The preset `none`: every field leaves as it is.
    #[must_use]
    pub fn none() -> Self {
        Self::of(|field| whole(field, Method::Clear))
    }

    /// The preset `standard`: addresses by prefix-preserving permutation, all else as it is.
    #[must_use]
    pub fn standard() -> Self {
        Self::of(|field| whole(field, Method::PrefixPreserving))
    }

    /// The preset `cnsm2019`: addresses octet by octet, all else as it is.
    #[must_use]
    pub fn cnsm2019() -> Self {
        Self::of(|field| whole(field, Method::OctetPermutation))
    }

    /// The preset `strict`: what is left tells of traffic and not of hosts. Why each field
    /// has what it has is in `docs/anonymization-policy.md`.
    #[must_use]
    pub fn strict() -> Self {
        Self::of(strict)
    }

    fn of(method: impl Fn(Field) -> Method) -> Self {
        Self(Field::ALL.map(method))
    }

    /// The method of a field.
    #[must_use]
    pub fn method(&self, field: Field) -> Method {
        let method = self.0.get(field as usize);
        method.copied().unwrap_or(Method::BlackMarker)
    }

    /// The same with another method for a field.
    ///
    /// # Errors
    /// [`Unsuitable`] if it is no method for the field.
    pub fn with(mut self, field: Field, method: Method) -> Result<Self, Unsuitable> {
        if !method.suits(field) {
            return Err(Unsuitable { field, method });
        }
        if let Some(place) = self.0.get_mut(field as usize) {
            *place = method;
        }
        Ok(self)
    }

    /// Whether a field leaves: it is named, and so is what it is made of and its other half.
    #[must_use]
    pub fn leaves(&self, field: Field) -> bool {
        let is_named = |field| self.method(field) != Method::BlackMarker;
        let half = PAIRS.iter().find_map(|&(one, other)| match field {
            _ if field == one => Some(other),
            _ if field == other => Some(one),
            _ => None,
        });
        is_named(field)
            && half.is_none_or(is_named)
            && parents(field).iter().all(|&parent| {
                // A length or a date cannot be worked out from numbers that are no times.
                is_named(parent) && self.method(parent) != Method::Enumeration
            })
    }

    /// Whether a method has to have a secret key.
    #[must_use]
    pub fn need_key(&self) -> bool {
        self.first_with_key().is_some()
    }

    /// The first field whose method has to have one, and that method.
    pub(super) fn first_with_key(&self) -> Option<(Field, Method)> {
        let mut all = Field::ALL.into_iter().zip(self.0);
        all.find(|(_, method)| method.needs_key())
    }
}

/// What a field is worked out from whenever it is asked for.
pub(super) const fn parents(field: Field) -> &'static [Field] {
    match field {
        Field::DurationMs => &[Field::StartMs, Field::EndMs],
        Field::BitRate => &[Field::Bytes, Field::ActiveMs],
        Field::PacketRate => &[Field::Packets, Field::ActiveMs],
        Field::Year | Field::Month | Field::Day | Field::Hour | Field::Minute | Field::Second => {
            &[Field::StartMs]
        }
        _ => &[],
    }
}

/// Every field as it is, but for addresses. Whoever adds a field says here, and in the strict
/// preset, what becomes of it: there is no arm for the rest.
const fn whole(field: Field, address: Method) -> Method {
    match field {
        Field::SrcAddr | Field::DstAddr | Field::Exporter => address,
        Field::SrcPrefix | Field::SrcPrefixLen | Field::DstPrefix | Field::DstPrefixLen => {
            Method::AsAddress
        }
        Field::DurationMs
        | Field::BitRate
        | Field::PacketRate
        | Field::Year
        | Field::Month
        | Field::Day
        | Field::Hour
        | Field::Minute
        | Field::Second => Method::Derived,
        Field::Seq
        | Field::StartMs
        | Field::EndMs
        | Field::ActiveMs
        | Field::SrcPort
        | Field::DstPort
        | Field::Protocol
        | Field::TcpFlags
        | Field::Tos
        | Field::IcmpType
        | Field::IcmpCode
        | Field::Packets
        | Field::Bytes
        | Field::ReversePackets
        | Field::ReverseBytes
        | Field::SamplingRate
        | Field::Records
        | Field::EndReason
        | Field::Complete
        | Field::ObservationDomain
        | Field::InIf
        | Field::OutIf
        | Field::VlanId
        | Field::SrcAsn
        | Field::SrcAsName
        | Field::SrcCountry
        | Field::SrcLatitude
        | Field::SrcLongitude
        | Field::SrcVlan
        | Field::SrcNetwork
        | Field::SrcLocality
        | Field::DstAsn
        | Field::DstAsName
        | Field::DstCountry
        | Field::DstLatitude
        | Field::DstLongitude
        | Field::DstVlan
        | Field::DstNetwork
        | Field::DstLocality
        | Field::BlockPlace => Method::Clear,
    }
}

const fn strict(field: Field) -> Method {
    match field {
        Field::SrcAddr | Field::DstAddr => Method::TruncatedPrefixPreserving,
        Field::StartMs | Field::EndMs | Field::ActiveMs => Method::PrecisionDegradation,
        Field::SrcPort
        | Field::DstPort
        | Field::Packets
        | Field::Bytes
        | Field::ReversePackets
        | Field::ReverseBytes
        | Field::Records => Method::Binning,
        Field::DurationMs
        | Field::BitRate
        | Field::PacketRate
        | Field::Year
        | Field::Month
        | Field::Day
        | Field::Hour
        | Field::Minute
        | Field::Second => Method::Derived,
        Field::Seq
        | Field::Protocol
        | Field::TcpFlags
        | Field::SamplingRate
        | Field::EndReason
        | Field::Complete
        | Field::SrcCountry
        | Field::SrcLocality
        | Field::DstCountry
        | Field::DstLocality
        | Field::BlockPlace => Method::Clear,
        Field::Tos
        | Field::IcmpType
        | Field::IcmpCode
        | Field::Exporter
        | Field::ObservationDomain
        | Field::InIf
        | Field::OutIf
        | Field::VlanId
        | Field::SrcPrefix
        | Field::SrcPrefixLen
        | Field::SrcAsn
        | Field::SrcAsName
        | Field::SrcLatitude
        | Field::SrcLongitude
        | Field::SrcVlan
        | Field::SrcNetwork
        | Field::DstPrefix
        | Field::DstPrefixLen
        | Field::DstAsn
        | Field::DstAsName
        | Field::DstLatitude
        | Field::DstLongitude
        | Field::DstVlan
        | Field::DstNetwork => Method::BlackMarker,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_gives_each_field_a_method_that_suits_it() {
        for methods in [
            Methods::nothing(),
            Methods::none(),
            Methods::standard(),
            Methods::cnsm2019(),
            Methods::strict(),
        ] {
            for field in Field::ALL {
                assert!(methods.method(field).suits(field), "{}", field.name());
            }
        }
    }

    #[test]
    fn what_is_not_named_does_not_leave() {
        let leaving = |methods: &Methods| {
            let fields = Field::ALL.into_iter();
            fields
                .filter(|&field| methods.leaves(field))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            leaving(&Methods::nothing()),
            [Field::Seq, Field::BlockPlace]
        );
        assert_eq!(leaving(&Methods::standard()), Field::ALL);
        let hour = Methods::nothing()
            .with(Field::Hour, Method::Derived)
            .unwrap();
        assert!(
            !hour.leaves(Field::Hour),
            "the time it is of does not leave"
        );
        let both = hour.with(Field::StartMs, Method::Clear).unwrap();
        assert!(both.leaves(Field::Hour) && !both.leaves(Field::Minute));
        let numbered = both.with(Field::StartMs, Method::Enumeration).unwrap();
        assert!(numbered.leaves(Field::StartMs) && !numbered.leaves(Field::Hour));
        let half = Methods::nothing()
            .with(Field::IcmpType, Method::Clear)
            .unwrap();
        assert!(!half.leaves(Field::IcmpType), "without the code, no type");
    }

    #[test]
    fn a_method_that_is_none_for_a_field_is_refused_with_those_that_are() {
        let error = Methods::none()
            .with(Field::SrcPort, Method::Noise)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "src_port cannot have the method \"noise\"; one of \"clear\", \"permutation\", \
             \"binning\", \"black-marker\""
        );
    }

    #[test]
    fn a_key_is_needed_by_methods_that_have_one() {
        assert!(Methods::standard().need_key() && Methods::strict().need_key());
        assert!(!Methods::none().need_key() && !Methods::cnsm2019().need_key());
        let noisy = Methods::none().with(Field::Bytes, Method::Noise).unwrap();
        assert!(noisy.need_key());
    }
}
