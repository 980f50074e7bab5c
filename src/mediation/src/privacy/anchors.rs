//! Addresses that give away by their traffic, or by where they stand, what they stand for
//! (RFC 6235, 7.2.5). Under a permutation that keeps prefixes, each of them tells something
//! of all others.

use std::net::IpAddr;

use serde::Serialize;

use super::groups::Distinct;
use super::hash::Set;
use super::hosts::{Ends, Host, Hosts};

/// Different addresses of a kind that are kept at a time.
const ADDRESSES_MAX: usize = 8_192;
/// Exporters that are kept.
const EXPORTERS_MAX: usize = 4_096;

/// A special-purpose block that an address is in (RFC 6890), told by the address as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Block {
    Unspecified,
    Loopback,
    Broadcast,
    Multicast,
    LinkLocal,
    Private,
}

impl Block {
    const ALL: [Self; 6] = [
        Self::Unspecified,
        Self::Loopback,
        Self::Broadcast,
        Self::Multicast,
        Self::LinkLocal,
        Self::Private,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Loopback => "loopback",
            Self::Broadcast => "broadcast",
            Self::Multicast => "multicast",
            Self::LinkLocal => "link-local",
            Self::Private => "private",
        }
    }

    /// Private blocks are those of RFC 1918, RFC 6598 and RFC 4193.
    fn of(addr: IpAddr) -> Option<Self> {
        if addr.is_unspecified() {
            return Some(Self::Unspecified);
        }
        if addr.is_loopback() {
            return Some(Self::Loopback);
        }
        if addr.is_multicast() {
            return Some(Self::Multicast);
        }
        match addr {
            IpAddr::V4(v4) if v4.is_broadcast() => Some(Self::Broadcast),
            IpAddr::V4(v4) if v4.is_link_local() => Some(Self::LinkLocal),
            IpAddr::V4(v4) => {
                let [first, second, ..] = v4.octets();
                let is_shared = first == 100 && second & 0xC0 == 64;
                (v4.is_private() || is_shared).then_some(Self::Private)
            }
            IpAddr::V6(v6) if v6.is_unicast_link_local() => Some(Self::LinkLocal),
            IpAddr::V6(v6) => v6.is_unique_local().then_some(Self::Private),
        }
    }
}

/// Addresses that stand in a special-purpose block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Special {
    /// The name of the block.
    pub block: &'static str,
    /// Different addresses in it.
    pub addresses: u64,
    /// Ends of flows in it.
    pub ends: u64,
}

/// Addresses that give away what they stand for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Anchors {
    /// Addresses that are special by what they are, as they stand.
    pub special: Vec<Special>,
    /// Different addresses, all of them.
    pub addresses: u64,
    /// One in how many addresses was looked at for the next three.
    pub one_in: u64,
    /// Addresses that get what only groups and broadcast addresses get, and never send.
    pub groups: u64,
    /// Addresses that many ask for names.
    pub name_servers: u64,
    /// Other addresses that very many have flows with: gateways, servers, scanners.
    pub hubs: u64,
    /// Addresses of exporters.
    pub exporters: u64,
    /// Exporters that are also source or destination of flows.
    pub exporters_in_flows: u64,
    /// What is known of other addresses by whoever knows all of these.
    pub known: Vec<Known>,
}

/// What anchors tell of the other addresses of a family.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Known {
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// How many anchors there are.
    pub anchors: u64,
    /// Bits of other addresses that are known, on average.
    pub bits_mean: f64,
}

/// What the traffic of an address looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Group,
    NameServer,
    Hub,
}

/// So many flows to it, at least, before a group is told by its traffic.
const GROUP_FLOWS: u64 = 8;
/// So many peers has a group at least.
const GROUP_PEERS: u64 = 4;
/// So many peers, at least, has who is asked for names.
const NAME_SERVER_PEERS: u64 = 8;
/// So many peers has a hub at least, and one in so many of all addresses.
const HUB_PEERS: u64 = 32;
const HUB_SHARE: u64 = 20;

/// The role of an address among so many.
pub(super) fn role(host: &Host, addresses: u64) -> Option<Role> {
    let peers = host.peers();
    let only_groups_get = host.to_group_port.saturating_mul(10) >= host.received.saturating_mul(9);
    if host.sent == 0 && host.received >= GROUP_FLOWS && peers >= GROUP_PEERS && only_groups_get {
        return Some(Role::Group);
    }
    if host.to_dns > 0 && host.to_dns * 2 >= host.received && peers >= NAME_SERVER_PEERS {
        return Some(Role::NameServer);
    }
    (peers >= HUB_PEERS && peers.saturating_mul(HUB_SHARE) >= addresses).then_some(Role::Hub)
}

/// What is counted of anchors while flows pass.
#[derive(Debug)]
pub(super) struct Seen {
    blocks: Vec<(u64, Distinct)>,
    exporters: Set,
    exporter_count: Distinct,
}

