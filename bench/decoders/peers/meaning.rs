//! From a peer's fields to an Original Flow: element by element, as IANA's registry
//! defines them.

use std::net::IpAddr;

use decoders::Rates;
use flow::{Direction, EndReason, Exporter, FlowKey, Icmp, OriginalFlow, protocol};

use super::{Line, Read, Value};

/// The longest delay between the end of a flow and its export that our decoder believes.
const LONGEST_DELAY_MS: i64 = 86_400_000;

/// The flows of a message that a peer has read, which came from an address at a time.
/// Options records are taken in as they come.
pub(crate) fn flows(
    read: &Read,
    rates: &mut Rates,
    addr: IpAddr,
    received_ms: i64,
) -> Vec<OriginalFlow> {
    let mut flows = Vec::new();
    for line in &read.lines {
        let fields = Fields { line, read };
        if line.options {
            fields.tell(rates);
        } else {
            flows.push(fields.flow(rates, Exporter::new(addr, read.domain), received_ms));
        }
    }
    flows
}

struct Fields<'a> {
    line: &'a Line,
    read: &'a Read,
}

impl Fields<'_> {
    /// The value of the first of some elements that is there.
    fn value(&self, elements: &[u16]) -> Option<&Value> {
        let of = |(name, _): &&super::Cell| name.0 == 0 && elements.contains(&name.1);
        self.line.cells.iter().find(of).map(|(_, value)| value)
    }

    fn number(&self, elements: &[u16]) -> Option<u64> {
        self.value(elements).map(|value| match value {
            Value::Number(number) => *number,
            other => panic!("{elements:?} is no number: {other:?}"),
        })
    }

    fn narrow<T: TryFrom<u64>>(&self, elements: &[u16]) -> Option<T> {
        let number = self.number(elements)?;
        let Ok(number) = T::try_from(number) else {
            panic!("{elements:?} is too large: {number}");
        };
        Some(number)
    }

    fn addr(&self, elements: &[u16]) -> IpAddr {
        match self.value(elements) {
            Some(Value::Addr(addr)) => *addr,
            other => panic!("{elements:?} is no address: {other:?}"),
        }
    }

    /// Takes in a sampling rate.
    fn tell(&self, rates: &mut Rates) {
        if let Some(rate) = self.narrow(&[34]) {
            let sampler = self.number(&[48]).unwrap_or(0);
            rates.tell(sampler, self.narrow(&[10]).unwrap_or(0), rate);
        }
    }

    fn flow(&self, rates: &Rates, exporter: Exporter, received_ms: i64) -> OriginalFlow {
        let protocol = self.narrow(&[4]).unwrap_or(0);
        let is_icmp = matches!(protocol, protocol::ICMP | protocol::ICMPV6);
        let port = |element| self.narrow(&[element]).filter(|_| !is_icmp).unwrap_or(0);
        let in_if = self.narrow(&[10]);
        let own = self.narrow(&[34]).unwrap_or(0);
        let sampler = self.number(&[48]).unwrap_or(0);
        let (start_ms, end_ms) = self.times();
        let delay = (self.read.unix_ms - end_ms).clamp(0, LONGEST_DELAY_MS);
        let flags = self.narrow(&[6]);
        OriginalFlow {
            key: FlowKey {
                src_addr: self.addr(&[8, 27]),
                dst_addr: self.addr(&[12, 28]),
                src_port: port(7),
                dst_port: port(11),
                protocol,
            },
            exporter,
            start_ms,
            end_ms,
            end_seen_ms: received_ms - delay,
            packets: self.number(&[2, 86]).unwrap_or(0),
            bytes: self.number(&[1, 85]).unwrap_or(0),
            sampling_rate: rates.of(own, sampler, in_if),
            in_if,
            out_if: self.narrow(&[14]),
            tcp_flags: flags.filter(|_| protocol == protocol::TCP),
            tos: self.narrow(&[5]),
            icmp: is_icmp.then(|| self.icmp()).flatten(),
            end_reason: self.narrow(&[136]).and_then(EndReason::from_number),
            direction: Direction::Uniflow,
            observed: None,
            vlan: None,
        }
    }

    fn icmp(&self) -> Option<Icmp> {
        if let Some(kind) = self.narrow(&[176, 178]) {
            let code = self.narrow(&[177, 179]).unwrap_or(0);
            return Some(Icmp { kind, code });
        }
        let both: u16 = self.narrow(&[32, 139]).or_else(|| self.narrow(&[11]))?;
        let [kind, code] = both.to_be_bytes();
        Some(Icmp { kind, code })
    }

    /// The time of a side: by its elements of absolute times, of uptime and of delta.
    fn side(&self, absolute: &[u16], uptime: u16, delta: u16) -> Option<Side> {
        if let Some(value) = self.value(absolute) {
            let Value::Unix(time) = value else {
                panic!("{absolute:?} is no time: {value:?}");
            };
            return Some(Side::At(*time));
        }
        if let Some(delta) = self.number(&[delta]) {
            let ago = i64::try_from(delta / 1_000).unwrap();
            return Some(Side::At(self.read.unix_ms - ago));
        }
        let at: u32 = self.narrow(&[uptime])?;
        let Some(now) = self.read.uptime.or_else(|| self.uptime_by_start()) else {
            return Some(Side::Floating(at));
        };
        let ago = now.wrapping_sub(at).cast_signed();
        Some(Side::At(self.read.unix_ms - i64::from(ago)))
    }

    /// The uptime at export of an exporter that says when it started.
    fn uptime_by_start(&self) -> Option<u32> {
        let Some(Value::Unix(start)) = self.value(&[160]) else {
            return None;
        };
        u32::try_from((self.read.unix_ms - start).rem_euclid(1 << 32)).ok()
    }

    fn times(&self) -> (i64, i64) {
        let now = self.read.unix_ms;
        let start = self.side(&[150, 152, 154, 156], 22, 158);
        let end = self.side(&[151, 153, 155, 157], 21, 159);
        match (start, end) {
            (Some(Side::Floating(start)), Some(Side::Floating(end))) => {
                (now - i64::from(end.wrapping_sub(start)), now)
            }
            (Some(Side::At(start)), Some(Side::At(end))) => (start, end),
            (Some(Side::At(time)), None) | (None, Some(Side::At(time))) => (time, time),
            _ => (now, now),
        }
    }
}

/// A time of a record.
enum Side {
    /// In Unix milliseconds.
    At(i64),
    /// In milliseconds since a start that is not known.
    Floating(u32),
}
