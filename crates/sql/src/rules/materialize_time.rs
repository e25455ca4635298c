//! Time attributes: where an operator cannot keep the promise that watermarks refer to a column, the column becomes an ordinary timestamp.
//!
//! Regular joins and the keys of aggregations lose time attributes, but for the time of the window that is aggregated; projections of the bare
//! column, filters, unions of the same attribute, window functions and interval joins keep them. Windows are checked here, because only here it is
//! known whether their column still is a time attribute.

use dataflow::operator_spec::WindowProperty;
use dataflow::{Expr, ExprKind, Field, RowType, TimeAttribute};

use crate::ast::Span;
use crate::bind::{group_window_without_time, not_a_time_attribute};
use crate::catalog::with_time_attribute;
use crate::error::SqlError;
use crate::logical::{
    Direction, Join, LogicalPlan, LogicalWindow, OverAggregate, Rank, identity, time_attribute_of, window_columns,
    window_of,
};

use super::recognize_windows::window_time_keys;

/// Settles the time attributes of all fields.
pub(super) fn materialize_time(plan: LogicalPlan) -> Result<LogicalPlan, SqlError> {
    plan.rewrite_up(&mut settle)
}

fn settle(mut plan: LogicalPlan) -> Result<LogicalPlan, SqlError> {
    let below: Vec<RowType> = plan.inputs().iter().map(|input| input.output().clone()).collect();
    match &mut plan {
        LogicalPlan::Scan(_) | LogicalPlan::Values(_) | LogicalPlan::Expand(_) => {}
        LogicalPlan::Project(node) => {
            for (expr, field) in node.exprs.iter_mut().zip(&mut node.output.fields) {
                retype(expr, &below[0]);
                expr.ty = with_time_attribute(&expr.ty, time_attribute_of(expr));
                field.ty = expr.ty.clone();
            }
        }
        LogicalPlan::Filter(node) => retype(&mut node.condition, &below[0]),
        LogicalPlan::Join(node) => {
            let both = RowType::new(below.iter().flat_map(|row| row.fields.clone()).collect());
            retype(&mut node.condition, &both);
            let kept = kept_times(node, &below[0], &below[1])?;
            if kept == 0 {
                *node.left = without_times(node.left.take());
                *node.right = without_times(node.right.take());
            }
            keep_times(&mut node.output.fields[..kept], &both);
            forget(&mut node.output.fields[kept..]);
        }
        LogicalPlan::Unnest(node) => {
            retype(&mut node.collection, &below[0]);
            for (field, settled) in node.output.fields.iter_mut().zip(&below[0].fields) {
                field.ty = settled.ty.clone();
            }
        }
        LogicalPlan::OverAggregate(OverAggregate { output, .. }) | LogicalPlan::Rank(Rank { output, .. }) => {
            for (field, settled) in output.fields.iter_mut().zip(&below[0].fields) {
                field.ty = settled.ty.clone();
            }
        }
        LogicalPlan::Changelog(node) => {
            let kept: Vec<&Field> = match &node.direction {
                Direction::ToRows { .. } => below[0].fields.iter().collect(),
                Direction::FromRows { op, .. } => below[0]
                    .fields
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| index != op)
                    .map(|(_, field)| field)
                    .collect(),
            };
            let first = node.output.len() - kept.len();
            for (field, settled) in node.output.fields[first..].iter_mut().zip(kept) {
                field.ty = settled.ty.clone();
            }
        }
        LogicalPlan::Match(node) => {
            let conditions = node.pattern.iter_mut().filter_map(|variable| variable.condition.as_mut());
            for expression in node.measures.iter_mut().chain(conditions) {
                let columns = expression.columns(&below[0]);
                retype(&mut expression.expression, &columns);
                let attribute = time_attribute_of(&expression.expression);
                expression.expression.ty = with_time_attribute(&expression.expression.ty, attribute);
            }
            let keys = node.partition.iter().map(|&column| below[0].fields[column].ty.clone());
            let measures = node.measures.iter().map(|measure| measure.expression.ty.clone());
            node.output.fields.iter_mut().zip(keys.chain(measures)).for_each(|(field, ty)| field.ty = ty);
        }
        LogicalPlan::Sort(_) => {}
        LogicalPlan::Aggregate(node) => {
            forget(&mut node.output.fields);
            let times = window_time_keys(node);
            if times.is_empty() && window_of(&node.input).is_none() {
                *node.input = without_times(node.input.take());
            }
            for key in times {
                node.output.fields[key].ty = below[0].fields[node.keys[key]].ty.clone();
            }
        }
        LogicalPlan::WindowAggregate(node) => {
            if !settle_window(&mut node.window, &below[0]) {
                return Err(match node.is_legacy {
                    true => group_window_without_time(&node.window.ty),
                    false => not_a_time_attribute(&node.window.ty, Span::default()),
                });
            }
            let first = node.keys.len() + node.calls.len();
            forget(&mut node.output.fields[..first]);
            for (property, field) in node.properties.iter().zip(&mut node.output.fields[first..]) {
                if *property == WindowProperty::Rowtime && !node.window.is_rowtime() && node.is_legacy {
                    let message = "A proctime window cannot provide a rowtime attribute.";
                    return Err(SqlError::validation(message, Span::default()));
                }
                let ty = node.window.property_type(*property);
                field.ty = if node.is_legacy { ty } else { ty.with_nullable(false) };
            }
        }
        LogicalPlan::WindowTableFunction(node) => {
            if !settle_window(&mut node.window, &below[0]) {
                return Err(not_a_time_attribute(&node.window.ty, node.span));
            }
            let mut fields = below[0].fields.clone();
            fields.extend(window_columns(&node.window).fields);
            for (field, settled) in node.output.fields.iter_mut().zip(fields) {
                field.ty = settled.ty;
            }
        }
        LogicalPlan::Union(node) => {
            for (index, field) in node.output.fields.iter_mut().enumerate() {
                let first = below[0].fields[index].ty.time_attribute();
                if below.iter().any(|row| row.fields[index].ty.time_attribute() != first)
                    || first == TimeAttribute::None
                {
                    field.ty = field.ty.without_time_attribute();
                }
            }
        }
    }
    Ok(plan)
}

