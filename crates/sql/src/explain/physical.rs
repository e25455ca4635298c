//! The physical plan: operators with their exchanges and, when asked for, the changes they emit and advice.

use std::cell::RefCell;

use dataflow::Partitioning;
use dataflow::operator_spec::OperatorSpec;

use super::TreeNode;
use super::reuse::{Mention, Part, Reuse};
use crate::physical::{Changes, PhysicalEdge, PhysicalNode, PhysicalPlan, PlanLine, Style, describe};

const ADVICE: &str = "advice[1]: [ADVICE] You might want to enable local-global two-phase optimization by configuring ('table.exec.mini-batch.enabled' to 'true', 'table.exec.mini-batch.allow-latency' to a positive long value, 'table.exec.mini-batch.size' to a positive long value).";

/// What is shown of each node beside what it does.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NodeDetails {
    /// The changes that it emits.
    pub changelog: bool,
    /// Which advice there is.
    pub advice: bool,
}

/// The trees below the roots. Several roots of a query stand side by side, as the rows of a union.
pub(crate) fn physical_tree(plan: &PhysicalPlan, style: Style, details: NodeDetails) -> String {
    let printer = Printer { plan, style, details, reuse: RefCell::default() };
    if style == Style::Infix {
        plan.roots.iter().for_each(|&(root, _)| printer.find_reused((root, None)));
    }
    let trees: Vec<TreeNode> = plan.roots.iter().map(|&(root, _)| printer.node(root)).collect();
    let is_union = trees.len() > 1 && plan.roots.iter().all(|&(root, _)| !plan.nodes[root].output.is_empty());
    if is_union {
        let roots: Vec<&PhysicalNode> = plan.roots.iter().map(|&(root, _)| &plan.nodes[root]).collect();
        return printer.union(&roots, trees).render();
    }
    trees.iter().map(TreeNode::render).collect::<Vec<_>>().join("\n")
}

/// What can be said of the plan as a whole.
pub(crate) fn advice(plan: &PhysicalPlan) -> &'static str {
    if plan.nodes.iter().any(wants_mini_batch) { ADVICE } else { "No available advice..." }
}

/// An aggregation that emits for each row.
fn wants_mini_batch(node: &PhysicalNode) -> bool {
    matches!(&node.spec, OperatorSpec::GroupAggregate(spec) if spec.mini_batch.is_none())
}

struct Printer<'p> {
    plan: &'p PhysicalPlan,
    style: Style,
    details: NodeDetails,
    /// In execution plans.
    reuse: RefCell<Reuse>,
}

