//! Nested fields that nobody reads are not decoded: a ROW column of a source of which only fields are read loses the others. EXPLAIN does not show it,
//! as sources of Flink that read whole columns do not.

use std::collections::BTreeMap;

use dataflow::operator_spec::{CalcSpec, OperatorSpec, ReadColumn, SourceSpec};
use dataflow::{Expr, ExprKind, Field, LogicalType, RowType, TypeKind};

use super::{NodeId, PhysicalPlan};

/// What of a value is read.
#[derive(Debug, Clone, PartialEq)]
enum Used {
    Whole,
    /// Some fields of a ROW, by index.
    Fields(BTreeMap<usize, Used>),
}

impl Default for Used {
    fn default() -> Self {
        Used::Fields(BTreeMap::new())
    }
}

/// The plan with narrowed sources: those whose connector can leave fields out and whose rows go to projections and filters only.
pub(super) fn narrow_rows(plan: &PhysicalPlan) -> PhysicalPlan {
    let mut plan = plan.clone();
    for id in 0..plan.nodes.len() {
        let OperatorSpec::Source(source) = &plan.nodes[id].spec else { continue };
        let skips = connectors::factory(&source.connector.connector)
            .and_then(|factory| factory.skips_fields(&source.connector))
            .unwrap_or(false);
        if !skips || plan.roots.iter().any(|(root, _)| *root == id) {
            continue;
        }
        let consumers: Vec<NodeId> = consumers_of(&plan, id).collect();
        if consumers.iter().all(|&node| matches!(plan.nodes[node].spec, OperatorSpec::Calc(_))) {
            narrow(&mut plan, id, &consumers);
        }
    }
    plan
}

fn consumers_of(plan: &PhysicalPlan, id: NodeId) -> impl Iterator<Item = NodeId> {
    let reads = move |node: &NodeId| plan.nodes[*node].inputs.iter().any(|edge| edge.source == id);
    (0..plan.nodes.len()).filter(reads)
}

fn narrow(plan: &mut PhysicalPlan, id: NodeId, consumers: &[NodeId]) {
    let OperatorSpec::Source(source) = &plan.nodes[id].spec else { return };
    let mut source = source.clone();
    let mut output = plan.nodes[id].output.clone();
    let mut used = vec![Used::default(); output.len()];
    for &consumer in consumers {
        let OperatorSpec::Calc(calc) = &plan.nodes[consumer].spec else { return };
        exprs_of(calc).for_each(|expr| mark(expr, &mut used));
    }
    if let Some(watermark) = &source.watermark {
        mark(&watermark.expression, &mut used);
        used[watermark.rowtime] = Used::Whole;
    }
    let read = used_of_read(&source, &used);
    let used = used_of_output(&source, &read);
    if !narrow_read(&mut source, &read) {
        return;
    }
    let read_type = source.read_type();
    match &mut source.projection {
        None => output = with_kinds_of(&output, &read_type),
        Some(projection) => {
            for (expr, field) in projection.expressions.iter_mut().zip(&mut projection.output.fields) {
                rewrite(expr, &read, &read_type);
                if let TypeKind::Row(_) = expr.ty.kind {
                    field.ty.kind = expr.ty.kind.clone();
                }
            }
            output = with_kinds_of(&output, &projection.output);
        }
    }
    if let Some(watermark) = &mut source.watermark {
        rewrite(&mut watermark.expression, &used, &output);
    }
    for &consumer in consumers {
        if let OperatorSpec::Calc(calc) = &mut plan.nodes[consumer].spec {
            for expr in calc.condition.iter_mut().chain(&mut calc.projection.expressions) {
                rewrite(expr, &used, &output);
            }
        }
    }
    plan.nodes[id].output = output;
    plan.nodes[id].spec = OperatorSpec::Source(source);
}

fn exprs_of(calc: &CalcSpec) -> impl Iterator<Item = &Expr> {
    calc.condition.iter().chain(&calc.projection.expressions)
}

/// Notes what the expression reads of the columns.
fn mark(expr: &Expr, used: &mut [Used]) {
    match path_of(expr) {
        Some((column, path)) => {
            path.into_iter().fold(Some(&mut used[column]), Used::field).into_iter().for_each(|used| *used = Used::Whole)
        }
        None => expr.children().into_iter().for_each(|child| mark(child, used)),
    }
}

impl Used {
    /// The field of it, unless all is read anyway.
    fn field(used: Option<&mut Used>, index: usize) -> Option<&mut Used> {
        match used? {
            Used::Whole => None,
            Used::Fields(fields) => Some(fields.entry(index).or_default()),
        }
    }
}

