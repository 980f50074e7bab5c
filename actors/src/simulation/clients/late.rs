//! Clients that come late or fall behind go on from the store.

use std::time::Duration;

use protocol::{Block, Form, Format};
use tokio::time::sleep;

use super::client::Client;
use super::house::{House, USUAL, in_real_time};
use crate::sample;

/// The lines of so many blocks of `flows` flows with all fields.
fn text(format: Format, blocks: u64, flows: usize) -> String {
    let block = |number: u64| {
        let first_seq = number * flows as u64;
        let block = Block::new(
            first_seq,
            flow::Tick::default(),
            None,
            sample::anonymized(flows),
        );
        String::from_utf8(block.encoded(&Form::all(format)).to_vec()).unwrap()
    };
    (0..blocks).map(block).collect()
}

#[test]
fn a_late_client_crosses_from_the_store_into_live_without_gap_or_duplicate() {
    in_real_time(async {
        for (format, name) in [(Format::Jsonl, "jsonl"), (Format::Csv, "csv")] {
            let mut house = House::open(&format!("late-{name}"), USUAL).await;
            for _ in 0..60 {
                house.publish(20).await;
            }
            assert!(house.ring.oldest_seq() > 0, "history is in the store alone");
            let request = format!("{{\"start\":\"earliest\",\"format\":\"{name}\"}}");
            let client = Client::ask(house.address, None, &request).await;
            assert_eq!(client.first_seq, 0);
            let reading = actix::spawn(client.read_all());
            for number in 0..60 {
                house.publish(20).await;
                if number % 4 == 0 {
                    sleep(Duration::from_millis(1)).await;
                }
            }
            let totals = house.close().await;
            let got = reading.await.unwrap();
            got.assert_is(0..2_400);
            assert_eq!(got.missed(), 0);
            assert_eq!(
                got.text,
                text(format, 120, 20),
                "what was published, octet by octet"
            );
            assert_eq!(totals.flows_delivered, 2_400);
        }
    });
}

#[test]
fn a_client_gets_the_rest_of_a_block_that_it_begins_within() {
    in_real_time(async {
        let mut house = House::open("within", USUAL).await;
        for _ in 0..60 {
            house.publish(20).await;
        }
        house.settle().await;
        let mut clients = Vec::new();
        for seq in [7, 39, 40, 1_190, 1_199, 1_200] {
            let request = format!("{{\"start\":\"seq:{seq}\",\"features\":[\"seq\"]}}");
            let client = Client::ask(house.address, None, &request).await;
            assert_eq!(client.first_seq, seq);
            clients.push((seq, actix::spawn(client.read_all())));
        }
        house.close().await;
        for (seq, client) in clients {
            let got = client.await.unwrap();
            got.assert_is(seq..1_200);
            assert_eq!(got.missed(), 0);
        }
    });
}

#[test]
fn a_client_that_does_not_read_for_a_while_gets_everything_from_the_store() {
    in_real_time(async {
        let mut house = House::open("lazy", USUAL).await;
        let client = Client::ask(house.address, Some(4_096), "{}").await;
        let mut flows = 0;
        // Until the ring has lost what its socket could not take.
        while house.ring.oldest_seq() < house.accounting.flows_delivered.get() + 1_000 {
            assert!(flows < 200_000, "its socket takes everything");
            house.publish(500).await;
            flows += 500;
        }
        house.settle().await;
        let reading = actix::spawn(client.read_all());
        let totals = house.close().await;
        let got = reading.await.unwrap();
        got.assert_is(0..flows);
        assert_eq!((got.missed(), totals.flows_missed), (0, 0));
        assert_eq!(totals.flows_delivered, flows);
    });
}
