//! Types and semantics of Information Elements (RFC 7012, 3; RFC 6313, 4).

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident $name:literal)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $type {
            /// All of them, in the order of their numbers at IANA.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The name as IANA's registry has it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The one of a name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.name() == name)
            }
        }
    };
}

names! {
    /// The abstract data type of an element's values.
    DataType {
        /// Octets without a meaning that is known.
        OctetArray "octetArray"
        /// Unsigned, 1 octet.
        Unsigned8 "unsigned8"
        /// Unsigned, 2 octets.
        Unsigned16 "unsigned16"
        /// Unsigned, 4 octets.
        Unsigned32 "unsigned32"
        /// Unsigned, 8 octets.
        Unsigned64 "unsigned64"
        /// Signed, 1 octet.
        Signed8 "signed8"
        /// Signed, 2 octets.
        Signed16 "signed16"
        /// Signed, 4 octets.
        Signed32 "signed32"
        /// Signed, 8 octets.
        Signed64 "signed64"
        /// IEEE 754 single precision.
        Float32 "float32"
        /// IEEE 754 double precision.
        Float64 "float64"
        /// 1 is true, 2 is false.
        Boolean "boolean"
        /// 6 octets.
        MacAddress "macAddress"
        /// UTF-8.
        String "string"
        /// Seconds since 1970, 4 octets.
        DateTimeSeconds "dateTimeSeconds"
        /// Milliseconds since 1970, 8 octets.
        DateTimeMilliseconds "dateTimeMilliseconds"
        /// NTP timestamp of 8 octets, exact to about a microsecond.
        DateTimeMicroseconds "dateTimeMicroseconds"
        /// NTP timestamp of 8 octets.
        DateTimeNanoseconds "dateTimeNanoseconds"
        /// 4 octets.
        Ipv4Address "ipv4Address"
        /// 16 octets.
        Ipv6Address "ipv6Address"
        /// Values of one element.
        BasicList "basicList"
        /// Records of one template.
        SubTemplateList "subTemplateList"
        /// Records of several templates.
        SubTemplateMultiList "subTemplateMultiList"
        /// Unsigned, 32 octets.
        Unsigned256 "unsigned256"
    }
}

names! {
    /// What an element's values are to be taken for.
    Semantics {
        /// Nothing in particular.
        Default "default"
        /// A measured amount.
        Quantity "quantity"
        /// A count since the metering began.
        TotalCounter "totalCounter"
        /// A count since the last record of the flow.
        DeltaCounter "deltaCounter"
        /// A number that names something.
        Identifier "identifier"
        /// Bits, each of its own meaning.
        Flags "flags"
        /// A list.
        List "list"
        /// A counter of SNMP.
        SnmpCounter "snmpCounter"
        /// A gauge of SNMP.
        SnmpGauge "snmpGauge"
    }
}

impl DataType {
    /// Octets of a value at full size (RFC 7011, 6.1); `None` if they vary.
    #[must_use]
    pub const fn octets(self) -> Option<u16> {
        match self {
            Self::Unsigned8 | Self::Signed8 | Self::Boolean => Some(1),
            Self::Unsigned16 | Self::Signed16 => Some(2),
            Self::Unsigned32
            | Self::Signed32
            | Self::Float32
            | Self::DateTimeSeconds
            | Self::Ipv4Address => Some(4),
            Self::MacAddress => Some(6),
            Self::Unsigned64
            | Self::Signed64
            | Self::Float64
            | Self::DateTimeMilliseconds
            | Self::DateTimeMicroseconds
            | Self::DateTimeNanoseconds => Some(8),
            Self::Ipv6Address => Some(16),
            Self::Unsigned256 => Some(32),
            Self::OctetArray
            | Self::String
            | Self::BasicList
            | Self::SubTemplateList
            | Self::SubTemplateMultiList => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_what_they_name() {
        for kind in DataType::ALL {
            assert_eq!(DataType::from_name(kind.name()), Some(kind));
        }
        for semantics in Semantics::ALL {
            assert_eq!(Semantics::from_name(semantics.name()), Some(semantics));
        }
        assert_eq!(DataType::from_name("unsigned24"), None);
    }
}
