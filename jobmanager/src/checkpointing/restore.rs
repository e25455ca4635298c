//! What a job starts from: a checkpoint or savepoint that its submitter names (`execution.state-recovery.*`), or what the job store kept of
//! its own.

use std::sync::Arc;

use checkpoint::{RestoreError, Storage, StorageError, adopt_max_parallelism, assign, read_metadata};
use common::config::options::{self, RecoveryClaimMode};
use common::config::{ConfigError, Configuration};
use dataflow::JobGraph;
use serde::{Deserialize, Serialize};

use super::completed::{CompletedCheckpoint, Owner};
use super::config::CheckpointConfig;

/// A complete checkpoint as the job store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCheckpoint {
    /// The folder that its `_metadata` is in.
    pub folder: String,
    /// Whose it is.
    pub owner: Owner,
}

/// What the job store keeps of the checkpoints of one job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StoredCheckpoints {
    /// No checkpoint of the job has had this number or a higher one.
    pub next_id: u64,
    /// Complete ones, oldest first.
    pub kept: Vec<StoredCheckpoint>,
}

/// What a submitted job is to start from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreSettings {
    /// `execution.state-recovery.path`.
    pub path: Option<String>,
    /// Whose it is from then on.
    pub owner: Owner,
    /// Whether state that no operator takes is dropped.
    pub allow_non_restored_state: bool,
}

impl RestoreSettings {
    /// What a job's configuration says.
    pub fn from_config(config: &Configuration) -> Result<Self, ConfigError> {
        Ok(RestoreSettings {
            path: config.get(&options::STATE_RECOVERY_PATH)?,
            owner: match config.get(&options::STATE_RECOVERY_CLAIM_MODE)? {
                RecoveryClaimMode::Claim => Owner::Job,
                RecoveryClaimMode::NoClaim => Owner::User,
                RecoveryClaimMode::Legacy => Owner::Nobody,
            },
            allow_non_restored_state: config.get(&options::STATE_RECOVERY_IGNORE_UNCLAIMED_STATE)?,
        })
    }
}

/// Why a job cannot start.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointSetupError {
    /// A value of its configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is no place for checkpoints.
    #[error(
        "execution.checkpointing.interval is set, but 'execution.checkpointing.dir' is not: name a folder that all processes reach, to which checkpoints go"
    )]
    NoDirectory,
    /// The place for checkpoints cannot be used.
    #[error("checkpoints cannot be stored (execution.checkpointing.dir): {0}")]
    Directory(#[source] StorageError),
    /// How to reach it is configured wrongly.
    #[error(transparent)]
    Storage(StorageError),
    /// The checkpoint cannot be read.
    #[error("cannot restore from '{path}': {error}")]
    Unreadable {
        /// What was named.
        path: String,
        /// Why not.
        #[source]
        error: StorageError,
    },
    /// It does not fit.
    #[error(transparent)]
    Unfit(#[from] RestoreError),
}

/// All that a job master needs to take checkpoints of a job and to start it from one.
#[derive(Clone)]
pub struct JobCheckpointing {
    /// How they are taken.
    pub config: CheckpointConfig,
    /// The way to the files.
    pub storage: Storage,
    /// The number of the first one.
    pub next_id: u64,
    /// Complete ones, oldest first: the job starts from the last.
    pub kept: Vec<CompletedCheckpoint>,
    /// Whether state that no operator takes is dropped.
    pub allow_non_restored_state: bool,
}

impl JobCheckpointing {
    /// For a job that is submitted: tries the folder for its checkpoints, reads what it is to start from, and checks that it fits. Vertices
    /// whose number of key groups is not set get that of the checkpoint.
    pub async fn of_submitted(config: &Configuration, graph: &mut JobGraph) -> Result<Self, CheckpointSetupError> {
        let mut this = Self::without_state(config)?;
        match &this.config.directory {
            Some(directory) if this.config.interval.is_some() => {
                let directory =
                    this.storage.prepare_folder(directory).await.map_err(CheckpointSetupError::Directory)?;
                this.config.directory = Some(directory);
            }
            None if this.config.interval.is_some() => return Err(CheckpointSetupError::NoDirectory),
            _ => {}
        }
        this.restore(config, graph).await?;
        Ok(this)
    }

    /// For a job that ran under an earlier JobManager.
    pub async fn of_recovered(
        config: &Configuration,
        graph: &mut JobGraph,
        stored: &StoredCheckpoints,
    ) -> Result<Self, CheckpointSetupError> {
        let mut this = Self::without_state(config)?;
        for StoredCheckpoint { folder, owner } in &stored.kept {
            this.kept.push(this.read(folder, *owner).await?);
        }
        if this.kept.is_empty() {
            this.restore(config, graph).await?;
        }
        this.next_id = this.next_id.max(stored.next_id).max(this.kept.last().map_or(0, |latest| latest.id() + 1));
        Ok(this)
    }

    /// For a job that starts from nothing.
    pub fn without_state(config: &Configuration) -> Result<Self, CheckpointSetupError> {
        Ok(JobCheckpointing {
            config: CheckpointConfig::from_config(config)?,
            storage: Storage::new(config).map_err(CheckpointSetupError::Storage)?,
            next_id: 1,
            kept: Vec::new(),
            allow_non_restored_state: RestoreSettings::from_config(config)?.allow_non_restored_state,
        })
    }

    /// Whether the first checkpoint must not refer to the files that the job starts from.
    pub fn full_first(&self) -> bool {
        self.kept.last().is_some_and(|latest| latest.owner == Owner::User)
    }

    async fn restore(&mut self, config: &Configuration, graph: &mut JobGraph) -> Result<(), CheckpointSetupError> {
        let settings = RestoreSettings::from_config(config)?;
        let Some(path) = &settings.path else { return Ok(()) };
        let checkpoint = self.read(path, settings.owner).await?;
        adopt_max_parallelism(graph, &checkpoint.metadata);
        assign(&checkpoint.metadata, graph, settings.allow_non_restored_state)?;
        self.next_id = checkpoint.id() + 1;
        self.kept.push(checkpoint);
        Ok(())
    }

    async fn read(&self, path: &str, owner: Owner) -> Result<CompletedCheckpoint, CheckpointSetupError> {
        let read = read_metadata(&self.storage, path).await;
        let (folder, metadata) =
            read.map_err(|error| CheckpointSetupError::Unreadable { path: path.to_owned(), error })?;
        Ok(CompletedCheckpoint { metadata: Arc::new(metadata), folder, owner })
    }
}
