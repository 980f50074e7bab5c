//! What a term looks at: one value of a flow, or the same of both of its ends.

use std::fmt;

use flow::{Field, FieldType};

/// One value of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    /// A field.
    Field(Field),
    /// Octets for each packet; null where there are no packets.
    BytesPerPacket,
}

/// How values are typed, as far as comparing them goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whole numbers within a range.
    Integer { min: i128, max: i128 },
    /// Finite numbers.
    Float,
    /// Truth values.
    Bool,
    /// Addresses.
    Addr,
    /// Any text.
    Text,
    /// Words of a closed set.
    Word(Vocabulary),
}

/// A closed set of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vocabulary {
    Country,
    EndReason,
    Locality,
}

impl Quantity {
    /// The canonical name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.name(),
            Self::BytesPerPacket => "bpp",
        }
    }

    /// The type of its values.
    pub(super) fn kind(self) -> Kind {
        let Self::Field(field) = self else {
            return Kind::Float;
        };
        let integer = |min: i128, max: i128| Kind::Integer { min, max };
        match field.kind() {
            FieldType::U8 => integer(0, u8::MAX.into()),
            FieldType::U16 => integer(0, u16::MAX.into()),
            FieldType::U32 => integer(0, u32::MAX.into()),
            FieldType::U64 => integer(0, u64::MAX.into()),
            FieldType::I32 => integer(i32::MIN.into(), i32::MAX.into()),
            FieldType::I64 => integer(i64::MIN.into(), i64::MAX.into()),
            FieldType::F64 => Kind::Float,
            FieldType::Bool => Kind::Bool,
            FieldType::Addr => Kind::Addr,
            FieldType::Text => match field {
                Field::SrcCountry | Field::DstCountry => Kind::Word(Vocabulary::Country),
                Field::EndReason => Kind::Word(Vocabulary::EndReason),
                Field::SrcLocality | Field::DstLocality => Kind::Word(Vocabulary::Locality),
                _ => Kind::Text,
            },
        }
    }
}

/// Two fields of the same meaning, of either end of a flow.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pair {
    /// The canonical name for both.
    pub(super) name: &'static str,
    /// The one named by `src`, or by `in` for interfaces.
    pub(super) first: Field,
    /// The one named by `dst`, or by `out` for interfaces.
    pub(super) second: Field,
}

impl Pair {
    /// Whether its ends are interfaces, and called `in` and `out`.
    pub(super) const fn is_of_interfaces(&self) -> bool {
        matches!(self.first, Field::InIf)
    }
}

/// All pairs.
pub(super) static PAIRS: [Pair; 13] = {
    const fn pair(name: &'static str, first: Field, second: Field) -> Pair {
        Pair {
            name,
            first,
            second,
        }
    }
    [
        pair("ip", Field::SrcAddr, Field::DstAddr),
        pair("port", Field::SrcPort, Field::DstPort),
        pair("if", Field::InIf, Field::OutIf),
        pair("asn", Field::SrcAsn, Field::DstAsn),
        pair("as_name", Field::SrcAsName, Field::DstAsName),
        pair("country", Field::SrcCountry, Field::DstCountry),
        pair("latitude", Field::SrcLatitude, Field::DstLatitude),
        pair("longitude", Field::SrcLongitude, Field::DstLongitude),
        pair("vlan", Field::SrcVlan, Field::DstVlan),
        pair("network", Field::SrcNetwork, Field::DstNetwork),
        pair("locality", Field::SrcLocality, Field::DstLocality),
        pair("prefix", Field::SrcPrefix, Field::DstPrefix),
        pair("prefix_len", Field::SrcPrefixLen, Field::DstPrefixLen),
    ]
};

/// The addresses of a flow.
pub(super) fn addresses() -> &'static Pair {
    let [addresses, ..] = &PAIRS;
    addresses
}

/// What a term looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// One value.
    One(Quantity),
    /// Either of two: it is enough if one passes.
    Either(&'static Pair),
    /// Both of two: each must pass.
    Both(&'static Pair),
}

impl Of {
    /// The type of the values.
    pub(super) fn kind(self) -> Kind {
        self.quantities().0.kind()
    }

    /// The one or two values.
    pub(super) const fn quantities(self) -> (Quantity, Option<Quantity>) {
        match self {
            Self::One(quantity) => (quantity, None),
            Self::Either(pair) | Self::Both(pair) => (
                Quantity::Field(pair.first),
                Some(Quantity::Field(pair.second)),
            ),
        }
    }

    /// Whether it is the protocol, whose numbers have names.
    pub(super) const fn is_protocol(self) -> bool {
        matches!(self, Self::One(Quantity::Field(Field::Protocol)))
    }
}

impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(quantity) => f.write_str(quantity.name()),
            Self::Either(pair) => f.write_str(pair.name),
            Self::Both(pair) if pair.is_of_interfaces() => write!(f, "in and out {}", pair.name),
            Self::Both(pair) => write!(f, "src and dst {}", pair.name),
        }
    }
}
