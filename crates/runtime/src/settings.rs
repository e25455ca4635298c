//! The settings of a TaskExecutor, read from the TaskManager's configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;

use checkpoint::Storage;
use common::clock::Clock;
use common::config::{ConfigError, Configuration, options};
use dataflow::Failure;
use transport::{Internal, TransportError};

/// How a TaskExecutor runs its tasks.
#[derive(Clone)]
pub struct TaskExecutorSettings {
    /// The TaskManager's `taskmanager.resource-id`: channels from this id are local.
    pub resource_id: String,
    /// Batches that every channel may hold on the consumer's side (`taskmanager.network.memory.buffers-per-channel`).
    pub buffers_per_channel: u32,
    /// Further batches shared by the channels of one task's inputs, given to those with a backlog.
    pub floating_buffers_per_gate: u32,
    /// Where state is stored.
    pub storage: Storage,
    /// A local folder for state that is on disk while a task runs (the first of `io.tmp.dirs`).
    pub tmp_directory: PathBuf,
    /// Where copies of what was stored are kept for the next process of this name; absent where they go with the process.
    pub local_state: Option<PathBuf>,
    /// Bytes of memory for state (`taskmanager.memory.managed.size`).
    pub managed_memory: Option<u64>,
    /// The keys under `state.` and `execution.` of the TaskManager's configuration: they hold where a job says nothing, as in Flink.
    pub job_defaults: BTreeMap<String, String>,
    /// How TaskManagers exchange rows.
    pub internal: Internal,
    /// Time, for timers and deadlines.
    pub clock: Clock,
}

impl TaskExecutorSettings {
    /// The settings that this configuration says, on the system's clock.
    pub fn new(resource_id: impl Into<String>, config: &Configuration) -> Result<Self, Failure> {
        let invalid = |error: ConfigError| Failure::user(error.to_string()).fatal();
        let buffers = config.get(&options::TASKMANAGER_NETWORK_BUFFERS_PER_CHANNEL).map_err(invalid)?;
        Ok(Self {
            resource_id: resource_id.into(),
            buffers_per_channel: buffers.max(1),
            floating_buffers_per_gate: 8,
            storage: Storage::new(config)?,
            tmp_directory: tmp_directory(&config.get(&options::IO_TMP_DIRS).map_err(invalid)?),
            local_state: local_state(config).map_err(invalid)?,
            managed_memory: managed_memory(config).map_err(invalid)?,
            job_defaults: job_defaults(config),
            internal: internal(config).map_err(|error| Failure::user(error.to_string()).fatal())?,
            clock: Clock::System,
        })
    }
}

fn internal(config: &Configuration) -> Result<Internal, TransportError> {
    Internal::from_config(config)?.of_data(config)
}

/// Not `table.` and `pipeline.`: those the client has planned by already, and a task that took others would contradict its plan.
fn job_defaults(config: &Configuration) -> BTreeMap<String, String> {
    let of_jobs = |key: &String| key.starts_with("state.") || key.starts_with("execution.");
    config.to_map().into_iter().filter(|(key, _)| of_jobs(key)).collect()
}

/// The first of the folders: state of one TaskManager is not spread.
fn tmp_directory(list: &str) -> PathBuf {
    list.split([',', ':', ';']).map(str::trim).find(|folder| !folder.is_empty()).unwrap_or("/tmp").into()
}

/// `execution.checkpointing.local-backup.dirs`, else `localState` in the working folder, of TaskManagers that have a name of their own: others do not come again.
fn local_state(config: &Configuration) -> Result<Option<PathBuf>, ConfigError> {
    let Some(name) = config.get(&options::TASKMANAGER_RESOURCE_ID)? else { return Ok(None) };
    let name = format!("tm_{name}");
    if let Some(folders) = config.get(&options::CHECKPOINTING_LOCAL_BACKUP_DIRS)? {
        return Ok(Some(tmp_directory(&folders).join(name)));
    }
    let working = config.get(&options::PROCESS_TASKMANAGER_WORKING_DIR)?;
    Ok(working.map(|folder| PathBuf::from(folder).join(name).join("localState")))
}

/// `taskmanager.memory.managed.size`, or its share of the memory that is configured; bytes. Absent when nothing is configured.
pub fn managed_memory(config: &Configuration) -> Result<Option<u64>, ConfigError> {
    if let Some(size) = config.get(&options::TASKMANAGER_MEMORY_MANAGED_SIZE)? {
        return Ok(Some(size.bytes()));
    }
    let whole = match config.get(&options::TASKMANAGER_MEMORY_FLINK_SIZE)? {
        Some(size) => Some(size),
        None => config.get(&options::TASKMANAGER_MEMORY_PROCESS_SIZE)?,
    };
    let fraction = config.get(&options::TASKMANAGER_MEMORY_MANAGED_FRACTION)?;
    Ok(whole.map(|size| (size.bytes() as f64 * fraction) as u64))
}
