//! OVER aggregates.

use dataflow::operator_spec::{
    NonTimeOverAggregateSpec, OperatorSpec, OverAggregateSpec, OverFrame, SortField, WindowTime,
};
use dataflow::{AggregateCall, RowType, TimeAttribute, TypeKind};

use super::planner::{PhysicalPlanner, Stream};
use super::{Changes, PhysicalNode, PlanLine, Style, describe};
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

/// What is computed, as Calcite has it: a sum is counted too, for it is NULL when nothing was, and an average is a sum over a count.
fn shown_calls(calls: &[AggregateCall], input: &RowType) -> Vec<String> {
    let mut shown: Vec<String> = Vec::new();
    for text in calls.iter().flat_map(|call| parts_of(call, input)) {
        if !shown.contains(&text) {
            shown.push(text);
        }
    }
    shown
}

fn parts_of(call: &AggregateCall, input: &RowType) -> Vec<String> {
    let part = |function: &str| {
        let call = AggregateCall { function: function.into(), ..call.clone() };
        describe::aggregate(&call, input, false)
    };
    match call.function.as_str() {
        "SUM" | "AVG" => vec![part("COUNT"), part("$SUM0")],
        _ => vec![part(&call.function)],
    }
}

/// The columns behind an OVER aggregation by what is shown of them above it.
pub(super) fn shown_columns(spec: &OperatorSpec, style: Style) -> Option<RowType> {
    let (calls, input, output) = match spec {
        OperatorSpec::OverAggregate(spec) => (&spec.aggregates, &spec.input, &spec.output),
        OperatorSpec::NonTimeOverAggregate(spec) => (&spec.aggregates, &spec.input, &spec.output),
        _ => return None,
    };
    let shown = shown_calls(calls, input);
    let name_of = |text: &String| {
        let index = shown.iter().position(|known| known == text).unwrap_or_default();
        format!("w0$o{index}")
    };
    let mut columns = output.clone();
    for (call, field) in calls.iter().zip(&mut columns.fields[input.len()..]) {
        let names: Vec<String> = parts_of(call, input).iter().map(name_of).collect();
        let [count, sum] = names.as_slice() else {
            field.name = names[0].clone();
            continue;
        };
        let summed = describe::summed_type(&input.fields[call.args[0]].ty);
        let is_infix = style == Style::Infix;
        let test = if is_infix { format!("({count} > 0)") } else { format!(">({count}, 0:BIGINT)") };
        let sum_type = if call.function == "SUM" { &call.ty } else { &summed };
        let sum = format!("CASE({test}, {sum}, null:{})", describe::type_text(sum_type));
        let divided = |sum: &str| if is_infix { format!("({sum} / {count})") } else { format!("/({sum}, {count})") };
        let ty = describe::type_text(&call.ty);
        field.name = match summed.kind {
            _ if call.function == "SUM" => sum,
            TypeKind::Decimal { .. } if summed.kind != call.ty.kind => divided(&format!("CAST({sum} AS {ty})")),
            TypeKind::Decimal { .. } | TypeKind::Float | TypeKind::Double => divided(&sum),
            _ => format!("CAST({} AS {ty})", divided(&sum)),
        };
    }
    Some(columns)
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
    let shown = shown_calls(&node.calls, input);
    select.extend(shown.iter().enumerate().map(|(index, text)| format!("{text} AS w0$o{index}")));
    let partition = match node.partition.is_empty() {
        true => String::new(),
        false => format!("partitionBy=[{}], ", describe::columns(&node.partition, input)),
    };
    let order = describe::sort(&node.order, input);
    format!("{partition}orderBy=[{order}], window=[ {frame}], select=[{}]", select.join(", "))
}
