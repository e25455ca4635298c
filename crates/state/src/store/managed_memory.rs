//! `ManagedMemory`: `taskmanager.memory.managed.size`, shared by all state on disk of a process.
//!
//! | share | for |
//! |---|---|
//! | 1/2 | tables of operators in memory |
//! | 1/4 | RocksDB's blocks, memtables included |
//! | 1/4 | room for what is being written back, and for filters |
//!
//! A keyed operator of a subtask may take what the tables of the others leave, and an equal share in any case. One that has taken more gives it back
//! with its next batch, so that there is more than a half for as long as it has none; never more than twice as much.
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
    /// What all tables take.
    used: AtomicU64,
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
        Arc::new(Self { bytes, stores: AtomicU64::new(0), used: AtomicU64::new(0), cache, write_buffers })
    }

    /// What tables and RocksDB's cache, memtables included, take now, bytes.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed) + self.cache.get_usage() as u64
    }

    /// What all tables may take, bytes.
    fn room(&self) -> u64 {
        self.bytes / 2
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
        Membership { memory: self.clone(), used: AtomicU64::new(0) }
    }
}

impl std::fmt::Debug for ManagedMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ManagedMemory").field("bytes", &self.bytes).field("stores", &self.stores).finish()
    }
}

/// A store that has its share.
#[derive(Debug)]
pub(super) struct Membership {
    memory: Arc<ManagedMemory>,
    /// What its tables take.
    used: AtomicU64,
}

impl Membership {
    /// What its tables may take in any case, bytes.
    pub(super) fn equal_share(&self) -> u64 {
        self.memory.room() / self.memory.stores.load(Ordering::Relaxed).max(1)
    }

    /// What its tables, which take `used` bytes, may take.
    pub(super) fn share(&self, used: u64) -> u64 {
        let before = self.used.swap(used, Ordering::Relaxed);
        self.memory.used.fetch_add(used.wrapping_sub(before), Ordering::Relaxed);
        let others = self.memory.used.load(Ordering::Relaxed).saturating_sub(used);
        self.memory.room().saturating_sub(others).max(self.equal_share())
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.used.load(Ordering::Relaxed), Ordering::Relaxed);
        self.memory.stores.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_may_take_what_others_leave_and_its_equal_share_in_any_case() {
        let memory = ManagedMemory::new(Some(800));
        let (first, second) = (memory.join(), memory.join());
        assert_eq!((first.share(100), second.share(0)), (400, 300));
        assert_eq!((first.share(400), second.share(0)), (400, 200), "the half of it is for the second");
        assert_eq!((second.share(150), first.share(400)), (200, 250), "what the second takes the first gives back");
        assert_eq!((first.share(250), second.share(150)), (250, 200));
        drop(first);
        assert_eq!(second.share(150), 400);
    }
}
