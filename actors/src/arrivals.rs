//! What exporters send: datagrams, and sessions with their messages.

use std::net::SocketAddr;
use std::ops::Range;

use dataset::{Datagram, Piece, StreamEnd};
use flow::ReceiveTime;

use crate::message::StreamMessages;

/// What came, in the order of receipt; octets one after the other in one buffer.
#[derive(Debug, Default)]
pub struct Arrivals {
    octets: Vec<u8>,
    stored: Vec<Stored>,
    /// How many are datagrams or messages.
    datagrams: usize,
}

#[derive(Debug)]
struct Stored {
    received: ReceiveTime,
    source: SocketAddr,
    destination: SocketAddr,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Datagram(Range<usize>),
    Begin,
    Message(Range<usize>),
    End(StreamEnd),
}

/// One thing that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival<'a> {
    /// A datagram over UDP.
    Datagram(Datagram<'a>),
    /// A part of a session over TCP or TLS: its beginning, a whole message, its end, or
    /// several of these in this order. Octets are at most one message.
    Session(Piece<'a>),
}

impl Arrival<'_> {
    /// When it came.
    #[must_use]
    pub const fn received(&self) -> ReceiveTime {
        match self {
            Self::Datagram(datagram) => datagram.received,
            Self::Session(piece) => piece.received,
        }
    }
}

impl Arrivals {
    /// What a session sent, received at a time.
    #[must_use]
    pub fn of_session(sent: &StreamMessages, received: ReceiveTime) -> Self {
        let messages = &sent.messages;
        let mut arrivals = Self::with_capacity(messages.len() + 2, messages.octets());
        let nothing = Piece {
            received,
            source: sent.source,
            destination: sent.destination,
            begins: false,
            octets: &[],
            end: None,
        };
        arrivals.push_session(&Piece {
            begins: sent.begins,
            ..nothing
        });
        for octets in messages.iter() {
            arrivals.push_session(&Piece { octets, ..nothing });
        }
        arrivals.push_session(&Piece {
            end: sent.end,
            ..nothing
        });
        arrivals
    }

    fn with_capacity(arrivals: usize, octets: usize) -> Self {
        Self {
            octets: Vec::with_capacity(octets),
            stored: Vec::with_capacity(arrivals),
            datagrams: 0,
        }
    }

    /// Adds a datagram.
    pub fn push(&mut self, datagram: Datagram<'_>) {
        let place = self.keep(datagram.payload);
        self.datagrams += 1;
        self.stored.push(Stored {
            received: datagram.received,
            source: datagram.source,
            destination: datagram.destination,
            kind: Kind::Datagram(place),
        });
    }

    /// Adds a part of a session. Its octets are a whole message, or none.
    pub fn push_session(&mut self, piece: &Piece<'_>) {
        let begin = piece.begins.then_some(Kind::Begin);
        let message = (!piece.octets.is_empty()).then(|| Kind::Message(self.keep(piece.octets)));
        self.datagrams += usize::from(message.is_some());
        let end = piece.end.map(Kind::End);
        for kind in [begin, message, end].into_iter().flatten() {
            self.stored.push(Stored {
                received: piece.received,
                source: piece.source,
                destination: piece.destination,
                kind,
            });
        }
    }

    fn keep(&mut self, octets: &[u8]) -> Range<usize> {
        let from = self.octets.len();
        self.octets.extend_from_slice(octets);
        from..self.octets.len()
    }

    /// What came, in order; beginnings, messages and ends of sessions one by one.
    pub fn iter(&self) -> impl Iterator<Item = Arrival<'_>> {
        self.stored.iter().map(|stored| self.arrival(stored))
    }

    fn arrival(&self, stored: &Stored) -> Arrival<'_> {
        let octets = |place: &Range<usize>| self.octets.get(place.clone()).unwrap_or_default();
        let piece = |begins, octets, end| {
            Arrival::Session(Piece {
                received: stored.received,
                source: stored.source,
                destination: stored.destination,
                begins,
                octets,
                end,
            })
        };
        match &stored.kind {
            Kind::Datagram(place) => Arrival::Datagram(Datagram {
                received: stored.received,
                source: stored.source,
                destination: stored.destination,
                payload: octets(place),
            }),
            Kind::Begin => piece(true, &[], None),
            Kind::Message(place) => piece(false, octets(place), None),
            Kind::End(end) => piece(false, &[], Some(*end)),
        }
    }

    /// How many datagrams and messages there are.
    #[must_use]
    pub const fn datagrams(&self) -> usize {
        self.datagrams
    }

    /// How many arrivals there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.stored.len()
    }

    /// Whether nothing came.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.stored.is_empty()
    }

    /// Octets of all payloads together.
    #[must_use]
    pub const fn octets(&self) -> usize {
        self.octets.len()
    }
}

/// Whole messages of one session, one after the other in one buffer.
#[derive(Debug, Default)]
pub struct Messages {
    octets: Vec<u8>,
    ends: Vec<usize>,
}

impl Messages {
    /// Adds a message.
    pub fn push(&mut self, message: &[u8]) {
        self.octets.extend_from_slice(message);
        self.ends.push(self.octets.len());
    }

    /// The messages in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let places = starts.zip(&self.ends);
        places.map(|(from, to)| self.octets.get(from..*to).unwrap_or_default())
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Octets of all together.
    #[must_use]
    pub const fn octets(&self) -> usize {
        self.octets.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_come_out_one_by_one_in_the_order_they_went_in() {
        let received = ReceiveTime::from_millis(5);
        let source = SocketAddr::from(([192, 0, 2, 1], 5));
        let destination = SocketAddr::from(([192, 0, 2, 2], 4_739));
        let piece = |begins, octets, end| Piece {
            received,
            source,
            destination,
            begins,
            octets,
            end,
        };
        let datagram = Datagram {
            received,
            source,
            destination,
            payload: b"",
        };
        let mut arrivals = Arrivals::default();
        arrivals.push_session(&piece(true, b"one", Some(StreamEnd::Reset)));
        arrivals.push(datagram);
        let found: Vec<_> = arrivals.iter().collect();
        let expected = [
            Arrival::Session(piece(true, b"", None)),
            Arrival::Session(piece(false, b"one", None)),
            Arrival::Session(piece(false, b"", Some(StreamEnd::Reset))),
            Arrival::Datagram(datagram),
        ];
        assert_eq!(found, expected);
        assert_eq!(
            (arrivals.len(), arrivals.datagrams(), arrivals.octets()),
            (4, 2, 3)
        );
    }

    #[test]
    fn messages_keep_their_bounds() {
        let mut messages = Messages::default();
        for message in [&b"one"[..], b"", b"three"] {
            messages.push(message);
        }
        let found: Vec<_> = messages.iter().collect();
        assert_eq!(found, [&b"one"[..], b"", b"three"]);
        assert_eq!((messages.len(), messages.octets()), (3, 8));
    }
}
