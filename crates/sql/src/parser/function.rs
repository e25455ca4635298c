//! Function calls in the ordinary syntax, with everything that may follow an aggregate.

use super::cursor::{Parser, Result};
use crate::ast::{
    Expr, ExprKind, FrameBound, FrameUnit, FunctionArg, FunctionArgValue, FunctionArgs, FunctionCall, Ident, Literal,
    NullTreatment, ObjectName, OrderItem, Over, SetQuantifier, TableArg, TableArgSource, WindowFrame, WindowSpec,
};
use crate::error::SqlError;
use crate::lexer::TokenKind;

impl From<Ident> for ObjectName {
    fn from(ident: Ident) -> Self {
        ObjectName { span: ident.span, parts: vec![ident] }
    }
}

impl Parser<'_> {
    /// The rest of a call whose name is taken; without parentheses the arguments are absent.
    pub(super) fn call(&mut self, name: ObjectName) -> Result<Box<FunctionCall>> {
        let start = name.span;
        let mut call = bare_call(name);
        if self.is(&TokenKind::LeftParen) {
            self.call_arguments(&mut call)?;
            self.call_clauses(&mut call)?;
        }
        call.span = self.since(start);
        Ok(call)
    }

    /// `(...)` of a call.
    pub(super) fn call_arguments(&mut self, call: &mut FunctionCall) -> Result<()> {
        let opened = self.open()?;
        if self.is(&TokenKind::Star) && self.is_at(1, &TokenKind::RightParen) {
            self.advance();
            call.args = FunctionArgs::Star;
        } else if self.is(&TokenKind::RightParen) {
            call.args = FunctionArgs::List(Vec::new());
        } else if self.is_ident() && self.is_at(1, &TokenKind::Dot) && self.is_at(2, &TokenKind::Star) {
            let star = self.peek_at(2).span;
            return Err(Box::new(
                SqlError::validation("Unknown field '*'", star).with_hint("name a column, or write COUNT(*)"),
            ));
        } else {
            call.quantifier = self.set_quantifier();
            let takes_offset = is_navigation(&call.name);
            call.args = FunctionArgs::List(self.list(Self::argument)?);
            if let (true, FunctionArgs::List(args)) = (takes_offset, &call.args) {
                check_offset(args)?;
            }
            call.nulls = self.null_treatment();
            if self.accept_words("ORDER BY") {
                call.order_by = self.list(Self::order_item)?;
            }
        }
        self.close(opened)?;
        Ok(())
    }

    /// `DISTINCT` or `ALL`, if one is next.
    pub(super) fn set_quantifier(&mut self) -> Option<SetQuantifier> {
        let quantifier = if self.is_word("DISTINCT") {
            SetQuantifier::Distinct
        } else if self.is_word("ALL") {
            SetQuantifier::All
        } else {
            return None;
        };
        self.advance();
        Some(quantifier)
    }

    fn null_treatment(&mut self) -> Option<NullTreatment> {
        let treatment = if self.is_words("RESPECT NULLS") {
            NullTreatment::Respect
        } else if self.is_words("IGNORE NULLS") {
            NullTreatment::Ignore
        } else {
            return None;
        };
        self.skip(2);
        Some(treatment)
    }

    /// What may follow the parentheses of an aggregate.
    fn call_clauses(&mut self, call: &mut FunctionCall) -> Result<()> {
        if let Some(treatment) = self.null_treatment() {
            call.nulls = Some(treatment);
        }
        if self.is_words("WITHIN GROUP") {
            self.skip(2);
            call.within_group = true;
            call.order_by = self.within_group()?;
        }
        if self.is_word("FILTER") && self.is_at(1, &TokenKind::LeftParen) {
            self.advance();
            let opened = self.open()?;
            self.expect("WHERE")?;
            call.filter = Some(self.expr()?);
            self.close(opened)?;
        }
        if self.is_word("OVER") {
            self.advance();
            call.over = Some(self.over()?);
        }
        Ok(())
    }

    /// `(ORDER BY ...)`
    pub(super) fn within_group(&mut self) -> Result<Vec<OrderItem>> {
        let opened = self.open()?;
        self.expect_words("ORDER BY")?;
        let order = self.list(Self::order_item)?;
        self.close(opened)?;
        Ok(order)
    }

    fn argument(&mut self) -> Result<FunctionArg> {
        let start = self.here();
        let named =
            self.is_at(1, &TokenKind::Arrow) && matches!(self.kind(), TokenKind::Word | TokenKind::QuotedIdent(_));
        let name = named.then(|| self.any_word());
        if named {
            self.expect_kind(&TokenKind::Arrow)?;
        }
        let value = self.argument_value()?;
        Ok(FunctionArg { name, value, span: self.since(start) })
    }

    fn argument_value(&mut self) -> Result<FunctionArgValue> {
        if self.is_word("TABLE") {
            return self.table_argument().map(FunctionArgValue::Table);
        }
        if self.is_word("MODEL") && self.is_ident_at(1) {
            self.advance();
            return self.object_named("a model").map(FunctionArgValue::Model);
        }
        if self.is_word("DESCRIPTOR") && self.is_at(1, &TokenKind::LeftParen) {
            self.advance();
            return self.maybe_empty(|p| p.named("a column")).map(FunctionArgValue::Descriptor);
        }
        if self.is_word("DEFAULT") && matches!(self.peek_at(1).kind, TokenKind::Comma | TokenKind::RightParen) {
            self.advance();
            return Ok(FunctionArgValue::Default);
        }
        let expr = self.expr()?;
        match expr.kind {
            ExprKind::Subquery(query) if self.is_word("PARTITION") => {
                self.table_argument_clauses(TableArgSource::Query(query), expr.span).map(FunctionArgValue::Table)
            }
            kind => Ok(FunctionArgValue::Expr(Expr::new(kind, expr.span))),
        }
    }

    fn table_argument(&mut self) -> Result<TableArg> {
        let start = self.expect("TABLE")?;
        let source = if self.is(&TokenKind::LeftParen) {
            TableArgSource::Query(self.parenthesized_query()?)
        } else {
            TableArgSource::Name(self.object_named("a table")?)
        };
        self.table_argument_clauses(source, start)
    }

    fn table_argument_clauses(&mut self, source: TableArgSource, start: crate::ast::Span) -> Result<TableArg> {
        let partition_by =
            if self.accept_words("PARTITION BY") { self.one_or_parenthesized(Self::expr)? } else { Vec::new() };
        let order_by =
            if self.accept_words("ORDER BY") { self.one_or_parenthesized(Self::order_item)? } else { Vec::new() };
        Ok(TableArg { source, partition_by, order_by, span: self.since(start) })
    }

    /// `item` or `(item, ...)`: a comma outside of parentheses begins the next argument.
    fn one_or_parenthesized<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        if self.is(&TokenKind::LeftParen) { self.parenthesized(item) } else { Ok(vec![item(self)?]) }
    }

    fn over(&mut self) -> Result<Over> {
        if self.is(&TokenKind::LeftParen) {
            return self.window_spec().map(Over::Spec);
        }
        self.note("(");
        self.named("a window").map(Over::Name)
    }

    /// `([base] [PARTITION BY ...] [ORDER BY ...] [frame])`
    pub(super) fn window_spec(&mut self) -> Result<WindowSpec> {
        let opened = self.open()?;
        let base = if self.is_ident() { Some(self.any_word()) } else { None };
        let partition_by = if self.accept_words("PARTITION BY") { self.list(Self::expr)? } else { Vec::new() };
        let order_by = if self.accept_words("ORDER BY") { self.list(Self::order_item)? } else { Vec::new() };
        let frame = self.frame()?;
        self.close(opened)?;
        Ok(WindowSpec { base, partition_by, order_by, frame, span: self.since(opened) })
    }

    fn frame(&mut self) -> Result<Option<WindowFrame>> {
        let start = self.here();
        let unit = if self.accept("ROWS") {
            FrameUnit::Rows
        } else if self.accept("RANGE") {
            FrameUnit::Range
        } else {
            return Ok(None);
        };
        let (first, end) = if self.accept("BETWEEN") {
            let first = self.frame_bound()?;
            self.expect("AND")?;
            (first, Some(self.frame_bound()?))
        } else {
            (self.frame_bound()?, None)
        };
        Ok(Some(WindowFrame { unit, start: first, end, span: self.since(start) }))
    }

    fn frame_bound(&mut self) -> Result<FrameBound> {
        if self.accept_words("CURRENT ROW") {
            return Ok(FrameBound::CurrentRow);
        }
        if self.accept("UNBOUNDED") {
            if self.accept("PRECEDING") {
                return Ok(FrameBound::UnboundedPreceding);
            }
            self.expect("FOLLOWING")?;
            return Ok(FrameBound::UnboundedFollowing);
        }
        let offset = self.expr()?;
        if self.accept("PRECEDING") {
            return Ok(FrameBound::Preceding(offset));
        }
        self.expect("FOLLOWING")?;
        Ok(FrameBound::Following(offset))
    }
}

