//! A flow as numbers of its values, and which of them may name it together.

use flow::{Civil, Field, Value};

use super::hash::{Hash, NULL};
use crate::anonymize::AnonymizedFlow;

/// A property of a flow that a quasi-identifier is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Property {
    /// A field.
    Field(Field),
    /// The second in which it began.
    StartSecond,
}

impl Property {
    /// The name in reports.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.name(),
            Self::StartSecond => "start second",
        }
    }

    /// The field that it is worked out from.
    pub(super) const fn field(self) -> Field {
        match self {
            Self::Field(field) => field,
            Self::StartSecond => Field::StartMs,
        }
    }
}

/// Values that are no name, and may be one together.
#[derive(Debug, Clone, Copy)]
pub(super) struct QuasiIdentifier {
    /// The name in reports.
    pub(super) name: &'static str,
    /// What it is made of.
    pub(super) of: &'static [Property],
}

const fn field(field: Field) -> Property {
    Property::Field(field)
}

/// Those that may name a flow.
pub(super) const OF_FLOWS: [QuasiIdentifier; 8] = [
    QuasiIdentifier {
        name: "source address",
        of: &[field(Field::SrcAddr)],
    },
    QuasiIdentifier {
        name: "addresses of both ends",
        of: &[field(Field::SrcAddr), field(Field::DstAddr)],
    },
    QuasiIdentifier {
        name: "exact times",
        of: &[field(Field::StartMs), field(Field::EndMs)],
    },
    QuasiIdentifier {
        name: "second and size",
        of: &[Property::StartSecond, field(Field::Bytes)],
    },
    QuasiIdentifier {
        name: "service and size",
        of: &[
            field(Field::DstPort),
            field(Field::Protocol),
            field(Field::Bytes),
            field(Field::Packets),
        ],
    },
    QuasiIdentifier {
        name: "ports",
        of: &[
            field(Field::SrcPort),
            field(Field::DstPort),
            field(Field::Protocol),
        ],
    },
    QuasiIdentifier {
        name: "places of both ends",
        of: &[
            field(Field::SrcAsn),
            field(Field::SrcCountry),
            field(Field::SrcLatitude),
            field(Field::SrcLongitude),
            field(Field::DstAsn),
            field(Field::DstCountry),
            field(Field::DstLatitude),
            field(Field::DstLongitude),
        ],
    },
    QuasiIdentifier {
        name: "prefix lengths of both ends",
        of: &[field(Field::SrcPrefixLen), field(Field::DstPrefixLen)],
    },
];

/// Those that may name a host by what is known of its address, of each end.
pub(super) const OF_HOSTS: [(&str, [&[Property]; 2]); 3] = [
    (
        "AS, country and position",
        [
            &[
                field(Field::SrcAsn),
                field(Field::SrcCountry),
                field(Field::SrcLatitude),
                field(Field::SrcLongitude),
            ],
            &[
                field(Field::DstAsn),
                field(Field::DstCountry),
                field(Field::DstLatitude),
                field(Field::DstLongitude),
            ],
        ],
    ),
    (
        "prefix",
        [
            &[field(Field::SrcPrefix), field(Field::SrcPrefixLen)],
            &[field(Field::DstPrefix), field(Field::DstPrefixLen)],
        ],
    ),
    (
        "length of the prefix",
        [&[field(Field::SrcPrefixLen)], &[field(Field::DstPrefixLen)]],
    ),
];

/// What an attacker marks flows by, and looks for.
pub(super) const MARKS: [Property; 6] = [
    Property::StartSecond,
    field(Field::SrcPort),
    field(Field::DstPort),
    field(Field::Protocol),
    field(Field::Packets),
    field(Field::Bytes),
];

/// The values of a flow as numbers.
#[derive(Debug)]
pub(super) struct Row {
    hash: Hash,
    values: [u64; Field::COUNT],
    start_second: u64,
}

impl Row {
    /// All values of a flow.
    pub(super) fn of(hash: Hash, flow: &AnonymizedFlow) -> Self {
        let civil = Civil::from_millis(flow.flow().start_ms);
        let start = flow.value(Field::StartMs, &civil);
        let second = match start {
            Value::Signed(start_ms) => Value::Signed(start_ms.div_euclid(1_000)),
            _ => Value::Null,
        };
        Self {
            hash,
            values: Field::ALL.map(|field| hash.value(flow.value(field, &civil))),
            start_second: hash.value(second),
        }
    }

    /// The number of a field's value.
    pub(super) fn value(&self, field: Field) -> u64 {
        self.values.get(field as usize).copied().unwrap_or(NULL)
    }

    fn property(&self, property: Property) -> u64 {
        match property {
            Property::Field(field) => self.value(field),
            Property::StartSecond => self.start_second,
        }
    }

    /// The number of some values together.
    pub(super) fn together(&self, of: &[Property]) -> u64 {
        let values = of.iter().map(|property| self.property(*property));
        self.hash.words(values)
    }

    /// Whether any of them has a value.
    pub(super) fn has_any(&self, of: &[Property]) -> bool {
        of.iter().any(|property| self.property(*property) != NULL)
    }
}
