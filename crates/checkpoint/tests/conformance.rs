//! What every storage must do: one suite for the local disk and for S3.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::io::{Read, Write};
use std::path::PathBuf;

use bytes::Bytes;
use checkpoint::{
    CheckpointStorage, METADATA_FILE, Storage, StorageError, checkpoint_location, discard_checkpoint, dispose,
    job_folder, read_metadata, write_metadata,
};
use common::config::Configuration;
use dataflow::JobId;
use dataflow::checkpoint::{CheckpointLocation, StateFile};
use dataflow::snapshot::{StateReader, StateScope, StateStorage};
use support::metadata;
use support::s3_server::{BUCKET, S3Server};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A storage, a folder in it, and what the test needs besides.
struct Place {
    runtime: Runtime,
    storage: Storage,
    dir: String,
    scratch: TempDir,
}

impl Place {
    fn new(storage: Storage, dir: Option<String>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let scratch = TempDir::new().unwrap();
        let dir = dir.unwrap_or_else(|| scratch.path().join("with space/checkpoints").to_string_lossy().into_owned());
        Self { runtime, storage, dir, scratch }
    }

    fn location(&self, checkpoint_id: u64) -> CheckpointLocation {
        checkpoint_location(&self.dir, JobId(1), checkpoint_id).unwrap()
    }

    fn checkpoint(&self, checkpoint_id: u64) -> CheckpointStorage {
        self.storage.checkpoint(self.location(checkpoint_id), self.runtime.handle().clone())
    }

    fn reader(&self) -> impl StateReader {
        self.storage.reader(self.runtime.handle().clone())
    }

    fn scratch_file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.scratch.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn put(&self, file: &str, content: &'static [u8]) {
        self.runtime.block_on(self.storage.put(file, Bytes::from_static(content))).unwrap();
    }

    fn get(&self, file: &str) -> Result<Bytes, StorageError> {
        self.runtime.block_on(self.storage.get(file))
    }

    fn write(&self, scope: StateScope, content: &[u8]) -> StateFile {
        let mut writer = self.checkpoint(1).create(scope).unwrap();
        writer.write_all(content).unwrap();
        writer.finish().unwrap()
    }
}

/// Bytes without a pattern that two parts could share.
fn noise(length: usize) -> Vec<u8> {
    let mut random = common::random::Random::from_seed(length as u64);
    (0..length.div_ceil(8)).flat_map(|_| random.next_u64().to_le_bytes()).take(length).collect()
}

fn files_are_replaced_read_and_deleted(place: &Place) {
    let dir = place.runtime.block_on(place.storage.prepare_folder(&format!("{}/", place.dir))).unwrap();
    assert!(!dir.ends_with('/'));
    let file = format!("{dir}/a/b");
    assert!(matches!(place.get(&file), Err(StorageError::NotFound { location }) if location == file));
    place.put(&file, b"one");
    place.put(&file, b"two");
    assert_eq!(place.get(&file).unwrap(), "two");
    let folders = |folder: &str| place.runtime.block_on(place.storage.folders(folder)).unwrap();
    assert_eq!(folders(&dir), ["a"]);
    assert!(folders(&format!("{dir}/a")).is_empty() && folders(&format!("{dir}/none")).is_empty());
    for _ in 0..2 {
        place.runtime.block_on(place.storage.delete(&file)).unwrap();
        assert!(matches!(place.get(&file), Err(StorageError::NotFound { .. })));
    }
    place.put(&format!("{dir}/a/c/d"), b"");
    place.put(&format!("{dir}/ab"), b"stays");
    for _ in 0..2 {
        place.runtime.block_on(place.storage.delete_folder(&format!("{dir}/a"))).unwrap();
        assert!(!place.runtime.block_on(place.storage.folder_exists(&format!("{dir}/a"))).unwrap());
    }
    assert_eq!(place.get(&format!("{dir}/ab")).unwrap(), "stays");
}

