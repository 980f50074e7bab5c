//! Many clients that come and go while blocks are published.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::sleep;

use super::client::{Client, Got};
use super::house::{Furnishing, House, USUAL, in_real_time};
use crate::simulation::random::{Random, for_each_seed};

const CLIENTS: usize = 50;

/// What a client does.
#[derive(Debug)]
struct Habit {
    comes_after: Duration,
    request: String,
    window: Option<u32>,
    /// After so many flows it goes; `None` if it stays to the end.
    goes_after: Option<u64>,
    /// It pauses once, after so many flows.
    pauses_after: u64,
    pause: Duration,
}

impl Habit {
    /// Without a store, position 0 is soon gone.
    fn of(random: &mut Random, store: bool) -> Self {
        let starts = ["live", "earliest", "seq:0"];
        let start = starts[random.index(if store { 3 } else { 2 })];
        let format = ["jsonl", "csv"][random.index(2)];
        let features = ["", ",\"features\":[\"seq\"]"][random.index(2)];
        Self {
            comes_after: Duration::from_millis(random.below(300)),
            request: format!("{{\"start\":\"{start}\",\"format\":\"{format}\"{features}}}"),
            window: random.percent(30).then_some(4_096),
            goes_after: random.percent(40).then(|| random.below(2_000)),
            pauses_after: random.below(1_000),
            pause: Duration::from_millis(random.below(300)),
        }
    }

    async fn live(self, address: SocketAddr) -> (u64, Got) {
        sleep(self.comes_after).await;
        let mut client = Client::ask(address, self.window, &self.request).await;
        let first_seq = client.first_seq;
        client.read_flows(self.pauses_after).await;
        sleep(self.pause).await;
        match self.goes_after {
            Some(flows) => {
                client.read_flows(flows).await;
                (first_seq, client.leave())
            }
            None => (first_seq, client.read_all().await),
        }
    }
}

/// Runs the clients; gives what they got and missed together.
async fn come_and_go(name: &str, seed: u64, furnishing: Furnishing) -> (u64, u64) {
    let mut random = Random::new(seed);
    // Without a store, more than sockets hold while a client pauses.
    let flows_max = if furnishing.store { 40 } else { 200 };
    let mut house = House::open(&format!("{name}-{seed}"), furnishing).await;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| actix::spawn(Habit::of(&mut random, furnishing.store).live(house.address)))
        .collect();
    for _ in 0..150 {
        house.publish(1 + random.index(flows_max)).await;
        sleep(Duration::from_millis(random.below(4))).await;
    }
    // The last of them have come by then.
    house
        .until("all have come", |totals| {
            totals.sessions_begun == CLIENTS as u64
        })
        .await;
    sleep(Duration::from_millis(50)).await;
    let totals = house.close().await;
    let (mut got, mut missed) = (0, 0);
    for client in clients {
        let (first_seq, books) = client.await.unwrap();
        books.assert_is(first_seq..totals.flows_published);
        (got, missed) = (got + books.count(), missed + books.missed());
    }
    assert!(totals.flows_delivered >= got && totals.flows_missed >= missed);
    assert_eq!(totals.sessions_begun, CLIENTS as u64);
    (got, missed)
}

#[test]
fn clients_that_come_and_go_get_the_stream_without_gaps_from_ring_and_store() {
    for_each_seed(2, |seed| {
        let (got, missed) = in_real_time(come_and_go("going", seed, USUAL));
        println!("seed {seed}: {got} flows received");
        assert!(got > 0 && missed == 0, "{missed} missed");
        Ok(())
    });
}

#[test]
fn without_a_store_what_they_get_and_what_they_miss_add_up() {
    let furnishing = Furnishing {
        store: false,
        ..USUAL
    };
    for_each_seed(2, |seed| {
        let (got, missed) = in_real_time(come_and_go("going-ring", seed, furnishing));
        println!("seed {seed}: {got} flows received, {missed} declared missing");
        assert!(got > 0);
        Ok(())
    });
}
