//! The vocabulary of flowstream: records, keys, fields and their registry, time.
//!
//! Every other crate speaks in these words and this crate depends on nothing. The
//! names are those of RFC 7011 (IPFIX), RFC 7012 (information model), RFC 7015
//! (aggregation) and RFC 6235 (anonymization).
//!
//! A flow changes its type on its way: [`OriginalFlow`] as an exporter reported it,
//! [`AggregatedFlow`] as the Intermediate Aggregation Process released it,
//! [`EnrichedFlow`] with what is known about its addresses. Only the crate
//! `mediation` can make the last type, `AnonymizedFlow`, which alone may leave.

#![forbid(unsafe_code)]

mod civil;
mod end_reason;
mod exporter;
mod field;
mod key;
mod key_field;
mod method;
mod network;
mod place;
mod record;
pub mod spelling;
mod time;
mod value;

pub use civil::{Civil, NotADate};
pub use end_reason::EndReason;
pub use exporter::Exporter;
pub use field::{Field, FieldType, KnownAt};
pub use key::{FlowKey, PARTITIONS, Partition};
pub use key_field::KeyField;
pub use method::{Method, Stability};
pub use network::Network;
pub use place::{CountryCode, Locality, Place, Position, Prefix, PrefixError};
pub use record::{
    AggregatedFlow, Direction, EnrichedFlow, Icmp, Observed, OriginalFlow, Reverse, SamplingRate,
    Vlan,
};
pub use time::{ReceiveTime, Tick};
pub use value::Value;

/// Protocol numbers that the rules of flows depend on (IANA, "Protocol Numbers").
pub mod protocol {
    /// Internet Control Message Protocol.
    pub const ICMP: u8 = 1;
    /// Transmission Control Protocol.
    pub const TCP: u8 = 6;
    /// User Datagram Protocol.
    pub const UDP: u8 = 17;
    /// Internet Control Message Protocol for IPv6.
    pub const ICMPV6: u8 = 58;
}

/// Bits of the TCP header's flags (RFC 9293, 3.1) as flow records carry them.
pub mod tcp_flag {
    /// No more data from the sender.
    pub const FIN: u16 = 0x01;
    /// Synchronise sequence numbers: the opening of a connection.
    pub const SYN: u16 = 0x02;
    /// Reset the connection.
    pub const RST: u16 = 0x04;
    /// Push function.
    pub const PSH: u16 = 0x08;
    /// The acknowledgement field is significant.
    pub const ACK: u16 = 0x10;
}