impl Seen {
    pub(super) fn new() -> Self {
        let blocks = Block::ALL.iter();
        Self {
            blocks: blocks.map(|_| (0, Distinct::new(ADDRESSES_MAX))).collect(),
            exporters: Set::default(),
            exporter_count: Distinct::new(EXPORTERS_MAX),
        }
    }

    /// Both ends of a flow, and the number of its exporter's address.
    pub(super) fn add(
        &mut self,
        hosts: &Hosts,
        declared: usize,
        ends: Ends,
        exporter: Option<IpAddr>,
    ) {
        for addr in [ends.src, ends.dst].into_iter().flatten() {
            let Some(block) = Block::of(addr) else {
                continue;
            };
            if let Some((count, addresses)) = self.blocks.get_mut(block as usize) {
                *count += 1;
                addresses.add(hosts.number(declared, addr));
            }
        }
        if let Some(addr) = exporter {
            let number = hosts.number(declared, addr);
            self.exporter_count.add(number);
            if self.exporters.len() < EXPORTERS_MAX {
                self.exporters.insert(number);
            }
        }
    }

    pub(super) fn special(&self) -> Vec<Special> {
        let blocks = Block::ALL.iter().zip(&self.blocks);
        let special = blocks.map(|(block, (ends, addresses))| Special {
            block: block.name(),
            addresses: addresses.count(),
            ends: *ends,
        });
        special.filter(|special| special.ends > 0).collect()
    }

    pub(super) fn exporters(&self) -> u64 {
        self.exporter_count.count()
    }

    /// Exporters that are ends of flows, too. Of addresses that are not looked at, nobody
    /// knows.
    pub(super) fn exporters_among(&self, hosts: &Hosts) -> u64 {
        let known = self.exporters.iter();
        known.filter(|number| hosts.has(**number)).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::hash::Hash;
    use std::net::Ipv4Addr;

    fn v4(bits: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(bits))
    }

    fn flows(of: &[(u32, u32, u64)]) -> Hosts {
        let mut hosts = Hosts::new(10_000, Hash::new(1));
        for (src, dst, port) in of {
            let ends = Ends {
                src: Some(v4(*src)),
                dst: Some(v4(*dst)),
                dst_port: Some(*port),
                start_ms: Some(0),
            };
            hosts.add(0, ends);
        }
        hosts
    }

    fn role_of(hosts: &Hosts, addr: u32) -> Option<Role> {
        let all = hosts.all();
        let host = all.iter().find(|host| host.addr == v4(addr)).unwrap();
        role(host, hosts.count())
    }

    #[test]
    fn what_gets_mdns_and_never_sends_is_a_group() {
        let to_group: Vec<_> = (1..20).map(|host| (host, 1_000, 5_353)).collect();
        assert_eq!(role_of(&flows(&to_group), 1_000), Some(Role::Group));
        assert_eq!(role_of(&flows(&to_group), 1), None);
        let answers: Vec<_> = to_group
            .iter()
            .copied()
            .chain([(1_000, 1, 5_353)])
            .collect();
        assert_ne!(role_of(&flows(&answers), 1_000), Some(Role::Group));
    }

    #[test]
    fn whom_many_ask_for_names_is_a_name_server_and_whom_most_talk_to_is_a_hub() {
        let asked: Vec<_> = (1..20).map(|host| (host, 1_000, 53)).collect();
        assert_eq!(role_of(&flows(&asked), 1_000), Some(Role::NameServer));
        let web: Vec<_> = (1..200).map(|host| (host, 1_000, 443)).collect();
        assert_eq!(role_of(&flows(&web), 1_000), Some(Role::Hub));
        let mut many: Vec<_> = (1..50).map(|host| (host, 1_000, 443)).collect();
        many.extend((5_000..8_000).map(|host| (host, host + 10_000, 443)));
        assert_eq!(role_of(&flows(&many), 1_000), None, "a few of very many");
    }

    #[test]
    fn special_addresses_are_counted_by_their_block() {
        let hosts = flows(&[]);
        let mut seen = Seen::new();
        for (src, dst) in [
            ("10.0.0.1", "224.0.0.251"),
            ("10.0.0.1", "255.255.255.255"),
            ("100.64.0.1", "127.0.0.1"),
            ("fe80::1", "ff02::fb"),
            ("fd00::1", "2001:db8::1"),
            ("198.18.0.1", "0.0.0.0"),
        ] {
            let ends = Ends {
                src: Some(src.parse().unwrap()),
                dst: Some(dst.parse().unwrap()),
                dst_port: None,
                start_ms: None,
            };
            seen.add(&hosts, 0, ends, Some("192.0.2.1".parse().unwrap()));
        }
        let found: Vec<_> = seen
            .special()
            .iter()
            .map(|special| (special.block, special.addresses, special.ends))
            .collect();
        let expected = [
            ("unspecified", 1, 1),
            ("loopback", 1, 1),
            ("broadcast", 1, 1),
            ("multicast", 2, 2),
            ("link-local", 1, 1),
            ("private", 3, 4),
        ];
        assert_eq!(found, expected);
        assert_eq!((seen.exporters(), seen.exporters_among(&hosts)), (1, 0));
    }
}
