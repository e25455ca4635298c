//! Columns that nobody reads are dropped, down to the sources, so that decoders build only what is read.

use std::collections::BTreeSet;

use dataflow::operator_spec::{SortField, WindowProperty};
use dataflow::{AggregateCall, Expr, Field, Literal, LogicalType, RowType, TypeKind};

use crate::bind::joined_row;
use crate::catalog::ColumnSource;
use crate::logical::{LogicalPlan, RankEnd, Scan, identity};

/// Where each column of the plan's old output is in its new one.
type Moved = Vec<Option<usize>>;

/// Drops what is not needed for the plan's output, which stays as it is.
pub(super) fn prune_columns(plan: LogicalPlan) -> LogicalPlan {
    let output = plan.output().clone();
    let needed = vec![true; output.len()];
    let (plan, moved) = prune(plan, &needed);
    restore(plan, &moved, &needed, &output)
}

/// The plan with at least the needed columns, and where they are now.
fn prune(plan: LogicalPlan, needed: &[bool]) -> (LogicalPlan, Moved) {
    match plan {
        LogicalPlan::Scan(node) => prune_scan(node, needed),
        LogicalPlan::Values(_) => {
            let moved = (0..needed.len()).map(Some).collect();
            (plan, moved)
        }
        LogicalPlan::Project(mut node) => {
            let (mut kept, moved) = keep(needed);
            let mut exprs: Vec<Expr> = kept.iter().map(|&index| node.exprs[index].clone()).collect();
            let mut fields: Vec<Field> = kept.iter().map(|&index| node.output.fields[index].clone()).collect();
            if kept.is_empty() {
                // Rows must have a column to be counted by.
                kept.push(0);
                let zero = Expr::literal(Literal::Int(0), TypeKind::Int.not_null());
                fields.push(Field::new("$f0", zero.ty.clone()));
                exprs.push(zero);
            }
            let below = below_of(&exprs, node.input.output().len());
            let (input, input_moved) = prune(*node.input, &below);
            remap_all(&mut exprs, &input_moved);
            node.input = Box::new(input);
            node.exprs = exprs;
            node.output = RowType::new(fields);
            if let LogicalPlan::Scan(scan) = node.input.as_mut() {
                read_in_order(scan, &mut node.exprs);
            }
            (LogicalPlan::Project(node), moved)
        }
        LogicalPlan::Filter(mut node) => {
            let mut below = needed.to_vec();
            node.condition.for_each_column(&mut |index| below[index] = true);
            let (input, moved) = prune(*node.input, &below);
            remap(&mut node.condition, &moved);
            node.input = Box::new(input);
            (LogicalPlan::Filter(node), moved)
        }
        LogicalPlan::Aggregate(mut node) => {
            let (calls, mut moved) = kept_calls(&node.calls, node.keys.len(), needed);
            let mut below = vec![false; node.input.output().len()];
            node.keys.iter().for_each(|&key| below[key] = true);
            mark_calls(&calls, &mut below);
            let (input, input_moved) = prune(*node.input, &below);
            node.input = Box::new(input);
            node.keys = node.keys.iter().map(|&key| at(&input_moved, key)).collect();
            node.calls = remap_calls(calls, &input_moved);
            node.output = kept_output(&node.output, &mut moved);
            (LogicalPlan::Aggregate(node), moved)
        }
        LogicalPlan::WindowAggregate(mut node) => {
            let first_property = node.keys.len() + node.calls.len();
            let (calls, mut moved) = kept_calls(&node.calls, node.keys.len(), &needed[..first_property]);
            let properties = &needed[first_property..];
            let mut kept = Vec::new();
            for (property, &needed) in node.properties.iter().zip(properties) {
                // As in Flink, a window of a table function always has its bounds.
                let is_bound = matches!(property, WindowProperty::Start | WindowProperty::End);
                let needed = needed || is_bound && !node.is_legacy && !node.window.is_attached;
                moved.push(needed.then(|| node.keys.len() + calls.len() + kept.len()));
                kept.extend(needed.then_some(*property));
            }
            let mut below = vec![false; node.input.output().len()];
            node.keys.iter().for_each(|&key| below[key] = true);
            mark_calls(&calls, &mut below);
            let time = node.window.column.filter(|_| node.window.is_rowtime());
            time.into_iter().for_each(|column| below[column] = true);
            let (input, input_moved) = prune(*node.input, &below);
            node.input = Box::new(input);
            node.window.column = time.map(|column| at(&input_moved, column));
            node.keys = node.keys.iter().map(|&key| at(&input_moved, key)).collect();
            node.calls = remap_calls(calls, &input_moved);
            node.properties = kept;
            node.output = kept_output(&node.output, &mut moved);
            (LogicalPlan::WindowAggregate(node), moved)
        }
        LogicalPlan::WindowTableFunction(mut node) => {
            let width = node.input.output().len();
            let mut below = needed[..width].to_vec();
            let time = node.window.column.filter(|_| node.window.is_rowtime());
            time.into_iter().for_each(|column| below[column] = true);
            node.partition.iter().for_each(|&column| below[column] = true);
            let (input, mut moved) = prune(*node.input, &below);
            let new_width = input.output().len();
            moved.extend((0..3).map(|index| Some(new_width + index)));
            let mut fields = input.output().fields.clone();
            fields.extend(node.output.fields[width..].iter().cloned());
            node.window.column = time.map(|column| at(&moved, column));
            node.partition = node.partition.iter().map(|&column| at(&moved, column)).collect();
            node.output = RowType::new(fields);
            node.input = Box::new(input);
            (LogicalPlan::WindowTableFunction(node), moved)
        }
        LogicalPlan::Join(mut node) => {
            let width = node.left.output().len();
            let mut below = needed.to_vec();
            below.resize(width + node.right.output().len(), false);
            node.condition.for_each_column(&mut |index| below[index] = true);
            if let Some(temporal) = node.temporal {
                below[temporal.left] = true;
                temporal.right.into_iter().for_each(|right| below[width + right] = true);
            }
            // Rows of a side must have a column, and it is one of the join's output.
            for first in [0, width] {
                let end = if first == 0 { width } else { below.len() };
                if !below[first..end].contains(&true) {
                    below[first] = true;
                }
            }
            let left = exactly(*node.left, &below[..width]);
            let right = exactly(*node.right, &below[width..]);
            let (_, mut moved) = keep(&below);
            remap(&mut node.condition, &moved);
            if let Some(temporal) = &mut node.temporal {
                temporal.left = at(&moved, temporal.left);
                let new_width = left.output().len();
                temporal.right = temporal.right.map(|right| at(&moved, width + right) - new_width);
            }
            moved.truncate(node.output.len());
            let kept: Vec<usize> = (0..node.output.len()).filter(|&index| below[index]).collect();
            node.output = node.output.project(&kept);
            // What has the name of a column that is gone has no number any more.
            if node.output.len() == left.output().len() + right.output().len() {
                let names = joined_row(left.output(), right.output(), node.join_type);
                for (field, named) in node.output.fields.iter_mut().zip(names.fields) {
                    field.name = named.name;
                }
            }
            node.left = Box::new(left);
            node.right = Box::new(right);
            (LogicalPlan::Join(node), moved)
        }
        LogicalPlan::Unnest(mut node) => {
            let width = node.input.output().len();
            let mut below = needed[..width].to_vec();
            node.collection.for_each_column(&mut |index| below[index] = true);
            let (input, mut moved) = prune(*node.input, &below);
            remap(&mut node.collection, &moved);
            let new_width = input.output().len();
            moved.extend((0..node.output.len() - width).map(|index| Some(new_width + index)));
            let mut fields = input.output().fields.clone();
            fields.extend(node.output.fields[width..].iter().cloned());
            node.output = RowType::new(fields);
            node.input = Box::new(input);
            (LogicalPlan::Unnest(node), moved)
        }
        LogicalPlan::OverAggregate(mut node) => {
            let width = node.input.output().len();
            let mut below = needed[..width].to_vec();
            let calls: Vec<AggregateCall> = node
                .calls
                .iter()
                .zip(&needed[width..])
                .filter(|(_, needed)| **needed)
                .map(|(call, _)| call.clone())
                .collect();
            if calls.is_empty() {
                let (input, mut moved) = prune(*node.input, &below);
                moved.resize(needed.len(), None);
                return (input, moved);
            }
            node.partition.iter().for_each(|&column| below[column] = true);
            node.order.iter().for_each(|field| below[field.column] = true);
            mark_calls(&calls, &mut below);
            let (input, mut moved) = prune(*node.input, &below);
            node.partition = node.partition.iter().map(|&column| at(&moved, column)).collect();
            node.order = remap_order(&node.order, &moved);
            node.calls = remap_calls(calls, &moved);
            let new_width = input.output().len();
            let mut fields = input.output().fields.clone();
            for (index, &needed) in needed[width..].iter().enumerate() {
                moved.push(needed.then_some(fields.len()));
                fields.extend(needed.then(|| node.output.fields[width + index].clone()));
            }
            debug_assert_eq!(fields.len(), new_width + node.calls.len());
            node.output = RowType::new(fields);
            node.input = Box::new(input);
            (LogicalPlan::OverAggregate(node), moved)
        }
        LogicalPlan::Rank(mut node) => {
            let width = node.input.output().len();
            let mut below = needed[..width].to_vec();
            node.partition.iter().for_each(|&column| below[column] = true);
            node.order.iter().for_each(|field| below[field.column] = true);
            node.last.column().into_iter().for_each(|column| below[column] = true);
            let rank = node.output.fields.get(width).cloned().filter(|_| needed[width]);
            let (input, mut moved) = prune(*node.input, &below);
            node.partition = node.partition.iter().map(|&column| at(&moved, column)).collect();
            node.order = remap_order(&node.order, &moved);
            if let RankEnd::Column(column) = node.last {
                node.last = RankEnd::Column(at(&moved, column));
            }
            let mut fields = input.output().fields.clone();
            if node.rank_number {
                moved.push(rank.as_ref().map(|_| fields.len()));
            }
            node.rank_number = rank.is_some();
            fields.extend(rank);
            node.output = RowType::new(fields);
            node.input = Box::new(input);
            (LogicalPlan::Rank(node), moved)
        }
        LogicalPlan::Changelog(mut node) => {
            // All columns tell a change from another.
            let input = node.input.take();
            let all = vec![true; input.output().len()];
            node.input = Box::new(exactly(input, &all));
            let moved = (0..node.output.len()).map(Some).collect();
            (LogicalPlan::Changelog(node), moved)
        }
        LogicalPlan::Match(mut node) => {
            let keys = node.partition.len();
            let mut kept: Vec<usize> = (0..node.measures.len()).filter(|index| needed[keys + index]).collect();
            if keys == 0 && kept.is_empty() {
                // A row must have a column to be counted by.
                kept.push(0);
            }
            let mut moved: Moved = (0..keys).map(Some).collect();
            moved.resize(node.output.len(), None);
            kept.iter().enumerate().for_each(|(new, &old)| moved[keys + old] = Some(keys + new));
            node.measures = kept.iter().map(|&index| node.measures[index].clone()).collect();
            node.output = kept_output(&node.output, &mut moved);
            let mut below = vec![false; node.input.output().len()];
            node.partition.iter().for_each(|&column| below[column] = true);
            node.order.iter().for_each(|field| below[field.column] = true);
            let conditions = node.pattern.iter_mut().filter_map(|variable| variable.condition.as_mut());
            let mut expressions: Vec<_> = node.measures.iter_mut().chain(conditions).collect();
            expressions.iter().for_each(|expression| expression.for_each_column(&mut |column| below[column] = true));
            let (input, input_moved) = prune(*node.input, &below);
            expressions
                .iter_mut()
                .for_each(|expression| expression.map_columns(&mut |column| at(&input_moved, column)));
            node.partition = node.partition.iter().map(|&column| at(&input_moved, column)).collect();
            node.order = remap_order(&node.order, &input_moved);
            node.input = Box::new(input);
            (LogicalPlan::Match(node), moved)
        }
        LogicalPlan::Sort(mut node) => {
            let mut below = needed.to_vec();
            node.order.iter().for_each(|field| below[field.column] = true);
            let (input, moved) = prune(*node.input, &below);
            node.order = remap_order(&node.order, &moved);
            node.input = Box::new(input);
            (LogicalPlan::Sort(node), moved)
        }
        LogicalPlan::Expand(mut node) => {
            let mut needed = needed.to_vec();
            if !needed.contains(&true) {
                needed[0] = true;
            }
            let (kept, moved) = keep(&needed);
            for project in &mut node.projects {
                *project = kept.iter().map(|&index| project[index].clone()).collect();
            }
            let width = node.input.output().len();
            let mut below = vec![false; width];
            let read = node.projects.iter().flatten();
            read.for_each(|expr| expr.for_each_column(&mut |index| below[index] = true));
            if !below.contains(&true) {
                below[0] = true;
            }
            let (input, places) = prune(*node.input, &below);
            node.projects.iter_mut().for_each(|project| remap_all(project, &places));
            node.output = node.output.project(&kept);
            node.input = Box::new(input);
            (LogicalPlan::Expand(node), moved)
        }
        LogicalPlan::Union(mut node) => {
            let mut needed = needed.to_vec();
            if !needed.contains(&true) {
                needed[0] = true;
            }
            let (kept, moved) = keep(&needed);
            node.inputs = node.inputs.into_iter().map(|input| exactly(input, &needed)).collect();
            node.output = node.output.project(&kept);
            (LogicalPlan::Union(node), moved)
        }
    }
}

