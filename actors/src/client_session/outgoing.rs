//! What waits to be written to a client.

use std::collections::VecDeque;
use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use protocol::Encoded;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::accounting::Accounting;

/// Most octets of one write.
const WRITE_MAX: usize = 256 << 10;

#[derive(Debug)]
struct Chunk {
    bytes: Encoded,
    /// Flows that are delivered when it is written whole.
    flows: u64,
}

/// Chunks in order, and how far the first is written.
#[derive(Debug)]
pub(super) struct Outgoing {
    chunks: VecDeque<Chunk>,
    offset: usize,
    accounting: Arc<Accounting>,
}

/// The rest of a chunk.
pub(super) struct Rest {
    bytes: Encoded,
    offset: usize,
}

impl Outgoing {
    pub(super) const fn new(accounting: Arc<Accounting>) -> Self {
        Self {
            chunks: VecDeque::new(),
            offset: 0,
            accounting,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Adds encoded flows.
    pub(super) fn flows(&mut self, bytes: Encoded, flows: u64) {
        self.accounting.flows_offered.add(flows);
        self.push(Chunk { bytes, flows });
    }

    /// Adds the declaration that so many flows are missing.
    pub(super) fn gap(&mut self, notice: Vec<u8>, flows: u64) {
        self.accounting.flows_offered.add(flows);
        self.accounting.flows_missed.add(flows);
        self.notice(notice);
    }

    /// Adds what is no flow.
    pub(super) fn notice(&mut self, bytes: Vec<u8>) {
        self.push(Chunk {
            bytes: bytes.into(),
            flows: 0,
        });
    }

    fn push(&mut self, chunk: Chunk) {
        if chunk.bytes.is_empty() {
            self.accounting.flows_delivered.add(chunk.flows);
        } else {
            self.chunks.push_back(chunk);
        }
    }

    /// What to write next.
    pub(super) fn next(&self) -> Rest {
        let first = self.chunks.front();
        let bytes = first.map_or_else(|| Arc::from([]), |chunk| Arc::clone(&chunk.bytes));
        Rest {
            bytes,
            offset: self.offset,
        }
    }

    /// Notes that so many octets were written.
    pub(super) fn written(&mut self, octets: usize) {
        self.offset += octets;
        if self
            .chunks
            .front()
            .is_some_and(|chunk| self.offset >= chunk.bytes.len())
        {
            self.offset = 0;
            let done = self.chunks.pop_front();
            self.accounting
                .flows_delivered
                .add(done.map_or(0, |chunk| chunk.flows));
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.accounting
            .flows_abandoned
            .add(self.chunks.iter().map(|chunk| chunk.flows).sum());
    }
}

/// Writes some octets; gives how many.
pub(super) async fn write(
    stream: Arc<TcpStream>,
    rest: Rest,
    patience: Duration,
) -> Result<usize, &'static str> {
    let end = rest.bytes.len().min(rest.offset + WRITE_MAX);
    let octets = rest.bytes.get(rest.offset..end).unwrap_or_default();
    loop {
        match timeout(patience, stream.writable()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err("client gone"),
            Err(_) => return Err("client takes nothing"),
        }
        match stream.try_write(octets) {
            Ok(written) => return Ok(written),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return Err("client gone"),
        }
    }
}

/// How long a client has to take the last octets.
const LINGER: Duration = Duration::from_secs(1);

/// Says that nothing follows, and reads until the client closes as well. A socket closed
/// with unread octets in it would take back what was written last.
pub(crate) async fn linger(stream: Arc<TcpStream>) {
    if SockRef::from(&*stream).shutdown(Shutdown::Write).is_ok() {
        drop(timeout(LINGER, gone(&stream)).await);
    }
}

/// Ends when the client has closed its side. What it still says is not listened to.
pub(super) async fn gone(stream: &TcpStream) {
    let mut octets = [0; 256];
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut octets) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
