//! Fields that flows can be summed by.

use crate::Field;

/// A field that may be part of the key of a roll-up: what flows have in common that are
/// summed. None of them is a counter, a time or a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "each is the field of its name")]
pub enum KeyField {
    SrcAddr,
    DstAddr,
    SrcPort,
    DstPort,
    Protocol,
    Tos,
    Exporter,
    ObservationDomain,
    InIf,
    OutIf,
    VlanId,
    /// With its length.
    SrcPrefix,
    SrcAsn,
    SrcCountry,
    SrcVlan,
    SrcNetwork,
    SrcLocality,
    /// With its length.
    DstPrefix,
    DstAsn,
    DstCountry,
    DstVlan,
    DstNetwork,
    DstLocality,
}

impl KeyField {
    /// How many there are.
    pub const COUNT: usize = 23;

    /// All of them, in order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::SrcAddr,
        Self::DstAddr,
        Self::SrcPort,
        Self::DstPort,
        Self::Protocol,
        Self::Tos,
        Self::Exporter,
        Self::ObservationDomain,
        Self::InIf,
        Self::OutIf,
        Self::VlanId,
        Self::SrcPrefix,
        Self::SrcAsn,
        Self::SrcCountry,
        Self::SrcVlan,
        Self::SrcNetwork,
        Self::SrcLocality,
        Self::DstPrefix,
        Self::DstAsn,
        Self::DstCountry,
        Self::DstVlan,
        Self::DstNetwork,
        Self::DstLocality,
    ];

    /// The field of the prepared flow; of a prefix, its address.
    #[must_use]
    pub const fn field(self) -> Field {
        match self {
            Self::SrcAddr => Field::SrcAddr,
            Self::DstAddr => Field::DstAddr,
            Self::SrcPort => Field::SrcPort,
            Self::DstPort => Field::DstPort,
            Self::Protocol => Field::Protocol,
            Self::Tos => Field::Tos,
            Self::Exporter => Field::Exporter,
            Self::ObservationDomain => Field::ObservationDomain,
            Self::InIf => Field::InIf,
            Self::OutIf => Field::OutIf,
            Self::VlanId => Field::VlanId,
            Self::SrcPrefix => Field::SrcPrefix,
            Self::SrcAsn => Field::SrcAsn,
            Self::SrcCountry => Field::SrcCountry,
            Self::SrcVlan => Field::SrcVlan,
            Self::SrcNetwork => Field::SrcNetwork,
            Self::SrcLocality => Field::SrcLocality,
            Self::DstPrefix => Field::DstPrefix,
            Self::DstAsn => Field::DstAsn,
            Self::DstCountry => Field::DstCountry,
            Self::DstVlan => Field::DstVlan,
            Self::DstNetwork => Field::DstNetwork,
            Self::DstLocality => Field::DstLocality,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stands_in_its_place_and_names_a_field_of_its_own() {
        for (index, key) in KeyField::ALL.into_iter().enumerate() {
            assert_eq!(key as usize, index);
            let same = KeyField::ALL
                .into_iter()
                .filter(|k| k.field() == key.field());
            assert_eq!(same.count(), 1, "{}", key.field().name());
        }
    }
}
