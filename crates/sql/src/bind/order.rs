//! ORDER BY, LIMIT, OFFSET and FETCH of a query.

use std::borrow::Cow;

use dataflow::operator_spec::SortField;
use dataflow::{Expr, ExprKind, Field, Literal, RowType};

use super::Binder;
use super::expr::{Clause, ExprBinder, not_supported};
use super::over::nulls_first;
use super::scope::Scope;
use crate::ast::{self, OrderItem, Query, SetExprKind};
use crate::error::SqlError;
use crate::logical::{LogicalPlan, Sort, identity};

impl Binder<'_> {
    /// The body of a query with its order and limit. The order of a sub-query means nothing where it has no limit, and is left out.
    pub(super) fn ordered(&mut self, query: &Query, is_top: bool) -> Result<LogicalPlan, SqlError> {
        let is_limited = query.limit.is_some() || query.offset.is_some();
        let order_by = if is_top || is_limited { query.order_by.as_slice() } else { &[] };
        let (plan, width, order) = match &query.body.kind {
            SetExprKind::Select(select) => {
                let selected = self.select(select, order_by)?;
                (selected.plan, selected.width, selected.order)
            }
            SetExprKind::Query(inner) if query.order_by.is_empty() && !is_limited && is_top => {
                let plan = self.top_query(inner)?;
                let width = plan.output().len();
                (plan, width, Vec::new())
            }
            _ => {
                let plan = self.set_expr(&query.body)?;
                let width = plan.output().len();
                let (plan, order) = self.order_of_rows(plan, order_by)?;
                (plan, width, order)
            }
        };
        if order.is_empty() && !is_limited {
            return Ok(plan);
        }
        let field = |(&column, item): (&usize, &OrderItem)| SortField {
            column,
            descending: item.descending,
            nulls_first: nulls_first(item),
        };
        let offset = self.number_of_rows(query.offset.as_ref(), "OFFSET")?.unwrap_or(0);
        let fetch = self.number_of_rows(query.limit.as_ref(), "LIMIT")?;
        let bounds = query.limit.as_ref().or(query.offset.as_ref()).map(|expr| expr.span);
        let span = order_by.first().map(|item| item.span).or(bounds).unwrap_or(query.span);
        let fields = order.iter().zip(order_by).map(field).collect();
        let columns = identity(plan.output())[..width].to_vec();
        let output = RowType::new(plan.output().fields[..width].to_vec());
        let is_wider = plan.output().len() > width;
        let plan = LogicalPlan::Sort(Sort { input: Box::new(plan), order: fields, offset, fetch, span });
        Ok(if is_wider { plan.project(columns, output) } else { plan })
    }

    /// The columns that rows of a set operation, or of VALUES, are ordered by; those that are computed stand behind the others.
    fn order_of_rows(
        &mut self,
        plan: LogicalPlan,
        order_by: &[OrderItem],
    ) -> Result<(LogicalPlan, Vec<usize>), SqlError> {
        let width = plan.output().len();
        let mut exprs = identity(plan.output());
        let scope = Scope::of_table(Vec::new(), plan.output());
        let mut order = Vec::with_capacity(order_by.len());
        for item in order_by {
            if let Some(column) = ordinal(item, width)? {
                order.push(column);
                continue;
            }
            let key = ExprBinder::new(&scope, Clause::Select, &self.facts).bind(&item.expr)?;
            order.push(exprs.iter().position(|known| *known == key).unwrap_or_else(|| {
                exprs.push(key);
                exprs.len() - 1
            }));
        }
        if exprs.len() == width {
            return Ok((plan, order));
        }
        let computed = exprs[width..].iter().enumerate();
        let computed = computed.map(|(index, expr)| Field::new(format!("EXPR${}", width + index), expr.ty.clone()));
        let output = RowType::new(plan.output().fields.iter().cloned().chain(computed).collect());
        Ok((plan.project(exprs, output), order))
    }

    /// What EXISTS asks: which row comes first, and that only so many come, changes nothing about whether there is one.
    pub(super) fn without_limit<'q>(&self, query: &'q Query) -> Cow<'q, Query> {
        let is_useless = query.offset.is_none()
            && query.limit.is_some()
            && matches!(self.number_of_rows(query.limit.as_ref(), "LIMIT"), Ok(Some(1..)));
        match is_useless {
            true => Cow::Owned(Query { limit: None, order_by: Vec::new(), ..query.clone() }),
            false => Cow::Borrowed(query),
        }
    }

    fn number_of_rows(&self, expr: Option<&ast::Expr>, word: &str) -> Result<Option<u64>, SqlError> {
        let Some(expr) = expr else { return Ok(None) };
        let scope = Scope::default();
        let bound: Expr = ExprBinder::new(&scope, Clause::Values, &self.facts).bind(expr)?;
        match bound.kind {
            ExprKind::Literal(Literal::Int(rows)) if rows >= 0 => Ok(Some(rows as u64)),
            _ => Err(not_supported(&format!("{word} of anything but a number"), expr.span)),
        }
    }
}

/// The column that a number in ORDER BY stands for.
pub(super) fn ordinal(item: &OrderItem, width: usize) -> Result<Option<usize>, SqlError> {
    let ast::ExprKind::Literal(ast::Literal::Exact(text)) = &item.expr.kind else { return Ok(None) };
    match text.parse::<usize>() {
        Ok(number @ 1..) if number <= width => Ok(Some(number - 1)),
        Ok(_) => Err(SqlError::validation("Ordinal out of range", item.span)),
        Err(_) => Ok(None),
    }
}
