//! What the job store keeps of a job beside its graph, so that the next JobManager goes on where this one ended.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::completed::Owner;
use super::statistics::StoredStatistics;
use crate::scheduling::DeploymentRecord;

/// A complete checkpoint as the job store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCheckpoint {
    /// The folder that its `_metadata` is in.
    pub folder: String,
    /// Whose it is.
    pub owner: Owner,
    /// Of one of the job's: files that it refers to and that are not the job's, by location.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub foreign: BTreeSet<String>,
}

/// Which checkpoints of a job are complete.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CheckpointPointers {
    /// Those that it may go on from, oldest first.
    pub kept: Vec<StoredCheckpoint>,
    /// Those that the newest of them has subsumed: they are being deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subsumed: Vec<StoredCheckpoint>,
}

/// How far a job has come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StoredProgress {
    /// No checkpoint of the job has had this number or a higher one.
    pub next_id: u64,
    /// No attempt of a subtask but the first has had this number or a higher one.
    #[serde(default)]
    pub next_attempt: u32,
    /// Where it runs; none when it was never deployed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<DeploymentRecord>,
    /// Whether somebody has cancelled it.
    #[serde(default)]
    pub cancelled: bool,
    /// What people are shown of its checkpoints.
    #[serde(default)]
    pub statistics: StoredStatistics,
    /// Its checkpoints.
    #[serde(flatten)]
    pub checkpoints: CheckpointPointers,
}

/// Numbers that a JobManager is about to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reservation {
    /// Checkpoints below this number.
    CheckpointIds(u64),
    /// Attempts below this number.
    Attempts(u32),
}

impl StoredProgress {
    /// Numbers are in use from now on.
    pub fn reserve(&mut self, reservation: Reservation) {
        match reservation {
            Reservation::CheckpointIds(next) => self.next_id = self.next_id.max(next),
            Reservation::Attempts(next) => self.next_attempt = self.next_attempt.max(next),
        }
    }

    /// The first attempt that the next JobManager may make: the one that ran the job last has made the first without a reservation.
    pub fn first_attempt(&self) -> u32 {
        self.next_attempt.max(1)
    }
}
