//! A piece of a stream, as it is recorded and as a capture gives it.

use std::net::SocketAddr;

use flow::ReceiveTime;

/// What came at once over one direction of a TCP connection.
///
/// Written, `octets` are one whole message (RFC 7011, 10.4); read, they are what one
/// segment brought, in order and each octet once, and a message may come in several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// When it was received.
    pub received: ReceiveTime,
    /// Who sent it.
    pub source: SocketAddr,
    /// Where it was received.
    pub destination: SocketAddr,
    /// Whether the stream begins with it: whatever came from this source to this
    /// destination before was another stream.
    pub begins: bool,
    /// The octets.
    pub octets: &'a [u8],
    /// How the stream ended after these octets, if it did.
    pub end: Option<StreamEnd>,
}

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEnd {
    /// Its sender closed it in order (FIN).
    Finished,
    /// It was broken off (RST).
    Reset,
    /// A gap in what was captured: what follows cannot be told apart and is left out.
    /// Only read, never written.
    Lost,
}

/// A datagram, or a piece of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival<'a> {
    /// A UDP datagram.
    Datagram(crate::Datagram<'a>),
    /// A piece of a TCP stream.
    Piece(Piece<'a>),
}
