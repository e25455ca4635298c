//! `KeyedStore`: the state of one keyed operator of one subtask.
//!
//! With `hashmap` it holds nothing: all entries are with the operator, which gives them to each snapshot. With `rocksdb` it holds what was written
//! to it, and a snapshot is what is in it.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use dataflow::checkpoint::{CheckpointBarrier, SavepointFormat, SnapshotKind};
use dataflow::{Failure, KeyedSnapshot};

use super::context::{KeyedStateContext, StateBackend};
use super::entries::Entries;
use super::entry_key::{Address, EntryKeys, LoadEntry, LoadNumbered, LoadSome, end_of, parse, write_prefix};
use super::increment::Increment;
use super::managed_memory::Membership;
use super::restore;
use super::rocks::RocksStore;
use super::snapshots::{IncrementalSnapshot, MemorySnapshot, SavepointSnapshot, WorkingDirectory, lock};
use super::ttl::StateTtl;
use super::uploads::Uploads;

/// State of an operator.
pub struct KeyedStore {
    keys: EntryKeys,
    ttl: Option<StateTtl>,
    tables: Tables,
}

enum Tables {
    /// What was restored and has not been handed to the operator.
    Memory(Box<KeyedStateContext>),
    RocksDb(Box<Database>),
}

struct Database {
    store: Arc<RocksStore>,
    /// Of the last barrier, until it is written.
    increment: Mutex<Option<Arc<Increment>>>,
    backend_id: String,
    incremental: bool,
    uploads: Arc<Mutex<Uploads>>,
    membership: Membership,
    copies: u64,
    /// Whether the increment is still to be filled: it is not written before, and nothing else is.
    collecting: bool,
    /// Last, so that it goes after the database in it.
    directory: Arc<WorkingDirectory>,
}

impl KeyedStore {
    /// Opens it with what was restored. Blocks: files are fetched here.
    pub fn open(context: KeyedStateContext) -> Result<Self, Failure> {
        let keys = EntryKeys::new(context.max_parallelism, context.key_groups.clone());
        let ttl = context.ttl.clone();
        let tables = match context.backend {
            StateBackend::HashMap => Tables::Memory(Box::new(context)),
            StateBackend::RocksDb => {
                let directory = Arc::new(WorkingDirectory(context.directory.clone()));
                let (store, uploads) = restore::into_database(&context)?;
                Tables::RocksDb(Box::new(Database {
                    store: Arc::new(store),
                    increment: Mutex::default(),
                    backend_id: new_backend_id(),
                    membership: context.memory.join(),
                    incremental: context.incremental,
                    uploads: Arc::new(Mutex::new(uploads)),
                    copies: 0,
                    collecting: false,
                    directory,
                }))
            }
        };
        Ok(Self { keys, ttl, tables })
    }

    /// How entry keys are written.
    pub fn keys(&self) -> &EntryKeys {
        &self.keys
    }

    /// Whether entries can be written to it and read back: not with `hashmap`, whose entries are with the operator.
    pub fn is_on_disk(&self) -> bool {
        matches!(self.tables, Tables::RocksDb(_))
    }

    /// Bytes that the operator's tables, which take `used`, may take; none when there is no bound.
    pub fn memory_share(&self, used: usize) -> Option<u64> {
        match &self.tables {
            Tables::Memory(_) => None,
            Tables::RocksDb(database) => Some(database.membership.share(used as u64)),
        }
    }

    /// Bytes that the operator's tables may take in any case; none when there is no bound.
    pub(crate) fn equal_share(&self) -> Option<u64> {
        match &self.tables {
            Tables::Memory(_) => None,
            Tables::RocksDb(database) => Some(database.membership.equal_share()),
        }
    }

    /// Whether entries of the last barrier are still to be written.
    pub(crate) fn is_writing(&self) -> bool {
        match &self.tables {
            Tables::Memory(_) => false,
            Tables::RocksDb(database) => lock(&database.increment).as_ref().is_some_and(|last| !last.is_written()),
        }
    }

    /// Hands what was restored to the operator, once; with `rocksdb` nothing: entries are read when they are needed.
    pub fn take_restored(&mut self, load: &mut LoadEntry<'_>) -> Result<(), Failure> {
        let now = self.now();
        match &mut self.tables {
            Tables::Memory(context) => {
                restore::into_memory(context, &mut |entry, value| {
                    if is_live(&self.ttl, entry, value, now) { load(parse(entry), value) } else { Ok(()) }
                })?;
                context.restored.clear();
                Ok(())
            }
            Tables::RocksDb(_) => Ok(()),
        }
    }

    /// Writes entries and takes them; if it fails, they are still there. Only for stores on disk.
    pub fn write(&mut self, entries: &mut Entries) -> Result<(), Failure> {
        entries.sort();
        self.check(entries)?;
        self.written()?.write(entries)?;
        *entries = Entries::default();
        Ok(())
    }

