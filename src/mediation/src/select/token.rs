//! A filter's text, cut into tokens.

use std::ops::Range;

use super::Fault;
use super::error::{Found, expected};

/// A token and where in the text it stands, in octets.
#[derive(Debug, Clone)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind<'a>,
    pub(super) range: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind<'a> {
    /// A name, a keyword, a number, an address or a prefix: which, its place tells.
    Word(&'a str),
    /// A text in quotes, without them and with its escapes resolved.
    Quoted(String),
    /// Anything else, of one or two characters.
    Sign(Sign),
}

/// A token that is no word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Open,
    Close,
    ListOpen,
    ListClose,
    Comma,
    And,
    Or,
    Not,
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Contains,
}

/// Signs as they are written; those that begin with another come before it.
const SIGNS: [(&str, Sign); 16] = [
    ("(", Sign::Open),
    (")", Sign::Close),
    ("[", Sign::ListOpen),
    ("]", Sign::ListClose),
    (",", Sign::Comma),
    ("&&", Sign::And),
    ("||", Sign::Or),
    ("!=", Sign::Unequal),
    ("!", Sign::Not),
    ("==", Sign::Equal),
    ("=", Sign::Equal),
    ("<=", Sign::LessEqual),
    ("<", Sign::Less),
    (">=", Sign::GreaterEqual),
    (">", Sign::Greater),
    ("~", Sign::Contains),
];

/// What went wrong in which octets.
pub(super) type Wrong = (Fault, Range<usize>);

/// All tokens of a text. Space and comments separate them.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Wrong> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at = skip_space(text, at);
        let rest = text.get(at..).unwrap_or("");
        if rest.is_empty() {
            return Ok(tokens);
        }
        let (kind, len) = token(rest).map_err(|(fault, len)| (fault, at..at + len))?;
        let range = at..at + len;
        at = range.end;
        tokens.push(Token { kind, range });
    }
}

/// The place of the next token, or the end of the text.
fn skip_space(text: &str, mut at: usize) -> usize {
    loop {
        let rest = text.get(at..).unwrap_or("");
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if !trimmed.starts_with('#') {
            return at;
        }
        at += trimmed.find('\n').unwrap_or(trimmed.len());
    }
}

/// The token that a text begins with, and its octets.
fn token(rest: &str) -> Result<(TokenKind<'_>, usize), (Fault, usize)> {
    let word_len = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
    if let Some(word) = rest.get(..word_len).filter(|word| !word.is_empty()) {
        return Ok((TokenKind::Word(word), word_len));
    }
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        return quoted(rest, quote);
    }
    let sign = SIGNS.iter().find(|(text, _)| rest.starts_with(text));
    if let Some((text, sign)) = sign {
        return Ok((TokenKind::Sign(*sign), text.len()));
    }
    let char = rest.chars().next().unwrap_or_default();
    let right = match char {
        '&' => "`&&` or `and`",
        '|' => "`||` or `or`",
        _ => "a name, a value or an operator; other text stands in quotes",
    };
    let found = Found::text(char.encode_utf8(&mut [0; 4]));
    Err((expected(found, right), char.len_utf8()))
}

/// Everything that numbers, names, addresses, prefixes and flags are written with.
const fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '/' | '-')
}

/// A text in quotes, which ends on its line.
fn quoted(rest: &str, quote: char) -> Result<(TokenKind<'_>, usize), (Fault, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '\n' => return Err((Fault::Unclosed, at)),
            '\\' => {
                let Some((_, escaped)) = chars.next() else {
                    break;
                };
                text.push(unescaped(escaped).ok_or_else(|| {
                    let found = Found::text(rest.get(at..).unwrap_or("").get(..2).unwrap_or("\\"));
                    let right = r#"one of \\ \" \' \n \r \t"#;
                    (expected(found, right), at + 1 + escaped.len_utf8())
                })?);
            }
            _ if char == quote => return Ok((TokenKind::Quoted(text), at + 1)),
            _ => text.push(char),
        }
    }
    Err((Fault::Unclosed, rest.len()))
}

const fn unescaped(char: char) -> Option<char> {
    match char {
        '\\' | '"' | '\'' => Some(char),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        _ => None,
    }
}

/// Writes a text in quotes, as [`tokens`] reads it.
pub(super) fn write_quoted(f: &mut std::fmt::Formatter<'_>, text: &str) -> std::fmt::Result {
    use std::fmt::Write;
    f.write_char('"')?;
    for char in text.chars() {
        match char {
            '\\' | '"' => write!(f, "\\{char}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            _ => f.write_char(char)?,
        }
    }
    f.write_char('"')
}
