//! What the Raft log of the job store says, and the types of its group.

use std::io::Cursor;

use dataflow::{JobGraph, JobId, LeaderEpoch};
use serde::{Deserialize, Serialize};

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
    /// Keeps a job.
    PutJob {
        /// The job.
        graph: Box<JobGraph>,
    },
    /// Forgets a job.
    RemoveJob {
        /// The job.
        job: JobId,
    },
}
