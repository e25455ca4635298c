//! Which nodes emit -U rows, as Flink's FlinkChangelogModeInferenceProgram decides: from the sinks down, each node says what it needs of its inputs,
//! and a node emits -U when one of its consumers needs them. Which changes there are at all is known before, from the sources up.
//!
//! ```text
//!   needs -U: aggregates, filters that do not look at an upsert key alone, sinks that take -U, joins of which an input has no upsert key with the
//!             join columns
//!   passes the need on: projections, window functions, UNNEST, UNION ALL, other joins
//! ```
//! Where one consumer needs them and another one does not, the other one gets a DropUpdateBefore.

use std::collections::HashMap;

use dataflow::Partitioning;
use dataflow::operator_spec::{CalcSpec, JoinRowIdentity, JoinSpec, OperatorSpec, RankStrategy};

use super::{NodeId, PhysicalEdge, PhysicalNode, PhysicalPlan, PlanLine};

/// How a consumer wants to hear of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UpdateKind {
    /// +U alone.
    OnlyAfter,
    /// -U and +U.
    BeforeAndAfter,
}

use UpdateKind::{BeforeAndAfter, OnlyAfter};

/// Whether a consumer that wants +U alone can be served by this node: no node on the way needs -U to be passed on.
pub(super) fn supports_only_after(plan: &PhysicalPlan, node: NodeId) -> bool {
    let node = &plan.nodes[node];
    !node.changes.updates || node.inputs.iter().all(|edge| supports_input(plan, node, edge))
}

fn supports_input(plan: &PhysicalPlan, node: &PhysicalNode, edge: &PhysicalEdge) -> bool {
    match need(plan, node, edge, OnlyAfter) {
        _ if !plan.nodes[edge.source].changes.updates => true,
        OnlyAfter => supports_only_after(plan, edge.source),
        BeforeAndAfter => makes_updates(&node.spec),
    }
}

/// Tells every node whether to emit -U rows.
pub(super) fn infer(plan: PhysicalPlan) -> PhysicalPlan {
    let wanted = wanted(&plan);
    let mut out = Rebuilt::default();
    for (id, node) in plan.nodes.iter().enumerate() {
        let mut node = node.clone();
        for edge in &mut node.inputs {
            let need = need(&plan, &plan.nodes[id], edge, wanted[id]);
            edge.source = out.producer(edge.source, need);
        }
        node.changes.update_before = node.changes.updates
            && match &node.spec {
                OperatorSpec::Source(_) | OperatorSpec::FromChangelog(_) => node.changes.update_before,
                OperatorSpec::SinkUpsertMaterializer(_) | OperatorSpec::WatermarkCompactingSinkMaterializer(_) => false,
                spec if makes_updates(spec) => wanted[id] == BeforeAndAfter,
                // As in Flink, one that pads says so though its pads are +I and -D.
                OperatorSpec::Join(_) if wanted[id] == BeforeAndAfter => true,
                _ => node.inputs.iter().any(|edge| out.nodes[edge.source].changes.update_before),
            };
        let update_before = node.changes.update_before;
        if let Some(flag) = generate_update_before(&mut node.spec) {
            *flag = update_before;
        }
        out.nodes.push(node);
        out.moved.push(out.nodes.len() - 1);
    }
    let roots = plan.roots.iter().map(|&(root, wants)| (out.moved[root], wants)).collect();
    PhysicalPlan { nodes: out.nodes, roots }
}

/// The strongest need of the consumers of each node.
fn wanted(plan: &PhysicalPlan) -> Vec<UpdateKind> {
    let mut wanted = vec![OnlyAfter; plan.nodes.len()];
    for &(root, wants) in &plan.roots {
        wanted[root] = wanted[root].max(wants);
    }
    // Consumers stand behind their inputs.
    for (id, node) in plan.nodes.iter().enumerate().rev() {
        for edge in &node.inputs {
            wanted[edge.source] = wanted[edge.source].max(need(plan, node, edge, wanted[id]));
        }
    }
    wanted
}

