//! Operands: literals, names, calls, constructors, and the access to parts of them.

use super::cursor::{Parser, Result};
use crate::ast::{CaseBranch, CollectionKind, Expr, ExprKind, MatchMode, Query};
use crate::lexer::{TokenKind, keywords};

impl Parser<'_> {
    /// An operand with its `[index]` and `.field` accesses.
    pub(super) fn primary(&mut self) -> Result<Expr> {
        let mut expr = self.atom()?;
        loop {
            let start = expr.span;
            let kind = if self.is(&TokenKind::LeftBracket) {
                let opened = self.advance().span;
                let index = self.boxed_expr()?;
                self.close_kind(&TokenKind::RightBracket, opened)?;
                ExprKind::Index { expr: Box::new(expr), index }
            } else if self.is(&TokenKind::Dot) && !matches!(expr.kind, ExprKind::Literal(_)) {
                self.advance();
                ExprKind::Field { expr: Box::new(expr), field: self.named("a field")? }
            } else {
                return Ok(expr);
            };
            self.grow()?;
            expr = Expr::new(kind, self.since(start));
        }
    }

    fn atom(&mut self) -> Result<Expr> {
        let start = self.here();
        if self.is(&TokenKind::LeftParen) {
            return self.parenthesized_operand();
        }
        let kind = if let Some(literal) = self.simple_literal()? {
            ExprKind::Literal(literal)
        } else if self.is(&TokenKind::Question) {
            self.advance();
            ExprKind::Parameter
        } else if let Some(kind) = self.keyword_atom()? {
            kind
        } else {
            self.name_or_call()?
        };
        Ok(Expr::new(kind, self.since(start)))
    }

    /// An operand that a keyword begins, if one is next.
    fn keyword_atom(&mut self) -> Result<Option<ExprKind>> {
        let Some(word) = self.word_at(0) else {
            return Ok(None);
        };
        let kind = match word.to_ascii_uppercase().as_str() {
            "DATE" | "TIME" | "TIMESTAMP" => return Ok(self.date_time_literal()?.map(ExprKind::Literal)),
            "INTERVAL" => self.interval()?,
            "CASE" => self.case()?,
            "EXISTS" => {
                self.advance();
                ExprKind::Exists(self.parenthesized_query()?)
            }
            "UNIQUE" => {
                self.advance();
                ExprKind::Unique(self.parenthesized_query()?)
            }
            "ROW" => {
                self.advance();
                ExprKind::Row { values: self.parenthesized(Self::expr)?, explicit: true }
            }
            "ARRAY" => self.collection(CollectionKind::Array)?,
            "MULTISET" => self.collection(CollectionKind::Multiset)?,
            "MAP" if self.is_at(1, &TokenKind::LeftBracket) || self.is_map_query() => {
                self.collection(CollectionKind::Map)?
            }
            "RUNNING" => self.match_mode(MatchMode::Running)?,
            "FINAL"
                if self.word_at(1).is_some()
                    && (self.is_at(2, &TokenKind::LeftParen) || self.is_at(2, &TokenKind::Dot)) =>
            {
                self.match_mode(MatchMode::Final)?
            }
            _ => return self.special_function(),
        };
        Ok(Some(kind))
    }

    fn is_map_query(&self) -> bool {
        self.is_at(1, &TokenKind::LeftParen) && (self.is_word_at(2, "SELECT") || self.is_word_at(2, "WITH"))
    }

    fn match_mode(&mut self, mode: MatchMode) -> Result<ExprKind> {
        self.advance();
        let expr = self.nested(Self::primary)?;
        Ok(ExprKind::MatchMode { mode, expr: Box::new(expr) })
    }

    /// `(query)` where only a query may stand.
    pub(super) fn parenthesized_query(&mut self) -> Result<Box<Query>> {
        let opened = self.open()?;
        let query = self.query()?;
        self.close(opened)?;
        Ok(query)
    }

    fn collection(&mut self, kind: CollectionKind) -> Result<ExprKind> {
        self.advance();
        if self.is(&TokenKind::LeftParen) {
            return Ok(ExprKind::CollectionQuery { kind, query: self.parenthesized_query()? });
        }
        let opened = self.expect_kind(&TokenKind::LeftBracket)?;
        let built = match kind {
            _ if self.is(&TokenKind::RightBracket) => match kind {
                CollectionKind::Array => ExprKind::Array(Vec::new()),
                CollectionKind::Multiset => ExprKind::Multiset(Vec::new()),
                CollectionKind::Map => ExprKind::Map(Vec::new()),
            },
            CollectionKind::Array => ExprKind::Array(self.list(Self::expr)?),
            CollectionKind::Multiset => ExprKind::Multiset(self.list(Self::expr)?),
            CollectionKind::Map => ExprKind::Map(self.list(|p| {
                let key = p.expr()?;
                p.expect_kind(&TokenKind::Comma)?;
                Ok((key, p.expr()?))
            })?),
        };
        self.close_kind(&TokenKind::RightBracket, opened)?;
        Ok(built)
    }

    fn case(&mut self) -> Result<ExprKind> {
        self.expect("CASE")?;
        let operand = if self.is_word("WHEN") { None } else { Some(self.boxed_expr()?) };
        let mut branches = Vec::new();
        while self.accept("WHEN") {
            let when = if operand.is_some() { self.list(Self::expr)? } else { vec![self.expr()?] };
            self.expect("THEN")?;
            branches.push(CaseBranch { when, then: self.expr()? });
        }
        if branches.is_empty() {
            return Err(self.unexpected());
        }
        let otherwise = if self.accept("ELSE") { Some(self.boxed_expr()?) } else { None };
        self.expect("END")?;
        Ok(ExprKind::Case { operand, branches, otherwise })
    }

    /// `a`, `a.b.c`, `f(...)`, `a.f(...)`, `CURRENT_DATE`
    fn name_or_call(&mut self) -> Result<ExprKind> {
        if let Some(word) = self.word_at(0) {
            let called = self.is_at(1, &TokenKind::LeftParen);
            if keywords::is_niladic_function(word) || (called && keywords::is_function_name(word)) {
                let name = self.any_word().into();
                return self.call(name).map(ExprKind::Function);
            }
        }
        let name = self.object_named("an expression")?;
        if self.is(&TokenKind::LeftParen) {
            return self.call(name).map(ExprKind::Function);
        }
        Ok(ExprKind::Identifier(name.parts))
    }
}
