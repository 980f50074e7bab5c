//! TCP streams of a capture, cut into IPFIX messages (RFC 7011, 10.4).

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use dataset::{Piece, StreamEnd};
use decode::{FrameError, Framer};
use flow::ReceiveTime;

use super::input::{Found, Message, Taken};

/// What was wrong with a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StreamFault {
    /// Who sent it.
    pub(super) source: SocketAddr,
    /// When that was seen.
    pub(super) received: ReceiveTime,
    /// Offset in the stream, in octets, if it is known.
    pub(super) offset: Option<u64>,
    /// What was found, and what would be right.
    pub(super) text: String,
}

/// All streams that are followed.
#[derive(Debug, Default)]
pub(super) struct Streams {
    by_ends: BTreeMap<(SocketAddr, SocketAddr), Stream>,
}

#[derive(Debug)]
struct Stream {
    /// `None` once it is out of step.
    framer: Option<Framer>,
    last: ReceiveTime,
}

impl Streams {
    /// Takes a piece in, and hands out the messages that end within it.
    pub(super) fn take(
        &mut self,
        piece: &Piece<'_>,
        take: &mut impl FnMut(Found<'_>) -> io::Result<Taken>,
    ) -> io::Result<Taken> {
        let ends = (piece.source, piece.destination);
        if piece.begins
            && let Some(before) = self.by_ends.remove(&ends)
            && before.end(piece.source, take)?.is_break()
        {
            return Ok(Taken::Break(()));
        }
        let stream = self.by_ends.entry(ends).or_insert_with(|| Stream {
            framer: Some(Framer::new()),
            last: piece.received,
        });
        stream.last = piece.received;
        let taken = stream.cut(piece, take)?;
        if taken.is_break() {
            return Ok(taken);
        }
        match piece.end {
            None => Ok(taken),
            Some(StreamEnd::Lost) => {
                let fault = StreamFault {
                    source: piece.source,
                    received: piece.received,
                    offset: None,
                    text: "a gap in what was captured; what follows is left out".to_owned(),
                };
                self.by_ends.remove(&ends);
                if take(Found::Fault(fault))?.is_break() {
                    return Ok(Taken::Break(()));
                }
                take(Found::Ended(piece.source))
            }
            Some(StreamEnd::Finished | StreamEnd::Reset) => match self.by_ends.remove(&ends) {
                Some(stream) => stream.end(piece.source, take),
                None => Ok(taken),
            },
        }
    }

    /// The end of the capture: what is not whole is told.
    pub(super) fn finish(
        self,
        take: &mut impl FnMut(Found<'_>) -> io::Result<Taken>,
    ) -> io::Result<()> {
        for ((source, _), stream) in self.by_ends {
            if stream.end(source, take)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl Stream {
    fn cut(
        &mut self,
        piece: &Piece<'_>,
        take: &mut impl FnMut(Found<'_>) -> io::Result<Taken>,
    ) -> io::Result<Taken> {
        let Some(framer) = &mut self.framer else {
            return Ok(Taken::Continue(()));
        };
        let mut octets = piece.octets;
        loop {
            let payload = match framer.take(&mut octets) {
                Ok(Some(payload)) => payload,
                Ok(None) => return Ok(Taken::Continue(())),
                Err(error) => {
                    self.framer = None;
                    let fault = StreamFault::of(error, piece.source, piece.received);
                    return take(Found::Fault(fault));
                }
            };
            let message = Message {
                transport: Framer::TRANSPORT,
                received: Some(piece.received),
                source: Some(piece.source),
                payload,
            };
            if take(Found::Message(message))?.is_break() {
                return Ok(Taken::Break(()));
            }
        }
    }

    /// The stream is over.
    fn end(
        self,
        source: SocketAddr,
        take: &mut impl FnMut(Found<'_>) -> io::Result<Taken>,
    ) -> io::Result<Taken> {
        if let Some(Err(error)) = self.framer.map(Framer::finish) {
            let fault = StreamFault::of(error, source, self.last);
            if take(Found::Fault(fault))?.is_break() {
                return Ok(Taken::Break(()));
            }
        }
        take(Found::Ended(source))
    }
}

impl StreamFault {
    fn of(error: FrameError, source: SocketAddr, received: ReceiveTime) -> Self {
        Self {
            source,
            received,
            offset: Some(error.offset),
            text: error.to_string(),
        }
    }
}
