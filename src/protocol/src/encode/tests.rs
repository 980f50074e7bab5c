//! Golden lines, and the round trip through CSV.

use std::sync::Arc;

use flow::*;
use mediation::anonymize::method::{AddressBits, Digits, Grid, NoisePercent, TimeUnit};
use mediation::anonymize::{
    Anonymization, AnonymizedFlow, Methods, Parameters, Policy, Reduced, Scopes, Table, Totals,
};
use proptest::prelude::*;

use crate::{Block, Form, Format, encode, restore_csv};

fn flow() -> EnrichedFlow {
    EnrichedFlow {
        flow: AggregatedFlow {
            key: FlowKey {
                src_addr: "198.18.0.1".parse().unwrap(),
                dst_addr: "2001:db8::1".parse().unwrap(),
                src_port: 40_000,
                dst_port: 443,
                protocol: 6,
            },
            exporter: Exporter::new("192.0.2.1".parse().unwrap(), 7),
            start_ms: 1_575_297_360_123,
            end_ms: 1_575_297_362_123,
            active_ms: 1_600,
            packets: 5,
            bytes: 500,
            reverse: None,
            sampling_rate: None,
            records: 2,
            in_if: Some(3),
            out_if: None,
            vlan: Vlan::new(20),
            tcp_flags: Some(0x13),
            tos: Some(0),
            icmp: None,
            end_reason: EndReason::End,
            complete: Some(true),
            block_place: Some(17),
        },
        src: Place {
            prefix: Some("198.18.0.0/20".parse::<Prefix>().unwrap().into()),
            asn: Some(64_496),
            as_name: Some(Arc::from("A \"quoted\", name\u{7}")),
            country: CountryCode::new("CH"),
            position: Position::new(47.4, -8.5),
            vlan: Some(100),
            network: Some(Arc::from("")),
            locality: Some(Locality::Private),
        },
        dst: Place::default(),
    }
}

