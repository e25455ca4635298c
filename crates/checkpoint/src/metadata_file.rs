//! The format of `_metadata`, and its publishing: a checkpoint exists if and only if this file does.
//!
//! ```text
//!   8 bytes  "flinkrsC"
//!   4 bytes  version, little endian
//!   4 bytes  CRC-32C of the rest
//!   rest     CheckpointMetadata as JSON, locations relative to the folder
//! ```

use bytes::Bytes;
use dataflow::checkpoint::CheckpointLocation;

use crate::location::{Location, absolute, relative};
use crate::{CheckpointMetadata, METADATA_FILE, Storage, StorageError};

/// The version that this release writes. It reads all up to this one.
pub const METADATA_VERSION: u32 = 1;

const MAGIC: &[u8; 8] = b"flinkrsC";
const HEADER: usize = 16;

/// Publishes a checkpoint: afterwards it exists. All files that it names must be durable before. Answers how many bytes the file has.
pub async fn write_metadata(
    storage: &Storage,
    location: &CheckpointLocation,
    metadata: &CheckpointMetadata,
) -> Result<u64, StorageError> {
    let file = Location::parse(&location.exclusive)?.child(METADATA_FILE).to_string();
    let content = encode(metadata, &location.exclusive);
    let size = content.len() as u64;
    storage.put(&file, content).await?;
    Ok(size)
}

/// Reads the metadata in a folder, given as the folder or as its `_metadata` file. Answers the folder too.
pub async fn read_metadata(storage: &Storage, path: &str) -> Result<(String, CheckpointMetadata), StorageError> {
    let given = Location::parse(path)?.to_string();
    let folder = given.strip_suffix(METADATA_FILE).and_then(|folder| folder.strip_suffix('/')).unwrap_or(&given);
    let folder = Location::parse(if folder.is_empty() { "/" } else { folder })?;
    let file = folder.child(METADATA_FILE).to_string();
    let folder = folder.to_string();
    match storage.get(&file).await {
        Ok(content) => Ok((folder.clone(), decode(&content, &folder)?)),
        Err(StorageError::NotFound { .. }) if storage.folder_exists(&folder).await? => {
            Err(StorageError::Invalid(format!(
                "{folder} is no checkpoint or savepoint: there is no file '{METADATA_FILE}' in it; give the folder of a complete one (chk-<number> or savepoint-<id>)"
            )))
        }
        Err(StorageError::NotFound { .. }) => Err(StorageError::NotFound { location: folder }),
        Err(error) => Err(error),
    }
}

fn encode(metadata: &CheckpointMetadata, folder: &str) -> Bytes {
    let mut metadata = metadata.clone();
    for file in metadata.files_mut() {
        file.location = relative(folder, &file.location);
    }
    let body = serde_json::to_vec(&metadata).expect("all keys of its maps are texts or numbers");
    let mut content = Vec::with_capacity(HEADER + body.len());
    content.extend_from_slice(MAGIC);
    content.extend_from_slice(&METADATA_VERSION.to_le_bytes());
    content.extend_from_slice(&crc32c::crc32c(&body).to_le_bytes());
    content.extend_from_slice(&body);
    content.into()
}

fn decode(content: &[u8], folder: &str) -> Result<CheckpointMetadata, StorageError> {
    let damaged = |problem: String| StorageError::Damaged { location: format!("{folder}/{METADATA_FILE}"), problem };
    let Some((header, body)) = content.split_at_checked(HEADER) else {
        return Err(damaged(format!("it has only {} bytes", content.len())));
    };
    if &header[..8] != MAGIC {
        return Err(StorageError::Invalid(format!(
            "{folder}/{METADATA_FILE} was not written by flinkrs; checkpoints and savepoints of Apache Flink cannot be restored"
        )));
    }
    let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("four bytes"));
    let version = number(8);
    if version > METADATA_VERSION {
        return Err(StorageError::Invalid(format!(
            "{folder}/{METADATA_FILE} has version {version}, this release reads up to version {METADATA_VERSION}; use the release that wrote it or a later one"
        )));
    }
    if crc32c::crc32c(body) != number(12) {
        return Err(damaged("its checksum is wrong".into()));
    }
    let mut metadata: CheckpointMetadata = serde_json::from_slice(body).map_err(|error| damaged(error.to_string()))?;
    for file in metadata.files_mut() {
        file.location = absolute(folder, &file.location)?;
    }
    Ok(metadata)
}
