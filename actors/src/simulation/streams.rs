//! Exporters' sessions over the real stages, where sessions and the source fall while
//! messages come. The sockets are pipes in memory; all else is as in the pipeline.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::sleep;

use super::collector::{collector, tell};
use super::fault::{Trip, arm_next};
use super::outcome::ensure;
use super::random::{Random, for_each_seed};
use super::rig::{Rig, Setup};
use super::run::{POLICY, paused};
use crate::accounting::Totals;
use crate::exporter_session::{self, Connection, Ends, ExporterSession, Places, Reception};
use crate::quarantine::Bin;
use crate::supervision::{Incident, Policy, supervise};

/// Exporters of a run, and the messages with data that each of them has.
const EXPORTERS: u16 = 4;
const MESSAGES: u32 = 60;
/// Records of each.
const RECORDS: u32 = 5;

/// A message of IPFIX with one Set.
fn message(sequence: u32, set: u16, body: &[u8]) -> Vec<u8> {
    let octets = |len: usize| u16::try_from(len).unwrap().to_be_bytes();
    let mut message = [[0, 10], octets(20 + body.len())].concat();
    let export_secs = u32::try_from(super::driver::EPOCH_MS / 1_000).unwrap();
    for word in [export_secs, sequence, 7] {
        message.extend(word.to_be_bytes());
    }
    message.extend([set.to_be_bytes(), octets(4 + body.len())].concat());
    message.extend(body);
    message
}

/// Addresses, ports, protocol, octets and packets.
fn template() -> Vec<u8> {
    let fields = [[8_u16, 4], [12, 4], [7, 2], [11, 2], [4, 1], [1, 4], [2, 4]];
    let record = [256, 7].into_iter().chain(fields.into_iter().flatten());
    message(
        0,
        2,
        &record.flat_map(u16::to_be_bytes).collect::<Vec<u8>>(),
    )
}

fn data(exporter: u16, number: u32) -> Vec<u8> {
    let record = |record: u32| {
        let [.., high, low] = (number * RECORDS + record).to_be_bytes();
        let mut octets = vec![198, 18, high, low, 198, 19, 0, 1];
        octets.extend(exporter.to_be_bytes());
        octets.extend([0, 53, 17, 0, 0, 0, 100, 0, 0, 0, 1]);
        octets
    };
    let body: Vec<u8> = (0..RECORDS).flat_map(record).collect();
    message(number * RECORDS, 256, &body)
}

/// What all exporters share.
struct Hall {
    reception: Arc<Reception>,
    places: Arc<Places>,
    overseer: Recipient<Incident>,
    policy: Policy,
    /// Messages written whole.
    written: Cell<u64>,
}

impl Hall {
    fn new(rig: &Rig, policy: Policy) -> Self {
        let bin = Bin::new(
            rig.quarantine.clone().recipient(),
            Arc::clone(&rig.accounting),
        );
        let hour = Duration::from_secs(3_600);
        let reception = Reception::new(
            rig.driver.clone().recipient(),
            bin,
            Arc::clone(&rig.accounting),
            hour,
            hour,
        );
        Self {
            reception: Arc::new(reception),
            places: Arc::new(Places::new(100, 100)),
            overseer: collector().0,
            policy,
            written: Cell::default(),
        }
    }

    fn connect(&self, exporter: u16, room: usize) -> DuplexStream {
        // Always the same port: what one session told must be nothing to the next.
        let source = SocketAddr::from(([192, 0, 2, 1], exporter));
        let (ours, theirs) = duplex(room);
        let connection = Connection {
            stream: theirs,
            ends: Ends {
                source,
                destination: SocketAddr::from(([192, 0, 2, 254], 4_739)),
            },
            tls: None,
            place: self.places.take(source).unwrap(),
        };
        let reception = Arc::clone(&self.reception);
        supervise(
            exporter_session::NAME,
            self.policy,
            self.overseer.clone(),
            &Arbiter::current(),
            move |_| ExporterSession::new(connection, reception),
        );
        ours
    }
}

/// Writes a message in pieces; whether all of it was written.
async fn write(stream: &mut DuplexStream, random: &mut Random, message: &[u8]) -> bool {
    let mut rest = message;
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(1 + random.index(rest.len()));
        if stream.write_all(piece).await.is_err() {
            return false;
        }
        rest = behind;
        if random.percent(20) {
            sleep(Duration::from_millis(random.below(50))).await;
        }
    }
    true
}

/// An exporter that connects again when it is disconnected, sends its template then, and
/// goes on with the next message.
async fn export(hall: Rc<Hall>, exporter: u16, seed: u64) {
    let mut random = Random::new(seed ^ u64::from(exporter) << 40);
    let written = |whole: bool| hall.written.set(hall.written.get() + u64::from(whole));
    let mut next = 0;
    while next < MESSAGES {
        let mut stream = hall.connect(exporter, 1 + random.index(3_000));
        let mut open = write(&mut stream, &mut random, &template()).await;
        written(open);
        while open && next < MESSAGES {
            open = write(&mut stream, &mut random, &data(exporter, next)).await;
            written(open);
            next += 1;
        }
        if open && stream.shutdown().await.is_ok() {
            // Everything is taken in once the service has closed, too.
            drop(stream.read(&mut [0; 1]).await);
        }
    }
}

