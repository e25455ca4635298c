//! Aggregations in two phases, as Flink's TwoStageOptimizedAggregateRule and TwoStageOptimizedWindowAggregateRule: before the exchange rows are summed up by
//! a local aggregate, behind it a global one merges that.
//!
//! ```text
//!   without a window: with mini-batches; windows: of event time, made of slices
//!   every aggregate can be merged
//! ```

use dataflow::operator_spec::{
    GlobalGroupAggregateSpec, GlobalWindowAggregateSpec, GroupAggregateSpec, IncrementalGroupAggregateSpec,
    LocalGroupAggregateSpec, LocalWindowAggregateSpec, OperatorSpec, WindowAssigner, WindowTime, partial_field,
    slice_end_field,
};
use dataflow::{AggregateCall, Partitioning, RowType};

use super::aggregate::counts_all_rows;
use super::phase_lines::Phases;
use super::planner::{PhysicalPlanner, Stream};
use super::{Changes, PhysicalNode, PlanLine, RowKeys};
use crate::logical::Aggregate;

/// How a phase is shown.
pub(super) struct PhaseLines {
    /// `LocalGroupAggregate(...)`
    pub(super) local: PlanLine,
    /// `GlobalGroupAggregate(...)`
    pub(super) global: PlanLine,
}

