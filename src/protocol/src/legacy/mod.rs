//! The 36 columns of the original system of 2019, in its order and units, as CSV.
//!
//! It is here so that what was written for its data can be fed again. Unlike in every other
//! format, 0 is also what is not known.

mod country;
mod row;

use flow::{FieldType, KnownAt, Network};
use mediation::select::PortLimit;

pub(crate) use row::row;

/// What the columns hold besides what the flows say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegacyRules {
    /// Whether the columns named longitude hold latitudes and the other way round, as the
    /// original's did.
    pub positions_swapped: bool,
    /// What stands for a network that is not known.
    pub unknown_network: Network,
    /// The limit of ports. Ports have it already; type and code of ICMP have not, which stand
    /// in the column of the destination port.
    pub ports: PortLimit,
}

impl LegacyRules {
    /// The columns hold what their names say, and of a network that is not known 0.0.0.0/0.
    pub const PLAIN: Self = Self {
        positions_swapped: false,
        unknown_network: Network::DEFAULT_ROUTE,
        ports: PortLimit::OFF,
    };
}

impl Default for LegacyRules {
    fn default() -> Self {
        Self::PLAIN
    }
}

/// A column, for whoever has to know what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: FieldType,
    pub(crate) unit: &'static str,
    pub(crate) known: KnownAt,
    pub(crate) meaning: &'static str,
}

/// All columns, in order.
pub(crate) static COLUMNS: [Column; 36] = {
    use FieldType::{Addr, F64, I32, I64, U8, U16, U32, U64};
    use KnownAt::{End, Start};
    const fn column(
        name: &'static str,
        kind: FieldType,
        unit: &'static str,
        known: KnownAt,
        meaning: &'static str,
    ) -> Column {
        Column {
            name,
            kind,
            unit,
            known,
            meaning,
        }
    }
    const COUNTRY: &str = "country, from 1 in the order of iso.org; 0 if unknown";
    const LONGITUDE: &str =
        "longitude, or latitude where `clients.legacy_positions_swapped` is on; 0 if unknown";
    const LATITUDE: &str =
        "latitude, or longitude where `clients.legacy_positions_swapped` is on; 0 if unknown";
    const ASN: &str = "origin AS; 0 if unknown";
    const NETWORK: &str = "network address, anonymized; that of 0.0.0.0 if unknown";
    const PREFIX_LEN: &str = "its length; 0 if unknown";
    const VLAN: &str = "VLAN of the network; 0 if unknown";
    const LOCALITY: &str = "1 if private, 0 otherwise";
    [
        column("src_addr", Addr, "", Start, "source address, anonymized"),
        column(
            "dst_addr",
            Addr,
            "",
            Start,
            "destination address, anonymized",
        ),
        column("packets", U64, "packets", End, "packets"),
        column("bytes", U64, "octets", End, "octets of the IP layer"),
        column(
            "first_switched_ts",
            I64,
            "ms",
            Start,
            "first packet, Unix time",
        ),
        column("last_switched_ts", I64, "ms", End, "last packet, Unix time"),
        column("src_port", U16, "", Start, "source port; 0 if replaced"),
        column(
            "dst_port",
            U16,
            "",
            Start,
            "destination port, or 256 times the type of ICMP plus its code; 0 if replaced",
        ),
        column(
            "tcp_flags",
            U8,
            "",
            End,
            "OR of the TCP flags over the flow",
        ),
        column("protocol", U8, "", Start, "protocol number"),
        column(
            "export_host",
            Addr,
            "",
            Start,
            "address of the exporter, anonymized",
        ),
        column(
            "flow_seq_num",
            U32,
            "",
            End,
            "place of the first record in its block of records, from 0; 0 without blocks",
        ),
        column(
            "duration",
            F64,
            "s",
            End,
            "duration less the gaps between merged records",
        ),
        column(
            "bit_rate",
            F64,
            "bit/s",
            End,
            "bits over `duration`; 0 where that is 0",
        ),
        column("src_country_code", U8, "", Start, COUNTRY),
        column("src_longitude", F64, "degrees", Start, LONGITUDE),
        column("src_latitude", F64, "degrees", Start, LATITUDE),
        column("src_asn", U32, "", Start, ASN),
        column("src_network", Addr, "", Start, NETWORK),
        column("src_prefix_len", U8, "bits", Start, PREFIX_LEN),
        column("src_vlan", U16, "", Start, VLAN),
        column("src_locality", U8, "", Start, LOCALITY),
        column("dst_country_code", U8, "", Start, COUNTRY),
        column("dst_longitude", F64, "degrees", Start, LONGITUDE),
        column("dst_latitude", F64, "degrees", Start, LATITUDE),
        column("dst_asn", U32, "", Start, ASN),
        column("dst_network", Addr, "", Start, NETWORK),
        column("dst_prefix_len", U8, "bits", Start, PREFIX_LEN),
        column("dst_vlan", U16, "", Start, VLAN),
        column("dst_locality", U8, "", Start, LOCALITY),
        column("fs_year", I32, "", Start, "year of the first packet, UTC"),
        column("fs_month", U8, "", Start, "month, 1 to 12"),
        column("fs_day", U8, "", Start, "day of the month, 1 to 31"),
        column("fs_hour", U8, "", Start, "hour, 0 to 23"),
        column("fs_minute", U8, "", Start, "minute, 0 to 59"),
        column("fs_second", U8, "", Start, "second, 0 to 59"),
    ]
};

#[cfg(test)]
mod tests;
