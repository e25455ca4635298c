//! `KeyedStateContext`: what a keyed operator of one subtask is given for its state.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use dataflow::checkpoint::KeyedStateHandle;
use dataflow::snapshot::StateReader;

use super::managed_memory::ManagedMemory;
use super::suffixes::Suffixes;
use super::ttl::StateTtl;

/// Where state is (`state.backend.type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StateBackend {
    /// All of it in memory.
    #[default]
    HashMap,
    /// In RocksDB, what is hot in memory too.
    RocksDb,
}

impl FromStr for StateBackend {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "hashmap" => Ok(Self::HashMap),
            "rocksdb" => Ok(Self::RocksDb),
            other => Err(format!("there is no state backend '{other}'; 'state.backend.type' is hashmap or rocksdb")),
        }
    }
}

/// What state is opened with.
#[derive(Clone)]
pub struct KeyedStateContext {
    /// Where state is.
    pub backend: StateBackend,
    /// Whether checkpoints of `rocksdb` refer to files of earlier ones (`execution.checkpointing.incremental`).
    pub incremental: bool,
    /// The operator's number of key groups.
    pub max_parallelism: u32,
    /// Those of the subtask.
    pub key_groups: RangeInclusive<u32>,
    /// A folder of this operator and attempt alone, on a local disk; made when it is needed and removed with the
    /// state.
    pub directory: PathBuf,
    /// The memory for it.
    pub memory: Arc<ManagedMemory>,
    /// What it starts from.
    pub restored: Vec<KeyedStateHandle>,
    /// Reads what it starts from; absent only when there is nothing.
    pub reader: Option<Arc<dyn StateReader>>,
    /// Which entries expire, and when.
    pub ttl: Option<StateTtl>,
    /// Which entries have a suffix.
    pub suffixes: Suffixes,
}

impl Default for KeyedStateContext {
    /// Empty state in memory, of a task that has all of 128 key groups.
    fn default() -> Self {
        Self {
            backend: StateBackend::HashMap,
            incremental: false,
            max_parallelism: 128,
            key_groups: 0..=127,
            directory: PathBuf::new(),
            memory: ManagedMemory::new(None),
            restored: Vec::new(),
            reader: None,
            ttl: None,
            suffixes: Suffixes::None,
        }
    }
}
