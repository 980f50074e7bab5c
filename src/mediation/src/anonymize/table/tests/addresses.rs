//! Addresses, each through the method of its field.

use std::sync::LazyLock;

use super::*;
use crate::anonymize::IpcryptPfx;
use crate::anonymize::addresses;
use crate::anonymize::method::{AddressPermutation, IpcryptDeterministic};

#[test]
fn addresses_in_a_scope_leave_with_their_prefixes_whatever_the_method() {
    let clear = ["198.18.0.0/15".parse().unwrap()];
    for methods in [
        Methods::standard(),
        Methods::none()
            .with(Field::SrcAddr, Method::BlackMarker)
            .unwrap(),
    ] {
        let flow = full();
        let policy = policy_in(Scopes::new(&clear, SpecialUse::Anonymized), methods);
        let out = one(&policy, &flow);
        assert_eq!(
            value(&out, Field::SrcAddr),
            Value::Addr(flow.flow.key.src_addr)
        );
        assert_eq!(out.src().prefix, flow.src.prefix);
        let back = EnrichedFlow {
            flow: AggregatedFlow {
                key: flow.flow.key.reversed(),
                ..flow.flow
            },
            src: flow.dst.clone(),
            dst: flow.src.clone(),
        };
        let back = one(&policy, &back);
        assert_eq!(back.flow().key.dst_addr, flow.flow.key.src_addr);
        assert_ne!(
            value(&back, Field::SrcAddr),
            Value::Addr(flow.flow.key.dst_addr)
        );
    }
}

#[test]
fn where_an_address_keeps_no_prefixes_only_those_of_clear_addresses_leave() {
    let clear = ["2001:db8::/32".parse().unwrap()];
    for method in [Method::Permutation, Method::IpcryptDeterministic] {
        let methods = Methods::none().with(Field::SrcAddr, method).unwrap();
        let methods = methods.with(Field::DstAddr, method).unwrap();
        let policy = policy_in(Scopes::new(&clear, SpecialUse::Anonymized), methods);
        let flow = full();
        let out = one(&policy, &flow);
        let src = out.flow().key.src_addr;
        assert_eq!(src.is_ipv4(), method == Method::Permutation, "{src}");
        assert_eq!(
            (out.src().prefix, out.dst().prefix),
            (None, flow.dst.prefix)
        );
        assert_eq!(value(&out, Field::SrcPrefixLen), Value::Null);
        let said = policy.techniques();
        let said = &said[Field::SrcPrefix as usize];
        assert_eq!(
            (said.method, &*said.text),
            (
                Method::BlackMarker,
                "black-marker: null; addresses in prefixes of the settings are clear (1)"
            )
        );
    }
}

/// More flows than are looked up at a time, of both families; some addresses come again.
fn many_flows() -> Vec<EnrichedFlow> {
    let flow = |number: u32| {
        let mut flow = full();
        let host = number % 700;
        let v4 = IpAddr::from((0xC612_0000 | host).to_be_bytes());
        let v6 = IpAddr::from((0x2001_0DB8_u128 << 96 | u128::from(host) << 60).to_be_bytes());
        let turn = number.is_multiple_of(3);
        (flow.flow.key.src_addr, flow.flow.key.dst_addr) = if turn { (v6, v4) } else { (v4, v6) };
        flow
    };
    (0..1_500).map(flow).collect()
}

#[test]
fn batches_of_any_length_give_what_flows_give_one_by_one() {
    let clear = ["198.18.1.0/24".parse().unwrap()];
    let mixed = Methods::standard()
        .with(Field::DstAddr, Method::IpcryptPfx)
        .unwrap();
    let mixed = mixed.with(Field::Exporter, Method::Permutation).unwrap();
    for methods in [Methods::strict(), Methods::standard(), mixed] {
        let policy = policy_in(Scopes::new(&clear, SpecialUse::Clear), methods);
        let flows = many_flows();
        let together = policy.anonymize(&flows);
        let apart: Vec<_> = flows.iter().map(|flow| one(&policy, flow)).collect();
        assert!(together == apart);
    }
}

static PAN: LazyLock<CryptoPan> = LazyLock::new(|| CryptoPan::new(&key()));
static OCTETS: LazyLock<OctetPermutation> =
    LazyLock::new(|| OctetPermutation::new(OctetPermutation::PUBLISHED_SEED));

/// What stands for an address under a method, by what is behind it alone.
fn image(method: Method, addr: IpAddr) -> Option<IpAddr> {
    let bits = parameters().address_bits;
    Some(match method {
        Method::Clear => addr,
        Method::PrefixPreserving => PAN.anonymize(addr),
        Method::IpcryptPfx => IpcryptPfx::new(&key()).anonymize(addr),
        Method::TruncatedPrefixPreserving => bits.kept(PAN.anonymize(addr)),
        Method::Truncation => bits.kept(addr),
        Method::ReverseTruncation => bits.dropped(addr),
        Method::OctetPermutation => OCTETS.map(addr),
        Method::Permutation => AddressPermutation::new(&key()).map(addr),
        Method::IpcryptDeterministic => IpcryptDeterministic::new(&key()).map(addr),
        Method::BlackMarker => return None,
        _ => panic!("{} is none for addresses", method.name()),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn each_address_field_of_each_family_goes_through_its_own_method(
        flows in prop::collection::vec(any_flow(), 1..6),
        choices: [prop::sample::Index; 3],
    ) {
        const FIELDS: [Field; 3] = [Field::SrcAddr, Field::DstAddr, Field::Exporter];
        let chosen = |of: usize| {
            let methods = Method::of_field(FIELDS[of]);
            methods[choices[of].index(methods.len())]
        };
        let methods = [0, 1, 2].map(chosen);
        let all = FIELDS.into_iter().zip(methods).fold(Methods::none(), |all, (field, method)| {
            all.with(field, method).unwrap()
        });
        let policy = policy(all);
        for (flow, out) in flows.iter().zip(policy.anonymize(&flows)) {
            let addrs = addresses(flow);
            for ((field, method), addr) in FIELDS.into_iter().zip(methods).zip(addrs) {
                let expected = image(method, addr).map_or(Value::Null, Value::Addr);
                prop_assert_eq!(value(&out, field), expected, "{}", field.name());
            }
        }
    }
}
