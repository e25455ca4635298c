//! What a job starts from: a checkpoint or savepoint that its submitter names (`execution.state-recovery.*`), or what the job store kept of
//! its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use checkpoint::{
    METADATA_FILE, RestoreError, Storage, StorageError, adopt_max_parallelism, assign, numbered_folders, read_metadata,
};
use common::config::options::{self, RecoveryClaimMode};
use common::config::{ConfigError, Configuration};
use dataflow::{JobGraph, JobId};
use tracing::warn;

use super::completed::{CompletedCheckpoint, Owner};
use super::config::CheckpointConfig;
use super::progress::{StoredCheckpoint, StoredProgress};

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
    /// The checkpoint that a job has to go on from cannot be read, and others can.
    #[error(
        "{newest}; the checkpoint before it, '{older}', can be read: whoever accepts that the job goes back to it submits the job again with execution.state-recovery.path (flinkrs run -s)"
    )]
    NewestUnreadable {
        /// What is wrong with it.
        #[source]
        newest: Box<CheckpointSetupError>,
        /// Where the newest of the others is.
        older: String,
    },
    /// It does not fit.
    #[error(transparent)]
    Unfit(#[from] RestoreError),
}

impl CheckpointSetupError {
    /// Whether it may be otherwise when it is tried again: the disk or the object store does not answer, or is not mounted.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Directory(error) | Self::Unreadable { error, .. } => {
                matches!(error, StorageError::Failed { .. } | StorageError::NotFound { .. })
            }
            _ => false,
        }
    }
}

/// Where checkpoints are stored.
#[derive(Clone, Default)]
pub enum Storages {
    /// Where the configuration of each job says.
    #[default]
    Configured,
    /// All in one place, whatever is configured: for simulations.
    Only(Storage),
}

impl Storages {
    /// The storage for a job with this configuration.
    pub fn open(&self, config: &Configuration) -> Result<Storage, StorageError> {
        match self {
            Storages::Configured => Storage::new(config),
            Storages::Only(storage) => Ok(storage.clone()),
        }
    }
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
    /// Complete ones of an earlier JobManager that nobody needs: it ended before they were deleted.
    pub leftovers: Vec<CompletedCheckpoint>,
    /// Whether state that no operator takes is dropped.
    pub allow_non_restored_state: bool,
}

impl JobCheckpointing {
    /// For a job that is submitted: tries the folder for its checkpoints, reads what it is to start from, and checks that it fits. Vertices
    /// whose number of key groups is not set get that of the checkpoint.
    pub async fn of_submitted(
        config: &Configuration,
        storages: &Storages,
        graph: &mut JobGraph,
    ) -> Result<Self, CheckpointSetupError> {
        let mut this = Self::without_state(config, storages)?;
        this.prepare_folder().await?;
        this.restore(config, graph).await?;
        Ok(this)
    }

    /// For a job that ran under an earlier JobManager.
    pub async fn of_recovered(
        config: &Configuration,
        storages: &Storages,
        graph: &JobGraph,
        stored: &StoredProgress,
    ) -> Result<Self, CheckpointSetupError> {
        let mut this = Self::without_state(config, storages)?;
        this.prepare_folder().await?;
        this.kept = this.read_kept(&stored.checkpoints.kept).await?;
        match this.kept.last() {
            Some(latest) => this.next_id = latest.id() + 1,
            None => this.restore(config, &mut graph.clone()).await?,
        }
        this.leftovers = this.find_leftovers(&RestoreSettings::from_config(config)?, graph, stored).await;
        this.next_id = this.next_id.max(stored.next_id);
        Ok(this)
    }

