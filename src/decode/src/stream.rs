//! IPFIX over a stream: octets in, whole messages out (RFC 7011, 10.4).
//!
//! The length in its header is all that tells where a message ends. Nothing marks a
//! beginning, so there is no way back into step: a version that is not 10, or a length
//! below that of a header, ends the stream for good, and the connection is to be
//! closed. Whoever connects anew begins with a new framer.

use crate::bytes::u16_at;
use crate::{Protocol, Transport};

/// Why a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("octet {offset} of the stream: {kind}")]
pub struct FrameError {
    /// Offset of the message at fault in the stream, in octets.
    pub offset: u64,
    /// What was found there, and what would be right.
    pub kind: FrameErrorKind,
}

/// What was wrong with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameErrorKind {
    /// The version is not that of IPFIX.
    #[error("version {found}, where 10 was expected")]
    Version {
        /// The first two octets.
        found: u16,
    },
    /// The length is below that of a header.
    #[error("message length {stated}, where 16 to 65535 was expected")]
    Length {
        /// The length.
        stated: u16,
    },
    /// The stream ended within a message.
    #[error("end after {found} octets of a message")]
    CutOff {
        /// Octets of the message that came.
        found: usize,
    },
}

/// Octets that hold version and length.
const PREFIX: usize = 4;

/// Cuts a stream into messages. Holds no more than one message, which is at most
/// 65,535 octets.
///
/// ```
/// # use decode::Framer;
/// let message = [0, 10, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
/// let mut framer = Framer::new();
/// let mut input = &[&message[..], &message[..3]].concat()[..];
/// assert_eq!(framer.take(&mut input)?, Some(&message[..]));
/// assert_eq!(framer.take(&mut input)?, None);
/// assert!(input.is_empty() && framer.finish().is_err());
/// # Ok::<(), decode::FrameError>(())
/// ```
#[derive(Debug, Default)]
pub struct Framer {
    message: Vec<u8>,
    /// Whether the message was handed out.
    whole: bool,
    /// Octets of the stream before the message.
    offset: u64,
    failed: Option<FrameError>,
}

impl Framer {
    /// How its messages come to the decoder.
    pub const TRANSPORT: Transport = Transport::Stream;

