//! Laws: a compiled filter is what its words say, its canonical text is the filter, and no
//! text is worse than an error.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flow::{
    CountryCode, EndReason, EnrichedFlow, Exporter, Field, FlowKey, Icmp, Locality, Place,
    SamplingRate,
};
use proptest::prelude::*;

use super::model::{Ends, Model};
use super::support::{filter, web};
use crate::select::Filter;

/// Few values, so that flows and filters meet.
fn any_addr() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        (0_u32..4, 0_u32..4)
            .prop_map(|(net, host)| Ipv4Addr::from_bits(10 << 24 | net << 22 | host).into()),
        (0_u128..4, 0_u128..4)
            .prop_map(
                |(net, host)| Ipv6Addr::from_bits(0x2001_0db8 << 96 | net << 62 | host).into()
            ),
    ]
}

fn any_net() -> impl Strategy<Value = (IpAddr, u8)> {
    (any_addr(), 0_u8..=128).prop_map(|(addr, len)| {
        let max = if addr.is_ipv4() { 32 } else { 128 };
        (addr, len % (max + 1))
    })
}

fn any_place() -> impl Strategy<Value = Place> {
    let names = prop::sample::select(vec!["Example Net", "EXAMPLE", "a \"b\" \\", ""]);
    (
        prop::option::of(0_u32..4),
        prop::option::of(names),
        prop::option::of(prop::sample::select(COUNTRIES.to_vec())),
        prop::option::of(1_u16..4),
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(asn, as_name, country, vlan, is_private)| Place {
            asn,
            as_name: as_name.map(Into::into),
            country: country.and_then(CountryCode::new),
            vlan,
            locality: is_private.map(|is| {
                if is {
                    Locality::Private
                } else {
                    Locality::Public
                }
            }),
            ..Place::default()
        })
}

/// Two of them are words of the language.
const COUNTRIES: [&str; 4] = ["CH", "DE", "IN", "OR"];

fn any_flow() -> impl Strategy<Value = EnrichedFlow> {
    let key = (
        any_addr(),
        any_addr(),
        0_u16..4,
        0_u16..4,
        prop::sample::select(vec![1_u8, 6, 17]),
    );
    let key = key.prop_map(
        |(src_addr, dst_addr, src_port, dst_port, protocol)| FlowKey {
            src_addr,
            dst_addr,
            src_port,
            dst_port,
            protocol,
        },
    );
    let counts = (0_u64..4, 0_u64..4, 0_u64..3, -2_i64..3, 1_u32..4);
    let options = (
        prop::option::of(0_u16..8),
        prop::option::of(0_u8..3),
        prop::option::of(any::<bool>()),
        prop::option::of(0_u32..4),
        0_usize..5,
    );
    (key, counts, options, any_addr(), any_place(), any_place()).prop_map(
        |(key, counts, options, exporter, src, dst)| {
            let (packets, bytes, active_ms, start_ms, records) = counts;
            let (tcp_flags, icmp, complete, in_if, end_reason) = options;
            let mut flow = web();
            flow.flow.key = key;
            flow.flow.exporter = Exporter::new(exporter, records);
            (flow.flow.packets, flow.flow.bytes, flow.flow.records) = (packets, bytes, records);
            (flow.flow.active_ms, flow.flow.start_ms) = (active_ms, start_ms);
            flow.flow.sampling_rate = in_if.and_then(SamplingRate::new);
            (flow.flow.tcp_flags, flow.flow.complete, flow.flow.in_if) =
                (tcp_flags, complete, in_if);
            flow.flow.icmp = icmp.map(|kind| Icmp { kind, code: kind });
            flow.flow.end_reason = EndReason::ALL[end_reason];
            EnrichedFlow { src, dst, ..flow }
        },
    )
}

fn any_ends() -> impl Strategy<Value = Ends> {
    prop::sample::select(vec![
        Ends::Own,
        Ends::Src,
        Ends::Dst,
        Ends::Either,
        Ends::Both,
    ])
}

/// The field of a term, and whether it has a source and a destination.
fn any_of(fields: &[Field]) -> impl Strategy<Value = (Ends, Field)> + use<> {
    (any_ends(), prop::sample::select(fields.to_vec())).prop_map(|(ends, field)| {
        let is_pair = field.name().starts_with("src_");
        (if is_pair { ends } else { Ends::Own }, field)
    })
}

const INTEGERS: [Field; 12] = [
    Field::SrcPort,
    Field::SrcAsn,
    Field::SrcVlan,
    Field::Protocol,
    Field::Packets,
    Field::Bytes,
    Field::StartMs,
    Field::Records,
    Field::IcmpType,
    Field::InIf,
    Field::Year,
    Field::SrcPrefixLen,
];

