//! An aggregation grouped by window_start and window_end of a window table function becomes a windowed aggregation.
//!
//! The function's rows are then never made: the aggregation assigns windows itself and emits when a window closes.

use dataflow::operator_spec::{WindowAssigner, WindowProperty};
use dataflow::{AggregateCall, Expr, ExprKind, Field, RowType};

use super::attached_windows;
use crate::error::SqlError;
use crate::logical::{
    Aggregate, LogicalPlan, LogicalWindow, Union, WindowAggregate, WindowTableFunction, conjunction, conjuncts,
    substitute,
};

/// Rewrites every such aggregation.
pub(super) fn recognize_windows(plan: LogicalPlan) -> Result<LogicalPlan, SqlError> {
    plan.rewrite_up(&mut |plan| match plan {
        LogicalPlan::Aggregate(node) => recognize(node),
        other => Ok(other),
    })
}

/// A projection and a filter over a window table function, whichever are there.
struct Shape {
    function: WindowTableFunction,
    /// Terms over the function's output.
    filter: Vec<Expr>,
    /// Over the function's output.
    exprs: Vec<Expr>,
    fields: Vec<Field>,
}

fn recognize(node: Aggregate) -> Result<LogicalPlan, SqlError> {
    let Some((shape, properties)) = windows_of(&node) else {
        return Ok(match shape_of(&node.input) {
            None => attached_windows::over_bounds(node),
            Some(_) => LogicalPlan::Aggregate(node),
        });
    };
    check_sizes(&shape.function)?;
    Ok(build(node, shape, &properties))
}

/// The window function below an aggregation that groups by its windows, and which key is which property of the window. `None` where the windows
/// must be there before an expression over them is, so that their rows are aggregated like any others.
fn windows_of(node: &Aggregate) -> Option<(Shape, Vec<Option<WindowProperty>>)> {
    let shape = shape_of(&node.input)?;
    let width = shape.function.input.output().len();
    let property_of = |key: usize| {
        let ExprKind::Column(index) = shape.exprs[key].kind else {
            return None;
        };
        match index.checked_sub(width)? {
            0 => Some(WindowProperty::Start),
            1 => Some(WindowProperty::End),
            2 => Some(WindowProperty::Rowtime),
            _ => None,
        }
    };
    let properties: Vec<Option<WindowProperty>> = node.keys.iter().map(|&key| property_of(key)).collect();
    let has = |wanted| properties.contains(&Some(wanted));
    if !has(WindowProperty::Start) || !has(WindowProperty::End) {
        return None;
    }
    let is_window_column = |index: usize| index >= width;
    let computes_on_window = |index: usize| reads(&shape.exprs[index], &is_window_column);
    let others = node.keys.iter().zip(&properties).filter(|(_, property)| property.is_none()).map(|(key, _)| *key);
    let column_of = |key: usize| match shape.exprs[key].kind {
        ExprKind::Column(index) => Some(index),
        _ => None,
    };
    if !fits_session(&shape.function, others.clone().map(column_of).collect()) {
        return None;
    }
    let arguments = node.calls.iter().flat_map(|call| call.args.iter().copied().chain(call.filter));
    let mixed = shape.filter.iter().any(|term| reads(term, &is_window_column) && reads(term, &|index| index < width));
    if mixed || others.chain(arguments).any(computes_on_window) {
        return None;
    }
    Some((shape, properties))
}

/// The keys that are the time of the window an aggregation is over: they stay time attributes.
pub(super) fn window_time_keys(node: &Aggregate) -> Vec<usize> {
    let Some((_, properties)) = windows_of(node) else {
        return Vec::new();
    };
    (0..properties.len()).filter(|&key| properties[key] == Some(WindowProperty::Rowtime)).collect()
}

/// Peels projections and filters off a window table function.
fn shape_of(plan: &LogicalPlan) -> Option<Shape> {
    match plan {
        LogicalPlan::WindowTableFunction(function) => Some(Shape {
            function: function.clone(),
            filter: Vec::new(),
            exprs: crate::logical::identity(&function.output),
            fields: function.output.fields.clone(),
        }),
        LogicalPlan::Filter(node) => {
            let mut shape = shape_of(&node.input)?;
            shape.filter.extend(conjuncts(node.condition.clone()).iter().map(|term| substitute(term, &shape.exprs)));
            Some(shape)
        }
        LogicalPlan::Project(node) => {
            let shape = shape_of(&node.input)?;
            let exprs = node.exprs.iter().map(|expr| substitute(expr, &shape.exprs)).collect();
            Some(Shape { exprs, fields: node.output.fields.clone(), ..shape })
        }
        LogicalPlan::Union(node) => shape_of_union(node),
        _ => None,
    }
}

