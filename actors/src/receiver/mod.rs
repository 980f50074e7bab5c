//! The Receiver: reads datagrams from all UDP sockets, many at a time, takes in what the
//! sessions of exporters send it, and feeds the lanes.
//!
//! Receiving is urgent and nothing else is: it touches no disk, and hands raw datagrams
//! to their Recorder as they are. While a lane is behind, it stops reading and the
//! kernel's buffers fill; what they cannot hold is counted.

mod kernel_drops;
mod reading;
mod socket;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actix::prelude::*;
use flow::ReceiveTime;
use futures_util::stream;
use tracing::{error, warn};

use crate::accounting::Accounting;
use crate::intake::Intake;
use crate::message::{
    Adopt, AdoptKey, Adopted, Arrivals, Custody, Drain, EndOfRun, Keep, RawArrivals, RawEdition,
    StreamMessages, Verdict,
};
use crate::quarantine::Bin;
use crate::rate_limit::RateLimit;
use crate::supervision::Courier;
use crate::wait::Wait;
use reading::Reading;
use socket::Look;
pub(crate) use socket::remedy;
pub use socket::{BindError, BoundPort, UdpPort, bind};

/// The name in logs and quarantine.
pub const NAME: &str = "receiver";

/// Batches that may be on their way to the raw Recorder.
const RAW_WINDOW: usize = 64;

/// How often the clock is looked at when nothing is received.
const LOOK: Duration = Duration::from_millis(100);

/// So long after a second is over, nothing received in it is still in a socket that was
/// found empty.
const SETTLED: Duration = Duration::from_millis(50);

/// How often what was learnt of exporters is kept, if it is more than before.
const KEEP: Duration = Duration::from_secs(10);

/// Where what was learnt of exporters is kept.
struct Keeping {
    keeper: Recipient<Keep>,
    /// What was learnt when it was kept last.
    kept: u64,
    /// Whether the Keeper has not answered yet. Nothing waits for it.
    busy: bool,
}

/// The Recorder of the raw dataset, as the Receiver sees it.
#[derive(Clone)]
pub struct ToRaw {
    /// Takes what came.
    pub arrivals: Recipient<RawArrivals>,
    /// Takes the databases that count from a tick on.
    pub editions: Recipient<RawEdition>,
    /// Takes the end of the run.
    pub end: Recipient<EndOfRun>,
}

/// The ways to that Recorder.
struct Raw {
    arrivals: Courier<RawArrivals>,
    editions: Courier<RawEdition>,
    end: Recipient<EndOfRun>,
}

/// A socket has something to read.
#[derive(Debug, Clone, Copy)]
struct Readable(usize);

/// The source of a live pipeline.
pub struct Receiver {
    ports: Vec<Arc<UdpPort>>,
    reading: Reading,
    intake: Intake,
    raw: Option<Raw>,
    keeping: Option<Keeping>,
    accounting: Arc<Accounting>,
    log: RateLimit,
    draining: bool,
}

impl Receiver {
    /// A Receiver on open ports, reading at most `per_read` datagrams at a time. `raw`
    /// gets all of them as they are, `keeper` what is learnt of exporters.
    #[must_use]
    pub fn new(
        ports: Vec<Arc<UdpPort>>,
        per_read: usize,
        intake: Intake,
        raw: Option<ToRaw>,
        keeper: Option<Recipient<Keep>>,
        bin: Bin,
        accounting: Arc<Accounting>,
    ) -> Self {
        let raw = raw.map(|to| Raw {
            arrivals: Courier::new(NAME, to.arrivals, bin.clone(), RAW_WINDOW),
            editions: Courier::new(NAME, to.editions, bin, 1),
            end: to.end,
        });
        let keeping = keeper.map(|keeper| Keeping {
            keeper,
            kept: 0,
            busy: false,
        });
        let reading = Reading::new(per_read, ports.len());
        let log = RateLimit::per_second(1);
        Self {
            ports,
            reading,
            intake,
            raw,
            keeping,
            accounting,
            log,
            draining: false,
        }
    }

