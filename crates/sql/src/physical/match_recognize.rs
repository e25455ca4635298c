//! MATCH_RECOGNIZE.

use dataflow::operator_spec::{MatchSpec, OperatorSpec, WindowTime};
use dataflow::{RowType, TimeAttribute};

use super::planner::{PhysicalPlanner, Stream};
use super::{Changes, PhysicalNode, PlanLine, RowKeys, describe};
use crate::error::SqlError;
use crate::logical::Match;

impl PhysicalPlanner<'_> {
    pub(super) fn match_recognize(&mut self, node: &Match) -> Result<Stream, SqlError> {
        let refused = |message: &str| SqlError::unsupported(message, node.span);
        let Some((first, order)) = node.order.split_first() else {
            return Err(refused("You must specify either rowtime or proctime for order by."));
        };
        let time = match node.input.output().fields[first.column].ty.time_attribute() {
            TimeAttribute::Rowtime => WindowTime::Rowtime { column: first.column },
            TimeAttribute::Proctime => WindowTime::Proctime,
            TimeAttribute::None => {
                return Err(refused("You must specify either rowtime or proctime for order by as the first one."));
            }
        };
        if first.descending {
            return Err(refused("Primary sort order of a streaming table must be ascending on time."));
        }
        let input = self.plan(&node.input)?;
        if !self.changes_of(&input).is_insert_only() {
            let names: Vec<&str> = input.nodes.iter().map(|&id| self.plan.nodes[id].name.as_str()).collect();
            let by = names.join(", ");
            return Err(refused(&format!(
                "Match Recognize doesn't support consuming update changes which is produced by node {by}"
            )));
        }
        let (inputs, parallelism) = self.exchange(&input, &node.partition, 0);
        let text = text(node, &input.output);
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::Match(MatchSpec {
                partition: node.partition.clone(),
                time,
                order: order.to_vec(),
                pattern: node.pattern.clone(),
                after: node.after,
                within_ms: node.within,
                measures: node.measures.clone(),
                input: input.output.clone(),
                output: node.output.clone(),
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes: Changes::INSERT_ONLY,
            keys: RowKeys::none(),
            distribution: (!node.partition.is_empty()).then(|| (0..node.partition.len()).collect()),
            name: "Match".into(),
            lines: vec![PlanLine { name: "Match", prefix: text.clone(), infix: text }],
        }))
    }
}

fn text(node: &Match, input: &RowType) -> String {
    let mut parts = Vec::new();
    if !node.partition.is_empty() {
        parts.push(format!("partitionBy=[{}]", describe::columns(&node.partition, input)));
    }
    parts.push(format!("orderBy=[{}]", describe::sort(&node.order, input)));
    let names = &node.output.fields[node.partition.len()..];
    let measures = node.measures.iter().zip(names).map(|(measure, field)| {
        format!("FINAL({}) AS {}", describe::match_expression(measure, None, &node.pattern, input), field.name)
    });
    parts.push(format!("measures=[{}]", measures.collect::<Vec<_>>().join(", ")));
    parts.push("rowsPerMatch=[ONE ROW PER MATCH]".to_owned());
    parts.push(format!("after=[{}]", describe::after_match(node.after, &node.pattern)));
    parts.push(format!("pattern=[{}]", node.pattern_text));
    parts.extend(node.within.map(|within| format!("within=[{within}:INTERVAL SECOND]")));
    let conditions = node.pattern.iter().enumerate().filter_map(|(own, variable)| {
        let condition = variable.condition.as_ref()?;
        let text = describe::match_expression(condition, Some(own), &node.pattern, input);
        Some(format!("{}={text}", variable.name))
    });
    parts.push(format!("define=[{{{}}}]", conditions.collect::<Vec<_>>().join(", ")));
    parts.join(", ")
}
