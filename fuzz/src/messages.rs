//! An input as a row of messages: each is 1 octet of control, 2 of length, and itself.

use std::net::{IpAddr, SocketAddr};

/// A message of an input.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Bits of whatever a target decides by it.
    pub control: u8,
    /// Of one of four exporters with two source ports each, by the control.
    pub source: SocketAddr,
    /// How long after the last one it comes, in milliseconds.
    pub later_ms: i64,
    /// Its octets.
    pub payload: Vec<u8>,
}

/// Cuts an input into messages.
#[derive(Debug)]
pub struct Messages<'a, F> {
    rest: &'a [u8],
    amend: F,
}

impl<'a, F: Fn(&mut [u8])> Messages<'a, F> {
    /// The messages of an input, each amended so that it is of the version at hand.
    pub const fn new(input: &'a [u8], amend: F) -> Self {
        Self { rest: input, amend }
    }
}

impl<F: Fn(&mut [u8])> Iterator for Messages<'_, F> {
    type Item = Sent;

    fn next(&mut self) -> Option<Sent> {
        let (&[control, high, low], rest) = self.rest.split_first_chunk()?;
        let octets = usize::from(u16::from_be_bytes([high, low])).min(rest.len());
        let (payload, rest) = rest.split_at_checked(octets)?;
        self.rest = rest;
        let mut payload = payload.to_vec();
        (self.amend)(&mut payload);
        // The length of IPFIX is right but for one message in two.
        if control & 0x40 != 0 && payload.len() >= 4 && payload[..2] == [0, 10] {
            payload[2..4].copy_from_slice(&u16::try_from(octets).unwrap_or(0).to_be_bytes());
        }
        Some(Sent {
            control,
            source: SocketAddr::new(
                IpAddr::from([192, 0, 2, control & 3]),
                2_055 + u16::from(control >> 2 & 1),
            ),
            later_ms: 7_000 * i64::from(control >> 3 & 3),
            payload,
        })
    }
}

/// An input of some messages, as [`Messages`] cuts it.
#[must_use]
pub fn packed(messages: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let pack = |(control, payload): &(u8, Vec<u8>)| {
        let octets = u16::try_from(payload.len()).unwrap_or(u16::MAX);
        [&[*control][..], &octets.to_be_bytes(), payload].concat()
    };
    messages.iter().flat_map(pack).collect()
}