fn text(form: &Form, first_seq: u64, flows: &[AnonymizedFlow]) -> String {
    let mut out = Vec::new();
    encode(form, first_seq, flows, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_flow_as_a_line_of_json() {
    let line = text(
        &Form::all(Format::Jsonl),
        42,
        &[AnonymizedFlow::restored(flow())],
    );
    assert_eq!(
        line,
        concat!(
            r#"{"seq":42,"start_ms":1575297360123,"end_ms":1575297362123,"duration_ms":2000,"#,
            r#""active_ms":1600,"src_addr":"198.18.0.1","dst_addr":"2001:db8::1","#,
            r#""src_port":40000,"dst_port":443,"protocol":6,"tcp_flags":19,"tos":0,"#,
            r#""icmp_type":null,"icmp_code":null,"packets":5,"bytes":500,"#,
            r#""reverse_packets":null,"reverse_bytes":null,"sampling_rate":null,"records":2,"#,
            r#""end_reason":"end","complete":true,"bit_rate":2500.0,"packet_rate":3.125,"#,
            r#""exporter":"192.0.2.1","observation_domain":7,"in_if":3,"out_if":null,"vlan_id":20,"#,
            r#""src_prefix":"198.18.0.0","src_prefix_len":20,"src_asn":64496,"#,
            r#""src_as_name":"A \"quoted\", name\u0007","src_country":"CH","#,
            r#""src_latitude":47.4,"src_longitude":-8.5,"src_vlan":100,"src_network":"","#,
            r#""src_locality":"private","dst_prefix":null,"dst_prefix_len":null,"#,
            r#""dst_asn":null,"dst_as_name":null,"dst_country":null,"dst_latitude":null,"#,
            r#""dst_longitude":null,"dst_vlan":null,"dst_network":null,"dst_locality":null,"#,
            r#""year":2019,"month":12,"day":2,"hour":14,"minute":36,"second":0,"block_place":17}"#,
            "\n"
        )
    );
    let object: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(object.as_object().unwrap().len(), Field::COUNT);
}

#[test]
fn a_flow_as_a_row_of_csv() {
    let row = text(
        &Form::all(Format::Csv),
        0,
        &[AnonymizedFlow::restored(flow())],
    );
    assert_eq!(
        row,
        concat!(
            "0,1575297360123,1575297362123,2000,1600,198.18.0.1,2001:db8::1,40000,443,6,19,0,,,",
            "5,500,,,,2,end,true,2500.0,3.125,192.0.2.1,7,3,,20,198.18.0.0,20,64496,",
            "\"A \"\"quoted\"\", name\u{7}\",CH,47.4,-8.5,100,\"\",private,,,,,,,,,,,2019,12,2,14,36,0,17\n"
        )
    );
}

/// Names are data: a formula is written as it is, since another name would be a lie.
#[test]
fn b117_hostile_names_stay_within_their_cell_and_move_no_terminal() {
    for name in [
        "=cmd|' /C calc'!A0",
        "@SUM(1,2)",
        "two\r\nlines,\"and\" a comma",
        "%s%n",
        "\u{1b}[2J\u{9b}31m\u{7f}\u{202e}",
    ] {
        let mut hostile = flow();
        hostile.src.as_name = Some(Arc::from(name));
        hostile.src.network = Some(Arc::from(name));
        let flows = [hostile, flow()].map(AnonymizedFlow::restored);
        let csv = text(&Form::all(Format::Csv), 0, &flows);
        assert_eq!(restore_csv(csv.as_bytes(), 0).unwrap(), flows, "{name:?}");
        let lines = text(&Form::all(Format::Jsonl), 0, &flows);
        let moves = |c: char| c.is_control() && c != '\n';
        assert!(
            !lines.contains(moves) && lines.lines().count() == 2,
            "{name:?}"
        );
        let line = lines.lines().next().unwrap();
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(object["src_as_name"], name);
    }
}

#[test]
fn a_choice_of_fields_is_written_in_its_own_order() {
    let form = Form::of_names(Format::Csv, &["bytes", "seq", "out_if"]).unwrap();
    let flows = [
        AnonymizedFlow::restored(flow()),
        AnonymizedFlow::restored(flow()),
    ];
    assert_eq!(text(&form, 9, &flows), "500,9,\n500,10,\n");
}

#[test]
fn a_rate_over_no_time_is_null() {
    let mut instant = flow();
    instant.flow.active_ms = 0;
    let form = Form::of_names(Format::Jsonl, &["bit_rate", "packet_rate"]).unwrap();
    let line = text(&form, 0, &[AnonymizedFlow::restored(instant)]);
    assert_eq!(line, "{\"bit_rate\":null,\"packet_rate\":null}\n");
}

#[test]
fn a_block_is_in_the_order_of_the_stream_and_encoded_once_for_a_form() {
    let mut early = flow();
    early.flow.start_ms -= 1;
    let flows = [flow(), early].map(AnonymizedFlow::restored).to_vec();
    let block = Block::of_tick(5, Tick::from_secs(1), None, flows).remove(0);
    assert_eq!((block.first_seq(), block.next_seq()), (5, 7));
    assert!(block.flows()[0].flow().start_ms < block.flows()[1].flow().start_ms);
    let form = Form::all(Format::Jsonl);
    assert!(Arc::ptr_eq(&block.encoded(&form), &block.encoded(&form)));
    let rest = block.encoded_from(&form, 6);
    assert!(rest.starts_with(b"{\"seq\":6,") && block.encoded(&form).ends_with(&rest));
    assert!(block.encoded_from(&form, 7).is_empty());
}

#[test]
fn a_tick_of_many_flows_makes_several_blocks_without_a_gap() {
    let flows = vec![AnonymizedFlow::restored(flow()); crate::FLOWS_MAX * 2 + 1];
    let blocks = Block::of_tick(7, Tick::from_secs(1), None, flows);
    let lens: Vec<usize> = blocks.iter().map(|block| block.flows().len()).collect();
    assert_eq!(lens, [crate::FLOWS_MAX, crate::FLOWS_MAX, 1]);
    assert!(
        blocks
            .windows(2)
            .all(|pair| pair[0].next_seq() == pair[1].first_seq())
    );
    assert!(Block::of_tick(7, Tick::from_secs(1), None, Vec::new()).is_empty());
}

#[test]
fn a_crowd_of_forms_is_not_kept() {
    let block = Block::new(
        0,
        Tick::default(),
        None,
        vec![AnonymizedFlow::restored(flow())],
    );
    let forms: Vec<Form> = Field::ALL[..20]
        .iter()
        .map(|field| Form::of_names(Format::Csv, &[field.name()]).unwrap())
        .collect();
    let shared = |form: &Form| Arc::ptr_eq(&block.encoded(form), &block.encoded(form));
    assert_eq!(forms.iter().filter(|form| shared(form)).count(), 8);
}

fn any_place() -> impl Strategy<Value = Place> {
    let text = || prop::option::of(".{0,12}".prop_map(|text| Arc::from(text.as_str())));
    let position = (-90.0..=90.0, -180.0..=180.0).prop_map(|(lat, lon)| Position::new(lat, lon));
    (
        prop::option::of((any::<std::net::IpAddr>(), 0_u8..=32)),
        any::<Option<u32>>(),
        text(),
        prop::option::of("[A-Z]{2}"),
        position,
        any::<Option<u16>>(),
        text(),
        any::<Option<bool>>(),
    )
        .prop_map(
            |(prefix, asn, as_name, country, position, vlan, network, private)| Place {
                prefix: prefix.and_then(|(addr, len)| Network::new(addr, len).ok()),
                asn,
                as_name,
                country: country.and_then(|text| CountryCode::new(&text)),
                position,
                vlan,
                network,
                locality: private.map(|p| {
                    if p {
                        Locality::Private
                    } else {
                        Locality::Public
                    }
                }),
            },
        )
}

prop_compose! {
    fn any_flow()(
        addrs: (std::net::IpAddr, std::net::IpAddr, std::net::IpAddr),
        ports: (u16, u16, u8, u32),
        vlan in 0_u16..=4_095,
        times in (-4_000_000_000_000_i64..4_000_000_000_000, 0_i64..1_000_000_000, any::<u64>()),
        counts: (u64, u64, u32, Option<(u64, u64)>, u32),
        options: (Option<u32>, Option<u32>, Option<u16>, Option<u8>, Option<(u8, u8)>, Option<bool>, Option<u32>),
        reason in 1_u8..=5,
        src in any_place().boxed(),
        dst in any_place().boxed(),
    ) -> EnrichedFlow {
        EnrichedFlow {
            flow: AggregatedFlow {
                key: FlowKey {
                    src_addr: addrs.0, dst_addr: addrs.1,
                    src_port: ports.0, dst_port: ports.1, protocol: ports.2,
                },
                exporter: Exporter { addr: addrs.2, domain: ports.3 },
                start_ms: times.0, end_ms: times.0 + times.1, active_ms: times.2,
                packets: counts.0, bytes: counts.1, records: counts.2,
                reverse: counts.3.map(|(packets, bytes)| Reverse { packets, bytes }),
                sampling_rate: SamplingRate::new(counts.4),
                in_if: options.0, out_if: options.1, vlan: Vlan::new(vlan),
                tcp_flags: options.2, tos: options.3,
                icmp: options.4.map(|(kind, code)| Icmp { kind, code }),
                end_reason: EndReason::from_number(reason).unwrap(),
                complete: options.5,
                block_place: options.6,
            },
            src,
            dst,
        }
    }
}

proptest! {
    #[test]
    fn what_csv_writes_it_reads_back(flows in prop::collection::vec(any_flow(), 0..5), seq in 0_u64..1_000) {
        let flows: Vec<_> = flows.into_iter().map(AnonymizedFlow::restored).collect();
        let written = text(&Form::all(Format::Csv), seq, &flows);
        let read = restore_csv(written.as_bytes(), seq).unwrap();
        prop_assert_eq!(&read, &flows);
        prop_assert_eq!(text(&Form::all(Format::Csv), seq, &read), written);
    }

    #[test]
    fn every_line_of_json_is_an_object_of_all_fields(flow in any_flow()) {
        let line = text(&Form::all(Format::Jsonl), 0, &[AnonymizedFlow::restored(flow)]);
        prop_assert_eq!(line.matches('\n').count(), 1);
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(object.len(), Field::COUNT);
    }

    #[test]
    fn garbage_is_refused_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 1..200)) {
        prop_assert!(restore_csv(&bytes, 0).is_err());
    }
}

