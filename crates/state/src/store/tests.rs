//! The store against a map: random writes, snapshots, restores at any parallelism, with both backends.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use dataflow::Failure;
use dataflow::checkpoint::{
    AfterSavepoint, Alignment, CheckpointBarrier, CheckpointLocation, CheckpointOptions, KeyedStateHandle,
    SavepointFormat, SnapshotKind, StateFile,
};
use dataflow::key_group::{key_group_range, subtask_of_key_group};
use dataflow::snapshot::{StateFileWriter, StateReader, StateScope, StateStorage};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const MAX_PARALLELISM: u32 = 8;

/// A folder as durable storage.
pub(crate) struct Folder {
    directory: TempDir,
    files: AtomicU64,
    /// Names of the local files that were stored.
    stored: Mutex<Vec<String>>,
}

impl Folder {
    pub(crate) fn new() -> Arc<Self> {
        let directory = tempfile::tempdir().unwrap();
        Arc::new(Self { directory, files: AtomicU64::new(0), stored: Mutex::default() })
    }

    fn next(&self) -> PathBuf {
        self.directory.path().join(self.files.fetch_add(1, Ordering::Relaxed).to_string())
    }

    fn take_stored_tables(&self) -> Vec<String> {
        let mut stored = std::mem::take(&mut *self.stored.lock().unwrap());
        stored.retain(|name| name.ends_with(".sst"));
        stored
    }
}

fn state_file(path: &Path) -> StateFile {
    let bytes = path.metadata().unwrap().len();
    StateFile { location: path.display().to_string(), bytes, checksum: 0 }
}

impl StateStorage for Folder {
    fn store_file(&self, _scope: StateScope, file: &Path) -> Result<StateFile, Failure> {
        let to = self.next();
        std::fs::copy(file, &to).unwrap();
        self.stored.lock().unwrap().push(file.file_name().unwrap().to_string_lossy().into_owned());
        Ok(state_file(&to))
    }

    fn create(&self, _scope: StateScope) -> Result<Box<dyn StateFileWriter>, Failure> {
        let path = self.next();
        Ok(Box::new(FolderWriter { file: File::create(&path).unwrap(), path }))
    }

    fn discard(&self, file: &StateFile) {
        std::fs::remove_file(&file.location).unwrap();
    }
}

struct FolderWriter {
    file: File,
    path: PathBuf,
}

impl Write for FolderWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl StateFileWriter for FolderWriter {
    fn finish(self: Box<Self>) -> Result<StateFile, Failure> {
        Ok(state_file(&self.path))
    }
}

impl StateReader for Folder {
    fn fetch(&self, file: &StateFile, to: &Path) -> Result<(), Failure> {
        std::fs::copy(&file.location, to).unwrap();
        Ok(())
    }

    fn read(&self, file: &StateFile, offset: u64, length: u64) -> Result<Box<dyn Read + Send>, Failure> {
        let mut opened = File::open(&file.location).unwrap();
        opened.seek(SeekFrom::Start(offset)).unwrap();
        Ok(Box::new(opened.take(length)))
    }
}

pub(crate) fn barrier(checkpoint_id: u64, kind: SnapshotKind) -> CheckpointBarrier {
    let location = CheckpointLocation { exclusive: String::new(), shared: None };
    let options = CheckpointOptions { kind, alignment: Alignment::Aligned { timeout_ms: None }, location };
    CheckpointBarrier { checkpoint_id, timestamp: 0, options }
}

pub(crate) const SAVEPOINT: SnapshotKind =
    SnapshotKind::Savepoint { after: AfterSavepoint::Continue, format: SavepointFormat::Canonical };
const NATIVE: SnapshotKind =
    SnapshotKind::Savepoint { after: AfterSavepoint::Continue, format: SavepointFormat::Native };

/// The entry of a small number: some are in a namespace.
fn address(key: &[u8; 16]) -> Address<'_> {
    match key[0] % 4 {
        0 => Address::in_namespace(1, i64::from(key[0] % 3) - 1, key),
        1 => Address::of_row(2, key, u64::from(key[0])),
        _ => Address::of_key(0, key),
    }
}

fn entry(number: u8) -> Vec<u8> {
    let mut out = Vec::new();
    EntryKeys::new(MAX_PARALLELISM, 0..=MAX_PARALLELISM - 1).write(&address(&[number; 16]), &mut out);
    out
}

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

