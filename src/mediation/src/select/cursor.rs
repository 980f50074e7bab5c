//! A place in the tokens of a filter.

use std::ops::Range;

use super::error::{Found, expected};
use super::token::{Sign, Token, TokenKind, Wrong};

/// The tokens, and how far they were read.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    next: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str, tokens: Vec<Token<'a>>) -> Self {
        Self {
            text,
            tokens,
            next: 0,
        }
    }

    pub(super) fn peek(&self) -> Option<&TokenKind<'a>> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    /// The next token, if it is a word.
    pub(super) fn peek_word(&self) -> Option<&'a str> {
        match self.peek() {
            Some(TokenKind::Word(word)) => Some(word),
            _ => None,
        }
    }

    pub(super) const fn skip(&mut self) {
        self.next += 1;
    }

    /// Skips the next token if it is this sign.
    pub(super) fn eat(&mut self, sign: Sign) -> bool {
        let is_next = self.peek() == Some(&TokenKind::Sign(sign));
        self.next += usize::from(is_next);
        is_next
    }

    /// Skips the next token if it is this word, in any case.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let next = self.peek_word();
        let is_next = next.is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.next += usize::from(is_next);
        is_next
    }

    /// Skips the next token if it is this sign or this word.
    pub(super) fn eat_either(&mut self, sign: Sign, word: &str) -> bool {
        self.eat(sign) || self.eat_word(word)
    }

    /// The octets of the next token; at the end, the empty ones after the text.
    pub(super) fn range(&self) -> Range<usize> {
        let end = self.text.len();
        let next = self.tokens.get(self.next);
        next.map_or(end..end, |token| token.range.clone())
    }

    /// The end of the last token that was read.
    pub(super) fn end_of_last(&self) -> usize {
        let last = self.next.checked_sub(1).and_then(|at| self.tokens.get(at));
        last.map_or(0, |token| token.range.end)
    }

    /// That the next token, or the end, is not what it should be.
    pub(super) fn unexpected(&self, right: impl Into<String>) -> Wrong {
        let range = self.range();
        let found = match self.text.get(range.clone()) {
            Some(text) if !text.is_empty() => Found::text(text),
            _ => Found::end(),
        };
        (expected(found, right), range)
    }
}
