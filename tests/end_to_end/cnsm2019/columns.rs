//! What the 36 columns hold under the profile: addresses, networks, ports, positions.

use serde_json::json;

use crate::support::v5::Record;
use crate::support::{Client, Launch, Scratch};

use super::{Legacy, Row, profile, send, subscribed};

/// UDP from 192.168.42.1 and these others, in order, with ports around the limit.
fn records() -> Vec<Record> {
    let flow = |src: [u8; 4], dst: [u8; 4], ports| Record {
        src: src.into(),
        dst: dst.into(),
        ports,
        protocol: 17,
        tcp_flags: 0,
        packets: 5,
        bytes: 500,
        times: (0, 1_600),
    };
    vec![
        flow([192, 168, 42, 1], [8, 8, 8, 8], (32_767, 32_768)),
        flow([10, 1, 2, 3], [192, 168, 42, 0], (65_535, 53)),
        // Left out before blocks are counted.
        flow([10, 1, 2, 3], [224, 0, 0, 5], (520, 520)),
        flow([10, 1, 2, 3], [240, 0, 0, 1], (520, 520)),
        flow([10, 1, 2, 3], [255, 255, 255, 255], (520, 520)),
    ]
}

/// The profile with an own network, and a site for private addresses.
fn launch<'a>(scratch: &'a Scratch, data: &str) -> Launch<'a> {
    let own = scratch.file("own.csv", "prefix\n192.168.42.0/23\n");
    let vlans = scratch.file("vlans.csv", "prefix,vlan\n192.168.42.0/23,42\n");
    profile(scratch, data, 2)
        .set("enricher.private_prefixes", own.to_str().unwrap())
        .set("enricher.private_prefixes_vlans", vlans.to_str().unwrap())
        .set("enricher.site.country", "CH")
        .set("enricher.site.latitude", "47.4")
        .set("enricher.site.longitude", "8.5")
        .set("enricher.site.asn", "64496")
}

fn received(launch: &Launch<'_>, scratch: &Scratch) -> Legacy {
    let (received, ended) = subscribed(scratch, launch.start(), |service| {
        send(service, "127.0.0.2", 0, &records());
    });
    ended.assert_clean();
    assert_eq!(ended.drained("filtered"), 3);
    received
}

/// The cells of some columns, in order.
fn cells(row: &Row<'_>, columns: &str) -> String {
    let cells: Vec<&str> = columns.split(',').map(|column| row.text(column)).collect();
    cells.join(",")
}

#[test]
fn every_octet_of_addresses_and_networks_is_mapped_as_published() {
    let scratch = Scratch::new();
    let received = received(&launch(&scratch, "data"), &scratch);
    let [first, second] = &received.rows()[..] else {
        panic!("two rows: {}", received.0);
    };
    const ADDRESSES: &str =
        "src_addr,src_network,src_prefix_len,dst_addr,dst_network,dst_prefix_len";
    assert_eq!(
        cells(first, ADDRESSES),
        // The network of 8.8.8.8 is not known: 0.0.0.0.
        "233.31.143.128,233.31.143.68,23,240.39.126.115,173.79.13.68,0"
    );
    assert_eq!(first.text("src_vlan"), "42");
    assert_eq!(second.text("src_addr"), "169.149.250.207");
    assert_eq!(second.text("dst_addr"), "233.31.143.68");
    let exporter = first.text("export_host");
    assert!(
        exporter.ends_with(".79.13.241"),
        "{exporter} is 127.0.0.2, mapped"
    );
    assert!(!exporter.starts_with("127."), "{exporter}");
}

#[test]
fn ports_from_32768_on_are_0() {
    let scratch = Scratch::new();
    let received = received(&launch(&scratch, "data"), &scratch);
    let ports = |row: &Row<'_>| cells(row, "src_port,dst_port");
    let ports: Vec<String> = received.rows().iter().map(ports).collect();
    assert_eq!(ports, ["32767,0", "0,53"]);
}

#[test]
fn positions_are_swapped_unless_the_switch_mends_it() {
    const PLACE: &str = "src_country_code,src_longitude,src_latitude,src_asn,src_locality";
    let scratch = Scratch::new();
    let swapped = received(&launch(&scratch, "data"), &scratch);
    assert_eq!(cells(&swapped.rows()[0], PLACE), "216,47.4,8.5,64496,1");
    let mended = launch(&scratch, "mended").set("clients.legacy_positions_swapped", "false");
    let mended = received(&mended, &scratch);
    assert_eq!(cells(&mended.rows()[0], PLACE), "216,8.5,47.4,64496,1");
    let unknown = "dst_country_code,dst_longitude,dst_latitude,dst_asn,dst_vlan,dst_locality";
    assert_eq!(cells(&mended.rows()[0], unknown), "0,0.0,0.0,0,0,0");
}

#[test]
fn times_and_rates_are_in_the_units_of_the_original() {
    const TIMES: &str = "first_switched_ts,last_switched_ts,duration,bit_rate,flow_seq_num";
    let scratch = Scratch::new();
    let received = received(&launch(&scratch, "data"), &scratch);
    let rows = received.rows();
    let (first, second) = ("1575297360123,1575297361723,1.6,2500.0,0", "1");
    assert_eq!(cells(&rows[0], TIMES), first);
    assert_eq!(rows[1].text("flow_seq_num"), second);
    let split = "fs_year,fs_month,fs_day,fs_hour,fs_minute,fs_second";
    assert_eq!(cells(&rows[0], split), "2019,12,2,14,36,0");
}

#[test]
fn a_replay_of_the_prepared_flows_gives_the_same_rows() {
    let scratch = Scratch::new();
    let live = received(&launch(&scratch, "data"), &scratch);
    let prepared = scratch.join("data/prepared");
    let replay = launch(&scratch, "again")
        .replay(&prepared)
        .set("replay.pace", "max");
    let service = replay.start();
    let request = json!({"start": "earliest", "format": "legacy"});
    let again = Client::ask(service.client_port(), &request).read();
    service.wait().assert_clean();
    let rows = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(rows(&again.text()), rows(&live.0));
    assert_eq!(rows(&live.0).len(), 3);
}
