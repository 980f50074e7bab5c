//! What a policy field by field does to whole flows.

mod addresses;
mod declared;
mod guide;

use flow::{Civil, CountryCode, Locality, Place, Position, Prefix, SamplingRate, Value, Vlan};
use proptest::prelude::*;

use super::*;
use crate::anonymize::method::{AddressBits, Digits, Grid, NoisePercent, TimeUnit};
use crate::anonymize::{Anonymization, CryptoPan, OctetPermutation, Policy};

fn key() -> Key {
    Key::from_octets(&[7; 32]).unwrap()
}

pub(in crate::anonymize) fn parameters() -> Parameters {
    Parameters {
        address_bits: AddressBits::new(24, 48).unwrap(),
        time_unit: TimeUnit::from_millis(60_000).unwrap(),
        shift_most_ms: 43_200_000,
        shift_epoch: TimeUnit::from_millis(86_400_000).unwrap(),
        digits: Digits::new(2).unwrap(),
        noise: NoisePercent::new(10).unwrap(),
        grid: Grid::new(1.0).unwrap(),
    }
}

fn policy_in(scopes: Scopes, methods: Methods) -> Anonymization {
    let table = Table::new("custom", methods, parameters(), scopes, Some(&key())).unwrap();
    Anonymization::new(Policy::Table(Box::new(table)))
}

fn policy(methods: Methods) -> Anonymization {
    policy_in(Scopes::NONE, methods)
}

/// Every field has a value.
fn full() -> EnrichedFlow {
    let place = |prefix: &str, asn| Place {
        prefix: Some(prefix.parse::<Prefix>().unwrap().into()),
        asn: Some(asn),
        as_name: Some("Example".into()),
        country: CountryCode::new("CH"),
        position: Position::new(47.38, 8.54),
        vlan: Some(7),
        network: Some("lab".into()),
        locality: Some(Locality::Public),
    };
    EnrichedFlow {
        flow: AggregatedFlow {
            key: FlowKey {
                src_addr: "198.18.17.2".parse().unwrap(),
                dst_addr: "2001:db8:3::9".parse().unwrap(),
                src_port: 40_001,
                dst_port: 443,
                protocol: 6,
            },
            exporter: Exporter::new("192.0.2.250".parse().unwrap(), 9),
            start_ms: 1_575_297_360_123,
            end_ms: 1_575_297_482_456,
            active_ms: 121_000,
            packets: 1_234,
            bytes: 567_890,
            reverse: Some(Reverse {
                packets: 77,
                bytes: 9_999,
            }),
            sampling_rate: SamplingRate::new(100),
            records: 3,
            in_if: Some(1),
            out_if: Some(2),
            vlan: Vlan::new(20),
            tcp_flags: Some(0x13),
            tos: Some(4),
            icmp: Some(Icmp { kind: 8, code: 1 }),
            end_reason: EndReason::End,
            complete: Some(true),
            block_place: Some(5),
        },
        src: place("198.18.16.0/21", 64_496),
        dst: place("2001:db8::/45", 64_497),
    }
}

fn one(policy: &Anonymization, flow: &EnrichedFlow) -> AnonymizedFlow {
    policy.anonymize(std::slice::from_ref(flow)).remove(0)
}

fn value(flow: &AnonymizedFlow, field: Field) -> Value<'_> {
    flow.value(field, &Civil::from_millis(flow.flow().start_ms))
}

/// The fields of a full flow that have a value.
fn told(flow: &AnonymizedFlow) -> Vec<Field> {
    let fields = Field::ALL.into_iter();
    let has = |&field: &Field| value(flow, field) != Value::Null;
    fields.filter(has).collect()
}

#[test]
fn without_a_name_no_field_leaves_and_nothing_of_it_stays_in_the_flow() {
    let flow = full();
    let out = one(&policy(Methods::nothing()), &flow);
    assert_eq!(told(&out), [Field::BlockPlace]);
    let mut other = flow.clone();
    other.flow.key = flow.flow.key.reversed();
    other.flow.start_ms += 1;
    other.flow.packets += 1;
    other.flow.tos = None;
    other.src.asn = None;
    let other = one(&policy(Methods::nothing()), &other);
    assert_eq!(out, other, "no two flows can be told apart");
}

