//! `ResourceRequirements`: between which bounds the parallelism of each vertex of a job may be, and what follows for its graph. Pure.

use std::collections::BTreeMap;

use dataflow::{JobGraph, JobVertex, OperatorSpec, Partitioning, VertexId};
use serde::{Deserialize, Serialize};

/// Between which bounds the parallelism of a vertex may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParallelismBounds {
    /// At least.
    pub lower_bound: u32,
    /// At most.
    pub upper_bound: u32,
}

/// The bounds of each vertex of a job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceRequirements(pub BTreeMap<VertexId, ParallelismBounds>);

impl ResourceRequirements {
    /// Those of a job for which nobody has asked for others.
    pub fn of(graph: &JobGraph) -> Self {
        let bounds = |vertex: &JobVertex| ParallelismBounds { lower_bound: 1, upper_bound: vertex.parallelism };
        ResourceRequirements(graph.vertices.iter().map(|vertex| (vertex.id, bounds(vertex))).collect())
    }

    /// What is wrong with them, in Flink's words; a line each.
    pub fn problems(&self, graph: &JobGraph) -> Vec<String> {
        let mut problems = Vec::new();
        for vertex in &graph.vertices {
            let id = vertex.id;
            let Some(ParallelismBounds { lower_bound, upper_bound }) = self.0.get(&id).copied() else {
                problems.push(format!("The request is incomplete, missing job vertex [{id}] resource requirements."));
                continue;
            };
            if lower_bound > upper_bound {
                problems.push(format!(
                    "The requested lower bound [{lower_bound}] for job vertex [{id}] is higher than the upper bound [{upper_bound}]."
                ));
            } else if lower_bound == 0 {
                problems.push(format!("The requested lower bound [0] for job vertex [{id}] is lower than 1."));
            } else if upper_bound > vertex.max_parallelism {
                problems.push(format!(
                    "The newly requested parallelism {upper_bound} for job vertex [{id}] is higher than its maximum parallelism {}.",
                    vertex.max_parallelism
                ));
            }
        }
        for id in self.0.keys().filter(|id| graph.vertex(**id).is_none()) {
            problems.push(format!("Job vertex [{id}] was not found in the JobGraph."));
        }
        problems
    }

    /// The graph with as many subtasks of each vertex as the bounds and this many slots allow. Vertices that keep the order or the place of all rows stay
    /// as they are.
    pub fn apply(&self, graph: &JobGraph, slots: u32) -> JobGraph {
        let mut rescaled = graph.clone();
        for vertex in &mut rescaled.vertices {
            let Some(bounds) = self.0.get(&vertex.id).filter(|_| !is_fixed(graph, vertex)) else { continue };
            vertex.parallelism = bounds.upper_bound.min(slots).max(bounds.lower_bound);
        }
        let parallelism: BTreeMap<VertexId, u32> =
            rescaled.vertices.iter().map(|vertex| (vertex.id, vertex.parallelism)).collect();
        for edge in &mut rescaled.edges {
            // As in Flink: what goes to the same subtask can do so only while there are equally many.
            if edge.partitioning == Partitioning::Forward && parallelism[&edge.source] != parallelism[&edge.target] {
                edge.partitioning = Partitioning::Rebalance;
            }
        }
        rescaled
    }
}

/// Whether all rows of a vertex have to be in one place.
fn is_fixed(graph: &JobGraph, vertex: &JobVertex) -> bool {
    let single = |operator: &dataflow::OperatorDescriptor| {
        matches!(operator.spec, OperatorSpec::Collect | OperatorSpec::Values(_))
    };
    vertex.operators.iter().any(single)
        || graph.inputs_of(vertex.id).any(|edge| edge.partitioning == Partitioning::Global)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataflow::operator_spec::SPEC_VERSION;
    use dataflow::{JobEdge, JobId, OperatorDescriptor, OperatorId, RowType};

    /// A chain of vertices of 2 subtasks, by these operators.
    fn graph(operators: &[OperatorSpec], partitioning: Partitioning) -> JobGraph {
        let vertex = |(id, spec): (usize, &OperatorSpec)| JobVertex {
            id: VertexId(id as u128),
            name: id.to_string(),
            parallelism: 2,
            max_parallelism: 4,
            operators: vec![OperatorDescriptor {
                id: OperatorId(id as u128),
                name: id.to_string(),
                spec: spec.clone(),
                output: RowType::default(),
            }],
        };
        let edge = |source: usize| JobEdge {
            source: VertexId(source as u128),
            target: VertexId(source as u128 + 1),
            input: 0,
            partitioning: partitioning.clone(),
        };
        JobGraph {
            version: SPEC_VERSION,
            job_id: JobId(1),
            name: "job".into(),
            config: BTreeMap::new(),
            vertices: operators.iter().enumerate().map(vertex).collect(),
            edges: (0..operators.len() - 1).map(edge).collect(),
        }
    }

    fn bounds(of: &[(u128, u32, u32)]) -> ResourceRequirements {
        let bounds = |&(id, lower_bound, upper_bound): &(u128, u32, u32)| {
            (VertexId(id), ParallelismBounds { lower_bound, upper_bound })
        };
        ResourceRequirements(of.iter().map(bounds).collect())
    }

    fn parallelism(graph: &JobGraph) -> Vec<u32> {
        graph.vertices.iter().map(|vertex| vertex.parallelism).collect()
    }

    #[test]
    fn there_are_as_many_subtasks_as_bounds_and_slots_allow() {
        let free = [OperatorSpec::DropUpdateBefore, OperatorSpec::DropUpdateBefore];
        let graph_of = graph(&free, Partitioning::Forward);
        let table = [
            (bounds(&[(0, 1, 4), (1, 1, 4)]), 3, [3, 3], Partitioning::Forward),
            (bounds(&[(0, 1, 1), (1, 1, 4)]), 9, [1, 4], Partitioning::Rebalance),
            (bounds(&[(0, 3, 4), (1, 2, 2)]), 1, [3, 2], Partitioning::Rebalance),
        ];
        for (requirements, slots, expected, partitioning) in table {
            let rescaled = requirements.apply(&graph_of, slots);
            assert_eq!((parallelism(&rescaled), &rescaled.edges[0].partitioning), (expected.to_vec(), &partitioning));
        }
        let fixed = graph(&[OperatorSpec::DropUpdateBefore, OperatorSpec::Collect], Partitioning::Global);
        assert_eq!(parallelism(&bounds(&[(0, 1, 4), (1, 1, 4)]).apply(&fixed, 9)), [4, 2]);
    }

    #[test]
    fn what_cannot_be_is_said_in_flinks_words() {
        let graph = graph(&[OperatorSpec::DropUpdateBefore, OperatorSpec::Collect], Partitioning::Global);
        assert_eq!(bounds(&[(0, 1, 4), (1, 1, 1)]).problems(&graph), Vec::<String>::new());
        let problems = bounds(&[(0, 3, 2), (7, 1, 1)]).problems(&graph).join("\n");
        for words in ["lower bound [3]", "missing job vertex [00000000000000000000000000000001]", "was not found"] {
            assert!(problems.contains(words), "{problems}");
        }
        assert!(bounds(&[(0, 1, 5), (1, 1, 1)]).problems(&graph)[0].contains("higher than its maximum parallelism 4"));
    }
}
