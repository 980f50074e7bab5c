//! A client in line mode: asks with one line of JSON and checks what comes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};

use serde_json::Value;

use super::PATIENCE;

/// A connection whose request was answered.
pub(crate) struct Client {
    lines: BufReader<TcpStream>,
    received: Received,
}

/// Flows declared missing, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) reason: String,
}

/// What a client got: all lines are kept, in order.
#[derive(Debug, Default)]
pub(crate) struct Received {
    /// The answer to the request.
    pub(crate) answer: Value,
    /// Every line after the answer, line ends included.
    pub(crate) lines: Vec<String>,
    /// The flows among them, of JSON Lines.
    pub(crate) flows: Vec<Value>,
    /// The declared gaps among them, of JSON Lines.
    pub(crate) gaps: Vec<Gap>,
    /// What was told of keys among them, of JSON Lines.
    pub(crate) keys: Vec<Value>,
    /// The next position and the reason of the end, of JSON Lines.
    pub(crate) end: Option<(u64, String)>,
}

/// Connects and says these octets.
pub(crate) fn connect(service: SocketAddr, octets: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(service).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(octets).unwrap();
    stream
}

/// Everything that a service says to these octets until it closes the connection.
pub(crate) fn everything_said_to(service: SocketAddr, octets: &[u8]) -> String {
    let mut said = String::new();
    connect(service, octets).read_to_string(&mut said).unwrap();
    said
}

impl Client {
    /// Asks, and reads the answer, which must be a welcome.
    pub(crate) fn ask(service: SocketAddr, request: &Value) -> Self {
        let asked = Self::try_ask(service, request);
        asked.unwrap_or_else(|answer| panic!("no welcome: {answer}"))
    }

    /// Asks, and reads the answer; one that is no welcome is an error.
    pub(crate) fn try_ask(service: SocketAddr, request: &Value) -> Result<Self, Value> {
        let stream = connect(service, format!("{request}\n").as_bytes());
        let mut lines = BufReader::with_capacity(1 << 18, stream);
        let mut answer = String::new();
        lines.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        if answer["type"] != "welcome" {
            return Err(answer);
        }
        let received = Received {
            answer,
            ..Received::default()
        };
        Ok(Self { lines, received })
    }

    /// What came so far.
    pub(crate) const fn so_far(&self) -> &Received {
        &self.received
    }

    /// Reads one more line; `false` at the end of the connection.
    pub(crate) fn read_line(&mut self) -> bool {
        let mut line = String::new();
        if self.lines.read_line(&mut line).unwrap() == 0 {
            return false;
        }
        self.received.take_in(line);
        true
    }

    /// Reads on until what was received is enough.
    pub(crate) fn read_until(&mut self, enough: impl Fn(&Received) -> bool) {
        while !enough(&self.received) {
            assert!(
                self.read_line(),
                "the stream ended: {:?}",
                self.received.end
            );
        }
    }

    /// Reads to the end of the connection. What came is looked at when all of it is there,
    /// so that the service never waits for a test.
    pub(crate) fn read(mut self) -> Received {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        let lines = rest.split_inclusive('\n').map(str::to_owned);
        lines.for_each(|line| self.received.take_in(line));
        self.received
    }

    /// Reads to the end of the connection on a thread.
    pub(crate) fn read_aside(self) -> JoinHandle<Received> {
        thread::spawn(move || self.read())
    }

    /// Reads on a thread until this many positions came.
    pub(crate) fn read_positions_aside(mut self, positions: u64) -> JoinHandle<Self> {
        thread::spawn(move || {
            self.read_until(|received| received.positions() == positions);
            self
        })
    }

    /// Goes away.
    pub(crate) fn leave(self) {
        self.lines.get_ref().shutdown(Shutdown::Both).unwrap();
    }
}

impl Received {
    fn take_in(&mut self, line: String) {
        assert!(line.ends_with('\n'), "a torn line: {line}");
        if self.answer["format"] == "jsonl" {
            self.note(serde_json::from_str(&line).unwrap());
        }
        self.lines.push(line);
    }

    fn note(&mut self, object: Value) {
        let reason = |notice: &Value| notice["reason"].as_str().unwrap().to_owned();
        assert!(self.end.is_none(), "nothing follows the end: {object}");
        if let Some(gap) = object.get("gap") {
            let (from, to) = (count(gap, "from"), count(gap, "to"));
            let reason = reason(gap);
            self.gaps.push(Gap { from, to, reason });
        } else if let Some(key) = object.get("key") {
            assert_eq!(count(key, "from"), self.next_seq(), "before its first flow");
            self.keys.push(key.clone());
        } else if let Some(end) = object.get("end") {
            self.end = Some((count(end, "next_seq"), reason(end)));
        } else {
            self.flows.push(object);
        }
    }

    /// The position after all that came.
    fn next_seq(&self) -> u64 {
        count(&self.answer, "next_seq") + self.positions()
    }

    /// The sum of a field over all flows; null counts nothing.
    pub(crate) fn sum(&self, field: &str) -> u64 {
        let values = self.flows.iter().map(|flow| &flow[field]);
        values.map(|value| value.as_u64().unwrap_or(0)).sum()
    }

    /// All lines as one text.
    pub(crate) fn text(&self) -> String {
        self.lines.concat()
    }

    /// How many positions have come, as flows or as declared gaps.
    pub(crate) fn positions(&self) -> u64 {
        let missing = self.gaps.iter().map(|gap| gap.to - gap.from + 1);
        self.flows.len() as u64 + missing.sum::<u64>()
    }

    /// Every position from `first` on came once and in order, as a flow or in a declared
    /// gap; the position after the last.
    pub(crate) fn assert_each_once(&self, first: u64) -> u64 {
        let (mut next, mut gaps) = (first, self.gaps.iter().peekable());
        let mut flows = self.flows.iter().peekable();
        while flows.peek().is_some() || gaps.peek().is_some() {
            if let Some(gap) = gaps.next_if(|gap| gap.from == next) {
                assert!(gap.to >= gap.from, "{gap:?}");
                next = gap.to + 1;
            } else if let Some(flow) = flows.next() {
                assert_eq!(flow["seq"], next, "after {next} flows and gaps: {flow}");
                next += 1;
            } else {
                panic!("gaps do not fit at {next}: {:?}", gaps.peek());
            }
        }
        next
    }

    /// The stream came to this end, and all of it is there, without a gap.
    pub(crate) fn assert_whole(&self, reason: &str) {
        assert_eq!(self.gaps, [], "nothing is missing");
        let next_seq = self.assert_each_once(count(&self.answer, "next_seq"));
        assert_eq!(self.end, Some((next_seq, reason.to_owned())));
    }
}

/// A number in an object.
pub(crate) fn count(object: &Value, name: &str) -> u64 {
    object[name]
        .as_u64()
        .unwrap_or_else(|| panic!("no number `{name}` in {object}"))
}
