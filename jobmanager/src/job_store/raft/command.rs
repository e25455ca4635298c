//! What the Raft log of the job store says, and the types of its group.

use std::io::Cursor;

use dataflow::{JobGraph, JobId};
use serde::{Deserialize, Serialize};

openraft::declare_raft_types!(
    /// The types of the job store's Raft group.
    pub StoreTypes:
        D = StoreCommand,
        R = (),
);

/// A node of the group.
pub type NodeId = u64;

/// A change of the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum StoreCommand {
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
