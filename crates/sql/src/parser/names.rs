//! Names and the short lists that many statements share: options, hints, partitions.

use super::cursor::{Parser, Result};
use crate::ast::{Hint, HintArgs, Ident, KeyValue, ObjectName, PartitionItem, Text};
use crate::error::SqlError;
use crate::lexer::{TokenKind, keywords};

impl Parser<'_> {
    /// Whether an identifier stands `ahead` places on.
    pub(super) fn is_ident_at(&self, ahead: usize) -> bool {
        match &self.peek_at(ahead).kind {
            TokenKind::QuotedIdent(_) => true,
            TokenKind::Word => !self.word_at(ahead).is_some_and(keywords::is_reserved),
            _ => false,
        }
    }

    /// Whether an identifier is next.
    pub(super) fn is_ident(&self) -> bool {
        self.is_ident_at(0)
    }

    /// An identifier; reserved words need back-quotes.
    pub(super) fn ident(&mut self) -> Result<Ident> {
        self.named("a name")
    }

    /// An identifier that errors call `what`.
    pub(super) fn named(&mut self, what: &'static str) -> Result<Ident> {
        if self.is_ident() { Ok(self.any_word()) } else { Err(self.unexpected_name(what)) }
    }

    /// The current token as an identifier, whatever word it is. Only for a word or a quoted name.
    pub(super) fn any_word(&mut self) -> Ident {
        let token = self.advance();
        match token.kind {
            TokenKind::QuotedIdent(value) => Ident { value, quoted: true, span: token.span },
            _ => Ident { value: self.slice(&token).to_string(), quoted: false, span: token.span },
        }
    }

    /// `a.b.c`
    pub(super) fn object_name(&mut self) -> Result<ObjectName> {
        self.object_named("a name")
    }

    /// `a.b.c`, which errors call `what`.
    pub(super) fn object_named(&mut self, what: &'static str) -> Result<ObjectName> {
        let mut parts = vec![self.named(what)?];
        while self.is(&TokenKind::Dot) {
            self.advance();
            parts.push(self.ident()?);
        }
        let span = self.since(parts[0].span);
        Ok(ObjectName { parts, span })
    }

    /// `(a, b)`
    pub(super) fn ident_list(&mut self) -> Result<Vec<Ident>> {
        self.parenthesized(Self::ident)
    }

    /// A string literal where the grammar wants a text.
    pub(super) fn text(&mut self) -> Result<Text> {
        if !matches!(self.kind(), TokenKind::String { .. }) {
            return Err(self.unexpected_text());
        }
        let (value, _, span) = self.string_value()?;
        Ok(Text { value, span })
    }

    fn unexpected_text(&mut self) -> Box<SqlError> {
        let bare = self.is_ident().then(|| self.slice(self.peek()).trim_matches('`').to_string());
        let error = self.unexpected_instead_of("a 'string'");
        match bare {
            Some(word) => error.with_hint(format!("write it in single quotes: '{word}'")).into(),
            None => error,
        }
    }

    /// `COMMENT '...'`, if it is next.
    pub(super) fn comment(&mut self) -> Result<Option<Text>> {
        if self.accept("COMMENT") { self.text().map(Some) } else { Ok(None) }
    }

    /// `IF NOT EXISTS`, if it is next.
    pub(super) fn if_not_exists(&mut self) -> bool {
        self.accept_words("IF NOT EXISTS")
    }

    /// `IF EXISTS`, if it is next.
    pub(super) fn if_exists(&mut self) -> bool {
        self.accept_words("IF EXISTS")
    }

    /// `'key' = 'value'`
    pub(super) fn key_value(&mut self) -> Result<KeyValue> {
        let key = self.text()?;
        self.expect_kind(&TokenKind::Eq)?;
        Ok(KeyValue { key, value: self.text()? })
    }

    /// `('key' = 'value', ...)`, possibly empty.
    pub(super) fn key_values(&mut self) -> Result<Vec<KeyValue>> {
        self.maybe_empty(Self::key_value)
    }

    /// `('key', ...)`, possibly empty.
    pub(super) fn keys(&mut self) -> Result<Vec<Text>> {
        self.maybe_empty(Self::text)
    }

    /// `WITH ('key' = 'value', ...)`, if it is next.
    pub(super) fn with_options(&mut self) -> Result<Vec<KeyValue>> {
        if self.accept("WITH") { self.key_values() } else { Ok(Vec::new()) }
    }

    /// `(item, ...)`, possibly empty.
    pub(super) fn maybe_empty<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let opened = self.open()?;
        if self.is(&TokenKind::RightParen) {
            self.advance();
            return Ok(Vec::new());
        }
        let items = self.list(item)?;
        self.close(opened)?;
        Ok(items)
    }

    /// `PARTITION (a = 1, b)`, if it is next.
    pub(super) fn partition_opt(&mut self) -> Result<Vec<PartitionItem>> {
        if self.accept("PARTITION") { self.partition_items() } else { Ok(Vec::new()) }
    }

    /// `(a = 1, b)`
    pub(super) fn partition_items(&mut self) -> Result<Vec<PartitionItem>> {
        self.parenthesized(|p| {
            let column = p.named("a partition column")?;
            let value = if p.accept_kind(&TokenKind::Eq) { Some(p.expr()?) } else { None };
            Ok(PartitionItem { column, value })
        })
    }

    /// `/*+ hint, ... */`, as many as follow one another.
    pub(super) fn hints(&mut self) -> Result<Vec<Hint>> {
        let mut hints = Vec::new();
        while self.is(&TokenKind::HintBegin) {
            self.advance();
            hints.extend(self.list(Self::hint)?);
            self.expect_kind(&TokenKind::HintEnd)?;
        }
        Ok(hints)
    }

    fn hint(&mut self) -> Result<Hint> {
        if !self.is_ident() && self.word_at(0).is_none() {
            return Err(self.unexpected_name("a hint"));
        }
        let name = self.any_word();
        let args = if self.is(&TokenKind::LeftParen) { self.hint_args()? } else { HintArgs::None };
        let span = self.since(name.span);
        Ok(Hint { name, args, span })
    }

    fn hint_args(&mut self) -> Result<HintArgs> {
        if self.is_at(1, &TokenKind::RightParen) {
            self.skip(2);
            return Ok(HintArgs::None);
        }
        if self.is_at(2, &TokenKind::Eq) {
            return self.parenthesized(Self::hint_option).map(HintArgs::Options);
        }
        if self.is_ident_at(1) {
            return self.parenthesized(Self::object_name).map(HintArgs::Names);
        }
        self.parenthesized(Self::plain_literal).map(HintArgs::Literals)
    }

    /// `'key' = 'value'`; the key may also be a name.
    fn hint_option(&mut self) -> Result<KeyValue> {
        if self.is_ident() {
            let name = self.any_word();
            let key = Text { value: name.value, span: name.span };
            self.expect_kind(&TokenKind::Eq)?;
            return Ok(KeyValue { key, value: self.text()? });
        }
        self.key_value()
    }
}
