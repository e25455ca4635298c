//! A job's graph for people: `/jobs/:jobid/plan`.

use std::fmt::Write;

use dataflow::{JobGraph, JobVertex, Partitioning};
use indexmap::IndexMap;

use super::messages::{JobPlan, PlanInput, PlanNode};

/// The plan of a job; as Flink's, it begins with the sinks.
pub fn plan(graph: &JobGraph) -> JobPlan {
    JobPlan {
        jid: graph.job_id,
        name: graph.name.clone(),
        job_type: "STREAMING".to_owned(),
        nodes: graph.vertices.iter().rev().map(|vertex| node(graph, vertex)).collect(),
    }
}

fn node(graph: &JobGraph, vertex: &JobVertex) -> PlanNode {
    let input = |(num, edge): (usize, &dataflow::JobEdge)| PlanInput {
        id: edge.source,
        num: num as u32,
        exchange: "pipelined_bounded".to_owned(),
        ship_strategy: ship_strategy(&edge.partitioning).to_owned(),
    };
    PlanNode {
        id: vertex.id,
        operator: String::new(),
        parallelism: vertex.parallelism,
        operator_strategy: String::new(),
        description: description(vertex),
        optimizer_properties: IndexMap::new(),
        inputs: graph.inputs_of(vertex.id).enumerate().map(input).collect(),
    }
}

/// The chain as a tree: each operator below the one before.
fn description(vertex: &JobVertex) -> String {
    let mut text = String::new();
    for (depth, operator) in vertex.operators.iter().enumerate() {
        let (indent, branch) = if depth == 0 { (0, "") } else { ((depth - 1) * 3, "+- ") };
        let _ = write!(text, "{:indent$}{branch}{}<br/>", "", operator.name);
    }
    text
}

fn ship_strategy(partitioning: &Partitioning) -> &'static str {
    match partitioning {
        Partitioning::Forward => "FORWARD",
        Partitioning::Hash { .. } => "HASH",
        Partitioning::Rebalance => "REBALANCE",
        Partitioning::Broadcast => "BROADCAST",
        Partitioning::Global => "GLOBAL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataflow::{OperatorDescriptor, OperatorId, OperatorSpec, RowType, VertexId};

    #[test]
    fn a_chain_is_drawn_as_a_tree() {
        let operator = |name: &str| OperatorDescriptor {
            id: OperatorId(1),
            name: name.into(),
            spec: OperatorSpec::Collect,
            output: RowType::default(),
        };
        let vertex = JobVertex {
            id: VertexId(1),
            name: "v".into(),
            parallelism: 1,
            max_parallelism: 128,
            operators: vec![operator("Source: t[1]"), operator("Calc[2]"), operator("snk[3]: Writer")],
        };
        assert_eq!(description(&vertex), "Source: t[1]<br/>+- Calc[2]<br/>   +- snk[3]: Writer<br/>");
    }
}
