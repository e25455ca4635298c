//! Literals: numbers, strings, date-times, intervals and the units of time.

use super::cursor::{Parser, Result};
use crate::ast::{Expr, ExprKind, IntervalLiteral, IntervalQualifier, Literal, Span, SpannedLiteral, TimeUnit};
use crate::error::SqlError;
use crate::lexer::TokenKind;

/// The units of an interval from the largest to the smallest; `SECOND` may carry a fraction.
const INTERVAL_UNITS: [&str; 8] = ["YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"];

impl Parser<'_> {
    /// A string literal: text, character set and place. Literals on lines of their own are joined, as SQL has it.
    pub(super) fn string_value(&mut self) -> Result<(String, Option<String>, Span)> {
        let token = self.advance();
        let TokenKind::String { mut value, charset } = token.kind else {
            return Err(SqlError::parse("expected a 'string'", token.span).into());
        };
        while let TokenKind::String { value: more, charset: None } = self.kind() {
            let between = Span::new(self.previous().end, self.here().start).slice(self.text);
            // A key on the next line is no continuation of the value before it: there, a comma is missing.
            if !between.contains('\n') || self.is_at(1, &TokenKind::Eq) {
                break;
            }
            value.push_str(more);
            self.advance();
        }
        Ok((value, charset, self.since(token.span)))
    }

    /// A whole number from 0 that fits `u32`.
    pub(super) fn unsigned(&mut self, what: &'static str) -> Result<u32> {
        let token = self.peek();
        let value = if token.kind == TokenKind::Exact { self.slice(token).parse().ok() } else { None };
        match value {
            Some(value) => {
                self.advance();
                Ok(value)
            }
            None => Err(self.unexpected_instead_of(what)),
        }
    }

    /// A number, string, binary string, boolean or NULL.
    pub(super) fn plain_literal(&mut self) -> Result<SpannedLiteral> {
        let start = self.here();
        match self.simple_literal()? {
            Some(value) => Ok(SpannedLiteral { value, span: self.since(start) }),
            None => Err(self.unexpected_instead_of("a literal")),
        }
    }

    /// A literal of one token, if one is next.
    pub(super) fn simple_literal(&mut self) -> Result<Option<Literal>> {
        let text = self.slice(self.peek()).to_string();
        let literal = match self.kind() {
            TokenKind::Exact => Literal::Exact(text),
            TokenKind::Approximate => Literal::Approximate(text),
            TokenKind::String { .. } => {
                let (value, charset, _) = self.string_value()?;
                return Ok(Some(Literal::String { value, charset }));
            }
            TokenKind::Binary(bytes) => Literal::Binary(bytes.clone()),
            TokenKind::Word if self.is_word("NULL") => Literal::Null,
            TokenKind::Word if self.is_word("TRUE") => Literal::Boolean(true),
            TokenKind::Word if self.is_word("FALSE") => Literal::Boolean(false),
            TokenKind::Word if self.is_word("UNKNOWN") => Literal::Unknown,
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(literal))
    }

    /// `DATE '...'`, `TIME '...'`, `TIMESTAMP '...'`, if one is next.
    pub(super) fn date_time_literal(&mut self) -> Result<Option<Literal>> {
        let is_cut = self.is_words("TIMESTAMP WITH") && self.is_at(2, &TokenKind::Eof);
        if is_cut || self.is_words("TIMESTAMP WITH LOCAL") {
            self.expect_words("TIMESTAMP WITH LOCAL TIME ZONE")?;
            return Ok(Some(Literal::TimestampLtz(self.text()?.value)));
        }
        let (words, make): (usize, fn(String) -> Literal) = if self.is_word("DATE") {
            (1, Literal::Date)
        } else if self.is_word("TIME") {
            (1, Literal::Time)
        } else if self.is_word("TIMESTAMP") {
            (1, Literal::Timestamp)
        } else {
            return Ok(None);
        };
        if !matches!(self.peek_at(words).kind, TokenKind::String { .. }) {
            return Ok(None);
        }
        self.skip(words);
        let (value, _, _) = self.string_value()?;
        Ok(Some(make(value)))
    }

    /// `INTERVAL '1' DAY`, or `INTERVAL expr DAY` when the amount is no string.
    pub(super) fn interval(&mut self) -> Result<ExprKind> {
        self.expect("INTERVAL")?;
        let signed = matches!(self.kind(), TokenKind::Plus | TokenKind::Minus)
            && matches!(self.peek_at(1).kind, TokenKind::String { .. });
        if signed || matches!(self.kind(), TokenKind::String { .. }) {
            let negative = self.is(&TokenKind::Minus);
            if signed {
                self.advance();
            }
            let (value, _, _) = self.string_value()?;
            let qualifier = self.interval_qualifier()?;
            return Ok(ExprKind::Literal(Literal::Interval(IntervalLiteral { negative, value, qualifier })));
        }
        let amount = self.interval_amount()?;
        let qualifier = self.interval_qualifier()?;
        Ok(ExprKind::IntervalOf { expr: Box::new(amount), qualifier })
    }

    fn interval_amount(&mut self) -> Result<Expr> {
        if self.is(&TokenKind::LeftParen) {
            // Not an ordinary operand: the unit after `(a - b)` is the interval's, not the difference's.
            let opened = self.open()?;
            let amount = self.expr()?;
            self.close(opened)?;
            return Ok(Self::widened(amount, self.since(opened)));
        }
        if self.is(&TokenKind::Exact) || self.is_ident() {
            return self.nested(Self::primary);
        }
        Err(self.unexpected_instead_of("an amount such as '1'"))
    }

    /// Whether an interval unit is next.
    pub(super) fn is_interval_unit(&self) -> bool {
        self.word_at(0).is_some_and(|word| interval_unit(word).is_some())
    }

    /// `DAY`, `DAY(3)`, `YEAR TO MONTH`, `DAY TO SECOND(3)`, `SECOND(2, 3)`
    pub(super) fn interval_qualifier(&mut self) -> Result<IntervalQualifier> {
        let start = self.here();
        let leading = self.one_interval_unit()?;
        let (mut precision, mut fraction, mut trailing) = (None, None, None);
        if self.is(&TokenKind::LeftParen) {
            let opened = self.open()?;
            precision = Some(self.unsigned("a number of digits")?);
            if leading == TimeUnit::Second && self.accept_kind(&TokenKind::Comma) {
                fraction = Some(self.unsigned("a number of digits")?);
            }
            self.close(opened)?;
        }
        if self.is_word("TO") && self.word_at(1).is_some_and(|word| interval_unit(word).is_some()) {
            self.advance();
            let place = self.here();
            let unit = self.one_interval_unit()?;
            if !is_interval_range(leading, unit) {
                let message = format!("an interval cannot run from {} to {}", leading.word(), unit.word());
                let error = SqlError::parse(message, place);
                return Err(error
                    .with_hint("ranges are YEAR TO MONTH, and DAY, HOUR or MINUTE to a smaller unit")
                    .into());
            }
            trailing = Some(unit);
            if unit == TimeUnit::Second && self.is(&TokenKind::LeftParen) {
                let opened = self.open()?;
                fraction = Some(self.unsigned("a number of digits")?);
                self.close(opened)?;
            }
        }
        Ok(IntervalQualifier { leading, precision, trailing, fraction, span: self.since(start) })
    }

    fn one_interval_unit(&mut self) -> Result<TimeUnit> {
        if let Some(unit) = self.word_at(0).and_then(interval_unit) {
            self.advance();
            return Ok(unit);
        }
        INTERVAL_UNITS.iter().for_each(|unit| self.note(unit));
        Err(self.unexpected())
    }

    /// A unit of `EXTRACT`, `FLOOR` and their kin.
    pub(super) fn time_unit(&mut self) -> Result<TimeUnit> {
        let unit = self.word_at(0).and_then(|word| {
            let upper = word.to_ascii_uppercase();
            match upper.as_str() {
                "FRAC_SECOND" => Some(TimeUnit::Microsecond),
                "SQL_TSI_FRAC_SECOND" => Some(TimeUnit::Nanosecond),
                name => TimeUnit::from_word(name.strip_prefix("SQL_TSI_").unwrap_or(name)),
            }
        });
        match unit {
            Some(unit) => {
                self.advance();
                Ok(unit)
            }
            None => {
                INTERVAL_UNITS.iter().for_each(|unit| self.note(unit));
                Err(self.unexpected_instead_of("another unit of time"))
            }
        }
    }
}

/// The unit of a word in the singular or the plural.
fn interval_unit(word: &str) -> Option<TimeUnit> {
    let upper = word.to_ascii_uppercase();
    let singular = upper.strip_suffix('S').unwrap_or(&upper);
    if INTERVAL_UNITS.contains(&singular) { TimeUnit::from_word(singular) } else { None }
}

fn is_interval_range(leading: TimeUnit, trailing: TimeUnit) -> bool {
    use TimeUnit::*;
    matches!(
        (leading, trailing),
        (Year, Month) | (Day, Hour | Minute | Second) | (Hour, Minute | Second) | (Minute, Second)
    )
}
