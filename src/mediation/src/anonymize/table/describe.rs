//! What metadata say of a policy.

use std::borrow::Cow;

use flow::{Field, Method, Stability};

use super::end::{self, is_on_grid};
use super::methods::parents;
use super::said::{SCOPES, SPECIAL};
use super::{Methods, Parameters, Scopes, SpecialUse};

/// What is done to one field (RFC 6235, 6.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Technique {
    /// The field.
    pub field: Field,
    /// What its values went through, with the number of IPFIX element 286. That of a prefix is
    /// its address's; a field that is made of others which leave as they are does so too.
    pub method: Method,
    /// How long the same value stands for the same: of a field that is made of others, no
    /// longer than theirs.
    pub stability: Stability,
    /// The method with its parameters, in the words of RFC 6235.
    pub text: Cow<'static, str>,
}

const PREFIX_PRESERVING: &str = "prefix-preserving: Crypto-PAn";

/// What there is to say of: the methods, and what they work with.
#[derive(Clone, Copy)]
pub(in crate::anonymize) struct Description<'a> {
    pub(in crate::anonymize) methods: &'a Methods,
    /// `None` where no method has a parameter.
    pub(in crate::anonymize) parameters: Option<&'a Parameters>,
    pub(in crate::anonymize) scopes: &'a Scopes,
}

impl Description<'_> {
    /// What is done to each field, in their order.
    pub(in crate::anonymize) fn techniques(&self) -> Vec<Technique> {
        let fields = Field::ALL.into_iter();
        fields.map(|field| self.technique(field)).collect()
    }

    fn technique(&self, field: Field) -> Technique {
        let method = self.effective(field);
        let text = match (method, self.scope_text(field)) {
            (Method::Clear, _) | (_, None) => self.text(field, method),
            (_, Some(scopes)) => format!("{}; {scopes}", self.text(field, method)).into(),
        };
        Technique {
            field,
            method,
            stability: self.stability(field, method),
            text,
        }
    }

    fn stability(&self, field: Field, method: Method) -> Stability {
        let made_of = parents(field).iter().filter(|_| method == Method::Derived);
        let theirs = made_of.map(|&of| self.methods.method(of).stability());
        theirs.fold(method.stability(), Stability::min)
    }

    /// What values of a field go through, whatever it is called in the settings.
    fn effective(&self, field: Field) -> Method {
        if !self.methods.leaves(field) {
            return Method::BlackMarker;
        }
        match self.methods.method(address_of(field).unwrap_or(field)) {
            // Where its address keeps no prefixes, a field of a prefix is null.
            Method::Permutation | Method::IpcryptDeterministic if address_of(field).is_some() => {
                Method::BlackMarker
            }
            _ if is_on_grid(self.methods, field) => Method::PrecisionDegradation,
            Method::Derived if !self.is_derived_from_changed(field) => Method::Clear,
            method => method,
        }
    }

    fn is_derived_from_changed(&self, field: Field) -> bool {
        let mut made_of = parents(field).iter();
        made_of.any(|&of| self.methods.method(of) != Method::Clear)
    }

    fn text(&self, field: Field, method: Method) -> Cow<'static, str> {
        match method {
            Method::Clear => "none: as it is".into(),
            Method::BlackMarker => "black-marker: null".into(),
            Method::PrefixPreserving => PREFIX_PRESERVING.into(),
            Method::OctetPermutation => "permutation of each octet".into(),
            Method::Enumeration => "enumeration: in the order of all times under the key".into(),
            Method::IpcryptPfx => "prefix-preserving: ipcrypt-pfx".into(),
            Method::IpcryptDeterministic => {
                "permutation: ipcrypt-deterministic, IPv4 addresses become IPv6 addresses".into()
            }
            Method::Permutation => match field {
                Field::SrcPort | Field::DstPort => "permutation with the key".into(),
                _ => "permutation with the key: FF1 of IPv4, AES-128 of IPv6".into(),
            },
            Method::Derived => "derived from fields as they leave".into(),
            Method::Binning => match field {
                Field::SrcPort | Field::DstPort => {
                    "binning: IANA's three ranges, each as its lowest port".into()
                }
                _ => "binning: powers of two".into(),
            },
            Method::AsAddress
            | Method::Truncation
            | Method::TruncatedPrefixPreserving
            | Method::ReverseTruncation
            | Method::PrecisionDegradation
            | Method::RandomShift
            | Method::Noise => {
                let told = self
                    .parameters
                    .map(|all| with_parameters(field, method, all));
                told.map_or(method.name().into(), Cow::from)
            }
        }
    }

    /// Which values leave as they are, of a field that this may be so of. Nothing of what the
    /// exporter is depends on scopes, nor what stands for no address.
    fn scope_text(&self, field: Field) -> Option<String> {
        match (field, address_of(field)) {
            (Field::SrcAddr | Field::DstAddr, _) => {}
            (_, Some(_)) if self.methods.leaves(field) => {}
            _ => return None,
        }
        let special = match self.scopes.special() {
            SpecialUse::Clear => SPECIAL,
            SpecialUse::Anonymized => "",
        };
        let prefixes = match self.scopes.prefixes() {
            0 => String::new(),
            number => format!("{SCOPES}{number})"),
        };
        let parts = [prefixes.as_str(), special].into_iter();
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

fn with_parameters(field: Field, method: Method, parameters: &Parameters) -> String {
    let (v4, v6) = (parameters.address_bits.v4(), parameters.address_bits.v6());
    match method {
        Method::Truncation => {
            format!("truncation: the leading {v4} bits of IPv4 and {v6} of IPv6 are kept")
        }
        Method::TruncatedPrefixPreserving => {
            format!("{PREFIX_PRESERVING}; of that the leading {v4} bits of IPv4 and {v6} of IPv6")
        }
        Method::ReverseTruncation => {
            format!("reverse truncation: the leading {v4} bits of IPv4 and {v6} of IPv6 are 0")
        }
        Method::PrecisionDegradation => precision(field, parameters),
        Method::RandomShift => {
            let (most, epoch) = (parameters.shift_most_ms, parameters.shift_epoch.millis());
            format!("random shift: one offset of at most {most} ms for each {epoch} ms")
        }
        Method::Noise => {
            let percent = parameters.noise.get();
            format!("noise: at most {percent} percent, or 1")
        }
        _ => method.name().to_owned(),
    }
}

fn precision(field: Field, parameters: &Parameters) -> String {
    match field {
        Field::StartMs | Field::EndMs | Field::ActiveMs => {
            let unit = parameters.time_unit.millis();
            format!("precision degradation: whole units of {unit} ms")
        }
        _ if end::is_of_position(field) => {
            let degrees = parameters.grid.degrees();
            format!("precision degradation: a grid of {degrees} degrees")
        }
        _ => {
            let digits = parameters.digits.get();
            format!("precision degradation: leading decimal digits, {digits}")
        }
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
