//! A raw dataset, prepared anew.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use actix::prelude::*;
use dataset::Piece;
use dataset::pcapng::{Item, Reader, STATE_MAX, StatePart};
use flow::{ReceiveTime, Tick};
use tokio::time::Instant;

use super::{Pacer, Replayer, Source, Turn};
use crate::cutter::Cutter;
use crate::edition::{self, Edition};
use crate::intake::Intake;
use crate::librarian::Library;
use crate::message::{Arrival, Arrivals};
use crate::store::{StoreError, StoredRows, Stream};

/// A recorded moment.
#[derive(Debug)]
enum Event {
    /// What was received within one second, and when the last of it was.
    Arrivals(Arrivals, ReceiveTime),
    /// A run begins with something known of exporters.
    Begin(Vec<u8>),
    /// An edition of the databases counts from a tick on.
    Edition(Option<Tick>, Arc<Edition>),
    /// A run ended; its clock had come to this tick.
    EndOfRun(Tick),
    /// Another run begins without the one before having ended in order.
    Broken,
}

/// The arrivals of a frame, one batch for each second.
#[derive(Debug, Default)]
struct Seconds {
    batch: Arrivals,
    last: ReceiveTime,
}

impl Seconds {
    /// The batch that what came at `received` belongs to.
    fn at(&mut self, received: ReceiveTime, events: &mut VecDeque<Event>) -> &mut Arrivals {
        if received.tick() != self.last.tick() {
            self.close(events);
        }
        self.last = received;
        &mut self.batch
    }

    fn close(&mut self, events: &mut VecDeque<Event>) {
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() {
            events.push_back(Event::Arrivals(batch, self.last));
        }
    }
}

/// The sessions of a dataset, whose octets become messages as they did when received.
#[derive(Debug, Default)]
struct Sessions(BTreeMap<(SocketAddr, SocketAddr), Cutter>);

impl Sessions {
    fn take(&mut self, piece: &Piece<'_>, batch: &mut Arrivals) {
        let ends = (piece.source, piece.destination);
        let empty = Piece {
            begins: false,
            octets: &[],
            end: None,
            ..*piece
        };
        if piece.begins {
            self.0.insert(ends, Cutter::default());
            batch.push_session(&Piece {
                begins: true,
                ..empty
            });
        }
        let mut put = |octets: &[u8]| batch.push_session(&Piece { octets, ..empty });
        if let Some(cutter) = self.0.get_mut(&ends) {
            cutter.take(piece.octets, &mut put);
        }
        if piece.end.is_some() {
            if let Some(cutter) = self.0.remove(&ends) {
                cutter.finish(put);
            }
            batch.push_session(&Piece {
                end: piece.end,
                ..empty
            });
        }
    }
}

/// What was known when a run began, as far as it has come.
#[derive(Debug, Default)]
struct Known(Vec<u8>);

impl Known {
    /// Takes a part; the whole with its last.
    fn take(&mut self, part: StatePart<'_>) -> Option<Vec<u8>> {
        if part.part == 0 {
            self.0.clear();
        }
        let room = STATE_MAX.saturating_sub(self.0.len());
        let octets = part.octets.get(..room.min(part.octets.len()));
        self.0.extend_from_slice(octets.unwrap_or_default());
        let last = part.part.checked_add(1) == Some(part.parts);
        last.then(|| std::mem::take(&mut self.0))
    }
}

/// The databases as the dataset names them.
struct Recorded {
    library: Arc<dyn Library>,
    /// The edition that was named last.
    last: Option<Arc<Edition>>,
}

impl Recorded {
    /// Whether the dataset has not named any yet.
    const fn is_unnamed(&self) -> bool {
        self.last.is_none()
    }

    /// Opens what is named. A replay may wait for it: nothing else is on its thread.
    fn take(&mut self, octets: &[u8], first_seq: u64) -> Result<Event, StoreError> {
        let failed = |source| StoreError::Databases { first_seq, source };
        let Some((from, made_of)) = edition::recorded(octets) else {
            return Err(failed("not named in a way that is known".into()));
        };
        let again = self.last.take().filter(|last| *last.made_of() == made_of);
        let edition = match again {
            Some(edition) => edition,
            None => Arc::new(self.library.reopen(&made_of).map_err(failed)?),
        };
        self.last = Some(Arc::clone(&edition));
        Ok(Event::Edition(from, edition))
    }
}

