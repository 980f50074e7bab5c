//! Who reported a flow.

use std::net::IpAddr;

/// An Exporting Process as the collector tells it apart: its address and its
/// Observation Domain (RFC 7011, 2; `source id` in NetFlow v9, engine in v5).
///
/// It is packed, since every Original Flow has one and must stay small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(Rust, packed)]
pub struct Exporter {
    /// The address its datagrams come from; never IPv4-mapped IPv6.
    pub addr: IpAddr,
    /// The Observation Domain ID; 0 where the protocol has none.
    pub domain: u32,
}

impl Exporter {
    /// An exporter; an IPv4-mapped IPv6 address becomes the IPv4 address it is,
    /// so that a dual-stack socket does not make two exporters of one.
    #[must_use]
    pub fn new(addr: IpAddr, domain: u32) -> Self {
        Self {
            addr: addr.to_canonical(),
            domain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_address_is_the_address_it_maps() {
        let mapped = Exporter::new("::ffff:192.0.2.1".parse().unwrap(), 7);
        assert_eq!(mapped, Exporter::new("192.0.2.1".parse().unwrap(), 7));
    }
}
