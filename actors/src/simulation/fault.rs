//! Falls on purpose: in a handler, in a timer, with a batch in hand.

use std::cell::RefCell;
use std::panic;
use std::sync::Once;
use std::time::Duration;

use actix::prelude::*;
use tokio::time::sleep;

use super::driver::{self, Driver};
use crate::aggregator::{self, Aggregator};
use crate::anonymizer::{self, Anonymizer};
use crate::enricher::{self, Enricher};
use crate::publisher::{self, Publisher};
use crate::quarantine::Quarantine;
use crate::recorder::{self, PreparedRecorder};

/// To a stage: fall, or be slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub(crate) enum Trip {
    /// Panic in the handler of this message.
    Now,
    /// Panic in a timer.
    Later(Duration),
    /// Panic with the next batch in hand, outside the guard.
    WithBatch,
    /// Take no message for so long.
    Stall(Duration),
    /// Stop, to be started anew.
    Rebuild,
}

thread_local! {
    /// The stages of this thread that will fall with their next batch.
    static ARMED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Makes the next [`tripwire`] of `stage` on this thread panic.
pub(crate) fn arm(stage: &'static str) {
    ARMED.with_borrow_mut(|armed| armed.push(stage));
}

/// Takes back what was armed on this thread and did not fall.
pub(crate) fn disarm() {
    ARMED.with_borrow_mut(Vec::clear);
}

/// Stands at the beginning of a handler: panics if the stage is to fall there.
pub(crate) fn tripwire(stage: &'static str) {
    let armed = ARMED.with_borrow_mut(|armed| {
        let at = armed.iter().position(|name| *name == stage)?;
        Some(armed.swap_remove(at))
    });
    if armed.is_some() {
        fall(stage, "with a batch");
    }
}

/// What a panic on purpose begins with.
const STAGED: &str = "staged: ";

pub(crate) fn fall(stage: &str, place: &str) -> ! {
    panic!("{STAGED}{stage} fell {place}");
}

/// Panics on purpose are not printed; all others are.
pub(crate) fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let text = info.payload().downcast_ref::<String>();
            if !text.is_some_and(|text| text.starts_with(STAGED)) {
                usual(info);
            }
        }));
    });
}

fn trip<A: Actor<Context = Context<A>>>(stage: &'static str, trip: Trip, ctx: &mut Context<A>) {
    match trip {
        Trip::Now => fall(stage, "in a handler"),
        Trip::Later(after) => {
            ctx.run_later(after, move |_, _| fall(stage, "in a timer"));
        }
        Trip::WithBatch => arm(stage),
        Trip::Stall(time) => ctx.wait(fut::wrap_future(sleep(time))),
        Trip::Rebuild => ctx.stop(),
    }
}

macro_rules! trips {
    ($($stage:ty: $name:expr),+ $(,)?) => {
        $(impl Handler<Trip> for $stage {
            type Result = ();

            fn handle(&mut self, message: Trip, ctx: &mut Context<Self>) {
                trip($name, message, ctx);
            }
        })+
    };
}

trips! {
    Driver: driver::NAME,
    Aggregator: aggregator::NAME,
    Enricher: enricher::NAME,
    Anonymizer: anonymizer::NAME,
    Publisher: publisher::NAME,
    PreparedRecorder: recorder::PREPARED,
    Quarantine: "quarantine",
}