/// Grouping sets: the same windows once for each set, with other columns beside them. The rows of all sets go into the windows together.
fn shape_of_union(node: &Union) -> Option<Shape> {
    let shapes: Vec<Shape> = node.inputs.iter().map(shape_of).collect::<Option<_>>()?;
    let first = shapes.first()?;
    let function = &first.function;
    let width = function.input.output().len();
    let is_window = |expr: &Expr| reads(expr, &|index| index >= width);
    let is_session = matches!(function.window.assigner, WindowAssigner::Session { .. });
    let is_same = |shape: &Shape| shape.function == *function && shape.filter == first.filter;
    if is_session || !shapes.iter().all(is_same) || first.filter.iter().any(is_window) {
        return None;
    }
    let mut fields: Vec<Field> = Vec::new();
    let mut below: Vec<Vec<Expr>> = vec![Vec::new(); shapes.len()];
    // Columns of the union over the new window function; those of the window are told by their number until its width is known.
    let mut exprs: Vec<Result<usize, usize>> = Vec::new();
    for (index, field) in node.output.fields.iter().enumerate() {
        let of_window = match &first.exprs[index].kind {
            ExprKind::Column(column) if *column >= width => Some(column - width),
            _ => None,
        };
        match of_window {
            Some(column) if shapes.iter().all(|shape| shape.exprs[index] == first.exprs[index]) => {
                exprs.push(Err(column))
            }
            None if !shapes.iter().any(|shape| is_window(&shape.exprs[index])) => {
                exprs.push(Ok(fields.len()));
                fields.push(field.clone());
                below.iter_mut().zip(&shapes).for_each(|(below, shape)| below.push(shape.exprs[index].clone()));
            }
            _ => return None,
        }
    }
    let time = function.window.column.map(|column| {
        let field = function.input.output().fields[column].clone();
        below.iter_mut().for_each(|below| below.push(Expr::column(column, field.ty.clone())));
        fields.push(field);
        fields.len() - 1
    });
    let rows = RowType::new(fields);
    let input = match conjunction(first.filter.clone()) {
        Some(condition) => function.input.clone().filter(condition),
        None => function.input.as_ref().clone(),
    };
    let inputs = below.into_iter().map(|exprs| input.clone().project(exprs, rows.clone())).collect();
    let windowed = rows.fields.iter().chain(&function.output.fields[width..]).cloned().collect();
    let output = RowType::new(windowed);
    let column = |place: Result<usize, usize>| {
        let index = place.unwrap_or_else(|of_window| rows.len() + of_window);
        Expr::column(index, output.fields[index].ty.clone())
    };
    Some(Shape {
        exprs: exprs.into_iter().map(column).collect(),
        fields: node.output.fields.clone(),
        filter: Vec::new(),
        function: WindowTableFunction {
            input: Box::new(LogicalPlan::Union(Union {
                inputs,
                output: rows.clone(),
                is_expansion: node.is_expansion,
            })),
            window: LogicalWindow { column: time, ..function.window.clone() },
            partition: Vec::new(),
            output: output.clone(),
            span: function.span,
        },
    })
}

fn reads(expr: &Expr, which: &impl Fn(usize) -> bool) -> bool {
    let mut any = false;
    expr.for_each_column(&mut |index| any |= which(index));
    any
}

