//! Who talks to whom: campus hosts, remote hosts, and ports used only once.
//!
//! Campus hosts live in sixteen /20s of 198.18.0.0/16 and in the sixteen networks
//! 2001:db8:0:0::/64 to 2001:db8:0:f::/64; remote hosts in 198.19.0.0/16 and
//! 2001:db8:ffff::/48. All of these are set aside for benchmarks and documentation
//! (RFC 2544, RFC 3849) and belong to nobody.
//!
//! Every conversation of a remote host takes the next ephemeral port of that host,
//! whoever of the two is the client. So no two conversations share addresses and
//! ports until all 1.8 thousand million of a family are used up. Pings have no
//! ports: each takes a new pair of hosts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::random::Random;

/// Campus networks of each family.
const NETWORKS: u32 = 16;
/// Campus hosts of one network: a /20 without its first and last address.
const HOSTS_OF_NETWORK: u32 = 4_094;
/// The most campus hosts there can be.
pub(super) const MOST_HOSTS: u32 = NETWORKS * HOSTS_OF_NETWORK;
/// Remote hosts of each family: a /16 without its first and last address.
const REMOTES: u16 = u16::MAX - 1;
/// The first ephemeral port.
const FIRST_PORT: u16 = 32_768;
/// How many ephemeral ports a host has.
const PORTS: u16 = 28_232;

/// The IP version of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

/// A campus host: its number, below the population's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Campus(u32);

impl Campus {
    /// Its network, below 16.
    pub(super) const fn network(self) -> u32 {
        self.0 % NETWORKS
    }

    /// Its address in a family.
    pub(super) fn addr(self, family: Family) -> IpAddr {
        let host = self.0 / NETWORKS + 1;
        match family {
            Family::V4 => {
                let base = u32::from(Ipv4Addr::new(198, 18, 0, 0));
                Ipv4Addr::from(base | self.network() << 12 | host).into()
            }
            Family::V6 => {
                let base = u128::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0));
                Ipv6Addr::from(base | u128::from(self.network()) << 64 | u128::from(host)).into()
            }
        }
    }
}

/// The address of a remote host, by its number below [`REMOTES`].
fn remote_addr(number: u16, family: Family) -> IpAddr {
    let [high, low] = (number + 1).to_be_bytes();
    match family {
        Family::V4 => Ipv4Addr::new(198, 19, high, low).into(),
        Family::V6 => {
            let (network, host) = (u16::from(high), u16::from(low) + 1);
            Ipv6Addr::new(0x2001, 0xdb8, 0xffff, network, 0, 0, 0, host).into()
        }
    }
}

/// Numbers that each remote host hands out once: 0, 1, 2 and so on to a limit.
#[derive(Debug)]
struct Tickets {
    next: Vec<u16>,
    limit: u16,
    spill: usize,
}

impl Tickets {
    fn new(limit: u16) -> Self {
        Self {
            next: vec![0; usize::from(REMOTES)],
            limit,
            spill: 0,
        }
    }

    /// A remote host and its next ticket: the wanted host, or another one when it
    /// has none left. When no host has any, all start again.
    fn take(&mut self, wanted: u16) -> (u16, u16) {
        let wanted = usize::from(wanted);
        if self.is_spent(wanted) {
            while self.spill < self.next.len() && self.is_spent(self.spill) {
                self.spill += 1;
            }
            if self.spill == self.next.len() {
                self.next.fill(0);
                self.spill = 0;
            }
            return self.hand_out(self.spill);
        }
        self.hand_out(wanted)
    }

    fn is_spent(&self, host: usize) -> bool {
        self.next
            .get(host)
            .is_none_or(|&ticket| ticket >= self.limit)
    }

    fn hand_out(&mut self, host: usize) -> (u16, u16) {
        let Some(next) = self.next.get_mut(host) else {
            return (0, 0);
        };
        let ticket = *next;
        *next += 1;
        (u16::try_from(host).unwrap_or_default(), ticket)
    }
}

/// The tickets of one family.
#[derive(Debug)]
struct Used {
    ports: Tickets,
    pings: Tickets,
}

/// All hosts, and which of their conversations were already used.
#[derive(Debug)]
pub(super) struct Population {
    hosts: u32,
    v4: Used,
    v6: Used,
}

