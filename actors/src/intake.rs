//! The intake: datagrams and sessions in, records to the lanes, ticks in between.
//!
//! Receiver and Replayer share it, so that what is live and what is replayed take exactly
//! the same way: stamp, tick, decode, spread over the lanes.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use actix::prelude::*;
use dataset::Piece;
use decode::{Decoder, Snapshot, Transport};
use flow::{OriginalFlow, ReceiveTime, Tick};
use mediation::anonymize::Key;
use mediation::blocks::Border;
use tracing::{debug, warn};

use crate::accounting::Accounting;
use crate::block_ends::BlockEnds;
use crate::clock::Clock;
use crate::edition::Edition;
use crate::exporters::Exporters;
use crate::gate::Waiting;
use crate::lanes::Lanes;
use crate::message::{Arrival, Arrivals, Custody, PoisonDatagram, Release, Verdict};
use crate::quarantine::Bin;
use crate::rate_limit::RateLimit;
use crate::selection::Selection;
use crate::supervision::{HandOver, guard};
use crate::wait::Wait;

/// How many unknown elements one log line names; the others are counted in it.
const ELEMENTS_PER_LINE: usize = 64;

/// Decodes datagrams and messages in order of receipt and feeds the lanes.
pub struct Intake {
    stage: &'static str,
    decoder: Decoder,
    /// Sessions of which nothing more is taken in, by the exporter's end.
    closed: BTreeSet<SocketAddr>,
    clock: Clock,
    run: u32,
    lanes: Lanes,
    bin: Bin,
    accounting: Arc<Accounting>,
    exporters: Exporters,
    selection: Arc<Selection>,
    /// Records decoded and not yet counted as such, each direction for itself.
    decoded: usize,
    /// Records with two directions among those not yet passed on.
    split: usize,
    /// Where blocks of records end, if records are aggregated within blocks.
    blocks: Option<BlockEnds>,
    /// What waits in front of shut lanes, if this source does not wait itself.
    waiting: Option<Waiting>,
    log: RateLimit,
}

/// The limits of decoding that settings say.
#[must_use]
pub fn limits(receiver: &settings::Receiver) -> decode::Limits {
    decode::Limits {
        exporters: receiver.exporters_max().get(),
        templates_per_exporter: receiver.templates_per_exporter_max().get(),
        ..decode::Limits::default()
    }
}

impl Intake {
    /// The intake of `stage`, with a decoder that has learnt nothing and a clock that has
    /// not begun.
    #[must_use]
    pub fn new(
        stage: &'static str,
        decoder: Decoder,
        exporters: Exporters,
        selection: Arc<Selection>,
        clock: Clock,
        lanes: Lanes,
        bin: Bin,
    ) -> Self {
        let accounting = Arc::clone(bin.accounting());
        let log = RateLimit::per_second(5);
        Self {
            stage,
            decoder,
            closed: BTreeSet::new(),
            clock,
            run: 0,
            lanes,
            bin,
            accounting,
            exporters,
            selection,
            decoded: 0,
            split: 0,
            blocks: None,
            waiting: None,
            log,
        }
    }

    /// The same, with records in blocks that end where `border` says.
    #[must_use]
    pub fn with_blocks(self, border: Option<Border>) -> Self {
        Self {
            blocks: border.map(BlockEnds::new),
            ..self
        }
    }

    /// The same for a source that must not wait for lanes while nothing leaves them.
    #[must_use]
    pub fn with_waiting(self, waiting: Waiting) -> Self {
        Self {
            waiting: Some(waiting),
            ..self
        }
    }

    /// Whether lanes get so many records more.
    fn takes(&mut self, records: usize) -> bool {
        let (lanes, waiting) = (&self.lanes, self.waiting.as_mut());
        waiting.is_none_or(|waiting| waiting.takes(records, lanes.are_behind()))
    }

    /// Holds the source until lanes have answered for what they got.
    fn hold<A>(&self, hand_over: HandOver, ctx: &mut Context<A>)
    where
        A: Actor<Context = Context<A>>,
    {
        ctx.hold(wait_for(self.waiting.as_ref(), hand_over));
    }

