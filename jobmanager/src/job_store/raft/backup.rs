//! `Backup`: all that a group keeps, as one document, and how another group takes it over.
//!
//! It is as old as it is: what the group has used since (epochs, attempts) is not in it, so the group that takes it over leaves room for that.

use dataflow::LeaderEpoch;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::command::StoreCommand;
use super::node::RaftNode;
use super::store_state::StoreState;
use crate::job_store::{JobStoreError, StoredJob};

/// Version of the document.
const FORMAT: u32 = 1;
/// How many epochs, and attempts of a task, may have been used behind a backup.
const ROOM: u32 = 1_000;

/// All that a group keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Backup {
    flinkrs_backup: u32,
    /// Of flinkrs, which wrote it.
    release: String,
    /// When it was taken, ms since the epoch.
    taken_at: i64,
    state: StoreState,
}

/// What every version of the document begins with.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Header {
    flinkrs_backup: u32,
    release: String,
}

/// Why a backup is not taken over.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It is something else, or a part of one.
    #[error("this is no backup of a JobManager, or not all of one: {0}")]
    Unreadable(String),
    /// Another release wrote it.
    #[error(
        "the backup has format {format}, which flinkrs {release} writes; this is flinkrs {} and reads format {FORMAT}: restore it with that release, then upgrade",
        env!("CARGO_PKG_VERSION")
    )]
    OtherFormat {
        /// Its format.
        format: u32,
        /// Who wrote it.
        release: String,
    },
    /// Something would be lost.
    #[error(
        "the group has jobs or catalogs of its own, which would be lost: a backup goes into a group that is new (an empty high-availability.storageDir of all its JobManagers)"
    )]
    NotEmpty,
    /// The group did not take it.
    #[error(transparent)]
    Store(#[from] JobStoreError),
}

impl Backup {
    /// Reads a document.
    pub fn read(document: &[u8]) -> Result<Self, BackupError> {
        let unreadable = |error: serde_json::Error| BackupError::Unreadable(error.to_string());
        let Header { flinkrs_backup: format, release } = serde_json::from_slice(document).map_err(unreadable)?;
        if format != FORMAT {
            return Err(BackupError::OtherFormat { format, release });
        }
        serde_json::from_slice(document).map_err(unreadable)
    }

    /// The jobs that had not ended.
    pub fn jobs_mut(&mut self) -> impl Iterator<Item = &mut StoredJob> {
        self.state.jobs.values_mut()
    }

    /// How many jobs that had not ended, and how many catalogs are in it.
    pub fn len(&self) -> (usize, usize) {
        (self.state.jobs.len(), self.state.catalogs.len())
    }

    fn leave_room(&mut self) {
        self.state.epoch.0 += u64::from(ROOM);
        for job in self.state.jobs.values_mut() {
            job.progress.next_attempt = job.progress.first_attempt() + ROOM;
        }
    }
}

impl RaftNode {
    /// All that was committed before this was asked for. Only the leader has it.
    pub async fn backup(&self, now: i64) -> Result<Backup, JobStoreError> {
        let asked = self.inner.raft.ensure_linearizable().await;
        asked.map_err(|error| self.error(format!("cannot be read: {error}")))?;
        let state = self.inner.state.state().clone();
        Ok(Backup { flinkrs_backup: FORMAT, release: env!("CARGO_PKG_VERSION").to_owned(), taken_at: now, state })
    }

    /// Whether there is anything that a backup would take the place of.
    pub fn keeps_anything(&self) -> bool {
        !self.inner.state.state().is_empty()
    }

    /// Takes over all of a backup in place of nothing. Whoever leads has to begin a new epoch then.
    pub async fn restore(&self, mut backup: Backup) -> Result<(), BackupError> {
        backup.leave_room();
        let before = self.inner.state.state().epoch;
        let Backup { release, taken_at, state, .. } = backup;
        let LeaderEpoch(epoch) = self.write(StoreCommand::Restore { state: Box::new(state) }).await?;
        if epoch == before.0 {
            return Err(BackupError::NotEmpty);
        }
        info!("took over the backup of {taken_at} (ms since the epoch), written by flinkrs {release}: epoch {epoch}");
        Ok(())
    }
}
