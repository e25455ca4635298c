//! `RecordingStorage`: a storage that knows what was stored in it, so that all of it can be taken back when nobody will ever refer to it.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use dataflow::checkpoint::StateFile;
use dataflow::snapshot::{StateFileWriter, StateScope};
use dataflow::{Failure, StateStorage};

type Stored = Arc<Mutex<Vec<StateFile>>>;

/// The storage of one snapshot.
pub(super) struct RecordingStorage {
    storage: Box<dyn StateStorage>,
    stored: Stored,
}

impl RecordingStorage {
    pub(super) fn new(storage: Box<dyn StateStorage>) -> Self {
        Self { storage, stored: Stored::default() }
    }

    /// Deletes what was stored.
    pub(super) fn discard(self) {
        for file in self.stored.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            self.storage.discard(&file);
        }
    }
}

impl StateStorage for RecordingStorage {
    fn store_file(&self, scope: StateScope, file: &Path) -> Result<StateFile, Failure> {
        let stored = self.storage.store_file(scope, file)?;
        record(&self.stored, &stored);
        Ok(stored)
    }

    fn create(&self, scope: StateScope) -> Result<Box<dyn StateFileWriter>, Failure> {
        Ok(Box::new(RecordedFile { file: self.storage.create(scope)?, stored: self.stored.clone() }))
    }

    fn discard(&self, file: &StateFile) {
        self.storage.discard(file);
    }
}

/// A file that is recorded when it exists.
struct RecordedFile {
    file: Box<dyn StateFileWriter>,
    stored: Stored,
}

impl Write for RecordedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl StateFileWriter for RecordedFile {
    fn finish(self: Box<Self>) -> Result<StateFile, Failure> {
        let Self { file, stored } = *self;
        let file = file.finish()?;
        record(&stored, &file);
        Ok(file)
    }
}

fn record(stored: &Stored, file: &StateFile) {
    stored.lock().unwrap_or_else(PoisonError::into_inner).push(file.clone());
}
