//! What a policy does to whole flows.

use super::*;
use flow::{EndReason, tcp_flag};

fn enriched(src: &str, dst: &str, prefix: &str) -> EnrichedFlow {
    EnrichedFlow {
        flow: AggregatedFlow {
            key: FlowKey {
                src_addr: src.parse().unwrap(),
                dst_addr: dst.parse().unwrap(),
                src_port: 40_000,
                dst_port: 443,
                protocol: 6,
            },
            exporter: Exporter::new("192.0.2.250".parse().unwrap(), 9),
            start_ms: 1_000,
            end_ms: 3_000,
            active_ms: 2_000,
            packets: 5,
            bytes: 500,
            reverse: None,
            sampling_rate: None,
            records: 1,
            in_if: Some(1),
            out_if: None,
            vlan: None,
            tcp_flags: Some(tcp_flag::SYN | tcp_flag::FIN),
            tos: Some(0),
            icmp: None,
            end_reason: EndReason::End,
            complete: Some(true),
            block_place: None,
        },
        src: Place {
            prefix: Some(prefix.parse::<Prefix>().unwrap().into()),
            vlan: Some(7),
            ..Place::default()
        },
        dst: Place {
            asn: Some(64_496),
            ..Place::default()
        },
    }
}

fn none() -> Anonymization {
    Anonymization::new(Policy::None)
}

fn standard() -> Anonymization {
    Anonymization::new(Policy::Standard(Box::new(CryptoPan::new(
        &Key::from_octets(&[7; 32]).unwrap(),
    ))))
}

/// The fields of which the metadata say that they are changed.
fn said_changed(policy: &Anonymization) -> Vec<Field> {
    let said = policy.techniques().into_iter();
    let changed = said.filter(|said| said.method != Method::Clear);
    changed.map(|said| said.field).collect()
}

#[test]
fn something_is_said_of_each_field_once_and_in_order_under_every_policy() {
    let octets = OctetPermutation::new(OctetPermutation::PUBLISHED_SEED);
    let cnsm2019 = Anonymization::new(Policy::Cnsm2019(Box::new(octets)));
    for policy in [none(), standard(), cnsm2019] {
        let said = policy.techniques();
        assert!(said.iter().map(|said| said.field).eq(Field::ALL));
        for said in &said {
            let is_clear = said.method == Method::Clear;
            assert_eq!(said.text == "none: as it is", is_clear, "{}", said.text);
            assert!(![Method::AsAddress, Method::Derived].contains(&said.method));
        }
    }
}

#[test]
fn standard_changes_every_address_and_nothing_else() {
    let flow = enriched("198.18.1.2", "2001:db8::5", "198.18.0.0/20");
    let out = standard().anonymize(std::slice::from_ref(&flow)).remove(0);
    let civil = Civil::from_millis(flow.flow.start_ms);
    let changed: Vec<Field> = Field::ALL
        .into_iter()
        .filter(|&field| out.value(field, &civil) != flow.value(field, &civil))
        .collect();
    assert_eq!(
        changed,
        [
            Field::SrcAddr,
            Field::DstAddr,
            Field::Exporter,
            Field::SrcPrefix
        ]
    );
    let said = said_changed(&standard());
    assert!(
        changed.iter().all(|field| said.contains(field)),
        "and says so"
    );
}

#[test]
fn a_prefix_stays_the_prefix_of_its_address() {
    for (src, prefix) in [
        ("198.18.17.2", "198.18.16.0/21"),
        ("2001:db8:3::9", "2001:db8::/45"),
    ] {
        let out = standard()
            .anonymize(&[enriched(src, "192.0.2.1", prefix)])
            .remove(0);
        let network = out.src().prefix.unwrap();
        let len = network.prefix_len();
        let anonymized = Prefix::containing(network.addr(), len).unwrap();
        assert_eq!(
            network,
            anonymized.into(),
            "no bit is set beyond its length"
        );
        assert!(anonymized.contains(out.flow().key.src_addr));
        assert_eq!(len, prefix.parse::<Prefix>().unwrap().len());
        assert_eq!(out.src().vlan, Some(7));
    }
}

#[test]
fn none_leaves_everything_and_is_a_name() {
    let flow = enriched("198.18.1.2", "2001:db8::5", "198.18.0.0/20");
    let out = none().anonymize(std::slice::from_ref(&flow)).remove(0);
    assert_eq!(out, AnonymizedFlow::restored(flow));
    assert_eq!((none().name(), standard().name()), ("none", "standard"));
    assert_eq!(said_changed(&none()), []);
}

#[test]
fn the_order_of_the_stream_is_by_time_first_and_total() {
    let early = enriched("198.18.9.9", "192.0.2.1", "198.18.0.0/16");
    let mut late = enriched("198.18.0.1", "192.0.2.1", "198.18.0.0/16");
    late.flow.start_ms += 1;
    let mut heavy = early.clone();
    heavy.flow.bytes += 1;
    let [early, late, heavy] = [early, late, heavy].map(AnonymizedFlow::restored);
    assert_eq!(early.stream_order(&late), Ordering::Less);
    assert_eq!(early.stream_order(&heavy), Ordering::Less);
    assert_eq!(early.stream_order(&early.clone()), Ordering::Equal);
}

#[test]
fn ports_from_a_limit_on_become_0_and_the_metadata_says_so() {
    let mut flow = enriched("198.18.1.2", "198.18.1.3", "198.18.0.0/20");
    (flow.flow.key.src_port, flow.flow.key.dst_port) = (32_768, 32_767);
    let blurred = none().with_ports(PortLimit::at(32_768));
    let out = blurred.anonymize(std::slice::from_ref(&flow)).remove(0);
    let key = out.flow().key;
    assert_eq!((key.src_port, key.dst_port), (0, 32_767));
    assert_eq!(said_changed(&blurred), [Field::SrcPort, Field::DstPort]);
}

#[test]
fn cnsm2019_maps_octet_by_octet_as_published() {
    let octets = OctetPermutation::new(OctetPermutation::PUBLISHED_SEED);
    let policy = Anonymization::new(Policy::Cnsm2019(Box::new(octets)));
    let flow = enriched("192.168.42.1", "10.1.2.3", "192.168.42.0/23");
    let out = policy.anonymize(&[flow]).remove(0);
    let key = out.flow().key;
    assert_eq!(key.src_addr.to_string(), "233.31.143.128");
    assert_eq!(key.dst_addr.to_string(), "169.149.250.207");
    let network = out.src().prefix.unwrap();
    assert_eq!(network.to_string(), "233.31.143.68/23");
    assert_eq!(policy.name(), "cnsm2019");
}
