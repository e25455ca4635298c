//! Interval joins: the bounds of the times, and the rest of the condition per pair.

use dataflow::RowType;
use dataflow::operator_spec::{IntervalJoinSpec, IntervalJoinTime, OperatorSpec};

use super::describe::Style;
use super::join::{condition_text, distribution, join_type_text, split_keys};
use super::planner::{PhysicalPlanner, Stream};
use super::{Changes, PhysicalNode, PlanLine, RowKeys};
use crate::error::SqlError;
use crate::logical::{Interval, Join, conjunction};

impl PhysicalPlanner<'_> {
    pub(super) fn interval_join(&mut self, node: &Join, interval: Interval) -> Result<Stream, SqlError> {
        let left = self.plan(&node.left)?;
        let right = self.plan(&node.right)?;
        for input in [&left, &right] {
            if !self.changes_of(input).is_insert_only() {
                return Err(self.refuse_input("IntervalJoin", input));
            }
        }
        let rest = conjunction(interval.rest.clone()).unwrap_or_else(|| crate::bind::boolean(true));
        let keys = split_keys(rest, left.output.len());
        let (inputs, parallelism) = self.join_inputs(&left, &right, &keys);
        let line = line(node, &interval, &left.output, &right.output);
        let time = match interval.is_rowtime {
            true => IntervalJoinTime::Rowtime { left: interval.left, right: interval.right },
            false => IntervalJoinTime::Proctime,
        };
        let distribution = distribution(node.join_type, keys.left.clone());
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::IntervalJoin(IntervalJoinSpec {
                join: keys.into_spec(node, left.output, right.output),
                time,
                lower_ms: interval.lower,
                upper_ms: interval.upper,
                min_cleanup_interval_ms: i64::try_from(self.settings.interval_join_cleanup_ms).unwrap_or(i64::MAX),
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes: Changes::INSERT_ONLY,
            keys: RowKeys::none(),
            distribution,
            name: "IntervalJoin".into(),
            lines: vec![line],
        }))
    }

    /// The refusal of an input that takes rows back.
    pub(super) fn refuse_input(&self, operator: &str, input: &Stream) -> SqlError {
        let changing = input.nodes.iter().find(|&&node| !self.plan.nodes[node].changes.is_insert_only());
        let by = changing.map_or("", |&node| self.plan.nodes[node].name.as_str());
        SqlError::unsupported(
            format!(
                "StreamPhysical{operator} doesn't support consuming update and delete changes which is produced by node {by}"
            ),
            crate::ast::Span::default(),
        )
        .with_hint("join it without a bound on time, or let it only insert")
    }
}

fn line(node: &Join, interval: &Interval, left: &RowType, right: &RowType) -> PlanLine {
    let bounds = format!(
        "isRowTime={}, leftLowerBound={}, leftUpperBound={}, leftTimeIndex={}, rightTimeIndex={}",
        interval.is_rowtime, interval.lower, interval.upper, interval.left, interval.right
    );
    let select: Vec<&str> = node.output.fields.iter().map(|field| field.name.as_str()).collect();
    let text = |style: Style| {
        format!(
            "joinType=[{}], windowBounds=[{bounds}], where=[{}], select=[{}]",
            join_type_text(node.join_type),
            condition_text(&node.condition, &node.output, left, right, style),
            select.join(", ")
        )
    };
    PlanLine { name: "IntervalJoin", prefix: text(Style::Prefix), infix: text(Style::Infix) }
}