    /// Reads one port until it is empty or the batch is full; whether it was full.
    fn read_port(&mut self, index: usize, look: Look, batch: &mut Arrivals) -> bool {
        let Some(port) = self.ports.get(index) else {
            return false;
        };
        let intake = &mut self.intake;
        let stamp = |kernel| intake.stamp(kernel);
        match self.reading.read(index, port, look, batch, stamp) {
            Ok(read) => {
                self.accounting
                    .datagrams_dropped_by_kernel
                    .add(read.dropped);
                if read.dropped > 0
                    && let Some(suppressed) = self.log.permit()
                {
                    let (port, dropped) = (port.address(), read.dropped);
                    warn!(%port, dropped, suppressed, "the kernel dropped datagrams: its receive buffer was full");
                }
                read.full
            }
            Err(error) => {
                if let Some(suppressed) = self.log.permit() {
                    error!(port = %port.address(), %error, suppressed, "a socket cannot be read");
                }
                false
            }
        }
    }

    fn take_in(&mut self, batch: Arrivals, ctx: &mut Context<Self>) {
        if batch.is_empty() {
            return;
        }
        let batch = Arc::new(batch);
        if let Some(raw) = &self.raw {
            let custody = Custody::Arrivals(Arc::clone(&batch));
            ctx.hold(
                raw.arrivals
                    .hand_over(RawArrivals(Arc::clone(&batch)), custody),
            );
        }
        self.intake.take_in(&batch, ctx);
    }

    /// Reads all ports once; whether any has more.
    fn read_all(&mut self, ctx: &mut Context<Self>) -> bool {
        let mut batch = Arrivals::default();
        let mut more = false;
        for index in 0..self.ports.len() {
            more |= self.read_port(index, Look::Now, &mut batch);
        }
        self.take_in(batch, ctx);
        more
    }

    /// Hands the Keeper what was learnt since the last time; what to wait for.
    fn keep(&mut self) -> Option<RecipientRequest<Keep>> {
        let decoder = self.intake.decoder();
        let keeping = self.keeping.as_mut()?;
        if keeping.busy || decoder.learnings() == keeping.kept {
            return None;
        }
        keeping.kept = decoder.learnings();
        keeping.busy = true;
        let snapshot = Arc::new(decoder.snapshot());
        Some(keeping.keeper.send(Keep(snapshot)))
    }

    fn keep_now_and_then(&mut self, ctx: &mut Context<Self>) {
        let Some(sent) = self.keep() else { return };
        let done = sent.into_actor(self).map(|_, receiver, _| {
            if let Some(keeping) = &mut receiver.keeping {
                keeping.busy = false;
            }
        });
        ctx.spawn(done);
    }

    /// Ticks while nothing is received. A second is over for the pipeline when it has
    /// passed and every socket was found empty afterwards.
    fn look_at_clock(&mut self, ctx: &mut Context<Self>) {
        let settled = SystemTime::now()
            .checked_sub(SETTLED)
            .unwrap_or(SystemTime::UNIX_EPOCH);
        let tick = receive_time(settled).tick();
        let is_due = |intake: &Intake| intake.ticked().is_some_and(|ticked| tick > ticked);
        if self.draining || !is_due(&self.intake) || self.read_all(ctx) {
            return;
        }
        // What was read may have moved the clock on.
        if is_due(&self.intake) {
            self.intake.advance(tick, ctx);
        }
    }
}

