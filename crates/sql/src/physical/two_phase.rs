//! Aggregations in two phases, as Flink's TwoStageOptimizedAggregateRule and TwoStageOptimizedWindowAggregateRule: before the exchange rows are summed up by
//! a local aggregate, behind it a global one merges that.
//!
//! ```text
//!   without a window: with mini-batches; windows: of event time, made of slices
//!   every aggregate can be merged, and the rows do not lie by the keys already
//! ```

use dataflow::operator_spec::{
    GlobalGroupAggregateSpec, GlobalWindowAggregateSpec, LocalGroupAggregateSpec, LocalWindowAggregateSpec,
    OperatorSpec, WindowAssigner, WindowTime, partial_field, slice_end_field,
};
use dataflow::{AggregateCall, Partitioning, RowType};

use super::planner::{PhysicalPlanner, Stream};
use super::{Changes, PhysicalNode, PlanLine, RowKeys};

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
                    && whole.inputs.iter().any(|edge| edge.partitioning != Partitioning::Forward)
            }
            OperatorSpec::WindowAggregate(spec) => {
                let can_merge = |call: &AggregateCall| can_merge(call, spec.input_retracts);
                whole.name == "WindowAggregate"
                    && !matches!(spec.assigner, WindowAssigner::Session { .. })
                    && matches!(spec.time, WindowTime::Rowtime { .. })
                    && spec.aggregates.iter().all(can_merge)
                    && whole.inputs.iter().any(|edge| edge.partitioning != Partitioning::Forward)
            }
            _ => false,
        }
    }

    fn two_phases(&mut self, whole: PhysicalNode, input: &Stream, lines: PhaseLines) -> Stream {
        let parallelism = self.parallelism_of(input);
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
        let local = self.stream(PhysicalNode {
            spec: local,
            // A row is taken back where it came, in another bundle perhaps: counts go below zero.
            inputs: self.forward(input, parallelism, None),
            output: partials,
            parallelism,
            changes: Changes::INSERT_ONLY,
            keys: RowKeys::none(),
            distribution: None,
            name: lines.local.name.into(),
            lines: vec![lines.local],
        });
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
