//! What stands in parentheses where an operand is expected: an expression, a row, or a query.
//!
//! `((SELECT 1) UNION ...)` and `((SELECT 1) + 1)` begin alike. Rather than trying both, the parser reads the inner
//! parentheses as a scalar sub-query and takes it for the first part of a query when the text goes on like one.

use super::cursor::{Parser, Result};
use crate::ast::{BinaryOp, Expr, ExprKind, Query, SetExpr, SetExprKind, Span};
use crate::lexer::TokenKind;

/// The content of parentheses.
pub(super) enum Parenthesized {
    Query(Box<Query>),
    List(Vec<Expr>),
}

impl Parser<'_> {
    /// `(query)` or `(a, b, ...)`
    pub(super) fn parenthesized_query_or_list(&mut self) -> Result<Parenthesized> {
        let opened = self.open()?;
        let content = self.query_or_list()?;
        self.close(opened)?;
        Ok(content)
    }

    fn query_or_list(&mut self) -> Result<Parenthesized> {
        if self.is_query_start() {
            return self.query().map(Parenthesized::Query);
        }
        let first = self.expr()?;
        if self.is_query_continuation()
            && let ExprKind::Subquery(query) = first.kind
        {
            return self.query_beginning_with(query, first.span).map(Parenthesized::Query);
        }
        let mut list = vec![first];
        while self.accept_kind(&TokenKind::Comma) {
            list.push(self.expr()?);
        }
        Ok(Parenthesized::List(list))
    }

    /// The rest of a query whose first part was `(query)` at `span`.
    pub(super) fn query_beginning_with(&mut self, query: Box<Query>, span: Span) -> Result<Box<Query>> {
        let first = SetExpr { kind: SetExprKind::Query(query), span };
        self.query_after(None, first)
    }

    /// `(expr)`, `(a, b)`, `(query)`, `(a - b) DAY`
    pub(super) fn parenthesized_operand(&mut self) -> Result<Expr> {
        let start = self.here();
        let content = self.parenthesized_query_or_list()?;
        let span = self.since(start);
        let mut list = match content {
            Parenthesized::Query(query) => return Ok(Expr::new(ExprKind::Subquery(query), span)),
            Parenthesized::List(list) => list,
        };
        if list.len() > 1 {
            return Ok(Expr::new(ExprKind::Row { values: list, explicit: false }, span));
        }
        let expr = list.pop().expect("a list has one element or more");
        match expr.kind {
            ExprKind::Binary { left, op: BinaryOp::Minus, right } if self.is_interval_unit() => {
                let qualifier = self.interval_qualifier()?;
                Ok(Expr::new(ExprKind::DateTimeDifference { left, right, qualifier }, self.since(start)))
            }
            _ => Ok(Self::widened(expr, span)),
        }
    }
}
