//! Text from outside, without what would steer a terminal or mislead its reader.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::ser::Formatter;

/// Whether a character is shown by its number: controls, and what changes the direction
/// or the look of the text around it without being seen itself.
pub(super) const fn is_hostile(c: char) -> bool {
    matches!(
        c,
        '\0'..='\x1F'
            | '\x7F'..='\u{9F}'
            | '\u{AD}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// The text with such characters as `\u{1b}`.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hostile(c) {
            write!(shown, "{}", c.escape_unicode()).ok();
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Writes in one line, with `\u` for more characters than JSON asks for.
pub(super) struct SafeJson;

impl Formatter for SafeJson {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_hostile) {
            let (good, after) = rest.split_at(at);
            writer.write_all(good.as_bytes())?;
            let mut chars = after.chars();
            if let Some(hostile) = chars.next() {
                for unit in hostile.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
            rest = chars.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b117_what_steers_a_terminal_is_shown_by_its_number() {
        assert_eq!(
            shown("\u{1b}[2Jx\n\u{9b}31m"),
            "\\u{1b}[2Jx\\u{a}\\u{9b}31m"
        );
        assert_eq!(shown("abc\u{202e}gpj.exe"), "abc\\u{202e}gpj.exe");
        assert_eq!(shown("\u{feff}eth\u{200b}0"), "\\u{feff}eth\\u{200b}0");
        assert_eq!(shown("Zürich 東京"), "Zürich 東京");
    }
}
