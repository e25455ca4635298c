//! Restoring keyed state: handles of key groups that need not be the subtask's, into memory or into a database.
//!
//! | handles | `hashmap` | `rocksdb` |
//! |---|---|---|
//! | canonical | entries of our key groups are read | the same, written as files of a new database |
//! | one incremental, of exactly our key groups | refused | its files become the database; the next checkpoint refers to them |
//! | incremental ones | refused | each is opened, and the entries of our key groups are copied |

use std::ops::RangeInclusive;
use std::path::Path;

use dataflow::Failure;
use dataflow::checkpoint::KeyedStateHandle;
use dataflow::snapshot::StateReader;

use super::canonical::CanonicalFile;
use super::context::KeyedStateContext;
use super::entry_key::{LoadBytes, end_of, write_prefix};
use super::rocks::{BulkWriter, RocksStore, database_path, local_failure, scan_files};
use super::uploads::Uploads;

/// Reads all entries of our key groups.
pub(super) fn into_memory(context: &KeyedStateContext, load: &mut LoadBytes<'_>) -> Result<(), Failure> {
    for handle in &context.restored {
        let KeyedStateHandle::Canonical { key_groups, file, offsets } = handle else {
            return Err(Failure::user(
                "a checkpoint that was taken with the state backend 'rocksdb' cannot be restored with 'hashmap'; \
                 take a canonical savepoint, which any state backend can restore, or set 'state.backend.type: rocksdb'",
            )
            .fatal());
        };
        let file = CanonicalFile { reader: reader(context)?, file, key_groups, offsets };
        file.read(&context.key_groups, load)?;
    }
    Ok(())
}

/// Opens a database with the entries of our key groups; also says which of its files are durable.
pub(super) fn into_database(context: &KeyedStateContext) -> Result<(RocksStore, Uploads), Failure> {
    if let [handle @ KeyedStateHandle::Incremental { key_groups, shared, .. }] = context.restored.as_slice()
        && *key_groups == context.key_groups
    {
        fetch(reader(context)?, handle, &database_path(&context.directory))?;
        let store = RocksStore::open(context)?;
        return Ok((store, Uploads::restored(shared.clone())));
    }
    let store = RocksStore::create(context)?;
    for (number, handle) in context.restored.iter().enumerate() {
        let mut writer = BulkWriter::new(&store);
        match handle {
            KeyedStateHandle::Canonical { key_groups, file, offsets } => {
                let file = CanonicalFile { reader: reader(context)?, file, key_groups, offsets };
                file.read(&context.key_groups, &mut |key, value| writer.put(key, value))?;
            }
            KeyedStateHandle::Incremental { key_groups, .. } => {
                let Some((from, to)) = overlap(key_groups, &context.key_groups) else { continue };
                let copy = context.directory.join(format!("restored-{number}"));
                fetch(reader(context)?, handle, &copy)?;
                scan_files(&copy, &from, to.as_deref(), &mut |key, value| writer.put(key, value))?;
                std::fs::remove_dir_all(&copy).map_err(|error| local_failure(&copy, error))?;
            }
        }
        writer.finish()?;
    }
    Ok((store, Uploads::default()))
}

/// The bounds of the entries of key groups that are in both ranges.
fn overlap(theirs: &RangeInclusive<u32>, ours: &RangeInclusive<u32>) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let (first, last) = (*theirs.start().max(ours.start()), *theirs.end().min(ours.end()));
    if first > last {
        return None;
    }
    let (mut from, mut behind) = (Vec::new(), Vec::new());
    write_prefix(first, 0, None, &mut from);
    behind.extend_from_slice(&(last as u16).to_be_bytes());
    Some((from, end_of(&behind)))
}

/// Copies the files of a database into a new folder.
fn fetch(reader: &dyn StateReader, handle: &KeyedStateHandle, to: &Path) -> Result<(), Failure> {
    let KeyedStateHandle::Incremental { shared, private, .. } = handle else {
        unreachable!("only handles of databases have files of databases")
    };
    std::fs::create_dir_all(to).map_err(|error| local_failure(to, error))?;
    for (name, file) in shared.iter().chain(private) {
        reader.fetch(file, &to.join(name))?;
    }
    Ok(())
}

fn reader(context: &KeyedStateContext) -> Result<&dyn StateReader, Failure> {
    let reader = context.reader.as_deref();
    reader.ok_or_else(|| Failure::internal("keyed state is to be restored and nobody can read it").fatal())
}
