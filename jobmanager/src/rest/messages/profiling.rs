//! `.../profiler` and `.../flamegraph`.

use serde::{Deserialize, Serialize};

/// `GET .../profiler`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfilingList {
    /// The newest first.
    pub profiling_list: Vec<ProfilingInfo>,
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct ProfilingInfo {
    pub status: ProfilingStatus,
    pub mode: ProfilingMode,
    /// ms since the epoch, as is the end.
    pub trigger_time: i64,
    pub finished_time: Option<i64>,
    /// Seconds.
    pub duration: i64,
    pub message: Option<String>,
    /// The name of its file.
    pub output_file: Option<String>,
    /// The mode once more, as Flink has it.
    pub profiling_mode: ProfilingMode,
}

/// How far a profile is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the names say it")]
pub enum ProfilingStatus {
    Running,
    Finished,
    Failed,
}

/// What is profiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ProfilingMode {
    /// What works.
    Cpu,
    /// What works or waits.
    Wall,
    /// What waits.
    Lock,
    /// What works.
    Itimer,
    /// Allocations: refused.
    Alloc,
}

impl ProfilingMode {
    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            ProfilingMode::Cpu => "CPU",
            ProfilingMode::Wall => "WALL",
            ProfilingMode::Lock => "LOCK",
            ProfilingMode::Itimer => "ITIMER",
            ProfilingMode::Alloc => "ALLOC",
        }
    }
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