#[test]
fn each_field_alone_leaves_alone_and_with_a_method_that_says_so() {
    let flow = full();
    for field in Field::ALL {
        for &method in Method::of_field(field) {
            let methods = Methods::nothing().with(field, method).unwrap();
            let policy = policy(methods.clone());
            let out = one(&policy, &flow);
            let expected = methods.leaves(field) && method != Method::AsAddress;
            let expected = expected && field != Field::Seq;
            let has = told(&out).contains(&field);
            assert_eq!(has, expected, "{}: {}", field.name(), method.name());
            let others = told(&out).len() - usize::from(has);
            let place = usize::from(field != Field::BlockPlace);
            assert_eq!(others, place, "{}: {:?}", field.name(), told(&out));
        }
    }
}

/// The fields of which the metadata say that they are changed.
fn said_changed(policy: &Anonymization) -> Vec<Field> {
    let said = policy.techniques().into_iter();
    let changed = said.filter(|said| said.method != Method::Clear);
    changed.map(|said| said.field).collect()
}

#[test]
fn a_value_is_changed_if_and_only_if_the_metadata_say_so() {
    let flow = full();
    let original = AnonymizedFlow::restored(flow.clone());
    for field in Field::ALL {
        for &method in Method::of_field(field) {
            let policy = match Methods::none().with(field, method) {
                Ok(methods) if methods.method(Field::StartMs) == Method::Enumeration => {
                    policy(methods.with(Field::EndMs, method).unwrap())
                }
                Ok(methods) if methods.method(Field::EndMs) == Method::Enumeration => {
                    policy(methods.with(Field::StartMs, method).unwrap())
                }
                methods => policy(methods.unwrap()),
            };
            let said = said_changed(&policy);
            let out = one(&policy, &flow);
            for of in Field::ALL {
                let changed = value(&out, of) != value(&original, of);
                assert!(!changed || said.contains(&of), "{}", of.name());
            }
            let is_said = said.contains(&field);
            let changes = !matches!(method, Method::Clear | Method::AsAddress | Method::Derived);
            assert_eq!(is_said, changes, "{}: {}", field.name(), method.name());
        }
    }
}

#[test]
fn strict_tells_of_traffic_and_not_of_hosts() {
    let policy = policy(Methods::strict());
    let out = one(&policy, &full());
    let flow = out.flow();
    let src = flow.key.src_addr.to_string();
    assert!(src.ends_with(".0") && !src.starts_with("198.18."), "{src}");
    let (src_port, dst_port) = (flow.key.src_port, flow.key.dst_port);
    assert_eq!((src_port, dst_port), (1_024, 1));
    assert_eq!(
        (flow.packets, flow.bytes, flow.records),
        (1_024, 524_288, 2)
    );
    assert_eq!(
        (flow.start_ms, flow.end_ms),
        (1_575_297_360_000, 1_575_297_480_000)
    );
    assert_eq!(flow.active_ms, 120_000);
    let hidden = Field::ALL
        .into_iter()
        .filter(|field| !told(&out).contains(field));
    let hidden: Vec<&str> = hidden.map(Field::name).collect();
    assert_eq!(
        hidden.join(" "),
        "seq tos icmp_type icmp_code exporter observation_domain in_if out_if vlan_id \
         src_prefix src_prefix_len src_asn src_as_name src_latitude src_longitude src_vlan \
         src_network dst_prefix dst_prefix_len dst_asn dst_as_name dst_latitude dst_longitude \
         dst_vlan dst_network"
    );
    assert_eq!(value(&out, Field::DurationMs), Value::Unsigned(120_000));
}

