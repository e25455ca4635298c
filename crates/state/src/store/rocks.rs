//! `RocksStore`: entries in a RocksDB database of their own.
//!
//! There is no log: what counts is in checkpoints. Many entries are written sorted, as a file that is ingested, so that the file of a barrier is
//! its increment. Filters and indices stay in memory: with a small cache for them random reads would be unusably slow.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use dataflow::Failure;
use rocksdb::checkpoint::Checkpoint;
use rocksdb::compaction_filter::Decision;
use rocksdb::{
    BlockBasedOptions, DB, DBCompactionStyle, DBCompressionType, IngestExternalFileOptions, LogLevel, Options,
    ReadOptions, SstFileWriter, WriteBatch, WriteOptions,
};

use super::context::KeyedStateContext;
use super::entries::Entries;
use super::entry_key::LoadBytes;
use super::suffixes::Suffixes;

const COLUMN_FAMILY: &str = "default";
/// Bits a key in filters: one lookup in a hundred of a key that is not there reads a block.
const FILTER_BITS: f64 = 10.0;
/// Fewer entries than this are not worth a file of their own.
const FEW_ENTRIES: usize = 4_096;
/// Threads that compact and flush, of all databases of the process together.
const BACKGROUND_JOBS: i32 = 2;
/// Files whose keys overlap, at most, before some are merged. A lookup asks the filter of each.
const SORTED_RUNS: i32 = 10;
/// A file that is restored has about this many bytes.
const FILE_BYTES: usize = 64 << 20;

/// An open database.
pub(super) struct RocksStore {
    db: DB,
    options: Options,
    directory: PathBuf,
    files_written: AtomicU64,
    suffixes: Suffixes,
}

impl RocksStore {
    /// Makes a new database in `directory/db`.
    pub(super) fn create(context: &KeyedStateContext) -> Result<Self, Failure> {
        let path = database_path(&context.directory);
        std::fs::create_dir_all(&path).map_err(|error| local_failure(&path, error))?;
        let mut options = options(context);
        options.create_if_missing(true);
        options.set_error_if_exists(true);
        Self::open_with(context, options)
    }

    /// Opens the database whose files are in `directory/db`; fails when they are none.
    pub(super) fn open(context: &KeyedStateContext) -> Result<Self, Failure> {
        Self::open_with(context, options(context))
    }

    fn open_with(context: &KeyedStateContext, options: Options) -> Result<Self, Failure> {
        let directory = &context.directory;
        let path = database_path(directory);
        let db = DB::open_cf_with_opts(&options, &path, [(COLUMN_FAMILY, options.clone())])
            .map_err(|error| local_failure(&path, error))?;
        let files_written = AtomicU64::new(0);
        Ok(Self { db, options, directory: directory.clone(), files_written, suffixes: context.suffixes })
    }

    /// Writes entries that are sorted.
    pub(super) fn write(&self, entries: &Entries) -> Result<(), Failure> {
        match entries.len() {
            0 => Ok(()),
            1..FEW_ENTRIES => self.write_few(entries),
            _ => self.write_file(entries),
        }
    }

    fn write_few(&self, entries: &Entries) -> Result<(), Failure> {
        let mut batch = WriteBatch::default();
        for (key, value) in entries.iter() {
            match value {
                Some(value) => batch.put(key, value),
                None => batch.delete(key),
            }
        }
        self.write_batch(batch)
    }

    fn write_batch(&self, batch: WriteBatch) -> Result<(), Failure> {
        let mut options = WriteOptions::default();
        options.disable_wal(true);
        self.db.write_opt(batch, &options).map_err(|error| self.failure(error))
    }

    fn write_file(&self, entries: &Entries) -> Result<(), Failure> {
        let path = self.next_file();
        let mut writer = SstFileWriter::create(&self.options);
        writer.open(&path).map_err(|error| self.failure(error))?;
        for (key, value) in entries.iter() {
            match value {
                Some(value) => writer.put(key, value),
                None => writer.delete(key),
            }
            .map_err(|error| self.failure(error))?;
        }
        writer.finish().map_err(|error| self.failure(error))?;
        self.ingest(&path)
    }

    fn next_file(&self) -> PathBuf {
        let number = self.files_written.fetch_add(1, Ordering::Relaxed);
        self.directory.join(format!("write-{number}.sst"))
    }