fn remap_order(order: &[SortField], moved: &Moved) -> Vec<SortField> {
    order.iter().map(|field| SortField { column: at(moved, field.column), ..*field }).collect()
}

fn prune_scan(mut node: Scan, needed: &[bool]) -> (LogicalPlan, Moved) {
    let mut needed = needed.to_vec();
    if !needed.contains(&true) {
        // A row without columns cannot be told from none: the rowtime column, which is read anyway, or the one that is cheapest to decode stands for it.
        let rowtime = node.table.watermark.as_ref().map(|watermark| watermark.rowtime);
        let rowtime = rowtime.and_then(|rowtime| node.columns.iter().position(|&column| column == rowtime));
        let cheapest = || (0..needed.len()).min_by_key(|&index| decoding_cost(&node.output.fields[index].ty));
        rowtime.or_else(cheapest).into_iter().for_each(|index| needed[index] = true);
    }
    let (kept, moved) = keep(&needed);
    node.columns = kept.iter().map(|&index| node.columns[index]).collect();
    node.output = node.output.project(&kept);
    (LogicalPlan::Scan(node), moved)
}

/// Reads the columns in the order in which the projection over them names them, as Flink does.
fn read_in_order(scan: &mut Scan, exprs: &mut [Expr]) {
    let is_stored = |&column: &usize| !matches!(scan.table.columns[column].source, ColumnSource::Computed { .. });
    if !scan.columns.iter().all(is_stored) {
        return;
    }
    // A table that is read as a whole is read as it is.
    let mut read: BTreeSet<usize> = scan.columns.iter().copied().collect();
    if let Some(watermark) = &scan.table.watermark {
        read.insert(watermark.rowtime);
        watermark.expr.for_each_column(&mut |column| {
            read.insert(column);
        });
    }
    if read.len() == scan.table.columns.len() {
        return;
    }
    let mut order: Vec<usize> = Vec::with_capacity(scan.columns.len());
    let mut add = |column: usize| {
        if !order.contains(&column) {
            order.push(column);
        }
    };
    exprs.iter().for_each(|expr| expr.for_each_column(&mut add));
    (0..scan.columns.len()).for_each(&mut add);
    let place = |column: usize| order.iter().position(|&known| known == column).unwrap_or(column);
    exprs.iter_mut().for_each(|expr| expr.map_columns(&mut |column| place(column)));
    scan.output = scan.output.project(&order);
    scan.columns = order.iter().map(|&column| scan.columns[column]).collect();
}

