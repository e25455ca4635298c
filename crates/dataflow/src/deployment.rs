//! Deployment descriptors: what a JobManager tells a TaskManager to run, and what a TaskManager says of what it runs.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::checkpoint::{CheckpointingDescriptor, TaskRestore};
use crate::failure::Failure;
use crate::ids::{ExecutionAttemptId, JobId, LeaderEpoch, OperatorId, PartitionId, VertexId};
use crate::job_graph::{JobVertex, Partitioning};
use crate::job_status::ExecutionState;
use crate::types::RowType;

/// Everything a TaskManager needs to run one attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskDeploymentDescriptor {
    /// The attempt.
    pub attempt: ExecutionAttemptId,
    /// Who sends it.
    pub epoch: LeaderEpoch,
    /// The job's name, for messages and metrics.
    pub job_name: String,
    /// The job's configuration.
    pub config: BTreeMap<String, String>,
    /// The chain, its parallelism and number of key groups.
    pub vertex: JobVertex,
    /// Slot it runs in.
    pub slot: u32,
    /// One for each edge into the vertex, in graph order.
    pub inputs: Vec<InputGateDescriptor>,
    /// One for each edge out of the vertex, in graph order.
    pub outputs: Vec<ResultPartitionDescriptor>,
    /// Absent when the job takes no periodic checkpoints.
    pub checkpointing: Option<CheckpointingDescriptor>,
    /// What it starts from; absent when it starts from nothing.
    pub restore: Option<TaskRestore>,
}

/// The channels of one input edge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputGateDescriptor {
    /// Which input of the head operator.
    pub input: u32,
    /// How the producers spread their rows.
    pub partitioning: Partitioning,
    /// What arrives.
    pub row_type: RowType,
    /// One for each producing subtask that feeds this subtask.
    pub channels: Vec<InputChannelDescriptor>,
}

/// Where one channel's data is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputChannelDescriptor {
    /// The partition.
    pub partition: PartitionId,
    /// Which of its subpartitions.
    pub subpartition: u32,
    /// The TaskManager that has it.
    pub resource_id: String,
    /// That TaskManager's data address, `host:port`.
    pub data_address: String,
}

/// One output edge of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResultPartitionDescriptor {
    /// The partition.
    pub partition: PartitionId,
    /// Who consumes it.
    pub target: VertexId,
    /// How rows are spread.
    pub partitioning: Partitioning,
    /// Number of subpartitions: the consumer's parallelism, or 1 for FORWARD.
    pub num_subpartitions: u32,
    /// The consumer's number of key groups.
    pub max_parallelism: u32,
    /// What is written.
    pub row_type: RowType,
}

/// A TaskManager as it registers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskManagerRegistration {
    /// `taskmanager.resource-id`, or made up at its start.
    pub resource_id: String,
    /// `host:port` of its gRPC service for the JobManager.
    pub rpc_address: String,
    /// `host:port` of its exchange.
    pub data_address: String,
    /// Number of slots.
    pub slots: u32,
    /// Cores, and bytes of memory, of the machine.
    pub hardware: HardwareDescription,
    /// Operating-system process id.
    pub pid: u32,
    /// What it is running, when it comes back, perhaps to another JobManager; and attempts of sources that have finished.
    pub running: Vec<RunningAttempt>,
}

/// An attempt as the TaskManager that runs it knows it: all that a JobManager has to know that did not deploy it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningAttempt {
    /// The attempt.
    pub attempt: ExecutionAttemptId,
    /// The last state that it was told to be in.
    pub state: ExecutionState,
    /// Whether it has told that it waits for a last checkpoint.
    pub end_of_data: bool,
    /// What the readers of its sources have got.
    pub readers: BTreeMap<OperatorId, ReaderProgress>,
}

/// What a source reader has got from its JobManager.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReaderProgress {
    /// The ids of all splits that it was ever given.
    pub given: BTreeSet<String>,
    /// Whether it was told that there will be no more.
    pub no_more_splits: bool,
    /// Whether it has asked for one that has not come.
    pub waiting: bool,
    /// The watermark that it has reported last, when it aligns with others.
    #[serde(default)]
    pub watermark: Option<i64>,
}

