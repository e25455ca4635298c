//! What the parser says when a token does not fit: what was found, what was expected, and what was probably meant.

use super::cursor::Parser;
use crate::ast::Span;
use crate::error::SqlError;
use crate::lexer::{Token, TokenKind, keywords};

/// How many candidates an error lists.
const SHOWN_CANDIDATES: usize = 12;

impl Parser<'_> {
    /// The current token does not fit; what would have is in the candidates.
    pub(super) fn unexpected(&self) -> Box<SqlError> {
        if let Some(error) = self.lex_error_here() {
            return error.into();
        }
        let token = self.peek();
        let mut error = SqlError::parse(format!("unexpected {}", self.description(token)), self.place(token));
        error.detail = self.expectation();
        if token.kind == TokenKind::Eof {
            error = error.into_incomplete();
        }
        match self.guess() {
            Some(hint) => error.with_hint(hint).into(),
            None => error.into(),
        }
    }

    /// The current token is not the `what` that must stand here.
    pub(super) fn unexpected_instead_of(&mut self, what: &'static str) -> Box<SqlError> {
        self.note(what);
        self.unexpected()
    }

    /// The current token does not fit where a name must stand.
    pub(super) fn unexpected_name(&mut self, what: &'static str) -> Box<SqlError> {
        self.note(what);
        match self.reserved_word() {
            Some(word) => {
                let hint = format!("to use it as a name, write it in back-quotes: `{word}`");
                let mut error = SqlError::parse(format!("'{word}' is a reserved keyword"), self.here());
                error.detail = self.expectation();
                error.with_hint(self.misspelling().unwrap_or(hint)).into()
            }
            None => self.unexpected(),
        }
    }

    /// The current token does not close what was opened at `opened`.
    pub(super) fn unclosed(&self, opened: Span) -> Box<SqlError> {
        let mut error = self.unexpected();
        if self.is(&TokenKind::Invalid) {
            return error;
        }
        let symbol = opened.slice(self.text);
        let place = format!("the '{symbol}' at {} is still open", opened.location(self.text));
        error.detail = Some(match error.detail {
            Some(detail) => format!("{detail}; {place}"),
            None => place,
        });
        error
    }

    /// The reserved word that is next, as written.
    pub(super) fn reserved_word(&self) -> Option<&str> {
        self.word_at(0).filter(|word| keywords::is_reserved(word))
    }

    /// At the end of the text, the place just behind the last token; else the token itself.
    fn place(&self, token: &Token) -> Span {
        if token.kind == TokenKind::Eof {
            let end = self.previous().end.min(token.span.start);
            return Span::new(end, end);
        }
        token.span
    }

    fn description(&self, token: &Token) -> String {
        let text = self.slice(token);
        match &token.kind {
            TokenKind::Eof => "end of the statement".to_string(),
            TokenKind::Word if keywords::is_reserved(text) => format!("keyword {}", text.to_uppercase()),
            TokenKind::String { .. } => format!("string {}", shorten(text)),
            TokenKind::Exact | TokenKind::Approximate => format!("number {}", shorten(text)),
            TokenKind::HintBegin => "hint".to_string(),
            _ => format!("'{}'", shorten(text)),
        }
    }

    fn expectation(&self) -> Option<String> {
        let mut shown: Vec<&str> = self.candidates().to_vec();
        let cut = shown.len().saturating_sub(SHOWN_CANDIDATES);
        shown.truncate(SHOWN_CANDIDATES);
        let list = match shown.as_slice() {
            [] => return None,
            [one] => one.to_string(),
            [first @ .., last] if cut == 0 => format!("{} or {last}", first.join(", ")),
            all => format!("{}, ...", all.join(", ")),
        };
        Some(format!("expected {list}"))
    }

    /// What was probably meant.
    fn guess(&self) -> Option<String> {
        if let Some(hint) = self.misspelling() {
            return Some(hint);
        }
        let next = self.peek_at(1);
        match self.kind() {
            TokenKind::Eq if next.kind == TokenKind::Eq || self.previous().slice(self.text) == "=" => {
                Some("equality is written with one =".to_string())
            }
            TokenKind::Colon => Some("to convert a value, write CAST(value AS type)".to_string()),
            TokenKind::HintBegin => Some("hints stand after SELECT or after a table's name".to_string()),
            TokenKind::RightParen => Some("there may be a comma too many, or a '(' too few".to_string()),
            TokenKind::Comma => Some("there may be a comma too many".to_string()),
            TokenKind::QuotedIdent(_) | TokenKind::Word | TokenKind::Exact | TokenKind::String { .. }
                if self.candidates().contains(&",") && self.reserved_word().is_none() =>
            {
                Some("a comma may be missing before it".to_string())
            }
            _ => None,
        }
    }

    /// A candidate that the current word, or the word before it, is a misspelling of.
    fn misspelling(&self) -> Option<String> {
        let current = self.word_at(0);
        let previous = self.previous_word().filter(|word| !keywords::is_reserved(word));
        let (word, candidate) = [current, previous].into_iter().flatten().find_map(|word| {
            let nearest = self.candidates().iter().filter(|candidate| is_near(word, candidate));
            Some((word, *nearest.min_by_key(|candidate| distance(word, candidate))?))
        })?;
        Some(format!("did you mean {candidate} instead of '{word}'?"))
    }
}

fn distance(word: &str, candidate: &str) -> usize {
    strsim::osa_distance(&word.to_uppercase(), candidate)
}

/// Whether `word` is so close to the keyword that a slip of the finger explains it.
fn is_near(word: &str, candidate: &str) -> bool {
    let allowed = if candidate.len() >= 7 { 2 } else { usize::from(candidate.len() >= 3) };
    let keyword = candidate.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    keyword && !word.eq_ignore_ascii_case(candidate) && distance(word, candidate) <= allowed
}

/// A token's text on one line and of bounded length.
fn shorten(text: &str) -> String {
    const LENGTH: usize = 40;
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= LENGTH { line } else { format!("{}...", line.chars().take(LENGTH).collect::<String>()) }
}
