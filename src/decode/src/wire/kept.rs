//! Templates that were kept over a restart of the collector.

use super::sets::Message;
use crate::Reason;
use crate::bytes::all_zero;
use crate::state::Doubt;
use crate::template::{Template, Walked};

/// The most octets of padding behind the records of a Set.
const PADDING: usize = 3;

/// A Data Set and what its message says of its exporter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence<'a> {
    /// The records of the Set.
    pub(super) records: &'a [u8],
    /// The sequence number.
    pub(super) number: u32,
    /// When the exporter started.
    pub(super) boot: Option<u32>,
}

/// Whether a template is used for a Data Set in spite of a doubt. If not, it is void,
/// with all that was kept of the same domain and source port, and the Set waits.
pub(super) fn is_trusted(
    message: &Message<'_>,
    (template, port): (&Template, u16),
    doubt: Doubt,
    evidence: &Evidence<'_>,
    voided: &mut Vec<(u128, u16, Reason)>,
) -> bool {
    let domain = message.session.template_key(0) >> 16;
    if voided.iter().any(|&(of, at, _)| (of, at) == (domain, port)) {
        return false;
    }
    let reason = if doubt.is_justified(evidence.number, evidence.boot) {
        Reason::TemplateOutdated
    } else if fits(template, evidence.records) {
        return true;
    } else {
        Reason::TemplateMisfit
    };
    voided.push((domain, port, reason));
    false
}

/// Whether octets are whole records of a template and padding.
fn fits(template: &Template, records: &[u8]) -> bool {
    let least = template.min_octets.max(1);
    let mut at = 0;
    if template.steps.is_empty() {
        at = records.len() / least * least;
    } else {
        let mut record = Walked::new(records, template);
        while records.len() - at >= least {
            match record.walk(at, records.len()) {
                Some(end) => at = end,
                None => return false,
            }
        }
    }
    let rest = records.get(at..).unwrap_or_default();
    at > 0 && rest.len() <= PADDING && all_zero(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Protocol;
    use crate::template::{Kind, compile};

    fn fitting(definition: &[u8], records: &[u8]) -> bool {
        let (template, _) = compile(Kind::Data, definition, Protocol::Ipfix).unwrap();
        fits(&template, records)
    }

    #[test]
    fn whole_records_and_a_little_padding_fit() {
        let fixed = [0, 8, 0, 4, 0, 4, 0, 1];
        for (octets, fit) in [
            (0, false),
            (4, false),
            (5, true),
            (8, true),
            (9, false),
            (10, true),
        ] {
            assert_eq!(fitting(&fixed, &vec![0; octets]), fit, "{octets}");
        }
        assert!(!fitting(&fixed, &[1; 7]), "padding is zeros");
        let variable = [0, 82, 0xFF, 0xFF, 0, 4, 0, 1];
        assert!(fitting(&variable, &[2, 9, 9, 6, 0, 6]));
        assert!(!fitting(&variable, &[2, 9, 9, 6, 9, 6]));
    }
}
