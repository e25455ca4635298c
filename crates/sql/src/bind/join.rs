//! Joins: the row both sides make, ON, USING and NATURAL.

use dataflow::operator_spec::JoinType;
use dataflow::{Expr, ExprKind, Field, RowType, TimeAttribute};

use super::Binder;
use super::expr::{Clause, ExprBinder, call, case_of, coerce};
use super::query::common_type;
use super::scope::Scope;
use super::subquery::{subquery_term, terms};
use super::subquery_values::{SUBQUERY_BASE, SubqueryValues};
use crate::ast::{self, Ident, JoinCondition, JoinKind, Span, TableRefKind};
use crate::error::SqlError;
use crate::logical::{self, LogicalPlan, Temporal, conjunction, identity};

impl Binder<'_> {
    pub(super) fn join(&mut self, join: &ast::Join, span: Span) -> Result<(LogicalPlan, Scope), SqlError> {
        let (left, left_scope) = self.table_ref(&join.left)?;
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
        let sides = [left_scope.clone(), right_scope.clone()];
        let mut scope = left_scope.join(right_scope, &output);
        let mut asked = Vec::new();
        let condition = match &join.condition {
            JoinCondition::On(condition) => self.on_terms(condition, &inner_scope, &mut asked)?,
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
        let mut asking = AskingJoin { left, right, join_type, conditions: condition.into_iter().collect() };
        for term in asked {
            self.ask(&mut asking, term, &sides, &inner_scope)?;
        }
        let widths = [sides[0].len(), sides[1].len()];
        Ok((asking.build(temporal, widths, output), scope))
    }
}

/// A join whose inputs get the columns of sub-queries in its condition.
struct AskingJoin {
    left: LogicalPlan,
    right: LogicalPlan,
    join_type: JoinType,
    /// Over the columns of both inputs.
    conditions: Vec<Expr>,
}

impl AskingJoin {
    fn side(&self, is_right: bool) -> &LogicalPlan {
        if is_right { &self.right } else { &self.left }
    }

    /// Adds a term over the first columns of both inputs, `widths`, and over the columns that sub-queries add to one of them.
    fn add(&mut self, mut term: Expr, values: SubqueryValues, is_right: bool, widths: [usize; 2]) {
        let (left, right) = (self.left.output().len(), self.right.output().len());
        let side = if is_right { &mut self.right } else { &mut self.left };
        *side = values.attach(side.take(), &mut []);
        let added = self.left.output().len() - left;
        let behind_left = |index: usize| if index < left { index } else { index + added };
        self.conditions.iter_mut().for_each(|condition| condition.map_columns(&mut |index| behind_left(index)));
        let first = if is_right { left + right } else { left };
        term.map_columns(&mut |index| match index {
            SUBQUERY_BASE.. => index - SUBQUERY_BASE + first,
            _ if index < widths[0] => index,
            _ => index - widths[0] + left + added,
        });
        self.conditions.push(term);
    }

    /// The join. Without the columns of sub-queries its inputs have `widths`, and it makes rows like `output`.
    fn build(self, temporal: Option<Temporal>, widths: [usize; 2], output: RowType) -> LogicalPlan {
        let AskingJoin { left, right, join_type, conditions } = self;
        let row = joined_row(left.output(), right.output(), join_type);
        let (width, is_wider) = (left.output().len(), row.len() > output.len());
        let condition = conjunction(conditions).unwrap_or_else(|| super::boolean(true));
        let (left, right) = (Box::new(left), Box::new(right));
        let own = if is_wider { row } else { output.clone() };
        let join = logical::Join { left, right, join_type, condition, temporal, state_ttl: [None, None], output: own };
        let plan = LogicalPlan::Join(join);
        if !is_wider {
            return plan;
        }
        let columns = identity(plan.output());
        let kept = columns[..widths[0]].iter().chain(&columns[width..width + widths[1]]).cloned();
        plan.project(kept.collect(), output)
    }
}

impl Binder<'_> {
    /// Adds a term of ON that has sub-queries. These may refer to the rows of one of both inputs.
    fn ask(
        &mut self,
        join: &mut AskingJoin,
        term: &ast::Expr,
        sides: &[Scope; 2],
        scope: &Scope,
    ) -> Result<(), SqlError> {
        if join.join_type == JoinType::Inner {
            // They may as well be asked before the join.
            for (is_right, side) in [false, true].into_iter().zip(sides) {
                let input = join.side(is_right).clone();
                if input.output().len() == side.len()
                    && let Ok(asked) = self.where_clause(input, side, term)
                {
                    *(if is_right { &mut join.right } else { &mut join.left }) = asked;
                    return Ok(());
                }
            }
        }
        let widths = [sides[0].len(), sides[1].len()];
        let mut refusal = None;
        for (is_right, side) in [false, true].into_iter().zip(sides) {
            match self.on_term(term, join.side(is_right), side, is_right, scope) {
                Ok((bound, values)) => {
                    join.add(bound, values, is_right, widths);
                    return Ok(());
                }
                Err(error) => refusal = refusal.or(Some(error)),
            }
        }
        let refusal = refusal.expect("it was tried twice");
        Err(refusal.with_hint("a sub-query in ON may refer to the rows of one of both tables only; try WHERE"))
    }

    fn on_term(
        &mut self,
        term: &ast::Expr,
        rows: &LogicalPlan,
        side: &Scope,
        is_right: bool,
        scope: &Scope,
    ) -> Result<(Expr, SubqueryValues), SqlError> {
        let mut values = SubqueryValues::default();
        loop {
            let mut binder = ExprBinder::new(scope, Clause::On, &self.facts);
            binder.subqueries = Some(&values);
            match (binder.bind_condition(term), binder.met_subquery.take()) {
                (Ok(bound), _) => return Ok((bound, values)),
                // What these compare would be a column of the right rows.
                (Err(error), Some(met)) if is_right && !is_standalone(&met) => return Err(error),
                (Err(_), Some(met)) => self.subquery_over(rows, &met, side, Clause::On, None, &mut values)?,
                (Err(error), None) => return Err(error),
            }
        }
    }

    /// The condition of a join; terms with sub-queries are `asked` apart.
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

/// Whether the value of a sub-query depends on nothing but its own rows.
fn is_standalone(expr: &ast::Expr) -> bool {
    matches!(expr.kind, ast::ExprKind::Subquery(_) | ast::ExprKind::Exists(_))
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