fn local_files_are_stored_and_fetched(place: &Place) {
    let content = noise(300_000);
    let original = place.scratch_file("000012.sst", &content);
    let storage = place.checkpoint(1);
    for (scope, folder) in [(StateScope::Exclusive, "/chk-1/"), (StateScope::Shared, "/shared/")] {
        let stored = storage.store_file(scope, &original).unwrap();
        let again = storage.store_file(scope, &original).unwrap();
        assert!(stored.location.contains(folder) && stored.location != again.location, "{stored:?}");
        assert_eq!((stored.bytes, stored.checksum), (content.len() as u64, crc32c::crc32c(&content)));
        let copy = place.scratch.path().join("copy");
        place.reader().fetch(&stored, &copy).unwrap();
        assert_eq!(std::fs::read(&copy).unwrap(), content);
        std::fs::remove_file(&copy).unwrap();
    }
    std::fs::remove_file(&original).unwrap();
    assert!(storage.store_file(StateScope::Exclusive, &original).unwrap_err().message.contains("000012.sst"));
    let savepoint = CheckpointLocation { exclusive: format!("{}/savepoint-1", place.dir), shared: None };
    let savepoint = place.storage.checkpoint(savepoint, place.runtime.handle().clone());
    let stored = savepoint.store_file(StateScope::Shared, &place.scratch_file("x", b"x")).unwrap();
    assert!(stored.location.contains("/savepoint-1/"), "{stored:?}");
}

fn streams_of_any_length_are_written_and_read_by_range(place: &Place) {
    const PART: usize = 8 * 1024 * 1024;
    for length in [0, 1, PART, PART + 1, 2 * PART + 12_345] {
        let content = noise(length);
        let mut writer = place.checkpoint(1).create(StateScope::Exclusive).unwrap();
        content.chunks(1_000_003).for_each(|chunk| writer.write_all(chunk).unwrap());
        let stored = writer.finish().unwrap();
        assert_eq!((stored.bytes, stored.checksum), (length as u64, crc32c::crc32c(&content)));
        let copy = place.scratch.path().join("copy");
        place.reader().fetch(&stored, &copy).unwrap();
        assert!(std::fs::read(&copy).unwrap() == content, "{length} bytes come back");
        std::fs::remove_file(&copy).unwrap();
        for (offset, count) in [(0, 0), (0, length), (length / 3, length / 2), (length, 0)] {
            let mut read = Vec::new();
            place.reader().read(&stored, offset as u64, count as u64).unwrap().read_to_end(&mut read).unwrap();
            assert!(read == content[offset..offset + count], "{count} bytes from {offset} of {length}");
        }
    }
}

fn an_unfinished_file_leaves_nothing(place: &Place) {
    for length in [10, 20 * 1024 * 1024] {
        let mut writer = place.checkpoint(77).create(StateScope::Exclusive).unwrap();
        writer.write_all(&noise(length)).unwrap();
        drop(writer);
    }
    let folder = place.location(77).exclusive;
    if folder.starts_with('/') {
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    } else {
        assert!(!place.runtime.block_on(place.storage.folder_exists(&folder)).unwrap());
    }
}

fn what_is_not_as_it_was_written_is_an_error(place: &Place) {
    let content = b"the state of a subtask";
    let copy = place.scratch.path().join("copy");
    for (replacement, problem) in
        [(&b"the stale of a subtask"[..], "checksum"), (b"the state", "it has 9 bytes, 22 were written")]
    {
        let stored = place.write(StateScope::Exclusive, content);
        place.put(&stored.location, replacement);
        let error = place.reader().fetch(&stored, &copy).unwrap_err();
        assert!(error.message.contains(&stored.location) && error.message.contains(problem), "{error}");
        assert!(!error.retry && !copy.exists());
    }
    let stored = place.write(StateScope::Exclusive, content);
    std::fs::write(&copy, b"somebody else's").unwrap();
    place.reader().fetch(&stored, &copy).unwrap_err();
    assert_eq!(std::fs::read(&copy).unwrap(), b"somebody else's", "a file that is there is not touched");
    std::fs::remove_file(&copy).unwrap();
    let error = place.reader().read(&stored, 20, 3).err().unwrap();
    assert!(error.message.contains("bytes 20 to 23 of it are wanted, it has 22"), "{error}");
    place.put(&stored.location, b"the state");
    for offset in [0, 6, 12] {
        let error = place.reader().read(&stored, offset, 5).err().unwrap();
        assert!(error.message.contains("it has 9 bytes, 22 were written"), "{error}");
    }
    place.runtime.block_on(place.storage.delete(&stored.location)).unwrap();
    for error in [place.reader().fetch(&stored, &copy).unwrap_err(), place.reader().read(&stored, 0, 5).err().unwrap()]
    {
        assert_eq!(error.message, format!("{} does not exist", stored.location));
        assert!(!error.retry);
    }
}

