//! The physical plan: operators with their exchanges and, when asked for, the changes they emit and advice.

use std::cell::RefCell;
use std::collections::BTreeSet;

use dataflow::operator_spec::OperatorSpec;
use dataflow::{ExprKind, Partitioning};

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
            return match self.is_shared_source(id) {
                true => self.find_reused_source(id, &self.all_columns(id)),
                false => self.find_reused((id, None)),
            };
        }
        let node = &self.plan.nodes[id];
        for input in 0..node.spec.num_inputs() as u32 {
            for edge in node.inputs.iter().filter(|edge| edge.input == input) {
                match self.exchange(edge, node) {
                    None if self.is_shared_source(edge.source) => {
                        self.find_reused_source(edge.source, &self.columns_for(node, edge.source));
                    }
                    exchange => self.find_reused((edge.source, exchange)),
                }
            }
        }
    }

    fn find_reused_source(&self, id: usize, columns: &[usize]) {
        if self.reuse.borrow_mut().meet(watermark_part(id, columns)) {
            self.reuse.borrow_mut().meet((id, None));
        }
    }

    /// Whether several operators read the rows of this source of which watermarks are made: Flink shares the scan, and takes what each needs below the
    /// watermarks.
    fn is_shared_source(&self, id: usize) -> bool {
        let OperatorSpec::Source(source) = &self.plan.nodes[id].spec else { return false };
        let edges = self.plan.nodes.iter().flat_map(|node| &node.inputs);
        source.watermark.is_some()
            && self.plan.nodes[id].lines.len() == 2
            && edges.filter(|edge| edge.source == id).count() > 1
    }

    fn all_columns(&self, id: usize) -> Vec<usize> {
        (0..self.plan.nodes[id].output.len()).collect()
    }

    /// What an operator needs of a source with watermarks.
    fn columns_for(&self, consumer: &PhysicalNode, id: usize) -> Vec<usize> {
        let (OperatorSpec::Calc(calc), OperatorSpec::Source(source)) = (&consumer.spec, &self.plan.nodes[id].spec)
        else {
            return self.all_columns(id);
        };
        let mut columns = BTreeSet::new();
        if let Some(watermark) = &source.watermark {
            columns.insert(watermark.rowtime);
            watermark.expression.for_each_column(&mut |column| {
                columns.insert(column);
            });
        }
        let exprs = calc.condition.iter().chain(&calc.projection.expressions);
        exprs.for_each(|expr| {
            expr.for_each_column(&mut |column| {
                columns.insert(column);
            })
        });
        columns.into_iter().collect()
    }

    /// The watermarks over these columns of a shared scan.
    fn shared_source(&self, id: usize, columns: &[usize]) -> TreeNode {
        let node = &self.plan.nodes[id];
        let [scan, watermark] = node.lines.as_slice() else { unreachable!("a shared source has both lines") };
        self.mentioned(&watermark_part(id, columns), || {
            let mut below =
                self.mentioned(&(id, None), || TreeNode { text: self.line(scan, node), inputs: Vec::new() });
            if columns.len() < node.output.len() {
                let select = format!("select=[{}]", describe::columns(columns, &node.output));
                below = TreeNode { text: call("Calc", &[select, self.mode(node)]), inputs: vec![below] };
            }
            TreeNode { text: self.line(watermark, node), inputs: vec![below] }
        })
    }

    /// A projection over a shared scan.
    fn over_shared_source(&self, node: &PhysicalNode) -> Option<TreeNode> {
        let (OperatorSpec::Calc(calc), [edge]) = (&node.spec, node.inputs.as_slice()) else { return None };
        if !self.is_shared_source(edge.source) {
            return None;
        }
        let columns = self.columns_for(node, edge.source);
        let below = self.shared_source(edge.source, &columns);
        let taken = calc.projection.expressions.iter().map(|expr| match expr.kind {
            ExprKind::Column(column) => Some(column),
            _ => None,
        });
        let source = &self.plan.nodes[edge.source].output;
        // What is taken below the watermarks is not taken again.
        if calc.condition.is_none()
            && taken.eq(columns.iter().copied().map(Some))
            && node.output == source.project(&columns)
        {
            return Some(below);
        }
        let mut inputs = vec![below];
        for line in &node.lines {
            inputs = vec![TreeNode { text: self.line(line, node), inputs }];
        }
        inputs.pop()
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
        if self.is_shared_source(id) {
            return self.shared_source(id, &self.all_columns(id));
        }
        self.mentioned(&(id, None), || self.node_tree(id))
    }

    fn node_tree(&self, id: usize) -> TreeNode {
        let node = &self.plan.nodes[id];
        if let Some(tree) = self.dropped_below_watermark(node).or_else(|| self.over_shared_source(node)) {
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

/// The watermarks over some columns of a source, as a part that is shown.
fn watermark_part(id: usize, columns: &[usize]) -> Part {
    (id, Some(format!("watermarks {columns:?}")))
}

fn call(name: &str, parts: &[String]) -> String {
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { name.to_owned() } else { format!("{name}({})", parts.join(", ")) }
}