/// The subtasks of one operator: a store each, and what an operator over `hashmap` would have in memory.
struct Subtasks {
    backend: StateBackend,
    stores: Vec<KeyedStore>,
    memory: Vec<Model>,
    _directory: TempDir,
}

impl Subtasks {
    fn open(backend: StateBackend, parallelism: u32, handles: &[KeyedStateHandle], folder: &Arc<Folder>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (mut stores, mut memory) = (Vec::new(), Vec::new());
        for subtask in 0..parallelism {
            let key_groups = key_group_range(subtask, MAX_PARALLELISM, parallelism);
            let overlaps = |range: &std::ops::RangeInclusive<u32>| {
                range.start() <= key_groups.end() && key_groups.start() <= range.end()
            };
            let mut store = KeyedStore::open(KeyedStateContext {
                backend,
                incremental: true,
                max_parallelism: MAX_PARALLELISM,
                directory: directory.path().join(subtask.to_string()),
                restored: handles.iter().filter(|handle| overlaps(handle.key_groups())).cloned().collect(),
                reader: Some(folder.clone()),
                key_groups: key_groups.clone(),
                ..Default::default()
            })
            .unwrap();
            let mut loaded = Model::new();
            store
                .take_restored(&mut |entry, value| {
                    let mut key = Vec::new();
                    write_prefix(entry.key_group, entry.state, None, &mut key);
                    key.extend_from_slice(entry.rest);
                    loaded.insert(key, value.to_vec());
                    Ok(())
                })
                .unwrap();
            stores.push(store);
            memory.push(loaded);
        }
        Self { backend, stores, memory, _directory: directory }
    }

    fn owner(&self, entry: &[u8]) -> usize {
        let group = u32::from(u16::from_be_bytes([entry[0], entry[1]]));
        subtask_of_key_group(group, MAX_PARALLELISM, self.stores.len() as u32) as usize
    }

    /// Writes entries; some stay with the snapshot that follows.
    fn write(&mut self, changes: &[(u8, Option<u8>)]) {
        let mut entries: Vec<Entries> = self.stores.iter().map(|_| Entries::default()).collect();
        for (number, value) in changes {
            let key = entry(*number);
            let owner = self.owner(&key);
            match value {
                Some(value) => {
                    entries[owner].put(|out| out.extend_from_slice(&key), |out| out.push(*value));
                    self.memory[owner].insert(key, vec![*value]);
                }
                None => {
                    entries[owner].delete(|out| out.extend_from_slice(&key));
                    self.memory[owner].remove(&key);
                }
            }
        }
        if self.backend == StateBackend::RocksDb {
            for (store, mut entries) in self.stores.iter_mut().zip(entries) {
                store.write(&mut entries).unwrap();
                assert!(entries.is_empty());
            }
        }
    }

    fn delete_namespace(&mut self, namespace: i64) {
        for (store, memory) in self.stores.iter().zip(&mut self.memory) {
            store.delete_namespace(1, namespace).unwrap();
            for group in 0..MAX_PARALLELISM {
                let mut prefix = Vec::new();
                write_prefix(group, 1, Some(namespace), &mut prefix);
                memory.retain(|key, _| !key.starts_with(&prefix));
            }
        }
    }

    fn snapshot(&mut self, barrier: &CheckpointBarrier, folder: &Folder) -> Vec<KeyedStateHandle> {
        let all = |memory: &Model| {
            let mut entries = Entries::default();
            for (key, value) in memory {
                entries.put(|out| out.extend_from_slice(key), |out| out.extend_from_slice(value));
            }
            entries
        };
        let snapshots: Vec<_> = self
            .stores
            .iter_mut()
            .zip(&self.memory)
            .map(|(store, memory)| {
                let mut entries = if store.is_on_disk() { Entries::default() } else { all(memory) };
                store.snapshot(barrier, &mut entries).unwrap()
            })
            .collect();
        snapshots.into_iter().map(|snapshot| snapshot.store(folder).unwrap()).collect()
    }