/// Lets things fall while exporters are at work.
async fn trouble(rig: &Rig, seed: u64, done: Rc<Cell<bool>>) {
    let mut random = Random::new(!seed);
    // Not too many: a stage that falls again rests longer each time.
    for _ in 0..random.below(20) {
        if done.get() {
            return;
        }
        sleep(Duration::from_millis(random.below(400))).await;
        match random.below(12) {
            0..=3 => arm_next(exporter_session::NAME),
            4..=6 => tell(&rig.driver, Trip::WithBatch),
            7 => tell(
                &rig.driver,
                Trip::Later(Duration::from_millis(random.below(200))),
            ),
            8 => tell(&rig.driver, Trip::Rebuild),
            9 => tell(&rig.lanes[0].aggregator, Trip::WithBatch),
            10 => tell(
                &rig.lanes[0].aggregator,
                Trip::Stall(Duration::from_secs(1)),
            ),
            _ => tell(&rig.publisher, Trip::Now),
        }
    }
}

/// What is counted at the end, and how many messages were written.
async fn run(name: &str, seed: u64, faults: bool) -> (Totals, u64) {
    let policy = Policy {
        falls_max: 1_000,
        ..POLICY
    };
    let setup = Setup {
        lanes: 2,
        policy,
        flows_max: 1_000_000,
        ring_weight: 1 << 30,
        segment_bytes: 1 << 30,
        waiting_max: None,
        block_records: None,
        threads: false,
    };
    let rig = Rig::start(name, setup);
    let hall = Rc::new(Hall::new(&rig, policy));
    let exporters: Vec<_> = (1..=EXPORTERS)
        .map(|exporter| actix::spawn(export(Rc::clone(&hall), exporter, seed)))
        .collect();
    let done = Rc::new(Cell::new(!faults));
    let over = Rc::clone(&done);
    let exported = async move {
        for exporter in exporters {
            exporter.await.unwrap();
        }
        over.set(true);
    };
    tokio::join!(exported, trouble(&rig, seed, done));
    hall.reception.closing.cancel();
    hall.places.all_free().await;
    rig.drain().await;
    let totals = rig.accounting.totals();
    rig.end();
    (totals, hall.written.get())
}

#[test]
fn without_faults_every_message_of_every_session_is_decoded() {
    for_each_seed(30, |seed| {
        let (totals, written) = paused(run(&format!("streams-{seed}"), seed, false));
        let expected = u64::from(EXPORTERS) * u64::from(1 + MESSAGES);
        ensure(written == expected, || format!("{written} written"))?;
        let counted = (totals.datagrams_received, totals.datagrams_decoded);
        ensure(counted == (written, written), || {
            format!("{counted:?} of {written}")
        })?;
        let records = u64::from(EXPORTERS) * u64::from(MESSAGES * RECORDS);
        ensure(totals.records_decoded == records, || format!("{totals:?}"))?;
        ensure(totals.streams_finished == u64::from(EXPORTERS), || {
            format!("{totals:?}")
        })?;
        ensure(totals.imbalances().is_empty(), || {
            format!("{:?}", totals.imbalances())
        })
    });
}

#[test]
fn whatever_falls_messages_are_counted_once_and_the_other_sessions_go_on() {
    let (mut fell, mut quarantined, mut falls) = (0, 0, 0);
    for_each_seed(100, |seed| {
        let (totals, written) = paused(run(&format!("streams-fall-{seed}"), seed, true));
        ensure(totals.imbalances().is_empty(), || {
            format!("{:?}", totals.imbalances())
        })?;
        ensure(totals.streams_open == 0, || format!("{totals:?}"))?;
        let ended = totals.streams_finished + totals.streams_fell;
        ensure(ended == totals.streams_begun, || format!("{totals:?}"))?;
        // What a session that fell had not handed over is the exporter's to know; of the
        // message that it was writing then, all may have been read.
        let most = written + totals.streams_fell;
        ensure(totals.datagrams_received <= most, || {
            format!("{written} written: {totals:?}")
        })?;
        ensure(
            totals.streams_fell > 0 || totals.datagrams_received == written,
            || format!("{written} written: {totals:?}"),
        )?;
        // That is not whole, mostly.
        let few = totals.datagrams_rejected <= totals.streams_fell;
        ensure(few, || format!("{totals:?}"))?;
        fell += totals.streams_fell;
        quarantined += totals.datagrams_quarantined;
        falls += totals.falls;
        Ok(())
    });
    println!("{fell} sessions fell, {quarantined} messages quarantined, {falls} falls of stages");
    let runs = super::random::seeds(100).count();
    assert!(
        runs < 50 || fell > 0 && quarantined > 0 && falls > 0,
        "too few faults"
    );
}

#[test]
fn a_run_of_sessions_is_the_same_each_time() {
    for_each_seed(10, |seed| {
        let [one, two] =
            ["one", "two"].map(|n| paused(run(&format!("streams-{n}-{seed}"), seed, true)));
        ensure(one == two, || format!("{one:?}\n{two:?}"))
    });
}
