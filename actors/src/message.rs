//! Every message that crosses a mailbox, in the order of the flow.

use std::net::SocketAddr;
use std::sync::Arc;

use actix::dev::MessageResponse;
use actix::prelude::*;
use dataset::StreamEnd;
use decode::Snapshot;
use flow::{AggregatedFlow, EnrichedFlow, OriginalFlow, ReceiveTime, Tick};
use mediation::aggregate::Heard;
use mediation::anonymize::{AnonymizedFlow, Key};
use mediation::blocks::Rank;
use protocol::Block;

use crate::edition::Edition;
use crate::terms::Terms;

pub use crate::arrivals::{Arrival, Arrivals, Messages};

/// ExporterSession -> Receiver: whole messages of one session, in order.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Verdict")]
pub struct StreamMessages {
    /// The exporter's end of the connection.
    pub source: SocketAddr,
    /// The collector's end.
    pub destination: SocketAddr,
    /// Whether the session begins with them.
    pub begins: bool,
    /// The messages.
    pub messages: Arc<Messages>,
    /// How the session ended after them, if it did.
    pub end: Option<StreamEnd>,
}

/// What becomes of a session after its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, MessageResponse)]
pub enum Verdict {
    /// It goes on.
    GoOn,
    /// It is to be closed (RFC 7011, 9.1): nothing more of it is taken in.
    Close,
}

/// Receiver -> Recorder: what came, as it came.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct RawArrivals(pub Arc<Arrivals>);

/// Librarian -> Receiver: another edition of the databases is there. It counts from the
/// next tick on, which is the answer; `None` is from the beginning.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Adopted")]
pub struct Adopt(pub Arc<Edition>);

/// From which tick on an edition or a key counts; `None` for the beginning of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, MessageResponse)]
pub struct Adopted(pub Option<Tick>);

/// Keyholder -> Receiver: another master key is there. It counts from the next tick on, which
/// is the answer.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Adopted")]
pub struct AdoptKey(pub Arc<Key>);

/// Receiver -> Recorder: from which tick on an edition counts. Nothing that came before
/// this message was received at that tick or later.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct RawEdition {
    /// The tick; `None` for the beginning of the run.
    pub from: Option<Tick>,
    /// The edition.
    pub edition: Arc<Edition>,
}

/// To the Librarian: look at the databases now. To the Keyholder: read the key again.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Reload;

/// Receiver -> Keeper: what was learnt of exporters.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Keep(pub Arc<Snapshot>);

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
    /// The place of each in its block; none unless records are aggregated within blocks.
    pub places: Vec<u32>,
    /// The second in which their datagrams were received.
    pub received: Tick,
}

/// Receiver or Replayer -> Aggregator: the pipeline's clock has reached a tick.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct CloseTick {
    /// The tick, as what it releases.
    pub release: Release,
    /// What is known of exporters from now on.
    pub heard: Arc<Heard>,
    /// What it releases leaves under these.
    pub terms: Terms,
}

/// Receiver or Replayer -> Aggregator: the block of records ends here, on all lanes; release
/// what it comes to.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct EndBlock {
    /// The block, as what it releases.
    pub release: Release,
    /// What it releases leaves under these.
    pub terms: Terms,
}

/// Receiver or Replayer -> Aggregator: no record will come any more; release everything
/// as part of this tick.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ReleaseAll {
    /// The tick and its first part.
    pub release: Release,
    /// What is released leaves under these.
    pub terms: Terms,
}

/// Aggregator -> Enricher: flows that a tick released.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct AggregatedFlows {
    /// Whose they are.
    pub from: Origin,
    /// The flows, in no particular order.
    pub flows: Arc<Vec<AggregatedFlow>>,
    /// What they leave under, the same for all lanes of a release.
    pub terms: Terms,
}

/// Enricher -> Anonymizer: the same flows with what is known about their addresses.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct EnrichedFlows {
    /// Whose they are.
    pub from: Origin,
    /// The flows.
    pub flows: Arc<Vec<EnrichedFlow>>,
    /// What they leave under.
    pub terms: Terms,
}

/// Anonymizer -> Publisher: flows that may leave.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct AnonymizedFlows {
    /// Whose they are.
    pub from: Origin,
    /// The flows.
    pub flows: Vec<AnonymizedFlow>,
    /// What they leave under.
    pub terms: Terms,
}

/// The lane and release of flows on their way to the Publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The lane.
    pub lane: usize,
    /// What they are part of.
    pub release: Release,
    /// Whether these are the last of that lane and release.
    pub last: bool,
    /// The order in which they are to stand.
    pub order: FlowOrder,
}

/// In which order flows of one release stand in the prepared stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowOrder {
    /// In one that is worked out from the flows as they leave.
    OfStream,
    /// In that of their block: the rank of each when it left the Aggregator.
    OfBlock(Arc<[Rank]>),
}

/// What all lanes let go together: a tick, a block of records that ended after it, or one
/// of the parts of the tick in which everything is released. The prepared stream is in the
/// order of releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    /// The run of the source, from 0: a replayed dataset may hold several, each with a
    /// clock of its own.
    pub run: u32,
    /// The tick.
    pub tick: Tick,
    /// The part: 0 for the tick; then, in the same second, blocks of records from 1. Where
    /// everything is released, the partition of the flow key.
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
pub struct Record {
    /// The block.
    pub block: Arc<Block>,
    /// What all its flows left under.
    pub terms: Terms,
}

/// Replayer -> Publisher: a block of a prepared dataset.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Publish(pub Arc<Block>);

/// Nothing follows: pass on what is still held. Answered once everything that came
/// before it was answered for by the next stage.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Barrier;

/// To a source (ExporterListener, Receiver, Replayer): stop taking in, pass on what is there, release all.
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
    /// Messages of a session that were not taken in.
    Messages(StreamMessages),
    /// Datagrams and messages that were decoded and not recorded.
    Arrivals(Arc<Arrivals>),
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
