//! Small batches and ids for the tests of this crate.

use std::collections::HashMap;
use std::io::{Cursor, Read, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Int64Array, RecordBatch};
use dataflow::checkpoint::StateFile;
use dataflow::snapshot::{StateFileWriter, StateScope};
use dataflow::{
    Batch, ExecutionAttemptId, Failure, Field, JobId, PartitionId, RowType, StateReader, StateStorage, TypeKind,
    VertexId,
};

/// One BIGINT column `n`.
pub(crate) fn number_type() -> RowType {
    RowType::new(vec![Field::new("n", TypeKind::BigInt.nullable())])
}

/// Rows of [`number_type`].
pub(crate) fn numbers(range: Range<i64>) -> Batch {
    let column = Int64Array::from_iter_values(range);
    Batch::inserts(RecordBatch::try_new(number_type().arrow_schema(), vec![Arc::new(column)]).unwrap())
}

/// The values of the first column, a BIGINT without NULLs.
pub(crate) fn values(batch: &Batch) -> Vec<i64> {
    batch.column(0).as_primitive::<Int64Type>().values().to_vec()
}

/// An attempt of a vertex with this number, always of the same job.
pub(crate) fn attempt(vertex: u128, subtask: u32) -> ExecutionAttemptId {
    ExecutionAttemptId { job: JobId(1), vertex: VertexId(vertex), subtask, attempt: 0 }
}

/// The first output of an attempt.
pub(crate) fn partition(vertex: u128, subtask: u32) -> PartitionId {
    PartitionId { producer: attempt(vertex, subtask), output: 0 }
}

/// Durable files in memory; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemoryStorage(Arc<Mutex<HashMap<String, Vec<u8>>>>);

impl MemoryStorage {
    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// Numbers files, so that none is named as one that was deleted.
static NEXT_FILE: AtomicU64 = AtomicU64::new(0);

struct MemoryFile {
    storage: MemoryStorage,
    content: Vec<u8>,
}

impl StateStorage for MemoryStorage {
    fn store_file(&self, _scope: StateScope, _file: &Path) -> Result<StateFile, Failure> {
        Err(Failure::internal("no files of the disk here"))
    }

    fn create(&self, _scope: StateScope) -> Result<Box<dyn StateFileWriter>, Failure> {
        Ok(Box::new(MemoryFile { storage: self.clone(), content: Vec::new() }))
    }

    fn discard(&self, file: &StateFile) {
        self.0.lock().unwrap().remove(&file.location);
    }
}

impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.content.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl StateFileWriter for MemoryFile {
    fn finish(self: Box<Self>) -> Result<StateFile, Failure> {
        let mut files = self.storage.0.lock().unwrap();
        let location = format!("memory-{}", NEXT_FILE.fetch_add(1, Ordering::Relaxed));
        let file = StateFile { location: location.clone(), bytes: self.content.len() as u64, checksum: 0 };
        files.insert(location, self.content);
        Ok(file)
    }
}

impl StateReader for MemoryStorage {
    fn fetch(&self, _file: &StateFile, _to: &Path) -> Result<(), Failure> {
        Err(Failure::internal("no files of the disk here"))
    }

    fn read(&self, file: &StateFile, offset: u64, length: u64) -> Result<Box<dyn Read + Send>, Failure> {
        let files = self.0.lock().unwrap();
        let content = files.get(&file.location).ok_or_else(|| Failure::internal("there is no such file"))?;
        Ok(Box::new(Cursor::new(content[offset as usize..(offset + length) as usize].to_vec())))
    }
}
