//! An aggregation grouped by the bounds of windows that its rows are in already, behind another window operator: it emits when a window closes, too.

use dataflow::operator_spec::{WindowAssigner, WindowProperty};
use dataflow::{Expr, Field, Literal, RowType, TypeKind};

use crate::logical::{Aggregate, LogicalPlan, LogicalWindow, WindowAggregate, WindowColumns, identity, window_of};

/// The aggregation as a windowed one when both bounds of a window are among its keys. The start is a key; the end is the window's.
pub(super) fn over_bounds(node: Aggregate) -> LogicalPlan {
    let found = window_of(&node.input).and_then(|columns| {
        let end = end_key(&node, &columns)?;
        Some((columns, end))
    });
    let Some((columns, end)) = found else { return LogicalPlan::Aggregate(node) };
    let Some(assigner) = ends_of(columns.window.assigner) else { return LogicalPlan::Aggregate(node) };
    let width = node.input.output().len();
    let end_column = node.keys[end];
    let mut exprs = identity(node.input.output());
    let end_type = exprs[end_column].ty.clone();
    // A row belongs to the window of its last millisecond.
    let millisecond = Expr::literal(Literal::Int(1), TypeKind::IntervalDayTime.not_null());
    exprs.push(Expr::call("-", vec![exprs[end_column].clone(), millisecond], end_type.clone()));
    let mut fields = node.input.output().fields.clone();
    fields.push(Field::new("window_time", end_type));
    let window = LogicalWindow { column: Some(width), assigner, is_attached: true, ..columns.window };
    let keys: Vec<usize> = node.keys.iter().enumerate().filter(|(key, _)| *key != end).map(|(_, key)| *key).collect();
    let calls = node.calls;
    // The end stands behind keys and calls, and goes back to its place among the keys.
    let mut output = node.output.fields.clone();
    let end_field = output.remove(end);
    output.push(Field::new(end_field.name, window.property_type(WindowProperty::End)));
    let last = output.len() - 1;
    let output = RowType::new(output);
    let place = |index: usize| match index {
        index if index == end => last,
        index => index - usize::from(index > end),
    };
    let columns = identity(&output);
    let back: Vec<Expr> = (0..output.len()).map(|index| columns[place(index)].clone()).collect();
    let fields_back =
        back.iter().zip(&node.output.fields).map(|(expr, field)| Field::new(&field.name, expr.ty.clone()));
    let fields_back = RowType::new(fields_back.collect());
    let input = Box::new(node.input.project(exprs, RowType::new(fields)));
    let properties = vec![WindowProperty::End];
    let plan = WindowAggregate { input, window, keys, calls, properties, output, is_legacy: false };
    LogicalPlan::WindowAggregate(plan).project(back, fields_back)
}

/// The key that is the end of the window, if the start is a key too. Windows of what the clock of a session shows are not looked at.
fn end_key(node: &Aggregate, columns: &WindowColumns) -> Option<usize> {
    let is_plain = columns.window.is_rowtime() && matches!(columns.window.ty.kind, TypeKind::Timestamp { .. });
    let has_start = node.keys.iter().any(|key| columns.start.contains(key));
    node.keys.iter().position(|key| columns.end.contains(key)).filter(|_| is_plain && has_start)
}

/// Windows that follow one another and end where the given ones do.
fn ends_of(assigner: WindowAssigner) -> Option<WindowAssigner> {
    match assigner {
        WindowAssigner::Tumble { .. } => Some(assigner),
        WindowAssigner::Hop { slide, size, offset } => {
            Some(WindowAssigner::Tumble { size: slide, offset: (offset + size) % slide })
        }
        WindowAssigner::Cumulate { step, offset, .. } => {
            Some(WindowAssigner::Tumble { size: step, offset: offset % step })
        }
        WindowAssigner::Session { .. } => None,
    }
}
