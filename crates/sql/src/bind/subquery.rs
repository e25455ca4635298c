//! WHERE: ordinary terms become a filter, IN and EXISTS with a sub-query become semi and anti joins. Sub-queries within other terms are values.
//!
//! A sub-query may refer to the outer row in the terms of its own WHERE; those terms become part of the join's condition.

use std::borrow::Cow;

use dataflow::operator_spec::JoinType;
use dataflow::{Expr, Field, RowType};

use super::Binder;
use super::expr::{Clause, ExprBinder, call, coerce, not_supported};
use super::lateral::{Body, grouped_select};
use super::query::common_type;
use super::scope::Scope;
use super::subquery_values::SubqueryValues;
use crate::ast::{
    self, BinaryOp, ExprKind, QuantifiedOperand, Quantifier, Query, Select, SelectItem, SetExprKind, Span, UnaryOp,
};
use crate::error::SqlError;
use crate::logical::{Join, LogicalPlan, conjunction, identity};

/// A term of WHERE that asks a sub-query.
pub(super) struct SubqueryTerm<'q> {
    /// The compared values of IN; `None` for EXISTS.
    values: Option<&'q ast::Expr>,
    pub(super) query: &'q Query,
    negated: bool,
    span: Span,
}

impl<'q> SubqueryTerm<'q> {
    /// The compared values of IN.
    pub(super) fn values(&self) -> Option<&'q [ast::Expr]> {
        self.values.map(|values| match &values.kind {
            ExprKind::Row { values, .. } => values.as_slice(),
            _ => std::slice::from_ref(values),
        })
    }

    /// The rows of `plan` whose values are among these rows, or are not.
    pub(super) fn join(
        &self,
        plan: LogicalPlan,
        rows: LogicalPlan,
        values: Vec<Expr>,
    ) -> Result<LogicalPlan, SqlError> {
        let others = columns_of(rows.output(), plan.output().len());
        let terms = self.memberships(values, others)?;
        Ok(self.semi_join(plan, rows, terms))
    }

    fn memberships(&self, values: Vec<Expr>, others: Vec<Expr>) -> Result<Vec<Expr>, SqlError> {
        if values.len() != others.len() {
            let message = format!("IN compares {} values with {} columns", values.len(), others.len());
            return Err(SqlError::validation(message, self.span));
        }
        values.into_iter().zip(others).map(|(value, other)| membership(value, other, self)).collect()
    }

    fn semi_join(&self, plan: LogicalPlan, rows: LogicalPlan, condition: Vec<Expr>) -> LogicalPlan {
        let output: RowType = plan.output().clone();
        LogicalPlan::Join(Join {
            left: Box::new(plan),
            right: Box::new(rows),
            join_type: if self.negated { JoinType::Anti } else { JoinType::Semi },
            condition: conjunction(condition).unwrap_or_else(|| super::boolean(true)),
            temporal: None,
            state_ttl: [None, None],
            output,
        })
    }
}

/// The rows of a sub-query.
struct Inner {
    plan: LogicalPlan,
    /// What IN compares with, over outer columns followed by the plan's.
    values: Vec<Expr>,
    /// Terms that refer to the outer row, over the same columns.
    correlated: Vec<Expr>,
}

