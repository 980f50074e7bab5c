//! A session looks for what is not stored while more is stored.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use actix::System;
use flow::Tick;
use protocol::{Block, Form, Format};
use tokio::time::sleep;

use super::client::Client;
use super::house::{Furnishing, House, USUAL};
use crate::sample;
use crate::simulation::rig::options;
use crate::store::Store;

fn blocks(numbers: std::ops::Range<u64>) -> impl Iterator<Item = Arc<Block>> {
    numbers.map(|number| {
        let tick = Tick::from_secs(i64::try_from(number).unwrap());
        Arc::new(Block::new(number * 10, tick, None, sample::anonymized(10)))
    })
}

fn append(store: &mut Store, block: &Block) {
    let rows = block.encoded(&Form::all(Format::Csv));
    store.skip_to(block.first_seq()).unwrap();
    store.append(block.tick().millis(), 10, &rows).unwrap();
}

/// One thread for waiting work, so that the test says when a store is read.
fn system() -> actix::SystemRunner {
    System::with_tokio_rt(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder
            .enable_all()
            .max_blocking_threads(1)
            .build()
            .unwrap()
    })
}

#[test]
fn what_is_recorded_while_a_session_looks_for_what_is_not_is_no_gap() {
    system().block_on(async {
        let by_hand = Furnishing {
            recorder: false,
            ..USUAL
        };
        let house = House::open("race", by_hand).await;
        let mut store = Store::open(options(house.directory.path(), 1 << 30)).unwrap();
        for block in blocks(0..21) {
            // Only the first is stored; nothing will become of the others.
            if block.first_seq() == 0 {
                append(&mut store, &block);
            }
            house.ring.push(block);
        }
        house.ring.set_written(210);
        let (go_on, wait) = mpsc::channel::<()>();
        drop(tokio::task::spawn_blocking(move || wait.recv()));
        let request = "{\"start\":\"seq:20\",\"features\":[\"seq\"]}";
        let client = Client::ask(house.address, None, request).await;
        sleep(Duration::from_millis(50)).await;
        // From here on the session's own thread is busy, with this: it looks, finds
        // nothing, and learns of it only when more is there.
        go_on.send(()).unwrap();
        std::thread::sleep(Duration::from_millis(100));
        for block in blocks(21..41) {
            append(&mut store, &block);
            house.ring.push(block);
        }
        house.ring.set_written(410);
        assert_eq!(
            house.ring.oldest_seq(),
            250,
            "stored, and gone from the ring"
        );
        let reading = actix::spawn(client.read_all());
        house.close().await;
        let got = reading.await.unwrap();
        got.assert_is(20..410);
        let all = 210..410;
        assert_eq!(got.received, std::slice::from_ref(&all), "{:?}", got.gaps);
    });
}