/// Sums of flows by fields, as they leave.
fn sum_by(fields: &[KeyField]) -> AnonymizedFlow {
    let fields = fields.iter().copied().collect();
    let totals = Totals {
        start_ms: 1_575_297_360_000,
        end_ms: 1_575_297_420_000,
        packets: 50,
        bytes: 5_000,
        reverse: None,
        records: 7,
        end_reason: EndReason::Active,
    };
    Reduced::of(&AnonymizedFlow::restored(flow()), fields).sum(&totals)
}

#[test]
fn a_sum_of_flows_has_null_where_it_has_no_value_and_comes_back_the_same() {
    let line = text(
        &Form::all(Format::Jsonl),
        3,
        &[sum_by(&[KeyField::SrcPrefix])],
    );
    let sum: serde_json::Value = serde_json::from_str(&line).unwrap();
    for field in [
        "src_addr", "dst_port", "protocol", "exporter", "src_asn", "in_if",
    ] {
        assert!(sum[field].is_null(), "{field}: {line}");
    }
    assert_eq!(sum["src_prefix"], "198.18.0.0");
    assert_eq!(sum["packet_rate"], 50.0 / 60.0);
    let each = KeyField::ALL.map(|field| sum_by(&[field]));
    let sums = [&each[..], &[sum_by(&[]), sum_by(&KeyField::ALL)]].concat();
    let written = text(&Form::all(Format::Csv), 3, &sums);
    assert_eq!(restore_csv(written.as_bytes(), 3).unwrap(), sums);
}