    /// Notes the checkpoints that a job has completed since this was written, as far as its folder has them, and that their numbers are in use.
    pub async fn note_newer(
        config: &Configuration,
        storages: &Storages,
        job: JobId,
        stored: &mut StoredProgress,
    ) -> Result<(), CheckpointSetupError> {
        let mut this = Self::without_state(config, storages)?;
        this.prepare_folder().await?;
        let Some(folder) = this.config.job_folder(job) else { return Ok(()) };
        let folders = match numbered_folders(&this.storage, &folder).await {
            Ok(folders) => folders,
            Err(StorageError::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(CheckpointSetupError::Unreadable { path: folder, error }),
        };
        let number = |folder: &str| folder.rsplit_once("/chk-")?.1.parse::<u64>().ok();
        let kept = &mut stored.checkpoints.kept;
        let newest = kept.iter().filter_map(|kept| number(&kept.folder)).max();
        let foreign = kept.last().map(|kept| kept.foreign.clone()).unwrap_or_default();
        // With files of others in between it is not known whose they are.
        let owner = match RestoreSettings::from_config(config)?.owner {
            Owner::Nobody => Owner::Nobody,
            Owner::Job | Owner::User => Owner::Job,
        };
        for (id, folder) in folders {
            stored.next_id = stored.next_id.max(id + 1);
            if newest.is_some_and(|newest| id <= newest) {
                continue;
            }
            match this.storage.get(&format!("{folder}/{METADATA_FILE}")).await {
                Ok(_) => {}
                // It never was complete, or was being deleted.
                Err(StorageError::NotFound { .. }) => continue,
                Err(error) => return Err(CheckpointSetupError::Unreadable { path: folder, error }),
            }
            let checkpoint = StoredCheckpoint { folder, owner, foreign: foreign.clone() };
            this.read(&checkpoint).await?;
            kept.push(checkpoint);
        }
        Ok(())
    }

    /// Tries whether checkpoints can be stored where they are to go.
    async fn prepare_folder(&mut self) -> Result<(), CheckpointSetupError> {
        match &self.config.directory {
            Some(directory) if self.config.interval.is_some() => {
                let directory =
                    self.storage.prepare_folder(directory).await.map_err(CheckpointSetupError::Directory)?;
                self.config.directory = Some(directory);
                Ok(())
            }
            None if self.config.interval.is_some() => Err(CheckpointSetupError::NoDirectory),
            _ => Ok(()),
        }
    }

    /// Reads the checkpoints that the job store knows. The newest is needed: what came behind an older one may have been committed, and must not be
    /// done again unless somebody says so. Of the others, those that cannot be read are left alone.
    async fn read_kept(&self, stored: &[StoredCheckpoint]) -> Result<Vec<CompletedCheckpoint>, CheckpointSetupError> {
        let Some((newest, older)) = stored.split_last() else { return Ok(Vec::new()) };
        let newest = self.read(newest).await;
        let mut kept = Vec::new();
        for stored in older {
            match self.read(stored).await {
                Ok(checkpoint) => kept.push(checkpoint),
                Err(error) => warn!("an older checkpoint is not kept any more: {error}"),
            }
        }
        match (newest, kept.last()) {
            (Ok(newest), _) => {
                kept.push(newest);
                Ok(kept)
            }
            (Err(newest), Some(older)) if !newest.may_pass() => {
                Err(CheckpointSetupError::NewestUnreadable { newest: Box::new(newest), older: older.external_path() })
            }
            (Err(error), _) => Err(error),
        }
    }

    /// What an earlier JobManager would have deleted: subsumed checkpoints, and those whose metadata it had written but whose pointer it had not.
    async fn find_leftovers(
        &self,
        settings: &RestoreSettings,
        graph: &JobGraph,
        stored: &StoredProgress,
    ) -> Vec<CompletedCheckpoint> {
        let mut found = stored.checkpoints.subsumed.clone();
        // With files of others in between it is not known whose those of an unknown one are.
        let folder = self.config.job_folder(graph.job_id).filter(|_| settings.owner != Owner::Nobody);
        if let Some(folder) = folder {
            match numbered_folders(&self.storage, &folder).await {
                // Numbers that were reserved behind the newest one that is known.
                Ok(folders) => found.extend(folders.into_iter().filter_map(|(id, folder)| {
                    let unknown = id >= self.next_id && id < stored.next_id;
                    unknown.then(|| StoredCheckpoint { folder, owner: Owner::Job, foreign: BTreeSet::new() })
                })),
                Err(error) => warn!("what an earlier JobManager has left in {folder} stays there: {error}"),
            }
        }
        let mut leftovers = Vec::new();
        for stored in found {
            // Without metadata it was deleted, or never was complete.
            if let Ok(leftover) = self.read(&stored).await {
                leftovers.push(leftover);
            }
        }
        leftovers
    }

    /// For a job that starts from nothing.
    pub fn without_state(config: &Configuration, storages: &Storages) -> Result<Self, CheckpointSetupError> {
        Ok(JobCheckpointing {
            config: CheckpointConfig::from_config(config)?,
            storage: storages.open(config).map_err(CheckpointSetupError::Storage)?,
            next_id: 1,
            kept: Vec::new(),
            leftovers: Vec::new(),
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
        let stored = StoredCheckpoint { folder: path.clone(), owner: settings.owner, foreign: BTreeSet::new() };
        let checkpoint = self.read(&stored).await?;
        adopt_max_parallelism(graph, &checkpoint.metadata);
        assign(&checkpoint.metadata, graph, settings.allow_non_restored_state)?;
        self.next_id = checkpoint.id() + 1;
        self.kept.push(checkpoint);
        Ok(())
    }

    async fn read(&self, stored: &StoredCheckpoint) -> Result<CompletedCheckpoint, CheckpointSetupError> {
        let StoredCheckpoint { folder: path, owner, foreign } = stored.clone();
        let (folder, metadata) = read_metadata(&self.storage, &path)
            .await
            .map_err(|error| CheckpointSetupError::Unreadable { path, error })?;
        Ok(CompletedCheckpoint { metadata: Arc::new(metadata), folder, owner, foreign })
    }
}