/// Datagrams and sessions of a raw dataset for the lanes.
pub struct RawSource {
    stream: Stream,
    pcapng: Reader,
    /// The open sessions, by both their ends.
    sessions: Sessions,
    pacer: Pacer,
    intake: Intake,
    events: VecDeque<Event>,
    /// The parts of what is known that have come.
    known: Known,
    /// The databases that were used then, if these are to be.
    recorded: Option<Recorded>,
    /// Which run the segment being read belongs to.
    run: Option<serde_json::Value>,
    /// Whether the run being read has not ended yet.
    running: bool,
}

/// The member of a raw segment's header that tells runs apart.
pub const RUN: &str = "run";

impl RawSource {
    /// The datagrams of `stream` for `intake`. With a library, each is looked up in the
    /// databases that were used then.
    #[must_use]
    pub fn new(
        stream: Stream,
        pacer: Pacer,
        intake: Intake,
        library: Option<Arc<dyn Library>>,
    ) -> Self {
        let (events, run) = (VecDeque::new(), None);
        Self {
            stream,
            pcapng: Reader::new(),
            sessions: Sessions::default(),
            pacer,
            intake,
            events,
            known: Known::default(),
            recorded: library.map(|library| Recorded {
                library,
                last: None,
            }),
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
        if self.run == run {
            return;
        }
        let broken = std::mem::replace(&mut self.run, run).is_some() && self.running;
        if broken {
            self.events.push_back(Event::Broken);
            self.running = false;
        }
        // Sessions do not outlive their run.
        self.pcapng = Reader::new();
        self.sessions = Sessions::default();
        self.known = Known::default();
    }

    fn take_apart(&mut self, frame: &StoredRows) -> Result<(), StoreError> {
        let first_seq = frame.first_seq;
        let mut seconds = Seconds::default();
        for item in self.pcapng.items(&frame.payload) {
            match item.map_err(|source| StoreError::Blocks { first_seq, source })? {
                Item::Datagram(_) | Item::Piece(_)
                    if self.recorded.as_ref().is_some_and(Recorded::is_unnamed) =>
                {
                    return Err(StoreError::NoDatabases);
                }
                Item::Datagram(datagram) => {
                    seconds
                        .at(datagram.received, &mut self.events)
                        .push(datagram);
                    self.running = true;
                }
                Item::Piece(piece) => {
                    let batch = seconds.at(piece.received, &mut self.events);
                    self.sessions.take(&piece, batch);
                    self.running = true;
                }
                Item::State(part) => {
                    let known = self.known.take(part);
                    // Only a beginning can begin with something.
                    let known = known.filter(|_| !self.running);
                    self.events.extend(known.map(Event::Begin));
                }
                Item::Databases(octets) => {
                    seconds.close(&mut self.events);
                    if let Some(recorded) = &mut self.recorded {
                        self.events.push_back(recorded.take(octets, first_seq)?);
                    }
                }
                Item::Statistics(statistics) => {
                    seconds.close(&mut self.events);
                    self.events
                        .push_back(Event::EndOfRun(statistics.end.tick()));
                    self.sessions = Sessions::default();
                    self.running = false;
                }
            }
        }
        seconds.close(&mut self.events);
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
            Event::Arrivals(batch, _) => {
                // Recorded times are those of a run's clock already; stamping them again
                // changes nothing, unless the dataset was made elsewhere.
                let mut stamped = Arrivals::default();
                for arrival in batch.iter() {
                    let received = self.intake.stamp(arrival.received());
                    match arrival {
                        Arrival::Datagram(datagram) => stamped.push(dataset::Datagram {
                            received,
                            ..datagram
                        }),
                        Arrival::Session(piece) => {
                            stamped.push_session(&Piece { received, ..piece });
                        }
                    }
                }
                self.intake.take_in(&stamped, ctx);
            }
            Event::EndOfRun(tick) => {
                self.intake.advance(tick, ctx);
                self.intake.end_run(ctx);
            }
            Event::Begin(known) => self.intake.restore(&known),
            Event::Edition(from, edition) => self.intake.adopt_from(from, edition),
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
            Event::Arrivals(_, last) => *last,
            Event::EndOfRun(tick) => tick.begins(),
            Event::Begin(_) | Event::Edition(..) | Event::Broken => ReceiveTime::default(),
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
