//! A server of clients without a pipeline in front of it: the Publisher gets its flows
//! from the test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use flow::Tick;
use mediation::anonymize::{Anonymization, Policy as Addresses};
use protocol::{Declaration, EndReason};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::accounting::{Accounting, Totals};
use crate::client_listener::ClientListener;
use crate::hall::{Hall, Limits};
use crate::message::{AnonymizedFlows, Barrier, EndOfRun, FlowOrder, Origin, Release};
use crate::publisher::{self, Publisher};
use crate::quarantine::Bin;
use crate::recorder::{self, PreparedRecorder};
use crate::ring::Ring;
use crate::sample::{self, EPOCH};
use crate::simulation::collector::{Seen, collector};
use crate::simulation::fault;
use crate::simulation::rig::options;
use crate::store::Store;
use crate::supervision::{Backoff, Incident, Policy, supervise};
use crate::terms::Terms;
use crate::test_directory::TestDirectory;

/// What is different in this house.
#[derive(Debug, Clone, Copy)]
pub(super) struct Furnishing {
    /// Whether what leaves the ring can be read from a store.
    pub(super) store: bool,
    /// Whether a Recorder writes that store; otherwise the test does.
    pub(super) recorder: bool,
    pub(super) ring_weight: usize,
    pub(super) write_timeout: Duration,
}

/// The smallest ring, a store, and much patience.
pub(super) const USUAL: Furnishing = Furnishing {
    store: true,
    recorder: true,
    ring_weight: 0,
    write_timeout: Duration::from_secs(60),
};

const POLICY: Policy = Policy {
    mailbox: 16,
    falls_max: 1_000,
    window: Duration::from_secs(60),
    backoff: Backoff {
        min: Duration::from_millis(1),
        max: Duration::from_millis(2),
    },
};

/// Runs a test within a system of its own.
pub(super) fn in_real_time<F: Future>(test: F) -> F::Output {
    fault::quiet();
    fault::disarm_all();
    let test = async { timeout(Duration::from_secs(120), test).await };
    let ended = System::new().block_on(test);
    ended.expect("it comes to no end")
}

pub(super) struct House {
    pub(super) address: SocketAddr,
    pub(super) ring: Arc<Ring>,
    pub(super) accounting: Arc<Accounting>,
    pub(super) incidents: Seen<Incident>,
    publisher: Addr<Publisher>,
    recorder: Option<Addr<PreparedRecorder>>,
    tick: Tick,
    /// What flows are published under from now on.
    pub(super) terms: Terms,
    pub(super) directory: TestDirectory,
    _listener: Addr<ClientListener>,
}

impl House {
    pub(super) async fn open(name: &str, furnishing: Furnishing) -> Self {
        let directory = TestDirectory::new(name);
        let accounting = Arc::new(Accounting::default());
        let ring = Arc::new(Ring::new(0, furnishing.ring_weight));
        let (overseer, incidents) = collector();
        let (quarantine, _) = collector();
        let bin = Bin::new(quarantine, Arc::clone(&accounting));
        let here = Arbiter::current();
        let records = furnishing.store && furnishing.recorder;
        let recorder = records.then(|| {
            let store = Store::open(options(directory.path(), 200_000)).unwrap();
            let (ring, bin) = (Arc::clone(&ring), bin.clone());
            let accounting = Arc::clone(&accounting);
            supervise(recorder::PREPARED, POLICY, overseer.clone(), &here, |_| {
                PreparedRecorder::new(store, ring, bin, accounting)
            })
        });
        let (to_ring, to_recorder) = (Arc::clone(&ring), recorder.clone().map(Addr::recipient));
        let counts = Arc::clone(&accounting);
        let publisher = supervise(publisher::NAME, POLICY, overseer.clone(), &here, |_| {
            Publisher::new(1, to_ring, to_recorder, bin, counts)
        });
        let history = furnishing.store.then(|| directory.path().join("prepared"));
        let hall = Arc::new(Hall {
            ring: Arc::clone(&ring),
            history,
            anonymization: Declaration::of(&Anonymization::new(Addresses::None)),
            legacy: protocol::LegacyRules::PLAIN,
            limits: Limits {
                request_timeout: Duration::from_secs(5),
                request_bytes_max: 1_000,
                write_timeout: furnishing.write_timeout,
            },
            first_client: watch::Sender::new(false),
            accounting: Arc::clone(&accounting),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let listeners = vec![Arc::new(listener)];
        let told = overseer.clone();
        let listener = supervise("client-listener", POLICY, overseer, &here, move |_| {
            ClientListener::new(listeners, hall, 1_000, POLICY, told)
        });
        Self {
            address,
            ring,
            accounting,
            incidents,
            publisher,
            recorder,
            tick: Tick::from_secs(EPOCH),
            terms: sample::terms(serde_json::Value::Null),
            directory,
            _listener: listener,
        }
    }

    /// Publishes so many flows as one block.
    pub(super) async fn publish(&mut self, flows: usize) {
        self.tick = self.tick.next();
        let from = Origin {
            lane: 0,
            release: Release::of(self.tick),
            last: true,
            order: FlowOrder::OfStream,
        };
        let flows = sample::anonymized(flows);
        let terms = self.terms.clone();
        let published = self.publisher.send(AnonymizedFlows { from, flows, terms });
        published.await.unwrap();
    }

    /// Waits until everything published is recorded, if anything is.
    pub(super) async fn settle(&self) {
        self.publisher.send(Barrier).await.unwrap();
    }

    /// Ends the stream, waits until every client has gone, and gives the counters.
    pub(super) async fn close(&self) -> Totals {
        self.settle().await;
        if let Some(recorder) = &self.recorder {
            let end = EndOfRun {
                ran_until: None,
                kernel_drops: 0,
            };
            recorder.send(end).await.unwrap();
        }
        self.ring.end(EndReason::Shutdown);
        self.until("the clients have gone", |totals| totals.sessions_open == 0)
            .await;
        let totals = self.accounting.totals();
        let sent = totals.flows_delivered + totals.flows_missed + totals.flows_abandoned;
        assert_eq!(totals.flows_offered, sent, "{totals:?}");
        totals
    }

    /// Waits until the counters say so.
    pub(super) async fn until(&self, what: &str, holds: impl Fn(&Totals) -> bool) {
        let begun = Instant::now();
        while !holds(&self.accounting.totals()) {
            let totals = self.accounting.totals();
            assert!(
                begun.elapsed().as_secs() < 30,
                "not in time: {what}; {totals:?}"
            );
            sleep(Duration::from_millis(2)).await;
        }
    }
}
