//! The operators of the job as JSON: Flink's JSON_EXECUTION_PLAN, which its plan visualiser reads.

use dataflow::Partitioning;
use serde_json::{Value, json};

use crate::physical::{PhysicalEdge, PhysicalNode, PhysicalPlan};

/// The plan with a number for each operator, from 1.
pub(crate) fn job_json(plan: &PhysicalPlan) -> String {
    let nodes: Vec<Value> = plan.nodes.iter().enumerate().map(|(id, node)| operator(id + 1, node)).collect();
    let text = serde_json::to_string_pretty(&json!({ "nodes": nodes }));
    text.expect("names and numbers can be written as JSON")
}

fn operator(id: usize, node: &PhysicalNode) -> Value {
    let pact = match (node.inputs.is_empty(), node.output.is_empty()) {
        (true, _) => "Data Source",
        (false, true) => "Data Sink",
        (false, false) => "Operator",
    };
    let lines: Vec<String> = node.lines.iter().map(|line| format!("{}({})", line.name, line.infix)).collect();
    let mut value = json!({
        "id": id,
        "type": format!("{}[{id}]", node.name),
        "pact": pact,
        "contents": format!("[{id}]:{}", lines.join(" -> ")),
        "parallelism": node.parallelism,
    });
    if !node.inputs.is_empty() {
        value["predecessors"] = node.inputs.iter().map(predecessor).collect();
    }
    value
}

fn predecessor(edge: &PhysicalEdge) -> Value {
    let strategy = match edge.partitioning {
        Partitioning::Forward => "FORWARD",
        Partitioning::Hash { .. } => "HASH",
        Partitioning::Global => "GLOBAL",
        Partitioning::Rebalance => "REBALANCE",
        Partitioning::Broadcast => "BROADCAST",
    };
    let side = if edge.input == 0 { "second" } else { "first" };
    json!({ "id": edge.source + 1, "ship_strategy": strategy, "side": side })
}
