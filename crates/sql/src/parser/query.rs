//! Queries: WITH, set operations, SELECT, GROUP BY, ORDER BY and limits.

use super::cursor::{Parser, Result};
use crate::ast::{
    Cte, Expr, ExprKind, GroupBy, GroupItem, Hint, NamedWindow, NullsOrder, ObjectName, OrderItem, Query, Select,
    SelectItem, SetExpr, SetExprKind, SetOperator, SetQuantifier, Span, With,
};
use crate::error::SqlError;
use crate::lexer::TokenKind;

impl Parser<'_> {
    /// Whether a query begins here, leaving parentheses aside.
    pub(super) fn is_query_start(&self) -> bool {
        self.is_one_of(&["SELECT", "WITH", "VALUES"]) || (self.is_word("TABLE") && self.is_ident_at(1))
    }

    /// Whether what stands before may be the first part of a query.
    pub(super) fn is_query_continuation(&self) -> bool {
        const WORDS: [&str; 8] = ["UNION", "INTERSECT", "EXCEPT", "MINUS", "ORDER", "LIMIT", "OFFSET", "FETCH"];
        self.is_one_of(&WORDS)
    }

    /// A whole query.
    pub(super) fn query(&mut self) -> Result<Box<Query>> {
        self.nested(|p| {
            let with = p.with()?;
            let first = p.set_operand()?;
            p.query_after(with, first)
        })
    }

    /// The rest of a query whose first operand is known.
    pub(super) fn query_after(&mut self, with: Option<With>, first: SetExpr) -> Result<Box<Query>> {
        let start = match with.as_ref().and_then(|with| with.ctes.first()) {
            Some(cte) => cte.span.to(first.span),
            None => first.span,
        };
        let body = self.set_operations(first, 0)?;
        let mut query = bare_query(with, body);
        if self.accept_words("ORDER BY") {
            query.order_by = self.list(Self::order_item)?;
        }
        self.limits(&mut query)?;
        query.span = self.since(start);
        Ok(query)
    }

    fn with(&mut self) -> Result<Option<With>> {
        if !self.is_word("WITH") {
            return Ok(None);
        }
        self.advance();
        let recursive = self.is_word("RECURSIVE");
        if recursive {
            self.advance();
        }
        let ctes = self.list(|p| {
            let name = p.named("the name of a query")?;
            let columns = if p.is(&TokenKind::LeftParen) { p.ident_list()? } else { Vec::new() };
            p.expect("AS")?;
            let query = *p.parenthesized_query()?;
            let span = p.since(name.span);
            Ok(Cte { name, columns, query, span })
        })?;
        Ok(Some(With { recursive, ctes }))
    }

    /// The operations that follow `left`, binding at least as strongly as `power`.
    fn set_operations(&mut self, mut left: SetExpr, power: u8) -> Result<SetExpr> {
        const LOW: u8 = 1;
        const HIGH: u8 = 2;
        loop {
            let (op, own) = if self.is_word("UNION") {
                (SetOperator::Union, LOW)
            } else if self.is_one_of(&["EXCEPT", "MINUS"]) {
                (SetOperator::Except, LOW)
            } else if self.is_word("INTERSECT") {
                (SetOperator::Intersect, HIGH)
            } else {
                ["UNION", "INTERSECT", "EXCEPT"].iter().for_each(|word| self.note(word));
                return Ok(left);
            };
            if own < power {
                return Ok(left);
            }
            self.advance();
            let all = self.accept("ALL");
            if !all {
                self.accept("DISTINCT");
            }
            let right = self.nested(|p| {
                let operand = p.set_operand()?;
                p.set_operations(operand, own + 1)
            })?;
            self.grow()?;
            let span = left.span.to(right.span);
            let kind = SetExprKind::SetOperation { op, all, left: Box::new(left), right: Box::new(right) };
            left = SetExpr { kind, span };
        }
    }

    fn set_operand(&mut self) -> Result<SetExpr> {
        let start = self.here();
        let kind = if self.is_word("SELECT") {
            SetExprKind::Select(self.select()?)
        } else if self.accept("VALUES") {
            SetExprKind::Values(self.list(Self::values_row)?)
        } else if self.is_word("TABLE") && self.is_ident_at(1) {
            self.advance();
            SetExprKind::Table(self.object_named("a table")?)
        } else if self.is(&TokenKind::LeftParen) {
            SetExprKind::Query(self.parenthesized_query()?)
        } else {
            self.note("SELECT");
            return Err(self.unexpected_instead_of("a query"));
        };
        Ok(SetExpr { kind, span: self.since(start) })
    }

    /// `a` or `(a, b)`
    pub(super) fn values_row(&mut self) -> Result<Vec<Expr>> {
        let row = self.expr()?;
        Ok(match row.kind {
            ExprKind::Row { values, explicit: false } => values,
            kind => vec![Expr::new(kind, row.span)],
        })
    }

    fn select(&mut self) -> Result<Box<Select>> {
        let start = self.expect("SELECT")?;
        let hints = self.hints()?;
        let quantifier = self.set_quantifier();
        let items = self.list(Self::select_item)?;
        let mut select = bare_select(hints, quantifier, items);
        if self.accept("FROM") {
            select.from = Some(self.table_list()?);
            self.select_clauses(&mut select)?;
        } else if self.is_word("WHERE") {
            let error = SqlError::parse("WHERE needs a FROM before it", self.here());
            return Err(error.with_hint("write FROM table WHERE condition").into());
        }
        select.span = self.since(start);
        Ok(select)
    }

    /// What may follow `FROM`.
    fn select_clauses(&mut self, select: &mut Select) -> Result<()> {
        if self.accept("WHERE") {
            select.selection = Some(self.expr()?);
        }
        if self.accept_words("GROUP BY") {
            select.group_by = Some(self.group_by()?);
        }
        if self.accept("HAVING") {
            select.having = Some(self.expr()?);
        }
        if self.accept("WINDOW") {
            select.windows = self.list(|p| {
                let name = p.named("a window")?;
                p.expect("AS")?;
                Ok(NamedWindow { name, spec: p.window_spec()? })
            })?;
        }
        if self.accept("QUALIFY") {
            select.qualify = Some(self.expr()?);
        }
        Ok(())
    }

    pub(super) fn select_item(&mut self) -> Result<SelectItem> {
        if self.is(&TokenKind::Star) {
            return Ok(SelectItem::Wildcard(self.advance().span));
        }
        if let Some(parts) = self.qualified_wildcard() {
            let mut qualifier = vec![self.any_word()];
            for _ in 1..parts {
                self.advance();
                qualifier.push(self.any_word());
            }
            let span = self.since(qualifier[0].span);
            let qualifier = ObjectName { parts: qualifier, span };
            self.skip(2);
            let span = self.since(span);
            return Ok(SelectItem::QualifiedWildcard { qualifier, span });
        }
        let expr = self.expr()?;
        let alias = self.alias()?;
        Ok(SelectItem::Expr { expr, alias })
    }

    /// How many names stand before a `.*` that is next.
    fn qualified_wildcard(&self) -> Option<usize> {
        let mut parts = 0;
        while self.is_ident_at(2 * parts) && self.is_at(2 * parts + 1, &TokenKind::Dot) {
            parts += 1;
        }
        (parts > 0 && self.is_at(2 * parts, &TokenKind::Star)).then_some(parts)
    }

    /// `[AS] name`, if it is next.
    pub(super) fn alias(&mut self) -> Result<Option<crate::ast::Ident>> {
        if self.accept("AS") {
            return self.named("an alias").map(Some);
        }
        Ok(if self.is_ident() { Some(self.any_word()) } else { None })
    }

    fn group_by(&mut self) -> Result<GroupBy> {
        let start = self.previous();
        let quantifier = self.set_quantifier();
        let items = self.list(Self::group_item)?;
        Ok(GroupBy { quantifier, items, span: self.since(start) })
    }

    fn group_item(&mut self) -> Result<GroupItem> {
        self.nested(|p| {
            let start = p.here();
            if p.is_words("GROUPING SETS") {
                p.skip(2);
                let items = p.parenthesized(Self::group_item)?;
                return Ok(GroupItem::GroupingSets(items, p.since(start)));
            }
            if p.is_word("ROLLUP") {
                p.advance();
                let sets = p.parenthesized(Self::values_row)?;
                return Ok(GroupItem::Rollup(sets, p.since(start)));
            }
            if p.is_word("CUBE") {
                p.advance();
                let sets = p.parenthesized(Self::values_row)?;
                return Ok(GroupItem::Cube(sets, p.since(start)));
            }
            if p.is(&TokenKind::LeftParen) && p.is_at(1, &TokenKind::RightParen) {
                p.skip(2);
                return Ok(GroupItem::Set(Vec::new(), p.since(start)));
            }
            let expr = p.expr()?;
            Ok(match expr.kind {
                ExprKind::Row { values, explicit: false } => GroupItem::Set(values, expr.span),
                kind => GroupItem::Expr(Expr::new(kind, expr.span)),
            })
        })
    }

    /// `expr [ASC | DESC] [NULLS FIRST | LAST]`
    pub(super) fn order_item(&mut self) -> Result<OrderItem> {
        let expr = self.expr()?;
        let descending = self.accept("DESC");
        if !descending {
            self.accept("ASC");
        }
        let nulls = if self.accept("NULLS") {
            if self.accept("FIRST") {
                Some(NullsOrder::First)
            } else {
                self.expect("LAST")?;
                Some(NullsOrder::Last)
            }
        } else {
            None
        };
        let span = self.since(expr.span);
        Ok(OrderItem { expr, descending, nulls, span })
    }

    /// `LIMIT n`, `OFFSET n [ROWS]`, `FETCH FIRST n ROWS ONLY`, each at most once.
    fn limits(&mut self, query: &mut Query) -> Result<()> {
        let mut limited = false;
        loop {
            if !limited && self.accept("LIMIT") {
                limited = true;
                if !self.accept("ALL") {
                    query.limit = Some(self.row_count()?);
                }
            } else if query.offset.is_none() && self.accept("OFFSET") {
                query.offset = Some(self.row_count()?);
                let _ = self.accept("ROWS") || self.accept("ROW");
            } else if !limited && self.accept("FETCH") {
                limited = true;
                if !self.accept("FIRST") {
                    self.expect("NEXT")?;
                }
                query.limit = Some(self.row_count()?);
                if !self.accept("ROWS") {
                    self.expect("ROW")?;
                }
                self.expect("ONLY")?;
            } else {
                return Ok(());
            }
        }
    }

    /// A number of rows: a literal or a parameter.
    fn row_count(&mut self) -> Result<Expr> {
        match self.kind() {
            TokenKind::Exact | TokenKind::Question => self.nested(Self::primary),
            _ => Err(self.unexpected_instead_of("a number of rows")),
        }
    }
}

// Large nodes are made in functions of their own, and boxed, to keep the stack of nested queries small.

fn bare_query(with: Option<With>, body: SetExpr) -> Box<Query> {
    let span = body.span;
    Box::new(Query { with, body, order_by: Vec::new(), offset: None, limit: None, span })
}

fn bare_select(hints: Vec<Hint>, quantifier: Option<SetQuantifier>, items: Vec<SelectItem>) -> Box<Select> {
    Box::new(Select {
        hints,
        quantifier,
        items,
        from: None,
        selection: None,
        group_by: None,
        having: None,
        windows: Vec::new(),
        qualify: None,
        span: Span::default(),
    })
}
