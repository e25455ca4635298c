//! Aggregations, with and without windows.

use dataflow::operator_spec::{
    GroupAggregateSpec, OperatorSpec, SessionTableFunctionSpec, WindowAggregateSpec, WindowAssigner,
    WindowTableFunctionSpec, WindowTime,
};
use dataflow::{AggregateCall, RowType, TypeKind};

use super::describe;
use super::monotonicity::insert_only_calls;
use super::phase_lines::Phases;
use super::planner::{PhysicalPlanner, Stream};
use super::two_phase::PhaseLines;
use super::{Changes, ColumnSet, PhysicalNode, PlanLine, RowKeys};
use crate::error::SqlError;
use crate::logical::{Aggregate, LogicalPlan, LogicalWindow, SplitHalf, WindowAggregate, WindowTableFunction};

impl PhysicalPlanner<'_> {
    pub(super) fn group_aggregate(&mut self, node: &Aggregate) -> Result<Stream, SqlError> {
        if let (Some(SplitHalf::Final), LogicalPlan::Aggregate(partial)) = (node.split, node.input.as_ref())
            && self.settings.incremental
            && self.settings.two_phase
            && self.settings.mini_batch.is_some()
        {
            let input = self.plan(&partial.input)?;
            if let Some(stream) = self.incremental_aggregate(node, partial, &input) {
                return Ok(stream);
            }
            let input = self.group_aggregate_over(partial, input);
            return Ok(self.group_aggregate_over(node, input));
        }
        let input = self.plan(&node.input)?;
        Ok(self.group_aggregate_over(node, input))
    }

    fn group_aggregate_over(&mut self, node: &Aggregate, input: Stream) -> Stream {
        let (whole, lines) = self.whole_aggregate(node, &input);
        self.in_phases(whole, &input, || lines)
    }

    /// An aggregation in one phase, and how it is shown in two.
    pub(super) fn whole_aggregate(&mut self, node: &Aggregate, input: &Stream) -> (PhysicalNode, PhaseLines) {
        let input = input.clone();
        let below = self.changes_of(&input);
        let (inputs, parallelism) = self.exchange(&input, &node.keys, 0);
        let state_ttl_ms = self.state_ttl(&node.state_ttl);
        // As Flink has it, DISTINCT too: what is planned behind it must not depend on that it never updates.
        let changes = Changes { deletes: !below.is_insert_only(), ..Changes::ALL };
        let retracts = !below.is_insert_only();
        let insert_only_calls = match retracts {
            true => insert_only_calls(&self.plan, &input.nodes, &node.keys, &node.calls),
            false => Vec::new(),
        };
        let of_retractions = |index: usize| retracts && !insert_only_calls.contains(&index);
        let text = aggregate_text(node, &input.output, &of_retractions);
        let hint = describe::state_ttl_of_groups(&node.state_ttl);
        let phases = Phases {
            keys: &node.keys,
            calls: &node.calls,
            input: &input.output,
            output: &node.output,
            split: node.split,
            retracts: &of_retractions,
        };
        let counts_rows = retracts && !node.calls.iter().any(counts_all_rows);
        let whole = PhysicalNode {
            spec: OperatorSpec::GroupAggregate(GroupAggregateSpec {
                keys: node.keys.clone(),
                aggregates: node.calls.clone(),
                input_retracts: retracts,
                insert_only_calls: insert_only_calls.clone(),
                generate_update_before: true,
                mini_batch: self.settings.mini_batch.map(|mini_batch| mini_batch.bounds),
                state_ttl_ms,
                output: node.output.clone(),
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes,
            keys: RowKeys::of(0..node.keys.len()),
            distribution: by_keys(node.keys.len()),
            name: "GroupAggregate".into(),
            lines: vec![PlanLine { name: "GroupAggregate", prefix: text.clone() + &hint, infix: text }],
        };
        let lines = phases.of_groups(counts_rows, &hint);
        (whole, lines)
    }

    pub(super) fn window_aggregate(&mut self, node: &WindowAggregate) -> Result<Stream, SqlError> {
        let input = self.plan(&node.input)?;
        let below = self.changes_of(&input);
        let (inputs, parallelism) = self.exchange(&input, &node.keys, 0);
        let name = if node.is_legacy { "GroupWindowAggregate" } else { "WindowAggregate" };
        let text = window_aggregate_text(node, &input.output);
        let whole = PhysicalNode {
            spec: OperatorSpec::WindowAggregate(WindowAggregateSpec {
                time: window_time(&node.window),
                assigner: node.window.assigner,
                time_zone: self.window_zone(&node.window),
                keys: node.keys.clone(),
                aggregates: node.calls.clone(),
                properties: node.properties.clone(),
                input_retracts: !below.is_insert_only(),
                output: node.output.clone(),
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes: Changes::INSERT_ONLY,
            keys: window_keys(node),
            distribution: by_keys(node.keys.len()),
            name: name.into(),
            lines: vec![PlanLine { name, prefix: text.clone(), infix: text }],
        };
        let phases = Phases {
            keys: &node.keys,
            calls: &node.calls,
            input: &input.output,
            output: &node.output,
            split: None,
            retracts: &|_| false,
        };
        let local = describe::window(&node.window.assigner, &time_name(&node.window, &input.output));
        let global = describe::window_of_columns(&node.window.assigner, "slice_end=[$slice_end]");
        Ok(self.in_phases(whole, &input, || phases.of_windows(&node.properties, &local, &global)))
    }

    pub(super) fn window_table_function(&mut self, node: &WindowTableFunction) -> Result<Stream, SqlError> {
        if let WindowAssigner::Session { gap } = node.window.assigner {
            return self.session_table_function(node, gap);
        }
        let input = self.plan(&node.input)?;
        let parallelism = self.parallelism_of(&input);
        let keys = self.distribution_of(&input);
        let inputs = self.forward(&input, parallelism, keys.as_deref());
        let changes = self.changes_of(&input);
        let window = describe::window(&node.window.assigner, &time_name(&node.window, &input.output));
        let text = format!("window=[{window}]");
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::WindowTableFunction(WindowTableFunctionSpec {
                time: window_time(&node.window),
                assigner: node.window.assigner,
                time_zone: self.window_zone(&node.window),
                output: node.output.clone(),
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes,
            keys: RowKeys::none(),
            distribution: keys,
            name: "WindowTableFunction".into(),
            lines: vec![PlanLine { name: "WindowTableFunction", prefix: text.clone(), infix: text }],
        }))
    }

    fn session_table_function(&mut self, node: &WindowTableFunction, gap: i64) -> Result<Stream, SqlError> {
        let unsupported = |message: &str| SqlError::unsupported(message, node.span);
        let (rowtime, processing_time) = match window_time(&node.window) {
            WindowTime::Rowtime { column } => (column, false),
            WindowTime::Proctime => (0, true),
        };
        let input = self.plan(&node.input)?;
        if !self.changes_of(&input).is_insert_only() {
            return Err(unsupported(
                "a SESSION function over rows that are taken back, without an aggregation, is not supported yet",
            ));
        }
        let (inputs, parallelism) = self.exchange(&input, &node.partition, 0);
        let window = session_text(&node.window, &node.partition, &input.output);
        let text = format!("window=[{window}]");
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::SessionTableFunction(SessionTableFunctionSpec {
                partition: node.partition.clone(),
                rowtime,
                processing_time,
                gap,
                time_zone: self.window_zone(&node.window),
                input: input.output.clone(),
                output: node.output.clone(),
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes: Changes::INSERT_ONLY,
            keys: RowKeys::none(),
            distribution: (!node.partition.is_empty()).then(|| node.partition.clone()),
            name: "WindowTableFunction".into(),
            lines: vec![PlanLine { name: "WindowTableFunction", prefix: text.clone(), infix: text }],
        }))
    }

    /// The zone of window bounds: that of the session, unless the time column already is a wall clock.
    pub(super) fn window_zone(&self, window: &LogicalWindow) -> String {
        match window.ty.kind {
            TypeKind::Timestamp { .. } => "UTC".into(),
            _ => self.settings.context.time_zone.to_string(),
        }
    }
}

/// Whether a call has the number of all rows.
pub(super) fn counts_all_rows(call: &AggregateCall) -> bool {
    call.function == "COUNT" && call.args.is_empty() && call.filter.is_none()
}

fn by_keys(keys: usize) -> Option<Vec<usize>> {
    (keys > 0).then(|| (0..keys).collect())
}

/// A window is known by each of its properties.
fn window_keys(node: &WindowAggregate) -> RowKeys {
    let keys = node.keys.len();
    let first = keys + node.calls.len();
    let properties = first..first + node.properties.len();
    let unique: Vec<ColumnSet> = properties.map(|property| (0..keys).chain([property]).collect()).collect();
    RowKeys { upsert: unique.clone(), unique }
}

fn window_time(window: &LogicalWindow) -> WindowTime {
    match window.column {
        Some(column) if window.is_rowtime() => WindowTime::Rowtime { column },
        _ => WindowTime::Proctime,
    }
}

/// `SESSION(time_col=[ts], gap=[20 s], partition keys=[item])`
fn session_text(window: &LogicalWindow, partition: &[usize], input: &RowType) -> String {
    let text = describe::window(&window.assigner, &time_name(window, input));
    match (partition, text.strip_suffix(')')) {
        ([_, ..], Some(open)) => format!("{open}, partition keys=[{}])", describe::columns(partition, input)),
        _ => text,
    }
}

pub(super) fn time_name(window: &LogicalWindow, input: &RowType) -> String {
    window.column.map_or_else(|| "proctime".into(), |column| input.fields[column].name.clone())
}

fn selected(
    keys: &[usize],
    calls: &[dataflow::AggregateCall],
    input: &RowType,
    output: &RowType,
    retracts: &dyn Fn(usize) -> bool,
) -> Vec<String> {
    let mut select: Vec<String> = Vec::new();
    let named = |text: String, name: &str| if text == name { text } else { format!("{text} AS {name}") };
    for (index, key) in keys.iter().enumerate() {
        select.push(named(input.fields[*key].name.clone(), &output.fields[index].name));
    }
    for (index, (call, field)) in calls.iter().zip(&output.fields[keys.len()..]).enumerate() {
        select.push(named(describe::aggregate(call, input, retracts(index)), &field.name));
    }
    select
}

fn aggregate_text(node: &Aggregate, input: &RowType, retracts: &dyn Fn(usize) -> bool) -> String {
    let select = selected(&node.keys, &node.calls, input, &node.output, retracts).join(", ");
    if node.keys.is_empty() {
        return format!("{}select=[{select}]", half(node.split));
    }
    format!("groupBy=[{}], {}select=[{select}]", describe::columns(&node.keys, input), half(node.split))
}

/// `partialFinalType=[PARTIAL], `
pub(super) fn half(split: Option<SplitHalf>) -> &'static str {
    match split {
        None => "",
        Some(SplitHalf::Partial) => "partialFinalType=[PARTIAL], ",
        Some(SplitHalf::Final) => "partialFinalType=[FINAL], ",
    }
}