/// A wall-clock time as the kernel would have stamped it.
fn receive_time(time: SystemTime) -> ReceiveTime {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    ReceiveTime::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

impl Actor for Receiver {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        if self.draining {
            return;
        }
        for (index, port) in self.ports.iter().enumerate() {
            let readiness = stream::unfold(Arc::clone(port), move |port| async move {
                port.readable().await;
                Some((Readable(index), port))
            });
            ctx.add_stream(readiness);
        }
        ctx.run_interval(LOOK, |receiver, ctx| receiver.look_at_clock(ctx));
        if let Some(keeping) = &mut self.keeping {
            // Whoever waited for the answer fell.
            keeping.busy = false;
            ctx.run_interval(KEEP, |receiver, ctx| receiver.keep_now_and_then(ctx));
        }
    }
}

impl Supervised for Receiver {}

impl StreamHandler<Readable> for Receiver {
    fn handle(&mut self, Readable(index): Readable, ctx: &mut Context<Self>) {
        if self.draining {
            return;
        }
        let mut batch = Arrivals::default();
        self.read_port(index, Look::IfReady, &mut batch);
        self.take_in(batch, ctx);
    }

    /// Readiness has no end.
    fn finished(&mut self, _: &mut Context<Self>) {}
}

impl Handler<StreamMessages> for Receiver {
    type Result = Verdict;

    fn handle(&mut self, sent: StreamMessages, ctx: &mut Context<Self>) -> Verdict {
        #[cfg(test)]
        crate::simulation::tripwire(NAME);
        if self.draining {
            // The sessions end before the Receiver drains; one that fell may be late.
            let late = sent.messages.len();
            self.accounting.datagrams_received.add_len(late);
            self.accounting.datagrams_discarded.add_len(late);
            return Verdict::Close;
        }
        let received = self.intake.stamp(receive_time(SystemTime::now()));
        self.take_in(Arrivals::of_session(&sent, received), ctx);
        self.intake.verdict(sent.source)
    }
}

impl Handler<Adopt> for Receiver {
    type Result = Adopted;

    /// What was read so far was received before the next tick, and is on its way to the
    /// Recorder; what is read from now on comes behind the word of the new edition.
    fn handle(&mut self, Adopt(edition): Adopt, ctx: &mut Context<Self>) -> Adopted {
        let from = self.intake.adopt(Arc::clone(&edition));
        if let Some(raw) = &self.raw {
            let said = RawEdition { from, edition };
            ctx.hold(raw.editions.hand_over(said, Custody::Nothing));
        }
        Adopted(from)
    }
}

impl Handler<AdoptKey> for Receiver {
    type Result = Adopted;

    /// Nothing of a key is recorded, nor when it counted.
    fn handle(&mut self, AdoptKey(key): AdoptKey, _: &mut Context<Self>) -> Adopted {
        Adopted(self.intake.adopt_key(key))
    }
}

impl Handler<Drain> for Receiver {
    type Result = ResponseActFuture<Self, ()>;

    /// What the kernel has already received is still taken in.
    fn handle(&mut self, _: Drain, ctx: &mut Context<Self>) -> Self::Result {
        /// So much is read at the most before the end, so that a flood cannot put it off.
        const READS_MAX: usize = 4_096;
        self.draining = true;
        let _ = (0..READS_MAX).any(|_| !self.read_all(ctx));
        for (index, port) in self.ports.iter().enumerate() {
            let dropped = self.reading.last_drops(index, port);
            self.accounting.datagrams_dropped_by_kernel.add(dropped);
        }
        let end = EndOfRun {
            ran_until: self.intake.ticked(),
            kernel_drops: self.accounting.datagrams_dropped_by_kernel.get(),
        };
        if let Some(keeping) = &mut self.keeping {
            keeping.busy = false;
        }
        let kept = self.keep();
        self.intake.end_run(ctx);
        let raw = self
            .raw
            .as_ref()
            .map(|raw| (raw.arrivals.all_landed(), raw.end.clone()));
        let finished = async move {
            if let Some(kept) = kept {
                kept.await.ok();
            }
            if let Some((landed, recorder)) = raw {
                if let Some(landed) = landed {
                    landed.await;
                }
                recorder.send(end).await.ok();
            }
        };
        Box::pin(fut::wrap_future(finished))
    }
}
