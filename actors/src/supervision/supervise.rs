//! The outer wall: an actor that falls gets up again with its mailbox and its state.
//!
//! ```text
//!                 panic                      rest over
//!   running ------------------> resting ---------------------> running
//!      |  ^                        (restarting, started)
//!      |  | ctx.stop(): rebuilt at the next poll
//!      |  +----------------------------------------------------
//!      |  one fall too many within the window, or a fall in restarting
//!      +------------------> given up: mailbox closed, the Overseer escalates
//!      |  nobody can reach it any more
//!      +------------------> ended
//! ```

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use actix::dev::{ContextFut, channel};
use actix::prelude::*;
use tokio::time::{Instant, Sleep, sleep};

use super::Fault;

/// The rest before a restart: `min` after the first fall, doubling up to `max`.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// After the first fall.
    pub min: Duration,
    /// After any number of falls.
    pub max: Duration,
}

impl Backoff {
    fn after(&self, falls: usize) -> Duration {
        let doublings = u32::try_from(falls.saturating_sub(1))
            .unwrap_or(u32::MAX)
            .min(31);
        self.min.saturating_mul(1 << doublings).min(self.max)
    }
}

/// How an actor is run and how often it may fall.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Messages that `try_send` may leave waiting.
    pub mailbox: usize,
    /// Falls within `window` after which it gets up again; one more and it is given up.
    pub falls_max: usize,
    /// The time in which falls are counted.
    pub window: Duration,
    /// The rest after a fall.
    pub backoff: Backoff,
}

/// What a supervisor tells the Overseer.
#[derive(Debug, Clone, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub enum Incident {
    /// The actor stopped itself to be started anew.
    Restarted {
        /// Its name.
        actor: &'static str,
    },
    /// The actor panicked and runs again after `rest`.
    Fell {
        /// Its name.
        actor: &'static str,
        /// The panic.
        cause: Fault,
        /// How long it rests.
        rest: Duration,
    },
    /// The actor fell too often and its mailbox is closed.
    GaveUp {
        /// Its name.
        actor: &'static str,
        /// The last panic.
        cause: Fault,
    },
}

/// Starts the actor that `build` makes on an arbiter and keeps it running.
pub fn supervise<A>(
    actor: &'static str,
    policy: Policy,
    overseer: Recipient<Incident>,
    arbiter: &ArbiterHandle,
    build: impl FnOnce(&mut Context<A>) -> A + Send + 'static,
) -> Addr<A>
where
    A: Supervised + Actor<Context = Context<A>>,
{
    let (sender, receiver) = channel::channel(policy.mailbox);
    arbiter.spawn_fn(move || {
        let mut ctx = Context::with_receiver(receiver);
        let stage = build(&mut ctx);
        let running = ctx.into_future(stage);
        actix::spawn(Wall {
            actor,
            policy,
            overseer,
            running,
            falls: Vec::new(),
            rest: None,
        });
    });
    Addr::new(sender)
}

/// The future that owns an actor, its context and its mailbox, and outlives its falls.
struct Wall<A: Supervised + Actor<Context = Context<A>>> {
    actor: &'static str,
    policy: Policy,
    overseer: Recipient<Incident>,
    running: ContextFut<A, Context<A>>,
    /// When it fell, within the window.
    falls: Vec<Instant>,
    /// Set while the actor rests; its mailbox fills meanwhile.
    rest: Option<Pin<Box<Sleep>>>,
}

impl<A: Supervised + Actor<Context = Context<A>>> Wall<A> {
    /// Polls the actor: pending, stopped (`Ok`) or fallen (`Err` with the panic).
    fn run(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Result<(), Fault>> {
        // The actor may be half changed where it fell. Before anything looks at it again,
        // the restart drops its futures and `restarting` mends what it must.
        match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut self.running).poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
            Err(payload) => Poll::Ready(Err(Fault::of_panic(&*payload))),
        }
    }

    fn restart(&mut self) -> Result<(), Fault> {
        // Without an address in hand, actix would not restart but drop what is queued.
        let _address = self.running.address();
        let restarted = catch_unwind(AssertUnwindSafe(|| self.running.restart()));
        restarted
            .map(drop)
            .map_err(|payload| Fault::of_panic(&*payload))
    }

    /// Notes a fall. The rest to take, or `None` if that was one too many.
    fn fall(&mut self, now: Instant) -> Option<Duration> {
        self.falls
            .retain(|fall| now.duration_since(*fall) < self.policy.window);
        self.falls.push(now);
        let within = self.falls.len() <= self.policy.falls_max;
        within.then(|| self.policy.backoff.after(self.falls.len()))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "an incident has no other way to go"
    )]
    fn tell(&self, incident: Incident) {
        self.overseer.do_send(incident);
    }

    /// What follows when the actor has come to an end; `Ready` if nothing does.
    fn after(&mut self, end: Result<(), Fault>) -> Poll<()> {
        let actor = self.actor;
        match end {
            Ok(()) if !self.running.ctx().connected() => return Poll::Ready(()),
            Ok(()) => self.tell(Incident::Restarted { actor }),
            Err(cause) => match self.fall(Instant::now()) {
                Some(rest) => {
                    self.tell(Incident::Fell { actor, cause, rest });
                    self.rest = Some(Box::pin(sleep(rest)));
                }
                None => return self.give_up(cause),
            },
        }
        match self.restart() {
            Ok(()) => Poll::Pending,
            Err(cause) => self.give_up(cause),
        }
    }

    fn give_up(&self, cause: Fault) -> Poll<()> {
        self.tell(Incident::GaveUp {
            actor: self.actor,
            cause,
        });
        Poll::Ready(())
    }
}

impl<A: Supervised + Actor<Context = Context<A>>> Future for Wall<A> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<()> {
        if let Some(rest) = &mut self.rest {
            ready!(rest.as_mut().poll(cx));
            self.rest = None;
        }
        let end = ready!(self.run(cx));
        let over = self.after(end);
        if over.is_pending() {
            // Through the scheduler, so that an actor that stops at every start does not
            // starve its neighbours.
            cx.waker().wake_by_ref();
        }
        over
    }
}
