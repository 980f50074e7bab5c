//! Reports of small datasets.

use super::*;
use crate::privacy::Level;
use flow::{AggregatedFlow, EndReason, EnrichedFlow, Exporter, FlowKey, Place};
use proptest::prelude::*;
use std::net::Ipv4Addr;

/// A flow of UDP between hosts of 198.18.0.0/15 that are named by their last octets.
fn flow(src: u16, dst: u16, start_ms: i64, bytes: u64) -> EnrichedFlow {
    let host = |network: u32, host: u16| IpAddr::V4(Ipv4Addr::from_bits(network + u32::from(host)));
    EnrichedFlow {
        flow: AggregatedFlow {
            key: FlowKey {
                src_addr: host(0xC612_0000, src),
                dst_addr: host(0xC613_0000, dst),
                src_port: 40_000,
                dst_port: 443,
                protocol: 17,
            },
            exporter: Exporter::new(host(0xC000_0200, 1), 0),
            start_ms,
            end_ms: start_ms + 10,
            active_ms: 10,
            packets: 1,
            bytes,
            reverse: None,
            sampling_rate: None,
            records: 1,
            in_if: None,
            out_if: None,
            vlan: None,
            tcp_flags: None,
            tos: Some(0),
            icmp: None,
            end_reason: EndReason::Idle,
            complete: None,
            block_place: None,
        },
        src: Place {
            asn: Some(u32::from(src)),
            ..Place::default()
        },
        dst: Place::default(),
    }
}

fn stored(flows: &[EnrichedFlow]) -> Vec<AnonymizedFlow> {
    let restored = |flow: &EnrichedFlow| AnonymizedFlow::restored(flow.clone());
    flows.iter().map(restored).collect()
}

fn standard() -> Declaration {
    let told = "prefix-preserving: Crypto-PAn";
    let fields = [
        "src_addr",
        "dst_addr",
        "exporter",
        "src_prefix",
        "dst_prefix",
    ];
    let declaration = Declaration::of("standard", Some("00ff"), None);
    fields.iter().fold(declaration, |declaration, field| {
        declaration.with(field, None, told)
    })
}

fn surveyed(declaration: Declaration, flows: &[EnrichedFlow]) -> Report {
    let mut survey = Survey::new(1);
    survey.declare(declaration);
    for flows in flows.chunks(7) {
        survey.add(&stored(flows));
    }
    survey.finish()
}

fn codes(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.code).collect()
}

fn many() -> Vec<EnrichedFlow> {
    let hosts = (0..60_u16).map(|n| flow(n * 7, n * 5, i64::from(n) * 500, u64::from(n % 9) + 40));
    hosts.collect()
}

/// How many flows are alone with a quasi-identifier in the view of a policy.
fn unique(report: &Report, name: &str, policy: &str) -> u64 {
    let of = report.uniqueness.iter().find(|of| of.name == name).unwrap();
    let seen = of.views.iter().find(|seen| seen.policy == policy).unwrap();
    seen.anonymity.unique
}

#[test]
fn a_dataset_without_flows_has_a_short_report() {
    let report = surveyed(standard(), &[]);
    assert_eq!(codes(&report), ["empty"]);
    assert_eq!((report.flows, report.first_ms), (0, None));
    assert_eq!(codes(&Survey::new(1).finish()), ["empty"]);
}

