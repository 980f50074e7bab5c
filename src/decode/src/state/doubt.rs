//! Doubt about what was kept over a restart of the collector.
//!
//! An exporter may have started anew meanwhile, or be another one altogether. What is
//! known of its template is used at first, but given up at the first sign of that: a
//! later start, a sequence that went back, another definition of any of its templates,
//! or data that do not fit. Whoever repeats a template dispels the doubt about it.

use crate::restart::is_later;

/// What was last heard from the exporter before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Doubt {
    /// The sequence number.
    pub(crate) number: Option<u32>,
    /// When it started, modulo 2^32 milliseconds, if it told.
    pub(crate) boot: Option<u32>,
}

impl Doubt {
    /// Whether a message shows that its exporter started anew.
    pub(crate) fn is_justified(self, number: u32, boot: Option<u32>) -> bool {
        if let (Some(known), Some(boot)) = (self.boot, boot) {
            return is_later(known, boot);
        }
        let behind = |last: u32| last.wrapping_sub(number).cast_signed() > 0;
        self.number.is_some_and(behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_start_or_an_earlier_number_justifies_it() {
        let v9 = Doubt {
            number: Some(500),
            boot: Some(1_000_000),
        };
        assert!(
            !v9.is_justified(0, Some(1_000_900)),
            "the same start, rounded"
        );
        assert!(!v9.is_justified(501, Some(1_000_000)));
        assert!(v9.is_justified(501, Some(1_060_000)));
        let ipfix = Doubt {
            number: Some(500),
            boot: None,
        };
        assert!(ipfix.is_justified(0, None) && ipfix.is_justified(499, None));
        assert!(!ipfix.is_justified(500, None) && !ipfix.is_justified(90_000, None));
        assert!(!Doubt::default().is_justified(0, Some(1)));
    }
}
