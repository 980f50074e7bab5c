//! TCP connections, followed in order of their sequence numbers (RFC 9293, 3.4).
//!
//! Only what comes in order is used. A segment that comes again gives what is new in it;
//! a gap ends the stream, since nothing tells where a message begins behind it. So a
//! connection costs a few words, and no octets are kept.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;

use flow::tcp_flag::{FIN, RST, SYN};

use crate::StreamEnd;
use crate::capture::Counts;
use crate::packet::Tcp;

/// Most streams that are followed at once; those beyond are counted and left out.
pub const STREAMS_MAX: usize = 65_536;

type Ends = (SocketAddr, SocketAddr);

/// What a segment gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) begins: bool,
    /// Where the octets lie in the packet.
    pub(crate) payload: Range<usize>,
    pub(crate) end: Option<StreamEnd>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Octets are missing.
    Lost,
    /// Ended; kept so that what comes again begins no stream.
    Over,
}

/// One direction of a connection.
#[derive(Debug, Clone, Copy)]
struct Connection {
    /// The sequence number of its SYN, if that was seen.
    initial: Option<u32>,
    /// The sequence number of the next octet.
    next: u32,
    state: State,
}

/// The connections of a capture or dataset.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections {
    by_ends: BTreeMap<Ends, Connection>,
    /// How many are open.
    open: usize,
}

impl Connections {
    /// What a segment gives, if it gives anything; everything else is counted.
    pub(crate) fn take(&mut self, tcp: &Tcp, counts: &mut Counts) -> Option<Found> {
        let ends = (tcp.source, tcp.destination);
        let known = self.by_ends.get(&ends).copied();
        let (connection, begins) = match known {
            _ if tcp.has(SYN) => (begun(tcp, known, counts)?, true),
            Some(connection) => (connection, false),
            // Nothing to follow yet: an acknowledgement, or the end of what was not seen.
            None if tcp.payload.is_empty() => return None,
            None => (Connection::from_middle(tcp), true),
        };
        if begins && !self.has_room(known, counts) {
            return None;
        }
        counts.streams += u64::from(begins);
        let (after, found) = connection.follow(tcp, begins, counts);
        self.keep(ends, known, after);
        found
    }

    /// Whether another stream may be followed. Those that ended make room first.
    fn has_room(&mut self, known: Option<Connection>, counts: &mut Counts) -> bool {
        let replaces_open = known.is_some_and(|known| known.state == State::Open);
        if replaces_open {
            return true;
        }
        if self.open >= STREAMS_MAX {
            counts.streams_not_followed += 1;
            return false;
        }
        if known.is_none() && self.by_ends.len() >= STREAMS_MAX {
            self.by_ends
                .retain(|_, connection| connection.state == State::Open);
        }
        true
    }

    fn keep(&mut self, ends: Ends, before: Option<Connection>, after: Connection) {
        let is_open = |connection: &Connection| connection.state == State::Open;
        self.open += usize::from(is_open(&after));
        self.open -= usize::from(before.as_ref().is_some_and(is_open));
        self.by_ends.insert(ends, after);
    }
}

impl Tcp {
    const fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }
}

/// The connection that a SYN begins; `None` if it only comes again.
fn begun(tcp: &Tcp, known: Option<Connection>, counts: &mut Counts) -> Option<Connection> {
    let again =
        |known: Connection| known.state == State::Open && known.initial == Some(tcp.sequence);
    if known.is_some_and(again) {
        counts.repeated += 1;
        return None;
    }
    Some(Connection {
        initial: Some(tcp.sequence),
        next: tcp.sequence.wrapping_add(1),
        state: State::Open,
    })
}

impl Connection {
    /// A connection whose beginning was not captured.
    const fn from_middle(tcp: &Tcp) -> Self {
        Self {
            initial: None,
            next: tcp.sequence,
            state: State::Open,
        }
    }

    /// The connection after a segment, and what that gives.
    fn follow(self, tcp: &Tcp, begins: bool, counts: &mut Counts) -> (Self, Option<Found>) {
        let octets = u32::try_from(tcp.payload.len()).unwrap_or(u32::MAX);
        if self.state != State::Open {
            return (self.late(tcp, octets, counts), None);
        }
        // A SYN has a place of its own in the sequence, before the octets.
        let first = tcp.sequence.wrapping_add(u32::from(tcp.has(SYN)));
        let had = self.next.wrapping_sub(first);
        let is_ahead = had > u32::MAX / 2;
        let new = if is_ahead {
            0
        } else {
            octets.saturating_sub(had)
        };
        let in_order = tcp.payload.end - new as usize..tcp.payload.end;
        let mut after = Self {
            next: self.next.wrapping_add(new),
            ..self
        };
        let missing = is_ahead && (octets > 0 || tcp.has(FIN)) || new > 0 && tcp.cut;
        counts.repeated += u64::from(!is_ahead && octets > 0 && new == 0);
        let end = if missing {
            counts.streams_lost += 1;
            counts.octets_lost += if is_ahead { octets.into() } else { 0 };
            after.state = State::Lost;
            Some(StreamEnd::Lost)
        } else if tcp.has(RST) {
            Some(StreamEnd::Reset)
        } else {
            let all_there = after.next == first.wrapping_add(octets);
            (tcp.has(FIN) && all_there).then_some(StreamEnd::Finished)
        };
        if matches!(end, Some(StreamEnd::Finished | StreamEnd::Reset)) {
            after.state = State::Over;
        }
        let found = Found {
            begins,
            payload: in_order,
            end,
        };
        let is_any = begins || new > 0 || end.is_some();
        (after, is_any.then_some(found))
    }

