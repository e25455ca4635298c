//! What the Raft log of the job store says, and the types of its group.

use std::io::Cursor;

use dataflow::{ExecutionAttemptId, JobGraph, JobId, LeaderEpoch};
use serde::{Deserialize, Serialize};

use super::store_state::StoreState;
use crate::checkpointing::statistics::StoredStatistics;
use crate::checkpointing::{CheckpointPointers, Reservation};
use crate::job_store::StoredOperation;
use crate::scheduling::{DeploymentRecord, EndedJob};

openraft::declare_raft_types!(
    /// The types of the job store's Raft group.
    pub StoreTypes:
        D = StoreCommand,
        R = LeaderEpoch,
);

/// A node of the group.
pub type NodeId = u64;

/// A change of the store. Its answer is the epoch in force.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum StoreCommand {
    /// A process has come to lead: the next epoch.
    BeginEpoch,
    /// A change that a leader makes: it counts only while its epoch is in force.
    Fenced {
        /// The leader's epoch.
        epoch: LeaderEpoch,
        /// What it changes.
        change: Box<StoreCommand>,
    },
    /// Takes over all of another group in place of nothing, and begins an epoch; passed over when there is something.
    Restore {
        /// What the other one kept.
        state: Box<StoreState>,
    },
    /// Keeps a job.
    PutJob {
        /// The job.
        graph: Box<JobGraph>,
    },
    /// Keeps which checkpoints of a job are complete. Of a job that is not there it is passed over, as is a reservation.
    PutCheckpoints {
        /// The job.
        job: JobId,
        /// They.
        #[serde(flatten)]
        checkpoints: CheckpointPointers,
        /// What people are shown that is new.
        #[serde(default)]
        statistics: Box<StoredStatistics>,
    },
    /// Numbers of checkpoints below this one are in use. Read from old logs; written as [`StoreCommand::Reserve`].
    ReserveCheckpointIds {
        /// The job.
        job: JobId,
        /// The first that is not.
        next_id: u64,
    },
    /// Numbers are in use.
    Reserve {
        /// The job.
        job: JobId,
        /// Which.
        numbers: Reservation,
    },
    /// Keeps the content of a catalog; passed over when another version than this one is there.
    PutCatalog {
        /// The catalog.
        name: String,
        /// The version that it follows on; 0: there is none.
        version: u64,
        /// The content.
        document: String,
    },
    /// Keeps how far an operation of a client is.
    PutOperation {
        /// That.
        operation: StoredOperation,
    },
    /// Keeps a graph of other parallelism in place of a job's.
    ReplaceJob {
        /// The job.
        graph: Box<JobGraph>,
    },
    /// Keeps where a job runs.
    PutDeployment {
        /// The job.
        job: JobId,
        /// Where.
        deployment: Box<DeploymentRecord>,
    },
    /// An attempt has finished.
    FinishAttempt {
        /// Which.
        attempt: ExecutionAttemptId,
    },
    /// Somebody has cancelled a job.
    CancelJob {
        /// The job.
        job: JobId,
    },
    /// Forgets all of a job but how it ended.
    EndJob {
        /// That.
        job: Box<EndedJob>,
    },
    /// Forgets a job. Read from old logs.
    RemoveJob {
        /// The job.
        job: JobId,
    },
}
