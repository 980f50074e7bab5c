//! What is done without a filter: flows of special addresses, and ephemeral ports.

use std::net::{IpAddr, Ipv4Addr};

use flow::FlowKey;

/// Why an address is not one of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Special {
    /// 224.0.0.0/4 (RFC 5771) and ff00::/8 (RFC 4291, 2.7).
    Multicast,
    /// 240.0.0.0/4 but for the broadcast address (RFC 1112, 4).
    Reserved,
    /// 255.255.255.255 (RFC 919, 7).
    Broadcast,
}

impl Special {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Multicast, Self::Reserved, Self::Broadcast];

    /// Why an address is special, if it is. An IPv4-mapped address is the address that it
    /// maps.
    #[must_use]
    pub fn of(addr: IpAddr) -> Option<Self> {
        match addr.to_canonical() {
            addr if addr.is_multicast() => Some(Self::Multicast),
            IpAddr::V4(Ipv4Addr::BROADCAST) => Some(Self::Broadcast),
            IpAddr::V4(addr) if addr.octets() >= [240, 0, 0, 0] => Some(Self::Reserved),
            _ => None,
        }
    }

    /// Why the source of a flow or else its destination is special.
    #[must_use]
    pub fn of_key(key: &FlowKey) -> Option<Self> {
        Self::of(key.src_addr).or_else(|| Self::of(key.dst_addr))
    }

    /// The name as counters carry it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Multicast => "multicast",
            Self::Reserved => "reserved",
            Self::Broadcast => "broadcast",
        }
    }
}

/// From which port on ports tell nothing but which connection it is, and become 0. By
/// default, none does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PortLimit(Option<u16>);

impl PortLimit {
    /// All ports stay as they are.
    pub const OFF: Self = Self(None);

    /// Ports at or above `limit` become 0.
    #[must_use]
    pub const fn at(limit: u16) -> Self {
        Self(Some(limit))
    }

    /// What becomes of a port.
    #[must_use]
    pub const fn apply(self, port: u16) -> u16 {
        match self.0 {
            Some(limit) if port >= limit => 0,
            _ => port,
        }
    }

    /// What becomes of a key. After aggregation only: it makes one key of many.
    #[must_use]
    pub const fn apply_to_key(self, key: FlowKey) -> FlowKey {
        FlowKey {
            src_port: self.apply(key.src_port),
            dst_port: self.apply(key.dst_port),
            ..key
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_are_told_from_those_of_hosts() {
        for (addr, special) in [
            ("223.255.255.255", None),
            ("224.0.0.0", Some(Special::Multicast)),
            ("239.255.255.255", Some(Special::Multicast)),
            ("240.0.0.0", Some(Special::Reserved)),
            ("255.255.255.254", Some(Special::Reserved)),
            ("255.255.255.255", Some(Special::Broadcast)),
            ("0.0.0.0", None),
            ("feff::1", None),
            ("ff02::1", Some(Special::Multicast)),
            ("::ffff:224.0.0.1", Some(Special::Multicast)),
            ("::ffff:192.0.2.1", None),
        ] {
            assert_eq!(Special::of(addr.parse().unwrap()), special, "{addr}");
        }
    }

    #[test]
    fn a_flow_is_special_by_either_end() {
        let key = |src: &str, dst: &str| FlowKey {
            src_addr: src.parse().unwrap(),
            dst_addr: dst.parse().unwrap(),
            src_port: 5_353,
            dst_port: 5_353,
            protocol: 17,
        };
        assert_eq!(Special::of_key(&key("192.0.2.1", "192.0.2.2")), None);
        let to_group = Special::of_key(&key("192.0.2.1", "224.0.0.251"));
        assert_eq!(to_group.map(Special::name), Some("multicast"));
        let from_nobody = Special::of_key(&key("255.255.255.255", "224.0.0.251"));
        assert_eq!(from_nobody.map(Special::name), Some("broadcast"));
        assert_eq!(Special::ALL.map(Special::name)[1], "reserved");
    }

    #[test]
    fn ports_from_the_limit_on_become_0_and_by_default_none_does() {
        let key = FlowKey {
            src_addr: "192.0.2.1".parse().unwrap(),
            dst_addr: "192.0.2.2".parse().unwrap(),
            src_port: 32_768,
            dst_port: 32_767,
            protocol: 6,
        };
        let limited = PortLimit::at(32_768).apply_to_key(key);
        assert_eq!((limited.src_port, limited.dst_port), (0, 32_767));
        assert_eq!(PortLimit::default(), PortLimit::OFF);
        assert_eq!(PortLimit::OFF.apply_to_key(key), key);
        assert_eq!(PortLimit::at(0).apply(80), 0);
    }
}
