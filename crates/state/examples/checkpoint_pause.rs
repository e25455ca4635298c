//! Measures state on disk: the pauses of a checkpoint when all or 1 % of the keys are dirty, marking, lookups of keys that are cold, and a restore.
//!
//! `cargo run --release -p state --example checkpoint_pause [KEYS]` (10 million keys of 16 bytes with values of 25 bytes by default)

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use dataflow::Failure;
use dataflow::checkpoint::{
    Alignment, CheckpointBarrier, CheckpointLocation, CheckpointOptions, KeyedStateHandle, SnapshotKind, StateFile,
};
use dataflow::snapshot::{StateFileWriter, StateReader, StateScope, StateStorage};
use state::{Address, KeyedStateContext, ManagedMemory, StateBackend, WriteBack, write_value_head};

const BATCH: u32 = 8_192;
/// Slots that are put into a snapshot at a time, as operators do.
const AT_ONCE: usize = 16_384;

/// Files in a folder.
struct Folder {
    directory: PathBuf,
    files: AtomicU64,
}

impl Folder {
    fn next(&self) -> PathBuf {
        self.directory.join(self.files.fetch_add(1, Ordering::Relaxed).to_string())
    }
}

fn stored(path: &Path) -> Result<StateFile, Failure> {
    let bytes = path.metadata().map_err(|error| Failure::external(error.to_string()))?.len();
    Ok(StateFile { location: path.display().to_string(), bytes, checksum: 0 })
}

fn io<T>(result: std::io::Result<T>) -> Result<T, Failure> {
    result.map_err(|error| Failure::external(error.to_string()))
}

impl StateStorage for Folder {
    fn store_file(&self, _scope: StateScope, file: &Path) -> Result<StateFile, Failure> {
        let path = self.next();
        io(std::fs::copy(file, &path))?;
        stored(&path)
    }

    fn create(&self, _scope: StateScope) -> Result<Box<dyn StateFileWriter>, Failure> {
        let path = self.next();
        Ok(Box::new(Writer { file: std::io::BufWriter::new(io(File::create(&path))?), path }))
    }

    fn discard(&self, _file: &StateFile) {}
}

impl StateReader for Folder {
    fn fetch(&self, file: &StateFile, to: &Path) -> Result<(), Failure> {
        io(std::fs::copy(&file.location, to)).map(drop)
    }

    fn read(&self, file: &StateFile, offset: u64, length: u64) -> Result<Box<dyn Read + Send>, Failure> {
        let mut opened = io(File::open(&file.location))?;
        io(opened.seek(SeekFrom::Start(offset)))?;
        Ok(Box::new(opened.take(length)))
    }
}

