//! The format of checkpoints: each released version has a fixture that is restored, and what is not of the format is refused with the reason.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use bytes::Bytes;
use checkpoint::{
    CheckpointMetadata, METADATA_FILE, METADATA_VERSION, Storage, StorageError, read_metadata, write_metadata,
};
use common::config::Configuration;
use dataflow::checkpoint::{CheckpointLocation, StateFile};
use dataflow::snapshot::StateReader;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const SST: &[u8] = b"an SST file, as far as the storage knows";
const CURRENT: &[u8] = b"MANIFEST-000004\n";

/// What the fixture of version 1 says, in a folder.
fn version_1(dir: &str) -> CheckpointMetadata {
    let file = |location: String, content: &[u8]| StateFile {
        location,
        bytes: content.len() as u64,
        checksum: crc32c::crc32c(content),
    };
    let sst = file(format!("{dir}/shared/6e8f"), SST);
    support::metadata(7, &[("000003.sst", sst)], file(format!("{dir}/chk-7/91d2"), CURRENT))
}

fn storage() -> Storage {
    Storage::new(&Configuration::new()).unwrap()
}

fn fixture(version: u32) -> String {
    format!("{}/tests/fixtures/v{version}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn version_1_is_restored() {
    let runtime = Runtime::new().unwrap();
    let (storage, dir, scratch) = (storage(), fixture(1), TempDir::new().unwrap());
    let (folder, metadata) = runtime.block_on(read_metadata(&storage, &format!("{dir}/chk-7"))).unwrap();
    assert_eq!((folder, &metadata), (format!("{dir}/chk-7"), &version_1(&dir)));
    for (number, file) in metadata.files().enumerate() {
        storage.reader(runtime.handle().clone()).fetch(file, &scratch.path().join(number.to_string())).unwrap();
    }
    assert_eq!(metadata.files().count(), 4);
}

/// What is written now is the fixture of the present version, to the byte. For a new version `UPDATE_FIXTURE=1 cargo test -p checkpoint --test format`
/// writes it; the folder is checked in and gets a test of its own.
#[test]
fn the_present_version_writes_its_fixture() {
    let (storage, runtime, scratch) = (storage(), Runtime::new().unwrap(), TempDir::new().unwrap());
    let update = std::env::var_os("UPDATE_FIXTURE").is_some();
    let dir = if update { fixture(METADATA_VERSION) } else { scratch.path().to_str().unwrap().to_owned() };
    let location = CheckpointLocation { exclusive: format!("{dir}/chk-7"), shared: Some(format!("{dir}/shared")) };
    runtime.block_on(async {
        storage.put(&format!("{dir}/shared/6e8f"), Bytes::from_static(SST)).await.unwrap();
        storage.put(&format!("{dir}/chk-7/91d2"), Bytes::from_static(CURRENT)).await.unwrap();
        write_metadata(&storage, &location, &version_1(&dir)).await.unwrap();
    });
    for file in ["shared/6e8f", "chk-7/91d2", "chk-7/_metadata"] {
        let read = |dir: &str| std::fs::read(format!("{dir}/{file}")).unwrap();
        assert!(read(&dir) == read(&fixture(METADATA_VERSION)), "{file} is not as in the fixture");
    }
}

#[test]
fn what_is_not_of_the_format_is_refused_with_the_reason() {
    let (storage, runtime, scratch) = (storage(), Runtime::new().unwrap(), TempDir::new().unwrap());
    let folder = scratch.path().to_str().unwrap();
    let good = std::fs::read(format!("{}/chk-7/{METADATA_FILE}", fixture(1))).unwrap();
    let changed = |at: usize, byte: u8| {
        let mut content = good.clone();
        content[at] = byte;
        content
    };
    let newer = changed(8, METADATA_VERSION as u8 + 1);
    for (content, damaged, reason) in [
        (good[..5].to_vec(), true, "it has only 5 bytes"),
        (good[..good.len() - 1].to_vec(), true, "its checksum is wrong"),
        (changed(good.len() / 2, 0), true, "its checksum is wrong"),
        (newer, false, "has version 2, this release reads up to version 1"),
        (b"\x49\x60\x67\x2d of Flink itself".to_vec(), false, "was not written by flinkrs"),
    ] {
        std::fs::write(scratch.path().join(METADATA_FILE), content).unwrap();
        let error = runtime.block_on(read_metadata(&storage, folder)).unwrap_err();
        assert_eq!(matches!(error, StorageError::Damaged { .. }), damaged, "{error:?}");
        assert!(error.to_string().contains(reason) && error.to_string().contains(folder), "{error}");
    }
}

#[test]
fn folders_may_be_moved() {
    let (storage, runtime, scratch) = (storage(), Runtime::new().unwrap(), TempDir::new().unwrap());
    let moved = format!("{}/elsewhere", scratch.path().display());
    for folder in ["chk-7", "shared"] {
        std::fs::create_dir_all(format!("{moved}/{folder}")).unwrap();
        for entry in std::fs::read_dir(format!("{}/{folder}", fixture(1))).unwrap().map(Result::unwrap) {
            std::fs::copy(entry.path(), format!("{moved}/{folder}/{}", entry.file_name().to_string_lossy())).unwrap();
        }
    }
    let (_, metadata) = runtime.block_on(read_metadata(&storage, &format!("{moved}/chk-7/_metadata"))).unwrap();
    assert_eq!(metadata, version_1(&moved));
    for (number, file) in metadata.files().enumerate() {
        storage.reader(runtime.handle().clone()).fetch(file, &scratch.path().join(number.to_string())).unwrap();
    }
}
