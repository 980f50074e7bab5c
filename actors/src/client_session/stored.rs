//! Reading history from the prepared dataset, off the thread that serves sockets.

use std::fmt;

use dataset::segment::SegmentHeader;
use protocol::Block;
use tracing::warn;

use crate::store::{StoredRows, Stream, block_of};

/// A cursor over the dataset; kept between reads, dropped when the ring has caught up.
#[derive(Default)]
pub(super) struct Stored(Option<Stream>);

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stored").field(&self.0.is_some()).finish()
    }
}

impl Stored {
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    pub(super) fn put_back(&mut self, stream: Option<Stream>) {
        self.0 = stream;
    }

    /// The cursor kept, or a new one.
    pub(super) fn take(&mut self, open: impl FnOnce() -> Option<Stream>) -> Option<Stream> {
        self.0.take().or_else(open)
    }
}

/// Reads the next block on a thread for waiting work. The cursor comes back with it,
/// unless it stumbled.
pub(super) async fn read(stream: Option<Stream>, next_seq: u64) -> (Option<Stream>, Option<Block>) {
    let Some(stream) = stream else {
        return (None, None);
    };
    let reading = tokio::task::spawn_blocking(move || next_block(stream, next_seq));
    reading.await.unwrap_or((None, None))
}

fn next_block(mut stream: Stream, next_seq: u64) -> (Option<Stream>, Option<Block>) {
    loop {
        match stream.next_frame() {
            Ok(None) => return (Some(stream), None),
            Ok(Some(frame)) if frame.rows == 0 => {}
            Ok(Some(frame)) => match stream.header().and_then(|header| restore(&frame, header)) {
                Some(block) => return (Some(stream), Some(block)),
                None => return (None, None),
            },
            Err(error) => {
                warn!(%error, next_seq, "history cannot be read here; a gap is declared");
                return (None, None);
            }
        }
    }
}

/// The block that a frame of a segment is.
fn restore(frame: &StoredRows, header: &SegmentHeader) -> Option<Block> {
    match block_of(frame, header) {
        Ok(block) => Some(block),
        Err(error) => {
            warn!(%error, first_seq = frame.first_seq, "stored rows cannot be read back");
            None
        }
    }
}
