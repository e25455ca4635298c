//! The settings of a TaskExecutor, read from the TaskManager's configuration.

use checkpoint::Storage;
use common::clock::Clock;
use common::config::{ConfigError, Configuration, options};
use dataflow::Failure;

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
            clock: Clock::System,
        })
    }
}