fn metadata_is_found_by_folder_and_file(place: &Place) {
    let location = place.location(3);
    let shared = place.write(StateScope::Shared, b"sst");
    let written = metadata(
        3,
        &[("000001.sst", shared)],
        StateFile { location: format!("{}/current", location.exclusive), bytes: 0, checksum: 0 },
    );
    let read = |path: &str| place.runtime.block_on(read_metadata(&place.storage, path));
    assert!(
        matches!(read(&location.exclusive), Err(StorageError::NotFound { location: named }) if named == location.exclusive)
    );
    place.put(&format!("{}/current", location.exclusive), b"");
    let error = read(&location.exclusive).unwrap_err().to_string();
    assert!(error.contains("no checkpoint or savepoint") && error.contains(&location.exclusive), "{error}");
    place.runtime.block_on(write_metadata(&place.storage, &location, &written)).unwrap();
    let file = format!("{}/{METADATA_FILE}", location.exclusive);
    for path in [&location.exclusive, &file] {
        assert_eq!(read(path).unwrap(), (location.exclusive.clone(), written.clone()));
    }
    let text = String::from_utf8_lossy(&place.get(&file).unwrap()[16..]).into_owned();
    assert!(text.contains(r#""location":"../shared/"#) && text.contains(r#""location":"current""#), "{text}");
    place.runtime.block_on(discard_checkpoint(&place.storage, &location.exclusive)).unwrap();
    assert!(read(&location.exclusive).is_err());
}

fn disposal_keeps_what_others_need(place: &Place) {
    let [common, own, current] =
        [(StateScope::Shared, b"common"), (StateScope::Shared, b"own..."), (StateScope::Exclusive, b"curren")]
            .map(|(scope, content)| place.write(scope, content));
    let publish = |id, shared: &[(&str, StateFile)]| {
        let metadata = metadata(id, shared, current.clone());
        place.runtime.block_on(write_metadata(&place.storage, &place.location(id), &metadata)).unwrap();
    };
    publish(1, &[("1.sst", common.clone()), ("2.sst", own.clone())]);
    publish(2, &[("1.sst", common.clone())]);
    let dispose = |id| place.runtime.block_on(dispose(&place.storage, &place.location(id).exclusive));
    dispose(1).unwrap();
    assert!(place.get(&own.location).is_err() && place.get(&current.location).is_err());
    assert_eq!(place.get(&common.location).unwrap(), "common");
    assert!(dispose(1).is_err(), "it is gone");
    dispose(2).unwrap();
    assert!(place.get(&common.location).is_err());
    let folder_exists = |folder: &str| place.runtime.block_on(place.storage.folder_exists(folder)).unwrap();
    let job = job_folder(&place.dir, JobId(1)).unwrap();
    assert!(!folder_exists(&job) && (place.dir.starts_with("s3:") || folder_exists(&place.dir)));
    place.put(&format!("{}/notes/readme", place.dir), b"mine");
    let refused = place.runtime.block_on(checkpoint::dispose(&place.storage, &format!("{}/notes", place.dir)));
    assert!(refused.unwrap_err().to_string().contains("no checkpoint or savepoint"));
    assert_eq!(place.get(&format!("{}/notes/readme", place.dir)).unwrap(), "mine");
}

const SUITE: [fn(&Place); 7] = [
    files_are_replaced_read_and_deleted,
    local_files_are_stored_and_fetched,
    streams_of_any_length_are_written_and_read_by_range,
    an_unfinished_file_leaves_nothing,
    what_is_not_as_it_was_written_is_an_error,
    metadata_is_found_by_folder_and_file,
    disposal_keeps_what_others_need,
];

#[test]
fn the_local_disk_conforms() {
    for case in SUITE {
        case(&Place::new(Storage::new(&Configuration::new()).unwrap(), None));
    }
}

#[test]
fn s3_conforms() {
    for case in SUITE {
        let server = S3Server::start();
        case(&Place::new(server.storage("10 s"), Some(format!("s3://{BUCKET}/prefix"))));
    }
}
