//! Queries: WITH, set operations, VALUES.

use dataflow::operator_spec::JoinType;
use dataflow::{Expr, Field, LogicalType, RowType, TypeKind};

use super::expr::{Clause, ExprBinder, call, coerce, not_supported};
use super::operators::illegal_null;
use super::scope::Scope;
use super::{Binder, NamedQuery};
use crate::ast::{self, Query, SetExpr, SetExprKind, SetOperator, Span};
use crate::error::SqlError;
use crate::logical::{Aggregate, Join, LogicalPlan, Union, Values, conjunction, identity, is_identity};

impl Binder<'_> {
    /// Binds a query of a statement, whose order is that of the result.
    pub fn top_query(&mut self, query: &Query) -> Result<LogicalPlan, SqlError> {
        self.scoped(query, true)
    }

    /// Binds a query inside of another one.
    pub fn query(&mut self, query: &Query) -> Result<LogicalPlan, SqlError> {
        self.scoped(query, false)
    }

    fn scoped(&mut self, query: &Query, is_top: bool) -> Result<LogicalPlan, SqlError> {
        let outer = self.ctes.len();
        let plan = self.query_with(query, is_top);
        self.ctes.truncate(outer);
        plan
    }

    fn query_with(&mut self, query: &Query, is_top: bool) -> Result<LogicalPlan, SqlError> {
        if let Some(with) = &query.with {
            if with.recursive {
                return Err(not_supported("WITH RECURSIVE", with.ctes[0].span));
            }
            for cte in &with.ctes {
                let plan = self.query(&cte.query)?;
                let plan = rename(plan, &cte.columns, cte.span)?;
                self.ctes.push(NamedQuery { name: cte.name.value.clone(), plan });
            }
        }
        self.ordered(query, is_top)
    }

    pub(super) fn set_expr(&mut self, body: &SetExpr) -> Result<LogicalPlan, SqlError> {
        match &body.kind {
            SetExprKind::Select(select) => Ok(self.select(select, &[])?.plan),
            SetExprKind::Values(rows) => self.values(rows, body.span),
            SetExprKind::Table(name) => Ok(self.table(name, &[], name.span)?.0),
            SetExprKind::Query(query) => self.query(query),
            SetExprKind::SetOperation { op: SetOperator::Union, all, left, right } => {
                let mut inputs = Vec::new();
                self.flatten_union(left, *all, &mut inputs)?;
                self.flatten_union(right, *all, &mut inputs)?;
                let plan = union(inputs, if *all { "UNION ALL" } else { "UNION" }, body.span)?;
                Ok(if *all { plan } else { distinct(plan) })
            }
            SetExprKind::SetOperation { op, all, left, right } => {
                let is_intersect = *op == SetOperator::Intersect;
                let word = if is_intersect { "INTERSECT" } else { "EXCEPT" };
                let (left, right) = (self.set_expr(left)?, self.set_expr(right)?);
                if *all {
                    return super::set_all::matched_all(left, right, is_intersect, body.span);
                }
                matched(left, right, if is_intersect { JoinType::Semi } else { JoinType::Anti }, word, body.span)
            }
        }
    }

    /// The operands of nested unions of the same kind, left to right.
    fn flatten_union(&mut self, side: &SetExpr, all: bool, out: &mut Vec<LogicalPlan>) -> Result<(), SqlError> {
        match &side.kind {
            SetExprKind::SetOperation { op: SetOperator::Union, all: inner, left, right } if *inner == all => {
                self.flatten_union(left, all, out)?;
                self.flatten_union(right, all, out)
            }
            _ => {
                out.push(self.set_expr(side)?);
                Ok(())
            }
        }
    }

    /// `VALUES (...), (...)`. A bare NULL has no type of its own, and the table that the rows go into gives it none either.
    fn values(&mut self, rows: &[Vec<ast::Expr>], span: Span) -> Result<LogicalPlan, SqlError> {
        // `VALUES ROW(1, 2)` is `VALUES (1, 2)`.
        let rows: Vec<&[ast::Expr]> = rows
            .iter()
            .map(|row| match row.as_slice() {
                [ast::Expr { kind: ast::ExprKind::Row { values, .. }, .. }] => values,
                row => row,
            })
            .collect();
        let width = rows[0].len();
        if rows.iter().any(|row| row.len() != width) {
            return Err(SqlError::validation("Values passed to VALUES operator must have compatible types", span)
                .with_detail("its rows do not have the same number of columns"));
        }
        let scope = Scope::default();
        let mut binder = ExprBinder::new(&scope, Clause::Values, &self.facts);
        let mut bound: Vec<Vec<Expr>> = rows
            .iter()
            .map(|row| row.iter().map(|expr| binder.bind(expr)).collect::<Result<_, _>>())
            .collect::<Result<_, _>>()?;
        let bare_null = rows
            .iter()
            .zip(&bound)
            .flat_map(|(row, bound)| row.iter().zip(bound))
            .find(|(_, expr)| expr.ty.kind == TypeKind::Null);
        if let Some((written, _)) = bare_null {
            return Err(illegal_null(written.span));
        }
        let mut fields = Vec::with_capacity(width);
        for index in 0..width {
            let types: Vec<LogicalType> = bound.iter().map(|row| row[index].ty.clone()).collect();
            let common = common_type(&types).ok_or_else(|| {
                let given = types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                SqlError::validation("Values passed to VALUES operator must have compatible types", span)
                    .with_detail(format!("column {} has the types {given}", index + 1))
            })?;
            for row in &mut bound {
                let value = std::mem::replace(&mut row[index], super::boolean(false));
                row[index] = coerce(value, &common);
            }
            fields.push(Field::new(format!("EXPR${index}"), common));
        }
        Ok(LogicalPlan::Values(Values { rows: bound, output: RowType::new(fields) }))
    }
}

