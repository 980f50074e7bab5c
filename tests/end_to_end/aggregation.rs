//! Filters, biflows and ports, as the settings say.

use std::net::Ipv4Addr;

use serde_json::json;

use crate::support::client::count;
use crate::support::exporter::{Exporter, Sample, V5_HEADER, v5};
use crate::support::files::assert_same_segments;
use crate::support::ipfix;
use crate::support::program::{generate, run};
use crate::support::service::Ended;
use crate::support::{Client, Launch, Received, Scratch};

/// What becomes of datagrams under settings.
fn under(settings: &[(&str, &str)], datagrams: &[Vec<u8>]) -> (Received, Ended) {
    let scratch = Scratch::new();
    let mut launch = Launch::new(&scratch, "data").without_anonymization();
    for (key, value) in settings {
        launch = launch.set(key, value);
    }
    let service = launch.start();
    let client = Client::ask(service.client_port(), &json!({})).read_aside();
    let exporter = Exporter::at("127.0.0.2", service.exporter_port());
    datagrams
        .iter()
        .for_each(|datagram| exporter.send(datagram));
    let ended = service.end();
    ended.assert_clean();
    let received = client.join().unwrap();
    received.assert_whole("shutdown");
    (received, ended)
}

/// A datagram of v5 whose one record goes the other way.
fn answered(sequence: u32, sample: Sample) -> Vec<u8> {
    let mut datagram = v5(sequence, &[sample]);
    let record = &mut datagram[V5_HEADER..];
    let (src, dst): (Vec<u8>, Vec<u8>) = (record[..4].to_vec(), record[4..8].to_vec());
    record[..4].copy_from_slice(&dst);
    record[4..8].copy_from_slice(&src);
    let ports: Vec<u8> = [&record[34..36], &record[32..34]].concat();
    record[32..36].copy_from_slice(&ports);
    datagram
}

/// Flows of fifty hosts, the number in source address and port.
fn fifty() -> Vec<Vec<u8>> {
    (0..50).map(|at| v5(at.into(), &[Sample(at)])).collect()
}

#[test]
fn records_and_flows_that_a_filter_does_not_take_are_left_out_and_counted() {
    let filter = "\"src ip in 198.18.0.0/28 and dst port 53\"";
    let (received, ended) = under(&[("aggregator.filter", filter)], &fifty());
    assert_eq!((received.flows.len(), ended.drained("filtered")), (16, 34));
    let filter = "\"src port >= 10040 and src_locality = private\"";
    let (received, ended) = under(&[("enricher.filter", filter)], &fifty());
    assert_eq!(
        ended.drained("flows_filtered") + received.flows.len() as u64,
        50
    );
    let filter = "\"src port >= 10040\"";
    let (received, ended) = under(&[("enricher.filter", filter)], &fifty());
    assert_eq!(
        (received.flows.len(), ended.drained("flows_filtered")),
        (10, 40)
    );
    assert!(
        received
            .flows
            .iter()
            .all(|flow| count(flow, "src_port") >= 10_040)
    );
}

#[test]
fn special_addresses_are_left_out_where_the_settings_say_so() {
    let mut multicast = v5(0, &[Sample(1)]);
    multicast[V5_HEADER + 4..V5_HEADER + 8].copy_from_slice(&Ipv4Addr::new(224, 0, 0, 5).octets());
    let datagrams = [multicast, v5(1, &[Sample(2)])];
    let (received, _) = under(&[], &datagrams);
    assert_eq!(received.flows.len(), 2);
    let (received, ended) = under(&[("aggregator.drop_special_addresses", "true")], &datagrams);
    assert_eq!((received.flows.len(), ended.drained("filtered")), (1, 1));
}

#[test]
fn both_directions_are_one_flow_where_the_settings_say_so() {
    let datagrams: Vec<_> = (0..20)
        .flat_map(|at| {
            [
                v5(2 * u32::from(at), &[Sample(at)]),
                answered(2 * u32::from(at) + 1, Sample(at)),
            ]
        })
        .collect();
    let (received, _) = under(&[("aggregator.biflow", "true")], &datagrams);
    assert_eq!(received.flows.len(), 20);
    for flow in &received.flows {
        assert_eq!(
            count(flow, "dst_port"),
            53,
            "the higher port is the initiator's: {flow}"
        );
        assert_eq!(
            (count(flow, "packets"), count(flow, "reverse_packets")),
            (1, 1)
        );
        assert_eq!(
            (count(flow, "bytes"), count(flow, "reverse_bytes")),
            (100, 100)
        );
    }
    let (received, _) = under(&[], &datagrams);
    assert_eq!(received.flows.len(), 40);
    assert!(
        received
            .flows
            .iter()
            .all(|flow| flow["reverse_packets"].is_null())
    );
}