/// A column, or a field of it: `a.b.c`.
fn path_of(expr: &Expr) -> Option<(usize, Vec<usize>)> {
    match &expr.kind {
        ExprKind::Column(column) => Some((*column, Vec::new())),
        ExprKind::Field { input, index } => {
            let (column, mut path) = path_of(input)?;
            path.push(*index);
            Some((column, path))
        }
        _ => None,
    }
}

/// What is read of the columns that the reader makes, from what is of those that come out.
fn used_of_read(source: &SourceSpec, out: &[Used]) -> Vec<Used> {
    let mut read = match &source.projection {
        None => out.to_vec(),
        Some(_) => vec![Used::default(); source.read.len()],
    };
    for (expr, used) in source.projection.iter().flat_map(|projection| &projection.expressions).zip(out) {
        match expr.kind {
            ExprKind::Column(column) => merge(&mut read[column], used),
            _ => mark(expr, &mut read),
        }
    }
    for (column, used) in source.read.iter().zip(&mut read) {
        if let ReadColumn::Metadata { .. } = column {
            *used = Used::Whole;
        }
    }
    read
}

/// What is there of the columns that come out: of one that is passed on, all that anyone reads of it; one that is computed is whole.
fn used_of_output(source: &SourceSpec, read: &[Used]) -> Vec<Used> {
    let of = |expr: &Expr| match expr.kind {
        ExprKind::Column(column) => read[column].clone(),
        _ => Used::Whole,
    };
    source
        .projection
        .as_ref()
        .map_or_else(|| read.to_vec(), |projection| projection.expressions.iter().map(of).collect())
}

fn merge(into: &mut Used, from: &Used) {
    match (&mut *into, from) {
        (Used::Whole, _) => {}
        (_, Used::Whole) => *into = Used::Whole,
        (Used::Fields(into), Used::Fields(from)) => {
            from.iter().for_each(|(index, used)| merge(into.entry(*index).or_default(), used));
        }
    }
}

/// Leaves the fields out that are not read; whether there are any.
fn narrow_read(source: &mut SourceSpec, read: &[Used]) -> bool {
    let mut narrowed = false;
    for (column, used) in source.read.iter().zip(read) {
        if let ReadColumn::Physical(index) = column {
            let ty = &mut source.connector.physical.fields[*index].ty;
            let kept = narrow_type(ty, used);
            narrowed |= kept != *ty;
            *ty = kept;
        }
    }
    narrowed
}

fn narrow_type(ty: &LogicalType, used: &Used) -> LogicalType {
    let (TypeKind::Row(row), Used::Fields(fields)) = (&ty.kind, used) else { return ty.clone() };
    // Whether a ROW is NULL is seen at any of its fields.
    if fields.is_empty() {
        return ty.clone();
    }
    let kept = fields.iter().map(|(&index, used)| {
        let field = &row.fields[index];
        Field::new(&field.name, narrow_type(&field.ty, used))
    });
    TypeKind::Row(RowType::new(kept.collect())).not_null().with_nullable(ty.nullable)
}

/// The row, its columns of the kinds of another one: time attributes and nullability stay.
fn with_kinds_of(row: &RowType, narrowed: &RowType) -> RowType {
    let field = |(field, narrowed): (&Field, &Field)| match narrowed.ty.kind {
        TypeKind::Row(_) => Field::new(&field.name, narrowed.ty.with_nullable(field.ty.nullable)),
        _ => field.clone(),
    };
    RowType::new(row.fields.iter().zip(&narrowed.fields).map(field).collect())
}

/// Fits an expression to narrowed columns. Returns what is read of it when it is a column or a field of one.
fn rewrite<'u>(expr: &mut Expr, used: &'u [Used], columns: &RowType) -> Option<&'u Used> {
    let whole = match &mut expr.kind {
        ExprKind::Column(column) => {
            if let TypeKind::Row(_) = expr.ty.kind {
                expr.ty.kind = columns.fields[*column].ty.kind.clone();
            }
            return Some(&used[*column]);
        }
        ExprKind::Field { input, index } => {
            let Some(Used::Fields(fields)) = rewrite(input, used, columns) else { return None };
            let of_field = fields.get(index)?;
            *index = fields.keys().position(|known| known == index)?;
            if let (TypeKind::Row(row), TypeKind::Row(_)) = (&input.ty.kind, &expr.ty.kind) {
                expr.ty.kind = row.fields[*index].ty.kind.clone();
            }
            return Some(of_field);
        }
        _ => expr,
    };
    for child in whole.children_mut() {
        rewrite(child, used, columns);
    }
    None
}
