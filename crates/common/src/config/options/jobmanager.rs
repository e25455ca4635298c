//! The JobManager's address and scheduling.

use std::time::Duration;

use crate::config::ConfigEnum;

/// What restarts with a task that has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailoverStrategy {
    /// The job.
    Full,
    /// What is connected with the task.
    Region,
}

impl ConfigEnum for FailoverStrategy {
    const NAMES: &'static [(&'static str, Self)] = &[("full", Self::Full), ("region", Self::Region)];
}

/// How jobs are scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchedulerMode {
    /// They use all slots there are.
    Reactive,
}

impl ConfigEnum for SchedulerMode {
    const NAMES: &'static [(&'static str, Self)] = &[("reactive", Self::Reactive)];
}

options! {
    JOBMANAGER_RPC_ADDRESS: String = "jobmanager.rpc.address" default "localhost",
        "Host under which TaskManagers and clients reach the JobManager.";
    JOBMANAGER_RPC_PORT: u16 = "jobmanager.rpc.port" default "6123",
        "Port of the JobManager's gRPC service.";
    JOBMANAGER_RPC_BIND_PORT: Option<u16> = "jobmanager.rpc.bind-port",
        "Port to bind to when it differs from jobmanager.rpc.port.";
    JOBMANAGER_BIND_HOST: Option<String> = "jobmanager.bind-host",
        "Local address that the JobManager binds to.";
    EXECUTION_FAILOVER_STRATEGY: FailoverStrategy = "jobmanager.execution.failover-strategy" default "region",
        "What restarts with a task that has failed: 'region', what is connected with it, or 'full', the job.";
    SCHEDULER_MODE: Option<SchedulerMode> = "scheduler-mode",
        "With 'reactive' a job has as many subtasks as there are slots, and is rescaled from a checkpoint when TaskManagers come and go.";
    ADAPTIVE_SUBMISSION_STABILIZATION_TIMEOUT: Duration = "jobmanager.adaptive-scheduler.submission.resource-stabilization-timeout" default "PT10S" older ["jobmanager.adaptive-scheduler.resource-stabilization-timeout"],
        "In the reactive mode: how long the slots have to stay the same before a job that waits for some takes fewer or more; when it is not set, no time, as in Flink.";
    ADAPTIVE_EXECUTING_STABILIZATION_TIMEOUT: Duration = "jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout" default "PT1M",
        "In the reactive mode: how long new slots have to be there before a job that runs takes them.";
    ADAPTIVE_EXECUTING_COOLDOWN: Duration = "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling" default "PT30S" older ["jobmanager.adaptive-scheduler.scaling-interval.min"],
        "In the reactive mode: how long a job that was rescaled runs before it is rescaled again.";
    COMPLETED_STORE_EXPIRATION_TIME: Duration = "completed-application-store.expiration-time" default "PT1H",
        "How long jobs that have ended are shown.";
    COMPLETED_STORE_MAX_CAPACITY: u32 = "completed-application-store.max-capacity" default "2147483647" older ["jobstore.max-capacity"],
        "How many jobs that have ended are shown.";
    JOBSTORE_EXPIRATION_TIME: i64 = "jobstore.expiration-time" default "3600",
        "Older form of completed-application-store.expiration-time, in seconds.";
    HIGH_AVAILABILITY_TYPE: String = "high-availability.type" default "NONE" older ["recovery.mode", "high-availability"],
        "Where jobs are kept that must survive the JobManager: 'NONE' keeps none, 'raft' keeps them under high-availability.storageDir.";
    HIGH_AVAILABILITY_STORAGE_DIR: Option<String> = "high-availability.storageDir" older ["high-availability.zookeeper.storageDir", "recovery.zookeeper.storageDir"],
        "Local folder of the Raft log and of the jobs that must survive the JobManager.";
    HIGH_AVAILABILITY_RAFT_PEERS: Option<String> = "high-availability.raft.peers",
        "The JobManagers of the group, as host:port,host:port,...; each is known by its jobmanager.rpc.address and jobmanager.rpc.port.";
    HIGH_AVAILABILITY_RAFT_ELECTION_TIMEOUT: Duration = "high-availability.raft.election-timeout" default "250 ms",
        "How long a leader may be silent; another one leads after one to two times this.";
}
