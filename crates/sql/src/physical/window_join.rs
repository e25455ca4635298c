//! Joins of rows that are in the same window.

use dataflow::RowType;
use dataflow::operator_spec::{OperatorSpec, WindowJoinSpec};

use super::describe::{self, Style};
use super::join::{condition_text, distribution, join_type_text, split_keys};
use super::planner::{PhysicalPlanner, Stream};
use super::{Changes, PhysicalNode, PlanLine, RowKeys};
use crate::ast::Span;
use crate::error::SqlError;
use crate::logical::{Join, SameWindow, conjunction};

impl PhysicalPlanner<'_> {
    pub(super) fn window_join(&mut self, node: &Join, windows: SameWindow) -> Result<Stream, SqlError> {
        if !windows.window.is_rowtime() {
            let message = "Processing time Window Join is not supported yet.";
            return Err(SqlError::unsupported(message, Span::default()).with_hint("use windows over a rowtime column"));
        }
        let left = self.plan(&node.left)?;
        let right = self.plan(&node.right)?;
        for input in [&left, &right] {
            if !self.changes_of(input).is_insert_only() {
                return Err(self.refuse_input("WindowJoin", input));
            }
        }
        let rest = conjunction(windows.rest.clone()).unwrap_or_else(|| crate::bind::boolean(true));
        let keys = split_keys(rest, left.output.len());
        let (inputs, parallelism) = self.join_inputs(&left, &right, &keys);
        let line = line(node, &windows, &left.output, &right.output);
        let time_zone = self.window_zone(&windows.window);
        let distribution = distribution(node.join_type, keys.left.clone());
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::WindowJoin(WindowJoinSpec {
                join: keys.into_spec(node, left.output, right.output),
                left_window_end: windows.left_bounds.1,
                right_window_end: windows.right_bounds.1,
                time_zone,
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes: Changes::INSERT_ONLY,
            keys: RowKeys::none(),
            distribution,
            name: "WindowJoin".into(),
            lines: vec![line],
        }))
    }
}

fn line(node: &Join, windows: &SameWindow, left: &RowType, right: &RowType) -> PlanLine {
    let window = |(start, end): (usize, usize), row: &RowType| {
        let columns = format!("win_start=[{}], win_end=[{}]", row.fields[start].name, row.fields[end].name);
        describe::window_of_columns(&windows.window.assigner, &columns)
    };
    let (left_window, right_window) = (window(windows.left_bounds, left), window(windows.right_bounds, right));
    let rest = conjunction(windows.rest.clone()).unwrap_or_else(|| crate::bind::boolean(true));
    let select: Vec<&str> = node.output.fields.iter().map(|field| field.name.as_str()).collect();
    let text = |style: Style| {
        format!(
            "leftWindow=[{left_window}], rightWindow=[{right_window}], joinType=[{}], where=[{}], select=[{}]",
            join_type_text(node.join_type),
            condition_text(&rest, &node.output, left, right, style),
            select.join(", ")
        )
    };
    PlanLine { name: "WindowJoin", prefix: text(Style::Prefix), infix: text(Style::Infix) }
}
