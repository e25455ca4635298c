//! Where mini-batches begin, as Flink's MiniBatchIntervalInferRule: from the sinks down each node says in what time its mini-batches are, and behind each
//! source stands a MiniBatchAssigner whose watermarks end them.
//!
//! ```text
//!   the sinks: every allow-latency of the clock
//!   a node that needs watermarks: of event time, as often; legacy group windows: none below them
//! ```

use std::collections::HashMap;

use dataflow::operator_spec::{
    IntervalJoinTime, JoinType, MiniBatchAssignerSpec, MiniBatchMode, NonTimeOverAggregateSpec, OperatorSpec,
    OverAggregateSpec, WindowTime,
};
use dataflow::{Partitioning, TimeAttribute};

use super::{NodeId, PhysicalEdge, PhysicalNode, PhysicalPlan, PlanLine};
use crate::settings::MiniBatchSettings;

/// What is wanted of the rows of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interval {
    /// Nobody has said anything.
    Open,
    /// No mini-batches.
    Never,
    /// These.
    Every(MiniBatchAssignerSpec),
}

use Interval::{Every, Never, Open};

impl Interval {
    /// What suits both, as Flink's `mergeMiniBatchInterval`.
    fn merge(self, other: Interval) -> Interval {
        match (self, other) {
            (Never, _) | (_, Never) => Never,
            (Open, interval) | (interval, Open) => interval,
            (Every(one), Every(two)) => Every(merge(one, two)),
        }
    }
}