#[test]
fn ports_from_a_limit_on_are_0() {
    let (received, _) = under(&[("anonymizer.port_limit", "10025")], &fifty());
    let zero = received
        .flows
        .iter()
        .filter(|flow| count(flow, "src_port") == 0);
    assert_eq!(zero.count(), 25);
    assert!(
        received
            .flows
            .iter()
            .all(|flow| count(flow, "dst_port") == 53)
    );
}

#[test]
fn flows_are_summed_by_key_and_interval_where_the_settings_say_so() {
    const DAY_MS: u64 = 86_400_000;
    let settings = [
        ("aggregator.rollup.interval", "1 d"),
        ("aggregator.rollup.key", r#"["dst_port", "protocol"]"#),
    ];
    let (received, ended) = under(&settings, &fifty());
    // It may run over midnight.
    assert!(
        matches!(received.flows.len(), 1 | 2),
        "{:?}",
        received.flows
    );
    let total = |name: &str| {
        received
            .flows
            .iter()
            .map(|sum| count(sum, name))
            .sum::<u64>()
    };
    let totals = ["packets", "bytes", "records"].map(total);
    assert_eq!(totals, [50, 5_000, 50]);
    for sum in &received.flows {
        assert_eq!((count(sum, "dst_port"), count(sum, "protocol")), (53, 17));
        assert_eq!(count(sum, "start_ms") % DAY_MS, 0);
        assert_eq!(count(sum, "end_ms"), count(sum, "start_ms") + DAY_MS);
        assert_eq!(sum["end_reason"], "forced");
        for null in [
            "src_addr",
            "dst_addr",
            "src_port",
            "exporter",
            "tos",
            "sampling_rate",
        ] {
            assert!(sum[null].is_null(), "{null}: {sum}");
        }
    }
    assert_eq!(ended.drained("rolled_up"), 50);
    assert_eq!(ended.drained("flows"), received.flows.len() as u64);
}

/// A message of IPFIX with a flow in each of these VLANs (0: none), which are the same
/// otherwise.
fn in_vlans(vlans: &[u16]) -> Vec<u8> {
    const TEMPLATE: u16 = 300;
    let fields = [(8, 4), (12, 4), (4, 1), (2, 4), (243, 2)];
    let records = vlans.iter().flat_map(|vlan| {
        let mut record = vec![198, 18, 0, 1, 198, 19, 0, 1, 17, 0, 0, 0, 1];
        record.extend(vlan.to_be_bytes());
        record
    });
    let message = ipfix::Message::new(0).template_of(TEMPLATE, &fields);
    message
        .set(TEMPLATE, &records.collect::<Vec<u8>>())
        .octets()
}

#[test]
fn flows_are_apart_by_vlan_and_show_it_where_the_settings_say_so() {
    let datagrams = [in_vlans(&[10, 20, 0, 20])];
    let shown = |received: &Received| {
        let flows = received.flows.iter();
        let mut shown: Vec<_> = flows
            .map(|flow| (flow["vlan_id"].as_u64(), count(flow, "packets")))
            .collect();
        shown.sort_unstable();
        shown
    };
    let (together, _) = under(&[], &datagrams);
    assert_eq!(shown(&together), [(Some(10), 4)], "the first record's");
    let (apart, _) = under(&[("aggregator.apart_by", r#"["vlan"]"#)], &datagrams);
    assert_eq!(shown(&apart), [(None, 1), (Some(10), 1), (Some(20), 2)]);
    let filter = "\"vlan_id = 20\"";
    let (filtered, _) = under(&[("aggregator.filter", filter)], &datagrams);
    assert_eq!(shown(&filtered), [(Some(20), 2)]);
}

#[test]
fn the_log_says_how_each_exporter_cuts_flows_and_whence_that_is_known() {
    let own = (
        "aggregator.exporters",
        r#"{"127.0.0.2" = {idle_timeout = "15 s"}}"#,
    );
    for (settings, idle, known_from) in [
        (&[][..], None, None),
        (
            &[("aggregator.exporter_idle_timeout", "20 s")],
            Some("20s"),
            Some("default"),
        ),
        (&[own], Some("15s"), Some("settings")),
    ] {
        let scratch = Scratch::new();
        let launch = Launch::new(&scratch, "data").without_anonymization();
        let settings = settings.iter();
        let launch = settings.fold(launch, |launch, (key, value)| launch.set(key, value));
        let service = launch.start();
        Exporter::at("127.0.0.2", service.exporter_port()).send(&v5(0, &[Sample(1)]));
        let told = service.wait_for_message("how an exporter cuts flows");
        service.end().assert_clean();
        assert_eq!(told["exporter"], "127.0.0.2");
        assert_eq!(told["active_known_from"], "default");
        let shown = idle.map_or("None".to_owned(), |idle| format!("Some({idle})"));
        assert_eq!(told["idle_timeout"], json!(shown));
        assert_eq!(told["idle_known_from"].as_str(), known_from);
    }
}

#[test]
fn a_filter_that_is_not_understood_is_refused_with_the_place_marked() {
    let scratch = Scratch::new();
    for (setting, said) in [
        (
            "aggregator.filter=\"proto tcp and bites > 5\"",
            "aggregator.filter",
        ),
        (
            "aggregator.filter=\"src country CH\"",
            "not known before aggregation",
        ),
        ("enricher.filter=\"(proto tcp\"", "enricher.filter"),
    ] {
        let outcome = run(&scratch, &["check", "--set", setting]);
        assert_eq!(outcome.code, Some(78), "{outcome:?}");
        assert!(outcome.stderr.contains(said), "{outcome:?}");
        assert!(outcome.stderr.contains('^'), "{outcome:?}");
    }
}

/// Flows of three protocols under settings are replayed to the same bytes with 1, 2 and 4
/// lanes; the raw run.
fn assert_replayed_alike(settings: &[(&str, &str)]) -> Ended {
    let scratch = Scratch::new();
    let key = scratch.join("key");
    let launch = |data: &str| {
        let launch = Launch::new(&scratch, data).with_short_timeouts();
        let launch = launch.set("anonymizer.key_file", key.to_str().unwrap());
        let settings = settings.iter();
        settings.fold(launch, |launch, (key, value)| launch.set(key, value))
    };
    let service = launch("data").start();
    let args = ["--protocol", "v5,v9,ipfix", "--active-timeout", "1"];
    let args = [&args[..], &["--count", "6000", "--rate", "2000"]].concat();
    generate(&scratch, service.exporter_port(), &args);
    let ended = service.end();
    ended.assert_clean();
    let (raw, prepared) = (scratch.join("data/raw"), scratch.join("data/prepared"));
    for (other, lanes) in [("one", "1"), ("two", "2"), ("four", "4")] {
        let again = launch(other).set("pipeline.lanes", lanes);
        let replay = again.replay_at_once(&raw).set("replay.pace", "max");
        let outcome = replay.run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert_same_segments(&prepared, &scratch.join(other).join("prepared"));
    }
    ended
}

#[test]
fn biflows_of_several_exporters_are_replayed_to_the_same_bytes_on_any_number_of_lanes() {
    assert_replayed_alike(&[
        ("aggregator.biflow", "true"),
        ("aggregator.filter", "\"not dst port 22\""),
    ]);
}

#[test]
fn blocks_of_records_are_replayed_to_the_same_bytes_on_any_number_of_lanes() {
    let ended = assert_replayed_alike(&[
        ("aggregator.blocks.records", "700"),
        ("aggregator.blocks.tcp_without_opening_left_out", "true"),
        ("aggregator.blocks.tcp_without_closing_left_out", "true"),
        ("aggregator.blocks.last_part_left_out", "true"),
        ("aggregator.filter", "\"not dst port 22\""),
    ]);
    let left_out = ["without_opening", "without_closing", "last_part"];
    let left_out = left_out.map(|reason| ended.of_reason("records", reason));
    assert!(left_out.iter().all(|&records| records > 0), "{left_out:?}");
    let published = ended.drained("flows") + ended.drained("merged");
    let filtered = ended.drained("filtered");
    assert_eq!(
        published + filtered + left_out.iter().sum::<u64>(),
        ended.drained("records")
    );
}

#[test]
fn sums_are_replayed_to_the_same_bytes_on_any_number_of_lanes() {
    let key = (
        "aggregator.rollup.key",
        r#"["exporter", "protocol", "dst_port"]"#,
    );
    let interval = ("aggregator.rollup.interval", "1 s");
    for (groups_max, lateness) in [("1000000", "0 s"), ("1000000", "1 s"), ("20", "1 s")] {
        let groups = ("aggregator.rollup.groups_max", groups_max);
        let lateness = ("aggregator.rollup.lateness", lateness);
        let ended = assert_replayed_alike(&[key, interval, groups, lateness]);
        let (flows, sums) = (ended.drained("rolled_up"), ended.drained("flows"));
        assert!(
            flows > 0 && sums > 0 && ended.drained("recorded") == sums,
            "{ended:?}"
        );
        assert_eq!(ended.drained("groups_without_room") > 0, groups_max == "20");
        if groups_max != "20" {
            assert!(sums < flows, "{sums} sums of {flows} flows");
        }
    }
}
