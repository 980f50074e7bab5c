//! What all client sessions share.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mediation::anonymize::KeyName;
use protocol::{Declaration, LegacyRules, Refusal, RefusalCode, Request, Start, Welcome};
use tokio::sync::watch;

use crate::accounting::Accounting;
use crate::ring::{Found, Ring};
use crate::store::{Stream, key_at, oldest_seq_of};

/// Limits of a session.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a client may take to send its request.
    pub request_timeout: Duration,
    /// Octets of the longest request.
    pub request_bytes_max: usize,
    /// How long a client may take nothing of what waits for it.
    pub write_timeout: Duration,
}

/// What all sessions share.
#[derive(Debug)]
pub struct Hall {
    /// The recent blocks.
    pub ring: Arc<Ring>,
    /// Where older ones are read from, if they are kept.
    pub history: Option<PathBuf>,
    /// What is done to flows before they leave. It holds no key: those come and go.
    pub anonymization: Declaration,
    /// How the columns of the original system are written.
    pub legacy: LegacyRules,
    /// Limits of each session.
    pub limits: Limits,
    /// Becomes true when the first client gets the stream.
    pub first_client: watch::Sender<bool>,
    /// The counters.
    pub accounting: Arc<Accounting>,
}

impl Hall {
    /// The oldest position that can be had.
    #[must_use]
    pub fn oldest_seq(&self) -> u64 {
        let stored = self
            .history
            .as_deref()
            .and_then(|path| oldest_seq_of(path).ok().flatten());
        let recent = self.ring.oldest_seq();
        stored.map_or(recent, |stored| stored.min(recent))
    }

    /// The position at which a request starts.
    ///
    /// # Errors
    /// A [`Refusal`] for a position that is not there.
    pub fn first_seq(&self, request: &Request) -> Result<u64, Refusal> {
        let (oldest, next) = (self.oldest_seq(), self.ring.next_seq());
        match request.start {
            Start::Live => Ok(next),
            Start::Earliest => Ok(oldest),
            Start::Seq(seq) if (oldest..=next).contains(&seq) => Ok(seq),
            Start::Seq(seq) => {
                let message = format!("seq {seq} is not there");
                let hint = format!("the oldest is {oldest}, the next will be {next}");
                Err(Refusal::new(RefusalCode::OutOfRange, message, hint))
            }
        }
    }

    /// What names the key of the flow at a position, as far as it is known: of one that has
    /// not left yet, the key of the last before it. What is wrong with a stored segment shows
    /// when its flows are read.
    #[must_use]
    pub fn key_at(&self, seq: u64) -> Option<KeyName> {
        let history = self.history.as_deref();
        match self.ring.find(seq) {
            Found::Block(block) => block.key(),
            Found::Gone { .. } => history.and_then(|path| key_at(path, seq).ok().flatten()),
            Found::NotYet | Found::Ended(_) => self.ring.key(),
        }
    }

    /// The answer to a request that starts at `next_seq`, where flows are under `key`, and
    /// what comes before its first flow.
    #[must_use]
    pub fn welcome(&self, request: &Request, next_seq: u64, key: Option<KeyName>) -> Vec<u8> {
        let mut bytes = Welcome {
            server: concat!("flowstream ", env!("CARGO_PKG_VERSION")),
            form: &request.form,
            next_seq,
            oldest_seq: self.oldest_seq(),
            anonymization: &self.anonymization.under(key),
        }
        .line();
        bytes.extend_from_slice(&request.form.preamble());
        bytes
    }

    /// A cursor over what is stored, from `seq` on.
    #[must_use]
    pub fn stored_from(&self, seq: u64) -> Option<Stream> {
        self.history
            .clone()
            .map(|directory| Stream::new(directory, seq))
    }
}

/// A client as logs name it.
pub type Peer = SocketAddr;
