//! WHERE: ordinary terms become a filter, IN and EXISTS with a sub-query become semi and anti joins.

use dataflow::Expr;
use dataflow::operator_spec::JoinType;

use super::Binder;
use super::expr::{Clause, ExprBinder, call, coerce, not_supported};
use super::scope::Scope;
use crate::ast::{self, ExprKind, Query};
use crate::error::SqlError;
use crate::logical::{Join, LogicalPlan, conjunction};

impl Binder<'_> {
    pub(super) fn where_clause(
        &mut self,
        plan: LogicalPlan,
        scope: &Scope,
        condition: &ast::Expr,
    ) -> Result<LogicalPlan, SqlError> {
        let terms = match &condition.kind {
            ExprKind::And(terms) => terms.as_slice(),
            _ => std::slice::from_ref(condition),
        };
        let mut plain = Vec::new();
        let mut joins = Vec::new();
        for term in terms {
            match &term.kind {
                ExprKind::InSubquery { expr, query, negated } => {
                    joins.push((term, Some(expr.as_ref()), query, *negated))
                }
                ExprKind::Exists(query) => joins.push((term, None, query, false)),
                _ => plain.push(ExprBinder::new(scope, Clause::Where, &self.facts).bind_condition(term)?),
            }
        }
        let mut plan = match conjunction(plain) {
            Some(condition) => plan.filter(condition),
            None => plan,
        };
        for (term, value, query, negated) in joins {
            if negated || value.is_none() {
                return Err(not_supported(if negated { "NOT IN with a sub-query" } else { "EXISTS" }, term.span));
            }
            let value =
                value.map(|value| ExprBinder::new(scope, Clause::Where, &self.facts).bind(value)).transpose()?;
            plan = self.in_subquery(plan, value.expect("checked above"), query, term.span)?;
        }
        Ok(plan)
    }

    /// Rows of `plan` for which the value is among the rows of the query.
    fn in_subquery(
        &mut self,
        plan: LogicalPlan,
        value: Expr,
        query: &Query,
        span: ast::Span,
    ) -> Result<LogicalPlan, SqlError> {
        let right = self.query(query)?;
        let [field] = right.output().fields.as_slice() else {
            return Err(SqlError::validation("the sub-query of IN must have one column", query.span));
        };
        let width = plan.output().len();
        let other = Expr::column(width, field.ty.clone());
        let common = super::query::common_type(&[value.ty.clone(), other.ty.clone()]).ok_or_else(|| {
            SqlError::validation("Values passed to IN operator must have compatible types", span)
                .with_detail(format!("{} and {}", value.ty, other.ty))
        })?;
        let condition = call("=", vec![coerce(value, &common), coerce(other, &common)], span)?;
        let output = plan.output().clone();
        Ok(LogicalPlan::Join(Join {
            left: Box::new(plan),
            right: Box::new(right),
            join_type: JoinType::Semi,
            condition,
            output,
        }))
    }
}
