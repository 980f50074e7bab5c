//! What is seen of each address.

use std::collections::hash_map::Entry;
use std::net::IpAddr;

use flow::{Civil, Field, Value};
use serde::Serialize;

use super::hash::{Hash, Map};
use super::sample::Share;
use crate::anonymize::AnonymizedFlow;

/// Ports that groups and broadcast addresses get, and hosts hardly ever: DHCP, NetBIOS,
/// SSDP, WS-Discovery, mDNS, LLMNR, RIP, DHCPv6.
const GROUP_PORTS: [u64; 12] = [
    67, 68, 137, 138, 520, 521, 546, 547, 1_900, 3_702, 5_353, 5_355,
];
/// The port of DNS.
const DNS: u64 = 53;
const HOUR_MS: i64 = 3_600_000;

/// An address, and what its traffic looks like.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub(super) addr: IpAddr,
    /// The declaration under which it was seen, by its place.
    pub(super) declared: usize,
    /// Flows from it.
    pub(super) sent: u64,
    /// Flows to it.
    pub(super) received: u64,
    /// Of those, how many went to a port of groups, and to that of DNS.
    pub(super) to_group_port: u64,
    pub(super) to_dns: u64,
    /// When the first and the last of its flows began, Unix milliseconds.
    times: Option<(i64, i64)>,
    peers: Peers,
}

impl Host {
    const fn new(addr: IpAddr, declared: usize) -> Self {
        Self {
            addr,
            declared,
            sent: 0,
            received: 0,
            to_group_port: 0,
            to_dns: 0,
            times: None,
            peers: Peers([0; REGISTERS]),
        }
    }

    fn at(&mut self, start_ms: Option<i64>) {
        if let Some(time) = start_ms {
            let (first, last) = self.times.unwrap_or((time, time));
            self.times = Some((first.min(time), last.max(time)));
        }
    }

    /// How many addresses it has flows with, about.
    pub(super) fn peers(&self) -> u64 {
        self.peers.estimate()
    }

    /// From the start of its first flow to that of its last; `None` without times.
    fn span_ms(&self) -> Option<i64> {
        self.times.map(|(first, last)| last.saturating_sub(first))
    }
}

/// Registers of the sketch: its count is off by an eighth, typically.
const REGISTERS: usize = 64;

/// How many different peers an address has: HyperLogLog (Flajolet and others, 2007).
#[derive(Debug, Clone)]
struct Peers([u8; REGISTERS]);

impl Peers {
    fn add(&mut self, number: u64) {
        let (register, rest) = (number % REGISTERS as u64, number / REGISTERS as u64);
        let rank = u8::try_from(rest.trailing_zeros().min(57) + 1).unwrap_or(u8::MAX);
        let register = usize::try_from(register).unwrap_or(0);
        if let Some(highest) = self.0.get_mut(register) {
            *highest = rank.max(*highest);
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate that is positive and far below 2^53"
    )]
    fn estimate(&self) -> u64 {
        const M: f64 = REGISTERS as f64;
        let sum: f64 = self.0.iter().map(|rank| (-f64::from(*rank)).exp2()).sum();
        let raw = 0.709 * M * M / sum;
        let empty = self.0.iter().filter(|rank| **rank == 0).count();
        let few = empty > 0 && raw <= 2.5 * M;
        let estimate = if few {
            M * (M / empty as f64).ln()
        } else {
            raw
        };
        estimate.round() as u64
    }
}

/// All addresses, or an even choice of them.
#[derive(Debug)]
pub(super) struct Hosts {
    limit: usize,
    share: Share,
    hash: Hash,
    hosts: Map<Host>,
}

/// What a flow tells of its ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) src: Option<IpAddr>,
    pub(super) dst: Option<IpAddr>,
    pub(super) dst_port: Option<u64>,
    pub(super) start_ms: Option<i64>,
}

impl Ends {
    pub(super) fn of(flow: &AnonymizedFlow) -> Self {
        let civil = Civil::from_millis(flow.flow().start_ms);
        let addr = |field| match flow.value(field, &civil) {
            Value::Addr(addr) => Some(addr),
            _ => None,
        };
        Self {
            src: addr(Field::SrcAddr),
            dst: addr(Field::DstAddr),
            dst_port: match flow.value(Field::DstPort, &civil) {
                Value::Unsigned(port) => Some(port),
                _ => None,
            },
            start_ms: match flow.value(Field::StartMs, &civil) {
                Value::Signed(start_ms) => Some(start_ms),
                _ => None,
            },
        }
    }
}

/// For how long addresses are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Lasting {
    /// Different addresses; under another key or policy, an address is another one.
    pub addresses: u64,
    /// One in how many addresses was looked at.
    pub one_in: u64,
    /// Those with one flow alone.
    pub once: u64,
    /// Those whose first and last flow began an hour or more apart.
    pub an_hour: u64,
    /// Those whose first and last flow began a day or more apart.
    pub a_day: u64,
}

impl Hosts {
    /// At most so many addresses are looked at at a time.
    pub(super) fn new(limit: usize, hash: Hash) -> Self {
        Self {
            limit,
            share: Share::default(),
            hash,
            hosts: Map::default(),
        }
    }

    /// The number of an address as it stands under a declaration.
    pub(super) fn number(&self, declared: usize, addr: IpAddr) -> u64 {
        self.hash.words([declared as u64, self.hash.addr(addr)])
    }

