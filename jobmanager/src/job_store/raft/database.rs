//! The RocksDB database below the job store: one for the log and the state machine, so that one write-ahead log orders them.

use std::path::Path;
use std::sync::Arc;

use rocksdb::{ColumnFamily, DB, DBCompressionType, Options, WriteBatch, WriteOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Log entries by index (big endian).
pub(super) const LOG: &str = "log";
/// Vote, purged log id, last applied log id, membership, snapshot.
pub(super) const META: &str = "meta";
/// Jobs by id.
pub(super) const JOBS: &str = "jobs";
/// What is known of the checkpoints of each job, by its id.
pub(super) const CHECKPOINTS: &str = "checkpoints";
/// Jobs that have ended, by the index of the entry that said so.
pub(super) const ENDED: &str = "ended";

/// Catalogs by name.
pub(super) const CATALOGS: &str = "catalogs";

/// A handle; clones are the same database.
#[derive(Debug, Clone)]
pub(super) struct Database(Arc<DB>);

impl Database {
    /// Opens or creates it. The store is small: buffers are kept so.
    pub(super) fn open(dir: &Path) -> Result<Self, rocksdb::Error> {
        let mut options = Options::default();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        options.set_compression_type(DBCompressionType::Lz4);
        options.set_write_buffer_size(4 << 20);
        options.set_max_open_files(64);
        options.set_keep_log_file_num(2);
        Ok(Self(Arc::new(DB::open_cf(&options, dir, [LOG, META, JOBS, CHECKPOINTS, CATALOGS, ENDED])?)))
    }

    pub(super) fn family(&self, name: &'static str) -> &ColumnFamily {
        self.0.cf_handle(name).expect("all column families are created when the database is opened")
    }

    /// A value that was written as JSON.
    pub(super) fn get<T: DeserializeOwned>(
        &self,
        family: &'static str,
        key: &[u8],
    ) -> Result<Option<T>, DatabaseError> {
        match self.0.get_pinned_cf(self.family(family), key)? {
            Some(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            None => Ok(None),
        }
    }

    /// Values of a family from `start` on (none: from the first) in the order of their keys, until `take` says no.
    pub(super) fn scan(
        &self,
        family: &'static str,
        start: &[u8],
        mut take: impl FnMut(&[u8], &[u8]) -> Result<bool, DatabaseError>,
    ) -> Result<(), DatabaseError> {
        let from = rocksdb::IteratorMode::From(start, rocksdb::Direction::Forward);
        for entry in self.0.iterator_cf(self.family(family), from) {
            let (key, value) = entry?;
            if !take(&key, &value)? {
                break;
            }
        }
        Ok(())
    }

    /// The last value of a family.
    pub(super) fn last<T: DeserializeOwned>(&self, family: &'static str) -> Result<Option<T>, DatabaseError> {
        match self.0.iterator_cf(self.family(family), rocksdb::IteratorMode::End).next() {
            Some(entry) => Ok(Some(serde_json::from_slice(&entry?.1)?)),
            None => Ok(None),
        }
    }

    /// Adds a value as JSON to a batch of writes.
    pub(super) fn put<T: Serialize>(
        &self,
        batch: &mut WriteBatch,
        family: &'static str,
        key: &[u8],
        value: &T,
    ) -> Result<(), DatabaseError> {
        batch.put_cf(self.family(family), key, serde_json::to_vec(value)?);
        Ok(())
    }

    /// Writes all of a batch or nothing; when this returns it is on disk.
    pub(super) fn write(&self, batch: WriteBatch) -> Result<(), DatabaseError> {
        let mut options = WriteOptions::default();
        options.set_sync(true);
        Ok(self.0.write_opt(batch, &options)?)
    }
}

/// A failure of the database or of what was found in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum DatabaseError {
    #[error(transparent)]
    RocksDb(#[from] rocksdb::Error),
    #[error(
        "a newer release has written it, with version {0} of its format; this one reads version {1}: use that release"
    )]
    Newer(u32, u32),
    #[error("an entry cannot be read or written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}