impl PhysicalPlanner<'_> {
    /// Adds an aggregation over these rows, planned in one phase as `whole`, in as many phases as it has.
    pub(super) fn in_phases(
        &mut self,
        whole: PhysicalNode,
        input: &Stream,
        lines: impl FnOnce() -> PhaseLines,
    ) -> Stream {
        match self.settings.two_phase && self.has_two_phases(&whole, input) {
            true => self.two_phases(whole, input, lines()),
            false => self.stream(whole),
        }
    }

    fn has_two_phases(&self, whole: &PhysicalNode, input: &Stream) -> bool {
        match &whole.spec {
            OperatorSpec::GroupAggregate(spec) => {
                let can_merge = |call: &AggregateCall| can_merge(call, spec.input_retracts);
                let is_spread = || {
                    let edges = self.forward(input, self.parallelism_of(input), None);
                    edges.iter().any(|edge| edge.partitioning == Partitioning::Rebalance)
                };
                // Where rows and what takes them back are mixed up, a group may seem to have none while it waits for some.
                !(spec.input_retracts && is_spread())
                    && spec.mini_batch.is_some()
                    && spec.aggregates.iter().all(can_merge)
            }
            OperatorSpec::WindowAggregate(spec) => {
                let can_merge = |call: &AggregateCall| can_merge(call, spec.input_retracts);
                whole.name == "WindowAggregate"
                    && !matches!(spec.assigner, WindowAssigner::Session { .. })
                    && matches!(spec.time, WindowTime::Rowtime { .. })
                    && spec.aggregates.iter().all(can_merge)
            }
            _ => false,
        }
    }

    /// An aggregation that was split in two halves, with one operator between the first phase of the first half and the second one of the second. `None`
    /// where these do not have two phases. The rows `input` are those of the first half.
    pub(super) fn incremental_aggregate(
        &mut self,
        node: &Aggregate,
        partial: &Aggregate,
        input: &Stream,
    ) -> Option<Stream> {
        let (whole, lines) = self.whole_aggregate(partial, input);
        let merges = node.calls.iter().all(|call| can_merge(call, true));
        let OperatorSpec::GroupAggregate(spec) = &whole.spec else { return None };
        if !merges || !self.has_two_phases(&whole, input) {
            return None;
        }
        let width = node.keys.len();
        let retracts = |call: usize| spec.input_retracts && !spec.insert_only_calls.contains(&call);
        let phases = Phases {
            keys: &partial.keys,
            calls: &partial.calls,
            input: &input.output,
            output: &partial.output,
            split: partial.split,
            retracts: &retracts,
        };
        let outer = Phases { keys: &node.keys, calls: &node.calls, output: &node.output, split: node.split, ..phases };
        let counts_rows = spec.input_retracts && !partial.calls.iter().any(counts_all_rows);
        let (incremental_line, global_line) = phases.of_increments(&outer, counts_rows);
        let aggregate = spec.clone();
        let local = self.local_phase(&whole, input, lines.local);
        let keys: Vec<usize> = (0..partial.keys.len()).collect();
        let (inputs, parallelism) = self.exchange(&local, &keys, 0);
        let mut changes_of_keys = input.output.project(&partial.keys[..width]);
        changes_of_keys.fields.push(partial_field());
        let incremental = self.stream(PhysicalNode {
            spec: OperatorSpec::IncrementalGroupAggregate(IncrementalGroupAggregateSpec {
                aggregate: aggregate.clone(),
                final_keys: width,
                local_input: input.output.clone(),
                output: changes_of_keys.clone(),
            }),
            inputs,
            output: changes_of_keys,
            parallelism,
            changes: Changes::INSERT_ONLY,
            keys: RowKeys::none(),
            distribution: None,
            name: "IncrementalGroupAggregate".into(),
            lines: vec![incremental_line],
        });
        let keys: Vec<usize> = (0..width).collect();
        let (inputs, parallelism) = self.exchange(&incremental, &keys, 0);
        let plain = |call: &AggregateCall| AggregateCall { distinct: false, ..call.clone() };
        let summed = GroupAggregateSpec {
            keys: partial.keys[..width].to_vec(),
            aggregates: aggregate.aggregates.iter().map(plain).collect(),
            output: node.output.clone(),
            ..aggregate
        };
        Some(self.stream(PhysicalNode {
            spec: OperatorSpec::GlobalGroupAggregate(GlobalGroupAggregateSpec {
                aggregate: summed,
                local_input: input.output.clone(),
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            // As Flink has it, though rows are not always taken back.
            changes: Changes::ALL,
            keys: RowKeys::of(0..width),
            distribution: (width > 0).then_some(keys),
            name: "GlobalGroupAggregate".into(),
            lines: vec![global_line],
        }))
    }

    /// The first phase of an aggregation without a window.
    fn local_phase(&mut self, whole: &PhysicalNode, input: &Stream, shown: PlanLine) -> Stream {
        let OperatorSpec::GroupAggregate(spec) = &whole.spec else { unreachable!("the caller looked") };
        let mut partials = input.output.project(&spec.keys);
        partials.fields.push(partial_field());
        let local = LocalGroupAggregateSpec { aggregate: spec.clone(), output: partials.clone() };
        self.local_stream(OperatorSpec::LocalGroupAggregate(local), partials, input, shown)
    }

    fn local_stream(&mut self, spec: OperatorSpec, partials: RowType, input: &Stream, shown: PlanLine) -> Stream {
        let parallelism = self.parallelism_of(input);
        self.stream(PhysicalNode {
            spec,
            // A row is taken back where it came, in another bundle perhaps: counts go below zero.
            inputs: self.forward(input, parallelism, None),
            output: partials,
            parallelism,
            changes: Changes::INSERT_ONLY,
            keys: RowKeys::none(),
            distribution: None,
            name: shown.name.into(),
            lines: vec![shown],
        })
    }

    fn two_phases(&mut self, whole: PhysicalNode, input: &Stream, lines: PhaseLines) -> Stream {
        let mut partials = RowType::new(Vec::new());
        let (local, global) = match &whole.spec {
            OperatorSpec::GroupAggregate(spec) => {
                partials.fields.extend(input.output.project(&spec.keys).fields);
                partials.fields.push(partial_field());
                let local = LocalGroupAggregateSpec { aggregate: spec.clone(), output: partials.clone() };
                let global = GlobalGroupAggregateSpec { aggregate: spec.clone(), local_input: input.output.clone() };
                (OperatorSpec::LocalGroupAggregate(local), OperatorSpec::GlobalGroupAggregate(global))
            }
            OperatorSpec::WindowAggregate(spec) => {
                partials.fields.extend(input.output.project(&spec.keys).fields);
                partials.fields.extend([slice_end_field(), partial_field()]);
                let local = LocalWindowAggregateSpec { aggregate: spec.clone(), output: partials.clone() };
                let global = GlobalWindowAggregateSpec { aggregate: spec.clone(), local_input: input.output.clone() };
                (OperatorSpec::LocalWindowAggregate(local), OperatorSpec::GlobalWindowAggregate(global))
            }
            _ => return self.stream(whole),
        };
        let local = self.local_stream(local, partials, input, lines.local);
        let keys = whole.distribution.clone().unwrap_or_default();
        let (inputs, _) = self.exchange(&local, &keys, 0);
        self.stream(PhysicalNode {
            spec: global,
            inputs,
            name: lines.global.name.into(),
            lines: vec![lines.global],
            ..whole
        })
    }
}

/// Whether an aggregate can be summed up in parts, as Flink's functions that have `merge` can.
fn can_merge(call: &AggregateCall, retracts: bool) -> bool {
    match call.function.as_str() {
        "COUNT" | "SUM" | "$SUM0" | "AVG" | "MIN" | "MAX" | "COLLECT" | "PERCENTILE" => true,
        name if name.starts_with("BITMAP_") => true,
        "FIRST_VALUE" | "LAST_VALUE" | "SINGLE_VALUE" => false,
        // Parts would mix up the order in which values came for the first time.
        "LISTAGG" | "ARRAY_AGG" if call.distinct => false,
        name if name.starts_with("JSON_ARRAYAGG") => false,
        // What these have cannot be less than nothing, as in a part that takes a row back which another one has.
        _ => !retracts,
    }
}
