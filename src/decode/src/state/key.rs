//! The keys of state, packed into words so that hashing one is two multiplications.

use std::net::IpAddr;

use crate::{Protocol, Transport};

/// The key of an exporter's address; IPv4 stands where its mapped IPv6 address would.
pub(crate) const fn host_key(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// A session of one exporter: the stream of one protocol, Observation Domain and
/// source port (RFC 7011, 3.1 and 8.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session {
    /// The protocol; templates and positions of two never mix.
    pub(crate) protocol: Protocol,
    /// The Observation Domain ID.
    pub(crate) domain: u32,
    /// The exporter's source port.
    pub(crate) port: u16,
    /// How its messages come. State never goes from one transport to another, and
    /// over a stream not from one port to another either (RFC 7011, 8 and 10).
    pub(crate) transport: Transport,
}

/// What options data tell about the flows of a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    /// The sampling rate of the whole Exporting Process.
    Rate,
    /// The sampling rate of one ingress interface.
    InterfaceRate(u32),
    /// The sampling rate of one sampler or selector.
    SamplerRate(u64),
    /// When the exporter started, in Unix milliseconds (element 160).
    SystemInit,
}

impl Session {
    /// The key of this session within its exporter's state.
    pub(crate) const fn key(self) -> u128 {
        self.domain_key() << 16 | self.port as u128
    }

    /// The key of a template for all ports of this session's domain.
    pub(crate) const fn template_key(self, id: u16) -> u128 {
        self.domain_key() << 16 | id as u128
    }

    /// The key of a fact for all ports of this session's domain.
    pub(crate) const fn fact_key(self, fact: Fact) -> u128 {
        let (kind, id) = match fact {
            Fact::Rate => (0, 0),
            Fact::InterfaceRate(index) => (1, index as u64),
            Fact::SamplerRate(id) => (2, id),
            Fact::SystemInit => (3, 0),
        };
        (id as u128) << 64 | self.domain_key() << 8 | kind
    }

    /// The session and the ID of a template's key and port.
    pub(crate) fn of_template_key(key: u128, port: u16) -> (Self, u16) {
        let id = u16::try_from(key & 0xFFFF).unwrap_or(0);
        (Self::of_domain_key(key >> 16, port), id)
    }

    /// The session and the fact of a fact's key and port.
    pub(crate) fn of_fact_key(key: u128, port: u16) -> Option<(Self, Fact)> {
        let id = u64::try_from(key >> 64).ok()?;
        let fact = match key & 0xFF {
            0 => Fact::Rate,
            1 => Fact::InterfaceRate(u32::try_from(id).ok()?),
            2 => Fact::SamplerRate(id),
            3 => Fact::SystemInit,
            _ => return None,
        };
        let domain_key = (key & 0xFFFF_FFFF_FFFF_FFFF) >> 8;
        Some((Self::of_domain_key(domain_key, port), fact))
    }

    /// The inverse of [`Self::domain_key`].
    fn of_domain_key(key: u128, port: u16) -> Self {
        let protocol = usize::try_from((key >> 32) & 0x3F).unwrap_or(0);
        let stream = key >> STREAM_SHIFT != 0;
        Self {
            protocol: Protocol::ALL
                .get(protocol)
                .copied()
                .unwrap_or(Protocol::Ipfix),
            domain: u32::try_from(key & 0xFFFF_FFFF).unwrap_or(0),
            port,
            transport: if stream {
                Transport::Stream
            } else {
                Transport::Udp
            },
        }
    }

    /// Protocol, domain and transport, and over a stream the port, in 55 bits.
    const fn domain_key(self) -> u128 {
        let stream = match self.transport {
            Transport::Udp => 0,
            Transport::Stream => stream_bits(self.port),
        };
        stream | (self.protocol as u128) << 32 | self.domain as u128
    }
}

/// Where the bits of a stream begin in a domain's key.
const STREAM_SHIFT: u32 = 38;

/// The bits of a domain's key that are the stream of a source port.
const fn stream_bits(port: u16) -> u128 {
    (1 | (port as u128) << 1) << STREAM_SHIFT
}

const fn is_of_stream(domain_key: u128, port: u16) -> bool {
    const MASK: u128 = 0x1_FFFF << STREAM_SHIFT;
    domain_key & MASK == stream_bits(port)
}

/// Whether the key of a template or a session is of the stream of a source port.
pub(crate) const fn is_key_of_stream(key: u128, port: u16) -> bool {
    is_of_stream(key >> 16, port)
}

/// Whether the key of a fact is of a domain.
pub(crate) const fn is_fact_of(key: u128, domain_key: u128) -> bool {
    (key & 0xFFFF_FFFF_FFFF_FFFF) >> 8 == domain_key
}

/// Whether the key of a fact is of the stream of a source port.
pub(crate) const fn is_fact_of_stream(key: u128, port: u16) -> bool {
    is_of_stream((key & 0xFFFF_FFFF_FFFF_FFFF) >> 8, port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_a_key_tells_it_from_all_others() {
        let session = Session {
            protocol: Protocol::Ipfix,
            domain: 7,
            port: 9,
            transport: Transport::Udp,
        };
        let protocol = Protocol::NetflowV9;
        for other in [
            Session {
                protocol,
                ..session
            },
            Session {
                domain: 8,
                ..session
            },
            Session {
                transport: Transport::Stream,
                ..session
            },
        ] {
            assert_ne!(session.key(), other.key());
            assert_ne!(session.template_key(256), other.template_key(256));
            assert_ne!(session.fact_key(Fact::Rate), other.fact_key(Fact::Rate));
        }
        let other = Session {
            port: 10,
            ..session
        };
        assert_ne!(session.key(), other.key());
        assert_eq!(session.template_key(256), other.template_key(256));
        let stream = |port| Session {
            port,
            transport: Transport::Stream,
            ..session
        };
        assert_ne!(stream(9).template_key(256), stream(10).template_key(256));
        let keys = [stream(9).template_key(256), stream(9).key()];
        for key in keys {
            assert!(is_key_of_stream(key, 9) && !is_key_of_stream(key, 10));
        }
        let fact = stream(9).fact_key(Fact::SamplerRate(u64::MAX));
        assert!(is_fact_of_stream(fact, 9) && !is_fact_of_stream(fact, 10));
        assert!(!is_key_of_stream(session.key(), 9));
        let facts = [
            Fact::Rate,
            Fact::InterfaceRate(1),
            Fact::SamplerRate(1),
            Fact::SamplerRate(u64::MAX),
            Fact::SystemInit,
        ]
        .map(|fact| session.fact_key(fact));
        assert!((1..5).all(|at| !facts[..at].contains(&facts[at])));
        for session in [session, stream(9)] {
            let key = session.template_key(300);
            let found = Session::of_template_key(key, session.port);
            assert_eq!(found, (session, 300));
            let fact = Fact::SamplerRate(u64::MAX);
            let found = Session::of_fact_key(session.fact_key(fact), session.port);
            assert_eq!(found, Some((session, fact)));
        }
    }
}
