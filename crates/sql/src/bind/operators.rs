//! Operators: arithmetic, comparisons and the predicates that are rewritten into them.

use ::expr::types::{is_character, is_interval, is_numeric};
use dataflow::{Expr, Literal, TypeKind};

use super::expr::{ExprBinder, case_of, coerce, not_supported};
use super::literal::string;
use crate::ast::{self, BinaryOp, IsTest, LikeOp, Span};
use crate::error::SqlError;

impl ExprBinder<'_> {
    pub(super) fn binary(
        &mut self,
        left: &ast::Expr,
        op: BinaryOp,
        right: &ast::Expr,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let name = match op {
            BinaryOp::Plus => "+",
            BinaryOp::Minus => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Modulo => "%",
            BinaryOp::Concat => "||",
            BinaryOp::Eq => "=",
            BinaryOp::NotEq => "<>",
            BinaryOp::Lt => "<",
            BinaryOp::LtEq => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::GtEq => ">=",
            BinaryOp::BangEq => return Err(bang_equal(span)),
            BinaryOp::Overlaps => return self.overlaps(left, right, span),
            _ => return Err(not_supported("this operator", span)),
        };
        let args = match op {
            BinaryOp::Plus | BinaryOp::Minus | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => {
                vec![self.operand(left)?, self.operand(right)?]
            }
            _ => vec![self.compared(left)?, self.compared(right)?],
        };
        if matches!(op, BinaryOp::Eq | BinaryOp::NotEq)
            && args.iter().any(|arg| arg.ty.kind == TypeKind::Boolean)
            && args.iter().any(|arg| is_character(&arg.ty.kind))
        {
            return self.never_equal(args, op == BinaryOp::Eq, span);
        }
        self.call(name, args, span)
    }

    /// A BOOLEAN and a text: Flink compares two Java objects of different classes, which never are equal.
    fn never_equal(&mut self, args: Vec<Expr>, equal: bool, span: Span) -> Result<Expr, SqlError> {
        if args.iter().all(|arg| !arg.ty.nullable) {
            return Ok(super::boolean(!equal));
        }
        let absent = args.into_iter().map(|arg| self.call("IS NULL", vec![arg], span)).collect::<Result<_, _>>()?;
        let unknown = self.call("OR", absent, span)?;
        let null = Expr::literal(Literal::Null, TypeKind::Boolean.nullable());
        case_of(vec![(unknown, null)], super::boolean(!equal), span)
    }

    /// `(start, end) OVERLAPS (start, end)`, where an end may be an interval and may lie before its start.
    fn overlaps(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> Result<Expr, SqlError> {
        let (start, end) = self.period(left)?;
        let (other_start, other_end) = self.period(right)?;
        let begins_before = self.call(">=", vec![end, other_start], span)?;
        let ends_after = self.call(">=", vec![other_end, start], span)?;
        self.call("AND", vec![begins_before, ends_after], span)
    }

    /// The earlier and the later end of a period.
    fn period(&mut self, period: &ast::Expr) -> Result<(Expr, Expr), SqlError> {
        let ast::ExprKind::Row { values, .. } = &period.kind else {
            return Err(not_supported("a period that is no pair", period.span).with_hint("write (start, end)"));
        };
        let [start, end] = values.as_slice() else {
            return Err(SqlError::validation("a period is a pair: (start, end)", period.span));
        };
        let (start, mut end) = (self.bind(start)?, self.bind(end)?);
        if is_interval(&end.ty.kind) {
            end = self.call("+", vec![start.clone(), end], period.span)?;
        }
        let ordered = self.call("<=", vec![start.clone(), end.clone()], period.span)?;
        let earlier = case_of(vec![(ordered.clone(), start.clone())], end.clone(), period.span)?;
        let later = case_of(vec![(ordered, end)], start, period.span)?;
        Ok((earlier, later))
    }

    /// `(left - right) unit`
    pub(super) fn date_time_difference(
        &mut self,
        left: &ast::Expr,
        right: &ast::Expr,
        qualifier: &ast::IntervalQualifier,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let (left, right) = (self.bind(left)?, self.bind(right)?);
        self.call("MINUS_DATE", vec![string(qualifier.leading.word()), left, right], span)
    }

    /// An operand, which cannot be a bare NULL: its type would be unknown.
    pub(super) fn operand(&mut self, operand: &ast::Expr) -> Result<Expr, SqlError> {
        let bound = self.bind(operand)?;
        if bound.ty.kind == TypeKind::Null {
            return Err(illegal_null(operand.span));
        }
        Ok(bound)
    }

    /// What is compared: NULL has the type of the other side there, also within a row.
    fn compared(&mut self, operand: &ast::Expr) -> Result<Expr, SqlError> {
        match &operand.kind {
            ast::ExprKind::Row { values, .. } => {
                let values = self.bind_all(values)?;
                self.call("ROW", values, operand.span)
            }
            _ => self.bind(operand),
        }
    }

    pub(super) fn logical(&mut self, name: &str, terms: &[ast::Expr], span: Span) -> Result<Expr, SqlError> {
        let args = terms.iter().map(|term| self.operand(term)).collect::<Result<_, _>>()?;
        self.call(name, args, span)
    }

    pub(super) fn is_test(
        &mut self,
        expr: &ast::Expr,
        test: IsTest,
        negated: bool,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let name = match (test, negated) {
            (IsTest::Null | IsTest::Unknown, false) => "IS NULL",
            (IsTest::Null | IsTest::Unknown, true) => "IS NOT NULL",
            (IsTest::True, false) => "IS TRUE",
            (IsTest::True, true) => "IS NOT TRUE",
            (IsTest::False, false) => "IS FALSE",
            (IsTest::False, true) => "IS NOT FALSE",
            (IsTest::JsonValue, _) => "IS JSON VALUE",
            (IsTest::JsonObject, _) => "IS JSON OBJECT",
            (IsTest::JsonArray, _) => "IS JSON ARRAY",
            (IsTest::JsonScalar, _) => "IS JSON SCALAR",
            (IsTest::Set | IsTest::Empty, _) => return Err(not_supported("this test of a MULTISET", span)),
        };
        let arg = match test {
            IsTest::Null => self.compared(expr)?,
            _ => self.operand(expr)?,
        };
        let is_json = name.starts_with("IS JSON");
        let result = self.call(name, vec![arg], span)?;
        if is_json && negated { self.call("NOT", vec![result], span) } else { Ok(result) }
    }

    pub(super) fn between(
        &mut self,
        expr: &ast::Expr,
        low: &ast::Expr,
        high: &ast::Expr,
        symmetric: bool,
        negated: bool,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let (value, low, high) = (self.bind(expr)?, self.bind(low)?, self.bind(high)?);
        let mut within = self.within(&value, &low, &high, span)?;
        if symmetric {
            let swapped = self.within(&value, &high, &low, span)?;
            within = self.call("OR", vec![within, swapped], span)?;
        }
        if negated { self.call("NOT", vec![within], span) } else { Ok(within) }
    }

    fn within(&self, value: &Expr, low: &Expr, high: &Expr, span: Span) -> Result<Expr, SqlError> {
        let above = self.call(">=", vec![value.clone(), low.clone()], span)?;
        let below = self.call("<=", vec![value.clone(), high.clone()], span)?;
        self.call("AND", vec![above, below], span)
    }

    pub(super) fn in_list(
        &mut self,
        expr: &ast::Expr,
        list: &[ast::Expr],
        negated: bool,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let value = self.compared(expr)?;
        let mut tests = Vec::with_capacity(list.len());
        for item in list {
            let item_span = item.span;
            let item = self.compared(item)?;
            // Numbers among text are compared as text.
            let as_text =
                is_character(&value.ty.kind) && (is_numeric(&item.ty.kind) || item.ty.kind == TypeKind::Boolean);
            let item = if as_text { coerce(item, &TypeKind::STRING.nullable()) } else { item };
            // And text among numbers as numbers: what is none fails.
            let as_number = is_numeric(&value.ty.kind) && is_character(&item.ty.kind);
            let as_boolean = value.ty.kind == TypeKind::Boolean && is_character(&item.ty.kind);
            let item = if as_number || as_boolean { coerce(item, &value.ty) } else { item };
            tests.push(self.call("=", vec![value.clone(), item], item_span)?);
        }
        let any = self.any(tests, span)?;
        if negated { self.call("NOT", vec![any], span) } else { Ok(any) }
    }

    pub(super) fn like(
        &mut self,
        expr: &ast::Expr,
        op: LikeOp,
        pattern: &ast::Expr,
        escape: Option<&ast::Expr>,
        negated: bool,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let name = match op {
            LikeOp::Like => "LIKE",
            LikeOp::SimilarTo => "SIMILAR TO",
            LikeOp::RLike => return Err(unknown_pattern("RLIKE", "REGEXP(a, b)", span)),
            LikeOp::ILike => return Err(unknown_pattern("ILIKE", "LOWER(a) LIKE LOWER(b)", span)),
        };
        let mut args = vec![self.operand(expr)?, self.operand(pattern)?];
        args.extend(escape.map(|escape| self.operand(escape)).transpose()?);
        let test = self.call(name, args, span)?;
        if negated { self.call("NOT", vec![test], span) } else { Ok(test) }
    }
}

/// Flink's grammar knows the word, its planner does not.
fn unknown_pattern(word: &str, instead: &str, span: Span) -> SqlError {
    SqlError::validation(format!("No match found for function signature {word}"), span)
        .with_hint(format!("{instead} is supported"))
}

/// Flink's grammar knows `!=`, its conformance level refuses it.
fn bang_equal(span: Span) -> SqlError {
    let message = "Bang equal '!=' is not allowed under the current SQL conformance level";
    SqlError::validation(message, span).with_hint("inequality is written with <>")
}

/// A NULL whose type nothing tells.
pub(crate) fn illegal_null(span: Span) -> SqlError {
    SqlError::validation("Illegal use of 'NULL'", span).with_hint("give it a type: CAST(NULL AS INT)")
}
