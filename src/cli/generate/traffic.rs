//! Which flows there are: services, directions, sizes, durations, endings.

use flow::{FlowKey, Icmp, protocol, tcp_flag};

use super::population::{Family, Pair, Population};
use super::random::Random;

/// The largest packet on the simulated links, in octets of the IP layer.
const MTU: u64 = 1_500;
/// The interface to the rest of the world; that of campus network `n` is `n + 1`.
const UPLINK: u32 = 100;

/// A service: what a client asks for, and how often.
struct Service {
    protocol: u8,
    port: u16,
    /// In how many of 100 flows.
    weight: u64,
    /// Whether it can last longer than an active timeout.
    lasting: bool,
}

const fn service(protocol: u8, port: u16, weight: u64, lasting: bool) -> Service {
    Service {
        protocol,
        port,
        weight,
        lasting,
    }
}

const SERVICES: [Service; 9] = [
    service(protocol::TCP, 443, 42, true),
    service(protocol::TCP, 80, 9, true),
    service(protocol::TCP, 22, 3, true),
    service(protocol::TCP, 25, 3, false),
    service(protocol::TCP, 993, 3, false),
    service(protocol::UDP, 443, 13, true),
    service(protocol::UDP, 53, 21, false),
    service(protocol::UDP, 123, 3, false),
    service(protocol::ICMP, 0, 3, false),
];

/// How a TCP connection closes, as one direction of it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Close {
    /// With FIN.
    Fin,
    /// With RST.
    Reset,
    /// Not at all, or the protocol has no closing.
    Never,
}

/// A flow: what stays the same in all of its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) key: FlowKey,
    pub(super) icmp: Option<Icmp>,
    pub(super) close: Close,
    pub(super) tos: u8,
    pub(super) in_if: u32,
    pub(super) out_if: u32,
}

/// The place of a record among those of its flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) first: bool,
    pub(super) last: bool,
}

/// Shares that shape the traffic, each from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mix {
    /// Flows over IPv6.
    pub(crate) ipv6: f64,
    /// TCP flows that never close.
    pub(crate) unclosed: f64,
    /// Flows that last longer than the active timeout.
    pub(crate) long: f64,
}

/// The source of flows.
#[derive(Debug)]
pub(super) struct Traffic {
    population: Population,
    mix: Mix,
}

impl Flow {
    /// The opposite direction of the same conversation. Who answers a reset closed
    /// before it: that direction shows a FIN.
    pub(super) fn reversed(&self) -> Self {
        Self {
            key: self.key.reversed(),
            icmp: self.icmp.map(answer),
            close: match self.close {
                Close::Never => Close::Never,
                Close::Fin | Close::Reset => Close::Fin,
            },
            tos: self.tos,
            in_if: self.out_if,
            out_if: self.in_if,
        }
    }

    /// Whether it is TCP and never closes.
    pub(super) fn is_unclosed(&self) -> bool {
        self.key.protocol == protocol::TCP && self.close == Close::Never
    }

    /// The TCP flags of a record with so many packets; 0 for other protocols.
    pub(super) fn tcp_flags(&self, at: Position, packets: u64) -> u16 {
        if self.key.protocol != protocol::TCP {
            return 0;
        }
        let opening = if at.first { tcp_flag::SYN } else { 0 };
        if at.first && packets == 1 {
            return opening;
        }
        let closing = match self.close {
            Close::Fin if at.last => tcp_flag::FIN,
            Close::Reset if at.last => tcp_flag::RST,
            _ => 0,
        };
        opening | tcp_flag::ACK | tcp_flag::PSH | closing
    }

    /// Octets of the headers of one packet: IP and transport.
    fn headers(&self) -> u64 {
        let ip = if self.key.src_addr.is_ipv4() { 20 } else { 40 };
        let transport = if self.key.protocol == protocol::TCP {
            20
        } else {
            8
        };
        ip + transport
    }

