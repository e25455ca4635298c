//! LATERAL: a sub-query in FROM that sees the row to its left. It becomes a join whose condition has what refers to that row.
//!
//! As in Flink, a sub-query of aggregates has no row for an outer row of which nothing was aggregated, so that a join with it leaves the outer row out.

use dataflow::operator_spec::JoinType;
use dataflow::{Expr, Field, RowType};

use super::Binder;
use super::expr::{Clause, ExprBinder, call, not_supported};
use super::groups::Groups;
use super::join::joined_row;
use super::query::{distinct, rename};
use super::scope::Scope;
use super::select::{bind_items, unique_names};
use super::subquery::{subquery_term, terms};
use super::subquery_value::equal_sides;
use crate::ast::{
    self, JoinCondition, JoinKind, Query, Select, SetExprKind, SetQuantifier, Span, TableRef, TableRefKind,
};
use crate::error::SqlError;
use crate::logical::{Join, LogicalPlan, conjunction, identity};

/// A sub-query made independent of the row to its left.
pub(super) struct Body {
    /// The columns of the sub-query, then those that the terms need.
    pub(super) plan: LogicalPlan,
    /// The columns of the sub-query.
    pub(super) row: RowType,
    /// What refers to the row to the left, over its columns followed by the plan's.
    pub(super) terms: Vec<Expr>,
}

