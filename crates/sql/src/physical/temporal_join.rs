//! Joins with the versions of a table: `FOR SYSTEM_TIME AS OF` a time attribute of the left side.

use dataflow::operator_spec::{OperatorSpec, TemporalJoinSpec};

use super::describe::{Style, columns};
use super::join::{condition_text, distribution, join_type_text, split_keys};
use super::planner::{PhysicalPlanner, Stream};
use super::{JoinSide, PhysicalNode, PlanLine, RowKeys};
use crate::ast::Span;
use crate::error::SqlError;
use crate::logical::{Join, LogicalPlan, Temporal};

impl PhysicalPlanner<'_> {
    pub(super) fn temporal_join(&mut self, node: &Join, temporal: Temporal) -> Result<Stream, SqlError> {
        let lookup = if temporal.right.is_none() { self.lookup_table(&node.right)? } else { None };
        if let Some(table) = lookup {
            return self.lookup_join(node, table);
        }
        let left = self.plan(&node.left)?;
        let right = self.plan(&node.right)?;
        let keys = split_keys(node.condition.clone(), left.output.len());
        if keys.left.is_empty() {
            let message = "Currently the join key in Temporal Table Join can not be empty.";
            return Err(
                SqlError::validation(message, Span::default()).with_hint("write JOIN ... ON the keys are equal")
            );
        }
        let (equal, side_keys) = self.side_keys([&left, &right], &keys);
        let Some(primary_key) = self.keys_of(&right).unique.into_iter().find(|key| key.is_subset(&equal[1])) else {
            let message =
                "Temporal Table Join requires primary key in versioned table, but no primary key can be found.";
            return Err(SqlError::validation(message, Span::default())
                .with_hint("declare a PRIMARY KEY (...) NOT ENFORCED for the table, and join by all of its columns"));
        };
        let Some(right_time) = temporal.right else {
            return Err(SqlError::unsupported("Processing-time temporal join is not supported yet.", Span::default())
                .with_hint("join as of a rowtime column of the left table"));
        };
        refuse_filter(&node.right)?;
        let side = |side: usize| JoinSide { keys: &side_keys[side], equal: &equal[side] };
        let row_keys = RowKeys::join(node.join_type, left.output.len(), &side(0), &side(1));
        let (inputs, parallelism) = self.join_inputs(&left, &right, &keys);
        let changes = self.changes_of(&left);
        let primary_key: Vec<usize> = primary_key.into_iter().map(|column| column + left.output.len()).collect();
        let line = line(node, temporal.left, right_time, &primary_key, [&left, &right]);
        let distribution = distribution(node.join_type, keys.left.clone());
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::TemporalJoin(TemporalJoinSpec {
                join: keys.into_spec(node, left.output, right.output),
                left_time: temporal.left,
                right_time,
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes,
            keys: row_keys,
            distribution,
            name: "TemporalJoin".into(),
            lines: vec![line],
        }))
    }
}

/// A filter over versions would let an older one count where the newer one is left out.
fn refuse_filter(table: &LogicalPlan) -> Result<(), SqlError> {
    match table {
        LogicalPlan::Filter(_) => Err(SqlError::unsupported(
            "Filter is not allowed for right changelog input of event time temporal join, it will corrupt the versioning of data. Please consider removing the filter before joining.",
            Span::default(),
        )),
        LogicalPlan::Project(node) => refuse_filter(&node.input),
        _ => Ok(()),
    }
}

fn line(node: &Join, left_time: usize, right_time: usize, primary_key: &[usize], sides: [&Stream; 2]) -> PlanLine {
    let [left, right] = sides.map(|side| &side.output);
    let output = &node.output;
    let keys = split_keys(node.condition.clone(), left.len());
    let right_keys: Vec<usize> = keys.right.iter().map(|key| key + left.len()).collect();
    let versions = format!(
        "__TEMPORAL_JOIN_CONDITION({}, {}, __TEMPORAL_JOIN_CONDITION_PRIMARY_KEY({}), __TEMPORAL_JOIN_LEFT_KEY({}), __TEMPORAL_JOIN_RIGHT_KEY({}))",
        output.fields[left_time].name,
        output.fields[left.len() + right_time].name,
        columns(primary_key, output),
        columns(&keys.left, output),
        columns(&right_keys, output),
    );
    let select = columns(&(0..output.len()).collect::<Vec<_>>(), output);
    let text = |style: Style| {
        let condition = condition_text(&node.condition, output, left, right, style);
        let (open, close) = if style == Style::Prefix { ("AND(", ")") } else { ("(", ")") };
        let is_one = keys.left.len() == 1 && keys.rest.is_none();
        let terms = match condition.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
            Some(terms) if !is_one => terms,
            _ => condition.as_str(),
        };
        let condition = match style {
            Style::Prefix | Style::Tree | Style::SimplifiedTree => format!("AND({terms}, {versions})"),
            Style::Infix => format!("({terms} AND {versions})"),
        };
        format!("joinType=[{}], where=[{condition}], select=[{select}]", join_type_text(node.join_type))
    };
    PlanLine { name: "TemporalJoin", prefix: text(Style::Prefix), infix: text(Style::Infix) }
}