    /// Begins with what was kept of exporters when the run did.
    pub fn restore(&mut self, kept: &[u8]) {
        let kept = match Snapshot::from_bytes(kept) {
            Ok(kept) => kept,
            Err(error) => {
                return warn!(%error, "what was known when the run began is not used");
            }
        };
        let restored = self.decoder.restore(&kept);
        if restored.refused > 0 {
            let refused = restored.refused;
            warn!(
                refused,
                "templates that were kept could not have been learnt"
            );
        }
        for addr in kept.exporters() {
            self.exporters.read(addr, self.decoder.exporter(addr));
        }
    }

    /// Has another edition of the databases count from the next tick on: from none that
    /// may have released something. Gives that tick; `None` if the clock has not begun.
    pub fn adopt(&mut self, edition: Arc<Edition>) -> Option<Tick> {
        let from = self.clock.ticked().map(Tick::next);
        self.adopt_from(from, edition);
        from
    }

    /// Has another master key count from the next tick on. Gives that tick; `None` if the
    /// clock has not begun.
    pub fn adopt_key(&mut self, key: Arc<Key>) -> Option<Tick> {
        let from = self.clock.ticked().map(Tick::next);
        self.lanes.adopt_key(from, key);
        from
    }

    /// Has an edition count from a tick on, as it did when this was received.
    pub fn adopt_from(&mut self, from: Option<Tick>, edition: Arc<Edition>) {
        self.lanes.adopt(from, edition);
    }

    /// What the exporters have told so far.
    #[must_use]
    pub const fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// The receive time of a datagram on the pipeline's clock.
    pub fn stamp(&mut self, kernel: ReceiveTime) -> ReceiveTime {
        self.clock.stamp(kernel)
    }

    /// The last tick, if the clock has begun.
    #[must_use]
    pub const fn ticked(&self) -> Option<Tick> {
        self.clock.ticked()
    }

    /// What becomes of the session from `source` after what was taken in of it.
    #[must_use]
    pub fn verdict(&self, source: SocketAddr) -> Verdict {
        if self.closed.contains(&source) {
            Verdict::Close
        } else {
            Verdict::GoOn
        }
    }

    /// Takes in what is stamped and in order.
    pub fn take_in<A>(&mut self, batch: &Arrivals, ctx: &mut Context<A>)
    where
        A: Actor<Context = Context<A>>,
    {
        let datagrams = batch.datagrams();
        self.accounting.datagrams_received.add_len(datagrams);
        let mut flows = self.lanes.buffer();
        for arrival in batch.iter() {
            let second = arrival.received().tick();
            if self.clock.ticked() != Some(second) {
                flows = self.pass_on(flows, ctx);
                self.advance(second, ctx);
            }
            flows = match arrival {
                Arrival::Datagram(datagram) => self.decode(Transport::Udp, datagram, flows),
                Arrival::Session(piece) => self.take_in_piece(&piece, flows),
            };
            if self.blocks.as_ref().is_some_and(BlockEnds::ended) {
                flows = self.pass_on(flows, ctx);
                self.end_block(second, ctx);
            }
        }
        self.pass_on(flows, ctx);
        self.accounting
            .set_decoding(self.decoder.counters().total());
    }

    /// Ends a block of records: everything of it has been passed on.
    fn end_block<A>(&mut self, second: Tick, ctx: &mut Context<A>)
    where
        A: Actor<Context = Context<A>>,
    {
        if let Some(blocks) = &mut self.blocks {
            let release = blocks.release(self.run, second);
            let told = self.lanes.end_block(release);
            self.hold(told, ctx);
        }
    }

    /// Moves the clock to a tick that no datagram brought.
    pub fn advance<A>(&mut self, tick: Tick, ctx: &mut Context<A>)
    where
        A: Actor<Context = Context<A>>,
    {
        for tick in self.clock.advance(tick) {
            self.decoder.expire(tick.begins());
            let terms = self.lanes.terms(tick);
            let heard = self.exporters.tick(tick, &terms.anonymization);
            let release = Release {
                run: self.run,
                ..Release::of(tick)
            };
            if self.takes(1) {
                let told = self.lanes.close_tick(release, &heard);
                self.hold(told, ctx);
            }
        }
    }

