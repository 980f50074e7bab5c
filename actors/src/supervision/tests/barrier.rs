//! A barrier is answered when what came before it was, whatever the stage went through.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::time::{Instant, sleep};

use super::poison::message;
use crate::accounting::Accounting;
use crate::enricher::{self, Enricher};
use crate::message::{Barrier, EnrichedFlows};
use crate::quarantine::Bin;
use crate::simulation::collector::{collector, tell};
use crate::simulation::{POLICY, Trip, paused};
use crate::supervision::supervise;

const SLOW: Duration = Duration::from_secs(10);

/// Takes its time for each batch.
struct Slow;

impl Actor for Slow {
    type Context = Context<Self>;
}

impl Handler<EnrichedFlows> for Slow {
    type Result = AtomicResponse<Self, ()>;

    fn handle(&mut self, _: EnrichedFlows, _: &mut Context<Self>) -> Self::Result {
        AtomicResponse::new(Box::pin(fut::wrap_future(sleep(SLOW))))
    }
}

#[test]
fn a_barrier_is_answered_after_the_batch_before_it_also_if_the_stage_fell_meanwhile() {
    paused(async {
        for falls in [false, true] {
            let (quarantine, quarantined) = collector();
            let (overseer, incidents) = collector();
            let accounting = Arc::new(Accounting::default());
            let bin = Bin::new(quarantine, Arc::clone(&accounting));
            let (next, here) = (Slow.start().recipient(), Arbiter::current());
            let enricher = supervise(enricher::NAME, POLICY, overseer, &here, move |_| {
                Enricher::new(Arc::default(), next, bin, accounting)
            });
            if falls {
                enricher.send(Trip::AfterBatch).await.unwrap();
            }
            let begun = Instant::now();
            tell(&enricher, message(&[1]));
            enricher.send(Barrier).await.unwrap();
            assert_eq!(begun.elapsed().as_secs(), SLOW.as_secs(), "falls: {falls}");
            assert_eq!(incidents.lock().unwrap().len(), usize::from(falls));
            assert!(quarantined.lock().unwrap().is_empty());
        }
    });
}
