//! Sub-queries used as values: scalar ones, and IN, EXISTS, ANY and ALL wherever a BOOLEAN may stand.
//!
//! Each becomes one or two joins with aggregates of the sub-query. What equals an expression over the outer row in the sub-query's WHERE becomes
//! a key of these aggregates, and the join is by it. As in Flink, an aggregate without keys has no row before the first one comes.

use dataflow::operator_spec::JoinType;
use dataflow::{AggregateCall, Expr, ExprKind, Field, Literal, LogicalType, RowType, TypeKind};

use super::Binder;
use super::expr::{Clause, ExprBinder, call, case_of, not_supported};
use super::groups::Groups;
use super::join::joined_row;
use super::query::distinct;
use super::scope::Scope;
use super::subquery::{plain_select, subquery_term, terms};
use super::subquery_values::SubqueryValues;
use crate::ast::{
    self, BinaryOp, GroupItem, QuantifiedOperand, Quantifier, Query, Select, SelectItem, SetExprKind, SetQuantifier,
    Span,
};
use crate::error::SqlError;
use crate::logical::{Aggregate, Join, LogicalPlan, NULL_SAFE_EQUALS, conjunction, identity, substitute};

/// The rows of a sub-query, made independent of the outer row.
struct Rows {
    /// The keys, then the columns.
    plan: LogicalPlan,
    /// Expressions over the outer row that the keys equal.
    outer: Vec<Expr>,
    /// How they equal them.
    equality: &'static str,
}

/// FROM and WHERE of a sub-query that refers to the outer row.
struct Correlated {
    plan: LogicalPlan,
    scope: Scope,
    /// Expressions over the plan that equal those over the outer row.
    inner: Vec<Expr>,
    outer: Vec<Expr>,
    /// How they equal them.
    equality: &'static str,
}