#[test]
fn what_is_declared_and_not_so_is_a_warning() {
    let declaration = standard()
        .with("bytes", None, "black-marker: null")
        .with("packets", None, "binning: powers of two")
        .with("tos", None, "words of another time");
    let report = surveyed(declaration, &many());
    let odd = report.fields.iter().filter(|field| field.odd > 0);
    let odd: Vec<_> = odd.map(|field| (field.name, field.odd)).collect();
    assert_eq!(odd, [("bytes", 60)], "1 packet is a power of two");
    assert_eq!(report.findings[0].level, Level::Warning);
    let codes = codes(&report);
    for code in ["disagreement", "unknown_declaration"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
    let found = report
        .findings
        .iter()
        .find(|one| one.code == "disagreement")
        .unwrap();
    assert_eq!(
        found.text,
        "bytes is declared as \"black-marker: null\", but 60 of 60 values are none that this gives."
    );
}

#[test]
fn addresses_that_are_left_in_clear_are_a_warning_and_need_no_attack() {
    let report = surveyed(Declaration::of("none", None, None), &many());
    assert!(codes(&report).contains(&"addresses_open"));
    let as_it_is = report.attacks[0].attack.as_ref().unwrap();
    assert_eq!(as_it_is.families[0].known_without, 32);
    let standard = report.attacks[1].attack.as_ref().unwrap();
    assert_eq!(
        (report.attacks[1].policy, standard.families[0].known_without),
        ("standard", 0)
    );
    assert!(!standard.families[0].rounds.is_empty());
    let nothing = surveyed(Declaration::none(), &many());
    assert!(codes(&nothing).contains(&"not_declared"));
}

#[test]
fn without_addresses_there_is_no_attack() {
    let mut only = Declaration::of("custom", None, None);
    for field in ["src_addr", "dst_addr", "exporter"] {
        only = only.with(field, None, "black-marker: null");
    }
    let nulls = crate::anonymize::Nulls::where_so(|field| {
        [Field::SrcAddr, Field::DstAddr, Field::Exporter].contains(&field)
    });
    let flows = stored(&many()).into_iter().map(|flow| flow.without(nulls));
    let flows: Vec<_> = flows.collect();
    let mut survey = Survey::new(1);
    survey.declare(only);
    survey.add(&flows);
    let report = survey.finish();
    assert!(
        report
            .attacks
            .iter()
            .all(|attacked| attacked.attack.is_none())
    );
    assert_eq!((report.lasting.addresses, report.anchors.exporters), (0, 0));
    let fields = report.fields.iter().find(|field| field.name == "src_addr");
    assert_eq!(fields.unwrap().nulls, 60);
    assert!(!codes(&report).contains(&"injection"));
}

#[test]
fn a_stricter_preset_leaves_fewer_alone() {
    let report = surveyed(standard(), &many());
    for name in ["exact times", "second and size"] {
        assert!(unique(&report, name, "as it is") > 0, "{name}");
        assert_eq!(
            unique(&report, name, "as it is"),
            unique(&report, name, "standard"),
            "{name}: it changes addresses alone"
        );
        assert_eq!(unique(&report, name, "strict"), 0, "{name}");
    }
    let strict = report
        .presets
        .iter()
        .find(|taken| taken.policy == "strict")
        .unwrap();
    assert!(strict.nulled.contains(&"src_asn") && strict.nulled.contains(&"tos"));
    assert!(
        !strict.nulled.contains(&"dst_asn"),
        "there is none as it is"
    );
    assert!(strict.changed.contains(&"bytes") && !strict.changed.contains(&"protocol"));
    let standard = report
        .presets
        .iter()
        .find(|taken| taken.policy == "standard")
        .unwrap();
    assert!(standard.nulled.is_empty() && standard.changed.is_empty());
    let said = report
        .findings
        .iter()
        .find(|one| one.text.starts_with("Under \"standard\""));
    assert_eq!(
        said.unwrap().text,
        "Under \"standard\", none of this would be better."
    );
    // An AS for each of the 60 sources, and none for the 60 destinations.
    assert_eq!(unique(&report, "AS, country and position", "as it is"), 60);
}

#[test]
fn an_address_is_another_one_under_another_key() {
    let mut survey = Survey::new(1);
    let flows = stored(&many());
    survey.declare(Declaration::of("standard", Some("a"), None));
    survey.add(&flows);
    survey.declare(Declaration::of("standard", Some("b"), None));
    survey.add(&flows);
    survey.add(&flows[..1]);
    survey.declare(Declaration::of("standard", Some("a"), None));
    let report = survey.finish();
    let declared: Vec<_> = report
        .declarations
        .iter()
        .map(|declared| (declared.key_id.as_deref(), declared.flows))
        .collect();
    assert_eq!(declared, [(Some("a"), 60), (Some("b"), 61)]);
    assert_eq!(report.lasting.addresses, 240);
    assert!(codes(&report).contains(&"several_declarations"));
    assert!(
        report
            .attacks
            .iter()
            .all(|attacked| attacked.declaration == 1),
        "most flows"
    );
}

#[test]
fn declarations_have_a_limit_and_the_flows_beyond_are_counted() {
    let limits = Limits {
        declarations: 2,
        ..Limits::DEFAULT
    };
    let mut survey = Survey::with(1, limits);
    let flows = stored(&many());
    for key in ["a", "b", "c", "d", "b"] {
        survey.declare(Declaration::of("standard", Some(key), None));
        survey.add(&flows);
    }
    let report = survey.finish();
    assert_eq!(report.declarations.len(), 2);
    assert_eq!(report.declarations[1].flows, 240);
    assert_eq!((report.declarations_beyond, report.flows), (120, 300));
}

#[test]
fn the_same_seed_gives_the_same_report_and_limits_only_make_it_an_estimate() {
    let flows: Vec<EnrichedFlow> = (0..2_000_u16)
        .map(|n| flow(n, n / 2, i64::from(n) * 700, u64::from(n) + 40))
        .collect();
    let limits = Limits {
        groups: 256,
        hosts: 256,
        declarations: 4,
    };
    let report = |limits, seed| {
        let mut survey = Survey::with(seed, limits);
        survey.declare(standard());
        survey.add(&stored(&flows));
        survey.finish()
    };
    let estimated = report(limits, 1);
    assert_eq!(estimated, report(limits, 1));
    let exact = report(Limits::DEFAULT, 1);
    for name in ["exact times", "second and size"] {
        let [estimated, exact] =
            [&estimated, &exact].map(|report| unique(report, name, "as it is"));
        assert_eq!(exact, 2_000, "{name}");
        assert!(estimated.abs_diff(exact) < 600, "{name}: {estimated}");
    }
    assert!(estimated.lasting.one_in > 1 && exact.lasting.one_in == 1);
    assert!(estimated.lasting.addresses.abs_diff(3_000) < 900);
    // What is recognized by an attacker does not depend on it: all flows are.
    for report in [&estimated, &exact] {
        let attack = report.attacks[0].attack.as_ref().unwrap();
        let round = attack.families[0]
            .rounds
            .iter()
            .find(|round| round.flows == 100);
        assert!(round.unwrap().recognized > 99.0, "{round:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Flows that are alone are those that brute force finds.
    #[test]
    fn uniqueness_is_that_of_brute_force(
        flows in prop::collection::vec((0_u16..4, 0_u16..3, 0_i64..6_000, 40_u64..43), 1..40),
    ) {
        let flows: Vec<EnrichedFlow> = flows
            .into_iter()
            .map(|(src, dst, start_ms, bytes)| flow(src, dst, start_ms, bytes))
            .collect();
        let report = surveyed(standard(), &flows);
        let alone = |of: fn(&AggregatedFlow) -> (i64, u64, u64)| {
            let alike = |one: &EnrichedFlow| {
                flows.iter().filter(|other| of(&other.flow) == of(&one.flow)).count()
            };
            flows.iter().filter(|flow| alike(flow) == 1).count() as u64
        };
        let second = alone(|flow| (flow.start_ms.div_euclid(1_000), flow.bytes, 0));
        prop_assert_eq!(unique(&report, "second and size", "as it is"), second);
        let times = alone(|flow| (flow.start_ms, 0, 0));
        prop_assert_eq!(unique(&report, "exact times", "as it is"), times);
        let size = alone(|flow| (0, flow.bytes, flow.packets));
        prop_assert_eq!(unique(&report, "service and size", "as it is"), size);
        // In bins of powers of two, all of these are 32.
        let bins = u64::from(flows.len() == 1);
        prop_assert_eq!(unique(&report, "service and size", "strict"), bins);
    }
}
