//! UNNEST in FROM: the elements of a collection of the rows to its left, or of a constant.

use dataflow::{Expr, ExprKind, Field, Literal, LogicalType, RowType, TypeKind};

use super::Binder;
use super::expr::{Clause, ExprBinder, not_supported};
use super::query::rename;
use super::scope::Scope;
use super::select::{one_row, unique_names};
use crate::ast::{self, JoinCondition, JoinKind, Span, TableRef, TableRefKind};
use crate::error::SqlError;
use crate::logical::{LogicalPlan, Unnest};

/// The name of a column that is no field of a ROW.
const VALUE: &str = "EXPR$0";

impl Binder<'_> {
    /// `FROM UNNEST(...)`
    pub(super) fn unnest_alone(&mut self, table: &TableRef) -> Result<(LogicalPlan, Scope), SqlError> {
        self.unnest(one_row(), Scope::default(), table, false)
    }

    /// `left JOIN UNNEST(...)`
    pub(super) fn join_unnest(
        &mut self,
        left: LogicalPlan,
        scope: Scope,
        join: &ast::Join,
        span: Span,
    ) -> Result<(LogicalPlan, Scope), SqlError> {
        let outer = match join.kind {
            JoinKind::Comma | JoinKind::Cross | JoinKind::Inner => false,
            JoinKind::Left => true,
            _ => return Err(SqlError::validation("UNNEST can be joined by CROSS, INNER or LEFT JOIN only", span)),
        };
        let (plan, scope) = self.unnest(left, scope, &join.right, outer)?;
        match &join.condition {
            JoinCondition::None if !join.natural => Ok((plan, scope)),
            JoinCondition::On(condition) => {
                let bound = ExprBinder::new(&scope, Clause::On, &self.facts).bind_condition(condition)?;
                let is_true = bound.kind == ExprKind::Literal(Literal::Boolean(true));
                match (is_true, outer) {
                    (true, _) => Ok((plan, scope)),
                    (false, false) => Ok((plan.filter(bound), scope)),
                    (false, true) => Err(not_supported("a LEFT JOIN of UNNEST with a condition", condition.span)
                        .with_hint("write ON TRUE")),
                }
            }
            _ => Err(not_supported("USING or NATURAL with UNNEST", span)),
        }
    }

    fn unnest(
        &mut self,
        left: LogicalPlan,
        scope: Scope,
        table: &TableRef,
        outer: bool,
    ) -> Result<(LogicalPlan, Scope), SqlError> {
        let TableRefKind::Unnest { collections, with_ordinality } = &table.kind else {
            unreachable!("callers looked");
        };
        let [collection] = collections.as_slice() else {
            return Err(not_supported("UNNEST of several collections", table.span));
        };
        let bound = ExprBinder::new(&scope, Clause::Select, &self.facts).bind(collection)?;
        let mut fields = element_fields(&bound, collection.span)?;
        // A single value is known by the name of its table.
        if let ([field], Some(alias)) = (fields.as_mut_slice(), &table.alias)
            && field.name == VALUE
        {
            field.name = alias.name.value.clone();
        }
        if *with_ordinality {
            fields.push(Field::new("ORDINALITY", TypeKind::Int.not_null()));
        }
        let element = RowType::new(fields);
        // The aliases of the columns are checked as those of any table.
        let names = match &table.alias {
            None => element,
            Some(alias) => {
                let values = crate::logical::Values { rows: Vec::new(), output: element };
                rename(LogicalPlan::Values(values), &alias.columns, table.span)?.output().clone()
            }
        };
        let qualifier = table.alias.as_ref().map_or_else(Vec::new, |alias| vec![alias.name.value.clone()]);
        let padded = |field: &Field| Field::new(&field.name, field.ty.with_nullable(field.ty.nullable || outer));
        let right = RowType::new(names.fields.iter().map(padded).collect());
        let mut fields = left.output().fields.clone();
        fields.extend(right.fields.iter().cloned());
        let unique = unique_names(fields.iter().map(|field| field.name.clone()).collect());
        fields.iter_mut().zip(unique).for_each(|(field, name)| field.name = name);
        let output = RowType::new(fields);
        let scope = scope.join(Scope::of_table(qualifier, &right), &output);
        let plan = LogicalPlan::Unnest(Unnest {
            input: Box::new(left),
            collection: bound,
            outer,
            with_ordinality: *with_ordinality,
            output,
        });
        Ok((plan, scope))
    }
}

/// The columns that an element makes.
fn element_fields(collection: &Expr, span: Span) -> Result<Vec<Field>, SqlError> {
    let of_element = |element: &LogicalType| match &element.kind {
        TypeKind::Row(row) => {
            let field =
                |field: &Field| Field::new(&field.name, field.ty.with_nullable(field.ty.nullable || element.nullable));
            row.fields.iter().map(field).collect()
        }
        _ => vec![Field::new(VALUE, element.clone())],
    };
    match &collection.ty.kind {
        TypeKind::Array(element) | TypeKind::Multiset(element) => Ok(of_element(element)),
        TypeKind::Map(key, value) => {
            Ok(vec![Field::new("KEY", key.as_ref().clone()), Field::new("VALUE", value.as_ref().clone())])
        }
        _ => Err(SqlError::validation(
            format!("Cannot apply 'UNNEST' to arguments of type 'UNNEST(<{}>)'", collection.ty),
            span,
        )
        .with_detail("Supported form(s): UNNEST(<ARRAY>), UNNEST(<MAP>), UNNEST(<MULTISET>)")),
    }
}
