//! Joins: the row both sides make, ON, USING and NATURAL.

use dataflow::operator_spec::JoinType;
use dataflow::{Expr, ExprKind, Field, RowType, TimeAttribute};

use super::Binder;
use super::expr::{Clause, ExprBinder, call, case_of, coerce};
use super::query::common_type;
use super::scope::Scope;
use super::subquery::{subquery_term, terms};
use crate::ast::{self, Ident, JoinCondition, JoinKind, Span, TableRefKind};
use crate::error::SqlError;
use crate::logical::{self, LogicalPlan, Temporal, conjunction};

impl Binder<'_> {
    pub(super) fn join(&mut self, join: &ast::Join, span: Span) -> Result<(LogicalPlan, Scope), SqlError> {
        let (mut left, left_scope) = self.table_ref(&join.left)?;
        if let TableRefKind::Unnest { .. } = join.right.kind {
            return self.join_unnest(left, left_scope, join, span);
        }
        if let TableRefKind::Derived { lateral: true, as_of: None, .. } = join.right.kind {
            return self.join_lateral(left, left_scope, join, span);
        }
        let temporal = self.temporal(&left_scope, join, span)?;
        let (right, right_scope) = match temporal {
            Some(_) => self.aliased_table(&join.right)?,
            None => self.table_ref(&join.right)?,
        };
        let join_type = match join.kind {
            JoinKind::Comma | JoinKind::Cross | JoinKind::Inner => JoinType::Inner,
            JoinKind::Left => JoinType::Left,
            JoinKind::Right => JoinType::Right,
            JoinKind::Full => JoinType::Full,
        };
        let width = left_scope.len();
        let common = common_columns(join, &left_scope, &right_scope)?;
        let output = joined_row(left.output(), right.output(), join_type);
        // The condition sees the rows before outer joins fill in NULLs.
        let inner_row = joined_row(left.output(), right.output(), JoinType::Inner);
        let inner_scope = left_scope.clone().join(right_scope.clone(), &inner_row);
        let asked_of = left_scope.clone();
        let mut scope = left_scope.join(right_scope, &output);
        let mut asked = Vec::new();
        let condition = match &join.condition {
            JoinCondition::On(condition) if join_type == JoinType::Inner => {
                self.on_terms(condition, &inner_scope, &mut asked)?
            }
            JoinCondition::On(condition) => {
                Some(ExprBinder::new(&inner_scope, Clause::On, &self.facts).bind_condition(condition)?)
            }
            _ => {
                let equal = |&(_, left, right): &(Ident, usize, usize)| {
                    equal_columns(inner_scope.column(left), inner_scope.column(right + width), span)
                };
                conjunction(common.iter().map(equal).collect::<Result<_, _>>()?)
            }
        };
        for (name, left, right) in &common {
            let (left, right) = (*left, right + width);
            let merged = match join_type {
                JoinType::Right => scope.column(right),
                JoinType::Full => {
                    let known = call("IS NOT NULL", vec![scope.column(left)], span)?;
                    case_of(vec![(known, scope.column(left))], scope.column(right), span)?
                }
                _ => scope.column(left),
            };
            scope.merge(&name.value, [left, right], merged);
        }
        // Of an inner join they may as well be asked before it; as in Flink, of the left rows only.
        for term in asked {
            left = self.where_clause(left, &asked_of, term)?;
        }
        let plan = LogicalPlan::Join(logical::Join {
            left: Box::new(left),
            right: Box::new(right),
            join_type,
            condition: condition.unwrap_or_else(|| super::boolean(true)),
            temporal,
            state_ttl: [None, None],
            output,
        });
        Ok((plan, scope))
    }
}

impl Binder<'_> {
    /// The condition of an inner join; terms with sub-queries are `asked` apart.
    fn on_terms<'q>(
        &self,
        condition: &'q ast::Expr,
        scope: &Scope,
        asked: &mut Vec<&'q ast::Expr>,
    ) -> Result<Option<Expr>, SqlError> {
        let mut bound = Vec::new();
        for term in terms(condition) {
            let mut binder = ExprBinder::new(scope, Clause::On, &self.facts);
            match binder.bind_condition(term) {
                Ok(term) => bound.push(term),
                Err(_) if binder.met_subquery.is_some() || subquery_term(term).is_some() => asked.push(term),
                Err(error) => return Err(error),
            }
        }
        Ok(conjunction(bound))
    }

    /// The time of `FOR SYSTEM_TIME AS OF` behind the right table of a join.
    fn temporal(&self, left: &Scope, join: &ast::Join, span: Span) -> Result<Option<Temporal>, SqlError> {
        let TableRefKind::Table { as_of: Some(time), .. } = &join.right.kind else { return Ok(None) };
        if !matches!(join.kind, JoinKind::Comma | JoinKind::Cross | JoinKind::Inner | JoinKind::Left) {
            return Err(SqlError::validation("a table can be joined as of a time by INNER or LEFT JOIN only", span));
        }
        if join.condition == JoinCondition::None && !join.natural {
            let message = "Currently the join key in Temporal Table Join can not be empty.";
            return Err(SqlError::validation(message, span).with_hint("write JOIN ... ON the keys are equal"));
        }
        let bound = ExprBinder::new(left, Clause::On, &self.facts).bind(time)?;
        match bound.kind {
            ExprKind::Column(left) if bound.ty.time_attribute() != TimeAttribute::None => {
                Ok(Some(Temporal { left, right: None }))
            }
            _ => Err(SqlError::validation(
                "Temporal table join currently only supports 'FOR SYSTEM_TIME AS OF' left table's time attribute field",
                time.span,
            )),
        }
    }
}

/// The columns that USING or NATURAL compare: name, and index on each side.
fn common_columns(join: &ast::Join, left: &Scope, right: &Scope) -> Result<Vec<(Ident, usize, usize)>, SqlError> {
    if let JoinCondition::Using(names) = &join.condition {
        return names.iter().map(|name| Ok((name.clone(), left.index_of(name)?, right.index_of(name)?))).collect();
    }
    if !join.natural {
        return Ok(Vec::new());
    }
    let shared = left.columns().iter().filter(|column| right.columns().iter().any(|other| other.name == column.name));
    shared
        .map(|column| {
            let name = Ident { value: column.name.clone(), quoted: false, span: join.left.span.to(join.right.span) };
            Ok((name.clone(), left.index_of(&name)?, right.index_of(&name)?))
        })
        .collect()
}

fn equal_columns(left: Expr, right: Expr, span: Span) -> Result<Expr, SqlError> {
    let types = [left.ty.clone(), right.ty.clone()];
    match common_type(&types) {
        Some(common) => call("=", vec![coerce(left, &common), coerce(right, &common)], span),
        None => call("=", vec![left, right], span),
    }
}

/// Left columns followed by right columns; those an outer join may leave out are nullable. Names are made unique.
pub(crate) fn joined_row(left: &RowType, right: &RowType, join_type: JoinType) -> RowType {
    let null_left = matches!(join_type, JoinType::Right | JoinType::Full);
    let null_right = matches!(join_type, JoinType::Left | JoinType::Full);
    let side = |row: &RowType, nullable: bool| -> Vec<Field> {
        let field = |field: &Field| Field::new(&field.name, field.ty.with_nullable(field.ty.nullable || nullable));
        row.fields.iter().map(field).collect()
    };
    let mut fields = side(left, null_left);
    fields.extend(side(right, null_right));
    let names = super::select::unique_names(fields.iter().map(|field| field.name.clone()).collect());
    for (field, name) in fields.iter_mut().zip(names) {
        field.name = name;
    }
    RowType::new(fields)
}