fn merge(one: MiniBatchAssignerSpec, two: MiniBatchAssignerSpec) -> MiniBatchAssignerSpec {
    use MiniBatchMode::{ProcTime, RowTime};
    match (one.mode, two.mode) {
        (RowTime, RowTime) => {
            MiniBatchAssignerSpec { interval_ms: greatest_common_divisor(one.interval_ms, two.interval_ms), ..one }
        }
        (ProcTime, ProcTime) | (RowTime, ProcTime) => one,
        // A node that only needs watermarks takes the interval of those behind it.
        (ProcTime, RowTime) if two.interval_ms == 0 => MiniBatchAssignerSpec { mode: RowTime, ..one },
        (ProcTime, RowTime) => two,
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// The plan with a MiniBatchAssigner behind each source that has mini-batches behind it, unless there is no use for them.
pub(super) fn assign(plan: PhysicalPlan, settings: MiniBatchSettings) -> PhysicalPlan {
    if plan.roots.iter().all(|&(root, _)| has_no_use(&plan, root)) {
        return plan;
    }
    let wanted = wanted(&plan, settings);
    let mut out = PhysicalPlan { nodes: Vec::with_capacity(plan.nodes.len()), roots: Vec::new() };
    let mut moved: HashMap<NodeId, NodeId> = HashMap::new();
    for (id, mut node) in plan.nodes.into_iter().enumerate() {
        node.inputs.iter_mut().for_each(|edge| edge.source = moved[&edge.source]);
        let assigner = match (&mut node.spec, wanted[id]) {
            (OperatorSpec::Source(source), Every(spec)) => {
                if let (Some(watermark), MiniBatchMode::RowTime) = (&mut source.watermark, spec.mode) {
                    watermark.batch_interval_ms = Some(spec.interval_ms);
                }
                Some(assigner(&node, out.nodes.len(), spec))
            }
            _ => None,
        };
        out.nodes.push(node);
        out.nodes.extend(assigner);
        moved.insert(id, out.nodes.len() - 1);
    }
    out.roots = plan.roots.into_iter().map(|(root, wants)| (moved[&root], wants)).collect();
    out
}

/// Whether mini-batches are of no use to a node and all below it, as Flink's `shouldSkipMiniBatch` says: they only read, filter, compute and write. It looks at
/// neither sub-queries nor OVER, but for ROW_NUMBER.
fn has_no_use(plan: &PhysicalPlan, id: NodeId) -> bool {
    let node = &plan.nodes[id];
    let mut inputs = node.inputs.as_slice();
    let is_one = match &node.spec {
        OperatorSpec::Source(source) => source.watermark.is_none(),
        OperatorSpec::Join(join) if matches!(join.join_type, JoinType::Semi | JoinType::Anti) => {
            inputs = &inputs[..inputs.partition_point(|edge| edge.input == 0)];
            true
        }
        OperatorSpec::Calc(_)
        | OperatorSpec::Values(_)
        | OperatorSpec::DropUpdateBefore
        | OperatorSpec::Sink(_)
        | OperatorSpec::SinkUpsertMaterializer(_)
        | OperatorSpec::WatermarkCompactingSinkMaterializer(_)
        | OperatorSpec::Collect => true,
        OperatorSpec::OverAggregate(OverAggregateSpec { aggregates, .. })
        | OperatorSpec::NonTimeOverAggregate(NonTimeOverAggregateSpec { aggregates, .. }) => {
            aggregates.iter().all(|call| call.function != "ROW_NUMBER")
        }
        OperatorSpec::Deduplicate(_) => node.lines.iter().any(|line| line.name == "ChangelogNormalize"),
        _ => false,
    };
    is_one && inputs.iter().all(|edge| has_no_use(plan, edge.source))
}

/// What is wanted of each node.
fn wanted(plan: &PhysicalPlan, settings: MiniBatchSettings) -> Vec<Interval> {
    let of_clock = MiniBatchAssignerSpec { interval_ms: settings.latency_ms, mode: MiniBatchMode::ProcTime };
    let mut wanted = vec![Open; plan.nodes.len()];
    plan.roots.iter().for_each(|&(root, _)| wanted[root] = Every(of_clock));
    // Consumers stand behind their inputs.
    for (id, node) in plan.nodes.iter().enumerate().rev() {
        let below = match node.lines.first() {
            Some(line) if line.name == "GroupWindowAggregate" => Never,
            _ if needs_watermarks(&node.spec) => {
                wanted[id].merge(Every(MiniBatchAssignerSpec { interval_ms: 0, mode: MiniBatchMode::RowTime }))
            }
            _ => wanted[id],
        };
        for edge in &node.inputs {
            wanted[edge.source] = wanted[edge.source].merge(below);
        }
    }
    wanted
}

/// Whether an operator works by watermarks. As in Flink TemporalSort does not say so: in mini-batches it sorts when the clock ends them.
fn needs_watermarks(spec: &OperatorSpec) -> bool {
    let is_rowtime = |time: &WindowTime| matches!(time, WindowTime::Rowtime { .. });
    match spec {
        OperatorSpec::WindowAggregate(spec) => is_rowtime(&spec.time),
        OperatorSpec::WindowTableFunction(spec) => is_rowtime(&spec.time),
        OperatorSpec::Deduplicate(spec) => is_rowtime(&spec.time),
        OperatorSpec::Rank(spec) => spec
            .order
            .first()
            .is_some_and(|field| spec.input.fields[field.column].ty.time_attribute() == TimeAttribute::Rowtime),
        OperatorSpec::OverAggregate(spec) => is_rowtime(&spec.time),
        OperatorSpec::Match(spec) => is_rowtime(&spec.time),
        OperatorSpec::IntervalJoin(spec) => matches!(spec.time, IntervalJoinTime::Rowtime { .. }),
        OperatorSpec::LocalWindowAggregate(_)
        | OperatorSpec::GlobalWindowAggregate(_)
        | OperatorSpec::SessionTableFunction(_)
        | OperatorSpec::TemporalJoin(_)
        | OperatorSpec::WindowJoin(_)
        | OperatorSpec::WindowRank(_) => true,
        _ => false,
    }
}

fn assigner(source: &PhysicalNode, id: NodeId, spec: MiniBatchAssignerSpec) -> PhysicalNode {
    let mode = match spec.mode {
        MiniBatchMode::ProcTime => "ProcTime",
        MiniBatchMode::RowTime => "RowTime",
    };
    let text = format!("interval=[{}ms], mode=[{mode}]", spec.interval_ms);
    PhysicalNode {
        spec: OperatorSpec::MiniBatchAssigner(spec),
        inputs: vec![PhysicalEdge { source: id, input: 0, partitioning: Partitioning::Forward, shown_keys: None }],
        name: "MiniBatchAssigner".into(),
        lines: vec![PlanLine { name: "MiniBatchAssigner", prefix: text.clone(), infix: text }],
        ..source.clone()
    }
}
