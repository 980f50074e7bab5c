//! The stages of the lanes, and what every stage of a rig is built with.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use actix::prelude::*;
use flow::{Place, Tick};
use mediation::anonymize::{KeyRing, Scheme};
use mediation::enrich::Lookup;

use super::rig::{EPOCHS, Setup, key};
use super::traffic::is_poison;
use crate::accounting::Accounting;
use crate::aggregator::{self, Aggregator, Core};
use crate::anonymizer::{self, Anonymizer};
use crate::edition::Edition;
use crate::enricher::{self, Enricher};
use crate::gate::Gate;
use crate::lanes::LaneEntry;
use crate::publisher::Publisher;
use crate::quarantine::{Bin, Quarantine, Shelf};
use crate::supervision::{Incident, supervise};
use crate::terms::Calendar;

/// Knows nothing, and panics on poison.
struct Poisonable;

impl Lookup for Poisonable {
    fn place(&self, addr: IpAddr) -> Place {
        if is_poison(addr) {
            super::fault::fall("lookup", "on poison");
        }
        Place::default()
    }
}

/// The databases and the key of a run.
pub(crate) fn calendar() -> Calendar {
    let edition = Edition::new(Arc::new(Poisonable), serde_json::Value::Null);
    let keys = KeyRing::new(Scheme::STANDARD, EPOCHS, key());
    Calendar::new(Arc::new(edition), keys)
}

/// What every stage is built with.
pub(crate) struct Parts {
    pub(crate) setup: Setup,
    overseer: Recipient<Incident>,
    pub(crate) accounting: Arc<Accounting>,
    pub(crate) bin: Bin,
    pub(crate) gate: Gate,
    pub(crate) quarantine: Addr<Quarantine>,
    /// Those made so far, if each stage has its own.
    pub(crate) arbiters: Vec<Arbiter>,
}

impl Parts {
    pub(crate) fn new(
        setup: Setup,
        overseer: Recipient<Incident>,
        accounting: Arc<Accounting>,
        directory: &Path,
    ) -> Self {
        let mut arbiters = Vec::new();
        let shelf = Shelf::new(&directory.join("quarantine"), 1 << 30);
        let quarantine = supervise(
            "quarantine",
            setup.policy,
            overseer.clone(),
            &arbiter(setup, &mut arbiters),
            move |_| Quarantine::new(shelf),
        );
        let bin = Bin::new(quarantine.clone().recipient(), Arc::clone(&accounting));
        Self {
            setup,
            overseer,
            accounting,
            bin,
            gate: Gate::default(),
            quarantine,
            arbiters,
        }
    }

    /// Starts a stage.
    pub(crate) fn supervise<A>(
        &mut self,
        name: &'static str,
        build: impl FnOnce(&mut Context<A>) -> A + Send + 'static,
    ) -> Addr<A>
    where
        A: Supervised + Actor<Context = Context<A>>,
    {
        let arbiter = arbiter(self.setup, &mut self.arbiters);
        let overseer = self.overseer.clone();
        supervise(name, self.setup.policy, overseer, &arbiter, build)
    }
}

fn arbiter(setup: Setup, arbiters: &mut Vec<Arbiter>) -> ArbiterHandle {
    if !setup.threads {
        return Arbiter::current();
    }
    let arbiter = Arbiter::new();
    let handle = arbiter.handle();
    arbiters.push(arbiter);
    handle
}

/// The stages of one lane.
pub(crate) struct Lane {
    pub(crate) aggregator: Addr<Aggregator>,
    pub(crate) enricher: Addr<Enricher>,
    pub(crate) anonymizer: Addr<Anonymizer>,
}

impl Lane {
    pub(crate) fn start(
        number: usize,
        core: Core,
        parts: &mut Parts,
        publisher: &Addr<Publisher>,
    ) -> Self {
        let (bin, accounting) = (parts.bin.clone(), Arc::clone(&parts.accounting));
        let (gate, next) = (parts.gate.clone(), publisher.clone().recipient());
        let anonymizer = parts.supervise(anonymizer::NAME, move |_| {
            Anonymizer::new(gate, next, bin, accounting)
        });
        let (bin, accounting) = (parts.bin.clone(), Arc::clone(&parts.accounting));
        let next = anonymizer.clone().recipient();
        let enricher = parts.supervise(enricher::NAME, move |_| {
            Enricher::new(Arc::default(), next, bin, accounting)
        });
        let (bin, accounting) = (parts.bin.clone(), Arc::clone(&parts.accounting));
        let next = enricher.clone().recipient();
        let terms = calendar().at(Tick::default());
        let aggregator = parts.supervise(aggregator::NAME, move |_| {
            Aggregator::new(number, core, terms, next, bin, accounting)
        });
        Self {
            aggregator,
            enricher,
            anonymizer,
        }
    }

    pub(crate) fn entry(&self) -> LaneEntry {
        LaneEntry {
            flows: self.aggregator.clone().recipient(),
            ticks: self.aggregator.clone().recipient(),
            blocks: self.aggregator.clone().recipient(),
            ends: self.aggregator.clone().recipient(),
        }
    }
}
