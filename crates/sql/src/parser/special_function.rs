//! Functions with a syntax of their own: CAST, EXTRACT, TRIM and others. Those of JSON have their own file.

use super::cursor::{Parser, Result};
use super::function::bare_call;
use crate::ast::{ExprKind, FunctionArg, FunctionArgValue, FunctionArgs, TrimSide};
use crate::error::SqlError;
use crate::lexer::TokenKind;

impl Parser<'_> {
    /// A call whose syntax depends on its name, if one is next.
    pub(super) fn special_function(&mut self) -> Result<Option<ExprKind>> {
        if !self.is_at(1, &TokenKind::LeftParen) {
            return Ok(None);
        }
        let rule: fn(&mut Self) -> Result<ExprKind> = match self.word_at(0).unwrap_or("").to_ascii_uppercase().as_str()
        {
            "CAST" | "TRY_CAST" => Self::cast,
            "EXTRACT" => Self::extract,
            "POSITION" => Self::position,
            "SUBSTRING" => Self::substring,
            "OVERLAY" => Self::overlay,
            "TRIM" => Self::trim,
            "FLOOR" | "CEIL" | "CEILING" => return self.round_to().map(Some),
            "TIMESTAMPADD" => Self::timestamp_add,
            "TIMESTAMPDIFF" => Self::timestamp_diff,
            "JSON_EXISTS" => Self::json_exists,
            "JSON_VALUE" => Self::json_value,
            "JSON_QUERY" => Self::json_query,
            "JSON_OBJECT" => Self::json_object,
            "JSON_OBJECTAGG" => Self::json_object_agg,
            "JSON_ARRAY" => Self::json_array,
            "JSON_ARRAYAGG" => return self.json_array_agg().map(Some),
            _ => return Ok(None),
        };
        let lenient = self.is_word("TRY_CAST");
        self.advance();
        let opened = self.open()?;
        let mut kind = rule(self)?;
        self.close(opened)?;
        if let ExprKind::Cast { lenient: flag, .. } = &mut kind {
            *flag = lenient;
        }
        Ok(Some(kind))
    }

    fn cast(&mut self) -> Result<ExprKind> {
        let expr = self.boxed_expr()?;
        self.expect("AS")?;
        let data_type = Box::new(self.data_type()?);
        if !data_type.nullable {
            let error = SqlError::parse("NOT NULL does not apply to the target of a cast", data_type.span);
            return Err(error.with_hint("leave it out: the result can be NULL exactly when the value can").into());
        }
        Ok(ExprKind::Cast { lenient: false, expr, data_type })
    }

    fn extract(&mut self) -> Result<ExprKind> {
        let unit = self.time_unit()?;
        self.expect("FROM")?;
        Ok(ExprKind::Extract { unit, expr: self.boxed_expr()? })
    }

    fn position(&mut self) -> Result<ExprKind> {
        // IN ends the needle, so operators that bind weaker than IN need parentheses here.
        let needle = Box::new(self.nested(Self::additive)?);
        self.expect("IN")?;
        let haystack = self.boxed_expr()?;
        let from = if self.accept("FROM") { Some(self.boxed_expr()?) } else { None };
        Ok(ExprKind::Position { needle, haystack, from })
    }

    fn substring(&mut self) -> Result<ExprKind> {
        let expr = self.boxed_expr()?;
        if self.accept("FROM") {
            let from = self.boxed_expr()?;
            let length = if self.accept("FOR") { Some(self.boxed_expr()?) } else { None };
            return Ok(ExprKind::Substring { expr, from, length });
        }
        self.expect_kind(&TokenKind::Comma)?;
        let from = self.boxed_expr()?;
        let length = if self.accept_kind(&TokenKind::Comma) { Some(self.boxed_expr()?) } else { None };
        Ok(ExprKind::Substring { expr, from, length })
    }

    fn overlay(&mut self) -> Result<ExprKind> {
        let expr = self.boxed_expr()?;
        self.expect("PLACING")?;
        let replacement = self.boxed_expr()?;
        self.expect("FROM")?;
        let from = self.boxed_expr()?;
        let length = if self.accept("FOR") { Some(self.boxed_expr()?) } else { None };
        Ok(ExprKind::Overlay { expr, replacement, from, length })
    }

    fn trim(&mut self) -> Result<ExprKind> {
        let side = if self.accept("LEADING") {
            Some(TrimSide::Leading)
        } else if self.accept("TRAILING") {
            Some(TrimSide::Trailing)
        } else if self.accept("BOTH") {
            Some(TrimSide::Both)
        } else {
            None
        };
        let trim = |side: Option<TrimSide>, characters, expr| ExprKind::Trim {
            side: side.unwrap_or(TrimSide::Both),
            characters,
            expr,
        };
        if side.is_some() && self.accept("FROM") {
            return Ok(trim(side, None, self.boxed_expr()?));
        }
        let first = self.boxed_expr()?;
        if self.accept("FROM") {
            return Ok(trim(side, Some(first), self.boxed_expr()?));
        }
        if side.is_some() { Err(self.unexpected()) } else { Ok(trim(None, None, first)) }
    }

    /// `FLOOR(x TO unit)`, or the ordinary `FLOOR(x)`.
    fn round_to(&mut self) -> Result<ExprKind> {
        let up = !self.is_word("FLOOR");
        let name = self.any_word();
        let opened = self.open()?;
        let expr = self.expr()?;
        if self.accept("TO") {
            let unit = self.time_unit()?;
            self.close(opened)?;
            return Ok(ExprKind::RoundTo { up, expr: Box::new(expr), unit });
        }
        self.close(opened)?;
        let mut call = bare_call(name.into());
        call.span = self.since(call.span);
        call.args =
            FunctionArgs::List(vec![FunctionArg { name: None, span: expr.span, value: FunctionArgValue::Expr(expr) }]);
        Ok(ExprKind::Function(call))
    }

    fn timestamp_add(&mut self) -> Result<ExprKind> {
        let unit = self.time_unit()?;
        self.expect_kind(&TokenKind::Comma)?;
        let count = self.boxed_expr()?;
        self.expect_kind(&TokenKind::Comma)?;
        Ok(ExprKind::TimestampAdd { unit, count, timestamp: self.boxed_expr()? })
    }

    fn timestamp_diff(&mut self) -> Result<ExprKind> {
        let unit = self.time_unit()?;
        self.expect_kind(&TokenKind::Comma)?;
        let from = self.boxed_expr()?;
        self.expect_kind(&TokenKind::Comma)?;
        Ok(ExprKind::TimestampDiff { unit, from, to: self.boxed_expr()? })
    }
}
