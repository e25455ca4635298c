//! `Regions`: which vertices restart together. Pure.
//!
//! All edges are pipelined, so a region is what is connected by edges: the statements of a statement set that share nothing are regions of
//! their own. The subtasks of a vertex are always in one region, because they share the splits of their source.

use std::collections::BTreeSet;

use common::config::options::FailoverStrategy;
use dataflow::{JobGraph, VertexId};

/// The regions of a job.
#[derive(Debug, Clone)]
pub(super) struct Regions {
    /// Each vertex and the number of its region, in the order of the graph.
    vertices: Vec<(VertexId, usize)>,
}

impl Regions {
    /// The connected parts of the graph, or the whole of it.
    pub(super) fn new(graph: &JobGraph, strategy: FailoverStrategy) -> Self {
        let ids = graph.vertices.iter().map(|vertex| vertex.id).enumerate();
        let whole = strategy == FailoverStrategy::Full;
        let mut this = Regions { vertices: ids.map(|(index, id)| (id, if whole { 0 } else { index })).collect() };
        for edge in &graph.edges {
            let (Some(source), Some(target)) = (this.number(edge.source), this.number(edge.target)) else { continue };
            for (_, region) in this.vertices.iter_mut().filter(|(_, region)| *region == target) {
                *region = source;
            }
        }
        this
    }

    /// The places of all vertices.
    pub(super) fn all(&self) -> BTreeSet<usize> {
        (0..self.vertices.len()).collect()
    }

    /// The places of the vertices that restart with this one.
    pub(super) fn of(&self, vertex: VertexId) -> BTreeSet<usize> {
        let number = self.number(vertex);
        self.all().into_iter().filter(|&place| Some(self.vertices[place].1) == number).collect()
    }

    fn number(&self, vertex: VertexId) -> Option<usize> {
        self.vertices.iter().find(|(id, _)| *id == vertex).map(|(_, region)| *region)
    }
}
