//! `Storage`: files of checkpoints on the local disk and in S3, found by their locations. Async for the JobManager; [`CheckpointStorage`] and
//! [`FileReader`] are its blocking sides for state backends.

mod blocking;
mod download;
mod local;
mod memory;
mod s3;
mod upload;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use common::config::Configuration;
use common::random::Random;
use dataflow::checkpoint::CheckpointLocation;
use tokio::runtime::Handle;

pub use blocking::{CheckpointStorage, FileReader};

use crate::StorageError;
use crate::location::Location;
use memory::Memory;
use s3::{Bucket, S3Settings};

/// All places where state can be stored. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    s3: Arc<S3Settings>,
    buckets: Arc<Mutex<HashMap<String, Bucket>>>,
    /// In place of the local disk.
    memory: Option<Arc<Memory>>,
}

impl Storage {
    /// The storage that this configuration describes. Opens nothing; wrong settings are an error.
    pub fn new(config: &Configuration) -> Result<Self, StorageError> {
        Ok(Self { s3: Arc::new(S3Settings::new(config)?), buckets: Arc::default(), memory: None })
    }

    /// One whose local paths are files in memory, which clones share: for simulations of JobManagers. State backends do not see it.
    pub fn in_memory() -> Self {
        let s3 = S3Settings::new(&Configuration::new()).expect("no settings are no wrong ones");
        Self { s3: Arc::new(s3), buckets: Arc::default(), memory: Some(Arc::default()) }
    }

    /// Proves that files can be stored in a folder and makes it if need be. Answers its normal form.
    pub async fn prepare_folder(&self, folder: &str) -> Result<String, StorageError> {
        let location = Location::parse(folder)?;
        let probe = location.child(&format!(".probe-{}", new_file_name())).to_string();
        self.put(&probe, Bytes::from_static(b"flinkrs")).await?;
        self.delete(&probe).await?;
        Ok(location.to_string())
    }

    /// Writes a file at once: whoever looks sees nothing or all of it. Durable afterwards.
    pub async fn put(&self, file: &str, content: Bytes) -> Result<(), StorageError> {
        match (Location::parse(file)?, &self.memory) {
            (Location::Local(path), Some(memory)) => {
                memory.put(path, content);
                Ok(())
            }
            (Location::Local(path), None) => on_disk(move || local::put(&path, &content)).await,
            (Location::S3 { bucket, key }, _) => self.bucket(&bucket)?.put(&key, content).await,
        }
    }

    /// Reads a whole file.
    pub async fn get(&self, file: &str) -> Result<Bytes, StorageError> {
        match (Location::parse(file)?, &self.memory) {
            (Location::Local(path), Some(memory)) => memory.get(&path),
            (Location::Local(path), None) => on_disk(move || local::get(&path)).await,
            (Location::S3 { bucket, key }, _) => self.bucket(&bucket)?.get(&key).await,
        }
    }

    /// Whether there is such a folder. In S3: whether anything is in it.
    pub async fn folder_exists(&self, folder: &str) -> Result<bool, StorageError> {
        match (Location::parse(folder)?, &self.memory) {
            (Location::Local(path), Some(memory)) => Ok(memory.folder_exists(&path)),
            (Location::Local(path), None) => on_disk(move || Ok(path.is_dir())).await,
            (Location::S3 { bucket, key }, _) => self.bucket(&bucket)?.folder_exists(&key).await,
        }
    }

    /// The names of the folders in a folder, in order; none when it does not exist.
    pub async fn folders(&self, folder: &str) -> Result<Vec<String>, StorageError> {
        match (Location::parse(folder)?, &self.memory) {
            (Location::Local(path), Some(memory)) => Ok(memory.folders(&path)),
            (Location::Local(path), None) => on_disk(move || local::folders(&path)).await,
            (Location::S3 { bucket, key }, _) => self.bucket(&bucket)?.folders(&key).await,
        }
    }

    /// Deletes a file. What is not there is no error.
    pub async fn delete(&self, file: &str) -> Result<(), StorageError> {
        match (Location::parse(file)?, &self.memory) {
            (Location::Local(path), Some(memory)) => {
                memory.delete(&path);
                Ok(())
            }
            (Location::Local(path), None) => on_disk(move || local::delete(&path)).await,
            (Location::S3 { bucket, key }, _) => self.bucket(&bucket)?.delete(&key).await,
        }
    }

    /// Deletes a folder and all that is in it. What is not there is no error.
    pub async fn delete_folder(&self, folder: &str) -> Result<(), StorageError> {
        match (Location::parse(folder)?, &self.memory) {
            (Location::Local(path), Some(memory)) => {
                memory.delete_folder(&path);
                Ok(())
            }
            (Location::Local(path), None) => on_disk(move || local::delete_folder(&path)).await,
            (Location::S3 { bucket, key }, _) => self.bucket(&bucket)?.delete_folder(&key).await,
        }
    }

    /// Deletes a folder in which nothing is. In S3 there is none without a file.
    pub async fn delete_empty_folder(&self, folder: &str) -> Result<(), StorageError> {
        match (Location::parse(folder)?, &self.memory) {
            (Location::Local(path), None) => on_disk(move || local::delete_empty_folder(&path)).await,
            // There is none without a file.
            (Location::Local(_), Some(_)) | (Location::S3 { .. }, _) => Ok(()),
        }
    }

    /// The storage of one checkpoint as a state backend sees it. Its methods block; `handle` is of the runtime that talks to S3.
    pub fn checkpoint(&self, location: CheckpointLocation, handle: Handle) -> CheckpointStorage {
        CheckpointStorage::new(self.clone(), location, handle)
    }

    /// Reads stored files, wherever they are. Its methods block.
    pub fn reader(&self, handle: Handle) -> FileReader {
        FileReader::new(self.clone(), handle)
    }

    /// The client of a bucket, one for all of its users, so that they share connections.
    fn bucket(&self, name: &str) -> Result<Bucket, StorageError> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get(name) {
            return Ok(bucket.clone());
        }
        let bucket = self.s3.open(name)?;
        buckets.insert(name.to_owned(), bucket.clone());
        Ok(bucket)
    }
}

/// Runs what waits for the disk on a thread that may.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// A name that no other file has.
fn new_file_name() -> String {
    let mut random = Random::from_system();
    format!("{:016x}{:016x}", random.next_u64(), random.next_u64())
}