impl Binder<'_> {
    /// Binds a sub-query of an expression over these rows. With `groups`, the expression stands above an aggregation of them.
    pub(super) fn subquery_over(
        &mut self,
        rows: &LogicalPlan,
        expr: &ast::Expr,
        scope: &Scope,
        clause: Clause,
        groups: Option<&mut Groups>,
        values: &mut SubqueryValues,
    ) -> Result<(), SqlError> {
        let around = self.outer_rows.replace(rows.clone());
        let bound = self.subquery_value(expr, scope, clause, groups, values);
        self.outer_rows = around;
        bound
    }

    fn subquery_value(
        &mut self,
        expr: &ast::Expr,
        scope: &Scope,
        clause: Clause,
        mut groups: Option<&mut Groups>,
        values: &mut SubqueryValues,
    ) -> Result<(), SqlError> {
        let span = expr.span;
        let compared = |left: &ast::Expr, groups: &mut Option<&mut Groups>| {
            let mut binder = ExprBinder::new(scope, clause, &self.facts);
            binder.groups = groups.as_deref_mut();
            binder.bind(left)
        };
        let value = match &expr.kind {
            ast::ExprKind::Subquery(query) => self.scalar(query, scope, groups.as_deref(), values, span)?,
            ast::ExprKind::Exists(query) => self.exists(query, scope, groups.as_deref(), values, span)?,
            ast::ExprKind::InSubquery { expr: left, query, negated } => {
                let left = compared(left, &mut groups)?;
                let found = self.among(left, query, scope, groups.as_deref(), values, span)?;
                if *negated { call("NOT", vec![found], span)? } else { found }
            }
            ast::ExprKind::Quantified { left, op, quantifier, operand: QuantifiedOperand::Query(query) } => {
                let left = compared(left, &mut groups)?;
                match (op, quantifier) {
                    (BinaryOp::Eq, Quantifier::Any) => {
                        self.among(left, query, scope, groups.as_deref(), values, span)?
                    }
                    (BinaryOp::NotEq, Quantifier::All) => {
                        let found = self.among(left, query, scope, groups.as_deref(), values, span)?;
                        call("NOT", vec![found], span)?
                    }
                    _ => {
                        let rows = self.rows(query, scope)?;
                        self.quantified(left, *op, *quantifier, rows, groups.as_deref(), values, span)?
                    }
                }
            }
            _ => return Err(not_supported("ANY or ALL of a list", span)),
        };
        values.insert(span, value);
        Ok(())
    }

    fn scalar(
        &mut self,
        query: &Query,
        scope: &Scope,
        groups: Option<&Groups>,
        values: &mut SubqueryValues,
        span: Span,
    ) -> Result<Expr, SqlError> {
        if let Some(select) = plain_select(query)
            && let Some(body) = self.correlated(select, scope)?
            && let Some(value) = self.correlated_aggregate(select, body, groups, values, span)?
        {
            return Ok(value);
        }
        let Rows { mut plan, outer, equality } = self.rows(query, scope)?;
        let keys = outer.len();
        if plan.output().len() != keys + 1 {
            return Err(SqlError::validation("a sub-query used as a value must return one column", span));
        }
        if keys > 0 || !has_one_row(&plan) {
            plan = aggregate(plan, keys, vec![("SINGLE_VALUE", vec![keys], None)]);
        }
        let columns = keyed_join(plan, JoinType::Left, (equality, outer), groups, values, span)?;
        Ok(columns[keys].clone())
    }

    /// A single row of aggregates for each key. `None` when the select list has no aggregate.
    fn correlated_aggregate(
        &mut self,
        select: &Select,
        body: Correlated,
        groups: Option<&Groups>,
        values: &mut SubqueryValues,
        span: Span,
    ) -> Result<Option<Expr>, SqlError> {
        let [SelectItem::Expr { expr: item, .. }] = select.items.as_slice() else {
            return Ok(None);
        };
        let mut binder = ExprBinder::new(&body.scope, Clause::Select, &self.facts);
        if binder.bind(item).is_ok() || !binder.met_aggregate {
            return Ok(None);
        }
        let mut keyed = Groups::new(body.inner, None);
        let mut binder = ExprBinder::new(&body.scope, Clause::Select, &self.facts);
        binder.groups = Some(&mut keyed);
        let mut item = [binder.bind(item)?];
        let plan = keyed.build(body.plan, &mut item, &[]);
        let LogicalPlan::Aggregate(node) = &plan else {
            unreachable!("a GROUP BY without a window makes an Aggregate")
        };
        let calls: Vec<bool> = node.calls.iter().map(|call| call.function == "COUNT").collect();
        let keys = node.keys.len();
        let mut columns = keyed_join(plan, JoinType::Left, (body.equality, body.outer), groups, values, span)?;
        // No row means that nothing was counted.
        for (column, _) in columns[keys..].iter_mut().zip(&calls).filter(|(_, is_count)| **is_count) {
            let none = call("IS NULL", vec![column.clone()], span)?;
            *column = case_of(vec![(none, zero())], column.clone(), span)?;
        }
        Ok(Some(nullable(substitute(&item[0], &columns))))
    }

    fn exists(
        &mut self,
        query: &Query,
        scope: &Scope,
        groups: Option<&Groups>,
        values: &mut SubqueryValues,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let Rows { plan, outer, equality } = self.rows(&self.without_limit(query), scope)?;
        let keys = outer.len();
        let plan = if keys == 0 {
            aggregate(projected(plan, vec![super::boolean(true)]), 0, vec![("MIN", vec![0], None)])
        } else {
            let mut columns = identity(plan.output());
            columns.truncate(keys);
            let by_key = distinct(projected(plan, columns));
            let mut columns = identity(by_key.output());
            columns.push(super::boolean(true));
            projected(by_key, columns)
        };
        let columns = keyed_join(plan, JoinType::Left, (equality, outer), groups, values, span)?;
        call("IS NOT NULL", vec![columns[keys].clone()], span)
    }

    /// `left IN (query)`: unknown when it is not found and NULL is among what was compared.
    fn among(
        &mut self,
        left: Expr,
        query: &Query,
        scope: &Scope,
        groups: Option<&Groups>,
        values: &mut SubqueryValues,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let Rows { plan, outer, equality } = self.rows(query, scope)?;
        let keys = outer.len();
        if plan.output().len() != keys + 1 {
            return Err(not_supported("IN with several columns here", span));
        }
        let counts = aggregate(plan.clone(), keys, vec![("COUNT", vec![], None), ("COUNT", vec![keys], None)]);
        let kind = if keys == 0 { JoinType::Inner } else { JoinType::Left };
        let counts = keyed_join(counts, kind, (equality, outer.clone()), groups, values, span)?;
        let mut exprs = identity(plan.output());
        exprs.push(super::boolean(true));
        let found = projected(distinct(plan), exprs);
        let (outer, value) = (grouped(outer, groups, span)?, left.clone());
        let mut terms = Vec::new();
        let mut refusal = None;
        let columns = values.join(found, JoinType::Left, |columns| {
            let outer = outer.into_iter().map(|outer| (equality, outer));
            for ((equality, outer), column) in outer.chain([("=", value)]).zip(columns) {
                match call(equality, vec![outer, column.clone()], span) {
                    Ok(term) => terms.push(term),
                    Err(error) => refusal = Some(error),
                }
            }
            conjunction(terms).unwrap_or_else(|| super::boolean(true))
        });
        if let Some(error) = refusal {
            return Err(error);
        }
        let (all, known) = (counts[keys].clone(), counts[keys + 1].clone());
        let is_null = |expr: Expr| call("IS NULL", vec![expr], span);
        // Where the join finds no count, Flink takes it for unknown, though nothing was compared.
        let is_none = call("=", vec![all.clone(), zero()], span)?;
        let mut branches = vec![(is_none, super::boolean(false))];
        if left.ty.nullable {
            branches.push((is_null(left)?, unknown()));
        }
        branches.push((call("IS NOT NULL", vec![columns[keys + 1].clone()], span)?, super::boolean(true)));
        branches.push((call("<", vec![known, all], span)?, unknown()));
        case_of(branches, super::boolean(false), span)
    }

    /// `left > ANY (query)` and its kin, by the least or greatest value.
    #[allow(clippy::too_many_arguments, reason = "the parts of the expression and where it stands")]
    fn quantified(
        &mut self,
        left: Expr,
        op: BinaryOp,
        quantifier: Quantifier,
        rows: Rows,
        groups: Option<&Groups>,
        values: &mut SubqueryValues,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let is_any = quantifier == Quantifier::Any;
        let (name, extremes): (&str, &[&str]) = match op {
            BinaryOp::Gt => (">", if is_any { &["MIN"] } else { &["MAX"] }),
            BinaryOp::GtEq => (">=", if is_any { &["MIN"] } else { &["MAX"] }),
            BinaryOp::Lt => ("<", if is_any { &["MAX"] } else { &["MIN"] }),
            BinaryOp::LtEq => ("<=", if is_any { &["MAX"] } else { &["MIN"] }),
            BinaryOp::Eq => ("=", &["MIN", "MAX"]),
            BinaryOp::NotEq => ("<>", &["MIN", "MAX"]),
            _ => return Err(not_supported("this operator with ANY or ALL", span)),
        };
        let keys = rows.outer.len();
        if rows.plan.output().len() != keys + 1 {
            return Err(SqlError::validation("a sub-query of ANY or ALL must return one column", span));
        }
        let value_type = Some(rows.plan.output().fields[keys].ty.with_nullable(true));
        let mut calls: Vec<Call<'_>> = vec![("COUNT", vec![], None), ("COUNT", vec![keys], None)];
        calls.extend(extremes.iter().map(|extreme| (*extreme, vec![keys], value_type.clone())));
        let kind = if keys == 0 { JoinType::Inner } else { JoinType::Left };
        let columns = {
            let by = (rows.equality, rows.outer);
            keyed_join(aggregate(rows.plan, keys, calls), kind, by, groups, values, span)?
        };
        let (all, known) = (columns[keys].clone(), columns[keys + 1].clone());
        let holds = |column: &Expr| call(name, vec![left.clone(), column.clone()], span);
        let tests = columns[keys + 2..].iter().map(holds).collect::<Result<Vec<_>, _>>()?;
        let test = match tests.len() {
            1 => tests.into_iter().next().expect("there is one"),
            _ => call(if is_any { "OR" } else { "AND" }, tests, span)?,
        };
        let decided = if is_any { test.clone() } else { call("NOT", vec![test.clone()], span)? };
        let branches = vec![
            (none_of(&all, span)?, super::boolean(!is_any)),
            (decided, super::boolean(is_any)),
            (call("<", vec![known, all], span)?, unknown()),
        ];
        case_of(branches, test, span)
    }

    /// The rows of a sub-query, and what they are joined by.
    fn rows(&mut self, query: &Query, outer: &Scope) -> Result<Rows, SqlError> {
        if let Some((select, by)) = grouped_select(query)
            && let Some(body) = self.correlated(select, outer)?
        {
            return self.grouped_rows(select, &by, body);
        }
        let Some(select) = plain_select(query) else {
            return Ok(Rows { plan: self.query(query)?, outer: Vec::new(), equality: "=" });
        };
        let Some(body) = self.correlated(select, outer)? else {
            return Ok(Rows { plan: self.query(query)?, outer: Vec::new(), equality: "=" });
        };
        let mut exprs = body.inner;
        for item in &select.items {
            match item {
                SelectItem::Expr { expr, .. } => {
                    exprs.push(ExprBinder::new(&body.scope, Clause::Select, &self.facts).bind(expr)?);
                }
                _ => exprs.extend(body.scope.wildcard().into_iter().map(|(_, expr)| expr)),
            }
        }
        let plan = projected(body.plan, exprs);
        let is_distinct = select.quantifier == Some(SetQuantifier::Distinct);
        let plan = if is_distinct { distinct(plan) } else { plan };
        Ok(Rows { plan, outer: body.outer, equality: body.equality })
    }

    /// The groups of a sub-query that refers to the outer row: by what equals it, too.
    fn grouped_rows(&mut self, select: &Select, by: &[&ast::Expr], body: Correlated) -> Result<Rows, SqlError> {
        let keys = body.inner.len();
        let mut group_keys = body.inner;
        for expr in by {
            let key = ExprBinder::new(&body.scope, Clause::GroupBy, &self.facts).bind(expr)?;
            if !group_keys.contains(&key) {
                group_keys.push(key);
            }
        }
        let mut groups = Groups::new(group_keys, None);
        let mut exprs = Vec::new();
        for item in &select.items {
            let SelectItem::Expr { expr, .. } = item else {
                return Err(not_supported(
                    "* in a sub-query with GROUP BY that refers to the row outside",
                    select.span,
                ));
            };
            let mut binder = ExprBinder::new(&body.scope, Clause::Select, &self.facts);
            binder.groups = Some(&mut groups);
            exprs.push(binder.bind(expr)?);
        }
        if let Some(having) = &select.having {
            let mut binder = ExprBinder::new(&body.scope, Clause::Select, &self.facts);
            binder.groups = Some(&mut groups);
            exprs.push(binder.bind_condition(having)?);
        }
        let mut plan = groups.build(body.plan, &mut exprs, &[]);
        if select.having.is_some()
            && let Some(having) = exprs.pop()
        {
            plan = plan.filter(having);
        }
        let mut columns = identity(plan.output());
        columns.truncate(keys);
        columns.extend(exprs);
        Ok(Rows { plan: projected(plan, columns), outer: body.outer, equality: body.equality })
    }

    /// FROM and WHERE; `None` when no term refers to the outer row.
    fn correlated(&mut self, select: &Select, outer: &Scope) -> Result<Option<Correlated>, SqlError> {
        let (Some(from), Some(condition)) = (&select.from, &select.selection) else {
            return Ok(None);
        };
        let (mut plan, scope) = self.table_ref(from)?;
        let (mut inner_keys, mut outer_keys) = (Vec::new(), Vec::new());
        let mut correlated = Vec::new();
        let mut nested = Vec::new();
        for term in terms(condition) {
            let mut binder = ExprBinder::new(&scope, Clause::Where, &self.facts);
            match binder.bind_condition(term) {
                Ok(bound) => plan = plan.filter(bound),
                Err(_) if binder.met_subquery.is_some() || subquery_term(term).is_some() => {
                    match self.where_clause(plan.clone(), &scope, term) {
                        Ok(filtered) => plan = filtered,
                        Err(error) => nested.push((term, error)),
                    }
                }
                Err(error) => {
                    binder.outer = Some(outer);
                    let bound = binder.bind_condition(term).map_err(|_| error)?;
                    if let Some((inside, outside)) = equal_sides(bound.clone(), outer.len()) {
                        inner_keys.push(inside);
                        outer_keys.push(outside);
                    }
                    correlated.push((bound, term.span));
                }
            }
        }
        if let Some((term, error)) = nested.pop() {
            nested.push((term, error.clone()));
            let nested: Vec<&ast::Expr> = nested.into_iter().map(|(term, _)| term).collect();
            // It may be a mistake of its own that has nothing to do with the outer row.
            return self.around_nested(plan, scope, correlated, outer, &nested).map(Some).map_err(|_| error);
        }
        if inner_keys.len() == correlated.len() {
            let body = Correlated { plan, scope, inner: inner_keys, outer: outer_keys, equality: "=" };
            return Ok((!correlated.is_empty()).then_some(body));
        }
        self.with_outer_values(plan, scope, correlated, &[], outer.len()).map(Some)
    }

    /// The rows of a sub-query with `nested` sub-queries that refer to the row outside of it: beside the values of that row, those refer to the row
    /// around them alone.
    fn around_nested(
        &mut self,
        plan: LogicalPlan,
        scope: Scope,
        correlated: Vec<(Expr, Span)>,
        outer: &Scope,
        nested: &[&ast::Expr],
    ) -> Result<Correlated, SqlError> {
        let texts: Vec<String> = nested.iter().map(ToString::to_string).collect();
        let is_named = |index: &usize| texts.iter().any(|text| text.contains(&outer.columns()[*index].name));
        let named: Vec<usize> = (0..outer.len()).filter(is_named).collect();
        let mut body = self.with_outer_values(plan, scope, correlated, &named, outer.len())?;
        let read: Vec<usize> = body.outer.iter().filter_map(column_index).collect();
        let around = body.scope.clone().around(outer, &read);
        for term in nested {
            body.plan = self.where_clause(body.plan, &around, term)?;
        }
        Ok(Correlated { equality: NULL_SAFE_EQUALS, ..body })
    }

    /// The rows of a sub-query once for each combination of values of the outer row that its terms refer to, and of those `named`, which become the
    /// keys.
    fn with_outer_values(
        &self,
        plan: LogicalPlan,
        scope: Scope,
        terms: Vec<(Expr, Span)>,
        named: &[usize],
        width: usize,
    ) -> Result<Correlated, SqlError> {
        let Some(rows) = &self.outer_rows else {
            let span = terms.first().map_or(Span::default(), |(_, span)| *span);
            return Err(not_supported("this reference to the outer row", span)
                .with_hint("compare a column of the sub-query with the outer row by ="));
        };
        let mut read = named.to_vec();
        terms.iter().for_each(|(term, _)| term.for_each_column(&mut |index| read.push(index)));
        read.retain(|&index| index < width);
        read.sort_unstable();
        read.dedup();
        let columns = identity(rows.output());
        let outer: Vec<Expr> = read.iter().map(|&index| columns[index].clone()).collect();
        let values = distinct(projected(rows.clone(), outer.clone()));
        let first = plan.output().len();
        let place = |index: usize| {
            if index < width { first + read.partition_point(|&other| other < index) } else { index - width }
        };
        let terms = terms.into_iter().map(|(mut term, _)| {
            term.map_columns(&mut |index| place(index));
            term
        });
        let condition = conjunction(terms.collect()).unwrap_or_else(|| super::boolean(true));
        let output = joined_row(plan.output(), values.output(), JoinType::Inner);
        let inner = identity(&output)[first..].to_vec();
        let (left, right) = (Box::new(plan), Box::new(values));
        let join = Join {
            left,
            right,
            join_type: JoinType::Inner,
            condition,
            temporal: None,
            state_ttl: [None, None],
            output,
        };
        Ok(Correlated { plan: LogicalPlan::Join(join), scope, inner, outer, equality: "=" })
    }
}

