//! Every message that crosses a mailbox, in the order of the flow.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;

use actix::prelude::*;
use flow::{AggregatedFlow, EnrichedFlow, OriginalFlow, ReceiveTime, Tick};
use mediation::anonymize::AnonymizedFlow;
use protocol::Block;

/// Datagrams of one reading, one after the other in one buffer.
#[derive(Debug, Default)]
pub struct DatagramBatch {
    octets: Vec<u8>,
    datagrams: Vec<Stored>,
}

/// Where a datagram of a batch lies, and whence and when it came.
#[derive(Debug, Clone)]
struct Stored {
    received: ReceiveTime,
    source: SocketAddr,
    destination: SocketAddr,
    place: Range<usize>,
}

impl DatagramBatch {
    /// Adds a datagram.
    pub fn push(&mut self, datagram: dataset::Datagram<'_>) {
        let dataset::Datagram {
            received,
            source,
            destination,
            payload,
        } = datagram;
        let from = self.octets.len();
        self.octets.extend_from_slice(payload);
        let place = from..self.octets.len();
        self.datagrams.push(Stored {
            received,
            source,
            destination,
            place,
        });
    }

    /// The datagrams in the order in which they were received.
    pub fn iter(&self) -> impl Iterator<Item = dataset::Datagram<'_>> {
        self.datagrams.iter().map(|stored| dataset::Datagram {
            received: stored.received,
            source: stored.source,
            destination: stored.destination,
            payload: self.octets.get(stored.place.clone()).unwrap_or_default(),
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.datagrams.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.datagrams.is_empty()
    }

    /// Octets of all payloads together.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.octets.len()
    }
}

/// Receiver -> Recorder: datagrams as received.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct RawDatagrams(pub Arc<DatagramBatch>);

/// Receiver or Replayer -> Recorder: the clock ran until here; the run is over.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct EndOfRun {
    /// The last tick of the pipeline's clock; `None` if it never began to run.
    pub ran_until: Option<Tick>,
    /// Datagrams that the kernel dropped.
    pub kernel_drops: u64,
}

/// Receiver or Replayer -> Aggregator: records received within one second.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct OriginalFlows {
    /// The records, all of this lane.
    pub flows: Arc<Vec<OriginalFlow>>,
    /// The second in which their datagrams were received.
    pub received: Tick,
}

/// Receiver or Replayer -> Aggregator: the pipeline's clock has reached a tick.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct CloseTick(pub Release);

/// Receiver or Replayer -> Aggregator: no record will come any more; release everything
/// as part of this tick.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct ReleaseAll(pub Release);

/// Aggregator -> Enricher: flows that a tick released.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct AggregatedFlows {
    /// Whose they are.
    pub from: Origin,
    /// The flows, in no particular order.
    pub flows: Arc<Vec<AggregatedFlow>>,
}

/// Enricher -> Anonymizer: the same flows with what is known about their addresses.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct EnrichedFlows {
    /// Whose they are.
    pub from: Origin,
    /// The flows.
    pub flows: Arc<Vec<EnrichedFlow>>,
}

/// Anonymizer -> Publisher: flows that may leave.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct AnonymizedFlows {
    /// Whose they are.
    pub from: Origin,
    /// The flows.
    pub flows: Vec<AnonymizedFlow>,
}

/// The lane and release of flows on their way to the Publisher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The lane.
    pub lane: usize,
    /// What they are part of.
    pub release: Release,
    /// Whether these are the last of that lane and release.
    pub last: bool,
}

/// What all lanes let go together: a tick, or one of the parts of the tick in which
/// everything is released. The prepared stream is in the order of releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    /// The run of the source, from 0: a replayed dataset may hold several, each with a
    /// clock of its own.
    pub run: u32,
    /// The tick.
    pub tick: Tick,
    /// The part, by partition of the flow key; 0 where there is only one.
    pub part: usize,
}

impl Release {
    /// The whole of a tick of the first run.
    #[must_use]
    pub const fn of(tick: Tick) -> Self {
        Self {
            run: 0,
            tick,
            part: 0,
        }
    }

    /// The first release that may follow.
    #[must_use]
    pub const fn next(self) -> Self {
        Self {
            part: self.part + 1,
            ..self
        }
    }
}

/// Publisher -> Recorder: a block of the prepared stream.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Publish(pub Arc<Block>);

/// Nothing follows: pass on what is still held. Answered once everything that came
/// before it was answered for by the next stage.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Barrier;

/// To a source (Receiver, Replayer): stop taking in, pass on what is there, release all.
/// Answered when every lane has released its flows.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Drain;

/// A datagram whose decoding panicked.
#[derive(Debug, Clone)]
pub struct PoisonDatagram {
    /// When it was received.
    pub received: ReceiveTime,
    /// Who sent it.
    pub source: SocketAddr,
    /// Where it was received.
    pub destination: SocketAddr,
    /// Its octets.
    pub payload: Vec<u8>,
}

/// What a sender still holds of a batch on its way, for quarantine if there is no answer.
#[derive(Debug, Clone)]
pub enum Custody {
    /// Nothing that could be lost, such as a tick.
    Nothing,
    /// Datagrams that were decoded and not recorded.
    Datagrams(Arc<DatagramBatch>),
    /// A datagram that could not be decoded.
    Datagram(Box<PoisonDatagram>),
    /// Records of exporters.
    Originals(Arc<Vec<OriginalFlow>>),
    /// Aggregated Flows.
    Aggregated(Arc<Vec<AggregatedFlow>>),
    /// Enriched flows.
    Enriched(Arc<Vec<EnrichedFlow>>),
    /// Flows that may leave and were not published.
    Anonymized(Arc<Vec<AnonymizedFlow>>),
    /// A block on its way to the Recorder.
    Block(Arc<Block>),
    /// A block of a replayed dataset on its way to the Publisher.
    Replayed(Arc<Block>),
}
