//! `.../profiler` and `.../flamegraph`.

use serde::{Deserialize, Serialize};

/// `GET .../profiler`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfilingList {
    /// Always empty: flinkrs takes no profiles.
    pub profiling_list: Vec<String>,
}

/// `GET .../flamegraph`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FlameGraph {
    /// When the samples ended, ms since the epoch; -1: the vertex has ended, -2: flame graphs are not enabled, -3: samples are being taken.
    pub end_timestamp: i64,
    /// All stacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<FlameGraphNode>,
}

/// An operator in [`FlameGraph`], and those that it called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlameGraphNode {
    /// The operator, or what a task waited for.
    pub name: String,
    /// In how many samples it was met.
    pub value: u64,
    /// What it called, the most frequent first.
    pub children: Vec<FlameGraphNode>,
}
