//! What attacks come to, where it is known.

use super::*;
use crate::anonymize::{
    CryptoPan, Key, Methods, Parameters, Policy, Scopes, SpecialUse, Table, method::AddressBits,
};
use crate::privacy::declaration::Declaration;
use crate::privacy::hash::Hash;
use flow::Method;
use std::net::Ipv4Addr;

const HASH: Hash = Hash::new(1);

fn v4(bits: u32) -> IpAddr {
    Ipv4Addr::from_bits(bits).into()
}

/// A policy with these methods, and what it declares.
fn policy(fields: &[(Field, Method)]) -> (Anonymization, Declaration) {
    let key = Key::from_octets(&[5; 32]).unwrap();
    let mut methods = Methods::none();
    for (field, method) in fields {
        methods = methods.with(*field, *method).unwrap();
    }
    let scopes = Scopes::new(&[], SpecialUse::Anonymized);
    let table = Table::new("custom", methods, Parameters::DEFAULT, scopes, Some(&key)).unwrap();
    let policy = Anonymization::new(Policy::Table(Box::new(table)));
    let mut declaration = Declaration::of("custom", None, None);
    for technique in policy.techniques() {
        declaration = declaration.with(
            technique.field.name(),
            Some(technique.method.name()),
            &technique.text,
        );
    }
    (policy, declaration)
}

/// An attack on these addresses under a policy; the dataset has these marks.
fn attacked(fields: &[(Field, Method)], addrs: &[IpAddr], dataset: &Groups) -> Attack {
    let (policy, declaration) = policy(fields);
    let marks = Marks::of(&declaration, None);
    let left = Left::all().after(
        declaration.method(Field::DstAddr),
        AddressBits::new(24, 48).unwrap(),
    );
    let target = Target {
        left,
        field: Field::DstAddr,
        policy: &policy,
        sender: Sender {
            hash: HASH,
            marks: &marks,
            declared: 0,
            policies: [Some(&policy), None],
            window: (0, 3_600_000),
        },
        dataset,
        seed: 1,
    };
    target.attack(addrs)
}

fn permuted() -> Vec<(Field, Method)> {
    [Field::SrcAddr, Field::DstAddr]
        .map(|field| (field, Method::PrefixPreserving))
        .into()
}

/// Two networks of 16 addresses that have their first 15 bits in common.
fn two_networks() -> Vec<IpAddr> {
    let networks = [0xC612_0000_u32, 0xC613_0000];
    let hosts = networks
        .iter()
        .flat_map(|network| (0..16).map(move |host| network + host));
    hosts.map(v4).collect()
}

fn round(attack: &Attack, flows: usize, choice: Choice) -> &Round {
    let rounds = &attack.families[0].rounds;
    let mut found = rounds.iter();
    found
        .find(|round| round.flows == flows && round.choice == choice)
        .unwrap()
}

#[test]
fn one_flow_tells_of_the_own_network_and_of_the_other() {
    let attack = attacked(&permuted(), &two_networks(), &Groups::new(100));
    let family = &attack.families[0];
    assert_eq!(
        (family.name, family.width, family.addresses),
        ("ipv4", 32, 32)
    );
    assert_eq!(family.known_without, 0);
    // Of the others in its network: 1 knows all 32 bits, 2 know 31, 4 know 30, 8 know 29.
    // Of the 16 in the other network, 15 bits are common, and the one behind is known.
    let bits = 32 + 2 * 31 + 4 * 30 + 8 * 29 + 16 * 16;
    for choice in [Choice::Chance, Choice::Best] {
        let round = round(&attack, 1, choice);
        assert!((round.recognized - 1.0).abs() < f64::EPSILON);
        assert!((round.bits_mean - rounded(bits, 31)).abs() < f64::EPSILON);
        assert!((round.whole - 1.0 / 31.0).abs() < 1e-12);
        let found = [
            round.bits_p10,
            round.bits_median,
            round.bits_p90,
            round.bits_p99,
        ];
        assert_eq!(found, [16, 16, 30, 32]);
    }
    let flows: Vec<usize> = family.rounds.iter().map(|round| round.flows).collect();
    assert_eq!(flows, [1, 1, 10, 10], "there are no 100 addresses");
}

#[test]
fn more_flows_and_better_ones_tell_more() {
    // A full tree of the last 10 bits, and single addresses all over.
    let mut addrs: Vec<IpAddr> = (0..1_024).map(|host| v4(0x0A00_0000 + host)).collect();
    addrs.extend((1..200_u32).map(|n| v4(n.wrapping_mul(0x9E37_79B1))));
    let attack = attacked(&permuted(), &addrs, &Groups::new(100));
    for choice in [Choice::Chance, Choice::Best] {
        let means: Vec<f64> = FLOWS
            .iter()
            .map(|flows| round(&attack, *flows, choice).bits_mean)
            .collect();
        assert!(means.is_sorted(), "{means:?}");
    }
    for flows in [1, 10, 100] {
        let [chance, best] =
            [Choice::Chance, Choice::Best].map(|choice| round(&attack, flows, choice).bits_mean);
        assert!(best >= chance, "{flows}: {best} {chance}");
    }
}

#[test]
fn what_is_cut_off_is_not_known() {
    let method = Method::TruncatedPrefixPreserving;
    let fields = [(Field::SrcAddr, method), (Field::DstAddr, method)];
    let attack = attacked(&fields, &two_networks(), &Groups::new(100));
    let round = round(&attack, 1, Choice::Chance);
    // All of its own network, 24 bits; of the other, 16.
    assert!((round.bits_mean - rounded(15 * 24 + 16 * 16, 31)).abs() < f64::EPSILON);
    assert!(round.whole.abs() < f64::EPSILON);
}