impl Binder<'_> {
    pub(super) fn where_clause(
        &mut self,
        plan: LogicalPlan,
        scope: &Scope,
        condition: &ast::Expr,
    ) -> Result<LogicalPlan, SqlError> {
        let mut plain = Vec::new();
        let mut asked = Vec::new();
        let mut values = SubqueryValues::default();
        let mut valued = Vec::new();
        for term in terms(condition) {
            match subquery_term(term) {
                Some(subquery) => asked.push((term, subquery)),
                None => {
                    let known = values.len();
                    let bound = self.where_term(term, &plan, scope, &mut values)?;
                    if values.len() > known { valued.push(bound) } else { plain.push(bound) }
                }
            }
        }
        let mut plan = match conjunction(plain) {
            Some(condition) => plan.filter(condition),
            None => plan,
        };
        for (term, subquery) in asked {
            if subquery.values.is_none() && self.has_one_row(subquery.query) {
                // It is bound for its mistakes.
                self.join_subquery(plan.clone(), scope, &subquery)?;
                plan = if subquery.negated { plan.filter(super::boolean(false)) } else { plan };
                continue;
            }
            match self.join_subquery(plan.clone(), scope, &subquery) {
                Ok(joined) => plan = joined,
                // As a value it may refer to the outer row in further ways.
                Err(error) => {
                    let mut own = SubqueryValues::default();
                    let Ok(bound) = self.where_term(term, &plan, scope, &mut own) else { return Err(error) };
                    let row = plan.output().clone();
                    let mut condition = [bound];
                    plan = own.attach(plan, &mut condition);
                    let [condition] = condition;
                    plan = plan.filter(condition).project(identity(&row), row);
                }
            }
        }
        if values.len() == 0 {
            return Ok(plan);
        }
        let row = plan.output().clone();
        plan = values.attach(plan, &mut valued);
        let condition = conjunction(valued).expect("a sub-query is part of a term");
        Ok(plan.filter(condition).project(identity(&row), row))
    }

    /// Whether a sub-query aggregates all its rows: it has one row, whatever they are.
    fn has_one_row(&self, query: &Query) -> bool {
        let Some(select) = plain_select(query) else { return false };
        let nothing = Scope::of_table(Vec::new(), &RowType::default());
        select.items.iter().any(|item| match item {
            SelectItem::Expr { expr, .. } => {
                let mut binder = ExprBinder::new(&nothing, Clause::Select, &self.facts);
                binder.bind(expr).is_err() && binder.met_aggregate
            }
            _ => false,
        })
    }

    fn where_term(
        &mut self,
        term: &ast::Expr,
        plan: &LogicalPlan,
        scope: &Scope,
        values: &mut SubqueryValues,
    ) -> Result<Expr, SqlError> {
        loop {
            let mut binder = ExprBinder::new(scope, Clause::Where, &self.facts);
            binder.subqueries = Some(values);
            match (binder.bind_condition(term), binder.met_subquery.take()) {
                (Ok(bound), _) => return Ok(bound),
                (Err(_), Some(met)) => self.subquery_over(plan, &met, scope, Clause::Where, None, values)?,
                (Err(error), None) => return Err(error),
            }
        }
    }

    /// The rows of `plan` for which the term is TRUE.
    fn join_subquery(
        &mut self,
        plan: LogicalPlan,
        scope: &Scope,
        term: &SubqueryTerm<'_>,
    ) -> Result<LogicalPlan, SqlError> {
        let is_in = term.values.is_some();
        let query = if is_in { Cow::Borrowed(term.query) } else { self.without_limit(term.query) };
        let inner = self.inner(&query, scope, is_in)?;
        let mut condition = inner.correlated;
        if let Some(values) = term.values() {
            let mut binder = ExprBinder::new(scope, Clause::Where, &self.facts);
            let values = values.iter().map(|value| binder.bind(value)).collect::<Result<Vec<_>, _>>()?;
            condition.extend(term.memberships(values, inner.values)?);
        }
        Ok(term.semi_join(plan, inner.plan, condition))
    }

    /// Binds a sub-query; a plain SELECT may refer to the outer row in its WHERE.
    fn inner(&mut self, query: &Query, outer: &Scope, is_in: bool) -> Result<Inner, SqlError> {
        if let Some(select) = plain_select(query)
            && let Some(inner) = self.correlated_select(select, outer, is_in)?
        {
            return Ok(inner);
        }
        // With aggregates or GROUP BY.
        if let Some(select) = grouped_select(query)
            && let Some(Body { plan, row, terms }) = self.lateral_select(select, outer)?
        {
            return Ok(Inner { plan, values: columns_of(&row, outer.len()), correlated: terms });
        }
        let plan = self.query(query)?;
        let values = columns_of(plan.output(), outer.len());
        Ok(Inner { plan, values, correlated: Vec::new() })
    }

    /// `None` when no term refers to the outer row, or the select list needs more than a projection.
    fn correlated_select(&mut self, select: &Select, outer: &Scope, is_in: bool) -> Result<Option<Inner>, SqlError> {
        let (Some(from), Some(condition)) = (&select.from, &select.selection) else {
            return Ok(None);
        };
        let (plan, scope) = self.table_ref(from)?;
        let mut local = Vec::new();
        let mut correlated = Vec::new();
        for term in terms(condition) {
            let mut binder = ExprBinder::new(&scope, Clause::Where, &self.facts);
            match binder.bind_condition(term) {
                Ok(bound) => local.push(bound),
                // A nested sub-query, or a name of the outer row.
                Err(_) if subquery_term(term).is_some() => return Ok(None),
                Err(error) => {
                    binder.outer = Some(outer);
                    correlated.push(binder.bind_condition(term).map_err(|_| error)?);
                }
            }
        }
        if correlated.is_empty() {
            return Ok(None);
        }
        let mut binder = ExprBinder::new(&scope, Clause::Select, &self.facts);
        binder.outer = Some(outer);
        let mut values = Vec::new();
        for item in select.items.iter().filter(|_| is_in) {
            match item {
                SelectItem::Expr { expr, .. } => match binder.bind(expr) {
                    Ok(value) => values.push(value),
                    Err(_) if binder.met_aggregate => return Ok(None),
                    Err(error) => return Err(error),
                },
                SelectItem::Wildcard(span) | SelectItem::QualifiedWildcard { span, .. } => {
                    return Err(not_supported("* in a correlated sub-query of IN", *span));
                }
            }
        }
        let plan = match conjunction(local) {
            Some(condition) => plan.filter(condition),
            None => plan,
        };
        Ok(Some(Inner { plan, values, correlated }))
    }
}

