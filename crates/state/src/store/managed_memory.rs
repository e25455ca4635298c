//! `ManagedMemory`: `taskmanager.memory.managed.size`, shared by all state on disk of a process.
//!
//! | share | for |
//! |---|---|
//! | 1/2 | tables of operators in memory, the same for each keyed operator of each subtask |
//! | 1/4 | RocksDB's blocks, memtables included |
//! | 1/4 | room for what is being written back, and for filters |
//!
//! Only `rocksdb` keeps to it: `hashmap` has all state in memory, as in Flink.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rocksdb::{Cache, WriteBufferManager};

/// The memory for state when nothing is configured, bytes: what Flink's default configuration amounts to.
pub const DEFAULT_MANAGED_MEMORY: u64 = 512 << 20;
/// RocksDB is of no use with less.
const LEAST_CACHE: u64 = 4 << 20;

/// The memory for state on disk; one for all tasks of a process.
pub struct ManagedMemory {
    bytes: u64,
    stores: AtomicU64,
    cache: Cache,
    write_buffers: WriteBufferManager,
}

impl ManagedMemory {
    /// This many bytes; `None` and 0 are 512 MB.
    pub fn new(bytes: Option<u64>) -> Arc<Self> {
        let bytes = bytes.filter(|bytes| *bytes > 0).unwrap_or(DEFAULT_MANAGED_MEMORY);
        let cache_bytes = (bytes / 4).max(LEAST_CACHE) as usize;
        let cache = Cache::new_lru_cache(cache_bytes);
        let write_buffers =
            WriteBufferManager::new_write_buffer_manager_with_cache(cache_bytes / 2, false, cache.clone());
        Arc::new(Self { bytes, stores: AtomicU64::new(0), cache, write_buffers })
    }

    /// What one store's tables may take, bytes.
    pub(crate) fn share(&self) -> u64 {
        self.bytes / 2 / self.stores.load(Ordering::Relaxed).max(1)
    }

    pub(super) fn cache(&self) -> &Cache {
        &self.cache
    }

    pub(super) fn write_buffers(&self) -> &WriteBufferManager {
        &self.write_buffers
    }

    /// One more store takes its share until what is returned is dropped.
    pub(super) fn join(self: &Arc<Self>) -> Membership {
        self.stores.fetch_add(1, Ordering::Relaxed);
        Membership(self.clone())
    }
}

impl std::fmt::Debug for ManagedMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ManagedMemory").field("bytes", &self.bytes).field("stores", &self.stores).finish()
    }
}

/// A store that has its share.
#[derive(Debug)]
pub(super) struct Membership(Arc<ManagedMemory>);

impl Membership {
    pub(super) fn memory(&self) -> &Arc<ManagedMemory> {
        &self.0
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.0.stores.fetch_sub(1, Ordering::Relaxed);
    }
}
