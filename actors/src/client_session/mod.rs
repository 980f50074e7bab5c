//! A ClientSession: one client, its cursor over the prepared stream, and its socket.
//!
//! ```text
//!   asking --request--> streaming --end of stream--> flushing --> closed
//!      |                    |                                        ^
//!      | nonsense, too long,| client gone, or it takes nothing       |
//!      | too late           | for too long                           |
//!      +--error line--------+----------------------------------------+
//! ```
//!
//! The session reads blocks from the ring, and from the prepared dataset where it has
//! fallen behind the ring. It never has more than one block to write, so a slow client
//! costs a cursor and no queue. What cannot be had any more is declared as a gap. Where flows
//! are under another key than those before, that is said before the first of them.
//!
//! All state is in the actor: after a fall the session goes on where it was.

mod ask;
mod outgoing;
mod stored;

use std::pin::Pin;
use std::sync::Arc;

use actix::prelude::*;
use mediation::anonymize::KeyName;
use protocol::{Block, Form, GapReason, Refusal, Request};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;
use tracing::{debug, info};

use crate::hall::{Hall, Peer};
use crate::ring::Found;
use ask::Asking;
use outgoing::Outgoing;
pub(crate) use outgoing::linger;
use stored::Stored;

/// The name in logs.
pub const NAME: &str = "client-session";

/// A client's place in the stream.
#[derive(Debug)]
struct Cursor {
    form: Form,
    next_seq: u64,
    /// What names the key that the client was told of last.
    key: Option<KeyName>,
    /// Set while the session reads what is stored.
    stored: Stored,
    news: watch::Receiver<()>,
}

#[derive(Debug)]
enum Phase {
    Asking(Asking),
    Streaming(Box<Cursor>),
    /// Writes what is left, then closes.
    Flushing,
}

/// What a session does next; each takes time.
enum Step {
    Read,
    Write,
    Stored,
    Await(watch::Receiver<()>),
    Linger,
}

/// One client's session.
pub struct ClientSession {
    stream: Arc<TcpStream>,
    peer: Peer,
    hall: Arc<Hall>,
    phase: Phase,
    outgoing: Outgoing,
    _place: OwnedSemaphorePermit,
}

type Running = Pin<Box<dyn ActorFuture<ClientSession, Output = ()>>>;

impl ClientSession {
    /// A session with a client that has just connected. `place` is its place among the
    /// sessions allowed.
    #[must_use]
    pub fn new(
        stream: TcpStream,
        peer: Peer,
        hall: Arc<Hall>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        hall.accounting.sessions_begun.add(1);
        hall.accounting.sessions_open.add(1);
        let deadline = Instant::now() + hall.limits.request_timeout;
        let phase = Phase::Asking(Asking::new(hall.limits.request_bytes_max, deadline));
        let outgoing = Outgoing::new(Arc::clone(&hall.accounting));
        Self {
            stream: Arc::new(stream),
            peer,
            hall,
            phase,
            outgoing,
            _place: place,
        }
    }

    /// Works out what to do next, up to something that takes time.
    fn next_step(&mut self) -> Step {
        loop {
            if !self.outgoing.is_empty() {
                return Step::Write;
            }
            let cursor = match &mut self.phase {
                Phase::Asking(_) => return Step::Read,
                Phase::Flushing => return Step::Linger,
                Phase::Streaming(cursor) => cursor,
            };
            match self.hall.ring.find(cursor.next_seq) {
                Found::Block(block) => {
                    cursor.tell_key(&block, &mut self.outgoing);
                    let bytes = block.encoded_from(&cursor.form, cursor.next_seq);
                    self.outgoing
                        .flows(bytes, block.next_seq() - cursor.next_seq);
                    cursor.next_seq = block.next_seq();
                    cursor.stored.forget();
                }
                Found::NotYet => return Step::Await(cursor.news.clone()),
                Found::Gone { oldest } if self.hall.history.is_none() => {
                    cursor.miss(oldest, GapReason::Slow, &mut self.outgoing);
                }
                Found::Gone { .. } if cursor.next_seq < self.hall.ring.written() => {
                    return Step::Stored;
                }
                Found::Gone { .. } => return Step::Await(cursor.news.clone()),
                Found::Ended(reason) => {
                    let format = cursor.form.format();
                    self.outgoing
                        .notice(protocol::end(format, cursor.next_seq, reason));
                    self.phase = Phase::Flushing;
                }
            }
        }
    }

    fn run(&mut self, ctx: &mut Context<Self>) {
        #[cfg(test)]
        crate::simulation::tripwire(NAME);
        if let Phase::Streaming(cursor) = &mut self.phase {
            // What comes from here on is news; what is there already, `next_step` finds.
            cursor.news.mark_unchanged();
        }
        let running: Running = match self.next_step() {
            Step::Read => self.read(),
            Step::Write => self.write(),
            Step::Stored => self.read_stored(),
            Step::Await(news) => self.await_news(news),
            Step::Linger => self.linger(),
        };
        ctx.wait(running);
    }

    fn close(&self, why: &str, ctx: &mut Context<Self>) {
        debug!(client = %self.peer, why, "session closed");
        ctx.stop();
    }

    fn refuse(&mut self, refusal: &Refusal) {
        info!(client = %self.peer, code = ?refusal.code, message = refusal.message, "request refused");
        self.hall.accounting.sessions_refused.add(1);
        self.outgoing.notice(refusal.line());
        self.phase = Phase::Flushing;
    }