fn decoding_cost(ty: &LogicalType) -> u8 {
    match ty.kind {
        TypeKind::Boolean | TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::Int | TypeKind::BigInt => 0,
        TypeKind::Float | TypeKind::Double | TypeKind::Date | TypeKind::Time { .. } => 1,
        TypeKind::Timestamp { .. } | TypeKind::TimestampLtz { .. } | TypeKind::Decimal { .. } => 2,
        TypeKind::Char { .. } | TypeKind::Varchar { .. } | TypeKind::Binary { .. } | TypeKind::Varbinary { .. } => 3,
        _ => 4,
    }
}

/// The plan with exactly the needed columns.
fn exactly(plan: LogicalPlan, needed: &[bool]) -> LogicalPlan {
    let output = plan.output().clone();
    let mut needed = needed.to_vec();
    if !needed.contains(&true) {
        needed[0] = true;
    }
    let (plan, moved) = prune(plan, &needed);
    restore(plan, &moved, &needed, &output)
}

/// Projects the needed columns of the old output back into their order.
fn restore(plan: LogicalPlan, moved: &Moved, needed: &[bool], output: &RowType) -> LogicalPlan {
    let kept: Vec<usize> = (0..needed.len()).filter(|&index| needed[index]).collect();
    let places: Vec<usize> = kept.iter().map(|&index| at(moved, index)).collect();
    let same = places.len() == plan.output().len() && places.iter().enumerate().all(|(index, &place)| index == place);
    let fields = output.project(&kept);
    if same && fields == *plan.output() {
        return plan;
    }
    let columns = identity(plan.output());
    plan.project(places.into_iter().map(|place| columns[place].clone()).collect(), fields)
}