#[test]
fn flows_without_marks_are_not_recognized_and_tell_nothing() {
    let mut fields = permuted();
    for field in [
        Field::StartMs,
        Field::SrcPort,
        Field::DstPort,
        Field::Packets,
        Field::Bytes,
    ] {
        fields.push((field, Method::BlackMarker));
    }
    // What is left is the protocol, and others have it.
    let (_, declaration) = policy(&fields);
    let marks = Marks::of(&declaration, None);
    let names: Vec<&str> = marks.used.iter().map(|one| one.name()).collect();
    assert_eq!(names, ["protocol"]);
    let (mut with, without) = (Groups::new(100), Groups::new(100));
    let mut random = Random::new(1, 1);
    let (policy, _) = policy(&fields);
    let sender = Sender {
        hash: HASH,
        marks: &marks,
        declared: 0,
        policies: [Some(&policy), None],
        window: (0, 0),
    };
    // The first is alone; the others are like it.
    assert_eq!(
        sender.recognized(&mut random, &without, 3),
        [true, false, false]
    );
    let of_udp = crate::anonymize::AnonymizedFlow::restored(marks::made_up_for_tests());
    let row = crate::privacy::row::Row::of(HASH, &of_udp);
    with.add(marks.number(HASH, 0, &row));
    assert_eq!(sender.recognized(&mut random, &with, 3), [false; 3]);
    let attack = attacked(&fields, &two_networks(), &with);
    let round = round(&attack, 10, Choice::Best);
    assert!(round.recognized.abs() < f64::EPSILON && round.bits_mean.abs() < f64::EPSILON);
}

#[test]
fn what_is_changed_with_the_key_or_by_noise_is_no_mark() {
    let mut fields = permuted();
    fields.extend([
        (Field::SrcPort, Method::Permutation),
        (Field::DstPort, Method::Binning),
        (Field::Bytes, Method::Noise),
        (Field::StartMs, Method::RandomShift),
        (Field::EndMs, Method::RandomShift),
    ]);
    let attack = attacked(&fields, &two_networks(), &Groups::new(100));
    assert_eq!(attack.marks, ["dst_port", "protocol", "packets"]);
    assert_eq!(attack.marks_aside, ["start second", "src_port", "bytes"]);
}

#[test]
fn without_a_key_all_is_known_without_an_attack() {
    for (method, known) in [
        (Method::Clear, 32),
        (Method::OctetPermutation, 32),
        (Method::Truncation, 24),
        (Method::ReverseTruncation, 8),
    ] {
        let fields = [(Field::SrcAddr, method), (Field::DstAddr, method)];
        let attack = attacked(&fields, &two_networks(), &Groups::new(100));
        let family = &attack.families[0];
        assert_eq!(family.known_without, known, "{}", method.name());
        assert!(family.rounds.is_empty());
    }
}

#[test]
fn without_prefixes_no_address_tells_anything_of_others() {
    for method in [Method::Permutation, Method::IpcryptDeterministic] {
        let fields = [(Field::SrcAddr, method), (Field::DstAddr, method)];
        let attack = attacked(&fields, &two_networks(), &Groups::new(100));
        let family = &attack.families[0];
        assert_eq!((family.known_without, family.rounds.len()), (0, 0));
        assert_eq!(attack.tells, "sameness");
    }
    let pfx = [Field::SrcAddr, Field::DstAddr].map(|field| (field, Method::IpcryptPfx));
    let attack = attacked(&pfx, &two_networks(), &Groups::new(100));
    assert!(!attack.families[0].rounds.is_empty());
}

#[test]
fn images_may_stand_for_the_addresses_that_nobody_has() {
    let pan = CryptoPan::new(&Key::from_octets(&[77; 32]).unwrap());
    let originals = two_networks();
    let images: Vec<IpAddr> = originals.iter().map(|addr| pan.anonymize(*addr)).collect();
    let [of_originals, of_images] =
        [&originals, &images].map(|addrs| attacked(&permuted(), addrs, &Groups::new(100)).families);
    for flows in [1, 10] {
        // The best choice is no chance: it is the same for both.
        let [one, other] = [&of_originals, &of_images].map(|families| {
            let mut rounds = families[0].rounds.iter();
            let best = |round: &&Round| round.flows == flows && round.choice == Choice::Best;
            rounds.find(best).unwrap().bits_mean
        });
        assert!((one - other).abs() < f64::EPSILON, "{flows}: {one} {other}");
    }
    let span = Span::whole(32);
    let known = |addrs: &[IpAddr]| known_from(addrs, &addrs[..3], span);
    assert!((known(&originals) - known(&images)).abs() < f64::EPSILON);
}

#[test]
fn percentiles_are_by_nearest_rank() {
    let mut found = Histogram::default();
    assert_eq!((found.percentile(50), found.count()), (0, 0));
    (1..=10).for_each(|bits| found.add(bits));
    let said = [1, 10, 50, 51, 90, 99, 100].map(|hundredths| found.percentile(hundredths));
    assert_eq!(said, [1, 1, 5, 6, 9, 10, 10]);
    assert!((rounded(found.sum(), found.count()) - 5.5).abs() < f64::EPSILON);
    assert!((rounded(2, 3) - 0.67).abs() < f64::EPSILON && rounded(1, 0).abs() < f64::EPSILON);
}