#[test]
fn a_key_is_asked_for_where_a_method_needs_it_and_nowhere_else() {
    let make = |methods| Table::new("custom", methods, parameters(), Scopes::NONE, None);
    for field in Field::ALL {
        for &method in Method::of_field(field) {
            let methods = Methods::nothing().with(field, method).unwrap();
            let made = make(methods);
            let missing = method
                .needs_key()
                .then_some(TableError::NoKey { field, method });
            assert_eq!(made.err(), missing, "{}", field.name());
        }
    }
    let error = make(Methods::standard()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "src_addr has the method \"prefix-preserving\", which needs a key; there is none"
    );
}

#[test]
fn both_times_are_numbered_or_one_does_not_leave() {
    let make = |start, end| {
        let methods = Methods::none().with(Field::StartMs, start).unwrap();
        let methods = methods.with(Field::EndMs, end).unwrap();
        Table::new("custom", methods, parameters(), Scopes::NONE, Some(&key())).map(|_| ())
    };
    let numbered = Method::Enumeration;
    assert_eq!(make(numbered, numbered), Ok(()));
    assert_eq!(make(numbered, Method::BlackMarker), Ok(()));
    assert_eq!(make(numbered, Method::Clear), Err(TableError::HalfNumbered));
    assert_eq!(
        make(Method::RandomShift, numbered),
        Err(TableError::HalfNumbered)
    );
}

#[test]
fn logs_tell_exporters_apart_without_their_addresses() {
    let exporter: IpAddr = "192.0.2.250".parse().unwrap();
    let strict = policy(Methods::strict());
    let standard = policy(Methods::standard());
    assert_eq!(strict.told(exporter), standard.told(exporter));
    assert_ne!(strict.told(exporter), exporter);
    let table = Table::new(
        "custom",
        Methods::nothing(),
        parameters(),
        Scopes::NONE,
        None,
    );
    let nothing = Anonymization::new(Policy::Table(Box::new(table.unwrap())));
    assert_eq!(nothing.told(exporter), NOBODY);
    let pfx = Methods::nothing().with(Field::SrcAddr, Method::IpcryptPfx);
    let pfx = policy(pfx.unwrap()).told(exporter);
    assert!(pfx.is_ipv4() && pfx != exporter && pfx != NOBODY);
}

#[test]
fn flows_that_became_one_address_have_an_order_by_their_places() {
    let policy = policy(
        Methods::none()
            .with(Field::SrcAddr, Method::Truncation)
            .unwrap(),
    );
    let mut other = full();
    other.flow.key.src_addr = "198.18.17.3".parse().unwrap();
    other.src.asn = Some(64_500);
    let mut named = full();
    named.dst.network = Some("other".into());
    let mut moved = full();
    moved.dst.position = Position::new(47.39, 8.54);
    let flow = one(&policy, &full());
    for other in [other, named, moved] {
        let other = one(&policy, &other);
        let order = flow.stream_order(&other);
        assert!(order.is_ne());
        assert_eq!(order, other.stream_order(&flow).reverse());
    }
}

#[test]
fn a_sum_tells_nothing_that_its_flows_do_not() {
    let methods = Methods::none()
        .with(Field::Packets, Method::BlackMarker)
        .unwrap();
    let out = one(&policy(methods), &full());
    let totals = crate::anonymize::Totals {
        start_ms: 0,
        end_ms: 60_000,
        packets: 0,
        bytes: 500,
        reverse: None,
        records: 2,
        end_reason: EndReason::Active,
    };
    let fields = [flow::KeyField::SrcAsn].into_iter().collect();
    let sum = crate::anonymize::Reduced::of(&out, fields).sum(&totals);
    for (field, expected) in [
        (Field::Packets, Value::Null),
        (Field::PacketRate, Value::Null),
        (Field::Bytes, Value::Unsigned(500)),
        (Field::SrcAsn, Value::Unsigned(64_496)),
        (Field::SrcAddr, Value::Null),
    ] {
        assert_eq!(value(&sum, field), expected, "{}", field.name());
    }
}