/// `inner = outer`, apart; the columns of the outer row come first.
pub(super) fn equal_sides(term: Expr, width: usize) -> Option<(Expr, Expr)> {
    let ExprKind::Call { function, args } = term.kind else {
        return None;
    };
    let [a, b]: [Expr; 2] = args.try_into().ok()?;
    let is_outer = |expr: &Expr| {
        let (mut inside, mut outside) = (false, false);
        expr.for_each_column(&mut |index| if index < width { outside = true } else { inside = true });
        (inside != outside).then_some(outside)
    };
    let (mut inner, outer) = match (function.as_str(), is_outer(&a)?, is_outer(&b)?) {
        ("=", true, false) => (b, a),
        ("=", false, true) => (a, b),
        _ => return None,
    };
    inner.map_columns(&mut |index| index - width);
    Some((inner, outer))
}

/// Joins the keys, which come first, with what they equal; the columns as they are above.
fn keyed_join(
    plan: LogicalPlan,
    join_type: JoinType,
    (equality, outer): (&str, Vec<Expr>),
    groups: Option<&Groups>,
    values: &mut SubqueryValues,
    span: Span,
) -> Result<Vec<Expr>, SqlError> {
    let outer = grouped(outer, groups, span)?;
    let equal = |(outer, column): (Expr, &Expr)| {
        let nullable = equality == "=" && (outer.ty.nullable || column.ty.nullable);
        Expr::call(equality, vec![outer, column.clone()], TypeKind::Boolean.not_null().with_nullable(nullable))
    };
    Ok(values.join(plan, join_type, |columns| {
        conjunction(outer.into_iter().zip(columns).map(equal).collect()).unwrap_or_else(|| super::boolean(true))
    }))
}