struct Writer {
    file: std::io::BufWriter<File>,
    path: PathBuf,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl StateFileWriter for Writer {
    fn finish(mut self: Box<Self>) -> Result<StateFile, Failure> {
        io(self.file.flush())?;
        stored(&self.path)
    }
}

fn barrier(checkpoint_id: u64) -> CheckpointBarrier {
    let location = CheckpointLocation { exclusive: String::new(), shared: None };
    let alignment = Alignment::Aligned { timeout_ms: None };
    let options = CheckpointOptions { kind: SnapshotKind::Checkpoint, alignment, location };
    CheckpointBarrier { checkpoint_id, timestamp: 0, options }
}

fn key(slot: u32) -> [u8; 16] {
    let mut key = [0; 16];
    key[8..].copy_from_slice(&u64::from(slot).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    key
}

fn write_value(slot: u32, out: &mut Vec<u8>) {
    write_value_head(None, out);
    (0..3u64).for_each(|part| out.extend_from_slice(&(u64::from(slot) + part).to_le_bytes()));
}

fn checkpoint(
    state: &mut WriteBack,
    keys: &[[u8; 16]],
    id: u64,
    folder: &Folder,
) -> Result<(Pauses, KeyedStateHandle), Failure> {
    let begin = Instant::now();
    let snapshot = state.begin_snapshot(&barrier(id))?;
    let mut pauses = Pauses { barrier: begin.elapsed().as_secs_f64(), longest: 0.0, all: 0.0 };
    while state.owes() {
        let piece = Instant::now();
        let slots = state.owed_slots(AT_ONCE).into_iter();
        state.settle(slots.map(|slot| (slot, Address::of_key(0, &keys[slot as usize]))), write_value)?;
        pauses.longest = pauses.longest.max(piece.elapsed().as_secs_f64());
    }
    pauses.all = begin.elapsed().as_secs_f64();
    let handle = snapshot.store(folder)?;
    state.checkpoint_completed(id);
    Ok((pauses, handle))
}

/// What a checkpoint costs the thread of the task, seconds.
struct Pauses {
    /// At the barrier.
    barrier: f64,
    /// The longest of the pieces between the batches that follow.
    longest: f64,
    /// All of it together.
    all: f64,
}

impl std::fmt::Display for Pauses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [barrier, longest, all] = [self.barrier, self.longest, self.all].map(|seconds| seconds * 1e3);
        write!(f, "pause {barrier:.1} ms at the barrier, then pieces of at most {longest:.1} ms, {all:.0} ms together")
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: u32 = std::env::args().nth(1).map_or(Ok(10_000_000), |text| text.parse())?;
    let directory = std::env::temp_dir().join(format!("checkpoint-pause-{}", std::process::id()));
    std::fs::create_dir_all(directory.join("durable"))?;
    let folder = Arc::new(Folder { directory: directory.join("durable"), files: AtomicU64::new(0) });
    let context = |name: &str, restored| KeyedStateContext {
        backend: StateBackend::RocksDb,
        incremental: true,
        directory: directory.join(name),
        memory: ManagedMemory::new(None),
        reader: Some(folder.clone()),
        restored,
        ..Default::default()
    };
    let keys: Vec<[u8; 16]> = (0..count).map(key).collect();
    let mut state = WriteBack::open(context("first", Vec::new()))?;
    let begin = Instant::now();
    (0..count).for_each(|slot| state.mark_written(slot));
    println!("marking: {:.1} million slots/s", f64::from(count) / begin.elapsed().as_secs_f64() / 1e6);
    let (pauses, handle) = checkpoint(&mut state, &keys, 1, &folder)?;
    println!("all dirty: {pauses}; {} MB stored", handle.new_bytes() >> 20);
    let mut checkpoints = Vec::new();
    let mut last = handle;
    for id in 2..22 {
        // Scattered, other ones each time.
        (0..count / 100).for_each(|dirty| state.mark_written((dirty * 100 + id as u32 * 7) % count));
        let (pauses, handle) = checkpoint(&mut state, &keys, id, &folder)?;
        checkpoints.push((pauses, handle.new_bytes()));
        last = handle;
    }
    checkpoints.sort_by(|(left, _), (right, _)| left.longest.total_cmp(&right.longest));
    let (median, highest) = (&checkpoints[checkpoints.len() / 2], &checkpoints[checkpoints.len() - 1]);
    println!("1 % dirty, median of {}: {}; {:.1} MB stored", checkpoints.len(), median.0, median.1 as f64 / 1e6);
    println!("1 % dirty, worst: {}", highest.0);
    drop(state);
    let begin = Instant::now();
    let mut state = WriteBack::open(context("second", vec![last]))?;
    println!("restore: {:.2} s until rows can flow", begin.elapsed().as_secs_f64());
    let begin = Instant::now();
    let wanted: Vec<u32> = (0..64 * BATCH).map(|row| row.wrapping_mul(2_654_435_761) % count).collect();
    let mut found = 0;
    for batch in wanted.chunks(BATCH as usize) {
        state.load(batch.iter().map(|&slot| Address::of_key(0, &keys[slot as usize])), |index, _| {
            found += 1;
            Ok(batch[index])
        })?;
    }
    println!(
        "cold keys: {:.2} million/s read ({found} found)",
        wanted.len() as f64 / begin.elapsed().as_secs_f64() / 1e6
    );
    drop(state);
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}
