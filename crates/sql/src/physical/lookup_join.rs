//! Joins as of processing time with tables in which rows can be looked up.

use dataflow::operator_spec::{CalcSpec, LookupJoinSpec, OperatorSpec, SourceSpec};

use super::describe::Style;
use super::join::{condition_text, distribution, join_type_text, split_keys};
use super::planner::{PhysicalPlanner, Stream};
use super::{JoinSide, PhysicalNode, PlanLine, RowKeys};
use crate::ast::Span;
use crate::error::SqlError;
use crate::logical::{Join, LogicalPlan};

/// A table and what is made of its rows.
pub(super) struct LookupTable {
    table: SourceSpec,
    calc: Option<CalcSpec>,
    stream: Stream,
    keys: RowKeys,
}

impl PhysicalPlanner<'_> {
    /// The table that a plan reads, if it does nothing else and rows of it can be looked up.
    pub(super) fn lookup_table(&self, plan: &LogicalPlan) -> Result<Option<LookupTable>, SqlError> {
        let Some(spec) = scanned(plan) else { return Ok(None) };
        let is_lookup = connectors::factory(&spec.connector).and_then(|factory| factory.is_lookup(&spec));
        if !is_lookup.unwrap_or(false) {
            return Ok(None);
        }
        // Read by the join itself, it is no node of the plan.
        let mut apart = PhysicalPlanner::new(self.settings);
        let stream = apart.plan(plan)?;
        let specs: Vec<&OperatorSpec> = apart.plan.nodes.iter().map(|node| &node.spec).collect();
        let (table, calc) = match specs.as_slice() {
            [OperatorSpec::Source(table)] => (table.clone(), None),
            [OperatorSpec::Source(table), OperatorSpec::Calc(calc)] => (table.clone(), Some(calc.clone())),
            _ => return Ok(None),
        };
        let keys = apart.keys_of(&stream);
        Ok(Some(LookupTable { table: SourceSpec { watermark: None, ..table }, calc, stream, keys }))
    }

    pub(super) fn lookup_join(&mut self, node: &Join, lookup: LookupTable) -> Result<Stream, SqlError> {
        let left = self.plan(&node.left)?;
        let LookupTable { table, calc, stream: right, keys: right_keys } = lookup;
        let keys = split_keys(node.condition.clone(), left.output.len());
        if keys.left.is_empty() {
            let message =
                "Temporal table join requires an equality condition on fields of the table that is looked up.";
            return Err(SqlError::validation(message, Span::default()));
        }
        let equal = [&keys.left, &keys.right].map(|columns| columns.iter().copied().collect());
        let left_keys = self.keys_of(&left);
        let sides = [JoinSide { keys: &left_keys, equal: &equal[0] }, JoinSide { keys: &right_keys, equal: &equal[1] }];
        let row_keys = RowKeys::join(node.join_type, left.output.len(), &sides[0], &sides[1]);
        // Each subtask has the whole table, so that rows stay where they are.
        let parallelism = self.parallelism_of(&left);
        let left_distribution = self.distribution_of(&left);
        let inputs = self.forward(&left, parallelism, left_distribution.as_deref());
        let select: Vec<&str> = node.output.fields.iter().map(|field| field.name.as_str()).collect();
        let text = |style: Style| {
            format!(
                "table=[{}], joinType=[{}], where=[{}], select=[{}]",
                table.connector.table,
                join_type_text(node.join_type),
                condition_text(&node.condition, &node.output, &left.output, &right.output, style),
                select.join(", ")
            )
        };
        let lines = vec![PlanLine { name: "LookupJoin", prefix: text(Style::Prefix), infix: text(Style::Infix) }];
        let changes = self.changes_of(&left);
        let distribution = left_distribution.and_then(|columns| distribution(node.join_type, columns));
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::LookupJoin(LookupJoinSpec {
                join: keys.into_spec(node, left.output, right.output),
                table,
                calc,
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes,
            keys: row_keys,
            distribution,
            name: "LookupJoin".into(),
            lines,
        }))
    }
}

fn scanned(plan: &LogicalPlan) -> Option<dataflow::operator_spec::ConnectorSpec> {
    match plan {
        LogicalPlan::Scan(node) => super::source::connector_spec(&node.path, &node.table, &node.options),
        LogicalPlan::Project(node) => scanned(&node.input),
        LogicalPlan::Filter(node) => scanned(&node.input),
        _ => None,
    }
}
