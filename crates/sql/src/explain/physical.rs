//! The physical plan: operators with their exchanges and, when asked for, the changes they emit.

use dataflow::Partitioning;

use super::TreeNode;
use crate::physical::{PhysicalEdge, PhysicalNode, PhysicalPlan, PlanLine, Style, describe};

/// The trees below the roots. Several roots of a query stand side by side, as the rows of a union.
pub(crate) fn physical_tree(plan: &PhysicalPlan, style: Style, changelog: bool) -> String {
    let printer = Printer { plan, style, changelog };
    let trees: Vec<TreeNode> = plan.roots.iter().map(|&(root, _)| printer.node(root)).collect();
    let is_union = trees.len() > 1 && plan.roots.iter().all(|&(root, _)| !plan.nodes[root].output.is_empty());
    if is_union {
        return TreeNode { text: "Union(all=[true])".into(), inputs: trees }.render();
    }
    trees.iter().map(TreeNode::render).collect::<Vec<_>>().join("\n")
}

struct Printer<'p> {
    plan: &'p PhysicalPlan,
    style: Style,
    changelog: bool,
}

impl Printer<'_> {
    fn node(&self, id: usize) -> TreeNode {
        let node = &self.plan.nodes[id];
        let mut inputs = self.inputs(node);
        for line in &node.lines {
            inputs = vec![TreeNode { text: self.line(line, node), inputs }];
        }
        inputs.pop().expect("every node has a line")
    }

    fn inputs(&self, node: &PhysicalNode) -> Vec<TreeNode> {
        let mut sides: Vec<Vec<&PhysicalEdge>> = vec![Vec::new(); node.spec.num_inputs()];
        for edge in &node.inputs {
            sides[edge.input as usize].push(edge);
        }
        sides
            .into_iter()
            .map(|edges| match edges.as_slice() {
                [edge] => self.edge(edge),
                several => {
                    let inputs = several.iter().map(|edge| self.edge(edge)).collect();
                    TreeNode { text: "Union(all=[true])".into(), inputs }
                }
            })
            .collect()
    }

    fn edge(&self, edge: &PhysicalEdge) -> TreeNode {
        let below = self.node(edge.source);
        let source = &self.plan.nodes[edge.source];
        let distribution = match &edge.partitioning {
            Partitioning::Forward => return below,
            Partitioning::Hash { keys } => format!("hash[{}]", describe::columns(keys, &source.output)),
            Partitioning::Global => "single".to_owned(),
            Partitioning::Rebalance => "rebalance".to_owned(),
            Partitioning::Broadcast => "broadcast".to_owned(),
        };
        let text = format!("Exchange(distribution=[{distribution}]{})", self.mode(source));
        TreeNode { text, inputs: vec![below] }
    }

    fn line(&self, line: &PlanLine, node: &PhysicalNode) -> String {
        let detail = if self.style == Style::Prefix { &line.prefix } else { &line.infix };
        // A sink emits nothing, so it has no changelog mode of its own.
        let mode = if line.name == "Sink" { self.none() } else { self.mode(node) };
        let parts =
            if detail.is_empty() { mode.trim_start_matches(", ").to_owned() } else { format!("{detail}{mode}") };
        format!("{}({parts})", line.name)
    }

    fn mode(&self, node: &PhysicalNode) -> String {
        if self.changelog { format!(", changelogMode=[{}]", node.changes.short()) } else { String::new() }
    }

    fn none(&self) -> String {
        if self.changelog { ", changelogMode=[NONE]".to_owned() } else { String::new() }
    }
}