fn window_aggregate_text(node: &WindowAggregate, input: &RowType) -> String {
    let mut select = selected(&node.keys, &node.calls, input, &node.output, &|_| false);
    if node.is_legacy {
        return group_window_text(node, input, select);
    }
    let first = node.keys.len() + node.calls.len();
    let properties = node.properties.iter().zip(&node.output.fields[first..]);
    select.extend(properties.map(|(property, field)| format!("{} AS {}", describe::property(*property), field.name)));
    let window = match node.window.assigner {
        WindowAssigner::Session { .. } => session_text(&node.window, &node.keys, input),
        assigner => describe::window(&assigner, &time_name(&node.window, input)),
    };
    let keys = match node.keys.is_empty() {
        true => String::new(),
        false => format!("groupBy=[{}], ", describe::columns(&node.keys, input)),
    };
    format!("{keys}window=[{window}], select=[{}]", select.join(", "))
}

/// A window of GROUP BY. Flink computes all properties of the window, or none.
fn group_window_text(node: &WindowAggregate, input: &RowType, mut select: Vec<String>) -> String {
    let time = time_name(&node.window, input);
    let window = match node.window.assigner {
        WindowAssigner::Tumble { size, .. } => format!("TumblingGroupWindow('w$, {time}, {size})"),
        WindowAssigner::Hop { slide, size, .. } => format!("SlidingGroupWindow('w$, {time}, {size}, {slide})"),
        WindowAssigner::Session { gap } => format!("SessionGroupWindow('w$, {time}, {gap})"),
        assigner @ WindowAssigner::Cumulate { .. } => describe::window(&assigner, &time),
    };
    let all: &[&str] = match (node.properties.is_empty(), node.window.is_rowtime()) {
        (true, _) => &[],
        (false, true) => &["start", "end", "rowtime", "proctime"],
        (false, false) => &["start", "end", "proctime"],
    };
    let names: Vec<String> = all.iter().map(|property| format!("w${property}")).collect();
    select.extend(all.iter().map(|property| format!("{property}('w$) AS w${property}")));
    let mut parts = Vec::new();
    if !node.keys.is_empty() {
        parts.push(format!("groupBy=[{}]", describe::columns(&node.keys, input)));
    }
    parts.push(format!("window=[{window}]"));
    if !names.is_empty() {
        parts.push(format!("properties=[{}]", names.join(", ")));
    }
    parts.push(format!("select=[{}]", select.join(", ")));
    parts.join(", ")
}
