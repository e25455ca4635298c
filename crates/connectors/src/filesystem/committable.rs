//! What a checkpoint holds of a sink.

use std::path::PathBuf;

use dataflow::Failure;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::pending_file::PendingFile;

/// What is done when a checkpoint is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Committable {
    /// A file becomes visible.
    File(PendingFile),
    /// A partition is told to be complete, once its files are visible.
    Partition { folder: PathBuf },
}

/// What a writer goes on from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum WriterState {
    /// A file that was in progress, as long as it was then.
    File(PendingFile),
    /// A partition that waits to be told, by path below the table's folder, since so many ms since the epoch.
    Partition { partition: String, since: i64 },
}

/// The items as they are stored.
pub(super) fn to_json<T: Serialize>(items: impl IntoIterator<Item = T>) -> Result<Vec<serde_json::Value>, Failure> {
    let written = items.into_iter().map(serde_json::to_value).collect::<Result<_, _>>();
    written.map_err(|error| Failure::internal("the state of a filesystem sink cannot be written").caused_by(error))
}

/// The items that were stored.
pub(super) fn from_json<T: DeserializeOwned>(items: &[serde_json::Value]) -> Result<Vec<T>, Failure> {
    items
        .iter()
        .map(T::deserialize)
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::internal("the checkpoint is not one of a filesystem sink").fatal().caused_by(error))
}