/// What a node needs of an input when this is wanted of itself.
fn need(plan: &PhysicalPlan, node: &PhysicalNode, edge: &PhysicalEdge, wanted: UpdateKind) -> UpdateKind {
    match &node.spec {
        // An update whose new row is filtered out must still take the old one back.
        OperatorSpec::Calc(calc) if judges_values(calc, &plan.nodes[edge.source]) => BeforeAndAfter,
        OperatorSpec::Calc(_)
        | OperatorSpec::WindowTableFunction(_)
        | OperatorSpec::Unnest(_)
        | OperatorSpec::Expand(_)
        | OperatorSpec::MiniBatchAssigner(_)
        | OperatorSpec::WatermarkTimestampAssigner(_)
        | OperatorSpec::DropUpdateBefore
        | OperatorSpec::Sink(_)
        | OperatorSpec::LookupJoin(_)
        | OperatorSpec::Collect => wanted,
        // It knows rows of an update by upsert key, and needs -U only where there is none.
        OperatorSpec::SinkUpsertMaterializer(_) | OperatorSpec::WatermarkCompactingSinkMaterializer(_) => wanted,
        // Versions follow one another; the row kinds behind it are those of the left rows.
        OperatorSpec::TemporalJoin(_) if edge.input == 1 => OnlyAfter,
        OperatorSpec::Rank(rank) if matches!(rank.strategy, RankStrategy::UpdateFast(_)) => OnlyAfter,
        OperatorSpec::TemporalJoin(_) => wanted,
        OperatorSpec::Join(spec) if replaces_rows(plan, node, spec) => wanted,
        _ => BeforeAndAfter,
    }
}

/// Whether a join knows which row an update takes the place of, and that it has the same join columns: each input that has updates is told apart by an
/// upsert key that survives the exchange.
fn replaces_rows(plan: &PhysicalPlan, node: &PhysicalNode, spec: &JoinSpec) -> bool {
    node.inputs.iter().filter(|edge| plan.nodes[edge.source].changes.updates).all(|edge| {
        matches!(spec.identity[edge.input as usize], JoinRowIdentity::JoinKey | JoinRowIdentity::Columns(_))
    })
}

/// Whether the filter may judge the two rows of an update differently: it reads more than an upsert key.
fn judges_values(calc: &CalcSpec, input: &PhysicalNode) -> bool {
    let Some(condition) = &calc.condition else {
        return false;
    };
    let reads_only = |key: &super::ColumnSet| {
        let mut only = true;
        condition.for_each_column(&mut |column| only &= key.contains(&column));
        only
    };
    input.changes.updates && !input.keys.upsert.iter().any(reads_only)
}

/// Whether an operator makes updates of its own, and can say them either way.
fn makes_updates(spec: &OperatorSpec) -> bool {
    matches!(
        spec,
        OperatorSpec::GroupAggregate(_)
            | OperatorSpec::GlobalGroupAggregate(_)
            | OperatorSpec::Deduplicate(_)
            | OperatorSpec::Rank(_)
            | OperatorSpec::NonTimeOverAggregate(_)
    )
}

/// Where an operator that makes updates is told whether to emit -U rows.
fn generate_update_before(spec: &mut OperatorSpec) -> Option<&mut bool> {
    match spec {
        OperatorSpec::GroupAggregate(spec) => Some(&mut spec.generate_update_before),
        OperatorSpec::GlobalGroupAggregate(spec) => Some(&mut spec.aggregate.generate_update_before),
        OperatorSpec::Deduplicate(spec) => Some(&mut spec.generate_update_before),
        OperatorSpec::Rank(spec) => Some(&mut spec.generate_update_before),
        OperatorSpec::NonTimeOverAggregate(spec) => Some(&mut spec.generate_update_before),
        _ => None,
    }
}

/// The plan with nodes added.
#[derive(Default)]
struct Rebuilt {
    nodes: Vec<PhysicalNode>,
    /// Where each node of the plan is now.
    moved: Vec<NodeId>,
    /// The DropUpdateBefore behind a node.
    drops: HashMap<NodeId, NodeId>,
}

impl Rebuilt {
    /// The node that gives a consumer what it needs of this one.
    fn producer(&mut self, source: NodeId, need: UpdateKind) -> NodeId {
        let source = self.moved[source];
        if need == BeforeAndAfter || !self.nodes[source].changes.update_before {
            return source;
        }
        if let Some(&known) = self.drops.get(&source) {
            return known;
        }
        let mut node = PhysicalNode {
            spec: OperatorSpec::DropUpdateBefore,
            inputs: vec![PhysicalEdge { source, input: 0, partitioning: Partitioning::Forward, shown_keys: None }],
            name: "DropUpdateBefore".into(),
            lines: vec![PlanLine { name: "DropUpdateBefore", prefix: String::new(), infix: String::new() }],
            ..self.nodes[source].clone()
        };
        node.changes.update_before = false;
        self.nodes.push(node);
        let id = self.nodes.len() - 1;
        self.drops.insert(source, id);
        id
    }
}
