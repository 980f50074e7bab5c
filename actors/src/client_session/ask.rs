//! Reading a client's request.

use std::io;
use std::sync::Arc;

use bytes::BytesMut;
use protocol::{Refusal, RefusalCode, Request};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_util::codec::{Decoder, LinesCodec, LinesCodecError};

/// Why there will be no request.
#[derive(Debug)]
pub(super) enum End {
    /// The client gets to know what is wrong.
    Refused(Refusal),
    /// There is nobody to tell.
    Gone,
}

/// A request that has not come whole yet.
#[derive(Debug)]
pub(super) struct Asking {
    codec: LinesCodec,
    buffer: BytesMut,
    deadline: Instant,
}

impl Asking {
    pub(super) fn new(bytes_max: usize, deadline: Instant) -> Self {
        let codec = LinesCodec::new_with_max_length(bytes_max);
        Self {
            codec,
            buffer: BytesMut::new(),
            deadline,
        }
    }

    pub(super) const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Takes octets in; gives the request when its line is there.
    pub(super) fn take_in(&mut self, octets: &[u8]) -> Result<Option<Request>, End> {
        self.buffer.extend_from_slice(octets);
        match self.codec.decode(&mut self.buffer) {
            Ok(None) => Ok(None),
            Ok(Some(line)) => Request::parse(line.as_bytes())
                .map(Some)
                .map_err(End::Refused),
            Err(LinesCodecError::MaxLineLengthExceeded) => Err(End::Refused(Refusal::new(
                RefusalCode::TooLong,
                "the request is too long",
                "send one line of JSON; clients.request_bytes_max is its limit",
            ))),
            Err(LinesCodecError::Io(_)) => Err(End::Refused(Refusal::new(
                RefusalCode::BadJson,
                "the request is no UTF-8",
                "send one line of JSON such as {\"start\":\"live\"}",
            ))),
        }
    }
}

/// Waits for octets from the client until the deadline.
pub(super) async fn read(stream: Arc<TcpStream>, deadline: Instant) -> Result<Vec<u8>, End> {
    let mut octets = vec![0; 4_096];
    loop {
        match timeout_at(deadline, stream.readable()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(End::Gone),
            Err(_) => {
                return Err(End::Refused(Refusal::new(
                    RefusalCode::Timeout,
                    "no request came in time",
                    "send one line of JSON such as {\"start\":\"live\"} and a line end",
                )));
            }
        }
        match stream.try_read(&mut octets) {
            Ok(0) => return Err(End::Gone),
            Ok(read) => {
                octets.truncate(read);
                return Ok(octets);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return Err(End::Gone),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(bytes_max: usize) -> Asking {
        Asking::new(bytes_max, Instant::now())
    }

    #[test]
    fn a_request_may_come_octet_by_octet() {
        let mut asking = asking(100);
        for octet in b"{\"start\":\"earliest\"}" {
            assert!(asking.take_in(&[*octet]).unwrap().is_none());
        }
        assert!(asking.take_in(b"\r\n").unwrap().is_some());
    }

    #[test]
    fn what_is_too_long_or_no_text_is_refused() {
        let code = |mut asking: Asking, octets: &[u8]| match asking.take_in(octets) {
            Err(End::Refused(refusal)) => refusal.code,
            other => panic!("{other:?}"),
        };
        assert_eq!(code(asking(100), &[b'x'; 101]), RefusalCode::TooLong);
        assert_eq!(code(asking(100), b"\xFF\xFF\n"), RefusalCode::BadJson);
        assert_eq!(
            code(asking(100), b"GET / HTTP/1.1\r\n\r\n"),
            RefusalCode::BadJson
        );
    }
}
