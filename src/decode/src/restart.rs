//! Restarts of exporters, as their uptimes tell (RFC 3954, 7).
//!
//! Export time less uptime is when an exporter started. If that moves on while the
//! sequence goes back, the exporter has started anew and its templates of before are
//! void. One such datagram may be forged: only the next one confirms it. What came
//! with the first is kept.

/// How far two statements of one start may be apart, in milliseconds: exporters round
/// either time, and their clocks are corrected.
const SAME_MS: u32 = 10_000;
/// How far the confirming datagram may be ahead of the first.
const NEAR: u32 = 1_024;

/// What one datagram says of its exporter's start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Started {
    /// In milliseconds modulo 2^32, which an uptime's wrap does not change.
    pub(crate) boot: u32,
    /// When the datagram was received.
    pub(crate) received_ms: i64,
}

/// The first datagram of what may be a new start.
#[derive(Debug, Clone, Copy)]
struct Suspect {
    started: Started,
    number: u32,
}

/// When the exporter of a session started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Boot {
    known: Option<u32>,
    suspect: Option<Suspect>,
}

impl Boot {
    pub(crate) const fn new() -> Self {
        Self {
            known: None,
            suspect: None,
        }
    }

    /// Takes note of a datagram and of whether its number lies behind the expected
    /// one; when the first datagram of a new start was received, once it is confirmed.
    pub(crate) fn observe(&mut self, started: Started, number: u32, behind: bool) -> Option<i64> {
        let known = *self.known.get_or_insert(started.boot);
        if is_same(known, started.boot) {
            self.settle(started.boot);
            return None;
        }
        if let Some(first) = self.suspect
            && is_same(first.started.boot, started.boot)
        {
            let ahead = number.wrapping_sub(first.number);
            let confirmed = (1..=NEAR).contains(&ahead);
            if confirmed {
                self.settle(started.boot);
            }
            return confirmed.then_some(first.started.received_ms);
        }
        let later = started.boot.wrapping_sub(known).cast_signed() > 0;
        if later && behind {
            self.suspect = Some(Suspect { started, number });
        } else {
            self.settle(started.boot);
        }
        None
    }

    /// When it started, as far as it is believed.
    pub(crate) const fn known(&self) -> Option<u32> {
        self.known
    }

    const fn settle(&mut self, boot: u32) {
        self.known = Some(boot);
        self.suspect = None;
    }
}

/// Whether an exporter that started at `boot` started later than at `known`.
pub(crate) const fn is_later(known: u32, boot: u32) -> bool {
    !is_same(known, boot) && boot.wrapping_sub(known).cast_signed() > 0
}

const fn is_same(one: u32, other: u32) -> bool {
    one.wrapping_sub(other).cast_signed().unsigned_abs() <= SAME_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last answer to datagrams of a start, a number, and whether it is behind.
    fn answer(datagrams: &[(u32, u32, bool)]) -> Option<i64> {
        let mut boot = Boot::new();
        let mut last = None;
        for (received_ms, &(at, number, behind)) in (0..).zip(datagrams) {
            let started = Started {
                boot: at,
                received_ms,
            };
            last = boot.observe(started, number, behind);
        }
        last
    }

    #[test]
    fn a_later_start_with_an_earlier_sequence_is_believed_at_its_second_datagram() {
        assert_eq!(answer(&[(0, 500, false), (90_000, 0, true)]), None);
        let second = [(0, 500, false), (90_000, 0, true), (90_100, 1, true)];
        assert_eq!(answer(&second), Some(1));
    }

    #[test]
    fn a_forged_one_is_not_believed() {
        let forged = [
            (0, 500, false),
            (90_000, 0, true),
            (0, 501, false),
            (90_000, 1, true),
        ];
        assert_eq!(answer(&forged), None);
        let repeated = [(0, 500, false), (90_000, 0, true), (90_000, 0, true)];
        assert_eq!(answer(&repeated), None);
    }

    #[test]
    fn a_clock_that_is_set_or_an_uptime_that_wraps_is_no_restart() {
        let set = [(0, 500, false), (90_000, 501, false), (90_000, 502, false)];
        assert_eq!(answer(&set), None);
        let back = [
            (0, 500, false),
            (u32::MAX - 90_000, 0, true),
            (u32::MAX - 90_000, 1, true),
        ];
        assert_eq!(answer(&back), None);
        let drift = [(0, 500, false), (9_000, 0, true), (18_000, 1, true)];
        assert_eq!(answer(&drift), None);
    }
}