/// The columns of a row that stands behind so many others.
fn columns_of(row: &RowType, behind: usize) -> Vec<Expr> {
    let column = |(index, field): (usize, &Field)| Expr::column(behind + index, field.ty.clone());
    row.fields.iter().enumerate().map(column).collect()
}

/// The terms of an AND.
pub(super) fn terms(condition: &ast::Expr) -> &[ast::Expr] {
    match &condition.kind {
        ExprKind::And(terms) => terms,
        _ => std::slice::from_ref(condition),
    }
}

pub(super) fn subquery_term(term: &ast::Expr) -> Option<SubqueryTerm<'_>> {
    let span = term.span;
    match &term.kind {
        ExprKind::InSubquery { expr, query, negated } => {
            Some(SubqueryTerm { values: Some(expr), query, negated: *negated, span })
        }
        // `= ANY` is IN, and `<> ALL` is NOT IN.
        ExprKind::Quantified { left, op, quantifier, operand: QuantifiedOperand::Query(query) } => {
            let negated = match (op, quantifier) {
                (BinaryOp::Eq, Quantifier::Any) => false,
                (BinaryOp::NotEq, Quantifier::All) => true,
                _ => return None,
            };
            Some(SubqueryTerm { values: Some(left), query, negated, span })
        }
        ExprKind::Exists(query) => Some(SubqueryTerm { values: None, query, negated: false, span }),
        ExprKind::Unary { op: UnaryOp::Not, expr } => {
            let inner = subquery_term(expr)?;
            Some(SubqueryTerm { negated: !inner.negated, span, ..inner })
        }
        _ => None,
    }
}

/// A SELECT that only filters and projects.
pub(super) fn plain_select(query: &Query) -> Option<&Select> {
    let is_bare = query.with.is_none() && query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none();
    match &query.body.kind {
        SetExprKind::Select(select) if is_bare => {
            (select.group_by.is_none() && select.having.is_none() && select.qualify.is_none()).then_some(select)
        }
        _ => None,
    }
}

/// `value = other`. Under NOT IN a comparison with NULL must also keep the row out, so it counts as a match.
fn membership(value: Expr, other: Expr, term: &SubqueryTerm<'_>) -> Result<Expr, SqlError> {
    let common = common_type(&[value.ty.clone(), other.ty.clone()]).ok_or_else(|| {
        SqlError::validation("Values passed to IN operator must have compatible types", term.span)
            .with_detail(format!("{} and {}", value.ty, other.ty))
    })?;
    let equal = call("=", vec![coerce(value, &common), coerce(other, &common)], term.span)?;
    if term.negated && equal.ty.nullable {
        let unknown = call("IS NULL", vec![equal.clone()], term.span)?;
        return call("OR", vec![equal, unknown], term.span);
    }
    Ok(equal)
}