    /// Packets and octets of a record of this flow.
    pub(super) fn size(&self, random: &mut Random, at: Position) -> (u64, u64) {
        let packets = self.least_packets(at).max(random.heavy(self.doublings(at)));
        let headers = self.headers();
        let mean = if packets > 8 && random.chance(0.4) {
            random.between(900, MTU)
        } else {
            headers + random.between(12, 160)
        };
        (packets, packets * mean)
    }

    /// A closed connection takes three packets, and a cut flow goes on in each part.
    fn least_packets(&self, at: Position) -> u64 {
        match self.close {
            _ if !(at.first && at.last) => 20,
            Close::Fin | Close::Reset => 3,
            Close::Never => 1,
        }
    }

    /// How often the packets may double: small for questions and pings.
    fn doublings(&self, at: Position) -> u32 {
        match (self.key.protocol, self.key.src_port.min(self.key.dst_port)) {
            _ if !(at.first && at.last) => 18,
            (protocol::UDP, 53 | 123) => 1,
            (protocol::TCP | protocol::UDP, _) => 15,
            _ => 4,
        }
    }
}

/// The echo reply to an echo request.
fn answer(request: Icmp) -> Icmp {
    let kind = if request.kind == 128 { 129 } else { 0 };
    Icmp { kind, ..request }
}

impl Traffic {
    /// Traffic of so many campus hosts.
    pub(super) fn new(mix: Mix, hosts: u32) -> Self {
        Self {
            population: Population::new(hosts),
            mix,
        }
    }

    /// Whether the next flow shall last longer than the active timeout.
    pub(super) fn is_long(&self, random: &mut Random) -> bool {
        random.chance(self.mix.long)
    }

    /// A new flow from client to server; a lasting one where it has to be cut.
    pub(super) fn flow(&mut self, random: &mut Random, ipv6: bool, long: bool) -> Flow {
        let family = if ipv6 && random.chance(self.mix.ipv6) {
            Family::V6
        } else {
            Family::V4
        };
        let service = any_service(random, long);
        if service.protocol == protocol::ICMP {
            return self.ping(random, family);
        }
        let pair = self.population.conversation(random, family);
        let outward = random.chance(0.8);
        let close = if service.protocol == protocol::TCP {
            self.close(random)
        } else {
            Close::Never
        };
        between(random, pair, family, outward, service, close)
    }

    fn close(&self, random: &mut Random) -> Close {
        if random.chance(self.mix.unclosed) {
            Close::Never
        } else if random.chance(0.12) {
            Close::Reset
        } else {
            Close::Fin
        }
    }

    fn ping(&mut self, random: &mut Random, family: Family) -> Flow {
        let pair = self.population.ping(random, family);
        let (protocol, kind) = match family {
            Family::V4 => (protocol::ICMP, 8),
            Family::V6 => (protocol::ICMPV6, 128),
        };
        let echo = service(protocol, 0, 0, false);
        let outward = random.chance(0.8);
        Flow {
            icmp: Some(Icmp { kind, code: 0 }),
            ..between(random, pair, family, outward, &echo, Close::Never)
        }
    }
}

fn any_service(random: &mut Random, long: bool) -> &'static Service {
    let fits = |service: &&Service| service.lasting || !long;
    let total: u64 = SERVICES.iter().filter(fits).map(|s| s.weight).sum();
    let mut drawn = random.below(total);
    for service in SERVICES.iter().filter(fits) {
        if drawn < service.weight {
            return service;
        }
        drawn -= service.weight;
    }
    &SERVICES[0]
}

