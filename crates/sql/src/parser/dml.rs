//! Statements that change data, and statement sets.

use super::cursor::{Parser, Result};
use crate::ast::{
    Delete, Ident, Insert, InsertMode, OnConflict, PartitionItem, Statement, StatementKind, StatementSet, Update,
};
use crate::error::SqlError;
use crate::lexer::TokenKind;

impl Parser<'_> {
    pub(super) fn insert(&mut self) -> Result<Insert> {
        let start = self.here();
        let upsert = self.is_word("UPSERT");
        self.advance();
        let mode = if upsert {
            self.expect("INTO")?;
            InsertMode::Upsert
        } else if self.accept("OVERWRITE") {
            InsertMode::Overwrite
        } else {
            self.expect("INTO")?;
            InsertMode::Into
        };
        let table = self.object_named("a table")?;
        let hints = self.hints()?;
        // The column list may stand before or after PARTITION; what follows it tells it from a query in parentheses.
        let mut columns = self.insert_columns()?;
        let partition = if self.accept("PARTITION") { self.static_partitions()? } else { Vec::new() };
        if columns.is_empty() {
            columns = self.insert_columns()?;
        }
        let query = self.query()?;
        let on_conflict = self.on_conflict()?;
        Ok(Insert { mode, table, hints, partition, columns, query, on_conflict, span: self.since(start) })
    }

    /// `(a = 1, b = 2)`
    fn static_partitions(&mut self) -> Result<Vec<PartitionItem>> {
        self.parenthesized(|p| {
            let column = p.named("a partition column")?;
            p.expect_kind(&TokenKind::Eq)?;
            Ok(PartitionItem { column, value: Some(p.expr()?) })
        })
    }

    fn insert_columns(&mut self) -> Result<Vec<crate::ast::ObjectName>> {
        if self.is(&TokenKind::LeftParen) && !self.is_parenthesized_query() {
            return self.parenthesized(|p| p.object_named("a column"));
        }
        Ok(Vec::new())
    }

    /// Whether the parentheses that open here begin with a query, at any depth.
    fn is_parenthesized_query(&self) -> bool {
        let depth = (0..).take_while(|ahead| self.is_at(*ahead, &TokenKind::LeftParen)).count();
        let words = ["SELECT", "WITH", "VALUES", "TABLE"];
        words.iter().any(|word| self.is_word_at(depth, word))
    }

    fn on_conflict(&mut self) -> Result<Option<OnConflict>> {
        if !self.accept("ON") {
            return Ok(None);
        }
        self.expect_words("CONFLICT DO")?;
        if self.accept("NOTHING") {
            return Ok(Some(OnConflict::Nothing));
        }
        if self.accept("ERROR") {
            return Ok(Some(OnConflict::Error));
        }
        self.expect("DEDUPLICATE")?;
        Ok(Some(OnConflict::Deduplicate))
    }

    /// `STATEMENT SET BEGIN insert; ... END`
    pub(super) fn statement_set(&mut self) -> Result<Statement> {
        let start = self.expect_words("STATEMENT SET BEGIN")?;
        let mut inserts = Vec::new();
        while !self.is_word("END") {
            if !self.is_word("INSERT") {
                ["INSERT", "END"].iter().for_each(|word| self.note(word));
                return Err(self.unexpected());
            }
            inserts.push(self.nested(Self::insert)?);
            self.expect_kind(&TokenKind::Semicolon)?;
        }
        self.advance();
        let span = self.since(start);
        if inserts.is_empty() {
            let error = SqlError::validation("the statement set is empty", span);
            return Err(error.with_hint("put an INSERT INTO between BEGIN and END").into());
        }
        Ok(Statement { kind: StatementKind::StatementSet(Box::new(StatementSet { inserts, span })), span })
    }

    pub(super) fn update(&mut self) -> Result<StatementKind> {
        self.expect("UPDATE")?;
        let table = self.object_named("a table")?;
        let alias = self.target_alias()?;
        self.expect("SET")?;
        let assignments = self.list(|p| {
            let column = p.named("a column")?;
            p.expect_kind(&TokenKind::Eq)?;
            Ok((column, p.expr()?))
        })?;
        let selection = if self.accept("WHERE") { Some(self.expr()?) } else { None };
        Ok(StatementKind::Update(Box::new(Update { table, alias, assignments, selection })))
    }

    pub(super) fn delete(&mut self) -> Result<StatementKind> {
        self.expect_words("DELETE FROM")?;
        let table = self.object_named("a table")?;
        let alias = self.target_alias()?;
        let selection = if self.accept("WHERE") { Some(self.expr()?) } else { None };
        Ok(StatementKind::Delete(Box::new(Delete { table, alias, selection })))
    }

    fn target_alias(&mut self) -> Result<Option<Ident>> {
        self.alias()
    }
}
