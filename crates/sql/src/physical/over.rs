//! OVER aggregates.

use dataflow::operator_spec::{
    NonTimeOverAggregateSpec, OperatorSpec, OverAggregateSpec, OverFrame, SortField, WindowTime,
};
use dataflow::{RowType, TimeAttribute};

use super::planner::{PhysicalPlanner, Stream};
use super::{Changes, PhysicalNode, PlanLine, describe};
use crate::error::SqlError;
use crate::logical::{LogicalPlan, OverAggregate};

impl PhysicalPlanner<'_> {
    pub(super) fn over_aggregate(&mut self, node: &OverAggregate) -> Result<Stream, SqlError> {
        let refused = |message: &str| SqlError::unsupported(message, node.span);
        if let LogicalPlan::OverAggregate(_) = node.input.as_ref() {
            return Err(refused(
                "Over Agg: Unsupported use of OVER windows. All aggregates must be computed on the same window.",
            )
            .with_hint("compute one of them in a sub-query, or give them the same window and frame"));
        }
        let [field] = node.order.as_slice() else {
            return Err(refused("The window can only be ordered by a single time column."));
        };
        if field.descending {
            return Err(refused("The window can only be ordered in ASCENDING mode."));
        }
        let time = match node.input.output().fields[field.column].ty.time_attribute() {
            TimeAttribute::Rowtime => WindowTime::Rowtime { column: field.column },
            TimeAttribute::Proctime => WindowTime::Proctime,
            TimeAttribute::None if matches!(node.frame, OverFrame::Rows(_) | OverFrame::Range(_)) => {
                return Err(refused("Non-time attribute sort is not supported for bounded OVER window."));
            }
            TimeAttribute::None => return self.non_time_over_aggregate(node, *field),
        };
        let input = self.plan(&node.input)?;
        if !self.changes_of(&input).is_insert_only() {
            return Err(refused("OVER over rows that are updated or deleted is not supported"));
        }
        let (inputs, parallelism) = self.exchange(&input, &node.partition, 0);
        let keys = self.keys_of(&input).behind_exchange(&node.partition);
        let text = text(node, &input.output);
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::OverAggregate(OverAggregateSpec {
                partition: node.partition.clone(),
                time,
                frame: node.frame,
                aggregates: node.calls.clone(),
                state_ttl_ms: self.settings.state_ttl_ms,
                input: input.output.clone(),
                output: node.output.clone(),
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes: Changes::INSERT_ONLY,
            keys,
            distribution: (!node.partition.is_empty()).then(|| node.partition.clone()),
            name: "OverAggregate".into(),
            lines: vec![PlanLine { name: "OverAggregate", prefix: text.clone(), infix: text }],
        }))
    }

    fn non_time_over_aggregate(&mut self, node: &OverAggregate, order: SortField) -> Result<Stream, SqlError> {
        let input = self.plan(&node.input)?;
        let (inputs, parallelism) = self.exchange(&input, &node.partition, 0);
        let keys = self.keys_of(&input).behind_exchange(&node.partition);
        let text = text(node, &input.output);
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::NonTimeOverAggregate(NonTimeOverAggregateSpec {
                partition: node.partition.clone(),
                order,
                peers: node.frame == OverFrame::UnboundedRange,
                aggregates: node.calls.clone(),
                generate_update_before: true,
                input: input.output.clone(),
                output: node.output.clone(),
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes: Changes::ALL,
            keys,
            distribution: (!node.partition.is_empty()).then(|| node.partition.clone()),
            name: "OverAggregate".into(),
            lines: vec![PlanLine { name: "OverAggregate", prefix: text.clone(), infix: text }],
        }))
    }
}

fn text(node: &OverAggregate, input: &RowType) -> String {
    let frame = match node.frame {
        OverFrame::UnboundedRows => "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".to_owned(),
        OverFrame::UnboundedRange => "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".to_owned(),
        OverFrame::Rows(rows) => format!("ROWS BETWEEN {rows} PRECEDING AND CURRENT ROW"),
        OverFrame::Range(millis) => format!("RANGE BETWEEN {millis} PRECEDING AND CURRENT ROW"),
    };
    let columns: Vec<usize> = (0..input.len()).collect();
    let mut select = vec![describe::columns(&columns, input)];
    for (call, field) in node.calls.iter().zip(&node.output.fields[input.len()..]) {
        select.push(format!("{} AS {}", describe::aggregate(call, input, false), field.name));
    }
    let partition = match node.partition.is_empty() {
        true => String::new(),
        false => format!("partitionBy=[{}], ", describe::columns(&node.partition, input)),
    };
    let order = describe::sort(&node.order, input);
    format!("{partition}orderBy=[{order}], window=[ {frame}], select=[{}]", select.join(", "))
}