/// Expressions over the outer row as they are above its aggregation.
fn grouped(outer: Vec<Expr>, groups: Option<&Groups>, span: Span) -> Result<Vec<Expr>, SqlError> {
    let Some(groups) = groups else { return Ok(outer) };
    let key = |expr: Expr| {
        groups.key_of(&expr).ok_or_else(|| {
            SqlError::validation("a sub-query refers to an outer column that is not being grouped", span)
        })
    };
    outer.into_iter().map(key).collect()
}

fn column_index(expr: &Expr) -> Option<usize> {
    match expr.kind {
        ExprKind::Column(index) => Some(index),
        _ => None,
    }
}

/// Function, arguments, and the result's type unless it is BIGINT, or the nullable type of the argument for SINGLE_VALUE and MIN.
type Call<'a> = (&'a str, Vec<usize>, Option<LogicalType>);

/// Aggregates by the first columns.
fn aggregate(input: LogicalPlan, keys: usize, calls: Vec<Call<'_>>) -> LogicalPlan {
    let mut fields: Vec<Field> = input.output().fields[..keys].to_vec();
    let mut made = Vec::with_capacity(calls.len());
    for (function, args, ty) in calls {
        let ty = ty.unwrap_or_else(|| match (function, args.as_slice()) {
            ("COUNT", _) | (_, []) => TypeKind::BigInt.not_null(),
            (_, [arg, ..]) => input.output().fields[*arg].ty.with_nullable(true),
        });
        let ty = ty.without_time_attribute();
        fields.push(Field::new(format!("$f{}", fields.len()), ty.clone()));
        made.push(AggregateCall { function: function.to_owned(), args, distinct: false, filter: None, ty });
    }
    let output = RowType::new(fields);
    LogicalPlan::Aggregate(Aggregate {
        split: None,
        input: Box::new(input),
        keys: (0..keys).collect(),
        calls: made,
        state_ttl: None,
        output,
    })
}