    /// Calls `found` with the index and the value of those entry keys that are there. The keys are sorted. `wait`: also those of the last barrier that
    /// are not written yet.
    pub fn get<'a>(
        &self,
        keys: impl Iterator<Item = &'a [u8]> + Clone,
        wait: bool,
        mut found: impl FnMut(usize, &[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let now = self.now();
        if !self.is_on_disk() {
            return Ok(());
        }
        // Only needed where something expires.
        let entries: Vec<&[u8]> = if self.ttl.is_some() { keys.clone().collect() } else { Vec::new() };
        self.readable(wait)?.get(keys, |index, value| {
            let live = entries.get(index).is_none_or(|entry| is_live(&self.ttl, entry, value, now));
            if live { found(index, value) } else { Ok(()) }
        })
    }

    /// Calls `load` with the entries whose keys begin with `prefix`, in order.
    pub fn scan(&self, prefix: &[u8], load: &mut LoadEntry<'_>) -> Result<(), Failure> {
        self.scan_range(prefix, end_of(prefix).as_deref(), &mut |key, value| load(key, value).map(|()| true))
    }

    /// Calls `load` with the number of each of `prefixes`, which are sorted, and the entries whose keys begin with it, in order. `wait`: as for
    /// [`get`](Self::get).
    pub fn scan_prefixes<'a>(
        &self,
        prefixes: impl Iterator<Item = &'a [u8]>,
        wait: bool,
        load: &mut LoadNumbered<'_>,
    ) -> Result<(), Failure> {
        let now = self.now();
        if !self.is_on_disk() {
            return Ok(());
        }
        self.readable(wait)?.scan_prefixes(prefixes, |number, key, value| {
            if is_live(&self.ttl, key, value, now) { load(number, parse(key), value) } else { Ok(()) }
        })
    }

    /// Calls `load` with the entries of a state of a key group, in order, until it answers false.
    pub fn scan_some(&self, key_group: u32, state: u8, load: &mut LoadSome<'_>) -> Result<(), Failure> {
        let mut prefix = Vec::new();
        write_prefix(key_group, state, None, &mut prefix);
        let end = end_of(&prefix);
        self.scan_range(&prefix, end.as_deref(), load)
    }

    /// The same with those in these namespaces, and only those that are behind an entry.
    pub fn scan_namespaces(
        &self,
        key_group: u32,
        state: u8,
        namespaces: RangeInclusive<i64>,
        behind: Option<&Address<'_>>,
        load: &mut LoadSome<'_>,
    ) -> Result<(), Failure> {
        let (mut from, mut to) = (Vec::new(), Vec::new());
        match behind {
            Some(address) => {
                self.keys.write(address, &mut from);
                from.push(0);
            }
            None => write_prefix(key_group, state, Some(*namespaces.start()), &mut from),
        }
        write_prefix(key_group, state, Some(*namespaces.end()), &mut to);
        self.scan_range(&from, end_of(&to).as_deref(), load)
    }

    fn scan_range(&self, from: &[u8], to: Option<&[u8]>, load: &mut LoadSome<'_>) -> Result<(), Failure> {
        let now = self.now();
        if !self.is_on_disk() {
            return Ok(());
        }
        self.readable(true)?.scan(from, to, |key, value| {
            if is_live(&self.ttl, key, value, now) { load(parse(key), value) } else { Ok(true) }
        })
    }

    /// The namespaces in which a state has entries, in order of time.
    pub fn namespaces(&self, state: u8) -> Result<Vec<i64>, Failure> {
        if !self.is_on_disk() {
            return Ok(Vec::new());
        }
        let store = self.readable(true)?;
        let mut found = std::collections::BTreeSet::new();
        for group in self.keys.key_groups().clone() {
            let mut from = Vec::new();
            write_prefix(group, state, None, &mut from);
            let end = end_of(&from);
            loop {
                let mut next = None;
                store.scan(&from, end.as_deref(), |key, _| {
                    next = Some(parse(key).namespaced().0);
                    Ok(false)
                })?;
                let Some(namespace) = next else { break };
                found.insert(namespace);
                from.clear();
                match namespace.checked_add(1) {
                    Some(behind) => write_prefix(group, state, Some(behind), &mut from),
                    None => break,
                }
            }
        }
        Ok(found.into_iter().collect())
    }

    /// Deletes all entries of a namespace.
    pub fn delete_namespace(&self, state: u8, namespace: i64) -> Result<(), Failure> {
        if !self.is_on_disk() {
            return Ok(());
        }
        let range = |group| {
            let mut from = Vec::new();
            write_prefix(group, state, Some(namespace), &mut from);
            let to = end_of(&from).unwrap_or_else(|| vec![u8::MAX; from.len() + 1]);
            (from, to)
        };
        self.written()?.delete_ranges(&self.keys.key_groups().clone().map(range).collect::<Vec<_>>())
    }

    /// The state as it is now. `entries`: with `hashmap` all there are, else what has not been written yet; they are taken, unless it fails.
    pub fn snapshot(
        &mut self,
        barrier: &CheckpointBarrier,
        entries: &mut Entries,
    ) -> Result<Box<dyn KeyedSnapshot>, Failure> {
        let key_groups = self.keys.key_groups().clone();
        self.check(entries)?;
        if !self.is_on_disk() {
            return Ok(Box::new(MemorySnapshot { entries: std::mem::take(entries), key_groups }));
        }
        self.written()?;
        Ok(self.snapshot_with(barrier, std::mem::take(entries)))
    }