/// The flow from the client of a pair to its server, seen where it enters.
fn between(
    random: &mut Random,
    pair: Pair,
    family: Family,
    outward: bool,
    service: &Service,
    close: Close,
) -> Flow {
    let key = FlowKey {
        src_addr: pair.campus.addr(family),
        dst_addr: pair.remote,
        src_port: pair.port,
        dst_port: service.port,
        protocol: service.protocol,
    };
    let flow = Flow {
        key,
        icmp: None,
        close,
        tos: if random.chance(0.1) { 0xb8 } else { 0 },
        in_if: pair.campus.network() + 1,
        out_if: UPLINK,
    };
    if outward {
        return flow;
    }
    // The remote host is the client: addresses change sides, ports do not.
    Flow {
        key: FlowKey {
            src_addr: key.dst_addr,
            dst_addr: key.src_addr,
            ..key
        },
        in_if: UPLINK,
        out_if: flow.in_if,
        ..flow
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const MIX: Mix = Mix {
        ipv6: 0.2,
        unclosed: 0.1,
        long: 0.02,
    };
    const ONLY: Position = Position {
        first: true,
        last: true,
    };

    fn flows(count: usize, long: bool) -> Vec<Flow> {
        let (mut traffic, mut random) = (Traffic::new(MIX, 500), Random::new(5));
        (0..count)
            .map(|_| traffic.flow(&mut random, true, long))
            .collect()
    }

    #[test]
    fn no_key_comes_up_twice_in_either_direction() {
        let mut keys = BTreeSet::new();
        for flow in flows(60_000, false) {
            assert!(keys.insert(flow.key), "{:?}", flow.key);
            assert!(keys.insert(flow.reversed().key), "{:?}", flow.key);
        }
    }

    #[test]
    fn the_mix_is_what_was_asked_for() {
        let all = flows(20_000, false);
        let share = |of: &dyn Fn(&&Flow) -> bool| all.iter().filter(of).count();
        let v6 = share(&|flow| flow.key.src_addr.is_ipv6());
        assert!((3_700..4_300).contains(&v6), "{v6} of 4000");
        let tcp = share(&|flow| flow.key.protocol == protocol::TCP);
        assert!((11_600..12_400).contains(&tcp), "{tcp} of 12000");
        let unclosed = share(&|flow| flow.is_unclosed());
        assert!((1_050..1_350).contains(&unclosed), "{unclosed} of 1200");
        let pings = share(&|flow| flow.icmp.is_some());
        assert!((500..700).contains(&pings), "{pings} of 600");
    }

    #[test]
    fn long_flows_are_of_services_that_last() {
        let ports: BTreeSet<u16> = flows(3_000, true)
            .iter()
            .map(|flow| flow.key.dst_port)
            .collect();
        assert_eq!(ports, BTreeSet::from([22, 80, 443]));
    }

    #[test]
    fn flags_show_the_opening_first_and_the_closing_last() {
        let all = flows(2_000, false);
        let fin = all.iter().find(|flow| flow.close == Close::Fin).unwrap();
        let at = |first, last| fin.tcp_flags(Position { first, last }, 9);
        let (syn, end) = (tcp_flag::SYN, tcp_flag::FIN);
        assert_eq!(at(true, false) & (syn | end), syn);
        assert_eq!(at(false, false) & (syn | end), 0);
        assert_eq!(at(false, true) & (syn | end), end);
        assert_eq!(fin.tcp_flags(ONLY, 9) & (syn | end), syn | end);
        let udp = all.iter().find(|flow| flow.key.protocol == 17).unwrap();
        assert_eq!(udp.tcp_flags(ONLY, 9), 0);
    }

    #[test]
    fn sizes_are_possible_and_heavy_tailed() {
        let mut random = Random::new(6);
        let mut most = 0;
        for flow in flows(20_000, false) {
            let (packets, bytes) = flow.size(&mut random, ONLY);
            assert!(bytes >= packets * flow.headers() && bytes <= packets * MTU);
            assert!(packets >= 3 || flow.close == Close::Never);
            most = most.max(packets);
        }
        assert!((5_000..=65_536).contains(&most), "{most}");
    }

    #[test]
    fn an_echo_request_is_answered_by_a_reply() {
        let all = flows(5_000, false);
        for ping in all.iter().filter(|flow| flow.icmp.is_some()) {
            let kinds = (
                ping.icmp.unwrap().kind,
                ping.reversed().icmp.unwrap().kind,
                ping.key.protocol,
            );
            assert!([(8, 0, 1), (128, 129, 58)].contains(&kinds), "{kinds:?}");
        }
    }
}
