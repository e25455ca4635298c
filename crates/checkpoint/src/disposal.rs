//! Deleting what is not needed any more. Best effort: what is gone already is no error, and what cannot be deleted is logged.

use std::collections::{BTreeMap, BTreeSet};

use dataflow::checkpoint::StateFile;

use crate::layout::SHARED_FOLDER;
use crate::location::Location;
use crate::{CheckpointMetadata, METADATA_FILE, Storage, StorageError, read_metadata};

/// Deletes files, such as those that [`SharedFiles`](crate::SharedFiles) answers.
pub async fn discard_files(storage: &Storage, files: impl IntoIterator<Item = StateFile>) {
    for file in files {
        if let Err(error) = storage.delete(&file.location).await {
            tracing::warn!(%error, "a file of a checkpoint that is not needed any more stays behind");
        }
    }
}

/// Deletes a checkpoint's own folder, `_metadata` first, so that it ceases to exist before it is incomplete. Also for one that was never published.
pub async fn discard_checkpoint(storage: &Storage, folder: &str) -> Result<(), StorageError> {
    storage.delete(&Location::parse(folder)?.child(METADATA_FILE).to_string()).await?;
    storage.delete_folder(folder).await
}

/// Disposes of a savepoint or a retained checkpoint at the user's request: its folder, and the files of its job's `shared/` that no other
/// checkpoint in the job's folder needs. Whatever has no `_metadata` is refused.
pub async fn dispose(storage: &Storage, path: &str) -> Result<(), StorageError> {
    let (folder, metadata) = read_metadata(storage, path).await?;
    let own = own_shared_files(storage, &folder, &metadata).await?;
    discard_checkpoint(storage, &folder).await?;
    discard_files(storage, own).await;
    match folder.rsplit_once('/') {
        // The folder that a savepoint is in is the user's.
        Some((job, name)) if name.starts_with("chk-") => discard_empty_job_folder(storage, job).await,
        _ => {}
    }
    Ok(())
}

/// The folders of a job's checkpoints by number, complete or not.
pub async fn numbered_folders(storage: &Storage, job: &str) -> Result<BTreeMap<u64, String>, StorageError> {
    let number = |name: &String| name.strip_prefix("chk-")?.parse().ok();
    let names = storage.folders(job).await?;
    Ok(names.iter().filter_map(|name| Some((number(name)?, format!("{job}/{name}")))).collect())
}

/// Clears the folder of a job that has ended and keeps no checkpoint: of what its tasks still stored for checkpoints that were aborted, and of
/// empty folders. What is complete stays.
pub async fn clear_job_folder(storage: &Storage, job: &str) {
    if let Err(error) = discard_incomplete(storage, job).await {
        tracing::warn!(%error, "what an aborted checkpoint has stored stays behind");
    }
    discard_empty_job_folder(storage, job).await;
}

async fn discard_incomplete(storage: &Storage, job: &str) -> Result<(), StorageError> {
    for name in storage.folders(job).await?.iter().filter(|name| name.starts_with("chk-")) {
        let folder = format!("{job}/{name}");
        let metadata = storage.get(&format!("{folder}/{METADATA_FILE}")).await;
        if matches!(metadata, Err(StorageError::NotFound { .. })) {
            storage.delete_folder(&folder).await?;
        }
    }
    Ok(())
}

async fn discard_empty_job_folder(storage: &Storage, job: &str) {
    for folder in [&format!("{job}/{SHARED_FOLDER}"), job] {
        if let Err(error) = storage.delete_empty_folder(folder).await {
            tracing::warn!(%error, "an empty folder for checkpoints stays behind");
        }
    }
}

/// The files in `../shared` that only this checkpoint needs.
async fn own_shared_files(
    storage: &Storage,
    folder: &str,
    metadata: &CheckpointMetadata,
) -> Result<BTreeSet<StateFile>, StorageError> {
    let Some((job, name)) = folder.rsplit_once('/') else { return Ok(BTreeSet::new()) };
    let shared = format!("{job}/{SHARED_FOLDER}/");
    let mut own: BTreeSet<StateFile> =
        metadata.files().filter(|file| file.location.starts_with(&shared)).cloned().collect();
    if own.is_empty() {
        return Ok(own);
    }
    for sibling in storage.folders(job).await?.iter().filter(|sibling| *sibling != name) {
        match read_metadata(storage, &format!("{job}/{sibling}")).await {
            Ok((_, metadata)) => metadata.files().for_each(|file| {
                own.remove(file);
            }),
            // A folder without metadata needs nothing.
            Err(StorageError::Invalid(_) | StorageError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(own)
}