    /// The connection after a segment that comes when the stream has ended.
    fn late(self, tcp: &Tcp, octets: u32, counts: &mut Counts) -> Self {
        if self.state == State::Lost {
            counts.octets_lost += u64::from(octets);
        } else {
            counts.repeated += u64::from(octets > 0);
        }
        let over = tcp.has(FIN) || tcp.has(RST);
        Self {
            state: if over { State::Over } else { self.state },
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use flow::tcp_flag::{ACK, PSH};

    use super::*;

    fn segment(port: u16, sequence: u32, flags: u16, octets: usize) -> Tcp {
        Tcp {
            source: SocketAddr::from(([192, 0, 2, 1], port)),
            destination: SocketAddr::from(([192, 0, 2, 2], 4_739)),
            sequence,
            flags,
            payload: 40..40 + octets,
            cut: false,
        }
    }

    /// What segments of one connection give, as (begins, octets, end).
    type Given = (bool, usize, Option<StreamEnd>);

    fn given(segments: &[(u32, u16, usize)]) -> (Vec<Given>, Counts) {
        let (mut connections, mut counts) = (Connections::default(), Counts::default());
        let mut given = Vec::new();
        for &(sequence, flags, octets) in segments {
            let found = connections.take(&segment(1, sequence, flags, octets), &mut counts);
            given.extend(found.map(|found| (found.begins, found.payload.len(), found.end)));
        }
        (given, counts)
    }

    #[test]
    fn a_connection_gives_its_octets_in_order_across_the_wrap_of_the_sequence() {
        let (found, counts) = given(&[
            (u32::MAX - 1, SYN, 0),
            (u32::MAX, ACK, 0),
            (u32::MAX, ACK | PSH, 10),
            (9, ACK | PSH, 5),
            (14, ACK | FIN, 0),
        ]);
        let end = Some(StreamEnd::Finished);
        let expected = [
            (true, 0, None),
            (false, 10, None),
            (false, 5, None),
            (false, 0, end),
        ];
        assert_eq!(found, expected);
        assert_eq!(
            counts,
            Counts {
                streams: 1,
                ..Counts::default()
            }
        );
    }

    #[test]
    fn what_comes_again_gives_what_is_new_in_it() {
        let (found, counts) = given(&[
            (99, SYN, 0),
            (99, SYN, 0),
            (100, ACK, 10),
            (100, ACK, 10),
            (105, ACK, 10),
            (114, ACK, 0),
            (115, ACK | FIN, 3),
            (115, ACK | FIN, 3),
            (100, ACK, 10),
        ]);
        let end = Some(StreamEnd::Finished);
        let expected = [
            (true, 0, None),
            (false, 10, None),
            (false, 5, None),
            (false, 3, end),
        ];
        assert_eq!(found, expected);
        assert_eq!(
            (counts.streams, counts.repeated, counts.streams_lost),
            (1, 4, 0)
        );
    }

    #[test]
    fn a_gap_ends_the_stream_until_another_begins() {
        let (found, counts) = given(&[
            (0, SYN, 0),
            (1, ACK, 10),
            (12, ACK, 10),
            (11, ACK, 1),
            (500, SYN, 0),
            (501, ACK, 4),
        ]);
        let lost = Some(StreamEnd::Lost);
        let expected = [
            (true, 0, None),
            (false, 10, None),
            (false, 0, lost),
            (true, 0, None),
            (false, 4, None),
        ];
        assert_eq!(found, expected);
        assert_eq!(
            (counts.streams, counts.streams_lost, counts.octets_lost),
            (2, 1, 11)
        );
    }

    #[test]
    fn a_segment_that_the_capture_cut_ends_the_stream() {
        let (mut connections, mut counts) = (Connections::default(), Counts::default());
        let cut = Tcp {
            cut: true,
            ..segment(1, 7, ACK, 10)
        };
        let found = connections.take(&cut, &mut counts).unwrap();
        assert_eq!(
            (found.payload.len(), found.end),
            (10, Some(StreamEnd::Lost))
        );
    }

    #[test]
    fn a_stream_may_be_met_in_its_middle_and_be_reset() {
        let (found, _) = given(&[(5, ACK, 0), (5, ACK, 3), (0, RST, 0), (8, ACK, 2)]);
        let reset = Some(StreamEnd::Reset);
        assert_eq!(found, [(true, 3, None), (false, 0, reset)]);
    }

    #[test]
    fn streams_beyond_the_limit_are_counted_and_those_that_ended_make_room() {
        let (mut connections, mut counts) = (Connections::default(), Counts::default());
        let with_ends = |number: usize, flags| {
            let [.., b, c, d] = u32::try_from(number).unwrap().to_be_bytes();
            Tcp {
                source: SocketAddr::from(([10, b, c, d], 1)),
                ..segment(1, 0, flags, 0)
            }
        };
        for number in 0..STREAMS_MAX {
            assert!(
                connections
                    .take(&with_ends(number, SYN), &mut counts)
                    .is_some()
            );
        }
        assert_eq!(
            connections.take(&with_ends(STREAMS_MAX, SYN), &mut counts),
            None
        );
        assert_eq!(counts.streams_not_followed, 1);
        connections.take(&with_ends(3, RST), &mut counts);
        assert!(
            connections
                .take(&with_ends(STREAMS_MAX, SYN), &mut counts)
                .is_some()
        );
        assert_eq!(connections.by_ends.len(), STREAMS_MAX);
    }
}
