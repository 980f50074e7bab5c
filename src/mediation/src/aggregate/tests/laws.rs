//! Laws: nothing is lost or invented, and nothing depends on lanes and batches.

use proptest::prelude::*;

use super::*;

/// Records of few keys, so that they meet; any times, also absurd ones.
fn any_record() -> impl Strategy<Value = OriginalFlow> {
    let times = prop_oneof![9 => 0_i64..400_000, 1 => any::<i64>()];
    let who = (0_u16..6, any::<bool>(), 0_u8..3, 0_u32..2);
    (
        who,
        prop_oneof![Just(6_u8), Just(17), Just(1)],
        times,
        0_i64..70_000,
        any::<u16>(),
        0_u32..4,
        0_i64..90_000,
    )
        .prop_map(|(who, protocol, start, length, flags, rate, delay)| {
            let mut record = record(protocol, 0, 0, flags & 0x3F);
            let (port, back, exporter, domain) = who;
            record.key.src_port = port;
            if back {
                record.key = record.key.reversed();
            }
            record.exporter = exporter_of(exporter, domain);
            record.in_if = Some(u32::from(exporter));
            record.vlan = flow::Vlan::new(u16::from(domain == 1));
            record.end_reason = u8::try_from(rate).ok().and_then(EndReason::from_number);
            record.start_ms = (T0 * 1_000).saturating_add(start);
            record.end_ms = record.start_ms.saturating_add(length);
            record.end_seen_ms = record.end_ms.saturating_sub(delay);
            record.sampling_rate = flow::SamplingRate::new(rate);
            record
        })
}

/// Records that mostly are of one exporter and go on with flows that are there: of few
/// keys, and near to each other; some of times for which there is only the long way.
fn near_record() -> impl Strategy<Value = OriginalFlow> {
    let shape = (0_u8..20, -20_000_i64..60_000, 0_i64..40_000);
    (any_record(), shape).prop_map(|(mut record, (shape, start, delay))| {
        if shape > 0 {
            record.exporter = exporter_of(1, 0);
            record.key.src_port %= 2;
            let length = record.end_ms.saturating_sub(record.start_ms);
            record.start_ms = T0 * 1_000 + start;
            record.end_ms = record.start_ms + length;
            record.end_seen_ms = record.end_ms - delay;
        }
        if shape > 3 {
            record.tcp_flags = record.tcp_flags.map(|flags| flags & (ACK | SYN));
            record.end_reason = None;
        }
        if shape % 2 == 0 {
            record.tos = Some(shape);
        }
        record
    })
}

/// Any rules that the settings can say.
fn any_rules() -> impl Strategy<Value = Rules> {
    let observers = prop_oneof![
        Just(Observers::First),
        Just(Observers::Sum),
        Just(Observers::Apart)
    ];
    let apart =
        any::<[bool; 6]>().prop_map(|[exporter, observation_domain, in_if, out_if, vlan, tos]| {
            Apart {
                exporter,
                observation_domain,
                in_if,
                out_if,
                vlan,
                tos,
            }
        });
    let incomplete = prop_oneof![Just(Incomplete::Emit), Just(Incomplete::Drop)];
    let flows_max = prop_oneof![Just(1_usize), Just(128), Just(1_000_000)];
    let apart = prop_oneof![2 => Just(Apart::default()), 1 => apart];
    (observers, any::<bool>(), apart, incomplete, flows_max).prop_map(
        |(observers, biflow, apart, incomplete, flows_max)| Rules {
            timeouts: timeouts(),
            observers,
            biflow,
            apart,
            incomplete,
            flows_max,
        },
    )
}

fn add(a: (u64, u64), b: (u64, u64)) -> (u64, u64) {
    (a.0 + b.0, a.1 + b.1)
}

fn volume(volume: Volume) -> (u64, u64) {
    (volume.packets, volume.bytes)
}

