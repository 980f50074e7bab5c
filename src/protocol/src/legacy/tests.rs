//! Golden rows, and what holds for any flow.

use flow::*;
use mediation::anonymize::AnonymizedFlow;
use mediation::select::PortLimit;

use super::{COLUMNS, LegacyRules};
use crate::{Form, Format, encode};

fn flow() -> EnrichedFlow {
    EnrichedFlow {
        flow: AggregatedFlow {
            key: FlowKey {
                src_addr: "198.18.0.1".parse().unwrap(),
                dst_addr: "198.19.0.1".parse().unwrap(),
                src_port: 0,
                dst_port: 443,
                protocol: 6,
            },
            exporter: Exporter::new("192.0.2.1".parse().unwrap(), 7),
            start_ms: 1_575_297_360_123,
            end_ms: 1_575_297_363_123,
            active_ms: 1_600,
            packets: 5,
            bytes: 500,
            reverse: None,
            sampling_rate: None,
            records: 2,
            in_if: Some(3),
            out_if: None,
            vlan: Vlan::new(20),
            tcp_flags: Some(0x113),
            tos: Some(0),
            icmp: None,
            end_reason: EndReason::End,
            complete: Some(true),
            block_place: Some(17),
        },
        src: Place {
            prefix: Some(Network::new("233.31.143.68".parse().unwrap(), 23).unwrap()),
            asn: Some(64_496),
            as_name: Some("a name".into()),
            country: CountryCode::new("CH"),
            position: Position::new(47.4, -8.5),
            vlan: Some(100),
            network: Some("lab".into()),
            locality: Some(Locality::Private),
        },
        dst: Place {
            locality: Some(Locality::Public),
            ..Place::default()
        },
    }
}

fn row(rules: LegacyRules, flow: EnrichedFlow) -> String {
    let form = Form::all(Format::Legacy).with_legacy_rules(rules);
    let mut out = Vec::new();
    encode(&form, 0, &[AnonymizedFlow::restored(flow)], &mut out);
    String::from_utf8(out).unwrap()
}

/// What the profile that reproduces the original asks for.
fn original() -> LegacyRules {
    LegacyRules {
        positions_swapped: true,
        unknown_network: Network::new("173.79.13.68".parse().unwrap(), 0).unwrap(),
        ports: PortLimit::at(32_768),
    }
}

/// A cell of a row by the name of its column.
fn cell<'a>(row: &'a str, name: &str) -> &'a str {
    let at = COLUMNS.iter().position(|column| column.name == name);
    let cell = row.trim_end().split(',').nth(at.unwrap());
    cell.unwrap()
}

#[test]
fn the_header_names_the_36_columns_of_the_original_in_their_order() {
    assert_eq!(
        String::from_utf8(Form::all(Format::Legacy).preamble()).unwrap(),
        concat!(
            "src_addr,dst_addr,packets,bytes,first_switched_ts,last_switched_ts,src_port,",
            "dst_port,tcp_flags,protocol,export_host,flow_seq_num,duration,bit_rate,",
            "src_country_code,src_longitude,src_latitude,src_asn,src_network,src_prefix_len,",
            "src_vlan,src_locality,dst_country_code,dst_longitude,dst_latitude,dst_asn,",
            "dst_network,dst_prefix_len,dst_vlan,dst_locality,fs_year,fs_month,fs_day,",
            "fs_hour,fs_minute,fs_second\n",
        )
    );
}

#[test]
fn a_flow_is_a_row_in_the_units_of_the_original() {
    assert_eq!(
        row(original(), flow()),
        concat!(
            "198.18.0.1,198.19.0.1,5,500,1575297360123,1575297363123,0,443,19,6,192.0.2.1,17,",
            "1.6,2500.0,216,47.4,-8.5,64496,233.31.143.68,23,100,1,",
            "0,0.0,0.0,0,173.79.13.68,0,0,0,2019,12,2,14,36,0\n",
        )
    );
}

#[test]
fn positions_are_where_their_names_say_and_an_unknown_network_is_the_default_route_by_plain_rules()
{
    let row = row(LegacyRules::PLAIN, flow());
    assert_eq!(cell(&row, "src_longitude"), "-8.5");
    assert_eq!(cell(&row, "src_latitude"), "47.4");
    assert_eq!(cell(&row, "dst_network"), "0.0.0.0");
    assert_eq!(cell(&row, "dst_prefix_len"), "0");
}

#[test]
fn type_and_code_of_icmp_are_in_the_destination_port_as_netflow_v5_has_them() {
    let mut ping = flow();
    ping.flow.key.dst_port = 0;
    ping.flow.key.protocol = 1;
    ping.flow.tcp_flags = None;
    ping.flow.icmp = Some(Icmp { kind: 3, code: 1 });
    let found = row(original(), ping.clone());
    assert_eq!(cell(&found, "dst_port"), "769");
    assert_eq!(cell(&found, "tcp_flags"), "0");
    // The limit of ports is the original's: of whatever the column holds.
    ping.flow.icmp = Some(Icmp { kind: 128, code: 0 });
    assert_eq!(cell(&row(original(), ping.clone()), "dst_port"), "0");
    assert_eq!(cell(&row(LegacyRules::PLAIN, ping), "dst_port"), "32768");
}

#[test]
fn what_is_not_known_is_0_and_so_is_a_rate_over_no_time() {
    let mut unknown = flow();
    unknown.flow.active_ms = 0;
    unknown.flow.block_place = None;
    unknown.src = Place::default();
    assert_eq!(
        row(LegacyRules::PLAIN, unknown),
        concat!(
            "198.18.0.1,198.19.0.1,5,500,1575297360123,1575297363123,0,443,19,6,192.0.2.1,0,",
            "0.0,0.0,0,0.0,0.0,0,0.0.0.0,0,0,0,",
            "0,0.0,0.0,0,0.0.0.0,0,0,0,2019,12,2,14,36,0\n",
        )
    );
}

#[test]
fn ipv6_is_as_its_addresses_are() {
    let mut six = flow();
    six.flow.key.src_addr = "2001:db8::1".parse().unwrap();
    six.src.prefix = Some("2001:db8::/32".parse::<Prefix>().unwrap().into());
    let row = row(original(), six);
    assert_eq!(cell(&row, "src_addr"), "2001:db8::1");
    assert_eq!(cell(&row, "src_network"), "2001:db8::");
    assert_eq!(cell(&row, "src_prefix_len"), "32");
    assert_eq!(row.trim_end().split(',').count(), COLUMNS.len());
}

#[test]
fn rules_are_for_these_columns_alone() {
    for format in [Format::Jsonl, Format::Csv] {
        let form = Form::all(format);
        assert_eq!(form.clone().with_legacy_rules(original()), form);
    }
    let legacy = Form::all(Format::Legacy);
    assert_ne!(legacy.clone().with_legacy_rules(original()), legacy);
}
