//! Operators: a Pratt parser with the binding powers of Calcite's operator table.

use super::cursor::{Parser, Result};
use super::paren::Parenthesized;
use crate::ast::precedence::{ADDITIVE, AND, COMPARISON, IS, MEMBERSHIP, NOT, OR, SIGN};
use crate::ast::{BinaryOp, Expr, ExprKind, IsTest, LikeOp, QuantifiedOperand, Quantifier, Span, UnaryOp};
use crate::lexer::TokenKind;

/// An operator that may follow an operand.
#[derive(Clone, Copy, PartialEq)]
enum Infix {
    And,
    Or,
    /// A binary operator and the number of tokens it is written with.
    Binary(BinaryOp, usize),
    /// `IS` or `IS NOT`
    Is,
    /// `IS [NOT] DISTINCT FROM`
    IsDistinctFrom,
    Between,
    In,
    Like(LikeOp),
}

/// What the loop over operators did last; a chain of the same connective grows instead of nesting.
#[derive(Clone, Copy, PartialEq)]
enum Chain {
    None,
    And,
    Or,
}

impl Parser<'_> {
    /// A whole expression.
    pub(super) fn expr(&mut self) -> Result<Expr> {
        self.nested(|p| p.operators(0))
    }

    pub(super) fn boxed_expr(&mut self) -> Result<Box<Expr>> {
        self.expr().map(Box::new)
    }

    /// An expression of operators that bind at least as strongly as `power`.
    fn operators(&mut self, power: u8) -> Result<Expr> {
        let mut left = self.prefix()?;
        let mut chain = Chain::None;
        while let Some((infix, infix_power)) = self.infix() {
            if infix_power < power {
                break;
            }
            (left, chain) = self.apply(left, chain, infix, infix_power)?;
        }
        if self.is_word("NOT") {
            ["NOT BETWEEN", "NOT IN", "NOT LIKE"].iter().for_each(|phrase| self.note(phrase));
        }
        Ok(left)
    }

    /// An expression of arithmetic only: conditions end it.
    pub(super) fn additive(&mut self) -> Result<Expr> {
        self.operators(ADDITIVE)
    }

    /// The right operand of an operator of `power`.
    fn operand(&mut self, power: u8) -> Result<Box<Expr>> {
        self.nested(|p| p.operators(power + 1)).map(Box::new)
    }

    fn prefix(&mut self) -> Result<Expr> {
        let start = self.here();
        let (op, power) = match self.kind() {
            TokenKind::Plus => (UnaryOp::Plus, SIGN),
            TokenKind::Minus => (UnaryOp::Minus, SIGN),
            TokenKind::Word if self.is_word("NOT") => (UnaryOp::Not, NOT),
            _ => return self.primary(),
        };
        self.advance();
        let expr = self.nested(|p| p.operators(power))?;
        Ok(Expr::new(ExprKind::Unary { op, expr: Box::new(expr) }, self.since(start)))
    }

    /// The operator that is next, if any, and its binding power. Takes nothing.
    fn infix(&self) -> Option<(Infix, u8)> {
        if *self.kind() == TokenKind::Word {
            return self.word_infix();
        }
        let op = match self.kind() {
            TokenKind::Plus => BinaryOp::Plus,
            TokenKind::Minus => BinaryOp::Minus,
            TokenKind::Star => BinaryOp::Multiply,
            TokenKind::Slash => BinaryOp::Divide,
            TokenKind::Percent => BinaryOp::Modulo,
            TokenKind::Concat => BinaryOp::Concat,
            TokenKind::Eq => BinaryOp::Eq,
            TokenKind::NotEq if self.slice(self.peek()) == "!=" => BinaryOp::BangEq,
            TokenKind::NotEq => BinaryOp::NotEq,
            TokenKind::Lt => BinaryOp::Lt,
            TokenKind::LtEq => BinaryOp::LtEq,
            TokenKind::Gt => BinaryOp::Gt,
            TokenKind::GtEq => BinaryOp::GtEq,
            _ => return None,
        };
        Some(binary(op, 1))
    }

    fn word_infix(&self) -> Option<(Infix, u8)> {
        let word = self.word_at(usize::from(self.is_word("NOT")))?.to_ascii_uppercase();
        let found = match word.as_str() {
            "BETWEEN" => (Infix::Between, MEMBERSHIP),
            "IN" => (Infix::In, MEMBERSHIP),
            "LIKE" => (Infix::Like(LikeOp::Like), MEMBERSHIP),
            "ILIKE" => (Infix::Like(LikeOp::ILike), MEMBERSHIP),
            "RLIKE" => (Infix::Like(LikeOp::RLike), MEMBERSHIP),
            "SIMILAR" => (Infix::Like(LikeOp::SimilarTo), MEMBERSHIP),
            _ if self.is_word("NOT") => return None,
            "AND" => (Infix::And, AND),
            "OR" => (Infix::Or, OR),
            "IS" => {
                let after = if self.is_word_at(1, "NOT") { 2 } else { 1 };
                match self.is_word_at(after, "DISTINCT") {
                    true => (Infix::IsDistinctFrom, COMPARISON),
                    false => (Infix::Is, IS),
                }
            }
            "OVERLAPS" => binary(BinaryOp::Overlaps, 1),
            "CONTAINS" => binary(BinaryOp::Contains, 1),
            "EQUALS" => binary(BinaryOp::Equals, 1),
            "PRECEDES" => binary(BinaryOp::Precedes, 1),
            "SUCCEEDS" => binary(BinaryOp::Succeeds, 1),
            "IMMEDIATELY" if self.is_word_at(1, "PRECEDES") => binary(BinaryOp::ImmediatelyPrecedes, 2),
            "IMMEDIATELY" if self.is_word_at(1, "SUCCEEDS") => binary(BinaryOp::ImmediatelySucceeds, 2),
            "MEMBER" => binary(BinaryOp::MemberOf, 1 + usize::from(self.is_word_at(1, "OF"))),
            "SUBMULTISET" => binary(BinaryOp::SubmultisetOf, 1 + usize::from(self.is_word_at(1, "OF"))),
            "MULTISET" => return self.multiset_infix(),
            _ => return None,
        };
        Some(found)
    }

    /// `MULTISET UNION [ALL | DISTINCT]` and its kin; duplicates go unless `ALL` is written.
    fn multiset_infix(&self) -> Option<(Infix, u8)> {
        let all = self.is_word_at(2, "ALL");
        let length = if all || self.is_word_at(2, "DISTINCT") { 3 } else { 2 };
        let op = match self.word_at(1)?.to_ascii_uppercase().as_str() {
            "UNION" if all => BinaryOp::MultisetUnionAll,
            "UNION" => BinaryOp::MultisetUnionDistinct,
            "EXCEPT" if all => BinaryOp::MultisetExceptAll,
            "EXCEPT" => BinaryOp::MultisetExceptDistinct,
            "INTERSECT" if all => BinaryOp::MultisetIntersectAll,
            "INTERSECT" => BinaryOp::MultisetIntersectDistinct,
            _ => return None,
        };
        Some(binary(op, length))
    }

    /// Takes an operator and what follows it.
    fn apply(&mut self, left: Expr, chain: Chain, infix: Infix, power: u8) -> Result<(Expr, Chain)> {
        let start = left.span;
        if let Infix::And | Infix::Or = infix {
            return self.connect(left, chain, infix, power);
        }
        let left = Box::new(left);
        let kind = match infix {
            Infix::Binary(op, length) => self.binary(left, op, length, power)?,
            Infix::Is => self.is_test(left)?,
            Infix::IsDistinctFrom => {
                self.expect("IS")?;
                let negated = self.accept("NOT");
                self.expect_words("DISTINCT FROM")?;
                ExprKind::IsDistinctFrom { left, right: self.operand(power)?, negated }
            }
            Infix::Between => self.between(left)?,
            Infix::In => self.in_list(left)?,
            Infix::Like(op) => self.like(left, op)?,
            Infix::And | Infix::Or => unreachable!("connectives are handled above"),
        };
        self.grow()?;
        Ok((Expr::new(kind, self.since(start)), Chain::None))
    }

    /// `AND` and `OR`, which collect their terms in one node.
    fn connect(&mut self, left: Expr, chain: Chain, infix: Infix, power: u8) -> Result<(Expr, Chain)> {
        self.advance();
        let right = *self.operand(power)?;
        let span = left.span.to(right.span);
        let is_and = infix == Infix::And;
        let wanted = if is_and { Chain::And } else { Chain::Or };
        let mut terms = match left.kind {
            ExprKind::And(terms) | ExprKind::Or(terms) if chain == wanted => terms,
            kind => {
                self.grow()?;
                vec![Expr::new(kind, left.span)]
            }
        };
        terms.push(right);
        let kind = if is_and { ExprKind::And(terms) } else { ExprKind::Or(terms) };
        Ok((Expr::new(kind, span), wanted))
    }

    fn binary(&mut self, left: Box<Expr>, op: BinaryOp, length: usize, power: u8) -> Result<ExprKind> {
        self.skip(length);
        let comparison = matches!(
            op,
            BinaryOp::Eq
                | BinaryOp::NotEq
                | BinaryOp::BangEq
                | BinaryOp::Lt
                | BinaryOp::LtEq
                | BinaryOp::Gt
                | BinaryOp::GtEq
        );
        if comparison && self.is_one_of(&["ANY", "SOME", "ALL"]) && self.is_at(1, &TokenKind::LeftParen) {
            let quantifier = if self.is_word("ALL") { Quantifier::All } else { Quantifier::Any };
            self.advance();
            let operand = match self.parenthesized_query_or_list()? {
                Parenthesized::Query(query) => QuantifiedOperand::Query(query),
                Parenthesized::List(list) => QuantifiedOperand::List(list),
            };
            return Ok(ExprKind::Quantified { left, op, quantifier, operand });
        }
        Ok(ExprKind::Binary { left, op, right: self.operand(power)? })
    }

    fn is_test(&mut self, expr: Box<Expr>) -> Result<ExprKind> {
        self.expect("IS")?;
        let negated = self.accept("NOT");
        let test = if self.accept("NULL") {
            IsTest::Null
        } else if self.accept("TRUE") {
            IsTest::True
        } else if self.accept("FALSE") {
            IsTest::False
        } else if self.accept("UNKNOWN") {
            IsTest::Unknown
        } else if self.accept("EMPTY") {
            IsTest::Empty
        } else if self.accept_words("A SET") {
            IsTest::Set
        } else if self.accept("JSON") {
            self.json_test()
        } else {
            self.note("DISTINCT FROM");
            return Err(self.unexpected());
        };
        Ok(ExprKind::Is { expr, test, negated })
    }

    fn json_test(&mut self) -> IsTest {
        if self.accept("OBJECT") {
            IsTest::JsonObject
        } else if self.accept("ARRAY") {
            IsTest::JsonArray
        } else if self.accept("SCALAR") {
            IsTest::JsonScalar
        } else {
            self.accept("VALUE");
            IsTest::JsonValue
        }
    }

    fn between(&mut self, expr: Box<Expr>) -> Result<ExprKind> {
        let negated = self.accept("NOT");
        self.expect("BETWEEN")?;
        let symmetric = self.accept("SYMMETRIC");
        if !symmetric {
            self.accept("ASYMMETRIC");
        }
        let low = self.operand(MEMBERSHIP)?;
        self.expect("AND")?;
        let high = self.operand(MEMBERSHIP)?;
        Ok(ExprKind::Between { expr, low, high, symmetric, negated })
    }

    fn in_list(&mut self, expr: Box<Expr>) -> Result<ExprKind> {
        let negated = self.accept("NOT");
        self.expect("IN")?;
        Ok(match self.parenthesized_query_or_list()? {
            Parenthesized::Query(query) => ExprKind::InSubquery { expr, query, negated },
            Parenthesized::List(list) => ExprKind::InList { expr, list, negated },
        })
    }

    fn like(&mut self, expr: Box<Expr>, op: LikeOp) -> Result<ExprKind> {
        let negated = self.accept("NOT");
        self.advance();
        if op == LikeOp::SimilarTo {
            self.expect("TO")?;
        }
        let pattern = self.operand(MEMBERSHIP)?;
        let escape = if self.is_word("ESCAPE") {
            self.advance();
            Some(self.operand(MEMBERSHIP)?)
        } else {
            None
        };
        Ok(ExprKind::Like { expr, op, pattern, escape, negated })
    }

    /// `expr` with its span widened to the parentheses around it.
    pub(super) fn widened(expr: Expr, span: Span) -> Expr {
        Expr { kind: expr.kind, span }
    }
}

/// A binary operator of `length` tokens with its binding power.
fn binary(op: BinaryOp, length: usize) -> (Infix, u8) {
    (Infix::Binary(op, length), op.power())
}
