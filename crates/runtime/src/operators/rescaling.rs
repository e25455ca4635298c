//! For tests: an operator as subtasks that get the rows of their keys, and are snapshotted and restored at any parallelism.

use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::task::Waker;

use arrow_array::UInt32Array;
use dataflow::binary_row::{EncodedKeys, KeyEncoder};
use dataflow::checkpoint::{
    AfterSavepoint, Alignment, CheckpointBarrier, CheckpointLocation, CheckpointOptions, KeyedStateHandle,
    OperatorSubtaskState, SavepointFormat, SnapshotKind, StateFile,
};
use dataflow::key_group::{key_group, key_group_range, subtask_of_key_group};
use dataflow::snapshot::{StateFileWriter, StateReader, StateScope, StateStorage};
use dataflow::{Batch, Failure, Operator, Progress, RowType};
use state::{KeyedStateContext, ManagedMemory, StateBackend, Suffixes};
use tempfile::TempDir;

use super::testing::Collected;

const MAX_PARALLELISM: u32 = 16;
/// A watermark behind which nothing waits any more.
const LOST: i64 = 1_000_000;

/// Durable files that are in memory; the location is the number.
#[derive(Default)]
pub(crate) struct Files(Arc<Mutex<Vec<Vec<u8>>>>);

impl Files {
    fn add(files: &Mutex<Vec<Vec<u8>>>, content: Vec<u8>) -> StateFile {
        let mut files = files.lock().unwrap();
        let file = StateFile { location: files.len().to_string(), bytes: content.len() as u64, checksum: 0 };
        files.push(content);
        file
    }

    fn content(&self, file: &StateFile) -> Vec<u8> {
        self.0.lock().unwrap()[file.location.parse::<usize>().unwrap()].clone()
    }
}

impl StateStorage for Files {
    fn store_file(&self, _scope: StateScope, file: &Path) -> Result<StateFile, Failure> {
        Ok(Self::add(&self.0, std::fs::read(file).unwrap()))
    }

    fn create(&self, _scope: StateScope) -> Result<Box<dyn StateFileWriter>, Failure> {
        Ok(Box::new(FileInMemory { files: self.0.clone(), content: Vec::new() }))
    }

    fn discard(&self, _file: &StateFile) {}
}

impl StateReader for Files {
    fn fetch(&self, file: &StateFile, to: &Path) -> Result<(), Failure> {
        std::fs::write(to, self.content(file)).unwrap();
        Ok(())
    }

    fn read(&self, file: &StateFile, offset: u64, length: u64) -> Result<Box<dyn Read + Send>, Failure> {
        Ok(Box::new(Cursor::new(self.content(file)[offset as usize..(offset + length) as usize].to_vec())))
    }
}

struct FileInMemory {
    files: Arc<Mutex<Vec<Vec<u8>>>>,
    content: Vec<u8>,
}

impl Write for FileInMemory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.content.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl StateFileWriter for FileInMemory {
    fn finish(self: Box<Self>) -> Result<StateFile, Failure> {
        Ok(Files::add(&self.files, self.content))
    }
}

/// Makes an operator with this state.
pub(crate) type Make<'a> = &'a dyn Fn(KeyedStateContext, &OperatorSubtaskState) -> Box<dyn Operator>;

/// The subtasks of an operator.
pub(crate) struct Subtasks<'a> {
    make: Make<'a>,
    backend: StateBackend,
    /// Tiny: everything is dropped from memory all the time.
    tiny: bool,
    inputs: Vec<(RowType, Vec<usize>)>,
    output: RowType,
    files: Arc<Files>,
    operators: Vec<Box<dyn Operator>>,
    next_checkpoint: u64,
    directory: TempDir,
}

impl<'a> Subtasks<'a> {
    /// `inputs`: type and key columns of each input.
    pub(crate) fn new(
        make: Make<'a>,
        backend: StateBackend,
        tiny: bool,
        inputs: Vec<(RowType, Vec<usize>)>,
        output: RowType,
    ) -> Self {
        let mut subtasks = Self {
            make,
            backend,
            tiny,
            inputs,
            output,
            files: Arc::default(),
            operators: Vec::new(),
            next_checkpoint: 1,
            directory: tempfile::tempdir().unwrap(),
        };
        subtasks.restore(1, &[]);
        subtasks
    }

    /// Puts subtasks with this state in place of those there are.
    fn restore(&mut self, parallelism: u32, states: &[OperatorSubtaskState]) {
        let memory = ManagedMemory::new(self.tiny.then_some(1));
        self.operators.clear();
        for subtask in 0..parallelism {
            let key_groups = key_group_range(subtask, MAX_PARALLELISM, parallelism);
            let keyed = states.iter().flat_map(|state| &state.keyed).filter(|handle| {
                handle.key_groups().start() <= key_groups.end() && key_groups.start() <= handle.key_groups().end()
            });
            let restored = OperatorSubtaskState {
                keyed: keyed.cloned().collect(),
                items: states.iter().flat_map(|state| state.items.clone()).collect(),
                splits: Vec::new(),
            };
            let context = KeyedStateContext {
                backend: self.backend,
                incremental: true,
                max_parallelism: MAX_PARALLELISM,
                key_groups: key_groups.clone(),
                directory: self.directory.path().join(format!("{}-{subtask}", self.next_checkpoint)),
                memory: memory.clone(),
                restored: restored.keyed.clone(),
                reader: Some(self.files.clone()),
                ttl: None,
                suffixes: Suffixes::None,
            };
            self.operators.push((self.make)(context, &restored));
        }
    }