/// Two hosts that talk, and the client's port where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    /// The host on the campus.
    pub(super) campus: Campus,
    /// The address of the host elsewhere.
    pub(super) remote: IpAddr,
    /// An ephemeral port that no other pair with this remote host has; 0 for pings.
    pub(super) port: u16,
}

impl Population {
    /// A population with so many campus hosts, at least 1 and at most [`MOST_HOSTS`].
    pub(super) fn new(hosts: u32) -> Self {
        let hosts = hosts.clamp(1, MOST_HOSTS);
        let used = || Used {
            ports: Tickets::new(PORTS),
            pings: Tickets::new(u16::try_from(hosts).unwrap_or(u16::MAX)),
        };
        Self {
            hosts,
            v4: used(),
            v6: used(),
        }
    }

    fn used(&mut self, family: Family) -> &mut Used {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }

    /// Two hosts and a port no other conversation has.
    pub(super) fn conversation(&mut self, random: &mut Random, family: Family) -> Pair {
        let campus = Campus(bounded(random.skewed(self.hosts.into())));
        let (remote, ticket) = self.used(family).ports.take(any_remote(random));
        Pair {
            campus,
            remote: remote_addr(remote, family),
            port: FIRST_PORT + ticket,
        }
    }

    /// Two hosts that no other ping has.
    pub(super) fn ping(&mut self, random: &mut Random, family: Family) -> Pair {
        let (remote, ticket) = self.used(family).pings.take(any_remote(random));
        Pair {
            campus: Campus((u32::from(remote) + u32::from(ticket)) % self.hosts),
            remote: remote_addr(remote, family),
            port: 0,
        }
    }
}

fn bounded(number: u64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

/// A remote host: some are far more popular than others, wherever they are.
fn any_remote(random: &mut Random) -> u16 {
    let rank = random.skewed(u64::from(REMOTES));
    // 40 503 and 65 534 share no divisor, so that every host has one rank.
    u16::try_from(rank * 40_503 % u64::from(REMOTES)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_campus_host_has_an_address_of_its_own_in_its_network() {
        let all: BTreeSet<IpAddr> = (0..MOST_HOSTS)
            .map(|host| Campus(host).addr(Family::V4))
            .collect();
        assert_eq!(all.len(), MOST_HOSTS as usize);
        assert_eq!(all.first(), Some(&IpAddr::from([198, 18, 0, 1])));
        assert_eq!(all.last(), Some(&IpAddr::from([198, 18, 255, 254])));
        let v6 = Campus(15).addr(Family::V6);
        assert_eq!(v6, "2001:db8:0:f::1".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn every_remote_host_has_an_address_of_its_own_and_a_rank() {
        let v6: BTreeSet<IpAddr> = (0..REMOTES).map(|n| remote_addr(n, Family::V6)).collect();
        assert_eq!(v6.len(), usize::from(REMOTES));
        let ranks: BTreeSet<u64> = (0..u64::from(REMOTES))
            .map(|rank| rank * 40_503 % u64::from(REMOTES))
            .collect();
        assert_eq!(ranks.len(), usize::from(REMOTES));
        assert_eq!(remote_addr(0, Family::V4), IpAddr::from([198, 19, 0, 1]));
        let last = remote_addr(REMOTES - 1, Family::V4);
        assert_eq!(last, IpAddr::from([198, 19, 255, 254]));
    }

    #[test]
    fn a_spent_host_passes_on_to_another_and_all_start_again_in_the_end() {
        let mut tickets = Tickets::new(2);
        let taken: BTreeSet<(u16, u16)> = (0..u32::from(REMOTES) * 2)
            .map(|_| tickets.take(9))
            .collect();
        assert_eq!(taken.len(), usize::from(REMOTES) * 2, "each once");
        assert_eq!(tickets.take(9), (0, 0), "all were spent");
        assert_eq!(tickets.take(9), (9, 0));
    }

    #[test]
    fn pings_never_repeat_a_pair() {
        let mut population = Population::new(50);
        let mut random = Random::new(3);
        let pairs: BTreeSet<(u32, IpAddr)> = (0..100_000)
            .map(|_| population.ping(&mut random, Family::V4))
            .map(|pair| (pair.campus.0, pair.remote))
            .collect();
        assert_eq!(pairs.len(), 100_000);
    }
}