/// The indices of needed columns, and where each goes.
fn keep(needed: &[bool]) -> (Vec<usize>, Moved) {
    let kept: Vec<usize> = (0..needed.len()).filter(|&index| needed[index]).collect();
    let mut moved = vec![None; needed.len()];
    for (new, &old) in kept.iter().enumerate() {
        moved[old] = Some(new);
    }
    (kept, moved)
}

fn at(moved: &Moved, index: usize) -> usize {
    moved[index].expect("a column that is read was asked for")
}

fn remap(expr: &mut Expr, moved: &Moved) {
    expr.map_columns(&mut |index| at(moved, index));
}

fn remap_all(exprs: &mut [Expr], moved: &Moved) {
    exprs.iter_mut().for_each(|expr| remap(expr, moved));
}

fn below_of(exprs: &[Expr], width: usize) -> Vec<bool> {
    let mut below = vec![false; width];
    exprs.iter().for_each(|expr| expr.for_each_column(&mut |index| below[index] = true));
    below
}

/// The calls whose result is read (one at least where there is nothing else), and where keys and calls go.
fn kept_calls(calls: &[AggregateCall], keys: usize, needed: &[bool]) -> (Vec<AggregateCall>, Moved) {
    let mut moved: Moved = (0..keys).map(Some).collect();
    let mut kept = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        let wanted = needed[keys + index] || keys == 0 && index == 0 && !needed[keys..].contains(&true);
        moved.push(wanted.then_some(keys + kept.len()));
        kept.extend(wanted.then(|| call.clone()));
    }
    (kept, moved)
}

fn kept_output(output: &RowType, moved: &mut Moved) -> RowType {
    let kept: Vec<usize> = (0..output.len()).filter(|&index| moved[index].is_some()).collect();
    output.project(&kept)
}

fn mark_calls(calls: &[AggregateCall], below: &mut [bool]) {
    for call in calls {
        call.args.iter().copied().chain(call.filter).for_each(|column| below[column] = true);
    }
}

fn remap_calls(calls: Vec<AggregateCall>, moved: &Moved) -> Vec<AggregateCall> {
    let remapped = |call: AggregateCall| AggregateCall {
        args: call.args.iter().map(|&arg| at(moved, arg)).collect(),
        filter: call.filter.map(|filter| at(moved, filter)),
        ..call
    };
    calls.into_iter().map(remapped).collect()
}