    /// Ends a run: every lane releases what it holds. A run that may follow begins with
    /// nothing learnt and a clock of its own, as it did when it was received.
    pub fn end_run<A>(&mut self, ctx: &mut Context<A>)
    where
        A: Actor<Context = Context<A>>,
    {
        if let Some(tick) = self.clock.ticked() {
            let release = Release {
                run: self.run,
                ..Release::of(tick.next())
            };
            let told = self.lanes.release_all(release);
            self.hold(told, ctx);
        }
        self.hold(self.lanes.all_landed(), ctx);
        let (sets, octets) = self.decoder.pending();
        if sets > 0 {
            warn!(
                sets,
                octets, "the run ends with data whose template never came; they are not decoded"
            );
        }
        self.decoder = self.decoder.anew();
        self.closed.clear();
        self.exporters.forget();
        self.clock = self.clock.anew();
        if let Some(blocks) = &mut self.blocks {
            blocks.begin_anew();
        }
        self.run += 1;
    }

    fn pass_on<A>(
        &mut self,
        mut flows: Vec<OriginalFlow>,
        ctx: &mut Context<A>,
    ) -> Vec<OriginalFlow>
    where
        A: Actor<Context = Context<A>>,
    {
        let split = std::mem::take(&mut self.split);
        let decoded = std::mem::take(&mut self.decoded);
        self.accounting.records_split.add_len(split);
        self.accounting.records_decoded.add_len(decoded - split);
        if !flows.is_empty() && !self.takes(flows.len()) {
            self.accounting.records_shed.add_len(flows.len());
            flows.clear();
        }
        if let (false, Some(received)) = (flows.is_empty(), self.clock.ticked()) {
            let first_place = self.blocks.as_ref().map(BlockEnds::first_place);
            let waiting = self.waiting.as_ref();
            return self
                .lanes
                .spread(flows, first_place, received, |hand_over| {
                    ctx.hold(wait_for(waiting, hand_over));
                });
        }
        flows
    }

    /// Takes in a part of a session. What one session told is nothing to the next from
    /// the same source (RFC 7011, 8), whether or not its end was seen.
    fn take_in_piece(&mut self, piece: &Piece<'_>, flows: Vec<OriginalFlow>) -> Vec<OriginalFlow> {
        if piece.begins {
            self.forget(piece.source);
        }
        let message = dataset::Datagram {
            received: piece.received,
            source: piece.source,
            destination: piece.destination,
            payload: piece.octets,
        };
        let flows = if piece.octets.is_empty() {
            flows
        } else if self.verdict(piece.source) == Verdict::Close {
            self.accounting.datagrams_discarded.add(1);
            flows
        } else {
            self.decode(Transport::Stream, message, flows)
        };
        if piece.end.is_some() {
            self.forget(piece.source);
        }
        flows
    }

    fn forget(&mut self, source: SocketAddr) {
        self.decoder.end_session(source);
        self.closed.remove(&source);
    }

