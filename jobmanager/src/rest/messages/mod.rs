//! Bodies of the REST API, one struct for each, spelt as Flink spells them. Server and clients share them.
//!
//! Flink mixes kebab-case, camelCase and snake_case; so do the serde names here. Maps keep their order.

mod applications;
mod catalogs;
mod checkpoints;
mod cluster;
mod error;
mod exceptions;
mod job_details;
mod job_lifecycle;
mod jobs;
mod logs;
mod metrics;
mod operations;
mod plan;
mod profiling;
mod programs;
mod rescales;
mod subtasks;
mod task_managers;

pub use applications::{
    ApplicationDetails, ApplicationExceptionHistory, ApplicationExceptions, ApplicationOverview, ApplicationState,
    ApplicationsOverview,
};
pub use catalogs::{CatalogContent, CatalogVersion};
pub use checkpoints::{
    CheckpointAlignment, CheckpointDuration, CheckpointInfo, CheckpointStatus, CheckpointTotals, CheckpointType,
    CheckpointingConfiguration, CheckpointingCounts, CheckpointingStatistics, CheckpointingSummary, Externalization,
    LatestCheckpoints, RestoredCheckpointInfo, StatsSummary, SubtaskCheckpointInfo, SubtaskCheckpointSummary,
    TaskCheckpointDetails, TaskCheckpointInfo,
};
pub use cluster::{
    BackupRestored, ClusterOverview, ConfigEntry, DashboardConfiguration, DashboardFeatures, EnvironmentInfo,
    GroupHealth, JobManagerAddress, JobManagerGroup, JobManagerMember, JvmInfo, MemberRole,
};
pub use error::ErrorResponse;
pub use exceptions::{ExceptionHistory, ExceptionInfo, JobExceptions, RootException};
pub use job_details::{ExecutionConfigInfo, IoMetrics, JobConfigInfo, JobDetails, JobVertexDetails};
pub use job_lifecycle::{
    ApplicationStatus, ExecutionResult, FailureCause, JobExecutionResult, JobStatusInfo, JobSubmitted, QueueStatus,
    QueueStatusId,
};
pub use jobs::{JobIdWithStatus, JobIdsWithStatus, JobOverview, JobsOverview, TaskCounts};
pub use logs::{DataSets, LogFile, LogFiles, LogLevel, LogUrl, ThreadDump, ThreadInfo};
pub use metrics::{AggregatedMetric, MetricId, MetricValue};
pub use operations::{
    Acknowledged, AsynchronousOperation, CheckpointTriggerRequest, OperationOutcome, SavepointDisposalRequest,
    SavepointInfo, SavepointTriggerRequest, StopWithSavepointRequest, TriggerResponse, TriggeredCheckpoint,
    TriggeredCheckpointType,
};
pub use plan::{JobPlan, JobPlanInfo, PlanInput, PlanNode};
pub use profiling::{FlameGraph, FlameGraphNode, ProfilingInfo, ProfilingList, ProfilingMode, ProfilingStatus};
pub use programs::{JarEntry, JarFile, JarRun, JarRunApplication, JarRunRequest, JarUploaded, Jars};
pub use rescales::{
    LatestRescales, RescaleConfig, RescaleDetails, RescalesCounts, RescalesOverview, RescalesSummary, SlotRescaleInfo,
    VertexRescaleInfo,
};
pub use subtasks::{
    AggregatedTaskDetails, AttemptAccumulators, BackPressureInfo, Statistics, SubtaskAccumulators, SubtaskBackPressure,
    SubtaskDetails, SubtaskTimes, VertexAccumulators, VertexDetails, VertexSubtaskAccumulators, VertexTaskManager,
    VertexTaskManagers, VertexTimes, VertexTimesSubtask,
};
pub use task_managers::{
    AllocatedSlot, GarbageCollector, Hardware, MemoryConfiguration, ResourceProfile, TaskManagerDetails,
    TaskManagerInfo, TaskManagerMemory, TaskManagers,
};
