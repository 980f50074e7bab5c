//! The export protocols.

use std::fmt;

/// An export protocol that is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Cisco NetFlow version 1.
    NetflowV1,
    /// Cisco NetFlow version 5.
    NetflowV5,
    /// Cisco NetFlow version 7, of Catalyst switches.
    NetflowV7,
    /// Cisco NetFlow version 9 (RFC 3954).
    NetflowV9,
    /// IP Flow Information Export (RFC 7011).
    Ipfix,
    /// sFlow version 5 (sflow.org).
    SflowV5,
}

impl Protocol {
    /// All of them, in the order of their indexes.
    pub const ALL: [Self; 6] = [
        Self::NetflowV1,
        Self::NetflowV5,
        Self::NetflowV7,
        Self::NetflowV9,
        Self::Ipfix,
        Self::SflowV5,
    ];

    /// The stable name, as counters carry it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NetflowV1 => "v1",
            Self::NetflowV5 => "v5",
            Self::NetflowV7 => "v7",
            Self::NetflowV9 => "v9",
            Self::Ipfix => "ipfix",
            Self::SflowV5 => "sflow",
        }
    }

    /// Its place in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Octets of its header; of sFlow, with the shorter of the two addresses of an agent.
    #[must_use]
    pub const fn header_octets(self) -> usize {
        match self {
            Self::NetflowV5 | Self::NetflowV7 => 24,
            Self::NetflowV9 => 20,
            Self::NetflowV1 | Self::Ipfix => 16,
            Self::SflowV5 => 28,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NetflowV1 => "NetFlow v1",
            Self::NetflowV5 => "NetFlow v5",
            Self::NetflowV7 => "NetFlow v7",
            Self::NetflowV9 => "NetFlow v9",
            Self::Ipfix => "IPFIX",
            Self::SflowV5 => "sFlow v5",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_stands_at_its_index() {
        for (at, protocol) in Protocol::ALL.into_iter().enumerate() {
            assert_eq!(protocol.index(), at);
        }
    }
}
