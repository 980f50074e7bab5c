//! Evaluations a second of compiled filters over prepared flows, on one core: `cargo run
//! --release -p mediation --example filter`. Medians over chunks of a million flows, in
//! several rounds; beside them nanoseconds a flow, and how many passed.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it measures time and prints it"
)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use flow::{
    AggregatedFlow, CountryCode, EndReason, EnrichedFlow, Exporter, FlowKey, Locality, Place,
};
use mediation::anonymize::{Anonymization, AnonymizedFlow, Policy};
use mediation::select::{Filter, Program};

const ROUNDS: usize = 9;
const FLOWS: usize = 1_000_000;
const CHUNK: usize = 10_000;
const CHUNK_FLOWS: f64 = 1e4;

/// A stream of numbers that only looks random.
struct Noise(u64);

impl Noise {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let high = u128::from(self.0 >> 32) * u128::from(bound);
        u32::try_from(high >> 32).unwrap_or(0)
    }

    fn one_of<T: Copy>(&mut self, values: &[T], otherwise: T) -> T {
        let index = self.below(u32::try_from(values.len()).unwrap_or(0));
        values.get(index as usize).copied().unwrap_or(otherwise)
    }

    /// Nine of ten addresses are IPv4, a quarter of those from 10.0.0.0/8.
    fn addr(&mut self) -> IpAddr {
        let host = self.below(u32::MAX);
        match self.below(40) {
            0..4 => Ipv6Addr::from_bits(0x2001_0db8 << 96 | u128::from(host)).into(),
            4..13 => Ipv4Addr::from_bits(10 << 24 | host >> 8).into(),
            _ => Ipv4Addr::from_bits(host).into(),
        }
    }

    fn place(&mut self) -> Place {
        let country = self.one_of(&["CH", "DE", "US", "BR"], "FR");
        Place {
            asn: (self.below(4) > 0).then(|| 64_496 + self.below(100)),
            country: CountryCode::new(country),
            locality: Some(Locality::Public),
            ..Place::default()
        }
    }

    fn flow(&mut self) -> EnrichedFlow {
        let protocol = self.one_of(&[6, 6, 6, 17, 17], 1);
        let start_ms = 1_700_000_000_000 + i64::from(self.below(86_400_000));
        let lasted = self.below(60_000);
        let packets = u64::from(self.below(1_000)) + 1;
        let flow = AggregatedFlow {
            key: FlowKey {
                src_addr: self.addr(),
                dst_addr: self.addr(),
                src_port: u16::try_from(1_024 + self.below(64_000)).unwrap_or(0),
                dst_port: self.one_of(&[443, 443, 80, 53], 22),
                protocol,
            },
            exporter: Exporter::new(IpAddr::from([192, 0, 2, 1]), 0),
            start_ms,
            end_ms: start_ms + i64::from(lasted),
            active_ms: lasted.into(),
            packets,
            bytes: packets * u64::from(40 + self.below(1_400)),
            reverse: None,
            sampling_rate: None,
            records: 1,
            in_if: Some(self.below(8)),
            out_if: Some(self.below(8)),
            vlan: None,
            tcp_flags: (protocol == 6).then_some(0x1b),
            tos: Some(0),
            icmp: None,
            end_reason: EndReason::Idle,
            complete: (protocol == 6).then_some(true),
            block_place: None,
        };
        EnrichedFlow {
            flow,
            src: self.place(),
            dst: self.place(),
        }
    }
}

fn addresses(noise: &mut Noise, count: usize) -> String {
    let addrs: Vec<String> = (0..count).map(|_| noise.addr().to_string()).collect();
    addrs.join(" ")
}

/// What is measured, by name.
fn filters(noise: &mut Noise) -> Vec<(&'static str, String)> {
    let ports: Vec<String> = (1..=16).map(|n| format!("dst port {n}")).collect();
    vec![
        ("1 term", "dst port 443".to_owned()),
        (
            "4 terms",
            "proto tcp and dst port 443 and not src net 10.0.0.0/8 and bytes > 1000".to_owned(),
        ),
        (
            "4 terms, all evaluated",
            "tos 1 or dst port 9 or src net 203.0.113.0/24 or bytes < 40".to_owned(),
        ),
        ("16 terms, all evaluated", ports.join(" or ")),
        (
            "16 terms, mixed",
            "proto tcp and (dst port 443 or port 80) and not ip in [10.0.0.0/8 192.0.2.0/24] \
             and flags S and bytes > 1k and packets >= 2 and duration > 10 and src country CH \
             and not dst as 64500 and bps > 100 and hour >= 2 and end_reason = idle and tos 0 \
             and in if < 7 and ipv4"
                .to_owned(),
        ),
        (
            "1,000 addresses, source",
            format!("src ip in [{}]", addresses(noise, 1_000)),
        ),
        (
            "1,000 addresses, either",
            format!("ip in [{}]", addresses(noise, 1_000)),
        ),
        ("rate", "bps > 1m".to_owned()),
        ("date", "hour >= 8 and hour < 18".to_owned()),
        ("word", "src country CH".to_owned()),
        ("words", "src country in [CH DE]".to_owned()),
    ]
}

/// Flows that pass, and the seconds that a flow takes: the median over all chunks of all
/// rounds. A chunk is short, so that few of them are interrupted.
fn measured(program: &Program<AnonymizedFlow>, flows: &[AnonymizedFlow]) -> (usize, f64) {
    let mut passed = 0;
    let mut seconds = Vec::new();
    for _ in 0..ROUNDS {
        for chunk in flows.chunks(CHUNK) {
            let begun = Instant::now();
            passed += chunk.iter().filter(|flow| program.matches(flow)).count();
            seconds.push(begun.elapsed().as_secs_f64() / CHUNK_FLOWS);
        }
    }
    seconds.sort_unstable_by(f64::total_cmp);
    let median = seconds.get(seconds.len() / 2).copied().unwrap_or(f64::NAN);
    (passed / ROUNDS, median)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut noise = Noise(1);
    let flows: Vec<EnrichedFlow> = (0..FLOWS).map(|_| noise.flow()).collect();
    let flows = Anonymization::new(Policy::None).anonymize(&flows);
    println!(
        "{:<26}{:>12}{:>10}{:>10}",
        "filter", "M flows/s", "ns/flow", "passed"
    );
    for (name, text) in filters(&mut noise) {
        let filter: Filter = text
            .parse()
            .map_err(|error: mediation::select::FilterError| error.render())?;
        let (passed, seconds) = measured(&filter.compile()?, &flows);
        let (rate, nanos) = (1e-6 / seconds, seconds * 1e9);
        println!("{name:<26}{rate:>12.1}{nanos:>10.1}{passed:>10}");
    }
    Ok(())
}
