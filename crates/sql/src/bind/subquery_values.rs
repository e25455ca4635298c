//! The sub-queries that the expressions of one clause use as values: joins to be put over the clause's input, and the columns that they add.
//!
//! Expressions are bound before the joins are there, so their columns are numbered from [`SUBQUERY_BASE`] until [`SubqueryValues::attach`].

use std::collections::BTreeMap;

use dataflow::operator_spec::JoinType;
use dataflow::{Expr, Field, Literal, RowType, TypeKind};

use super::join::joined_row;
use super::over::OVER_BASE;
use crate::ast::Span;
use crate::logical::{Join, LogicalPlan};

/// Index of the first column of sub-queries until the width of the row is known.
pub(super) const SUBQUERY_BASE: usize = 1 << 25;

/// Sub-queries that have been bound.
#[derive(Default)]
pub(crate) struct SubqueryValues {
    known: BTreeMap<Span, Expr>,
    joins: Vec<ValueJoin>,
    width: usize,
}

/// A join that adds the columns of a sub-query.
struct ValueJoin {
    right: LogicalPlan,
    join_type: JoinType,
    condition: Expr,
}

impl SubqueryValues {
    /// The value of the sub-query that stands here.
    pub fn value_of(&self, span: Span) -> Option<Expr> {
        self.known.get(&span).cloned()
    }

    /// Number of sub-queries.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Adds the value of the sub-query that stands at `span`.
    pub fn insert(&mut self, span: Span, value: Expr) {
        self.known.insert(span, value);
    }

    /// Adds a join; its columns as they are seen above it. `condition` gets them as they are below.
    pub fn join(
        &mut self,
        right: LogicalPlan,
        join_type: JoinType,
        condition: impl FnOnce(&[Expr]) -> Expr,
    ) -> Vec<Expr> {
        let column = |nullable: bool| {
            move |(index, field): (usize, &Field)| {
                Expr::column(index, field.ty.with_nullable(field.ty.nullable || nullable))
            }
        };
        let columns = |nullable| -> Vec<Expr> {
            let mut columns: Vec<Expr> = right.output().fields.iter().enumerate().map(column(nullable)).collect();
            let first = SUBQUERY_BASE + self.width;
            columns.iter_mut().for_each(|column| column.map_columns(&mut |index| index + first));
            columns
        };
        let condition = condition(&columns(false));
        let above = columns(join_type == JoinType::Left);
        self.width += right.output().len();
        self.joins.push(ValueJoin { right, join_type, condition });
        above
    }

    /// Takes the conditions of the joins out, to be rewritten.
    pub fn take_conditions(&mut self) -> Vec<Expr> {
        self.joins.iter_mut().map(|join| std::mem::replace(&mut join.condition, super::boolean(true))).collect()
    }

    /// Puts the conditions back.
    pub fn put_conditions(&mut self, conditions: Vec<Expr>) {
        for (join, condition) in self.joins.iter_mut().zip(conditions) {
            join.condition = condition;
        }
    }

    /// The plan with all joins over it; the columns of `exprs` are settled.
    pub fn attach(self, mut plan: LogicalPlan, exprs: &mut [Expr]) -> LogicalPlan {
        if self.joins.is_empty() {
            return plan;
        }
        if plan.output().is_empty() {
            // A join needs a column to keep the row of a SELECT without FROM by.
            let zero = Expr::literal(Literal::Int(0), TypeKind::Int.not_null());
            let output = RowType::new(vec![Field::new("ZERO", zero.ty.clone())]);
            plan = plan.project(vec![zero], output);
        }
        let width = plan.output().len();
        let settle = |expr: &mut Expr| {
            let is_added = |index| (SUBQUERY_BASE..OVER_BASE).contains(&index);
            expr.map_columns(&mut |index| if is_added(index) { index - SUBQUERY_BASE + width } else { index });
        };
        exprs.iter_mut().for_each(settle);
        for ValueJoin { right, join_type, mut condition } in self.joins {
            settle(&mut condition);
            let output: RowType = joined_row(plan.output(), right.output(), join_type);
            plan = LogicalPlan::Join(Join {
                left: Box::new(plan),
                right: Box::new(right),
                join_type,
                condition,
                temporal: None,
                state_ttl: [None, None],
                output,
            });
        }
        plan
    }
}
