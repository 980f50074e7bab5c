//! The intake: datagrams in, records to the lanes, ticks in between.
//!
//! Receiver and Replayer share it, so that live and replayed datagrams take exactly the
//! same way: stamp, tick, decode, spread over the lanes.

use std::sync::Arc;

use actix::prelude::*;
use decode::Decoder;
use flow::{OriginalFlow, ReceiveTime, Tick};
use tracing::{debug, warn};

use crate::accounting::Accounting;
use crate::clock::Clock;
use crate::lanes::Lanes;
use crate::message::{Custody, DatagramBatch, PoisonDatagram, Release};
use crate::quarantine::Bin;
use crate::rate_limit::RateLimit;
use crate::supervision::guard;
use crate::wait::Wait;

/// How many unknown elements one log line names; the others are counted in it.
const ELEMENTS_PER_LINE: usize = 64;

/// Decodes datagrams in order of receipt and feeds the lanes.
pub struct Intake {
    stage: &'static str,
    decoder: Decoder,
    clock: Clock,
    run: u32,
    lanes: Lanes,
    bin: Bin,
    accounting: Arc<Accounting>,
    /// Records with two directions among those not yet passed on.
    split: usize,
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
        clock: Clock,
        lanes: Lanes,
        bin: Bin,
        accounting: Arc<Accounting>,
    ) -> Self {
        let log = RateLimit::per_second(5);
        Self {
            stage,
            decoder,
            clock,
            run: 0,
            lanes,
            bin,
            accounting,
            split: 0,
            log,
        }
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

    /// Takes in datagrams that are stamped and in order.
    pub fn take_in<A>(&mut self, batch: &DatagramBatch, ctx: &mut Context<A>)
    where
        A: Actor<Context = Context<A>>,
    {
        self.accounting.datagrams_received.add_len(batch.len());
        let mut flows = self.lanes.buffer();
        for datagram in batch.iter() {
            let second = datagram.received.tick();
            if self.clock.ticked() != Some(second) {
                flows = self.pass_on(flows, ctx);
                self.advance(second, ctx);
            }
            flows = self.decode(datagram, flows);
        }
        self.pass_on(flows, ctx);
        self.accounting
            .set_decoding(self.decoder.counters().total());
    }

    /// Moves the clock to a tick that no datagram brought.
    pub fn advance<A>(&mut self, tick: Tick, ctx: &mut Context<A>)
    where
        A: Actor<Context = Context<A>>,
    {
        for tick in self.clock.advance(tick) {
            self.decoder.expire(tick.begins());
            ctx.hold(self.lanes.close_tick(Release {
                run: self.run,
                ..Release::of(tick)
            }));
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
            ctx.hold(self.lanes.release_all(release));
        }
        ctx.hold(self.lanes.all_landed());
        let (sets, octets) = self.decoder.pending();
        if sets > 0 {
            warn!(
                sets,
                octets, "the run ends with data whose template never came; they are not decoded"
            );
        }
        self.decoder = self.decoder.anew();
        self.clock = self.clock.anew();
        self.run += 1;
    }

    fn pass_on<A>(&mut self, flows: Vec<OriginalFlow>, ctx: &mut Context<A>) -> Vec<OriginalFlow>
    where
        A: Actor<Context = Context<A>>,
    {
        if let (false, Some(received)) = (flows.is_empty(), self.clock.ticked()) {
            let split = std::mem::take(&mut self.split);
            self.accounting.records_split.add_len(split);
            self.accounting.records_decoded.add_len(flows.len() - split);
            return self
                .lanes
                .spread(flows, received, |hand_over| ctx.hold(hand_over));
        }
        flows
    }

    /// Decodes one datagram behind `flows`. If that panics, the datagram alone goes to
    /// quarantine: what was decoded before it is kept aside meanwhile.
    fn decode(
        &mut self,
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
        match guard(|| decoder.plan(input, scratch)) {
            Ok(plan) => {
                let (decoded, report) = self.decoder.apply(plan);
                flows.extend_from_slice(&decoded);
                self.lanes.keep_scratch(decoded);
                self.count(&report);
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
