//! The parser's place in the token list, and what every rule of the grammar is built from: look, accept, expect.
//!
//! While it looks for what may come next, the cursor notes the candidates, so that an error can say what was expected.
//! It also bounds how deep the grammar and the tree may nest.

use crate::ast::Span;
use crate::error::SqlError;
use crate::lexer::{Token, TokenKind, tokenize};

/// Errors are boxed inside the parser: every rule has many results in flight, and rules nest.
pub(super) type Result<T> = std::result::Result<T, Box<SqlError>>;

/// How many levels of parentheses and sub-queries may nest. Bounds the parser's own stack.
pub(super) const MAX_NESTING: usize = 128;

/// How high a tree may grow, long chains of operators included. Bounds the stack of whoever walks the tree.
pub(super) const MAX_HEIGHT: usize = 256;

/// The state of one parse.
pub(super) struct Parser<'a> {
    /// The parsed text.
    pub(super) text: &'a str,
    tokens: Vec<Token>,
    lex_error: Option<SqlError>,
    at: usize,
    nesting: usize,
    /// The height of the highest tree made since the enclosing rule began; see [`Parser::nested`].
    pub(super) height: usize,
    /// What would have been accepted at token `expected_at`.
    pub(super) expected: Vec<&'static str>,
    expected_at: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let lexed = tokenize(text);
        Self {
            text,
            tokens: lexed.tokens,
            lex_error: lexed.error,
            at: 0,
            nesting: 0,
            height: 0,
            expected: Vec::new(),
            expected_at: 0,
        }
    }

    // ---- looking ----

    /// The token `ahead` places on; past the end, the last one.
    pub(super) fn peek_at(&self, ahead: usize) -> &Token {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.at + ahead).min(last)]
    }

    /// The current token.
    pub(super) fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    /// The kind of the current token.
    pub(super) fn kind(&self) -> &TokenKind {
        &self.peek().kind
    }

    /// The source text of a token.
    pub(super) fn slice(&self, token: &Token) -> &'a str {
        token.span.slice(self.text)
    }

    /// The word `ahead` places on, as written; nothing when there is another kind of token.
    pub(super) fn word_at(&self, ahead: usize) -> Option<&'a str> {
        let token = self.peek_at(ahead);
        (token.kind == TokenKind::Word).then(|| self.slice(token))
    }

    /// Whether `word` stands `ahead` places on.
    pub(super) fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        self.word_at(ahead).is_some_and(|found| found.eq_ignore_ascii_case(word))
    }

    /// Whether `word` is next. Not noted as a candidate.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.is_word_at(0, word)
    }

    /// Whether one of `words` is next. Not noted as a candidate.
    pub(super) fn is_one_of(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word(word))
    }

    /// Whether the words of `phrase` are next, in this order. Not noted as a candidate.
    pub(super) fn is_words(&self, phrase: &str) -> bool {
        phrase.split(' ').enumerate().all(|(ahead, word)| self.is_word_at(ahead, word))
    }

    /// Whether a token of this kind is next.
    pub(super) fn is(&self, kind: &TokenKind) -> bool {
        self.kind() == kind
    }

    /// Whether a token of this kind stands `ahead` places on.
    pub(super) fn is_at(&self, ahead: usize, kind: &TokenKind) -> bool {
        &self.peek_at(ahead).kind == kind
    }

    // ---- moving ----

    /// Takes the current token.
    pub(super) fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        token
    }

    /// Takes `count` tokens.
    pub(super) fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.advance();
        }
    }

    /// The span of the current token.
    pub(super) fn here(&self) -> Span {
        self.peek().span
    }

    /// The span of the last token taken.
    pub(super) fn previous(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }

    /// The last token taken.
    pub(super) fn previous_token(&self) -> Option<&Token> {
        self.tokens.get(self.at.checked_sub(1)?)
    }

    /// The token before `token`, which is one of those ahead.
    pub(super) fn token_before(&self, token: &Token) -> Option<&Token> {
        let at = self.tokens.iter().rposition(|other| other.span == token.span)?;
        self.tokens.get(at.checked_sub(1)?)
    }

    /// From the start of `start` to the end of the last token taken.
    pub(super) fn since(&self, start: Span) -> Span {
        Span::new(start.start, self.previous().end.max(start.start))
    }

    // ---- accepting ----

    /// Takes `word` if it is next.
    pub(super) fn accept(&mut self, word: &'static str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        } else {
            self.note(word);
        }
        found
    }

    /// Takes the words of `phrase` if all of them are next, in this order.
    pub(super) fn accept_words(&mut self, phrase: &'static str) -> bool {
        let found = self.is_words(phrase);
        if found {
            self.skip(phrase.split(' ').count());
        } else {
            self.note(phrase);
        }
        found
    }

    /// Takes a token of this kind if it is next.
    pub(super) fn accept_kind(&mut self, kind: &TokenKind) -> bool {
        let found = self.is(kind);
        if found {
            self.advance();
        } else if let Some(symbol) = kind.symbol() {
            self.note(symbol);
        }
        found
    }

    // ---- expecting ----

    /// Takes `word` or fails.
    pub(super) fn expect(&mut self, word: &'static str) -> Result<Span> {
        if self.accept(word) { Ok(self.previous()) } else { Err(self.unexpected()) }
    }

    /// Takes the words of `phrase` or fails at the first that is missing.
    pub(super) fn expect_words(&mut self, phrase: &'static str) -> Result<Span> {
        let start = self.here();
        for word in phrase.split(' ') {
            self.expect(word)?;
        }
        Ok(self.since(start))
    }

    /// Takes a token of this kind or fails.
    pub(super) fn expect_kind(&mut self, kind: &TokenKind) -> Result<Span> {
        if self.accept_kind(kind) { Ok(self.previous()) } else { Err(self.unexpected()) }
    }

    /// Takes `(`.
    pub(super) fn open(&mut self) -> Result<Span> {
        self.expect_kind(&TokenKind::LeftParen)
    }

    /// Takes the `)` of the `(` at `opened` or fails, pointing at both.
    pub(super) fn close(&mut self, opened: Span) -> Result<Span> {
        self.close_kind(&TokenKind::RightParen, opened)
    }

    /// Takes the closing token of what was opened at `opened` or fails, pointing at both.
    pub(super) fn close_kind(&mut self, kind: &TokenKind, opened: Span) -> Result<Span> {
        if self.accept_kind(kind) { Ok(self.previous()) } else { Err(self.unclosed(opened)) }
    }

    /// One `item` or more, with commas between them.
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.accept_kind(&TokenKind::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// `(item, ...)` with one item or more.
    pub(super) fn parenthesized<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let opened = self.open()?;
        let items = self.list(item)?;
        self.close(opened)?;
        Ok(items)
    }

    // ---- candidates and limits ----

    /// Notes something that would be accepted here.
    pub(super) fn note(&mut self, candidate: &'static str) {
        if self.expected_at != self.at {
            self.expected.clear();
            self.expected_at = self.at;
        }
        if !self.expected.contains(&candidate) {
            self.expected.push(candidate);
        }
    }

    /// The candidates noted for the current token.
    pub(super) fn candidates(&self) -> &[&'static str] {
        if self.expected_at == self.at { &self.expected } else { &[] }
    }

    /// Why the text stops falling into tokens, if the current token is that place.
    pub(super) fn lex_error_here(&self) -> Option<SqlError> {
        if self.is(&TokenKind::Invalid) { self.lex_error.clone() } else { None }
    }

    /// Runs a rule one level deeper and accounts for the height of the tree it makes.
    pub(super) fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.nesting >= MAX_NESTING {
            return Err(self.too_deep(MAX_NESTING));
        }
        self.nesting += 1;
        let outer = std::mem::take(&mut self.height);
        let result = rule(self);
        self.nesting -= 1;
        let inner = self.height + 1;
        self.height = outer.max(inner);
        if result.is_ok() && inner > MAX_HEIGHT {
            return Err(self.too_deep(MAX_HEIGHT));
        }
        result
    }

    /// Accounts for a node put on top of everything the current rule has made, as a chain of operators does.
    pub(super) fn grow(&mut self) -> Result<()> {
        self.height += 1;
        if self.height > MAX_HEIGHT { Err(self.too_deep(MAX_HEIGHT)) } else { Ok(()) }
    }

    fn too_deep(&self, limit: usize) -> Box<SqlError> {
        let message = format!("the statement nests deeper than {limit} levels");
        let error = SqlError::parse(message, self.here());
        error.with_hint("split it up with views or WITH; write long lists of alternatives with IN or VALUES").into()
    }
}
