//! An actor that falls where it is told to.

use std::time::Duration;

use actix::prelude::*;
use tokio::time::{Instant, sleep};

use crate::simulation::collector::{Seen, collector};
use crate::simulation::{POLICY, fall};
use crate::supervision::{Incident, Policy, supervise};

/// Where it falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Started,
    Timer,
    Future,
    Stopped,
    Restarting,
}

#[derive(Default)]
pub(super) struct Walker {
    /// Where it is to fall, once for each time it is named.
    pub(super) trips: Vec<Place>,
    /// The numbers it heard.
    pub(super) heard: Seen<u32>,
    /// When it started.
    pub(super) starts: Seen<Instant>,
    /// Whether it stops itself whenever it starts.
    pub(super) restless: bool,
}

impl Walker {
    pub(super) fn falling_in(trips: &[Place]) -> Self {
        Self {
            trips: trips.to_vec(),
            ..Self::default()
        }
    }

    fn step(&mut self, place: Place) {
        if let Some(at) = self.trips.iter().position(|trip| *trip == place) {
            self.trips.remove(at);
            fall("walker", &format!("in {place:?}"));
        }
    }
}

impl Actor for Walker {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.starts.lock().unwrap().push(Instant::now());
        self.step(Place::Started);
        ctx.run_later(Duration::from_millis(10), |walker, _| {
            walker.step(Place::Timer);
        });
        let later = sleep(Duration::from_millis(20)).into_actor(self);
        ctx.spawn(later.map(|(), walker, _| walker.step(Place::Future)));
        if self.restless {
            ctx.stop();
        }
    }

    fn stopped(&mut self, _: &mut Context<Self>) {
        self.step(Place::Stopped);
    }
}

impl Supervised for Walker {
    fn restarting(&mut self, _: &mut Context<Self>) {
        self.step(Place::Restarting);
    }
}

/// Remember this number; answers with all that were heard.
#[derive(Message)]
#[rtype(result = "Vec<u32>")]
pub(super) struct Hear(pub(super) u32);

impl Handler<Hear> for Walker {
    type Result = Vec<u32>;

    fn handle(&mut self, Hear(number): Hear, _: &mut Context<Self>) -> Vec<u32> {
        let mut heard = self.heard.lock().unwrap();
        heard.push(number);
        heard.clone()
    }
}

/// Fall in the handler of this message, or stop.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) enum Do {
    Fall,
    Stop,
}

impl Handler<Do> for Walker {
    type Result = ();

    fn handle(&mut self, what: Do, ctx: &mut Context<Self>) {
        match what {
            Do::Fall => fall("walker", "in a handler"),
            Do::Stop => ctx.stop(),
        }
    }
}

/// A supervised walker, and what its supervisor said.
pub(super) fn walk(policy: Policy, walker: Walker) -> (Addr<Walker>, Seen<Incident>) {
    let (overseer, incidents) = collector();
    let walker = supervise(
        "walker",
        policy,
        overseer,
        &Arbiter::current(),
        move |_: &mut Context<Walker>| walker,
    );
    (walker, incidents)
}

/// The same with the usual policy.
pub(super) fn walk_as_usual(trips: &[Place]) -> (Addr<Walker>, Seen<Incident>) {
    walk(POLICY, Walker::falling_in(trips))
}

/// The causes of the falls so far.
pub(super) fn causes(incidents: &Seen<Incident>) -> Vec<String> {
    let cause = |incident: &Incident| match incident {
        Incident::Restarted { .. } => "restarted".to_owned(),
        Incident::Fell { cause, .. } => cause.text().to_owned(),
        Incident::GaveUp { cause, .. } => format!("gave up: {}", cause.text()),
    };
    incidents.lock().unwrap().iter().map(cause).collect()
}

/// The rests after the falls so far, in milliseconds.
pub(super) fn rests(incidents: &Seen<Incident>) -> Vec<u128> {
    let rest = |incident: &Incident| match incident {
        Incident::Fell { rest, .. } => Some(rest.as_millis()),
        _ => None,
    };
    incidents.lock().unwrap().iter().filter_map(rest).collect()
}
