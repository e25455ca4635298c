//! The Raft log and vote in RocksDB. Every write is on disk when it is acknowledged; writes are small and rare, so they are not moved to another thread.

use std::fmt::Debug;
use std::ops::{Bound, RangeBounds};

use openraft::storage::{LogFlushed, RaftLogStorage};
use openraft::{
    AnyError, Entry, LogId, LogState, OptionalSend, RaftLogId, RaftLogReader, StorageError, StorageIOError, Vote,
};
use rocksdb::WriteBatch;

use super::command::{NodeId, StoreTypes};
use super::database::{Database, DatabaseError, LOG, META};

const VOTE: &[u8] = b"vote";
const PURGED: &[u8] = b"purged";

/// The log; clones are the same log.
#[derive(Debug, Clone)]
pub(super) struct LogStore {
    database: Database,
}

impl LogStore {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Removes the entries in a range of indices and whatever `also` adds, at once.
    fn remove(&self, from: u64, to: Option<u64>, mut also: WriteBatch) -> Result<(), DatabaseError> {
        self.database.scan(LOG, &from.to_be_bytes(), |key, _| {
            let within = to.is_none_or(|to| key <= to.to_be_bytes().as_slice());
            if within {
                also.delete_cf(self.database.family(LOG), key);
            }
            Ok(within)
        })?;
        self.database.write(also)
    }
}

impl RaftLogReader<StoreTypes> for LogStore {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + OptionalSend>(
        &mut self,
        range: RB,
    ) -> Result<Vec<Entry<StoreTypes>>, StorageError<NodeId>> {
        let start = match range.start_bound() {
            Bound::Included(index) => *index,
            Bound::Excluded(index) => index + 1,
            Bound::Unbounded => 0,
        };
        let mut entries = Vec::new();
        self.database
            .scan(LOG, &start.to_be_bytes(), |_, value| {
                let entry: Entry<StoreTypes> = serde_json::from_slice(value)?;
                let within = range.contains(&entry.log_id.index);
                if within {
                    entries.push(entry);
                }
                Ok(within)
            })
            .map_err(reading)?;
        Ok(entries)
    }
}

impl RaftLogStorage<StoreTypes> for LogStore {
    type LogReader = LogStore;

    async fn get_log_state(&mut self) -> Result<LogState<StoreTypes>, StorageError<NodeId>> {
        let last: Option<Entry<StoreTypes>> = self.database.last(LOG).map_err(reading)?;
        let last_purged_log_id: Option<LogId<NodeId>> = self.database.get(META, PURGED).map_err(reading)?;
        let last_log_id = last.map(|entry| *entry.get_log_id()).or(last_purged_log_id);
        Ok(LogState { last_purged_log_id, last_log_id })
    }

    async fn get_log_reader(&mut self) -> Self::LogReader {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote<NodeId>) -> Result<(), StorageError<NodeId>> {
        let mut batch = WriteBatch::default();
        self.database.put(&mut batch, META, VOTE, vote).and_then(|()| self.database.write(batch)).map_err(writing)
    }

    async fn read_vote(&mut self) -> Result<Option<Vote<NodeId>>, StorageError<NodeId>> {
        self.database.get(META, VOTE).map_err(reading)
    }

    async fn append<I>(&mut self, entries: I, callback: LogFlushed<StoreTypes>) -> Result<(), StorageError<NodeId>>
    where
        I: IntoIterator<Item = Entry<StoreTypes>> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let mut batch = WriteBatch::default();
        for entry in entries {
            self.database.put(&mut batch, LOG, &entry.log_id.index.to_be_bytes(), &entry).map_err(writing)?;
        }
        self.database.write(batch).map_err(writing)?;
        callback.log_io_completed(Ok(()));
        Ok(())
    }

    async fn truncate(&mut self, log_id: LogId<NodeId>) -> Result<(), StorageError<NodeId>> {
        self.remove(log_id.index, None, WriteBatch::default()).map_err(writing)
    }

    async fn purge(&mut self, log_id: LogId<NodeId>) -> Result<(), StorageError<NodeId>> {
        let mut batch = WriteBatch::default();
        self.database.put(&mut batch, META, PURGED, &log_id).map_err(writing)?;
        self.remove(0, Some(log_id.index), batch).map_err(writing)
    }
}

fn reading(error: DatabaseError) -> StorageError<NodeId> {
    StorageIOError::read_logs(AnyError::new(&error)).into()
}

fn writing(error: DatabaseError) -> StorageError<NodeId> {
    StorageIOError::write_logs(AnyError::new(&error)).into()
}