/// The rows with times of events as ordinary columns, where there are any.
fn without_times(plan: LogicalPlan) -> LogicalPlan {
    let is_time = |field: &Field| field.ty.time_attribute() == TimeAttribute::Rowtime;
    if !plan.output().fields.iter().any(is_time) {
        return plan;
    }
    let mut output = plan.output().clone();
    for field in output.fields.iter_mut().filter(|field| is_time(field)) {
        field.ty = field.ty.without_time_attribute();
    }
    let exprs = identity(&output);
    plan.project(exprs, output)
}

/// To how many of the columns the watermark still refers behind this join, when it referred to them below.
fn kept_times(join: &mut Join, left: &RowType, right: &RowType) -> Result<usize, SqlError> {
    if let Some(temporal) = &mut join.temporal {
        if left.fields[temporal.left].ty.time_attribute() == TimeAttribute::Rowtime {
            temporal.right = Some(version_time(right)?);
        }
        return Ok(left.len());
    }
    let is_bound_to_time = join.interval().is_some() || join.same_window().is_some();
    Ok(if is_bound_to_time { join.output.len() } else { 0 })
}

/// The column of a versioned table that says from when on a row is valid.
fn version_time(table: &RowType) -> Result<usize, SqlError> {
    let time = table.fields.iter().position(|field| field.ty.time_attribute() == TimeAttribute::Rowtime);
    time.ok_or_else(|| {
        let message = "Event-Time Temporal Table Join requires both primary key and row time attribute in versioned table, but no row time attribute can be found.";
        SqlError::validation(message, Span::default()).with_hint("declare a WATERMARK for the table")
    })
}

/// Gives the columns the time attributes that they have below.
fn keep_times(fields: &mut [Field], below: &RowType) {
    for (field, below) in fields.iter_mut().zip(&below.fields) {
        field.ty = below.ty.with_nullable(field.ty.nullable);
    }
}

/// Gives the window the type its column has; whether that is a time attribute.
fn settle_window(window: &mut LogicalWindow, input: &RowType) -> bool {
    if window.is_attached {
        return true;
    }
    if let Some(column) = window.column {
        window.ty = input.fields[column].ty.clone();
    }
    window.ty.time_attribute() != TimeAttribute::None
}

/// Gives every column of the expression the type it has in `input`, apart from nullability.
fn retype(expr: &mut Expr, input: &RowType) {
    if let ExprKind::Column(index) = expr.kind {
        expr.ty = input.fields[index].ty.with_nullable(expr.ty.nullable);
    }
    for child in expr.children_mut() {
        retype(child, input);
    }
    if !matches!(expr.kind, ExprKind::Column(_)) {
        expr.ty = with_time_attribute(&expr.ty, time_attribute_of(expr));
    }
}

fn forget(fields: &mut [Field]) {
    for field in fields {
        field.ty = field.ty.without_time_attribute();
    }
}
