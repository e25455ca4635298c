//! Filters and projections: one Calc for a projection over a filter.

use dataflow::operator_spec::{CalcSpec, OperatorSpec, ProjectionSpec};
use dataflow::{Expr, ExprKind, RowType};

use super::describe::{Style, expression};
use super::planner::{PhysicalPlanner, Stream};
use super::{PhysicalNode, PlanLine};
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
        let lines = vec![PlanLine {
            name: "Calc",
            prefix: describe(&exprs, condition.as_ref(), &stream.output, &output, Style::Prefix),
            infix: describe(&exprs, condition.as_ref(), &stream.output, &output, Style::Infix),
        }];
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
    let select: Vec<String> = exprs
        .iter()
        .zip(&output.fields)
        .map(|(expr, field)| {
            let text = expression(expr, input, style);
            if text == field.name { text } else { format!("{text} AS {}", field.name) }
        })
        .collect();
    match condition {
        None => format!("select=[{}]", select.join(", ")),
        Some(condition) => {
            format!("select=[{}], where=[{}]", select.join(", "), expression(condition, input, style))
        }
    }
}