impl Binder<'_> {
    /// `left JOIN LATERAL (query)`
    pub(super) fn join_lateral(
        &mut self,
        left: LogicalPlan,
        left_scope: Scope,
        join: &ast::Join,
        span: Span,
    ) -> Result<(LogicalPlan, Scope), SqlError> {
        let join_type = match join.kind {
            JoinKind::Comma | JoinKind::Cross | JoinKind::Inner => JoinType::Inner,
            JoinKind::Left => JoinType::Left,
            _ => return Err(SqlError::validation("LATERAL can be joined by CROSS, INNER or LEFT JOIN only", span)),
        };
        let TableRef { kind: TableRefKind::Derived { query, .. }, alias, .. } = &join.right else {
            unreachable!("the caller looked");
        };
        let Body { plan: right, row, mut terms } = self.lateral_body(query, &left_scope)?;
        let (names, qualifier) = match alias {
            None => (row.clone(), Vec::new()),
            Some(alias) => {
                let values = crate::logical::Values { rows: Vec::new(), output: row.clone() };
                let renamed = rename(LogicalPlan::Values(values), &alias.columns, join.right.span)?;
                (renamed.output().clone(), vec![alias.name.value.clone()])
            }
        };
        let (width, shown) = (left.output().len(), left.output().len() + row.len());
        let inner_row = joined_row(left.output(), &names, JoinType::Inner);
        let right_scope = Scope::of_table(qualifier, &names);
        match &join.condition {
            JoinCondition::None if !join.natural => {}
            JoinCondition::On(condition) => {
                let scope = left_scope.clone().join(right_scope.clone(), &inner_row);
                terms.push(ExprBinder::new(&scope, Clause::On, &self.facts).bind_condition(condition)?);
            }
            _ => return Err(not_supported("USING or NATURAL with LATERAL", span)),
        }
        let output = joined_row(left.output(), right.output(), join_type);
        let (left, right) = (Box::new(left), Box::new(right));
        let condition = conjunction(terms).unwrap_or_else(|| super::boolean(true));
        let join = LogicalPlan::Join(Join {
            left,
            right,
            join_type,
            condition,
            temporal: None,
            state_ttl: [None, None],
            output,
        });
        let columns = identity(join.output())[..shown].to_vec();
        let names = left_scope.columns().iter().map(|column| column.name.clone());
        let names: Vec<String> = names.chain(names_of(&inner_row, width)).collect();
        let fields =
            unique_names(names).into_iter().zip(&columns).map(|(name, column)| Field::new(name, column.ty.clone()));
        let output = RowType::new(fields.collect());
        let scope = left_scope.join(right_scope, &output);
        Ok((join.project(columns, output), scope))
    }

    fn lateral_body(&mut self, query: &Query, outer: &Scope) -> Result<Body, SqlError> {
        if let Some(select) = grouped_select(query)
            && let Some(body) = self.lateral_select(select, outer)?
        {
            return Ok(body);
        }
        let plan = self.query(query)?;
        let row = plan.output().clone();
        Ok(Body { plan, row, terms: Vec::new() })
    }

    /// `None` when no term of WHERE refers to the row to the left.
    pub(super) fn lateral_select(&mut self, select: &Select, outer: &Scope) -> Result<Option<Body>, SqlError> {
        let (Some(from), Some(condition)) = (&select.from, &select.selection) else { return Ok(None) };
        let (mut plan, scope) = self.table_ref(from)?;
        let mut correlated = Vec::new();
        for term in terms(condition) {
            let mut binder = ExprBinder::new(&scope, Clause::Where, &self.facts);
            match binder.bind_condition(term) {
                Ok(bound) => plan = plan.filter(bound),
                Err(_) if binder.met_subquery.is_some() || subquery_term(term).is_some() => {
                    plan = self.where_clause(plan, &scope, term)?;
                }
                Err(error) => {
                    binder.outer = Some(outer);
                    correlated.push((binder.bind_condition(term).map_err(|_| error)?, term.span));
                }
            }
        }
        if correlated.is_empty() {
            return Ok(None);
        }
        let mut binder = ExprBinder::new(&scope, Clause::Select, &self.facts);
        let items = match bind_items(&mut binder, select) {
            Ok(items) if select.group_by.is_none() => items,
            Ok(_) => return self.lateral_aggregate(select, plan, &scope, correlated, outer.len()).map(Some),
            Err(_) if binder.met_aggregate => {
                return self.lateral_aggregate(select, plan, &scope, correlated, outer.len()).map(Some);
            }
            Err(error) => return Err(error),
        };
        let fields = items.names.iter().zip(&items.exprs).map(|(name, expr)| Field::new(name, expr.ty.clone()));
        let row = RowType::new(fields.collect());
        let width = outer.len();
        let is_distinct = select.quantifier == Some(SetQuantifier::Distinct);
        if is_distinct
            && let Some((_, span)) = correlated.iter().find(|(term, _)| equal_sides(term.clone(), width).is_none())
        {
            return Err(not_supported("DISTINCT with this reference to the row to the left", *span)
                .with_hint("compare a column of the sub-query with the row to the left by ="));
        }
        // Behind the columns of the sub-query stand those of FROM that the terms read.
        let mut read = Vec::new();
        correlated.iter().for_each(|(term, _)| term.for_each_column(&mut |index| read.push(index)));
        read.retain(|&index| index >= width);
        read.sort_unstable();
        read.dedup();
        let mut exprs = items.exprs;
        let first = width + exprs.len();
        let columns = identity(plan.output());
        exprs.extend(read.iter().map(|&index| columns[index - width].clone()));
        let place =
            |index: usize| if index < width { index } else { first + read.partition_point(|&other| other < index) };
        let terms = correlated.into_iter().map(|(mut term, _)| {
            term.map_columns(&mut |index| place(index));
            term
        });
        let terms = terms.collect();
        let plan = with_exprs(plan, exprs, &row);
        Ok(Some(Body { plan: if is_distinct { distinct(plan) } else { plan }, row, terms }))
    }

    /// A row of aggregates for each value of what equals something of the row to the left.
    fn lateral_aggregate(
        &mut self,
        select: &Select,
        plan: LogicalPlan,
        scope: &Scope,
        correlated: Vec<(Expr, Span)>,
        width: usize,
    ) -> Result<Body, SqlError> {
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for (term, span) in correlated {
            let (inner, outer) = equal_sides(term, width).ok_or_else(|| {
                not_supported("this reference to the row to the left", span)
                    .with_hint("compare a column of the sub-query with the row to the left by =")
            })?;
            inside.push(inner);
            outside.push((outer, span));
        }
        let mut groups = self.grouping(select, scope)?.unwrap_or_else(|| Groups::new(Vec::new(), None));
        if groups.has_sets() {
            return Err(not_supported("GROUPING SETS in a LATERAL sub-query", outside[0].1));
        }
        let keys = groups.add_keys(inside);
        let mut binder = ExprBinder::new(scope, Clause::Select, &self.facts);
        binder.groups = Some(&mut groups);
        let items = bind_items(&mut binder, select)?;
        let mut exprs = items.exprs;
        let plan = groups.build(plan, &mut exprs, &items.names);
        let fields = items.names.iter().zip(&exprs).map(|(name, expr)| Field::new(name, expr.ty.clone()));
        let row = RowType::new(fields.collect());
        let shown = exprs.len();
        exprs.extend(identity(plan.output())[keys].iter().cloned());
        let plan = with_exprs(plan, exprs, &row);
        let key = |index: usize| {
            let mut key = Expr::column(shown + index, plan.output().fields[shown + index].ty.clone());
            key.map_columns(&mut |index| index + width);
            key
        };
        let equal = |(index, (outer, span)): (usize, (Expr, Span))| call("=", vec![outer, key(index)], span);
        let terms = outside.into_iter().enumerate().map(equal).collect::<Result<_, _>>()?;
        Ok(Body { plan, row, terms })
    }
}

/// A SELECT that filters, groups and projects.
pub(super) fn grouped_select(query: &Query) -> Option<&Select> {
    let is_bare = query.with.is_none() && query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none();
    match &query.body.kind {
        SetExprKind::Select(select) if is_bare && select.having.is_none() && select.qualify.is_none() => Some(select),
        _ => None,
    }
}

/// A projection whose first columns have these names.
fn with_exprs(plan: LogicalPlan, exprs: Vec<Expr>, row: &RowType) -> LogicalPlan {
    let names =
        row.fields.iter().map(|field| field.name.clone()).chain((row.len()..exprs.len()).map(|i| format!("$f{i}")));
    let fields = names.zip(&exprs).map(|(name, expr)| Field::new(name, expr.ty.clone())).collect();
    plan.project(exprs, RowType::new(fields))
}

fn names_of(row: &RowType, from: usize) -> impl Iterator<Item = String> + '_ {
    row.fields[from..].iter().map(|field| field.name.clone())
}
