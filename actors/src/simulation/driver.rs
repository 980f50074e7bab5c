//! The Driver stands in for the Receiver: it plays datagrams and ticks into the real
//! intake.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use actix::prelude::*;
use flow::{ReceiveTime, Tick};
use tokio::time::Instant;

use crate::intake::Intake;
use crate::message::{Arrivals, Drain, StreamMessages, Verdict};

/// The name in incidents and quarantine.
pub(crate) const NAME: &str = "driver";

/// A datagram on its way to the intake.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) received: ReceiveTime,
    pub(crate) source: SocketAddr,
    pub(crate) payload: Vec<u8>,
}

/// Take in these datagrams, as one batch.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub(crate) struct Deliver(pub(crate) Vec<Sent>);

/// The clock has come to a tick that no datagram brought.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub(crate) struct Advance(pub(crate) Tick);

/// A run ends and another may follow.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub(crate) struct EndRun;

pub(crate) struct Driver {
    intake: Intake,
    /// Batches taken in so far.
    taken: Arc<AtomicUsize>,
    begun: Instant,
}

/// When the clock of sessions begins, in Unix milliseconds.
pub(crate) const EPOCH_MS: i64 = 1_700_000_000_000;

impl Driver {
    pub(crate) fn new(intake: Intake, taken: Arc<AtomicUsize>) -> Self {
        let begun = Instant::now();
        Self {
            intake,
            taken,
            begun,
        }
    }
}

impl Actor for Driver {
    type Context = Context<Self>;
}

impl Supervised for Driver {}

impl Handler<Deliver> for Driver {
    type Result = ();

    fn handle(&mut self, Deliver(sent): Deliver, ctx: &mut Context<Self>) {
        let mut batch = Arrivals::default();
        for datagram in &sent {
            batch.push(dataset::Datagram {
                received: self.intake.stamp(datagram.received),
                source: datagram.source,
                destination: SocketAddr::from(([192, 0, 2, 254], 2_055)),
                payload: &datagram.payload,
            });
        }
        self.taken.fetch_add(1, SeqCst);
        self.intake.take_in(&batch, ctx);
    }
}

impl Handler<StreamMessages> for Driver {
    type Result = Verdict;

    /// As the Receiver does it, on the clock of the run.
    fn handle(&mut self, sent: StreamMessages, ctx: &mut Context<Self>) -> Verdict {
        super::tripwire(NAME);
        let millis = i64::try_from(self.begun.elapsed().as_millis()).unwrap();
        let now = ReceiveTime::from_millis(EPOCH_MS + millis);
        let received = self.intake.stamp(now);
        self.taken.fetch_add(1, SeqCst);
        self.intake
            .take_in(&Arrivals::of_session(&sent, received), ctx);
        self.intake.verdict(sent.source)
    }
}

impl Handler<Advance> for Driver {
    type Result = ();

    fn handle(&mut self, Advance(tick): Advance, ctx: &mut Context<Self>) {
        if self.intake.ticked().is_some_and(|ticked| tick > ticked) {
            self.intake.advance(tick, ctx);
        }
    }
}

impl Handler<EndRun> for Driver {
    type Result = ();

    fn handle(&mut self, _: EndRun, ctx: &mut Context<Self>) {
        self.intake.end_run(ctx);
    }
}

impl Handler<Drain> for Driver {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Drain, ctx: &mut Context<Self>) -> Self::Result {
        self.intake.end_run(ctx);
        Box::pin(fut::ready(()))
    }
}
