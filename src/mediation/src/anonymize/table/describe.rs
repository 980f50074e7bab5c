//! What metadata say of a policy.

use std::borrow::Cow;

use flow::{Field, Method};

use super::methods::parents;
use super::{SpecialUse, Table};

/// What is done to one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Technique {
    /// The field.
    pub field: Field,
    /// Its method, with the numbers of IPFIX elements 285 and 286. That of a prefix is its
    /// address's.
    pub method: Method,
    /// The method with its parameters, in the words of RFC 6235.
    pub text: Cow<'static, str>,
}

/// As policies say it that are no table.
pub(in crate::anonymize) const PREFIX_PRESERVING: &str = "prefix-preserving: Crypto-PAn";
/// Likewise.
pub(in crate::anonymize) const EACH_OCTET: &str = "permutation of each octet";

impl Table {
    /// What is done to each field that does not leave as it is.
    pub(in crate::anonymize) fn techniques(&self) -> Vec<Technique> {
        let fields = Field::ALL.into_iter();
        fields.filter_map(|field| self.technique(field)).collect()
    }

    fn technique(&self, field: Field) -> Option<Technique> {
        let address = address_of(field);
        let method = match address {
            _ if !self.leaves(field) => Method::BlackMarker,
            Some(address) => self.methods.method(address),
            None if self.is_on_grid(field) => Method::PrecisionDegradation,
            None => self.methods.method(field),
        };
        let text = match method {
            Method::Clear => return None,
            Method::Derived => {
                let made_of = parents(field).iter();
                let mut changed = made_of.filter(|&&of| self.methods.method(of) != Method::Clear);
                changed.next()?;
                "derived from fields as they leave".into()
            }
            _ => self.text(field, method),
        };
        // Nothing of what the exporter is depends on scopes, nor what stands for no address.
        let text = match (address.unwrap_or(field), self.scope_text()) {
            (Field::SrcAddr | Field::DstAddr, Some(scopes))
                if self.leaves(field) || address.is_none() =>
            {
                format!("{text}; {scopes}").into()
            }
            _ => text,
        };
        Some(Technique {
            field,
            method,
            text,
        })
    }

    /// Whether a field is of a position on a grid: both its degrees are, or neither is.
    const fn is_on_grid(&self, field: Field) -> bool {
        match field {
            Field::SrcLatitude | Field::SrcLongitude => self.src.grid.is_some(),
            Field::DstLatitude | Field::DstLongitude => self.dst.grid.is_some(),
            _ => false,
        }
    }

    fn text(&self, field: Field, method: Method) -> Cow<'static, str> {
        let parameters = &self.parameters;
        let (v4, v6) = (parameters.address_bits.v4(), parameters.address_bits.v6());
        let unit = parameters.time_unit.millis();
        match method {
            Method::BlackMarker => "black-marker: null".into(),
            Method::PrefixPreserving => PREFIX_PRESERVING.into(),
            Method::OctetPermutation => EACH_OCTET.into(),
            Method::Truncation => {
                format!("truncation: the leading {v4} bits of IPv4 and {v6} of IPv6 are kept")
                    .into()
            }
            Method::TruncatedPrefixPreserving => format!(
                "{PREFIX_PRESERVING}; of that the leading {v4} bits of IPv4 and {v6} of IPv6"
            )
            .into(),
            Method::ReverseTruncation => {
                format!("reverse truncation: the leading {v4} bits of IPv4 and {v6} of IPv6 are 0")
                    .into()
            }
            Method::PrecisionDegradation => match field {
                Field::StartMs | Field::EndMs | Field::ActiveMs => {
                    format!("precision degradation: whole units of {unit} ms").into()
                }
                Field::SrcLatitude
                | Field::SrcLongitude
                | Field::DstLatitude
                | Field::DstLongitude => {
                    let degrees = parameters.grid.degrees();
                    format!("precision degradation: a grid of {degrees} degrees").into()
                }
                _ => {
                    let digits = parameters.digits.get();
                    format!("precision degradation: leading decimal digits, {digits}").into()
                }
            },
            Method::Enumeration => "enumeration: in the order of all times under the key".into(),
            Method::RandomShift => {
                let (most, epoch) = (parameters.shift_most_ms, parameters.shift_epoch.millis());
                format!("random shift: one offset of at most {most} ms for each {epoch} ms").into()
            }
            Method::Binning => match field {
                Field::SrcPort | Field::DstPort => {
                    "binning: IANA's three ranges, each as its lowest port".into()
                }
                _ => "binning: powers of two".into(),
            },
            Method::Noise => {
                let percent = parameters.noise.get();
                format!("noise: at most {percent} percent, or 1").into()
            }
            Method::Permutation => "permutation with the key".into(),
            Method::Clear | Method::AsAddress | Method::Derived => method.name().into(),
        }
    }

    fn scope_text(&self) -> Option<String> {
        let special = match self.scopes.special() {
            SpecialUse::Clear => "special-use addresses are clear",
            SpecialUse::Anonymized => "",
        };
        let prefixes = match self.scopes.prefixes() {
            0 => String::new(),
            number => format!("addresses in prefixes of the settings are clear ({number})"),
        };
        let parts = [prefixes.as_str(), special].into_iter();
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// The address that a prefix is of.
const fn address_of(field: Field) -> Option<Field> {
    match field {
        Field::SrcPrefix | Field::SrcPrefixLen => Some(Field::SrcAddr),
        Field::DstPrefix | Field::DstPrefixLen => Some(Field::DstAddr),
        _ => None,
    }
}
