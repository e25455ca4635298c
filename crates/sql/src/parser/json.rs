//! The SQL/JSON functions with their clauses.

use super::cursor::{Parser, Result};
use crate::ast::{
    DataType, Expr, ExprKind, JsonExistsOnError, JsonExpr, JsonOnNull, JsonQueryBehavior, JsonValueBehavior,
    JsonWrapper,
};
use crate::lexer::TokenKind;

/// The two events that JSON functions have a clause for.
enum JsonEvent {
    Empty,
    Error,
}

impl Parser<'_> {
    fn json_input(&mut self) -> Result<(Expr, Expr)> {
        let input = self.expr()?;
        self.expect_kind(&TokenKind::Comma)?;
        Ok((input, self.expr()?))
    }

    pub(super) fn json_exists(&mut self) -> Result<ExprKind> {
        let (input, path) = self.json_input()?;
        let choices = [
            ("TRUE", JsonExistsOnError::True),
            ("FALSE", JsonExistsOnError::False),
            ("UNKNOWN", JsonExistsOnError::Unknown),
            ("ERROR", JsonExistsOnError::Error),
        ];
        let on_error = choices.iter().find(|(word, _)| self.accept(word)).map(|(_, choice)| *choice);
        if on_error.is_some() {
            self.expect_words("ON ERROR")?;
        }
        Ok(ExprKind::Json(Box::new(JsonExpr::Exists { input, path, on_error })))
    }

    fn json_returning(&mut self) -> Result<Option<DataType>> {
        if self.accept("RETURNING") { self.data_type().map(Some) } else { Ok(None) }
    }

    pub(super) fn json_value(&mut self) -> Result<ExprKind> {
        let (input, path) = self.json_input()?;
        let returning = self.json_returning()?;
        let (mut on_empty, mut on_error) = (None, None);
        while let Some(behavior) = self.json_value_behavior()? {
            match self.json_event(on_empty.is_none(), on_error.is_none())? {
                JsonEvent::Empty => on_empty = Some(behavior),
                JsonEvent::Error => on_error = Some(behavior),
            }
        }
        Ok(ExprKind::Json(Box::new(JsonExpr::Value { input, path, returning, on_empty, on_error })))
    }

    fn json_value_behavior(&mut self) -> Result<Option<JsonValueBehavior>> {
        Ok(if self.accept("ERROR") {
            Some(JsonValueBehavior::Error)
        } else if self.accept("NULL") {
            Some(JsonValueBehavior::Null)
        } else if self.accept("DEFAULT") {
            Some(JsonValueBehavior::Default(self.expr()?))
        } else {
            None
        })
    }

    /// `ON EMPTY` or `ON ERROR`, each at most once and in this order.
    fn json_event(&mut self, empty_is_free: bool, error_is_free: bool) -> Result<JsonEvent> {
        self.expect("ON")?;
        if empty_is_free && error_is_free && self.accept("EMPTY") {
            return Ok(JsonEvent::Empty);
        }
        if error_is_free && self.accept("ERROR") {
            return Ok(JsonEvent::Error);
        }
        Err(self.unexpected())
    }

    pub(super) fn json_query(&mut self) -> Result<ExprKind> {
        let (input, path) = self.json_input()?;
        let returning = self.json_returning()?;
        let wrapper = self.json_wrapper()?;
        let (mut on_empty, mut on_error) = (None, None);
        while let Some(behavior) = self.json_query_behavior()? {
            match self.json_event(on_empty.is_none(), on_error.is_none())? {
                JsonEvent::Empty => on_empty = Some(behavior),
                JsonEvent::Error => on_error = Some(behavior),
            }
        }
        Ok(ExprKind::Json(Box::new(JsonExpr::Query { input, path, returning, wrapper, on_empty, on_error })))
    }

    fn json_wrapper(&mut self) -> Result<Option<JsonWrapper>> {
        let wrapper = if self.accept("WITHOUT") {
            JsonWrapper::Without
        } else if self.accept("WITH") {
            if self.accept("CONDITIONAL") {
                JsonWrapper::Conditional
            } else {
                self.accept("UNCONDITIONAL");
                JsonWrapper::Unconditional
            }
        } else {
            return Ok(None);
        };
        self.accept("ARRAY");
        self.expect("WRAPPER")?;
        Ok(Some(wrapper))
    }

    fn json_query_behavior(&mut self) -> Result<Option<JsonQueryBehavior>> {
        Ok(if self.accept("ERROR") {
            Some(JsonQueryBehavior::Error)
        } else if self.accept("NULL") {
            Some(JsonQueryBehavior::Null)
        } else if self.accept("EMPTY") {
            if self.accept("OBJECT") {
                Some(JsonQueryBehavior::EmptyObject)
            } else {
                self.expect("ARRAY")?;
                Some(JsonQueryBehavior::EmptyArray)
            }
        } else {
            None
        })
    }

    /// `[KEY] k VALUE v` or `k : v`
    fn json_entry(&mut self) -> Result<(Expr, Expr)> {
        let next = &self.peek_at(1).kind;
        let literal = matches!(next, TokenKind::String { .. } | TokenKind::QuotedIdent(_));
        let key_word =
            self.is_word("KEY") && (literal || self.word_at(1).is_some_and(|w| !w.eq_ignore_ascii_case("VALUE")));
        if key_word {
            self.advance();
        }
        let key = self.expr()?;
        if !self.accept_kind(&TokenKind::Colon) {
            self.expect("VALUE")?;
        }
        Ok((key, self.expr()?))
    }

    fn json_on_null(&mut self) -> Result<Option<JsonOnNull>> {
        let on_null = if self.accept("NULL") {
            JsonOnNull::Null
        } else if self.accept("ABSENT") {
            JsonOnNull::Absent
        } else {
            return Ok(None);
        };
        self.expect_words("ON NULL")?;
        Ok(Some(on_null))
    }

    /// Whether the list of entries or values is empty: `)` or the NULL clause is next.
    fn is_json_list_end(&self) -> bool {
        self.is(&TokenKind::RightParen) || self.is_words("NULL ON") || self.is_words("ABSENT ON")
    }

    pub(super) fn json_object(&mut self) -> Result<ExprKind> {
        let entries = if self.is_json_list_end() { Vec::new() } else { self.list(Self::json_entry)? };
        let on_null = self.json_on_null()?;
        Ok(ExprKind::Json(Box::new(JsonExpr::Object { entries, on_null })))
    }

    pub(super) fn json_object_agg(&mut self) -> Result<ExprKind> {
        let (key, value) = self.json_entry()?;
        let on_null = self.json_on_null()?;
        Ok(ExprKind::Json(Box::new(JsonExpr::ObjectAgg { key, value, on_null })))
    }

    pub(super) fn json_array(&mut self) -> Result<ExprKind> {
        // NULL begins a value here.
        let is_end = self.is(&TokenKind::RightParen) || self.is_words("ABSENT ON");
        let values = if is_end { Vec::new() } else { self.list(Self::expr)? };
        let on_null = self.json_on_null()?;
        Ok(ExprKind::Json(Box::new(JsonExpr::Array { values, on_null })))
    }

    pub(super) fn json_array_agg(&mut self) -> Result<ExprKind> {
        self.advance();
        let opened = self.open()?;
        let value = self.expr()?;
        let mut order_by = if self.accept_words("ORDER BY") { self.list(Self::order_item)? } else { Vec::new() };
        let on_null = self.json_on_null()?;
        self.close(opened)?;
        if self.is_words("WITHIN GROUP") && order_by.is_empty() {
            self.skip(2);
            order_by = self.within_group()?;
        }
        Ok(ExprKind::Json(Box::new(JsonExpr::ArrayAgg { value, order_by, on_null })))
    }
}
