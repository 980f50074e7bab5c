//! Falls on purpose: in a handler, in a timer, with a batch in hand.

use std::cell::RefCell;
use std::panic;
use std::pin::Pin;
use std::sync::Once;
use std::task::{self, Poll};
use std::time::Duration;

use actix::prelude::*;
use tokio::time::sleep;

use super::driver::{self, Driver};
use crate::aggregator::{self, Aggregator};
use crate::anonymizer::{self, Anonymizer};
use crate::enricher::{self, Enricher};
use crate::panic_hook;
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
    /// Panic in the very poll in which the next batch was handed over.
    AfterBatch,
    /// Take no message for so long.
    Stall(Duration),
    /// Stop, to be started anew.
    Rebuild,
}

/// When a stage falls, seen from its next batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    With,
    After,
    /// The batch for [`When::After`] is there.
    Due,
}

thread_local! {
    /// The stages of this thread that will fall.
    static ARMED: RefCell<Vec<(&'static str, When)>> = const { RefCell::new(Vec::new()) };
}

fn arm(stage: &'static str, when: When) {
    ARMED.with_borrow_mut(|armed| armed.push((stage, when)));
}

/// Takes one back; whether there was one.
fn disarm(stage: &'static str, when: When) -> bool {
    ARMED.with_borrow_mut(|armed| {
        let at = armed.iter().position(|one| *one == (stage, when));
        at.map(|at| armed.swap_remove(at)).is_some()
    })
}

/// Takes back what was armed on this thread and did not fall.
pub(crate) fn disarm_all() {
    ARMED.with_borrow_mut(Vec::clear);
}

/// Makes the next [`tripwire`] of `stage` on this thread panic.
pub(crate) fn arm_next(stage: &'static str) {
    arm(stage, When::With);
}

/// Stands at the beginning of a handler: panics if the stage is to fall there.
pub(crate) fn tripwire(stage: &'static str) {
    if disarm(stage, When::With) {
        fall(stage, "with a batch");
    }
    if disarm(stage, When::After) {
        arm(stage, When::Due);
    }
}

/// What an actor has besides its mailbox, such as a timer that is due. It is looked at
/// after the mailbox, in the same poll.
struct Besides(&'static str);

impl<A: Actor> ActorFuture<A> for Besides {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        _: &mut A,
        _: &mut A::Context,
        _: &mut task::Context<'_>,
    ) -> Poll<()> {
        if disarm(self.0, When::Due) {
            fall(self.0, "with a batch under way");
        }
        Poll::Pending
    }
}

/// What a panic on purpose begins with.
const STAGED: &str = "staged: ";

pub(crate) fn fall(stage: &str, place: &str) -> ! {
    panic!("{STAGED}{stage} fell {place}");
}

/// Panics on purpose are told as those of a service are, which without a log is not at all;
/// all others are printed.
pub(crate) fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let (usual, of_service) = (panic::take_hook(), panic_hook::hook());
        panic::set_hook(Box::new(move |info| {
            if panic_hook::text(info.payload()).starts_with(STAGED) {
                of_service(info);
            } else {
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
        Trip::WithBatch => arm(stage, When::With),
        Trip::AfterBatch => {
            arm(stage, When::After);
            ctx.spawn(Besides(stage));
        }
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
