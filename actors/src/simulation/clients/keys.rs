//! Clients are told under which key flows left, wherever these come from.

use std::sync::Arc;

use mediation::anonymize::{Epochs, Key, KeyName, KeyRing, Scheme};
use protocol::Format;

use super::client::{Client, Got};
use super::house::{Furnishing, House, USUAL, in_real_time};
use crate::simulation::rig::EPOCHS;

/// The keys of the blocks that are published, ten flows each: which master key, and which
/// hour of its epoch.
const KEYS: [(u8, i64); 60] = {
    let mut keys = [(1, 0); 60];
    let mut number = 20;
    while number < 60 {
        keys[number] = (if number < 40 { 1 } else { 2 }, 1);
        number += 1;
    }
    keys
};

/// A change of key in the stream: where, and to which.
fn changes() -> [(u64, KeyName); 3] {
    [(0, 0), (200, 20), (400, 40)].map(|(seq, at)| (seq, name(KEYS[at])))
}

fn ring((octet, hour): (u8, i64)) -> KeyRing {
    let key = Key::from_octets(&[octet; Key::LEN]).unwrap();
    let mut ring = KeyRing::new(Scheme::STANDARD, EPOCHS, key);
    ring.at(flow::Tick::from_secs(hour * 3_600));
    ring
}

fn name(of: (u8, i64)) -> KeyName {
    ring(of).in_force().key().unwrap()
}

async fn publish(house: &mut House, keys: &[(u8, i64)]) {
    let mut last = None;
    for &key in keys {
        if last.replace(key) != Some(key) {
            house.terms.anonymization = Arc::clone(ring(key).in_force());
        }
        house.publish(10).await;
    }
    house.settle().await;
}

/// The notices of the changes from the `skip`th on, in a format.
fn notices(format: Format, skip: usize) -> Vec<(u64, String)> {
    let notice = |(seq, name)| {
        let line = String::from_utf8(protocol::key(format, seq, Some(name))).unwrap();
        (seq, line.trim_end().to_owned())
    };
    changes().into_iter().skip(skip).map(notice).collect()
}

fn assert_welcomed(client: &Client, name: KeyName) {
    let said = &client.anonymization;
    assert_eq!(said["key_id"], name.id.to_string(), "{said}");
    let epoch = name.epoch.unwrap().to_string();
    assert_eq!(said["key_epoch"], epoch, "{said}");
}

async fn read(house: &House, client: Client) -> Got {
    let reading = actix::spawn(client.read_all());
    house.close().await;
    reading.await.unwrap()
}

#[test]
fn a_client_is_told_each_key_before_the_first_flow_under_it_in_every_format() {
    in_real_time(async {
        for (format, name) in [(Format::Jsonl, "jsonl"), (Format::Csv, "csv")] {
            let mut house = House::open(&format!("keys-live-{name}"), USUAL).await;
            let request = format!("{{\"format\":\"{name}\"}}");
            let client = Client::ask(house.address, None, &request).await;
            assert!(
                client.anonymization.get("key_id").is_none(),
                "not known yet"
            );
            let reading = actix::spawn(client.read_all());
            publish(&mut house, &KEYS).await;
            house.close().await;
            let got = reading.await.unwrap();
            got.assert_is(0..600);
            assert_eq!(got.keys, notices(format, 0), "{name}");
        }
    });
}

/// Who begins at any position is welcomed with the key of the flow there.
async fn assert_told_from_anywhere(house: &House, (format, name): (Format, &str)) {
    for (seq, change) in [(0, 0), (199, 0), (200, 1), (215, 1), (599, 2), (600, 2)] {
        let request = format!("{{\"start\":\"seq:{seq}\",\"format\":\"{name}\"}}");
        let mut client = Client::ask(house.address, None, &request).await;
        assert_welcomed(&client, changes()[change].1);
        client.read_flows(600 - seq).await;
        let got = client.leave();
        assert_eq!(got.count(), 600 - seq);
        assert_eq!(got.keys, notices(format, change + 1), "{name} from {seq}");
    }
}

#[test]
fn who_catches_up_from_disk_or_memory_is_told_the_keys_of_then() {
    in_real_time(async {
        for (format, name) in [(Format::Jsonl, "jsonl"), (Format::Csv, "csv")] {
            for (ring_weight, oldest) in [(0, 400..600), (1 << 30, 0..1)] {
                let furnishing = Furnishing {
                    ring_weight,
                    ..USUAL
                };
                let place = format!("keys-{name}-{ring_weight}");
                let mut house = House::open(&place, furnishing).await;
                publish(&mut house, &KEYS).await;
                assert!(
                    oldest.contains(&house.ring.oldest_seq()),
                    "what is in memory"
                );
                assert_told_from_anywhere(&house, (format, name)).await;
                house.close().await;
            }
        }
    });
}

#[test]
fn behind_a_gap_the_key_of_what_follows_is_told() {
    in_real_time(async {
        let furnishing = Furnishing {
            store: false,
            ..USUAL
        };
        let mut house = House::open("keys-gap", furnishing).await;
        // Its session does not run before all is published, and the ring keeps the last.
        publish(&mut house, &KEYS[..1]).await;
        let client = Client::ask(house.address, None, "{\"start\":\"earliest\"}").await;
        assert_welcomed(&client, changes()[0].1);
        let mut client = client;
        client.read_flows(10).await;
        publish(&mut house, &KEYS[1..]).await;
        let got = read(&house, client).await;
        got.assert_is(0..600);
        let last = got.keys.last().map(|(_, line)| line.clone());
        let told = notices(Format::Jsonl, 2)[0]
            .1
            .split_once("key_id")
            .unwrap()
            .1
            .to_owned();
        assert!(last.unwrap().ends_with(&told), "{:?}", got.keys);
    });
}

#[test]
fn a_key_that_is_no_longer_used_is_told_too() {
    in_real_time(async {
        let mut house = House::open("keys-none", USUAL).await;
        let none = Arc::clone(&house.terms.anonymization);
        house.terms.anonymization = Arc::clone(
            KeyRing::new(
                Scheme::STANDARD,
                Epochs::Off,
                Key::from_octets(&[7; 32]).unwrap(),
            )
            .in_force(),
        );
        let client = Client::ask(house.address, None, "{}").await;
        house.publish(10).await;
        house.terms.anonymization = none;
        house.publish(10).await;
        let got = read(&house, client).await;
        got.assert_is(0..20);
        let lines: Vec<&str> = got.keys.iter().map(|(_, line)| line.as_str()).collect();
        assert_eq!(
            lines,
            [
                r#"{"key":{"from":0,"key_id":"e0c2c277c060c477","key_epoch":null}}"#,
                r#"{"key":{"from":10,"key_id":null,"key_epoch":null}}"#,
            ]
        );
    });
}