/// The type to which all of these can be cast implicitly; nullable if one is.
pub(super) fn common_type(types: &[LogicalType]) -> Option<LogicalType> {
    let all_null = types.iter().all(|ty| ty.kind == TypeKind::Null);
    let common = if all_null || types.len() == 1 { types[0].clone() } else { ::expr::types::common_type(types)? };
    Some(common.with_nullable(types.iter().any(|ty| ty.nullable)))
}

/// All rows of all inputs, cast to common types.
pub(super) fn union(inputs: Vec<LogicalPlan>, word: &str, span: Span) -> Result<LogicalPlan, SqlError> {
    let width = inputs[0].output().len();
    if inputs.iter().any(|input| input.output().len() != width) {
        let message = format!("Column count mismatch in {word}");
        return Err(SqlError::validation(message, span));
    }
    let mut fields = Vec::with_capacity(width);
    for index in 0..width {
        let types: Vec<LogicalType> = inputs.iter().map(|input| input.output().fields[index].ty.clone()).collect();
        let same_attribute = types.iter().all(|ty| ty.kind == types[0].kind);
        let common = if same_attribute {
            types[0].with_nullable(types.iter().any(|ty| ty.nullable))
        } else {
            common_type(&types)
                .ok_or_else(|| {
                    SqlError::validation(format!("Type mismatch in column {} of {word}", index + 1), span)
                        .with_detail(types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
                })?
                .without_time_attribute()
        };
        fields.push(Field::new(&inputs[0].output().fields[index].name, common));
    }
    let output = RowType::new(fields);
    let inputs = inputs.into_iter().map(|input| cast_columns(input, &output)).collect();
    Ok(LogicalPlan::Union(Union { inputs, output, is_expansion: false }))
}

/// INTERSECT and EXCEPT: the distinct rows of the left side that are, or are not, among those of the right side. NULLs count as equal.
fn matched(
    left: LogicalPlan,
    right: LogicalPlan,
    join_type: JoinType,
    word: &str,
    span: Span,
) -> Result<LogicalPlan, SqlError> {
    let LogicalPlan::Union(both) = union(vec![left, right], word, span)? else { unreachable!("union makes a Union") };
    let output = both.output;
    let [left, right]: [LogicalPlan; 2] = both.inputs.try_into().expect("two inputs were given");
    let left = distinct(left);
    let equal = |index: usize| {
        let one = Expr::column(index, left.output().fields[index].ty.clone());
        let other = Expr::column(index + output.len(), right.output().fields[index].ty.clone());
        call("IS NOT DISTINCT FROM", vec![one, other], span)
    };
    let condition = (0..output.len()).map(equal).collect::<Result<Vec<_>, _>>()?;
    let condition = conjunction(condition).unwrap_or_else(|| super::boolean(true));
    let output = left.output().clone();
    Ok(LogicalPlan::Join(Join {
        left: Box::new(left),
        right: Box::new(right),
        join_type,
        condition,
        temporal: None,
        state_ttl: [None, None],
        output,
    }))
}

/// The plan with its columns cast to these types, if they are not of them.
pub(super) fn cast_columns(plan: LogicalPlan, target: &RowType) -> LogicalPlan {
    let exprs: Vec<Expr> =
        identity(plan.output()).into_iter().zip(&target.fields).map(|(expr, field)| coerce(expr, &field.ty)).collect();
    if is_identity(&exprs, plan.output()) {
        return plan;
    }
    let fields = exprs.iter().zip(&target.fields).map(|(expr, field)| Field::new(&field.name, expr.ty.clone()));
    let output = RowType::new(fields.collect());
    plan.project(exprs, output)
}

/// Each row once.
pub(super) fn distinct(plan: LogicalPlan) -> LogicalPlan {
    let output = plan.output().clone();
    let keys = (0..output.len()).collect();
    LogicalPlan::Aggregate(Aggregate {
        split: None,
        input: Box::new(plan),
        keys,
        calls: Vec::new(),
        state_ttl: None,
        output,
    })
}

/// The plan with other column names, if there are any.
pub(super) fn rename(plan: LogicalPlan, names: &[ast::Ident], span: Span) -> Result<LogicalPlan, SqlError> {
    if names.is_empty() {
        return Ok(plan);
    }
    if names.len() != plan.output().len() {
        return Err(SqlError::validation(
            format!(
                "List of column aliases must have same degree as table; table has {} columns, whereas alias list has {} columns",
                plan.output().len(),
                names.len()
            ),
            span,
        ));
    }
    let exprs = identity(plan.output());
    let fields = exprs.iter().zip(names).map(|(expr, name)| Field::new(&name.value, expr.ty.clone())).collect();
    Ok(plan.project(exprs, RowType::new(fields)))
}