    /// A framer at the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes octets from the front of `input` up to the end of a message, and hands it
    /// out. `None` says that the input is used up and the message is not whole yet.
    ///
    /// # Errors
    ///
    /// If no message can begin here; every later call says the same.
    pub fn take(&mut self, input: &mut &[u8]) -> Result<Option<&[u8]>, FrameError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if std::mem::take(&mut self.whole) {
            self.offset += u64::try_from(self.message.len()).unwrap_or(0);
            self.message.clear();
        }
        self.fill(input, PREFIX);
        let octets = match self.octets() {
            Ok(octets) => octets,
            Err(kind) => return Err(self.fail(kind)),
        };
        let Some(octets) = octets else {
            return Ok(None);
        };
        self.fill(input, octets);
        self.whole = self.message.len() == octets;
        Ok(self.whole.then_some(&self.message))
    }

    /// The octets taken of a message that is not whole, or that cannot be one.
    #[must_use]
    pub fn unfinished(&self) -> &[u8] {
        if self.whole { &[] } else { &self.message }
    }

    /// Ends the stream.
    ///
    /// # Errors
    ///
    /// Why it had ended before, or that it ends within a message.
    pub fn finish(self) -> Result<(), FrameError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.whole || self.message.is_empty() {
            return Ok(());
        }
        let found = self.message.len();
        Err(FrameError {
            offset: self.offset,
            kind: FrameErrorKind::CutOff { found },
        })
    }

    /// Moves octets over until the message has so many.
    fn fill(&mut self, input: &mut &[u8], octets: usize) {
        let missing = octets.saturating_sub(self.message.len());
        if let Some((taken, rest)) = input.split_at_checked(missing.min(input.len())) {
            self.message.extend_from_slice(taken);
            *input = rest;
        }
    }

    /// The octets of the message, once its length has come. What is wrong is told as
    /// soon as it is known.
    fn octets(&self) -> Result<Option<usize>, FrameErrorKind> {
        let Some(version) = u16_at(&self.message, 0) else {
            return Ok(None);
        };
        if version != 10 {
            return Err(FrameErrorKind::Version { found: version });
        }
        let Some(stated) = u16_at(&self.message, 2) else {
            return Ok(None);
        };
        if usize::from(stated) < Protocol::Ipfix.header_octets() {
            return Err(FrameErrorKind::Length { stated });
        }
        Ok(Some(usize::from(stated)))
    }

    fn fail(&mut self, kind: FrameErrorKind) -> FrameError {
        let offset = self.offset;
        *self.failed.insert(FrameError { offset, kind })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(octets: u16) -> Vec<u8> {
        let mut message = vec![0xAB; usize::from(octets)];
        message[..2].copy_from_slice(&[0, 10]);
        message[2..4].copy_from_slice(&octets.to_be_bytes());
        message
    }

    /// What comes of a stream that arrives in pieces.
    fn cut<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, Result<(), FrameError>) {
        let mut framer = Framer::new();
        let mut messages = Vec::new();
        for mut piece in pieces {
            loop {
                match framer.take(&mut piece) {
                    Ok(Some(message)) => messages.push(message.to_vec()),
                    Ok(None) => break,
                    Err(error) => return (messages, Err(error)),
                }
            }
            assert!(piece.is_empty(), "what is left over is taken");
        }
        (messages, framer.finish())
    }

    #[test]
    fn b013_the_longest_message_comes_whole_when_delivered_octet_by_octet() {
        let stream = [message(u16::MAX), message(16), message(17)].concat();
        let (messages, end) = cut(stream.chunks(1));
        assert_eq!(messages, [message(u16::MAX), message(16), message(17)]);
        assert_eq!(end, Ok(()));
    }

    #[test]
    fn a_wrong_version_or_length_ends_the_stream_as_soon_as_it_is_known() {
        let version = |found| FrameErrorKind::Version { found };
        let length = |stated| FrameErrorKind::Length { stated };
        for (head, kind) in [
            (&[0, 9][..], version(9)),
            (b"GE", version(0x4745)),
            (&[0, 10, 0, 0], length(0)),
            (&[0, 10, 0, 15], length(15)),
        ] {
            let stream = [&message(20)[..], head].concat();
            let (messages, end) = cut(stream.chunks(3));
            assert_eq!(messages.len(), 1);
            assert_eq!(end, Err(FrameError { offset: 20, kind }));
        }
    }

    #[test]
    fn a_framer_that_failed_takes_nothing_more() {
        let mut framer = Framer::new();
        let error = framer.take(&mut &[0, 9][..]).unwrap_err();
        let good = message(16);
        let mut input = &good[..];
        assert_eq!(framer.take(&mut input), Err(error));
        assert_eq!((input.len(), framer.finish()), (16, Err(error)));
    }

    #[test]
    fn what_is_left_of_a_message_can_be_looked_at() {
        let mut framer = Framer::new();
        let message = message(20);
        framer.take(&mut &message[..]).unwrap();
        assert_eq!(framer.unfinished(), [0; 0]);
        framer.take(&mut &message[..7]).unwrap();
        assert_eq!(framer.unfinished(), &message[..7]);
        let mut framer = Framer::new();
        framer.take(&mut &[0, 9, 0, 20, 1][..]).unwrap_err();
        assert_eq!(framer.unfinished(), [0, 9, 0, 20]);
    }

    #[test]
    fn an_end_within_a_message_is_told() {
        for octets in 1..20 {
            let stream = [&message(30)[..], &message(20)[..octets]].concat();
            let kind = FrameErrorKind::CutOff { found: octets };
            let (messages, end) = cut([&stream[..]].into_iter());
            assert_eq!(messages.len(), 1);
            assert_eq!(end, Err(FrameError { offset: 30, kind }));
        }
        assert_eq!(cut([&[][..]].into_iter()).1, Ok(()));
    }

    proptest! {
        #[test]
        fn the_pieces_of_delivery_do_not_matter(
            lengths in prop::collection::vec(16_u16..300, 0..8),
            piece in 1_usize..400,
        ) {
            let expected: Vec<Vec<u8>> = lengths.into_iter().map(message).collect();
            let stream = expected.concat();
            prop_assert_eq!(cut(stream.chunks(piece)), (expected, Ok(())));
        }

        #[test]
        fn any_octets_end_the_stream_or_are_cut(stream in prop::collection::vec(0_u8..20, 0..400)) {
            let (messages, _) = cut(stream.chunks(7));
            prop_assert!(messages.concat().len() <= stream.len());
        }
    }
}
