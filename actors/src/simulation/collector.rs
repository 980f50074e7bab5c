//! Actors that only listen.

use std::sync::{Arc, Mutex};

use actix::prelude::*;

use crate::supervision::Incident;

/// What was said so far.
pub(crate) type Seen<M> = Arc<Mutex<Vec<M>>>;

/// Keeps every message of one type.
pub(crate) struct Collector<M>(Seen<M>);

impl<M: Unpin + 'static> Actor for Collector<M> {
    type Context = Context<Self>;
}

impl<M: Message<Result = ()> + Unpin + 'static> Handler<M> for Collector<M> {
    type Result = ();

    fn handle(&mut self, message: M, _: &mut Context<Self>) {
        self.0.lock().unwrap().push(message);
    }
}

/// A collector on this arbiter.
pub(crate) fn collector<M>() -> (Recipient<M>, Seen<M>)
where
    M: Message<Result = ()> + Send + Unpin + 'static,
{
    let seen = Seen::default();
    let collector = Collector(Arc::clone(&seen)).start();
    (collector.recipient(), seen)
}

/// Keeps every incident and tells the Overseer.
pub(crate) struct Incidents {
    pub(crate) seen: Seen<Incident>,
    pub(crate) overseer: Recipient<Incident>,
}

impl Actor for Incidents {
    type Context = Context<Self>;
}

impl Handler<Incident> for Incidents {
    type Result = ();

    fn handle(&mut self, incident: Incident, _: &mut Context<Self>) {
        self.seen.lock().unwrap().push(incident.clone());
        tell_recipient(&self.overseer, incident);
    }
}

/// Queues a message whatever the mailbox holds; if nobody is there, so be it.
#[expect(clippy::disallowed_methods, reason = "a test looks at what came of it")]
pub(crate) fn tell<A, M>(actor: &Addr<A>, message: M)
where
    A: Actor<Context = Context<A>> + Handler<M>,
    M: Message<Result: Send> + Send + 'static,
{
    actor.do_send(message);
}

/// The same for a recipient.
#[expect(clippy::disallowed_methods, reason = "a test looks at what came of it")]
pub(crate) fn tell_recipient<M>(recipient: &Recipient<M>, message: M)
where
    M: Message<Result: Send> + Send + 'static,
{
    recipient.do_send(message);
}