prop_compose! {
    pub(in crate::anonymize) fn any_flow()(
        addrs: (IpAddr, IpAddr, IpAddr),
        ports: (u16, u16),
        lens in (0_u8..=32, 0_u8..=32),
        start in -4_000_000_000_000_i64..4_000_000_000_000,
        length: u32,
        counts: (u64, u64, u32),
    ) -> EnrichedFlow {
        let mut flow = full();
        let prefix = |addr, len| Prefix::containing(addr, len).ok().map(Network::from);
        flow.flow.key.src_addr = addrs.0;
        flow.flow.key.dst_addr = addrs.1;
        flow.flow.exporter.addr = addrs.2;
        (flow.flow.key.src_port, flow.flow.key.dst_port) = ports;
        (flow.src.prefix, flow.dst.prefix) = (prefix(addrs.0, lens.0), prefix(addrs.1, lens.1));
        (flow.flow.start_ms, flow.flow.end_ms) = (start, start + i64::from(length));
        flow.flow.active_ms = (length / 2).into();
        (flow.flow.packets, flow.flow.bytes, flow.flow.records) = counts;
        flow
    }
}

/// Any methods that fit together.
pub(in crate::anonymize) fn any_methods() -> impl Strategy<Value = Methods> {
    prop::collection::vec(any::<prop::sample::Index>(), Field::COUNT).prop_filter_map(
        "half numbered",
        |choices| {
            let fields = Field::ALL.into_iter().zip(choices);
            let chosen = fields.map(|(field, choice)| {
                let methods = Method::of_field(field);
                (field, methods[choice.index(methods.len())])
            });
            let methods = chosen.fold(Methods::nothing(), |methods, (field, method)| {
                methods.with(field, method).unwrap()
            });
            let rules = Rules::new("custom", methods.clone(), parameters(), Scopes::NONE);
            rules.is_ok().then_some(methods)
        },
    )
}

// A policy that permutes ports takes a moment to make.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_presets_as_tables_do_what_they_do_without(
        flows in prop::collection::vec(any_flow(), 0..8), limit: u16,
    ) {
        let ports = if limit == 0 { PortLimit::OFF } else { PortLimit::at(limit) };
        let octets = OctetPermutation::new(OctetPermutation::PUBLISHED_SEED);
        for (methods, plain) in [
            (Methods::none(), Policy::None),
            (Methods::standard(), Policy::Standard(Box::new(CryptoPan::new(&key())))),
            (Methods::cnsm2019(), Policy::Cnsm2019(Box::new(octets))),
        ] {
            let plain = Anonymization::new(plain).with_ports(ports);
            let table = policy(methods).with_ports(ports);
            prop_assert_eq!(table.anonymize(&flows), plain.anonymize(&flows));
        }
    }

    #[test]
    fn one_flow_is_anonymized_the_same_in_any_company(
        methods in any_methods(), flows in prop::collection::vec(any_flow(), 1..8),
    ) {
        let policy = policy(methods);
        let together = policy.anonymize(&flows);
        let apart: Vec<_> = flows.iter().map(|flow| one(&policy, flow)).collect();
        prop_assert_eq!(together, apart);
    }

    #[test]
    fn under_any_policy_a_flow_ends_after_it_begins_and_a_prefix_holds_its_address(
        methods in any_methods(), flow in any_flow(),
    ) {
        let out = one(&policy(methods.clone()), &flow);
        let (times, key) = (out.flow(), out.flow().key);
        let both = [Field::StartMs, Field::EndMs].map(|field| methods.leaves(field));
        prop_assert!(both != [true; 2] || times.start_ms <= times.end_ms);
        for (place, addr, field) in [
            (out.src(), key.src_addr, Field::SrcAddr),
            (out.dst(), key.dst_addr, Field::DstAddr),
        ] {
            let keeps_prefixes = methods.method(field) != Method::OctetPermutation;
            if let Some(network) = place.prefix.filter(|_| keeps_prefixes) {
                let prefix = Prefix::containing(network.addr(), network.prefix_len()).unwrap();
                prop_assert!(prefix.contains(addr));
            }
        }
        for field in Field::ALL {
            let leaves = methods.leaves(field);
            prop_assert!(leaves || value(&out, field) == Value::Null, "{}", field.name());
        }
    }
}
