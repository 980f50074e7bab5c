//! Flows a second that a roll-up takes in, on one core: `cargo run --release -p mediation
//! --example rollup`. Medians of several rounds, each until all sums have left; beside them
//! nanoseconds a flow, and how many sums there were.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it measures time and prints it"
)]

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::Instant;

use flow::{
    AggregatedFlow, EndReason, EnrichedFlow, Exporter, FlowKey, KeyField, Place, Prefix, Tick,
};
use mediation::anonymize::{Anonymization, AnonymizedFlow, Policy};
use mediation::rollup::{RollUp, Rules};

const ROUNDS: usize = 5;
const FLOWS: usize = 1_000_000;
const BATCH: usize = 10_000;
const FLOWS_F64: f64 = 1e6;

/// Where the flows begin, in Unix seconds.
const EPOCH: i64 = 1_700_000_000;

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

    /// One of a thousand prefixes, most of them seldom.
    fn addr(&mut self) -> IpAddr {
        let rare = self.below(1_000);
        let prefix = self.below(rare + 1);
        Ipv4Addr::from_bits(10 << 24 | prefix << 8 | self.below(256)).into()
    }

    /// A flow that ends within the minute before a second.
    fn flow(&mut self, second: i64, longest_ms: u32) -> EnrichedFlow {
        let (src_addr, dst_addr) = (self.addr(), self.addr());
        let end_ms = (EPOCH + second) * 1_000 - i64::from(self.below(60_000));
        let lasted_ms = self.below(longest_ms);
        let packets = u64::from(self.below(1_000)) + 1;
        let flow = AggregatedFlow {
            key: FlowKey {
                src_addr,
                dst_addr,
                src_port: u16::try_from(1_024 + self.below(64_000)).unwrap_or(0),
                dst_port: 443,
                protocol: 6,
            },
            exporter: Exporter::new(IpAddr::from([192, 0, 2, 1]), 0),
            start_ms: end_ms - i64::from(lasted_ms),
            end_ms,
            active_ms: lasted_ms.into(),
            packets,
            bytes: packets * 1_000,
            reverse: None,
            sampling_rate: None,
            records: 1,
            in_if: Some(self.below(8)),
            out_if: Some(self.below(8)),
            vlan: None,
            tcp_flags: Some(0x1b),
            tos: Some(0),
            icmp: None,
            end_reason: EndReason::End,
            complete: Some(true),
            block_place: None,
        };
        let place = |addr| Place {
            prefix: Prefix::containing(addr, 24).ok().map(Into::into),
            ..Place::default()
        };
        EnrichedFlow {
            flow,
            src: place(src_addr),
            dst: place(dst_addr),
        }
    }
}

/// The seconds that a flow takes until its sums have left, the median of all rounds, and
/// how many sums there were.
fn measured(rules: Rules, flows: &[AnonymizedFlow]) -> (f64, usize) {
    let (mut seconds, mut sums) = (Vec::new(), 0);
    for _ in 0..ROUNDS {
        let mut core = RollUp::new(rules, 1);
        sums = 0;
        let begun = Instant::now();
        for (second, batch) in (0..).zip(flows.chunks(BATCH)) {
            let steps = core.plan(batch);
            core.apply(steps, Tick::from_secs(EPOCH + second));
            sums += core.take_early().len();
            sums += core.leave(Tick::from_secs(EPOCH + second)).len();
        }
        sums += core.drain().len();
        seconds.push(begun.elapsed().as_secs_f64() / FLOWS_F64);
    }
    seconds.sort_unstable_by(f64::total_cmp);
    let median = seconds.get(seconds.len() / 2).copied();
    (median.unwrap_or(f64::NAN), sums)
}

fn main() {
    use KeyField::{DstPort, DstPrefix, Protocol, SrcAddr, SrcPort, SrcPrefix};
    println!(
        "{:<34}{:>12}{:>10}{:>12}",
        "by", "M flows/s", "ns/flow", "sums"
    );
    for (name, key, longest_ms, groups_max) in [
        ("protocol", &[Protocol][..], 1, 1_000_000),
        ("prefix pair", &[SrcPrefix, DstPrefix], 1, 1_000_000),
        (
            "prefix pair, flows of minutes",
            &[SrcPrefix, DstPrefix],
            300_000,
            1_000_000,
        ),
        (
            "address and ports",
            &[SrcAddr, SrcPort, DstPort],
            1,
            1_000_000,
        ),
        (
            "address and ports, no room",
            &[SrcAddr, SrcPort, DstPort],
            1,
            10_000,
        ),
    ] {
        let mut noise = Noise(1);
        let seconds = (0_i64..).flat_map(|second| std::iter::repeat_n(second, BATCH));
        let flows = seconds.take(FLOWS);
        let flows: Vec<EnrichedFlow> = flows.map(|second| noise.flow(second, longest_ms)).collect();
        let flows = Anonymization::new(Policy::None).anonymize(&flows);
        let rules = Rules {
            key: key.iter().copied().collect(),
            interval_secs: NonZeroU32::MIN.saturating_add(59),
            lateness_ms: 60_000,
            longest_ms: 3_600_000,
            groups_max,
        };
        let (seconds, sums) = measured(rules, &flows);
        let (rate, nanos) = (1e-6 / seconds, seconds * 1e9);
        println!("{name:<34}{rate:>12.1}{nanos:>10.1}{sums:>12}");
    }
}