/// What a JobManager wants to go on of what a TaskManager has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Adoption {
    /// Attempts that run on; all others end.
    pub attempts: Vec<ExecutionAttemptId>,
    /// Jobs whose results stay where they are; those of others go.
    pub jobs: Vec<JobId>,
}

/// What a TaskManager runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HardwareDescription {
    /// Logical cores.
    pub cpu_cores: u32,
    /// Bytes of physical memory.
    pub physical_memory: u64,
    /// `taskmanager.memory.managed.size`, bytes.
    pub managed_memory: u64,
}

/// A state change of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskStateUpdate {
    /// The attempt.
    pub attempt: ExecutionAttemptId,
    /// Its new state.
    pub state: ExecutionState,
    /// Why, when FAILED.
    pub failure: Option<Failure>,
    /// Final counters, when the state is terminal.
    pub metrics: Option<TaskMetricsSnapshot>,
}

/// The counters of a task at one moment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TaskMetricsSnapshot {
    /// Rows taken from inputs, or read by the source.
    pub records_in: u64,
    /// Rows emitted to outputs, or written by the sink.
    pub records_out: u64,
    /// Bytes taken from inputs (remote: as encoded; local: Arrow memory).
    pub bytes_in: u64,
    /// Bytes emitted.
    pub bytes_out: u64,
    /// Of `records_in`, those that came from another TaskManager.
    pub records_in_remote: u64,
    /// Of `bytes_in`, those that came from another TaskManager.
    pub bytes_in_remote: u64,
    /// Rows dropped as late.
    pub late_records_dropped: u64,
    /// Records skipped because they could not be decoded.
    pub decode_errors: u64,
    /// Lowest watermark of the inputs, or the source's own; absent before the first.
    pub watermark: Option<i64>,
    /// Milliseconds spent since the start: working.
    pub busy_ms: u64,
    /// Waiting for output.
    pub back_pressured_ms: u64,
    /// Waiting for input.
    pub idle_ms: u64,
    /// Batches waiting in the input channels.
    pub input_queue_length: u64,
    /// Batches waiting in the output channels.
    pub output_queue_length: u64,
    /// Output channels to other TaskManagers whose next batch waits for a credit of its consumer.
    #[serde(default)]
    pub channels_without_credit: u64,
    /// Input channels whose barrier of the checkpoint that is under way has not come; 0 while none is.
    #[serde(default)]
    pub barriers_missing: u64,
    /// What the thread of the task was at: a part of its chain by name, or what it waited for; empty before it is built.
    #[serde(default)]
    pub activity: String,
    /// How fast counters grew lately.
    #[serde(default)]
    pub rates: TaskRates,
    /// Whether it waits for output now.
    #[serde(default)]
    pub is_back_pressured: bool,
}

/// How much counters of a task grew a second, over its last seconds; times in ms.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct TaskRates {
    /// See [`TaskMetricsSnapshot`], also for the others.
    pub records_in: f64,
    /// Rows emitted.
    pub records_out: f64,
    /// Bytes taken.
    pub bytes_in: f64,
    /// Bytes emitted.
    pub bytes_out: f64,
    /// Working.
    pub busy_ms: f64,
    /// Waiting for output.
    pub back_pressured_ms: f64,
    /// Waiting for input.
    pub idle_ms: f64,
}

/// The counters of all tasks of a TaskManager, sent with each heartbeat.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TaskManagerReport {
    /// Counters by attempt.
    pub tasks: Vec<(ExecutionAttemptId, TaskMetricsSnapshot)>,
    /// Resident memory of the process, bytes.
    pub resident_memory: u64,
    /// Bytes of memory that state on disk takes: tables of operators, and RocksDB's cache with its memtables.
    #[serde(default)]
    pub state_memory: u64,
    /// Bytes on the local disk that state takes, measured every few seconds.
    #[serde(default)]
    pub state_on_disk: u64,
    /// Jobs for which it holds uncollected results.
    pub jobs_with_results: Vec<JobId>,
}