proptest! {
    #[test]
    fn nothing_is_lost_or_invented_in_any_order_cut_and_over_a_restart(
        records in prop::collection::vec(any_record(), 0..200),
        restart in 0_usize..200,
        cut in 1_usize..20,
        rules in any_rules(),
        several in any::<bool>(),
    ) {
        let scaled = |r: &OriginalFlow| {
            let rate = r.sampling_rate.map_or(1, |rate| u64::from(rate.get()));
            (r.packets * rate, r.bytes * rate)
        };
        // One run ends, and the next begins with the records that come then.
        let (before, after) = records.split_at(restart.min(records.len()));
        for records in [before, after] {
            let rules = rules.clone();
            let mut core = Aggregator::new(rules, 7);
            core.hear(heard(&timeouts(), several));
            let mut out = Vec::new();
            for (second, batch) in (0_i64..).zip(records.chunks(cut)) {
                let plan = core.plan(batch, Tick::from_secs(T0 + second), Plan::default());
                core.apply(plan);
                out.extend(core.tick(Tick::from_secs(T0 + second + 1)));
                let c = core.counters();
                prop_assert_eq!(
                    c.records,
                    c.merged + c.duplicates + c.incomplete + c.released + core.held()
                );
            }
            out.extend(core.drain().concat());
            let (c, n) = (*core.counters(), records.len() as u64);
            let left = c.duplicates + c.incomplete;
            prop_assert_eq!((c.records, c.merged + left + c.released), (n, n));
            prop_assert_eq!((core.held(), core.live()), (0, 0));
            if left == 0 {
                prop_assert_eq!(out.iter().map(|f| u64::from(f.records)).sum::<u64>(), n);
            }
            let totals = records.iter().map(scaled).fold((0, 0), add);
            prop_assert_eq!(volume(c.taken_in), totals);
            let named = add(volume(c.duplicate), volume(c.left_out));
            prop_assert_eq!(add(volume(c.let_out), named), totals);
            let reverse = |f: &AggregatedFlow| f.reverse.map_or((0, 0), |r| (r.packets, r.bytes));
            let both = |f: &AggregatedFlow| add((f.packets, f.bytes), reverse(f));
            prop_assert_eq!(out.iter().map(both).fold((0, 0), add), volume(c.let_out));
            prop_assert!(out.iter().all(|f| f.start_ms <= f.end_ms && f.active_ms <= f.duration_ms()));
        }
    }

    #[test]
    fn lanes_and_batch_borders_do_not_matter(
        records in prop::collection::vec(any_record(), 1..120),
        lanes in 1_usize..5,
        cut in 1_usize..40,
        rules in any_rules(),
        several in any::<bool>(),
    ) {
        // Ten records a second, in one batch or in several, on one lane or on many.
        let run = |lanes: usize, cut: usize| {
            let core = |seed| {
                let mut core = Aggregator::new(rules.clone(), seed);
                core.hear(heard(&timeouts(), several));
                core
            };
            let mut cores: Vec<Aggregator> = (0..lanes as u64).map(core).collect();
            let mut blocks = Vec::new();
            for (second, of_second) in (0_i64..).zip(records.chunks(10)) {
                let mut block = Vec::new();
                for (lane, core) in cores.iter_mut().enumerate() {
                    let mine = |r: &&OriginalFlow| r.key.partition().lane(lanes) == lane;
                    let of_lane: Vec<_> = of_second.iter().filter(mine).copied().collect();
                    for batch in of_lane.chunks(cut) {
                        let plan = core.plan(batch, Tick::from_secs(T0 + second), Plan::default());
                        core.apply(plan);
                    }
                    block.extend(core.tick(Tick::from_secs(T0 + second + 1)));
                }
                block.sort();
                blocks.push(block);
            }
            let mut rest = vec![Vec::new(); PARTITIONS];
            for core in &mut cores {
                for (all, part) in rest.iter_mut().zip(core.drain()) {
                    all.extend(part);
                    all.sort();
                }
            }
            blocks.extend(rest);
            blocks
        };
        prop_assert_eq!(run(lanes, cut), run(1, 1_000));
    }

    #[test]
    fn the_short_way_leads_where_the_long_one_does(
        records in prop::collection::vec(near_record(), 1..200),
        cut in 1_usize..40,
        rules in any_rules(),
    ) {
        let run = |short: bool| {
            let mut core = Aggregator::new(rules.clone(), 7);
            core.by_key_alone &= short;
            let mut out = Vec::new();
            for (second, batch) in (0_i64..).zip(records.chunks(cut)) {
                feed(&mut core, batch, second);
                let mut released = core.tick(Tick::from_secs(T0 + second + 1));
                released.sort();
                out.push((released, *core.counters(), core.live()));
            }
            (out, core.drain())
        };
        prop_assert_eq!(run(true), run(false));
    }
}
