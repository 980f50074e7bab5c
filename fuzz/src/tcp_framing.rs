//! A stream of IPFIX that comes in pieces: cut into messages, decoded, ended, and sent
//! once more.

use std::net::SocketAddr;

use decode::{FrameError, Framer};
use flow::OriginalFlow;

use crate::{Watched, small};

/// The messages of a stream in pieces of given lengths, the last of them again and again.
fn cut(stream: &[u8], lengths: &[u8]) -> (Vec<Vec<u8>>, Result<(), FrameError>) {
    let mut framer = Framer::new();
    let (mut rest, mut messages) = (stream, Vec::new());
    let mut lengths = lengths.iter().chain(lengths.last().into_iter().cycle());
    while !rest.is_empty() {
        let length = 1 + usize::from(lengths.next().copied().unwrap_or(u8::MAX));
        let (mut piece, more) = rest.split_at(length.min(rest.len()));
        rest = more;
        loop {
            match framer.take(&mut piece) {
                Ok(Some(message)) => messages.push(message.to_vec()),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(framer.finish(), Err(error));
                    return (messages, Err(error));
                }
            }
        }
        assert!(piece.is_empty(), "what is left over is taken");
    }
    let unfinished = framer.unfinished().to_vec();
    let taken: usize = messages.iter().map(Vec::len).sum();
    assert_eq!(stream.get(taken..), Some(&unfinished[..]));
    (messages, framer.finish())
}

/// What the messages come to; a decoder that wants the stream closed gets no more of it.
fn decode(watched: &mut Watched, source: SocketAddr, messages: &[Vec<u8>]) -> Vec<OriginalFlow> {
    let mut all = Vec::new();
    for message in messages {
        let (flows, report) = watched.receive(Framer::TRANSPORT, source, message);
        all.extend(flows);
        if report.close {
            break;
        }
    }
    watched.end_session(source);
    watched.finish();
    all
}

/// Takes an input as a stream: lengths of pieces, and its octets.
pub fn tcp_framing(data: &[u8]) {
    let Some((&[count], rest)) = data.split_first_chunk() else {
        return;
    };
    let (lengths, stream) = rest.split_at(usize::from(count % 32).min(rest.len()));
    let (messages, end) = cut(stream, lengths);
    assert_eq!(
        cut(stream, &[u8::MAX]),
        (messages.clone(), end),
        "pieces do not matter"
    );
    assert!(stream.starts_with(&messages.concat()));
    if let Err(error) = end {
        assert_eq!(error.offset, messages.concat().len() as u64);
    }
    for message in &messages {
        let stated = u16::from_be_bytes([message[2], message[3]]);
        assert_eq!(
            (&message[..2], usize::from(stated)),
            (&[0, 10][..], message.len())
        );
    }
    let mut watched = Watched::new(small());
    let source = SocketAddr::from(([192, 0, 2, 1], 4_739));
    let first = decode(&mut watched, source, &messages);
    // Whatever an ended stream told is gone (RFC 7011, 8).
    assert_eq!(decode(&mut watched, source, &messages), first);
}
