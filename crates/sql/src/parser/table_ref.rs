//! `FROM`: tables and their hints, derived tables, table functions, joins.

use super::cursor::{Parser, Result};
use crate::ast::{
    Expr, FunctionCall, Ident, Join, JoinCondition, JoinKind, ObjectName, PivotValue, Query, SampleMethod, Span,
    TableAlias, TableRef, TableRefKind, UnpivotSource,
};
use crate::error::SqlError;
use crate::lexer::TokenKind;

impl Parser<'_> {
    /// `a, b JOIN c ...`: joins bind stronger than commas.
    pub(super) fn table_list(&mut self) -> Result<TableRef> {
        let mut left = self.nested(Self::joined_tables)?;
        while self.accept_kind(&TokenKind::Comma) {
            let right = self.nested(Self::joined_tables)?;
            left = self.join(left, right, JoinKind::Comma, false, JoinCondition::None)?;
        }
        Ok(left)
    }

    fn join(
        &mut self,
        left: TableRef,
        right: TableRef,
        kind: JoinKind,
        natural: bool,
        condition: JoinCondition,
    ) -> Result<TableRef> {
        self.grow()?;
        let span = self.since(left.span);
        let kind = TableRefKind::Join(Box::new(Join { left, right, kind, natural, condition }));
        Ok(TableRef { kind, alias: None, span })
    }

    fn joined_tables(&mut self) -> Result<TableRef> {
        let mut left = self.table_factor()?;
        loop {
            let start = self.here();
            let natural = self.accept("NATURAL");
            let Some(kind) = self.join_kind()? else {
                if natural {
                    return Err(self.unexpected());
                }
                return Ok(left);
            };
            let right = self.table_factor()?;
            let condition = if self.accept("ON") {
                JoinCondition::On(self.expr()?)
            } else if self.accept("USING") {
                JoinCondition::Using(self.ident_list()?)
            } else {
                JoinCondition::None
            };
            let checked = check_join(kind, natural, &condition, start.to(right.span));
            checked.map_err(|error| if self.is(&TokenKind::Eof) { error.into_incomplete() } else { error })?;
            left = self.join(left, right, kind, natural, condition)?;
        }
    }

    /// `[INNER | CROSS | LEFT [OUTER] | ...] JOIN`, if it is next.
    fn join_kind(&mut self) -> Result<Option<JoinKind>> {
        if self.accept("JOIN") {
            return Ok(Some(JoinKind::Inner));
        }
        let kind = if self.accept("INNER") {
            JoinKind::Inner
        } else if self.accept("CROSS") {
            JoinKind::Cross
        } else if self.accept("LEFT") {
            if self.is_word("SEMI") || self.is_word("ANTI") {
                let error = self.unexpected();
                return Err(error.with_hint("write WHERE [NOT] EXISTS (SELECT ...), as in Flink").into());
            }
            self.accept("OUTER");
            JoinKind::Left
        } else if self.accept("RIGHT") {
            self.accept("OUTER");
            JoinKind::Right
        } else if self.accept("FULL") {
            self.accept("OUTER");
            JoinKind::Full
        } else {
            return Ok(None);
        };
        self.expect("JOIN")?;
        Ok(Some(kind))
    }

    /// One table with everything that may follow it, up to its alias and its sample.
    fn table_factor(&mut self) -> Result<TableRef> {
        self.nested(|p| {
            let start = p.here();
            let kind = p.table_kind()?;
            let mut table = TableRef { kind, alias: None, span: p.since(start) };
            if p.is_word("MATCH_RECOGNIZE") {
                let spec = Box::new(p.match_recognize()?);
                table = p.wrap(table, |input| TableRefKind::MatchRecognize { input, spec })?;
            }
            if p.is_word("PIVOT") {
                table = p.pivot(table)?;
            }
            if p.is_word("UNPIVOT") {
                table = p.unpivot(table)?;
            }
            table.alias = p.table_alias()?;
            table.span = p.since(start);
            if p.is_word("TABLESAMPLE") {
                table = p.sample(table)?;
            }
            Ok(table)
        })
    }

    fn wrap(&mut self, input: TableRef, make: impl FnOnce(Box<TableRef>) -> TableRefKind) -> Result<TableRef> {
        self.grow()?;
        let span = self.since(input.span);
        Ok(TableRef { kind: make(Box::new(input)), alias: None, span })
    }

    fn table_kind(&mut self) -> Result<TableRefKind> {
        let lateral = self.is_word("LATERAL");
        if lateral {
            self.advance();
        }
        if self.is(&TokenKind::LeftParen) {
            return self.parenthesized_table(lateral);
        }
        if self.is_word("TABLE") && self.is_at(1, &TokenKind::LeftParen) {
            self.advance();
            let opened = self.open()?;
            let name = self.object_named("a table function")?;
            let call = self.table_call(name)?;
            self.close(opened)?;
            return Ok(TableRefKind::Function { lateral, wrapped: true, call });
        }
        if self.is_word("UNNEST") {
            self.advance();
            let collections = self.parenthesized(Self::expr)?;
            let with_ordinality = self.is_words("WITH ORDINALITY");
            if with_ordinality {
                self.skip(2);
            }
            return Ok(TableRefKind::Unnest { collections, with_ordinality });
        }
        if self.is_query_start() {
            let error = self.unexpected_instead_of("a table");
            return Err(error.with_hint("a query in FROM stands in parentheses: FROM (SELECT ...)").into());
        }
        let name = self.object_named("a table")?;
        if self.is(&TokenKind::LeftParen) {
            let call = self.table_call(name)?;
            return Ok(TableRefKind::Function { lateral, wrapped: false, call });
        }
        if lateral {
            self.note("(");
            return Err(self
                .unexpected()
                .with_hint("LATERAL stands before TABLE(function(...)) or a sub-query")
                .into());
        }
        let hints = self.hints()?;
        Ok(TableRefKind::Table { name, hints, as_of: self.as_of()? })
    }

    fn table_call(&mut self, name: ObjectName) -> Result<Box<FunctionCall>> {
        if !self.is(&TokenKind::LeftParen) {
            self.note("(");
            return Err(self.unexpected());
        }
        self.call(name)
    }

    /// `FOR SYSTEM_TIME AS OF expr`, if it is next.
    fn as_of(&mut self) -> Result<Option<Box<Expr>>> {
        if !self.accept("FOR") {
            return Ok(None);
        }
        self.expect_words("SYSTEM_TIME AS OF")?;
        self.boxed_expr().map(Some)
    }

    /// `(query)` or `(a JOIN b)`
    fn parenthesized_table(&mut self, lateral: bool) -> Result<TableRefKind> {
        let opened = self.open()?;
        let content = if self.is_query_start() { self.query().map(Inner::Query)? } else { self.inner_table()? };
        self.close(opened)?;
        match content {
            Inner::Query(query) => Ok(TableRefKind::Derived { lateral, query, as_of: self.as_of()? }),
            Inner::Table(_) if lateral => Err(SqlError::parse("LATERAL cannot stand before a join", opened)
                .with_hint("LATERAL stands before TABLE(function(...)) or a sub-query")
                .into()),
            Inner::Table(table) => Ok(TableRefKind::Nested(Box::new(table))),
        }
    }

    fn inner_table(&mut self) -> Result<Inner> {
        let table = self.table_list()?;
        let plain = table.alias.is_none() && self.is_query_continuation();
        match table.kind {
            TableRefKind::Derived { lateral: false, query, as_of: None } if plain => {
                self.query_beginning_with(query, table.span).map(Inner::Query)
            }
            kind => Ok(Inner::Table(TableRef { kind, ..table })),
        }
    }

    fn table_alias(&mut self) -> Result<Option<TableAlias>> {
        let Some(name) = self.alias()? else {
            return Ok(None);
        };
        let columns = if self.is(&TokenKind::LeftParen) { self.ident_list()? } else { Vec::new() };
        Ok(Some(TableAlias { name, columns }))
    }

    fn sample(&mut self, table: TableRef) -> Result<TableRef> {
        self.expect("TABLESAMPLE")?;
        let method = self.sample_method()?;
        self.wrap(table, |input| TableRefKind::Sample { input, method })
    }

    fn sample_method(&mut self) -> Result<SampleMethod> {
        if self.accept("SUBSTITUTE") {
            let opened = self.open()?;
            let (name, ..) = self.string_value()?;
            self.close(opened)?;
            return Ok(SampleMethod::Substitute(name));
        }
        let bernoulli = self.accept("BERNOULLI");
        if !bernoulli {
            self.expect("SYSTEM")?;
        }
        let opened = self.open()?;
        if !matches!(self.kind(), TokenKind::Exact | TokenKind::Approximate) {
            return Err(self.unexpected_instead_of("a percentage"));
        }
        let percentage = self.plain_literal()?;
        self.close(opened)?;
        let mut seed = None;
        if self.accept("REPEATABLE") {
            let opened = self.open()?;
            seed = Some(self.unsigned("a seed")?);
            self.close(opened)?;
        }
        Ok(SampleMethod::Percentage { bernoulli, percentage, seed })
    }

    /// `PIVOT (aggregates FOR axes IN (values))`
    fn pivot(&mut self, table: TableRef) -> Result<TableRef> {
        self.expect("PIVOT")?;
        let opened = self.open()?;
        let aggregates = self.list(Self::select_item)?;
        self.expect("FOR")?;
        let axes = self.one_or_more_names()?;
        self.expect("IN")?;
        let values = self.maybe_empty(|p| {
            let values = p.values_row()?;
            Ok(PivotValue { values, alias: p.alias()? })
        })?;
        self.close(opened)?;
        self.wrap(table, |input| TableRefKind::Pivot { input, aggregates, axes, values })
    }

    /// `UNPIVOT [INCLUDE | EXCLUDE NULLS] (measures FOR axes IN (columns AS values))`
    fn unpivot(&mut self, table: TableRef) -> Result<TableRef> {
        self.expect("UNPIVOT")?;
        let include_nulls = self.accept_words("INCLUDE NULLS");
        if !include_nulls {
            self.accept_words("EXCLUDE NULLS");
        }
        let opened = self.open()?;
        let measures = self.one_or_more_names()?;
        self.expect("FOR")?;
        let axes = self.one_or_more_names()?;
        self.expect("IN")?;
        let sources = self.parenthesized(|p| {
            let columns = p.one_or_more_names()?;
            let values = if p.accept("AS") { p.values_row()? } else { Vec::new() };
            Ok(UnpivotSource { columns, values })
        })?;
        self.close(opened)?;
        self.wrap(table, |input| TableRefKind::Unpivot { input, include_nulls, measures, axes, sources })
    }

    /// `a` or `(a, b)`
    fn one_or_more_names(&mut self) -> Result<Vec<Ident>> {
        if self.is(&TokenKind::LeftParen) { self.ident_list() } else { Ok(vec![self.ident()?]) }
    }
}

/// The content of parentheses in `FROM`.
enum Inner {
    Query(Box<Query>),
    Table(TableRef),
}

/// Refuses joins whose condition is missing or too much.
fn check_join(
    kind: JoinKind,
    natural: bool,
    condition: &JoinCondition,
    span: Span,
) -> std::result::Result<(), SqlError> {
    let conditioned = *condition != JoinCondition::None;
    if natural && conditioned {
        let error = SqlError::validation("a NATURAL join takes no ON or USING", span);
        return Err(error.with_hint("leave out either NATURAL or the condition"));
    }
    if kind == JoinKind::Cross && conditioned {
        let error = SqlError::validation("a CROSS JOIN takes no ON or USING", span);
        return Err(error.with_hint("write JOIN ... ON condition"));
    }
    if !natural && !conditioned && kind != JoinKind::Cross {
        let error = SqlError::validation("the join has no condition", span);
        return Err(error.with_hint("add ON condition or USING (columns), or write CROSS JOIN"));
    }
    Ok(())
}