fn any_term() -> impl Strategy<Value = Model> {
    let numbers = [&INTEGERS[..], &[Field::BitRate, Field::PacketRate]].concat();
    let signs = prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]);
    let words = [Field::SrcCountry];
    prop_oneof![
        Just(Model::Any),
        any::<bool>().prop_map(Model::Ipv4),
        (1_u16..8).prop_map(Model::Flags),
        (any_of(&Field::ALL[1..]), any::<bool>())
            .prop_map(|((ends, f), is)| Model::Null(ends, f, is)),
        (any_of(&numbers), signs, 0_u32..5).prop_map(|((ends, f), sign, v)| Model::Number(
            ends,
            f,
            sign,
            v.into()
        )),
        (any_of(&INTEGERS), prop::collection::vec(0_u32..5, 1..4))
            .prop_map(|((ends, f), v)| Model::Numbers(ends, f, v)),
        (any_ends(), any::<bool>(), any_addr())
            .prop_map(|(ends, is, addr)| Model::Addr(ends, is, addr)),
        (any_ends(), prop::collection::vec(any_net(), 1..6))
            .prop_map(|(ends, nets)| Model::Nets(ends, nets)),
        (
            any_of(&words),
            any::<bool>(),
            prop::sample::select(COUNTRIES.to_vec())
        )
            .prop_map(|((ends, f), is, word)| Model::Word(ends, f, is, word)),
        (
            any_of(&[Field::SrcAsName]),
            prop::sample::select(vec!["", "EX", "net", "e n", "zz"])
        )
            .prop_map(|((ends, f), part)| Model::Part(ends, f, part)),
        any::<bool>().prop_map(Model::Complete),
    ]
}

fn any_model() -> impl Strategy<Value = Model> {
    any_term().prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            inner.clone().prop_map(|model| Model::Not(Box::new(model))),
            prop::collection::vec(inner.clone(), 1..5).prop_map(Model::All),
            prop::collection::vec(inner, 1..5).prop_map(Model::Some),
        ]
    })
}

/// Pieces that texts in the language are made of, and some that are not.
const PIECES: [&str; 40] = [
    "src",
    "dst",
    "in",
    "out",
    "or",
    "and",
    "not",
    "is",
    "null",
    "any",
    "ip",
    "net",
    "port",
    "as_name",
    "flags",
    "icmp",
    "type",
    "proto",
    "tcp",
    "country",
    "complete",
    "bps",
    "exporter",
    "10.0.0.0/8",
    "::1",
    "443",
    "-1",
    "1.5k",
    "S/SA",
    "\"x\"",
    "'",
    "(",
    ")",
    "[",
    "]",
    ",",
    "!=",
    "~",
    "# c\n",
    "é",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_compiled_filter_is_what_its_words_say(
        model in any_model(),
        flows in prop::collection::vec(any_flow(), 8),
    ) {
        let text = model.write();
        let program = filter(&text).compile().unwrap();
        for flow in &flows {
            prop_assert_eq!(program.matches(flow), model.holds(flow), "{}\n{:?}", text, flow);
        }
    }

    #[test]
    fn the_canonical_text_is_the_same_filter(model in any_model(), flow in any_flow()) {
        let read = filter(&model.write());
        let again = filter(&read.to_string());
        prop_assert_eq!(&again, &read);
        prop_assert_eq!(again.to_string(), read.to_string());
        let passes = |filter: &Filter| filter.compile().unwrap().matches(&flow);
        prop_assert_eq!(passes(&again), passes(&read));
    }

    #[test]
    fn numbers_are_written_as_they_are_read(
        whole in any::<u64>(),
        time in any::<i64>(),
        rate in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
    ) {
        let text = format!("bytes < {whole} or start_ms >= {time} or bit_rate != {rate}");
        prop_assert_eq!(filter(&text).to_string(), text);
    }

    #[test]
    fn what_is_understood_has_a_canonical_text_and_what_is_not_an_error_with_a_place(
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..12),
    ) {
        assert_understood_or_refused(&pieces.join(" "))?;
        assert_understood_or_refused(&pieces.concat())?;
    }

    #[test]
    fn any_text_is_understood_or_refused(octets in prop::collection::vec(any::<u8>(), 0..60)) {
        assert_understood_or_refused(&String::from_utf8_lossy(&octets))?;
    }
}

fn assert_understood_or_refused(text: &str) -> Result<(), TestCaseError> {
    match text.parse::<Filter>() {
        Ok(read) => prop_assert_eq!(filter(&read.to_string()), read),
        Err(error) => {
            prop_assert!(text.get(error.range()).is_some(), "{:?}", error.range());
            prop_assert!(error.render().lines().count() == 3, "{}", error.render());
            prop_assert!(error.line() <= text.lines().count().max(1) + 1);
        }
    }
    Ok(())
}
