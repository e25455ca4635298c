//! `/taskmanagers` and `/taskmanagers/:taskmanagerid`.

use dataflow::JobId;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// `GET /taskmanagers`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskManagers {
    /// Those that are registered.
    pub taskmanagers: Vec<TaskManagerInfo>,
}

/// A TaskManager.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskManagerInfo {
    /// Resource id.
    pub id: String,
    /// Address of its gRPC service.
    pub path: String,
    /// Port of its exchange.
    pub data_port: i32,
    /// Always -1.
    pub jmx_port: i32,
    /// When it was last heard of, ms since the epoch (in spite of the name).
    pub time_since_last_heartbeat: i64,
    /// Number of slots.
    pub slots_number: u32,
    /// Slots that no job has.
    pub free_slots: u32,
    /// Tasks that run or are being deployed there.
    pub assigned_tasks: u32,
    /// What its slots have together.
    pub total_resource: ResourceProfile,
    /// What its free slots have together.
    pub free_resource: ResourceProfile,
    /// What it runs on.
    pub hardware: Hardware,
    /// Its memory budgets.
    pub memory_configuration: MemoryConfiguration,
}

/// `GET /taskmanagers/:taskmanagerid`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskManagerDetails {
    /// What the list says of it.
    #[serde(flatten)]
    pub info: TaskManagerInfo,
    /// Its slots that jobs have.
    pub allocated_slots: Vec<AllocatedSlot>,
    /// Its memory.
    pub metrics: TaskManagerMemory,
}

/// Resources of slots; memory in MB.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are Flink's")]
pub struct ResourceProfile {
    pub cpu_cores: f64,
    pub task_heap_memory: i64,
    pub task_off_heap_memory: i64,
    pub managed_memory: i64,
    pub network_memory: i64,
    pub extended_resources: IndexMap<String, String>,
}

/// What a TaskManager runs on; memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are Flink's")]
pub struct Hardware {
    pub cpu_cores: u32,
    pub physical_memory: u64,
    pub free_memory: u64,
    pub managed_memory: u64,
}

/// Memory budgets in bytes; those of a JVM are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are Flink's")]
pub struct MemoryConfiguration {
    pub framework_heap: u64,
    pub task_heap: u64,
    pub framework_off_heap: u64,
    pub task_off_heap: u64,
    pub network_memory: u64,
    pub managed_memory: u64,
    pub jvm_metaspace: u64,
    pub jvm_overhead: u64,
    pub total_flink_memory: u64,
    pub total_process_memory: u64,
}

/// A slot that a job has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AllocatedSlot {
    /// The job.
    pub job_id: JobId,
    /// What the slot has.
    pub resource: ResourceProfile,
    /// Tasks in it.
    pub assigned_tasks: u32,
}

/// Memory of a TaskManager's process. There is no heap of a JVM: `heapUsed` is the resident memory, the rest is 0.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are Flink's")]
pub struct TaskManagerMemory {
    pub heap_used: u64,
    pub heap_committed: u64,
    pub heap_max: u64,
    pub non_heap_used: u64,
    pub non_heap_committed: u64,
    pub non_heap_max: u64,
    pub direct_count: u64,
    pub direct_used: u64,
    pub direct_max: u64,
    pub mapped_count: u64,
    pub mapped_used: u64,
    pub mapped_max: u64,
    pub netty_shuffle_memory_segments_available: u64,
    pub netty_shuffle_memory_segments_used: u64,
    pub netty_shuffle_memory_segments_total: u64,
    pub netty_shuffle_memory_available: u64,
    pub netty_shuffle_memory_used: u64,
    pub netty_shuffle_memory_total: u64,
    pub garbage_collectors: Vec<GarbageCollector>,
}

/// Always none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are Flink's")]
pub struct GarbageCollector {
    pub name: String,
    pub count: u64,
    pub time: u64,
}
