//! Filters and projections: one Calc for a projection over a filter.

use dataflow::operator_spec::{CalcSpec, OperatorSpec, ProjectionSpec};
use dataflow::{Expr, ExprKind, Literal, LogicalType, RowType, TimeAttribute, TypeKind};

use super::describe::{Style, character_set, expression, type_text};
use super::planner::{PhysicalPlanner, Stream};
use super::simplified::{Term, simplify};
use super::{PhysicalNode, PlanLine, over};
use crate::error::SqlError;
use crate::logical::{LogicalPlan, identity, is_identity};

impl PhysicalPlanner<'_> {
    pub(super) fn calc(&mut self, plan: &LogicalPlan) -> Result<Stream, SqlError> {
        let (exprs, output, below) = match plan {
            LogicalPlan::Project(node) => (Some(&node.exprs), &node.output, node.input.as_ref()),
            other => (None, other.output(), other),
        };
        let (condition, input) = match below {
            LogicalPlan::Filter(node) => (Some(&node.condition), node.input.as_ref()),
            other => (None, other),
        };
        let stream = match input {
            // What the watermark alone needs stands behind the wanted columns, so it is dropped here and not by a Calc of its own.
            LogicalPlan::Scan(scan) => self.wide_scan(scan)?,
            other => self.plan(other)?,
        };
        let exprs = exprs.map_or_else(|| identity(output), Clone::clone);
        Ok(self.add_calc(stream, condition.cloned(), exprs, output.clone()))
    }

    /// A Calc over the stream; nothing when it would change nothing but names.
    pub(super) fn add_calc(
        &mut self,
        stream: Stream,
        condition: Option<Expr>,
        exprs: Vec<Expr>,
        output: RowType,
    ) -> Stream {
        if condition.is_none() && is_identity(&exprs, &stream.output) && output == stream.output {
            return stream;
        }
        let parallelism = self.parallelism_of(&stream);
        let changes = self.changes_of(&stream);
        let keys = self.keys_of(&stream).project(&exprs);
        let by = self.distribution_of(&stream);
        let inputs = self.forward(&stream, parallelism, by.as_deref());
        let distribution = by.and_then(|by| by.iter().map(|&column| position_of(&exprs, column)).collect());
        let text = |style: Style| {
            let shown = match stream.nodes.as_slice() {
                [node] => over::shown_columns(&self.plan.nodes[*node].spec, style),
                _ => None,
            };
            describe(&exprs, condition.as_ref(), shown.as_ref().unwrap_or(&stream.output), &output, style)
        };
        let lines = vec![PlanLine { name: "Calc", prefix: text(Style::Prefix), infix: text(Style::Infix) }];
        let projection = ProjectionSpec { expressions: exprs, output: output.clone() };
        self.stream(PhysicalNode {
            spec: OperatorSpec::Calc(CalcSpec { condition, projection }),
            inputs,
            output,
            parallelism,
            changes,
            keys,
            distribution,
            name: "Calc".into(),
            lines,
        })
    }
}

fn position_of(exprs: &[Expr], column: usize) -> Option<usize> {
    exprs.iter().position(|expr| expr.kind == ExprKind::Column(column))
}

/// `select=[a, +(b, 1) AS c], where=[>(a, 5)]`
pub(super) fn describe(
    exprs: &[Expr],
    condition: Option<&Expr>,
    input: &RowType,
    output: &RowType,
    style: Style,
) -> String {
    let condition = condition.map(|condition| simplify(&materialized(condition, input), true));
    let constants = condition.as_ref().map(Term::constants).unwrap_or_default();
    let select: Vec<String> = exprs
        .iter()
        .zip(&output.fields)
        .map(|(expr, field)| {
            let is_plain = matches!(expr.ty.kind, TypeKind::Int | TypeKind::Varchar { .. });
            let known = constants.iter().find(|(column, _)| is_plain && expr.kind == ExprKind::Column(*column));
            let text = match known {
                Some((_, value)) => constant(value, &expr.ty, style),
                // A time that is an ordinary column from here on.
                None if field.ty.time_attribute() == TimeAttribute::None => {
                    expression(&materialized(expr, input), input, style)
                }
                None => expression(&materialized_in(expr, input), input, style),
            };
            if text == field.name { text } else { format!("{text} AS {}", field.name) }
        })
        .collect();
    match condition {
        None => format!("select=[{}]", select.join(", ")),
        Some(condition) => format!("select=[{}], where=[{}]", select.join(", "), condition.text(input, style)),
    }
}

/// A column of which the filter says that it is this constant.
fn constant(value: &Expr, ty: &LogicalType, style: Style) -> String {
    let typed = match &value.kind {
        ExprKind::Literal(Literal::String(_)) => Expr { kind: value.kind.clone(), ty: ty.clone() },
        _ => value.clone(),
    };
    let set = character_set(ty, style);
    format!("CAST({} AS {}{set})", expression(&typed, &RowType::default(), style), type_text(ty))
}

/// The expression as Flink shows it where time attributes are read as the ordinary columns that they become.
fn materialized(expr: &Expr, input: &RowType) -> Expr {
    match expr.kind {
        ExprKind::Column(index) if input.fields[index].ty.time_attribute() == TimeAttribute::Rowtime => {
            expr.clone().cast(input.fields[index].ty.without_time_attribute())
        }
        _ => materialized_in(expr, input),
    }
}

/// The same of what an expression is over; a bare column stays what it is.
fn materialized_in(expr: &Expr, input: &RowType) -> Expr {
    let mut expr = expr.clone();
    for child in expr.children_mut() {
        *child = materialized(child, input);
    }
    expr
}
