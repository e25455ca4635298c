//! From the physical plan to the job graph: exchanges of rows that lie so already are left out, and operators without one between them become one vertex.

use std::collections::BTreeMap;

use common::config::options::TABLE_LOCAL_TIME_ZONE;
use dataflow::key_group::default_max_parallelism;
use dataflow::operator_spec::SPEC_VERSION;
use dataflow::{JobEdge, JobGraph, JobId, JobVertex, OperatorDescriptor, OperatorId, Partitioning, VertexId};

use super::digest::operator_ids;
use super::narrow_rows::narrow_rows;
use super::{NodeId, PhysicalPlan};
use crate::settings::Settings;

/// The job graph of a plan, and the operator id of each node.
pub(crate) fn job_graph(
    plan: &PhysicalPlan,
    name: String,
    settings: &Settings,
    config: BTreeMap<String, String>,
) -> (JobGraph, Vec<OperatorId>) {
    // What the job reads of nested fields does not change who an operator is.
    let ids = operator_ids(&plan.nodes);
    let mut plan = narrow_rows(plan);
    leave_lying(&mut plan);
    let plan = &plan;
    let chains = chains(plan, settings.chaining);
    let vertices: Vec<JobVertex> = chains.iter().map(|chain| vertex(plan, chain, &ids, settings)).collect();
    let mut vertex_of = vec![0; plan.nodes.len()];
    for (index, chain) in chains.iter().enumerate() {
        chain.iter().for_each(|&node| vertex_of[node] = index);
    }
    let mut edges = Vec::new();
    for (target, chain) in chains.iter().enumerate() {
        for edge in &plan.nodes[chain[0]].inputs {
            edges.push(JobEdge {
                source: vertices[vertex_of[edge.source]].id,
                target: vertices[target].id,
                input: edge.input,
                partitioning: edge.partitioning.clone(),
            });
        }
    }
    // A TaskManager may stand in another zone than the session.
    let mut config = config;
    config.insert(TABLE_LOCAL_TIME_ZONE.key().into(), settings.context.time_zone.to_string());
    let graph = JobGraph { version: SPEC_VERSION, job_id: JobId::random(), name, config, vertices, edges };
    (graph, ids)
}

/// Leaves rows where they are that lie by the keys of their exchange.
fn leave_lying(plan: &mut PhysicalPlan) {
    for id in 0..plan.nodes.len() {
        for input in 0..plan.nodes[id].inputs.len() {
            let edge = &plan.nodes[id].inputs[input];
            let source = &plan.nodes[edge.source];
            let Partitioning::Hash { keys } = &edge.partitioning else { continue };
            if source.parallelism == plan.nodes[id].parallelism && source.distribution.as_ref() == Some(keys) {
                plan.nodes[id].inputs[input].partitioning = Partitioning::Forward;
            }
        }
    }
}

/// The chains, each from its head on, in the order of their heads.
fn chains(plan: &PhysicalPlan, chaining: bool) -> Vec<Vec<NodeId>> {
    let mut consumers: Vec<usize> = vec![0; plan.nodes.len()];
    plan.nodes.iter().flat_map(|node| &node.inputs).for_each(|edge| consumers[edge.source] += 1);
    let mut chains: Vec<Vec<NodeId>> = Vec::new();
    for (id, node) in plan.nodes.iter().enumerate() {
        let behind = match node.inputs.as_slice() {
            [edge] if chaining && edge.partitioning == Partitioning::Forward && consumers[edge.source] == 1 => {
                let fits = plan.nodes[edge.source].parallelism == node.parallelism && node.spec.num_inputs() == 1;
                fits.then_some(edge.source)
            }
            _ => None,
        };
        match behind.and_then(|source| chains.iter_mut().find(|chain| chain.last() == Some(&source))) {
            Some(chain) => chain.push(id),
            None => chains.push(vec![id]),
        }
    }
    chains
}

fn vertex(plan: &PhysicalPlan, chain: &[NodeId], ids: &[OperatorId], settings: &Settings) -> JobVertex {
    let parallelism = plan.nodes[chain[0]].parallelism;
    let operators: Vec<OperatorDescriptor> = chain
        .iter()
        .map(|&id| {
            let node = &plan.nodes[id];
            let name = format!("{}[{}]", node.name, id + 1);
            OperatorDescriptor { id: ids[id], name, spec: node.spec.clone(), output: node.output.clone() }
        })
        .collect();
    let max = settings.max_parallelism.unwrap_or_else(|| default_max_parallelism(parallelism));
    JobVertex {
        id: VertexId::from(ids[chain[0]]),
        name: operators.iter().map(|operator| operator.name.as_str()).collect::<Vec<_>>().join(" -> "),
        parallelism,
        max_parallelism: max.max(parallelism),
        operators,
    }
}
