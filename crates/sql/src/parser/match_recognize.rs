//! `MATCH_RECOGNIZE (...)` and row patterns.

use super::cursor::{Parser, Result};
use crate::ast::{AfterMatch, Define, Expr, MatchRecognize, Measure, Pattern, RowsPerMatch, Subset};
use crate::error::SqlError;
use crate::lexer::TokenKind;

impl Parser<'_> {
    pub(super) fn match_recognize(&mut self) -> Result<MatchRecognize> {
        let start = self.expect("MATCH_RECOGNIZE")?;
        let opened = self.open()?;
        let partition_by = if self.accept_words("PARTITION BY") { self.list(Self::expr)? } else { Vec::new() };
        let order_by = if self.accept_words("ORDER BY") { self.list(Self::order_item)? } else { Vec::new() };
        let measures = if self.accept("MEASURES") { self.list(Self::measure)? } else { Vec::new() };
        let rows_per_match = self.rows_per_match()?;
        let after_match = self.after_match()?;
        self.expect("PATTERN")?;
        let pattern_open = self.open()?;
        let strict_start = self.accept_kind(&TokenKind::Caret);
        let pattern = self.pattern()?;
        let strict_end = self.accept_kind(&TokenKind::Dollar);
        self.close(pattern_open)?;
        let within = if self.accept("WITHIN") { Some(self.within_interval()?) } else { None };
        let subsets = if self.accept("SUBSET") { self.list(Self::subset)? } else { Vec::new() };
        self.expect("DEFINE")?;
        let defines = self.list(|p| {
            let name = p.named("a pattern variable")?;
            p.expect("AS")?;
            Ok(Define { name, condition: p.expr()? })
        })?;
        self.close(opened)?;
        Ok(MatchRecognize {
            partition_by,
            order_by,
            measures,
            rows_per_match,
            after_match,
            strict_start,
            strict_end,
            pattern,
            within,
            subsets,
            defines,
            span: self.since(start),
        })
    }

    /// The interval of WITHIN, and nothing that is calculated.
    fn within_interval(&mut self) -> Result<Expr> {
        let start = self.here();
        let kind = self.interval()?;
        Ok(Expr { kind, span: self.since(start) })
    }

    fn measure(&mut self) -> Result<Measure> {
        let expr = self.expr()?;
        self.expect("AS")?;
        Ok(Measure { expr, name: self.named("a measure")? })
    }

    fn rows_per_match(&mut self) -> Result<Option<RowsPerMatch>> {
        if self.accept("ONE") {
            self.expect_words("ROW PER MATCH")?;
            return Ok(Some(RowsPerMatch::One));
        }
        if self.accept("ALL") {
            self.expect_words("ROWS PER MATCH")?;
            return Ok(Some(RowsPerMatch::All));
        }
        Ok(None)
    }

    fn after_match(&mut self) -> Result<Option<AfterMatch>> {
        if !self.accept("AFTER") {
            return Ok(None);
        }
        self.expect_words("MATCH SKIP")?;
        if self.accept("PAST") {
            self.expect_words("LAST ROW")?;
            return Ok(Some(AfterMatch::PastLastRow));
        }
        self.expect("TO")?;
        if self.accept("NEXT") {
            self.expect("ROW")?;
            return Ok(Some(AfterMatch::ToNextRow));
        }
        let first = self.is_word("FIRST") && self.is_ident_at(1);
        if first || (self.is_word("LAST") && self.is_ident_at(1)) {
            self.advance();
        }
        let variable = self.named("a pattern variable")?;
        Ok(Some(if first { AfterMatch::ToFirst(variable) } else { AfterMatch::ToLast(variable) }))
    }

    fn subset(&mut self) -> Result<Subset> {
        let name = self.named("a pattern variable")?;
        self.expect_kind(&TokenKind::Eq)?;
        Ok(Subset { name, members: self.ident_list()? })
    }

    /// Alternatives of sequences of repeated pattern elements.
    fn pattern(&mut self) -> Result<Pattern> {
        self.nested(|p| {
            let mut alternatives = vec![p.pattern_sequence()?];
            while p.accept_kind(&TokenKind::Bar) {
                alternatives.push(p.pattern_sequence()?);
            }
            Ok(single_or(alternatives, Pattern::Alternation))
        })
    }

    fn pattern_sequence(&mut self) -> Result<Pattern> {
        let mut elements = vec![self.repeated_pattern()?];
        while self.is_pattern_start() {
            elements.push(self.repeated_pattern()?);
        }
        Ok(single_or(elements, Pattern::Sequence))
    }

    fn is_pattern_start(&self) -> bool {
        self.is_ident()
            || self.is(&TokenKind::LeftParen)
            || self.is_word("PERMUTE")
            || (self.is(&TokenKind::LeftBrace) && self.is_at(1, &TokenKind::Minus))
    }

    fn repeated_pattern(&mut self) -> Result<Pattern> {
        let pattern = self.pattern_element()?;
        let Some((min, max)) = self.quantifier()? else {
            return Ok(pattern);
        };
        let reluctant = self.accept_kind(&TokenKind::Question);
        Ok(Pattern::Repeat { pattern: Box::new(pattern), min, max, reluctant })
    }

    fn pattern_element(&mut self) -> Result<Pattern> {
        if self.is(&TokenKind::LeftParen) {
            let opened = self.open()?;
            let pattern = self.pattern()?;
            self.close(opened)?;
            return Ok(pattern);
        }
        if self.is(&TokenKind::LeftBrace) && self.is_at(1, &TokenKind::Minus) {
            let opened = self.advance().span;
            self.advance();
            let pattern = self.pattern()?;
            self.expect_kind(&TokenKind::Minus)?;
            self.close_kind(&TokenKind::RightBrace, opened)?;
            return Ok(Pattern::Exclude(Box::new(pattern)));
        }
        if self.is_word("PERMUTE") {
            self.advance();
            return self.parenthesized(Self::pattern).map(Pattern::Permute);
        }
        self.named("a pattern variable").map(Pattern::Variable)
    }

    /// `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`, `{,m}` as the least and greatest number of rows.
    fn quantifier(&mut self) -> Result<Option<(u32, Option<u32>)>> {
        let simple = match self.kind() {
            TokenKind::Star => (0, None),
            TokenKind::Plus => (1, None),
            TokenKind::Question => (0, Some(1)),
            TokenKind::LeftBrace if !self.is_at(1, &TokenKind::Minus) => return self.counted().map(Some),
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(simple))
    }

    fn counted(&mut self) -> Result<(u32, Option<u32>)> {
        let opened = self.expect_kind(&TokenKind::LeftBrace)?;
        let min = if self.is(&TokenKind::Comma) { 0 } else { self.unsigned("a number of rows")? };
        let max = if !self.accept_kind(&TokenKind::Comma) {
            Some(min)
        } else if self.is(&TokenKind::RightBrace) {
            None
        } else {
            Some(self.unsigned("a number of rows")?)
        };
        self.close_kind(&TokenKind::RightBrace, opened)?;
        match max {
            Some(max) if max < min || max == 0 => {
                let error = SqlError::validation("the quantifier allows no number of rows", self.since(opened));
                Err(error.with_hint("write {least,greatest} with a greatest number of 1 or more").into())
            }
            _ => Ok((min, max)),
        }
    }
}

/// The only element, or all of them made into one pattern.
fn single_or(mut patterns: Vec<Pattern>, make: fn(Vec<Pattern>) -> Pattern) -> Pattern {
    if patterns.len() == 1 { patterns.remove(0) } else { make(patterns) }
}