    fn accept(&mut self, request: Request) {
        let next_seq = match self.hall.first_seq(&request) {
            Ok(next_seq) => next_seq,
            Err(refusal) => return self.refuse(&refusal),
        };
        let (format, fields) = (request.form.format().name(), request.form.width());
        info!(client = %self.peer, next_seq, format, fields, "session begins");
        let form = request.form.with_legacy_rules(self.hall.legacy);
        let request = Request { form, ..request };
        let key = self.hall.key_at(next_seq);
        self.outgoing
            .notice(self.hall.welcome(&request, next_seq, key));
        self.hall.first_client.send_replace(true);
        let news = self.hall.ring.subscribe();
        let stored = Stored::default();
        self.phase = Phase::Streaming(Box::new(Cursor {
            form: request.form,
            next_seq,
            key,
            stored,
            news,
        }));
    }

    fn read(&self) -> Running {
        let stream = Arc::clone(&self.stream);
        let Phase::Asking(asking) = &self.phase else {
            return Box::pin(fut::ready(()));
        };
        let octets = ask::read(stream, asking.deadline());
        Box::pin(
            octets
                .into_actor(self)
                .map(|read, session: &mut Self, ctx| {
                    let Phase::Asking(asking) = &mut session.phase else {
                        return;
                    };
                    match read.and_then(|octets| asking.take_in(&octets)) {
                        Ok(None) => {}
                        Ok(Some(request)) => session.accept(request),
                        Err(ask::End::Refused(refusal)) => session.refuse(&refusal),
                        Err(ask::End::Gone) => return session.close("client gone", ctx),
                    }
                    session.run(ctx);
                }),
        )
    }

    fn write(&self) -> Running {
        let chunk = self.outgoing.next();
        let written = outgoing::write(
            Arc::clone(&self.stream),
            chunk,
            self.hall.limits.write_timeout,
        );
        Box::pin(
            written
                .into_actor(self)
                .map(|written, session: &mut Self, ctx| match written {
                    Ok(octets) => {
                        session.outgoing.written(octets);
                        session.run(ctx);
                    }
                    Err(why) => session.close(why, ctx),
                }),
        )
    }

    fn linger(&self) -> Running {
        let lingered = linger(Arc::clone(&self.stream));
        Box::pin(
            lingered
                .into_actor(self)
                .map(|(), session: &mut Self, ctx| {
                    session.close("at its end", ctx);
                }),
        )
    }

    fn await_news(&self, mut news: watch::Receiver<()>) -> Running {
        let stream = Arc::clone(&self.stream);
        let waited = async move {
            tokio::select! {
                changed = news.changed() => changed.is_ok(),
                () = outgoing::gone(&stream) => false,
            }
        };
        Box::pin(
            waited
                .into_actor(self)
                .map(|there, session: &mut Self, ctx| {
                    if there {
                        session.run(ctx);
                    } else {
                        session.close("client gone", ctx);
                    }
                }),
        )
    }

    fn read_stored(&mut self) -> Running {
        let Phase::Streaming(cursor) = &mut self.phase else {
            return Box::pin(fut::ready(()));
        };
        let next_seq = cursor.next_seq;
        // What was written by now and is not found will never be; of what is written
        // while it is looked for, nothing is said yet.
        let until = self.hall.ring.oldest_seq().min(self.hall.ring.written());
        let stream = cursor.stored.take(|| self.hall.stored_from(next_seq));
        let reading = stored::read(stream, next_seq);
        Box::pin(
            reading
                .into_actor(self)
                .map(move |(stream, block), session: &mut Self, ctx| {
                    if let Phase::Streaming(cursor) = &mut session.phase {
                        cursor.stored.put_back(stream);
                        cursor.take_stored(block, until, &mut session.outgoing);
                    }
                    session.run(ctx);
                }),
        )
    }
}

impl Cursor {
    /// Declares everything before `seq` missing.
    fn miss(&mut self, seq: u64, reason: GapReason, outgoing: &mut Outgoing) {
        if seq > self.next_seq {
            let notice = protocol::gap(self.form.format(), self.next_seq, seq, reason);
            outgoing.gap(notice, seq - self.next_seq);
            self.next_seq = seq;
        }
    }

    /// Says which key the flows of a block left under, if it is another than the client was
    /// told of last.
    fn tell_key(&mut self, block: &Block, outgoing: &mut Outgoing) {
        if block.key() != self.key {
            self.key = block.key();
            outgoing.notice(protocol::key(self.form.format(), self.next_seq, self.key));
        }
    }

    /// Takes a block that was read from the dataset; `None` if it has nothing before
    /// `until`.
    fn take_stored(&mut self, block: Option<Block>, until: u64, outgoing: &mut Outgoing) {
        match block {
            Some(block) if block.next_seq() > self.next_seq => {
                self.miss(block.first_seq(), GapReason::NotStored, outgoing);
                self.tell_key(&block, outgoing);
                let bytes = block.encoded_from(&self.form, self.next_seq);
                outgoing.flows(bytes, block.next_seq() - self.next_seq);
                self.next_seq = block.next_seq();
            }
            Some(_) => {}
            None => self.miss(until, GapReason::NotStored, outgoing),
        }
    }
}

impl Actor for ClientSession {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.run(ctx);
    }
}

impl Supervised for ClientSession {}

impl Drop for ClientSession {
    fn drop(&mut self) {
        self.hall.accounting.sessions_open.shift(1, 0);
    }
}
