//! The octets of a session as messages, live and replayed alike.

use decode::Framer;

/// So much of what cannot be a message is taken in as one, so that it is counted by its
/// reason. It fits one segment of a recorded stream, so that a replay finds the same.
const FAULT_MAX: usize = 16 << 10;

/// Cuts the octets of a session into messages (RFC 7011, 10.4.2.3).
#[derive(Debug, Default)]
pub(crate) struct Cutter {
    framer: Framer,
    /// It was out of step, and everything after that is none of its business.
    failed: bool,
}

impl Cutter {
    /// Hands each whole message to `each`. Where no message can begin, what is there is
    /// handed on as the last one, for the decoder to reject; whether the octets are still
    /// in step.
    pub(crate) fn take(&mut self, octets: &[u8], mut each: impl FnMut(&[u8])) -> bool {
        let mut rest = octets;
        while !self.failed {
            match self.framer.take(&mut rest) {
                Ok(Some(message)) => each(message),
                Ok(None) => return true,
                Err(_) => {
                    self.failed = true;
                    let fault = [self.framer.unfinished(), rest].concat();
                    each(fault.get(..FAULT_MAX).unwrap_or(&fault));
                }
            }
        }
        false
    }

    /// Ends the session: hands what came of a message that is not whole to `each`, for
    /// the decoder to reject; whether there was any.
    pub(crate) fn finish(self, each: impl FnOnce(&[u8])) -> bool {
        let left = self.framer.unfinished();
        let any = !self.failed && !left.is_empty();
        if any {
            each(left);
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(octets: u16) -> Vec<u8> {
        let mut message = vec![7; usize::from(octets)];
        message[..2].copy_from_slice(&[0, 10]);
        message[2..4].copy_from_slice(&octets.to_be_bytes());
        message
    }

    /// What comes of octets in pieces, and how it ended: in step, with a rest.
    fn cut(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, bool, bool) {
        let (mut cutter, mut found, mut in_step) = (Cutter::default(), Vec::new(), true);
        for piece in pieces {
            in_step = cutter.take(piece, |message| found.push(message.to_vec()));
        }
        let rest = cutter.finish(|message| found.push(message.to_vec()));
        (found, in_step, rest)
    }

    #[test]
    fn whole_messages_come_however_they_are_cut() {
        let stream = [message(20), message(16), message(300)].concat();
        for piece in [1, 7, 20, 1_000] {
            let pieces: Vec<&[u8]> = stream.chunks(piece).collect();
            let (found, in_step, rest) = cut(&pieces);
            assert_eq!(found, [message(20), message(16), message(300)]);
            assert!(in_step && !rest);
        }
    }

    #[test]
    fn what_is_out_of_step_is_handed_on_once_and_nothing_after_it() {
        let good = message(16);
        let (found, in_step, rest) = cut(&[&good, b"\x00", b"\x09rest", &good]);
        assert_eq!(found, [good, b"\x00\x09rest".to_vec()]);
        assert!(!in_step && !rest);
        let long = vec![9; 60_000];
        assert_eq!(cut(&[&long]).0, [vec![9; FAULT_MAX]]);
    }

    #[test]
    fn an_end_within_a_message_hands_its_octets_on() {
        for left in 1..20 {
            let (found, in_step, rest) = cut(&[&message(16), &message(20)[..left]]);
            assert_eq!(found, [message(16), message(20)[..left].to_vec()]);
            assert!(in_step && rest);
        }
    }
}