    /// A flow under a declaration.
    pub(super) fn add(&mut self, declared: usize, ends: Ends) {
        let number = |addr: Option<IpAddr>| addr.map(|addr| self.number(declared, addr));
        let (src, dst) = (number(ends.src), number(ends.dst));
        if let Some(host) = self.of(ends.src, src, declared) {
            host.sent += 1;
            host.at(ends.start_ms);
            dst.into_iter().for_each(|peer| host.peers.add(peer));
        }
        if let Some(host) = self.of(ends.dst, dst, declared) {
            host.received += 1;
            host.at(ends.start_ms);
            src.into_iter().for_each(|peer| host.peers.add(peer));
            let port = ends.dst_port;
            host.to_dns += u64::from(port == Some(DNS));
            host.to_group_port += u64::from(port.is_some_and(|port| GROUP_PORTS.contains(&port)));
        }
        self.shrink();
    }

    fn of(
        &mut self,
        addr: Option<IpAddr>,
        number: Option<u64>,
        declared: usize,
    ) -> Option<&mut Host> {
        let number = number.filter(|number| self.share.keeps(*number))?;
        Some(match self.hosts.entry(number) {
            Entry::Occupied(host) => host.into_mut(),
            Entry::Vacant(place) => place.insert(Host::new(addr?, declared)),
        })
    }

    fn shrink(&mut self) {
        while self.hosts.len() > self.limit {
            self.share.halve();
            let share = self.share;
            self.hosts.retain(|number, _| share.keeps(*number));
        }
    }

    /// The addresses that are looked at, in the order of their numbers: by chance, and
    /// the same each time.
    pub(super) fn all(&self) -> Vec<&Host> {
        let mut hosts: Vec<_> = self.hosts.iter().collect();
        hosts.sort_unstable_by_key(|(number, _)| **number);
        hosts.into_iter().map(|(_, host)| host).collect()
    }

    /// One in how many addresses is looked at.
    pub(super) const fn one_in(&self) -> u64 {
        self.share.one_in()
    }

    /// Whether an address of that number is looked at.
    pub(super) fn has(&self, number: u64) -> bool {
        self.hosts.contains_key(&number)
    }

    /// How many addresses there are.
    pub(super) fn count(&self) -> u64 {
        (self.hosts.len() as u64).saturating_mul(self.one_in())
    }

    pub(super) fn lasting(&self) -> Lasting {
        let count = |is: &dyn Fn(&Host) -> bool| {
            let found = self.hosts.values().filter(|host| is(host)).count();
            (found as u64).saturating_mul(self.one_in())
        };
        let lasts = |at_least| {
            count(&move |host: &Host| host.span_ms().is_some_and(|span| span >= at_least))
        };
        Lasting {
            addresses: self.count(),
            one_in: self.one_in(),
            once: count(&|host| host.sent + host.received == 1),
            an_hour: lasts(HOUR_MS),
            a_day: lasts(24 * HOUR_MS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn ends(src: u32, dst: u32, dst_port: u64, start_ms: i64) -> Ends {
        let addr = |bits| Some(IpAddr::V4(Ipv4Addr::from_bits(bits)));
        Ends {
            src: addr(src),
            dst: addr(dst),
            dst_port: Some(dst_port),
            start_ms: Some(start_ms),
        }
    }

    #[test]
    fn addresses_have_their_flows_times_and_peers() {
        let mut hosts = Hosts::new(1_000, Hash::new(1));
        for client in 1..=200 {
            hosts.add(0, ends(client, 1_000_000, 53, i64::from(client) * 60_000));
        }
        hosts.add(0, ends(1, 2, 5_353, 30 * HOUR_MS));
        let all = hosts.all();
        let server = all.iter().find(|host| host.received == 200).unwrap();
        assert_eq!(
            (server.sent, server.to_dns, server.to_group_port),
            (0, 200, 0)
        );
        assert!((140..=260).contains(&server.peers()), "{}", server.peers());
        let lasting = hosts.lasting();
        assert_eq!((lasting.addresses, lasting.one_in), (201, 1));
        assert_eq!(
            lasting.once, 198,
            "all but the server and the two that talk"
        );
        assert_eq!((lasting.an_hour, lasting.a_day), (3, 2));
    }

    #[test]
    fn an_address_under_another_key_is_another_one() {
        let mut hosts = Hosts::new(1_000, Hash::new(1));
        hosts.add(0, ends(1, 2, 80, 0));
        hosts.add(1, ends(1, 2, 80, 0));
        assert_eq!(hosts.count(), 4);
    }

    #[test]
    fn beyond_the_limit_addresses_are_an_even_choice() {
        let mut hosts = Hosts::new(1_000, Hash::new(1));
        for client in 0..20_000 {
            hosts.add(0, ends(client, client + 100_000, 80, 0));
        }
        assert!(hosts.hosts.len() <= 1_000);
        assert!(hosts.count().abs_diff(40_000) < 6_000, "{}", hosts.count());
    }

    #[test]
    fn few_peers_are_counted_well() {
        for peers in [0_u64, 1, 2, 5, 20] {
            let mut sketch = Peers([0; REGISTERS]);
            (0..peers).for_each(|peer| sketch.add(Hash::new(1).words([peer])));
            let found = sketch.estimate();
            assert!(found.abs_diff(peers) <= peers / 5 + 1, "{peers}: {found}");
        }
    }
}