    /// Decodes one datagram or message behind `flows`. If that panics, it alone goes to
    /// quarantine: what was decoded before it is kept aside meanwhile.
    fn decode(
        &mut self,
        transport: Transport,
        datagram: dataset::Datagram<'_>,
        mut flows: Vec<OriginalFlow>,
    ) -> Vec<OriginalFlow> {
        let dataset::Datagram {
            received,
            source,
            payload,
            ..
        } = datagram;
        let input = decode::Datagram {
            source,
            received,
            payload,
        };
        let (decoder, scratch) = (&self.decoder, self.lanes.scratch());
        match guard(|| decoder.plan_over(transport, input, scratch)) {
            Ok(plan) => {
                let (decoded, report) = self.decoder.apply(plan);
                self.exporters
                    .hear(report.exporter, &decoded, received.tick());
                if report.options_records > 0 {
                    let addr = report.exporter.addr;
                    self.exporters.read(addr, self.decoder.exporter(addr));
                }
                let waiting = flows.len();
                self.select(&decoded, &mut flows);
                if let Some(blocks) = &mut self.blocks {
                    blocks.place(flows.len() - waiting, waiting);
                }
                self.lanes.keep_scratch(decoded);
                self.count(&report);
                if report.close {
                    self.closed.insert(source);
                }
                if report.templates > 0 {
                    self.tell_unknown_elements();
                }
            }
            Err(fault) => {
                let poison = PoisonDatagram {
                    received,
                    source,
                    destination: datagram.destination,
                    payload: payload.to_vec(),
                };
                self.bin
                    .put(self.stage, fault, Custody::Datagram(Box::new(poison)));
            }
        }
        flows
    }

    /// Adds the records that go on, and counts those that do not.
    fn select(&mut self, decoded: &[OriginalFlow], flows: &mut Vec<OriginalFlow>) {
        self.decoded += decoded.len();
        if self.selection.takes_all_records() {
            flows.extend_from_slice(decoded);
            return;
        }
        let selection = &*self.selection;
        let judge = || -> Vec<bool> {
            let judged = decoded.iter().map(|record| selection.takes_record(record));
            judged.collect()
        };
        match guard(judge) {
            Ok(judged) => {
                let held = flows.len();
                let going_on = decoded.iter().zip(judged).filter(|(_, goes_on)| *goes_on);
                flows.extend(going_on.map(|(record, _)| *record));
                let left_out = decoded.len() - (flows.len() - held);
                self.accounting.records_filtered.add_len(left_out);
            }
            Err(fault) => {
                let records = Custody::Originals(Arc::new(decoded.to_vec()));
                self.bin.put(self.stage, fault, records);
            }
        }
    }

    /// Names the elements of templates that nobody knows, each once. Those that may not be
    /// told now are with the next.
    fn tell_unknown_elements(&mut self) {
        if self.decoder.untold_elements() == 0 || self.log.permit().is_none() {
            return;
        }
        let unknown = self.decoder.take_unknown_elements();
        let named = unknown.iter().take(ELEMENTS_PER_LINE);
        let named: Vec<String> = named.map(|(pen, id)| format!("{pen}/{id}")).collect();
        let (elements, more) = (named.join(" "), unknown.len() - named.len());
        warn!(
            elements,
            more, "elements of templates are not known; receiver.elements can name them"
        );
    }

    /// Counts what the exporter says that it lost before anything was sent.
    fn count_reported(&mut self, report: &decode::Report) {
        let lost = report.reported;
        if lost.is_none() {
            return;
        }
        let accounting = &self.accounting;
        accounting
            .exporters_ignored_packets
            .add(lost.ignored_packets);
        accounting.exporters_unsent_flows.add(lost.unsent_flows);
        if let Some(suppressed) = self.log.permit() {
            let domain = report.exporter.domain;
            let (ignored_packets, unsent_flows) = (lost.ignored_packets, lost.unsent_flows);
            warn!(
                domain,
                ignored_packets, unsent_flows, suppressed, "an exporter says that it lost some"
            );
        }
    }

    fn count(&mut self, report: &decode::Report) {
        self.split += report.biflows as usize;
        self.count_reported(report);
        let Some(error) = &report.error else {
            return self.accounting.datagrams_decoded.add(1);
        };
        self.accounting.datagrams_rejected.add(1);
        if let Some(suppressed) = self.log.permit() {
            // Without the exporter's address: it is one of those that are anonymized.
            let domain = report.exporter.domain;
            debug!(domain, %error, suppressed, "datagram rejected");
        }
    }
}

/// What a source waits for that has handed something over.
fn wait_for(waiting: Option<&Waiting>, hand_over: HandOver) -> HandOver {
    match waiting {
        None => hand_over,
        Some(waiting) => waiting.wait_for(hand_over),
    }
}
