//! What the parser says when a token does not fit: what was found, what was expected, and what was probably meant.

use super::cursor::Parser;
use crate::ast::Span;
use crate::error::SqlError;
use crate::lexer::{Token, TokenKind, keywords};

/// How many candidates an error lists.
const SHOWN_CANDIDATES: usize = 12;

/// Keywords that give a statement its shape: nobody means them as a name.
const STRUCTURAL: [&str; 30] = [
    "AND", "AS", "BY", "CASE", "CREATE", "CROSS", "ELSE", "END", "FROM", "GROUP", "HAVING", "IN", "INNER", "INSERT",
    "INTO", "IS", "JOIN", "LIKE", "NOT", "NULL", "ON", "OR", "ORDER", "SELECT", "THEN", "UNION", "VALUES", "WHEN",
    "WHERE", "WITH",
];

impl Parser<'_> {
    /// The current token does not fit; what would have is in the candidates.
    pub(super) fn unexpected(&self) -> Box<SqlError> {
        if let Some(error) = self.lex_error_here() {
            return error.into();
        }
        if let Some(error) = self.broken_phrase() {
            return error.into();
        }
        let mut error = self.unexpected_token(self.peek());
        error.detail = expectation(self.candidates());
        error.hint = self.guess();
        error.into()
    }

    /// The current token is not the `what` that must stand here.
    pub(super) fn unexpected_instead_of(&mut self, what: &'static str) -> Box<SqlError> {
        self.note(what);
        self.unexpected()
    }

    /// The current token does not fit where a name must stand.
    pub(super) fn unexpected_name(&mut self, what: &'static str) -> Box<SqlError> {
        self.note(what);
        let misspelled = self.misspelling().is_some();
        match self.reserved_word() {
            Some(word) if !misspelled && !STRUCTURAL.contains(&word.to_ascii_uppercase().as_str()) => {
                let mut error = SqlError::parse(format!("'{word}' is a reserved keyword"), self.here());
                error.detail = expectation(self.candidates());
                error.with_hint(format!("to use it as a name, write it in back-quotes: `{word}`")).into()
            }
            _ => self.unexpected(),
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

    /// A phrase such as `ORDER BY` that begins here but breaks off: the mistake is where it breaks off.
    fn broken_phrase(&self) -> Option<SqlError> {
        let begun = |phrase: &&&str| {
            let matching = phrase.split(' ').enumerate().take_while(|(ahead, word)| self.is_word_at(*ahead, word));
            matching.count()
        };
        let phrases: Vec<&&str> = self.candidates().iter().filter(|phrase| begun(phrase) > 0).collect();
        let length = phrases.iter().map(begun).max()?;
        let mut missing: Vec<&str> = phrases
            .iter()
            .filter(|phrase| begun(phrase) == length)
            .filter_map(|phrase| phrase.split(' ').nth(length))
            .collect();
        missing.dedup();
        let before = phrases[0].split(' ').take(length).collect::<Vec<_>>().join(" ");
        let mut error = self.unexpected_token(self.peek_at(length));
        error.detail = Some(format!("{} after {before}", expectation(&missing)?));
        error.hint = self.word_at(length).and_then(|word| nearest_keyword(word, &missing));
        Some(error)
    }

    fn unexpected_token(&self, token: &Token) -> SqlError {
        if token.kind == TokenKind::Eof {
            // Just behind the last token rather than behind the blanks and comments after it.
            let end = self.token_before(token).map_or(0, |last| last.span.end);
            return SqlError::parse("unexpected end of the statement", Span::new(end, end)).into_incomplete();
        }
        SqlError::parse(format!("unexpected {}", self.description(token)), token.span)
    }

    fn description(&self, token: &Token) -> String {
        let text = self.slice(token);
        match &token.kind {
            TokenKind::Word if keywords::is_reserved(text) => format!("keyword {}", text.to_uppercase()),
            TokenKind::String { .. } => format!("string {}", shorten(text)),
            TokenKind::Exact | TokenKind::Approximate => format!("number {}", shorten(text)),
            TokenKind::HintBegin => "hint".to_string(),
            _ => format!("'{}'", shorten(text)),
        }
    }

    /// What was probably meant.
    fn guess(&self) -> Option<String> {
        self.misspelling().or_else(|| self.punctuation_guess()).or_else(|| self.missing_comma())
    }

    fn punctuation_guess(&self) -> Option<String> {
        let previous = self.previous_token()?;
        let hint = match (&previous.kind, self.kind()) {
            (TokenKind::String { .. }, TokenKind::Word) if previous.span.end == self.here().start => {
                "a quote inside a string is doubled: 'it''s'"
            }
            (TokenKind::Eq, TokenKind::Eq) => "equality is written with one =",
            (_, TokenKind::Colon) => "to convert a value, write CAST(value AS type)",
            (_, TokenKind::HintBegin) => "hints stand after SELECT or after a table's name",
            (TokenKind::Comma, TokenKind::RightParen | TokenKind::Comma) => "there is a comma too many before it",
            (TokenKind::Comma, TokenKind::Word) if self.reserved_word().is_some() => {
                "there may be a comma too many before it"
            }
            (TokenKind::LeftParen, TokenKind::RightParen) => "the parentheses must not be empty here",
            (_, TokenKind::RightParen) if self.candidates().contains(&";") => "there is no '(' that it closes",
            _ => return None,
        };
        Some(hint.to_string())
    }

    fn missing_comma(&self) -> Option<String> {
        let operand = matches!(
            self.kind(),
            TokenKind::QuotedIdent(_) | TokenKind::Word | TokenKind::Exact | TokenKind::String { .. }
        );
        let missing = operand && self.candidates().contains(&",") && self.reserved_word().is_none();
        missing.then(|| "a comma may be missing before it".to_string())
    }

    /// A candidate that the word before, taken for a name, or the current word is a misspelling of.
    fn misspelling(&self) -> Option<String> {
        let before = self.previous_token().filter(|token| token.kind == TokenKind::Word);
        let before = before.map(|token| self.slice(token)).filter(|word| !keywords::is_reserved(word));
        let words = [before, self.word_at(0)];
        words.into_iter().flatten().find_map(|word| nearest_keyword(word, self.candidates()))
    }
}

/// The candidates as a sentence.
fn expectation(candidates: &[&str]) -> Option<String> {
    let quoted = |candidate: &&str| match candidate.starts_with(|c: char| c.is_alphabetic()) {
        true => candidate.to_string(),
        false => format!("'{candidate}'"),
    };
    let shown: Vec<String> = candidates.iter().take(SHOWN_CANDIDATES).map(quoted).collect();
    let list = match shown.as_slice() {
        [] => return None,
        [one] => one.clone(),
        [first @ .., last] if candidates.len() <= SHOWN_CANDIDATES => format!("{} or {last}", first.join(", ")),
        all => format!("{}, ...", all.join(", ")),
    };
    Some(format!("expected {list}"))
}

/// A hint at the keyword that `word` is a misspelling of, if it is one.
fn nearest_keyword(word: &str, candidates: &[&str]) -> Option<String> {
    let keywords = candidates.iter().filter_map(|candidate| candidate.split(' ').next());
    let near = keywords.filter(|keyword| is_near(word, keyword));
    let nearest = near.min_by_key(|keyword| distance(word, keyword))?;
    Some(format!("did you mean {nearest} instead of '{word}'?"))
}

fn distance(word: &str, keyword: &str) -> usize {
    strsim::osa_distance(&word.to_uppercase(), keyword)
}

/// Whether `word` is so close to the keyword that a slip of the finger explains it.
fn is_near(word: &str, keyword: &str) -> bool {
    let allowed = if keyword.len() >= 7 { 2 } else { usize::from(keyword.len() >= 3) };
    let is_keyword = keyword.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    is_keyword && !word.eq_ignore_ascii_case(keyword) && distance(word, keyword) <= allowed
}

/// A token's text on one line and of bounded length.
fn shorten(text: &str) -> String {
    const LENGTH: usize = 40;
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= LENGTH { line } else { format!("{}...", line.chars().take(LENGTH).collect::<String>()) }
}