    fn content(&self) -> Model {
        if self.backend == StateBackend::HashMap {
            return self.memory.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
        }
        let mut found = Model::new();
        for store in &self.stores {
            for group in store.keys().key_groups().clone() {
                store
                    .scan(&(group as u16).to_be_bytes(), &mut |entry, value| {
                        let mut key = Vec::new();
                        write_prefix(entry.key_group, entry.state, None, &mut key);
                        key.extend_from_slice(entry.rest);
                        found.insert(key, value.to_vec());
                        Ok(())
                    })
                    .unwrap();
            }
        }
        found
    }

    fn check(&self, model: &Model) {
        assert_eq!(&self.content(), model);
        if self.backend == StateBackend::HashMap {
            return;
        }
        let mut namespaces: Vec<i64> =
            model.keys().map(|key| parse(key)).filter(|key| key.state == 1).map(|key| key.namespaced().0).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        let mut found: Vec<i64> = self.stores.iter().flat_map(|store| store.namespaces(1).unwrap()).collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, namespaces);
        let mut keys: Vec<Vec<u8>> = (0..NUMBERS).map(entry).collect();
        keys.sort();
        let mut read = Model::new();
        for store in &self.stores {
            store
                .get(keys.iter().map(Vec::as_slice), true, |index, value| {
                    read.insert(keys[index].clone(), value.to_vec());
                    Ok(())
                })
                .unwrap();
        }
        assert_eq!(&read, model);
    }
}

fn parse(key: &[u8]) -> EntryKey<'_> {
    super::entry_key::parse(key)
}

const NUMBERS: u8 = 24;

#[derive(Debug, Clone)]
enum Action {
    Write(Vec<(u8, Option<u8>)>),
    DeleteNamespace(i64),
    Snapshot {
        kind: SnapshotKind,
        completes: bool,
    },
    /// From the last completed snapshot, with another backend where it has a savepoint.
    Restore {
        parallelism: u32,
        switch: bool,
    },
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let change = (0..NUMBERS, prop::option::weighted(0.7, any::<u8>()));
    let kind =
        prop_oneof![Just(SnapshotKind::Checkpoint), Just(SnapshotKind::FullCheckpoint), Just(SAVEPOINT), Just(NATIVE)];
    let action = prop_oneof![
        4 => prop::collection::vec(change, 1..12).prop_map(Action::Write),
        1 => (-1i64..2).prop_map(Action::DeleteNamespace),
        3 => (kind, prop::bool::weighted(0.8)).prop_map(|(kind, completes)| Action::Snapshot { kind, completes }),
        2 => (1..=MAX_PARALLELISM, any::<bool>()).prop_map(|(parallelism, switch)| Action::Restore { parallelism: parallelism.min(4), switch }),
    ];
    prop::collection::vec(action, 1..14)
}

