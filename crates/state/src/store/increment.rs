//! `Increment`: what was written before a barrier and is not in the database yet, on its way into it; and the copy of the database with it.
//!
//! ```text
//!   barrier -> Collected --write--> Copied --take--> Taken
//! ```
//! Sorting and writing takes much longer than collecting, so that the asynchronous part of the snapshot does it, beside the rows that follow. The
//! store must not be read or written before: whoever needs it first writes the increment, or waits for who does.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use dataflow::Failure;

use super::entries::Entries;
use super::rocks::RocksStore;
use super::snapshots::{DatabaseCopy, WorkingDirectory, lock};

/// The entries of one barrier.
pub(super) struct Increment {
    step: Mutex<Step>,
    /// Where the copy comes.
    path: PathBuf,
    store: Arc<RocksStore>,
    /// Last, so that it goes after the database in it.
    directory: Arc<WorkingDirectory>,
}

enum Step {
    Collected(Entries),
    Copied(DatabaseCopy),
    Taken,
}

impl Increment {
    pub(super) fn new(
        entries: Entries,
        path: PathBuf,
        store: Arc<RocksStore>,
        directory: Arc<WorkingDirectory>,
    ) -> Self {
        Self { step: Mutex::new(Step::Collected(entries)), path, store, directory }
    }

    /// Sets its entries, before it is written.
    pub(super) fn fill(&self, filled: Entries) {
        if let Step::Collected(entries) = &mut *lock(&self.step) {
            *entries = filled;
        }
    }

    /// Writes it unless that is done, and copies the database before anything else is written. If it fails, nothing is lost.
    pub(super) fn write(&self) -> Result<(), Failure> {
        let mut step = lock(&self.step);
        if let Step::Collected(entries) = &mut *step {
            entries.sort();
            self.store.write(entries)?;
            *entries = Entries::default();
            self.store.checkpoint(&self.path)?;
            *step = Step::Copied(DatabaseCopy { path: self.path.clone(), _directory: self.directory.clone() });
        }
        Ok(())
    }

    /// Whether it is in the database.
    pub(super) fn is_written(&self) -> bool {
        // Whoever holds the lock is writing it.
        self.step.try_lock().is_ok_and(|step| !matches!(*step, Step::Collected(_)))
    }

    /// The copy of the database with it, once.
    pub(super) fn take_copy(&self) -> Result<DatabaseCopy, Failure> {
        self.write()?;
        match std::mem::replace(&mut *lock(&self.step), Step::Taken) {
            Step::Copied(copy) => Ok(copy),
            Step::Collected(_) | Step::Taken => {
                Err(Failure::internal("the copy of a database was taken twice").fatal())
            }
        }
    }
}