fn projected(plan: LogicalPlan, exprs: Vec<Expr>) -> LogicalPlan {
    let name = |(index, expr): (usize, &Expr)| match expr.kind {
        ExprKind::Column(column) => plan.output().fields[column].name.clone(),
        _ => format!("$f{index}"),
    };
    let names = super::select::unique_names(exprs.iter().enumerate().map(name).collect());
    let fields = names.into_iter().zip(&exprs).map(|(name, expr)| Field::new(name, expr.ty.clone())).collect();
    plan.project(exprs, RowType::new(fields))
}

/// Whether a plan has one row at most whatever its tables hold.
fn has_one_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Project(node) => has_one_row(&node.input),
        LogicalPlan::Filter(node) => has_one_row(&node.input),
        LogicalPlan::Aggregate(node) => node.keys.is_empty(),
        LogicalPlan::Values(node) => node.rows.len() <= 1,
        _ => false,
    }
}

/// Whether nothing was counted; a join without a match has NULL for the count.
fn none_of(count: &Expr, span: Span) -> Result<Expr, SqlError> {
    let is_zero = call("=", vec![count.clone(), zero()], span)?;
    if !count.ty.nullable {
        return Ok(is_zero);
    }
    call("OR", vec![call("IS NULL", vec![count.clone()], span)?, is_zero], span)
}

fn zero() -> Expr {
    Expr::literal(Literal::Int(0), TypeKind::BigInt.not_null())
}

fn unknown() -> Expr {
    Expr::literal(Literal::Null, TypeKind::Boolean.nullable())
}

fn nullable(mut expr: Expr) -> Expr {
    expr.ty = expr.ty.with_nullable(true);
    expr
}

/// A SELECT with GROUP BY of expressions, and these; one with HAVING alone groups by none.
fn grouped_select(query: &Query) -> Option<(&Select, Vec<&ast::Expr>)> {
    let is_bare = query.with.is_none() && query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none();
    let SetExprKind::Select(select) = &query.body.kind else {
        return None;
    };
    if !is_bare || select.qualify.is_some() || select.quantifier.is_some() {
        return None;
    }
    let Some(by) = &select.group_by else {
        return select.having.is_some().then_some((select, Vec::new()));
    };
    let exprs = by.items.iter().map(|item| match item {
        GroupItem::Expr(expr) => Some(expr),
        _ => None,
    });
    Some((select, exprs.collect::<Option<Vec<_>>>()?))
}
