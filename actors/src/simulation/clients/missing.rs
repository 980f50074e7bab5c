//! What a client cannot get is declared, and nothing else.

use std::fs;
use std::time::Duration;

use super::client::Client;
use super::house::{Furnishing, House, USUAL, in_real_time};

const NO_STORE: Furnishing = Furnishing {
    store: false,
    ..USUAL
};

#[test]
fn without_a_store_a_slow_client_gets_gaps_that_add_up() {
    in_real_time(async {
        let mut house = House::open("gaps", NO_STORE).await;
        let mut clients = Vec::new();
        for _ in 0..3 {
            clients.push(Client::ask(house.address, Some(4_096), "{}").await);
        }
        let mut flows = 0;
        while house.ring.oldest_seq() < house.accounting.flows_delivered.get() + 1_000 {
            assert!(flows < 200_000, "their sockets take everything");
            house.publish(500).await;
            flows += 500;
        }
        let clients: Vec<_> = clients
            .into_iter()
            .map(|client| actix::spawn(client.read_all()))
            .collect();
        let totals = house.close().await;
        let (mut received, mut missed) = (0, 0);
        for client in clients {
            let got = client.await.unwrap();
            got.assert_is(0..flows);
            assert!(got.missed() > 0);
            (received, missed) = (received + got.count(), missed + got.missed());
        }
        assert_eq!(
            (totals.flows_delivered, totals.flows_missed),
            (received, missed)
        );
        assert_eq!(totals.flows_offered, 3 * flows);
    });
}

#[test]
fn what_was_not_recorded_is_a_gap_for_those_who_come_later() {
    in_real_time(async {
        let mut house = House::open("not-recorded", USUAL).await;
        for _ in 0..10 {
            house.publish(10).await;
        }
        house.settle().await;
        // Where the next segment would begin there is something else.
        let prepared = house.directory.path().join("prepared");
        let aside = house.directory.path().join("aside");
        fs::rename(&prepared, &aside).unwrap();
        fs::write(&prepared, "no directory").unwrap();
        let recorded = house.accounting.flows_recorded.get();
        while house.accounting.flows_not_recorded.get() < 100 {
            assert!(house.ring.next_seq() < 200_000, "all of it is recorded");
            house.publish(4_000).await;
            house.settle().await;
        }
        let lost_until = house.ring.next_seq();
        let lost = house.accounting.flows_not_recorded.get();
        fs::remove_file(&prepared).unwrap();
        fs::rename(&aside, &prepared).unwrap();
        // Once a second it tries again.
        tokio::time::sleep(Duration::from_secs(1)).await;
        for _ in 0..40 {
            house.publish(10).await;
        }
        house.settle().await;
        assert!(house.ring.oldest_seq() >= lost_until && recorded >= 100);
        let request = "{\"start\":\"earliest\",\"features\":[\"seq\"]}";
        let client = Client::ask(house.address, None, request).await;
        let reading = actix::spawn(client.read_all());
        let totals = house.close().await;
        let got = reading.await.unwrap();
        got.assert_is(0..totals.flows_published);
        let missing = lost_until - lost..lost_until;
        assert_eq!(got.gaps, std::slice::from_ref(&missing));
    });
}

#[test]
fn a_client_that_takes_nothing_for_too_long_is_left_and_counted() {
    in_real_time(async {
        let furnishing = Furnishing {
            write_timeout: Duration::from_millis(100),
            ..NO_STORE
        };
        let mut house = House::open("takes-nothing", furnishing).await;
        let idle = Client::ask(house.address, Some(4_096), "{}").await;
        let reads = Client::ask(house.address, None, "{\"features\":[\"seq\"]}").await;
        let reading = actix::spawn(reads.read_all());
        let mut flows = 0;
        while house.accounting.sessions_open.get() == 2 {
            assert!(flows < 500_000, "its socket takes everything");
            house.publish(500).await;
            flows += 500;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(house.accounting.flows_abandoned.get() > 0);
        let totals = house.close().await;
        let got = reading.await.unwrap();
        got.assert_is(0..flows);
        assert!(totals.flows_delivered >= got.count());
        drop(idle);
    });
}