/// Whether the call looks for another row of a match.
fn is_navigation(name: &ObjectName) -> bool {
    matches!(&name.parts[..], [name] if !name.quoted
        && ["FIRST", "LAST", "PREV", "NEXT"].iter().any(|navigation| name.value.eq_ignore_ascii_case(navigation)))
}

/// Which row that is, is a number as it stands.
fn check_offset(args: &[FunctionArg]) -> Result<()> {
    let Some(FunctionArg { value: FunctionArgValue::Expr(offset), .. }) = args.get(1) else { return Ok(()) };
    let number = match &offset.kind {
        ExprKind::Unary { expr, .. } => &expr.kind,
        kind => kind,
    };
    if matches!(number, ExprKind::Literal(Literal::Exact(_) | Literal::Approximate(_))) {
        return Ok(());
    }
    Err(Box::new(
        SqlError::parse("which row of a match is meant has to be a number", offset.span)
            .with_detail("expected a literal such as 1"),
    ))
}

/// `name` without arguments. A function of its own, and boxed, to keep the stack of nested calls small.
pub(super) fn bare_call(name: ObjectName) -> Box<FunctionCall> {
    Box::new(FunctionCall {
        span: name.span,
        name,
        args: FunctionArgs::Absent,
        quantifier: None,
        order_by: Vec::new(),
        within_group: false,
        nulls: None,
        filter: None,
        over: None,
    })
}
