//! A raw dataset, prepared anew.

use std::collections::VecDeque;

use actix::prelude::*;
use dataset::pcapng::{Item, Reader};
use flow::{ReceiveTime, Tick};
use tokio::time::Instant;

use super::{Pacer, Replayer, Source, Turn};
use crate::intake::Intake;
use crate::message::DatagramBatch;
use crate::store::{StoreError, StoredRows, Stream};

/// A recorded moment.
#[derive(Debug)]
enum Event {
    /// Datagrams received within one second, and when the last of them was.
    Datagrams(DatagramBatch, ReceiveTime),
    /// A run ended; its clock had come to this tick.
    EndOfRun(Tick),
    /// Another run begins without the one before having ended in order.
    Broken,
}

/// Datagrams of a raw dataset for the lanes.
pub struct RawSource {
    stream: Stream,
    pcapng: Reader,
    pacer: Pacer,
    intake: Intake,
    events: VecDeque<Event>,
    /// Which run the segment being read belongs to.
    run: Option<serde_json::Value>,
    /// Whether the run being read has not ended yet.
    running: bool,
}

/// The member of a raw segment's header that tells runs apart.
pub const RUN: &str = "run";

impl RawSource {
    /// The datagrams of `stream` for `intake`.
    #[must_use]
    pub fn new(stream: Stream, pacer: Pacer, intake: Intake) -> Self {
        let (events, run) = (VecDeque::new(), None);
        Self {
            stream,
            pcapng: Reader::new(),
            pacer,
            intake,
            events,
            run,
            running: false,
        }
    }

    /// Reads frames until there is an event; `false` at the end of the dataset.
    fn read(&mut self) -> Result<bool, StoreError> {
        while self.events.is_empty() {
            let Some(frame) = self.stream.next_frame()? else {
                return Ok(false);
            };
            self.note_run();
            self.take_apart(&frame)?;
        }
        Ok(true)
    }

    /// A run that a crash ended left no end behind; its flows do not mix with those of
    /// the next run, as they did not when it was received.
    fn note_run(&mut self) {
        let run = self
            .stream
            .header()
            .and_then(|header| header.meta.get(RUN).cloned());
        if self.run != run && std::mem::replace(&mut self.run, run).is_some() && self.running {
            self.events.push_back(Event::Broken);
            self.running = false;
        }
    }

    fn take_apart(&mut self, frame: &StoredRows) -> Result<(), StoreError> {
        let first_seq = frame.first_seq;
        let mut batch = DatagramBatch::default();
        let mut last = ReceiveTime::default();
        for item in self.pcapng.items(&frame.payload) {
            match item.map_err(|source| StoreError::Blocks { first_seq, source })? {
                Item::Datagram(datagram) => {
                    if !batch.is_empty() && datagram.received.tick() != last.tick() {
                        self.events
                            .push_back(Event::Datagrams(std::mem::take(&mut batch), last));
                    }
                    last = datagram.received;
                    batch.push(datagram);
                    self.running = true;
                }
                // None is recorded: nothing is received over TCP.
                Item::Piece(_) => {}
                Item::Statistics(statistics) => {
                    if !batch.is_empty() {
                        self.events
                            .push_back(Event::Datagrams(std::mem::take(&mut batch), last));
                    }
                    self.events
                        .push_back(Event::EndOfRun(statistics.end.tick()));
                    self.running = false;
                }
            }
        }
        if !batch.is_empty() {
            self.events.push_back(Event::Datagrams(batch, last));
        }
        Ok(())
    }

    /// The next tick, if it comes before `until`: seconds in which nothing was received
    /// pass at the pace as well.
    fn tick_before(&self, until: Tick) -> Option<Tick> {
        self.intake
            .ticked()
            .map(Tick::next)
            .filter(|next| *next < until)
    }

    fn tell(&mut self, event: Event, ctx: &mut Context<Replayer>) {
        match event {
            Event::Datagrams(batch, _) => {
                // Recorded times are those of a run's clock already; stamping them again
                // changes nothing, unless the dataset was made elsewhere.
                let mut stamped = DatagramBatch::default();
                for datagram in batch.iter() {
                    let received = self.intake.stamp(datagram.received);
                    stamped.push(dataset::Datagram {
                        received,
                        ..datagram
                    });
                }
                self.intake.take_in(&stamped, ctx);
            }
            Event::EndOfRun(tick) => {
                self.intake.advance(tick, ctx);
                self.intake.end_run(ctx);
            }
            Event::Broken => self.intake.end_run(ctx),
        }
    }
}

impl Source for RawSource {
    fn turn(&mut self, ctx: &mut Context<Replayer>) -> Result<Turn, StoreError> {
        if !self.read()? {
            return Ok(Turn::Done);
        }
        let Some(event) = self.events.pop_front() else {
            return Ok(Turn::Again);
        };
        let at = match &event {
            Event::Datagrams(_, last) => *last,
            Event::EndOfRun(tick) => tick.begins(),
            Event::Broken => ReceiveTime::default(),
        };
        let tick = self.tick_before(at.tick());
        let due = self
            .pacer
            .due(tick.map_or(at, Tick::begins), Instant::now());
        match (due, tick) {
            (None, None) => self.tell(event, ctx),
            (None, Some(_)) if self.pacer.is_unpaced() => self.tell(event, ctx),
            (None, Some(tick)) => {
                self.events.push_front(event);
                self.intake.advance(tick, ctx);
            }
            (Some(due), _) => {
                self.events.push_front(event);
                return Ok(Turn::NotBefore(due));
            }
        }
        Ok(Turn::Again)
    }

    fn end(&mut self, ctx: &mut Context<Replayer>) {
        if self.running {
            self.intake.end_run(ctx);
        }
    }
}