    fn ingest(&self, path: &Path) -> Result<(), Failure> {
        let mut options = IngestExternalFileOptions::default();
        options.set_move_files(true);
        self.db.ingest_external_file_opts(&options, vec![path]).map_err(|error| self.failure(error))?;
        // It has been linked into the database.
        std::fs::remove_file(path).or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(local_failure(path, error)),
        })
    }

    /// Calls `found` with the number and the value of those of `keys`, which are sorted, that are there.
    pub(super) fn get<'a>(
        &self,
        keys: impl Iterator<Item = &'a [u8]>,
        mut found: impl FnMut(usize, &[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let family = self.db.cf_handle(COLUMN_FAMILY).expect("the database was opened with it");
        for (index, value) in self.db.batched_multi_get_cf(&family, keys, true).into_iter().enumerate() {
            if let Some(value) = value.map_err(|error| self.failure(error))? {
                found(index, &value)?;
            }
        }
        Ok(())
    }

    /// Calls `load` with the entries from `from` on and before `to`, in order, until it answers false.
    pub(super) fn scan(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
        mut load: impl FnMut(&[u8], &[u8]) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let mut options = ReadOptions::default();
        options.set_total_order_seek(true);
        if let Some(to) = to {
            options.set_iterate_upper_bound(to);
        }
        let mut entries = self.db.raw_iterator_opt(options);
        entries.seek(from);
        while let Some((key, value)) = entries.item() {
            if !load(key, value)? {
                return Ok(());
            }
            entries.next();
        }
        entries.status().map_err(|error| self.failure(error))
    }

    /// Calls `load` with the number of each of `prefixes`, which are sorted, and the entries that begin with it. Each is what the
    /// entries of one key begin with.
    pub(super) fn scan_prefixes<'a>(
        &self,
        prefixes: impl Iterator<Item = &'a [u8]>,
        mut load: impl FnMut(usize, &[u8], &[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut entries = self.db.raw_iterator();
        let mut first = Vec::new();
        for (number, prefix) in prefixes.enumerate() {
            first.clear();
            first.extend_from_slice(prefix);
            self.suffixes.write_first(&mut first);
            entries.seek(&first);
            while let Some((key, value)) = entries.item().filter(|(key, _)| key.starts_with(prefix)) {
                load(number, key, value)?;
                entries.next();
            }
            entries.status().map_err(|error| self.failure(error))?;
        }
        Ok(())
    }

    /// Deletes the entries of these ranges.
    pub(super) fn delete_ranges(&self, ranges: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Failure> {
        let mut batch = WriteBatch::default();
        for (from, to) in ranges {
            batch.delete_range(from, to);
        }
        self.write_batch(batch)
    }

    /// Makes a copy of the database as it is, of links, in a new folder.
    pub(super) fn checkpoint(&self, to: &Path) -> Result<(), Failure> {
        Checkpoint::new(&self.db)
            .and_then(|checkpoint| checkpoint.create_checkpoint(to))
            .map_err(|error| self.failure(error))
    }

    fn failure(&self, error: rocksdb::Error) -> Failure {
        local_failure(&self.directory, error)
    }
}

/// Writes a long run of sorted entries into a database.
pub(super) struct BulkWriter<'a> {
    store: &'a RocksStore,
    entries: Entries,
}

impl<'a> BulkWriter<'a> {
    pub(super) fn new(store: &'a RocksStore) -> Self {
        Self { store, entries: Entries::default() }
    }

    pub(super) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), Failure> {
        self.entries.put(|out| out.extend_from_slice(key), |out| out.extend_from_slice(value));
        if self.entries.bytes() >= FILE_BYTES { self.flush() } else { Ok(()) }
    }

    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.flush()
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.entries.sort();
        self.store.write(&self.entries)?;
        self.entries = Entries::default();
        Ok(())
    }
}

/// Calls `load` with entries of a database that is not written to.
pub(super) fn scan_files(
    directory: &Path,
    from: &[u8],
    to: Option<&[u8]>,
    load: &mut LoadBytes<'_>,
) -> Result<(), Failure> {
    let mut options = Options::default();
    options.set_log_level(LogLevel::Error);
    let db = DB::open_for_read_only(&options, directory, false).map_err(|error| local_failure(directory, error))?;
    let mut reading = ReadOptions::default();
    reading.fill_cache(false);
    if let Some(to) = to {
        reading.set_iterate_upper_bound(to);
    }
    let mut entries = db.raw_iterator_opt(reading);
    entries.seek(from);
    while let Some((key, value)) = entries.item() {
        load(key, value)?;
        entries.next();
    }
    entries.status().map_err(|error| local_failure(directory, error))
}

/// Where the database of a store is.
pub(super) fn database_path(directory: &Path) -> PathBuf {
    directory.join("db")
}

/// Something local went wrong: a full disk, mostly.
pub(super) fn local_failure(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::external(format!("keyed state in '{}' cannot be read or written", path.display())).caused_by(error)
}

fn options(context: &KeyedStateContext) -> Options {
    let KeyedStateContext { memory, ttl, suffixes, .. } = context;
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(memory.cache());
    table.set_bloom_filter(FILTER_BITS, false);
    table.set_cache_index_and_filter_blocks(false);
    table.set_format_version(5);
    let mut options = Options::default();
    if let Some(filtered) = suffixes.filtered() {
        options.set_prefix_extractor(filtered);
        table.set_whole_key_filtering(false);
    }
    options.set_block_based_table_factory(&table);
    options.set_compression_type(DBCompressionType::Lz4);
    // Files of barriers spread over all keys. By levels each few of them would rewrite the whole database, which the next checkpoint would store
    // again; this way files are merged with others of their size, many at once: what is rarely read need not be in few files.
    options.set_compaction_style(DBCompactionStyle::Universal);
    options.set_level_zero_file_num_compaction_trigger(SORTED_RUNS);
    options.set_max_background_jobs(BACKGROUND_JOBS);
    options.set_write_buffer_manager(memory.write_buffers());
    options.set_write_buffer_size(8 << 20);
    options.set_max_open_files(-1);
    options.set_log_level(LogLevel::Warn);
    options.set_keep_log_file_num(1);
    options.set_use_fsync(false);
    if let Some(ttl) = ttl.clone() {
        options.set_compaction_filter("ttl", move |_level, key, value| {
            if ttl.is_expired(key, value, ttl.now()) { Decision::Remove } else { Decision::Keep }
        });
    }
    options
}