    /// The state as it is now, with `entries`, which are written, and with those that [`end_snapshot`](Self::end_snapshot) will be given. In between
    /// nothing is written. Only for stores on disk.
    pub(crate) fn begin_snapshot(
        &mut self,
        barrier: &CheckpointBarrier,
        entries: &mut Entries,
    ) -> Result<Box<dyn KeyedSnapshot>, Failure> {
        self.write(entries)?;
        let snapshot = self.snapshot_with(barrier, Entries::default());
        self.database_mut().collecting = true;
        Ok(snapshot)
    }

    /// Gives the last snapshot what it lacks.
    pub(crate) fn end_snapshot(&mut self, entries: Entries) -> Result<(), Failure> {
        self.check(&entries)?;
        let database = self.database_mut();
        if let Some(increment) = &*lock(&database.increment) {
            increment.fill(entries);
        }
        database.collecting = false;
        Ok(())
    }

    fn snapshot_with(&mut self, barrier: &CheckpointBarrier, entries: Entries) -> Box<dyn KeyedSnapshot> {
        let key_groups = self.keys.key_groups().clone();
        let database = self.database_mut();
        let increment = database.begin_increment(entries);
        let is_self_contained = match barrier.options.kind {
            SnapshotKind::Savepoint { format: SavepointFormat::Canonical, .. } => {
                return Box::new(SavepointSnapshot { increment, key_groups });
            }
            SnapshotKind::Savepoint { format: SavepointFormat::Native, .. } => true,
            SnapshotKind::Checkpoint | SnapshotKind::FullCheckpoint => !database.incremental,
        };
        Box::new(IncrementalSnapshot {
            increment,
            checkpoint_id: barrier.checkpoint_id,
            backend_id: database.backend_id.clone(),
            key_groups,
            uploads: (!is_self_contained).then(|| database.uploads.clone()),
            anew: barrier.options.kind == SnapshotKind::FullCheckpoint,
        })
    }

    /// A checkpoint is complete.
    pub fn checkpoint_completed(&mut self, checkpoint_id: u64) {
        if let Tables::RocksDb(database) = &self.tables {
            lock(&database.uploads).completed(checkpoint_id);
        }
    }

    /// A checkpoint will never be complete.
    pub fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        if let Tables::RocksDb(database) = &self.tables {
            lock(&database.uploads).aborted(checkpoint_id);
        }
    }

    /// The time, where entries expire.
    fn now(&self) -> i64 {
        self.ttl.as_ref().map_or(0, StateTtl::now)
    }

    fn check(&self, entries: &Entries) -> Result<(), Failure> {
        entries.iter().try_for_each(|(key, _)| self.keys.check(key))
    }

    /// The database, to be read: without waiting for the entries of the last barrier while it lacks some, and where the operator has them in memory.
    fn readable(&self, wait: bool) -> Result<&RocksStore, Failure> {
        match &self.tables {
            Tables::RocksDb(database) if database.collecting || !wait => Ok(&database.store),
            _ => self.written(),
        }
    }

    /// The database with all that was written to it, that of the last barrier included.
    fn written(&self) -> Result<&RocksStore, Failure> {
        match &self.tables {
            Tables::RocksDb(database) if database.collecting => {
                Err(Failure::internal("state is written while a snapshot of it lacks entries").fatal())
            }
            Tables::RocksDb(database) => database.end_increment().map(|()| &*database.store),
            Tables::Memory(_) => unreachable!("state that is in memory is not asked for a database"),
        }
    }

    fn database_mut(&mut self) -> &mut Database {
        match &mut self.tables {
            Tables::RocksDb(database) => database,
            Tables::Memory(_) => unreachable!("state that is in memory is not asked for a database"),
        }
    }
}

impl Database {
    fn begin_increment(&mut self, entries: Entries) -> Arc<Increment> {
        self.copies += 1;
        let path = self.directory.0.join(format!("copy-{}", self.copies));
        let increment = Arc::new(Increment::new(entries, path, self.store.clone(), self.directory.clone()));
        *lock(&self.increment) = Some(increment.clone());
        increment
    }

    fn end_increment(&self) -> Result<(), Failure> {
        let mut last = lock(&self.increment);
        if let Some(increment) = &*last {
            increment.write()?;
            *last = None;
        }
        Ok(())
    }
}

fn is_live(ttl: &Option<StateTtl>, entry: &[u8], value: &[u8], now: i64) -> bool {
    ttl.as_ref().is_none_or(|ttl| !ttl.is_expired(entry, value, now))
}

/// A name that no other database has.
fn new_backend_id() -> String {
    static OPENED: AtomicU64 = AtomicU64::new(0);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    format!("{time:x}-{:x}-{:x}", std::process::id(), OPENED.fetch_add(1, Ordering::Relaxed))
}