fn build(node: Aggregate, shape: Shape, properties: &[Option<WindowProperty>]) -> LogicalPlan {
    let width = shape.function.input.output().len();
    let (on_window, below): (Vec<Expr>, Vec<Expr>) =
        shape.filter.into_iter().partition(|term| reads(term, &|index| index >= width));
    let mut input = *shape.function.input;
    if let Some(condition) = conjunction(below) {
        input = input.filter(condition);
    }
    // The projection without the window columns, with the time column after it.
    let mut exprs = Vec::new();
    let mut fields = Vec::new();
    let mut moved = vec![usize::MAX; shape.exprs.len()];
    for (index, (expr, field)) in shape.exprs.iter().zip(&shape.fields).enumerate() {
        if !reads(expr, &|column| column >= width) {
            moved[index] = exprs.len();
            exprs.push(expr.clone());
            fields.push(field.clone());
        }
    }
    let time = shape.function.window.column.map(|column| {
        let field = input.output().fields[column].clone();
        exprs.push(Expr::column(column, field.ty.clone()));
        fields.push(field);
        exprs.len() - 1
    });
    let window = LogicalWindow { column: time, ..shape.function.window };
    let keys: Vec<usize> =
        node.keys.iter().zip(properties).filter(|(_, p)| p.is_none()).map(|(&key, _)| moved[key]).collect();
    let calls: Vec<AggregateCall> = node
        .calls
        .iter()
        .map(|call| AggregateCall {
            args: call.args.iter().map(|&arg| moved[arg]).collect(),
            filter: call.filter.map(|filter| moved[filter]),
            ..call.clone()
        })
        .collect();
    let mut listed: Vec<WindowProperty> = vec![WindowProperty::Start, WindowProperty::End];
    if properties.contains(&Some(WindowProperty::Rowtime)) || reads_any(&on_window, width + 2) {
        listed.push(WindowProperty::Rowtime);
    }
    let first_property = keys.len() + calls.len();
    let position = |property: WindowProperty| {
        first_property + listed.iter().position(|listed| *listed == property).expect("listed above")
    };
    // Output of the windowed aggregation, then back into the order of the plain one.
    let mut output = Vec::new();
    let mut back = Vec::new();
    let mut next_key = 0;
    for (property, field) in properties.iter().zip(&node.output.fields) {
        back.push(match property {
            Some(property) => position(*property),
            None => {
                output.push(field.clone());
                next_key += 1;
                next_key - 1
            }
        });
    }
    // Calls without a name of their own are numbered without the keys that are the window's.
    output.extend(node.output.fields[properties.len()..].iter().enumerate().map(|(at, field)| {
        let is_numbered = field.name.starts_with("$f");
        let name = if is_numbered { format!("$f{}", keys.len() + at) } else { field.name.clone() };
        Field::new(name, field.ty.clone())
    }));
    back.extend(keys.len()..first_property);
    for property in &listed {
        let name = property_name(*property);
        let ty = window.property_type(*property);
        output.push(Field::new(name, if *property == WindowProperty::Rowtime { ty.with_nullable(false) } else { ty }));
    }
    let above: Vec<Expr> = on_window
        .iter()
        .map(|term| {
            let mut term = term.clone();
            let listed = [WindowProperty::Start, WindowProperty::End, WindowProperty::Rowtime];
            term.map_columns(&mut |index| position(listed[index - width]));
            term
        })
        .collect();
    let output = RowType::new(output);
    let back: Vec<Expr> = back.into_iter().map(|index| Expr::column(index, output.fields[index].ty.clone())).collect();
    let mut plan = LogicalPlan::WindowAggregate(WindowAggregate {
        input: Box::new(input.project(exprs, RowType::new(fields))),
        window,
        keys,
        calls,
        properties: listed,
        output,
        is_legacy: false,
    });
    if let Some(condition) = conjunction(above) {
        plan = plan.filter(condition);
    }
    let fields = back.iter().zip(&node.output.fields).map(|(expr, field)| Field::new(&field.name, expr.ty.clone()));
    let fields = RowType::new(fields.collect());
    plan.project(back, fields)
}

fn reads_any(exprs: &[Expr], column: usize) -> bool {
    exprs.iter().any(|expr| reads(expr, &|index| index == column))
}

fn property_name(property: WindowProperty) -> String {
    match property {
        WindowProperty::Start => "window_start",
        WindowProperty::End => "window_end",
        WindowProperty::Rowtime | WindowProperty::Proctime => "window_time",
    }
    .to_owned()
}

/// Whether the rows are grouped by what a SESSION function partitions them by, beside its windows. Each partition has sessions of its own, so that
/// groups by other keys are made of sessions that are there already.
fn fits_session(function: &WindowTableFunction, mut keys: Vec<Option<usize>>) -> bool {
    if !matches!(function.window.assigner, WindowAssigner::Session { .. }) {
        return true;
    }
    let mut partition: Vec<Option<usize>> = function.partition.iter().map(|&column| Some(column)).collect();
    keys.sort_unstable();
    partition.sort_unstable();
    keys == partition
}

/// Hopping and cumulating windows are aggregated in slices, which must fit.
fn check_sizes(function: &WindowTableFunction) -> Result<(), SqlError> {
    let message = match function.window.assigner {
        WindowAssigner::Hop { slide, size, .. } if size % slide != 0 => format!(
            "HOP table function based aggregate requires size must be an integral multiple of slide, but got size {size} ms and slide {slide} ms"
        ),
        WindowAssigner::Cumulate { step, size, .. } if size % step != 0 => format!(
            "CUMULATE table function based aggregate requires maxSize must be an integral multiple of step, but got maxSize {size} ms and step {step} ms"
        ),
        _ => return Ok(()),
    };
    Err(SqlError::validation(message, function.span))
}
