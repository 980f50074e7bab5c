//! Writing streams: sequence numbers that go on from message to message.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use flow::ReceiveTime;
use flow::tcp_flag::{ACK, FIN, PSH, RST, SYN};

use super::ip::{Segment, put_tcp};
use super::write::{packet, time};
use super::{SEGMENT_V4_MAX, SEGMENT_V6_MAX};
use crate::datagram::{canonical, same_family};
use crate::error::within;
use crate::{Piece, Result, StreamEnd};

/// Most octets of a message: its length has 16 bits (RFC 7011, 3.1).
const MESSAGE_MAX: u64 = 65_535;

type Ends = (SocketAddr, SocketAddr);

/// Where streams stand after some pieces were encoded: the sequence number of the next
/// octet, or nothing for a stream that ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Steps(BTreeMap<Ends, Option<u32>>);

/// Where the streams of a dataset stand. Encoding ([`Self::write`]) only borrows it, so
/// that it is as before if that fails; what was encoded is then [`Self::take`]n over, and
/// counts once it is [`Self::stored`]. What was [`Self::lost`] on the way to the disk
/// takes no place in the sequence, so that the stored stream has no gap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StreamWriter {
    stored: BTreeMap<Ends, u32>,
    taken: Steps,
}

impl StreamWriter {
    /// A writer that knows no stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a piece of a stream, whose octets are at most one message; gives the number
    /// of blocks. A piece of a stream that is not known begins it, whatever it says.
    ///
    /// Addresses are written as by [`super::write_datagram`].
    ///
    /// # Errors
    ///
    /// [`crate::DatasetError::Limit`] for more octets than a message may have,
    /// [`crate::DatasetError::Format`] for a time before 1970; nothing is appended then.
    pub fn write(&self, steps: &mut Steps, out: &mut Vec<u8>, piece: &Piece<'_>) -> Result<u32> {
        let offset = out.len() as u64;
        let octets = piece.octets.len() as u64;
        within(offset, "message of the stream", octets, MESSAGE_MAX)?;
        let ends = (canonical(piece.source), canonical(piece.destination));
        let mut writing = Writing {
            time: time(piece.received, offset)?,
            addresses: same_family(ends.0.ip(), ends.1.ip()),
            ports: (ends.0.port(), ends.1.port()),
            next: 0,
            blocks: 0,
            out,
        };
        match self.next(steps, &ends).filter(|_| !piece.begins) {
            Some(next) => writing.next = next,
            None => writing.begin(piece.received),
        }
        writing.message(piece.octets);
        if let Some(end) = piece.end {
            writing.end(end);
        }
        let (next, blocks) = (writing.next, writing.blocks);
        steps.0.insert(ends, piece.end.is_none().then_some(next));
        Ok(blocks)
    }

    /// Takes over what was encoded.
    pub fn take(&mut self, steps: Steps) {
        self.taken.0.extend(steps.0);
    }

    /// What was taken over is stored.
    pub fn stored(&mut self) {
        for (ends, next) in std::mem::take(&mut self.taken).0 {
            match next {
                Some(next) => self.stored.insert(ends, next),
                None => self.stored.remove(&ends),
            };
        }
    }

    /// What was taken over will not be stored.
    pub fn lost(&mut self) {
        for (ends, next) in std::mem::take(&mut self.taken).0 {
            if next.is_none() {
                self.stored.remove(&ends);
            }
        }
    }

    fn next(&self, steps: &Steps, ends: &Ends) -> Option<u32> {
        let newer = steps.0.get(ends).or_else(|| self.taken.0.get(ends));
        newer.map_or_else(|| self.stored.get(ends).copied(), |next| *next)
    }
}

/// The packets of one piece.
struct Writing<'a> {
    time: [u8; 8],
    addresses: (IpAddr, IpAddr),
    ports: (u16, u16),
    next: u32,
    blocks: u32,
    out: &'a mut Vec<u8>,
}

impl Writing<'_> {
    /// Writes a SYN. Its number follows the time, as that of a true one does (RFC 9293,
    /// 3.4.1), so that streams between the same ends are told apart.
    fn begin(&mut self, received: ReceiveTime) {
        const UNITS: i64 = 4_000;
        self.next = low_bits(received.nanos() / UNITS);
        self.put(SYN, &[]);
        self.next = self.next.wrapping_add(1);
    }

    fn message(&mut self, octets: &[u8]) {
        let most = match self.addresses.0 {
            IpAddr::V4(_) => SEGMENT_V4_MAX,
            IpAddr::V6(_) => SEGMENT_V6_MAX,
        };
        let mut rest = octets;
        while !rest.is_empty() {
            let (first, behind) = rest.split_at(most.min(rest.len()));
            let last = if behind.is_empty() { PSH } else { 0 };
            self.put(ACK | last, first);
            self.next = self.next.wrapping_add(low_bits_of(first.len()));
            rest = behind;
        }
    }

    fn end(&mut self, end: StreamEnd) {
        match end {
            StreamEnd::Finished => self.put(ACK | FIN, &[]),
            StreamEnd::Reset | StreamEnd::Lost => self.put(ACK | RST, &[]),
        }
    }

    fn put(&mut self, flags: u16, octets: &[u8]) {
        let segment = Segment {
            ports: self.ports,
            sequence: self.next,
            flags: flags.to_be_bytes()[1],
            octets,
        };
        let addresses = self.addresses;
        packet(self.out, &self.time, |out| {
            put_tcp(out, addresses, &segment);
        });
        self.blocks += 1;
    }
}

/// The low 32 bits, as a counter that wraps carries them.
fn low_bits(number: i64) -> u32 {
    let [.., a, b, c, d] = number.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// Lengths have been checked against a limit far below.
fn low_bits_of(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
