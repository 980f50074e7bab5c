//! Text from outside, without what would steer a terminal or mislead its reader.

use std::fmt::Write;

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
