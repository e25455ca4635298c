//! Stores that fail: for a while, for too long, for ever; and a disk that is full. A file is there as a whole or not at all.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use checkpoint::{Storage, StorageError};
use common::config::{Configuration, Origin};
use dataflow::checkpoint::CheckpointLocation;
use dataflow::snapshot::{StateReader, StateScope, StateStorage};
use support::s3_server::{BUCKET, Fault, S3Server, storage_of};
use tempfile::TempDir;
use tokio::runtime::Runtime;

fn location(dir: &str) -> CheckpointLocation {
    CheckpointLocation { exclusive: format!("{dir}/chk-1"), shared: Some(format!("{dir}/shared")) }
}

#[test]
fn a_server_that_fails_for_a_while_is_asked_again() {
    let (server, runtime) = (S3Server::start(), Runtime::new().unwrap());
    let storage = server.storage("1 min");
    let content = vec![7; 20 * 1024 * 1024];
    for fault in [Fault::Status(500), Fault::Status(503), Fault::HangUp] {
        let checkpoint = storage.checkpoint(location(&format!("s3://{BUCKET}")), runtime.handle().clone());
        let failed = server.heal();
        server.fail(fault, 3);
        let mut writer = checkpoint.create(StateScope::Exclusive).unwrap();
        // Of the bytes, half go out while the server is failing.
        writer.write_all(&content[..content.len() / 2]).unwrap();
        writer.write_all(&content[content.len() / 2..]).unwrap();
        let stored = writer.finish().unwrap();
        assert_eq!(server.heal() - failed, 3);
        server.fail(fault, 2);
        let folder = TempDir::new().unwrap();
        storage.reader(runtime.handle().clone()).fetch(&stored, &folder.path().join("copy")).unwrap();
        assert_eq!(server.heal() - failed, 5);
    }
}

#[test]
fn a_server_that_fails_for_too_long_is_an_error_and_nothing_is_half_there() {
    let (server, runtime) = (S3Server::start(), Runtime::new().unwrap());
    let storage = server.storage("1 s");
    server.fail(Fault::Status(500), usize::MAX);
    let started = Instant::now();
    let put = runtime.block_on(storage.put(&format!("s3://{BUCKET}/chk-1/_metadata"), Bytes::from_static(b"m")));
    let error = put.unwrap_err();
    assert!(matches!(error, StorageError::Failed { .. }), "{error:?}");
    assert!(
        error.to_string().contains("cannot write s3://state/chk-1/_metadata") && error.to_string().contains("500"),
        "{error}"
    );
    assert!((Duration::from_secs(1)..Duration::from_secs(20)).contains(&started.elapsed()), "{:?}", started.elapsed());
    server.heal();
    let checkpoint = storage.checkpoint(location(&format!("s3://{BUCKET}")), runtime.handle().clone());
    let mut writer = checkpoint.create(StateScope::Exclusive).unwrap();
    // The first part arrives, the second is lost.
    writer.write_all(&vec![1; 9 * 1024 * 1024]).unwrap();
    writer.flush().unwrap();
    while server.parts() == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    server.fail(Fault::Status(500), usize::MAX);
    let error = writer.finish().unwrap_err();
    assert!(error.retry && error.message.contains("cannot write s3://state/chk-1/"), "{error}");
    assert!(server.objects().is_empty(), "{:?}", server.objects());
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    let runtime = Runtime::new().unwrap();
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let storage = storage_of(&format!("http://{unused}"), "secret", "1 s");
    let error = runtime.block_on(storage.prepare_folder("s3://state/checkpoints")).unwrap_err().to_string();
    assert!(error.contains("s3://state/checkpoints/.probe-"), "{error}");
}

#[test]
fn wrong_credentials_are_not_tried_again() {
    let (server, runtime) = (S3Server::start(), Runtime::new().unwrap());
    let started = Instant::now();
    let storage = server.storage_with("not-the-secret", "1 min");
    let error = runtime.block_on(storage.prepare_folder(&format!("s3://{BUCKET}/x"))).unwrap_err().to_string();
    assert!(error.contains("cannot write s3://state/x/.probe-") && error.contains("SignatureDoesNotMatch"), "{error}");
    assert!(!error.contains("not-the-secret") && started.elapsed() < Duration::from_secs(20), "{error}");
    let half = Configuration::from_map([("s3.access-key", "a")], Origin::CommandLine);
    assert!(matches!(Storage::new(&half), Err(StorageError::Invalid(_))));
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error() {
    let (runtime, folder) = (Runtime::new().unwrap(), TempDir::new().unwrap());
    let storage = Storage::new(&Configuration::new()).unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let below = format!("{}/checkpoints", file.display());
    let error = runtime.block_on(storage.prepare_folder(&below)).unwrap_err().to_string();
    assert!(error.contains(&format!("cannot make the folder {below}")), "{error}");
    // Files cannot be made there, and the system says that they do not exist.
    let error = runtime.block_on(storage.prepare_folder("/proc")).unwrap_err().to_string();
    assert!(error.contains("cannot write /proc/.probe-"), "{error}");
    for wrong in ["checkpoints", "hdfs://namenode/x"] {
        let error = runtime.block_on(storage.prepare_folder(wrong)).unwrap_err();
        assert!(matches!(error, StorageError::Invalid(_)) && error.to_string().contains(wrong), "{error}");
    }
}

/// Runs itself once more in a process whose files cannot grow beyond 512 bytes: to that one the disk is full.
#[test]
fn a_full_disk_is_an_error_and_leaves_nothing() {
    const DISK_IS_FULL: &str = "CHECKPOINT_TEST_DISK_IS_FULL";
    if std::env::var_os(DISK_IS_FULL).is_some() {
        return writes_beyond_the_limit_fail();
    }
    let test = std::env::current_exe().unwrap();
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" --exact a_full_disk_is_an_error_and_leaves_nothing";
    let ran = Command::new("sh").args(["-c", script]).arg(test).env(DISK_IS_FULL, "1").output().unwrap();
    let output = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && output.contains("1 passed"), "{output}");
}

fn writes_beyond_the_limit_fail() {
    let (runtime, folder) = (Runtime::new().unwrap(), TempDir::new().unwrap());
    let dir = folder.path().to_str().unwrap();
    let storage = Storage::new(&Configuration::new()).unwrap();
    let metadata = format!("{dir}/chk-1/_metadata");
    let error = runtime.block_on(storage.put(&metadata, vec![0; 4096].into())).unwrap_err();
    assert!(error.to_string().contains(&format!("cannot write {metadata}")), "{error}");
    let checkpoint = storage.checkpoint(location(dir), runtime.handle().clone());
    let mut writer = checkpoint.create(StateScope::Exclusive).unwrap();
    let error = writer.write_all(&vec![0; 1 << 20]).unwrap_err();
    assert!(error.to_string().contains(&format!("cannot write {dir}/chk-1/")), "{error}");
    drop(writer);
    assert_eq!(std::fs::read_dir(format!("{dir}/chk-1")).unwrap().count(), 0);
}
