//! A client that keeps the books on what it gets.

use std::net::SocketAddr;
use std::ops::Range;

use futures_util::StreamExt;
use serde_json::Value;
use tokio::net::{TcpSocket, TcpStream};
use tokio_util::codec::{FramedRead, LinesCodec};

/// A connection whose request is accepted.
pub(super) struct Client {
    lines: FramedRead<TcpStream, LinesCodec>,
    /// The position of the first flow that follows.
    pub(super) first_seq: u64,
    /// What the welcome says of the anonymization.
    pub(super) anonymization: Value,
    got: Got,
}

/// What a client got.
#[derive(Debug, Default)]
pub(super) struct Got {
    /// Positions, one after the other, as lists of what follows without a break.
    pub(super) received: Vec<Range<u64>>,
    /// Positions that were declared missing.
    pub(super) gaps: Vec<Range<u64>>,
    /// Changes of key that were told, with the position of each.
    pub(super) keys: Vec<(u64, String)>,
    /// The position that the end of the stream named.
    pub(super) end: Option<u64>,
    /// Every line of a flow.
    pub(super) text: String,
}

fn number(text: &str, name: &str) -> u64 {
    let (_, rest) = text.split_once(name).unwrap();
    let digits = rest.chars().take_while(char::is_ascii_digit);
    digits.collect::<String>().parse().unwrap()
}

impl Client {
    /// Connects and asks; the server's answer is a welcome. With a `window`, the client's
    /// receive buffer has about so many octets.
    pub(super) async fn ask(address: SocketAddr, window: Option<u32>, request: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(octets) = window {
            socket.set_recv_buffer_size(octets).unwrap();
        }
        let stream = socket.connect(address).await.unwrap();
        stream.writable().await.unwrap();
        let line = format!("{request}\n");
        assert_eq!(stream.try_write(line.as_bytes()).unwrap(), line.len());
        let mut lines = FramedRead::new(stream, LinesCodec::new());
        let welcome = lines.next().await.unwrap().unwrap();
        let welcome: Value = serde_json::from_str(&welcome).unwrap();
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        if welcome["format"] != "jsonl" {
            lines.next().await.unwrap().unwrap();
        }
        Self {
            lines,
            first_seq: welcome["next_seq"].as_u64().unwrap(),
            anonymization: welcome["anonymization"].clone(),
            got: Got::default(),
        }
    }

    /// Reads a line; `false` at the end of the stream, which is declared.
    pub(super) async fn read(&mut self) -> bool {
        let Some(line) = self.lines.next().await else {
            return false;
        };
        self.got.take(&line.unwrap());
        true
    }

    /// Reads until so many flows were received, or until the end.
    pub(super) async fn read_flows(&mut self, count: u64) {
        while self.got.count() < count && self.read().await {}
    }

    /// Reads to the end of the stream.
    pub(super) async fn read_all(mut self) -> Got {
        while self.read().await {}
        assert!(self.got.end.is_some(), "the end was not declared");
        self.got
    }

    /// Goes away in the middle of it.
    pub(super) fn leave(self) -> Got {
        self.got
    }
}

impl Got {
    fn take(&mut self, line: &str) {
        assert!(self.end.is_none(), "behind the end: {line}");
        if line.starts_with("{\"gap\"") {
            let (from, to) = (number(line, "\"from\":"), number(line, "\"to\":"));
            self.gaps.push(from..to + 1);
        } else if line.starts_with("# gap") {
            let (from, to) = (number(line, "from="), number(line, "to="));
            self.gaps.push(from..to + 1);
        } else if line.starts_with("{\"key\"") {
            self.take_key(number(line, "\"from\":"), line);
        } else if line.starts_with("# key") {
            self.take_key(number(line, "from="), line);
        } else if line.starts_with("{\"end\"") {
            self.end = Some(number(line, "\"next_seq\":"));
        } else if line.starts_with("# end") {
            self.end = Some(number(line, "next_seq="));
        } else {
            let seq = if line.starts_with('{') {
                number(line, "{\"seq\":")
            } else {
                number(line, "")
            };
            self.receive(seq);
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    /// A key is told before the first flow that it is of.
    fn take_key(&mut self, from: u64, line: &str) {
        let next = self.received.last().map(|range| range.end);
        let missing = self.gaps.last().map(|range| range.end);
        assert!(next.max(missing).is_none_or(|next| next == from), "{line}");
        self.keys.push((from, line.to_owned()));
    }

    fn receive(&mut self, seq: u64) {
        match self.received.last_mut() {
            Some(range) if range.end == seq => range.end += 1,
            _ => self.received.push(seq..seq + 1),
        }
    }

    /// How many flows were received.
    pub(super) fn count(&self) -> u64 {
        self.received
            .iter()
            .map(|range| range.end - range.start)
            .sum()
    }

    /// How many were declared missing.
    pub(super) fn missed(&self) -> u64 {
        self.gaps.iter().map(|range| range.end - range.start).sum()
    }

    /// What was received and what was declared missing are, in their order, exactly
    /// `whole`; or its beginning, if the client left before the end.
    pub(super) fn assert_is(&self, whole: Range<u64>) {
        let mut ranges: Vec<_> = self.received.iter().chain(&self.gaps).cloned().collect();
        ranges.sort_unstable_by_key(|range| range.start);
        let mut next = whole.start;
        for range in &ranges {
            assert_eq!(range.start, next, "{ranges:?}");
            next = range.end;
        }
        assert!(self.received.is_sorted_by_key(|range| range.start));
        match self.end {
            Some(end) => assert_eq!((next, end), (whole.end, whole.end)),
            None => assert!(next <= whole.end),
        }
    }
}