    /// Takes a snapshot and goes on from it at this parallelism; returns what was emitted before the barrier.
    pub(crate) fn restart(&mut self, kind: SnapshotKind, parallelism: u32) -> Vec<String> {
        let (states, emitted) = self.snapshot(kind, None);
        self.restore(parallelism, &states);
        emitted
    }

    /// The same, but rows and a late watermark still come before the snapshot is stored; they are lost, and have to come again.
    pub(crate) fn fail(&mut self, kind: SnapshotKind, parallelism: u32, input: usize, lost: &Batch) {
        let (states, emitted) = self.snapshot(kind, Some((input, lost)));
        assert!(emitted.is_empty());
        self.restore(parallelism, &states);
    }

    /// Takes a savepoint and goes on from it with another backend.
    pub(crate) fn move_to(&mut self, backend: StateBackend, tiny: bool) {
        let (states, _) = self.snapshot(SAVEPOINT, None);
        (self.backend, self.tiny) = (backend, tiny);
        self.restore(self.operators.len() as u32, &states);
    }

    /// Takes a snapshot and goes on without it; returns how many bytes the files of keyed state have that it consists of.
    pub(crate) fn snapshot_bytes(&mut self, kind: SnapshotKind) -> u64 {
        let bytes = |handle: &KeyedStateHandle| match handle {
            KeyedStateHandle::Canonical { file, .. } => file.bytes,
            KeyedStateHandle::Incremental { shared, .. } => shared.values().map(|file| file.bytes).sum(),
        };
        self.snapshot(kind, None).0.iter().flat_map(|state| &state.keyed).map(bytes).sum()
    }

    fn snapshot(
        &mut self,
        kind: SnapshotKind,
        lost: Option<(usize, &Batch)>,
    ) -> (Vec<OperatorSubtaskState>, Vec<String>) {
        let location = CheckpointLocation { exclusive: String::new(), shared: None };
        let options = CheckpointOptions { kind, alignment: Alignment::Aligned { timeout_ms: None }, location };
        let barrier = CheckpointBarrier { checkpoint_id: self.next_checkpoint, timestamp: 0, options };
        self.next_checkpoint += 1;
        let mut out = Collected::default();
        let mut snapshots = Vec::new();
        for operator in &mut self.operators {
            let stateful = operator.stateful().expect("operators with state are tested");
            stateful.prepare(&barrier, Waker::noop(), &mut out).unwrap();
            snapshots.push(stateful.snapshot(&barrier).unwrap());
        }
        if let Some((input, rows)) = lost {
            self.process(input, rows);
            self.advance(LOST);
        }
        let mut states = Vec::new();
        for (operator, snapshot) in self.operators.iter_mut().zip(snapshots) {
            let stateful = operator.stateful().expect("operators with state are tested");
            while stateful.continue_snapshot().unwrap() == Progress::Pending {}
            let keyed = snapshot.keyed.map(|keyed| keyed.store(&*self.files).unwrap());
            stateful.checkpoint_completed(barrier.checkpoint_id, Waker::noop()).unwrap();
            states.push(OperatorSubtaskState {
                keyed: keyed.into_iter().collect(),
                items: snapshot.items,
                splits: Vec::new(),
            });
        }
        (states, out.take(&self.output))
    }

    /// Gives its rows to each subtask, by key; returns what they emit, one subtask after the other.
    pub(crate) fn process(&mut self, input: usize, batch: &Batch) -> Vec<String> {
        let (row_type, columns) = &self.inputs[input];
        let mut keys = EncodedKeys::default();
        KeyEncoder::new(row_type, columns).unwrap().encode(batch, &mut keys);
        let parallelism = self.operators.len() as u32;
        let owner = |row: usize| {
            let group = key_group(keys.hash_code(row), MAX_PARALLELISM);
            subtask_of_key_group(group, MAX_PARALLELISM, parallelism)
        };
        let mut out = Collected::default();
        for (subtask, operator) in (0..).zip(&mut self.operators) {
            let rows = (0..batch.num_rows()).filter(|&row| owner(row) == subtask).map(|row| row as u32);
            let rows = batch.take(&UInt32Array::from_iter_values(rows)).unwrap();
            operator.process(input, rows, &mut out).unwrap();
        }
        out.take(&self.output)
    }

    /// Makes the subtasks by something else from the next restart on.
    pub(crate) fn become_of(&mut self, make: Make<'a>) {
        self.make = make;
    }

    /// Fires the timers of all subtasks that are due; nothing is to be emitted.
    pub(crate) fn fire_timers(&mut self, now: i64) {
        let mut out = Collected::default();
        for operator in self.operators.iter_mut().filter(|operator| operator.next_timer().is_some_and(|at| at <= now)) {
            operator.on_timer(now, &mut out).unwrap();
        }
        assert!(out.take(&self.output).is_empty());
    }

    /// Moves the watermark of all subtasks on; returns the rows emitted.
    pub(crate) fn advance(&mut self, watermark: i64) -> Vec<String> {
        let mut out = Collected::default();
        self.operators.iter_mut().for_each(|operator| operator.on_watermark(watermark, &mut out).unwrap());
        let lines = out.take(&self.output).into_iter();
        lines.filter(|line| !line.starts_with("watermark")).collect()
    }
}

/// Where state is and how much memory there is for it: everything that a test has to try.
pub(crate) const PLACES: [(StateBackend, bool); 3] =
    [(StateBackend::HashMap, false), (StateBackend::RocksDb, false), (StateBackend::RocksDb, true)];

/// A snapshot for recovery.
pub(crate) const CHECKPOINT: SnapshotKind = SnapshotKind::Checkpoint;
/// A snapshot for people.
pub(crate) const SAVEPOINT: SnapshotKind =
    SnapshotKind::Savepoint { after: AfterSavepoint::Continue, format: SavepointFormat::Canonical };