#[test]
fn files_that_are_no_database_do_not_become_an_empty_one() {
    let folder = Folder::new();
    let directory = tempfile::tempdir().unwrap();
    let nothing = KeyedStateHandle::Incremental {
        backend_id: "b".into(),
        key_groups: 0..=MAX_PARALLELISM - 1,
        shared: BTreeMap::new(),
        private: BTreeMap::new(),
        new_bytes: 0,
    };
    let context = KeyedStateContext {
        backend: StateBackend::RocksDb,
        max_parallelism: MAX_PARALLELISM,
        key_groups: 0..=MAX_PARALLELISM - 1,
        directory: directory.path().join("state"),
        restored: vec![nothing],
        reader: Some(folder.clone()),
        ..Default::default()
    };
    assert!(KeyedStore::open(context).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn what_is_restored_is_what_was_there(on_disk in any::<bool>(), actions in actions()) {
        let folder = Folder::new();
        let backend = if on_disk { StateBackend::RocksDb } else { StateBackend::HashMap };
        let mut subtasks = Subtasks::open(backend, 2, &[], &folder);
        let mut model = Model::new();
        let mut last: (Vec<KeyedStateHandle>, Model) = Default::default();
        for (id, action) in (1..).zip(actions) {
            match action {
                Action::Write(changes) => {
                    subtasks.write(&changes);
                    for (number, value) in changes {
                        match value {
                            Some(value) => model.insert(entry(number), vec![value]),
                            None => model.remove(&entry(number)),
                        };
                    }
                }
                Action::DeleteNamespace(namespace) => {
                    subtasks.delete_namespace(namespace);
                    model.retain(|key, _| parse(key).state != 1 || parse(key).namespaced().0 != namespace);
                }
                Action::Snapshot { kind, completes } => {
                    let handles = subtasks.snapshot(&barrier(id, kind), &folder);
                    for store in &mut subtasks.stores {
                        if completes { store.checkpoint_completed(id) } else { store.checkpoint_aborted(id) }
                    }
                    if completes {
                        last = (handles, model.clone());
                    }
                }
                Action::Restore { parallelism, switch } => {
                    let canonical = last.0.iter().all(|handle| matches!(handle, KeyedStateHandle::Canonical { .. }));
                    let backend = match subtasks.backend {
                        StateBackend::HashMap if switch && canonical => StateBackend::RocksDb,
                        StateBackend::RocksDb if switch && canonical => StateBackend::HashMap,
                        same => same,
                    };
                    // What was restored must not need the store that it is from.
                    drop(std::mem::replace(&mut subtasks, Subtasks::open(backend, parallelism, &last.0, &folder)));
                    model = last.1.clone();
                }
            }
            subtasks.check(&model);
        }
    }
}

fn incremental(handles: &[KeyedStateHandle]) -> (&BTreeMap<String, StateFile>, u64) {
    match handles {
        [KeyedStateHandle::Incremental { shared, new_bytes, .. }] => (shared, *new_bytes),
        other => panic!("one handle of a database, not {other:?}"),
    }
}

#[test]
fn a_file_is_stored_once() {
    let folder = Folder::new();
    let mut subtasks = Subtasks::open(StateBackend::RocksDb, 1, &[], &folder);
    let snapshot = |subtasks: &mut Subtasks, id, kind| {
        let handles = subtasks.snapshot(&barrier(id, kind), &folder);
        (handles, folder.take_stored_tables())
    };
    subtasks.write(&[(1, Some(1)), (2, Some(2))]);
    let (first, stored) = snapshot(&mut subtasks, 1, SnapshotKind::Checkpoint);
    assert_eq!(stored.len(), 1);
    subtasks.write(&[(3, Some(3))]);
    let (_, stored) = snapshot(&mut subtasks, 2, SnapshotKind::Checkpoint);
    assert_eq!(stored.len(), 2, "the first checkpoint is not known to be complete");
    subtasks.stores[0].checkpoint_aborted(2);
    subtasks.stores[0].checkpoint_completed(1);
    let (third, stored) = snapshot(&mut subtasks, 3, SnapshotKind::Checkpoint);
    assert_eq!(stored.len(), 1, "the file of the first is durable, that of the aborted one is not");
    subtasks.stores[0].checkpoint_completed(3);
    let (known, new) = (incremental(&first).0, incremental(&third).0);
    assert!(known.iter().all(|(name, file)| new[name] == *file));
    let (_, stored) = snapshot(&mut subtasks, 4, SAVEPOINT);
    assert!(stored.is_empty(), "a savepoint is one file of its own");
    let (native, stored) = snapshot(&mut subtasks, 4, NATIVE);
    assert_eq!((stored.len(), incremental(&native).0.len()), (2, 0), "a native one has all files for itself");
    let (_, stored) = snapshot(&mut subtasks, 5, SnapshotKind::FullCheckpoint);
    assert_eq!(stored.len(), 2, "a full checkpoint stores all");

    let mut restored = Subtasks::open(StateBackend::RocksDb, 1, &third, &folder);
    let (fourth, stored) = snapshot(&mut restored, 6, SnapshotKind::Checkpoint);
    assert!(stored.is_empty(), "what it was restored from is durable");
    assert_eq!(incremental(&fourth).0, new);
}

#[test]
fn what_is_damaged_is_named() {
    let folder = Folder::new();
    let mut subtasks = Subtasks::open(StateBackend::HashMap, 1, &[], &folder);
    subtasks.write(&(0..NUMBERS).map(|number| (number, Some(number))).collect::<Vec<_>>());
    let handles = subtasks.snapshot(&barrier(1, SnapshotKind::Checkpoint), &folder);
    let KeyedStateHandle::Canonical { file, .. } = &handles[0] else { panic!("hashmap writes the canonical format") };
    let content = std::fs::read(&file.location).unwrap();
    let open = |bytes: &[u8]| {
        std::fs::write(&file.location, bytes).unwrap();
        let context = KeyedStateContext {
            max_parallelism: MAX_PARALLELISM,
            key_groups: 0..=MAX_PARALLELISM - 1,
            restored: handles.clone(),
            reader: Some(folder.clone()),
            ..Default::default()
        };
        KeyedStore::open(context).unwrap().take_restored(&mut |_, _| Ok(()))
    };
    open(&content).unwrap();
    for position in [0, 9, 12, 16, 30, content.len() - 1] {
        let mut damaged = content.clone();
        damaged[position] ^= 0xff;
        let failure = open(&damaged).expect_err("one byte is wrong");
        assert!(failure.one_line().contains(&file.location), "byte {position}: {}", failure.one_line());
    }
    let failure = open(&content[..content.len() - 3]).expect_err("the end is missing");
    assert!(failure.one_line().contains(&file.location), "{}", failure.one_line());
}

#[test]
fn checkpoints_of_rocksdb_are_not_for_hashmap() {
    let folder = Folder::new();
    let mut subtasks = Subtasks::open(StateBackend::RocksDb, 1, &[], &folder);
    let restored = subtasks.snapshot(&barrier(1, SnapshotKind::Checkpoint), &folder);
    let context = KeyedStateContext { restored, reader: Some(folder), ..Default::default() };
    let failure = KeyedStore::open(context).unwrap().take_restored(&mut |_, _| Ok(())).expect_err("another format");
    assert!(failure.message.contains("take a canonical savepoint"), "{}", failure.message);
}

#[test]
fn keys_of_other_subtasks_are_refused() {
    let mut store = KeyedStore::open(KeyedStateContext { key_groups: 0..=0, ..Default::default() }).unwrap();
    let mut entries = Entries::default();
    (0..NUMBERS).for_each(|number| entries.put(|out| store.keys().write(&address(&[number; 16]), out), |_| ()));
    assert!(store.snapshot(&barrier(1, SnapshotKind::Checkpoint), &mut entries).is_err());
}

/// What a store has of the numbers 0, 1, 2, and so on.
fn values(store: &KeyedStore) -> Vec<Option<u8>> {
    let mut found = vec![None; 4];
    for (number, found) in found.iter_mut().enumerate() {
        let key = entry(number as u8);
        let mut read = |_, value: &[u8]| {
            *found = Some(value[0]);
            Ok(())
        };
        store.get([key.as_slice()].into_iter(), true, &mut read).unwrap();
    }
    found
}

#[test]
fn a_barrier_divides_what_is_written() {
    let (folder, directory) = (Folder::new(), tempfile::tempdir().unwrap());
    let open = |name: &str, restored| {
        let context = KeyedStateContext {
            backend: StateBackend::RocksDb,
            max_parallelism: MAX_PARALLELISM,
            key_groups: 0..=MAX_PARALLELISM - 1,
            directory: directory.path().join(name),
            restored,
            reader: Some(folder.clone()),
            ..Default::default()
        };
        KeyedStore::open(context).unwrap()
    };
    let entries = |changes: &[(u8, u8)]| {
        let mut entries = Entries::default();
        for (number, value) in changes {
            entries.put(|out| out.extend_from_slice(&entry(*number)), |out| out.push(*value));
        }
        entries
    };
    let mut store = open("first", Vec::new());
    store.write(&mut entries(&[(0, 10)])).unwrap();
    let snapshot = store.snapshot(&barrier(1, SnapshotKind::Checkpoint), &mut entries(&[(1, 11), (2, 12)])).unwrap();
    store.write(&mut entries(&[(2, 22), (3, 23)])).unwrap();
    let handle = snapshot.store(&*folder).unwrap();
    assert_eq!(values(&store), [Some(10), Some(11), Some(22), Some(23)]);
    assert_eq!(
        values(&open("second", vec![handle])),
        [Some(10), Some(11), Some(12), None],
        "written before the barrier"
    );
    drop(store.snapshot(&barrier(2, SnapshotKind::Checkpoint), &mut entries(&[(0, 30)])).unwrap());
    assert_eq!(values(&store), [Some(30), Some(11), Some(22), Some(23)], "of a checkpoint that nobody stored");
    let snapshot = store.snapshot(&barrier(3, SAVEPOINT), &mut entries(&[(1, 41)])).unwrap();
    let handle = snapshot.store(&*folder).unwrap();
    drop(store);
    assert_eq!(values(&open("third", vec![handle])), [Some(30), Some(41), Some(22), Some(23)]);
}