/// A policy may leave out any field, or but for one all.
#[test]
fn a_flow_without_some_of_its_fields_comes_back_as_it_was_written() {
    let parameters = Parameters {
        address_bits: AddressBits::new(24, 48).unwrap(),
        time_unit: TimeUnit::from_millis(1_000).unwrap(),
        shift_most_ms: 0,
        shift_epoch: TimeUnit::from_millis(1_000).unwrap(),
        digits: Digits::new(2).unwrap(),
        noise: NoisePercent::new(1).unwrap(),
        grid: Grid::new(1.0).unwrap(),
    };
    let nothing = Methods::nothing;
    for field in Field::ALL {
        let clear = Method::of_field(field)[0];
        let others = Methods::none().with(field, Method::BlackMarker);
        for methods in [
            others.unwrap_or(nothing()),
            nothing().with(field, clear).unwrap(),
        ] {
            let table = Table::new("custom", methods, parameters, Scopes::NONE, None).unwrap();
            let policy = Anonymization::new(Policy::Table(Box::new(table)));
            let mut instant = flow();
            instant.flow.active_ms = 0;
            let flows = policy.anonymize(&[flow(), instant]);
            let csv = text(&Form::all(Format::Csv), 3, &flows);
            let read = restore_csv(csv.as_bytes(), 3).unwrap();
            let again = text(&Form::all(Format::Csv), 3, &read);
            assert_eq!(again, csv, "{}", field.name());
            let order = |flows: &[AnonymizedFlow]| flows[0].stream_order(&flows[1]);
            assert_eq!(order(&read), order(&flows), "{}", field.name());
        }
    }
}

#[test]
fn rows_from_before_there_was_a_block_place_are_read() {
    let mut before = flow();
    before.flow.block_place = None;
    let flows = [before.clone(), before].map(AnonymizedFlow::restored);
    let written = text(&Form::all(Format::Csv), 3, &flows);
    let old = written.replace(",36,0,\n", ",36,0\n");
    assert_eq!(old.len(), written.len() - 2);
    assert_eq!(restore_csv(old.as_bytes(), 3).unwrap(), flows);
    let mixed = written.replacen(",36,0,\n", ",36,0\n", 1);
    assert_eq!(restore_csv(mixed.as_bytes(), 3).unwrap(), flows);
    assert!(restore_csv(old.replace(",36,0\n", ",36\n").as_bytes(), 3).is_err());
}

#[test]
fn a_row_that_is_not_ours_says_where_and_what() {
    let good = text(
        &Form::all(Format::Csv),
        3,
        &[AnonymizedFlow::restored(flow())],
    );
    let refused = |row: String| restore_csv(row.as_bytes(), 3).unwrap_err().to_string();
    assert_eq!(
        refused(good.replacen("3,", "4,", 1)),
        "row 1, `seq`: found `4`; expected 3, the next position"
    );
    assert_eq!(
        refused(good.replacen(",443,", ",70000,", 1)),
        "row 1, `dst_port`: found `70000`; expected a u16"
    );
    assert_eq!(
        refused(good.replacen(",end,", ",over,", 1)),
        "row 1, `end_reason`: found `over`; expected a text"
    );
    assert_eq!(
        refused(good.replacen(",443,", ",\"\",", 1)),
        "row 1, `dst_port`: found nothing; expected a u16"
    );
    assert_eq!(
        refused(good.replacen(",443,6,", ",", 1)),
        "row 1, `minute`: found `17`; expected 56 cells, and this row has 54"
    );
    assert_eq!(
        refused(good.replacen(",3,,20,", ",3,,4095,", 1)),
        "row 1, `vlan_id`: found `4095`; expected a u16"
    );
    assert!(refused(good.replace("2019,", "2019,1,")).contains("expected 56 cells"));
    assert!(refused(good.trim_end().to_owned()).contains("line end"));
}
