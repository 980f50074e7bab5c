//! Texts of exporters, made safe to keep and to show.

use crate::Reason;
use crate::counters::Tally;

/// A text of at most so many octets, without characters that control or format.
/// `None` if it is not UTF-8 (RFC 7011, 6.1.6) or nothing is left of it.
pub(crate) fn clean(octets: &[u8], most: usize, tally: &mut Tally) -> Option<Box<str>> {
    let Ok(text) = std::str::from_utf8(octets) else {
        tally.one(Reason::TextIllFormed);
        return None;
    };
    // Where the length is fixed, exporters fill up with NULs, or end with one.
    let text = text.split('\0').next().unwrap_or_default().trim();
    let mut cleaned: String = text.chars().filter(|&c| !is_hidden(c)).collect();
    if cleaned.len() < text.len() {
        tally.one(Reason::TextCleaned);
    }
    if cleaned.len() > most {
        cleaned.truncate(cleaned.floor_char_boundary(most));
        tally.one(Reason::TextCut);
    }
    (!cleaned.is_empty()).then(|| cleaned.into())
}

/// Characters that are not seen and change what is: those of Unicode's categories Cc,
/// Cf, Zl and Zp.
const fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1F}'
        | '\u{7F}'..='\u{9F}'
        | '\u{AD}'
        | '\u{600}'..='\u{605}'
        | '\u{61C}'
        | '\u{6DD}'
        | '\u{70F}'
        | '\u{890}'..='\u{891}'
        | '\u{8E2}'
        | '\u{180E}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}'
        | '\u{110BD}'
        | '\u{110CD}'
        | '\u{13430}'..='\u{1343F}'
        | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0001}'
        | '\u{E0020}'..='\u{E007F}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(octets: &[u8]) -> (Option<String>, Vec<Reason>) {
        let mut tally = Tally::new();
        let text = clean(octets, 8, &mut tally).map(String::from);
        (text, tally.iter().map(|(reason, ..)| reason).collect())
    }

    #[test]
    fn c11_ill_formed_utf_8_is_ignored_and_counted() {
        for octets in [&[0xFF][..], b"a\xC0\x80", b"\xED\xA0\x80", b"ab\xE2\x82"] {
            assert_eq!(cleaned(octets), (None, vec![Reason::TextIllFormed]));
        }
    }

    #[test]
    fn b117_control_and_format_characters_are_taken_out() {
        for (octets, text) in [
            ("a\u{1b}[2J", "a[2J"),
            ("a\nb\r", "ab"),
            ("a\u{202E}b\u{2066}", "ab"),
            ("\u{FEFF}\u{E0041}x\u{85}", "x"),
        ] {
            let expected = (Some(text.to_owned()), vec![Reason::TextCleaned]);
            assert_eq!(cleaned(octets.as_bytes()), expected, "{octets:?}");
        }
        assert_eq!(
            cleaned("\u{200B}".as_bytes()),
            (None, vec![Reason::TextCleaned])
        );
    }

    #[test]
    fn b055_a_text_ends_at_its_field_or_its_first_nul() {
        assert_eq!(cleaned(b"Gi0/1\0\0"), (Some("Gi0/1".into()), vec![]));
        assert_eq!(cleaned(b"a\0rest"), (Some("a".into()), vec![]));
        assert_eq!(cleaned(b""), (None, vec![]));
        assert_eq!(cleaned(b"\0\0"), (None, vec![]));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let cut = (Some("aaaaaaa".into()), vec![Reason::TextCut]);
        assert_eq!(cleaned("aaaaaaa\u{E9}".as_bytes()), cut);
        assert_eq!(cleaned(b"12345678"), (Some("12345678".into()), vec![]));
    }
}