impl Printer<'_> {
    /// Walks through the plan, so that it is known what stands in several places.
    fn find_reused(&self, part: Part) {
        let (id, exchange) = part.clone();
        if !self.reuse.borrow_mut().meet(part) {
            return;
        }
        if exchange.is_some() {
            return self.find_reused((id, None));
        }
        let node = &self.plan.nodes[id];
        for input in 0..node.spec.num_inputs() as u32 {
            let edges = node.inputs.iter().filter(|edge| edge.input == input);
            edges.for_each(|edge| self.find_reused((edge.source, self.exchange(edge, node))));
        }
    }

    /// The tree of a part, or that it has been shown.
    fn mentioned(&self, part: &Part, tree: impl FnOnce() -> TreeNode) -> TreeNode {
        let mention = self.reuse.borrow_mut().mention(part);
        match mention {
            Mention::Once => tree(),
            Mention::First(id) => {
                let tree = tree();
                TreeNode { text: format!("{}(reuse_id=[{id}])", tree.text), ..tree }
            }
            Mention::Again(id) => TreeNode { text: format!("Reused(reference_id=[{id}])"), inputs: Vec::new() },
        }
    }

    fn node(&self, id: usize) -> TreeNode {
        self.mentioned(&(id, None), || self.node_tree(id))
    }

    fn node_tree(&self, id: usize) -> TreeNode {
        let node = &self.plan.nodes[id];
        if let Some(tree) = self.dropped_below_watermark(node) {
            return tree;
        }
        let mut inputs = self.inputs(node);
        for line in &node.lines {
            inputs = vec![TreeNode { text: self.line(line, node), inputs }];
        }
        inputs.pop().expect("every node has a line or an input")
    }

    /// -U rows of a source are dropped before its watermarks are made.
    fn dropped_below_watermark(&self, node: &PhysicalNode) -> Option<TreeNode> {
        let (OperatorSpec::DropUpdateBefore, [edge]) = (&node.spec, node.inputs.as_slice()) else { return None };
        let source = &self.plan.nodes[edge.source];
        let is_reused = self.reuse.borrow().is_reused(&(edge.source, None));
        let (watermark, scan) = source.lines.split_last().filter(|(line, _)| line.name == "WatermarkAssigner")?;
        if is_reused || !matches!(source.spec, OperatorSpec::Source(_)) {
            return None;
        }
        let mut inputs = Vec::new();
        for line in scan {
            inputs = vec![TreeNode { text: self.line(line, source), inputs }];
        }
        for line in node.lines.iter().chain([watermark]) {
            inputs = vec![TreeNode { text: self.line(line, node), inputs }];
        }
        inputs.pop()
    }

    fn inputs(&self, node: &PhysicalNode) -> Vec<TreeNode> {
        let mut sides: Vec<Vec<&PhysicalEdge>> = vec![Vec::new(); node.spec.num_inputs()];
        for edge in &node.inputs {
            sides[edge.input as usize].push(edge);
        }
        sides
            .into_iter()
            .map(|edges| match edges.as_slice() {
                [edge] => self.edge(edge, node),
                several => {
                    let sources: Vec<&PhysicalNode> =
                        several.iter().map(|edge| &self.plan.nodes[edge.source]).collect();
                    let exchanges: Vec<_> = several.iter().map(|edge| self.exchange(edge, node)).collect();
                    // Rows that are all spread alike are shown so behind their union, as Flink does it.
                    match exchanges.first() {
                        Some(Some(first)) if exchanges.iter().all(Option::is_some) => {
                            let below = several.iter().map(|edge| self.node(edge.source)).collect();
                            let union = self.union(&sources, below);
                            let mode = self.mode_of(&sources);
                            let text = call("Exchange", &[format!("distribution=[{first}]"), mode]);
                            TreeNode { text, inputs: vec![union] }
                        }
                        _ => self.union(&sources, several.iter().map(|edge| self.edge(edge, node)).collect()),
                    }
                }
            })
            .collect()
    }

    /// The rows of these nodes side by side.
    fn union(&self, nodes: &[&PhysicalNode], inputs: Vec<TreeNode>) -> TreeNode {
        let names: Vec<&str> = nodes[0].output.fields.iter().map(|field| field.name.as_str()).collect();
        let of = |nodes: &[&PhysicalNode], inputs: Vec<TreeNode>| {
            let parts = ["all=[true]".to_owned(), format!("union=[{}]", names.join(", ")), self.mode_of(nodes)];
            TreeNode { text: call("Union", &parts), inputs }
        };
        // Each takes two.
        let mut inputs = inputs.into_iter().enumerate();
        let first = inputs.next().map(|(_, tree)| tree);
        let all = inputs.fold(first, |left, (index, right)| left.map(|left| of(&nodes[..=index], vec![left, right])));
        all.unwrap_or_else(|| of(nodes, Vec::new()))
    }

    /// The changes that these nodes emit together.
    fn mode_of(&self, nodes: &[&PhysicalNode]) -> String {
        if !self.details.changelog {
            return String::new();
        }
        let all = nodes.iter().fold(Changes::INSERT_ONLY, |all, node| all.or(node.changes));
        format!("changelogMode=[{}]", all.short())
    }

    fn edge(&self, edge: &PhysicalEdge, consumer: &PhysicalNode) -> TreeNode {
        let Some(distribution) = self.exchange(edge, consumer) else {
            return self.node(edge.source);
        };
        let part = (edge.source, Some(distribution.clone()));
        self.mentioned(&part, || {
            let below = self.node(edge.source);
            let parts = [format!("distribution=[{distribution}]"), self.mode(&self.plan.nodes[edge.source])];
            TreeNode { text: call("Exchange", &parts), inputs: vec![below] }
        })
    }

    /// How an exchange spreads rows; `None` where no exchange is shown.
    fn exchange(&self, edge: &PhysicalEdge, consumer: &PhysicalNode) -> Option<String> {
        // How a sink spreads its rows is no part of the plan, as in Flink.
        let is_sink = matches!(
            consumer.spec,
            OperatorSpec::Sink(_)
                | OperatorSpec::SinkUpsertMaterializer(_)
                | OperatorSpec::WatermarkCompactingSinkMaterializer(_)
        );
        if is_sink {
            return None;
        }
        let source = &self.plan.nodes[edge.source];
        match &edge.partitioning {
            Partitioning::Forward => None,
            Partitioning::Hash { .. } if edge.shown_keys.as_ref().is_some_and(Vec::is_empty) => {
                Some("single".to_owned())
            }
            Partitioning::Hash { keys } => {
                let keys = edge.shown_keys.as_ref().unwrap_or(keys);
                Some(format!("hash[{}]", describe::columns(keys, &source.output)))
            }
            Partitioning::Global => Some("single".to_owned()),
            Partitioning::Rebalance => Some("rebalance".to_owned()),
            Partitioning::Broadcast => Some("broadcast".to_owned()),
        }
    }

    fn line(&self, line: &PlanLine, node: &PhysicalNode) -> String {
        let detail = if self.style == Style::Prefix { &line.prefix } else { &line.infix };
        let advice = if self.details.advice && wants_mini_batch(node) { "advice=[1]" } else { "" };
        // A deduplication is a Rank until the execution plan.
        let name = if line.name == "Deduplicate" && self.style == Style::Prefix { "Rank" } else { line.name };
        call(name, &[advice.to_owned(), detail.clone(), self.mode(node)])
    }

    /// A sink emits nothing, so it has no changelog mode of its own.
    fn mode(&self, node: &PhysicalNode) -> String {
        match &node.spec {
            _ if !self.details.changelog => String::new(),
            OperatorSpec::Sink(_) | OperatorSpec::Collect => "changelogMode=[NONE]".to_owned(),
            _ => format!("changelogMode=[{}]", node.changes.short()),
        }
    }
}

fn call(name: &str, parts: &[String]) -> String {
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { name.to_owned() } else { format!("{name}({})", parts.join(", ")) }
}
