//! `flinkrs checkpoint inspect`: what is in a checkpoint or savepoint, as its `_metadata` says, and whether its files are there and whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use checkpoint::{CheckpointMetadata, METADATA_VERSION, OperatorState, SnapshotType, Storage, read_metadata};
use chrono::{DateTime, SecondsFormat};
use dataflow::checkpoint::{KeyedStateHandle, StateFile};
use serde_json::json;

use super::async_runtime;
use crate::args::InspectArguments;
use crate::output::{say, write_out};
use crate::settings;

/// Prints what is in it; with `--verify` reads all files and fails when one of them is missing or damaged.
pub(super) fn inspect(arguments: &InspectArguments) -> anyhow::Result<ExitCode> {
    let config = settings::load(&arguments.config)?;
    let storage = Storage::new(&config)?;
    async_runtime()?.block_on(async {
        let (folder, metadata) = read_metadata(&storage, &here(&arguments.path)?).await?;
        let files = files(&metadata);
        let bad = if arguments.verify { damaged(&storage, &files).await } else { Vec::new() };
        match arguments.json {
            true => say!("{:#}", as_json(&folder, &metadata, &files, arguments.verify.then_some(&bad))),
            false => {
                let text = as_text(&folder, &metadata, &files, arguments.verify.then_some(&bad));
                write_out(format_args!("{text}"));
            }
        }
        Ok(if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

/// A path relative to the working folder as an absolute one. What a cluster reads has to be absolute, since its processes have working folders
/// of their own; this process has one.
fn here(path: &str) -> anyhow::Result<String> {
    let has_scheme = path.split('/').next().is_some_and(|first| first.contains(':'));
    if path.is_empty() || path.starts_with('/') || (has_scheme && !Path::new(path).exists()) {
        return Ok(path.to_owned());
    }
    let absolute = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    let absolute = absolute.with_context(|| format!("'{path}' has no place"))?;
    absolute.into_os_string().into_string().map_err(|path| anyhow!("'{}' is not UTF-8", path.display()))
}

/// The files that it needs, each once.
fn files(metadata: &CheckpointMetadata) -> BTreeSet<StateFile> {
    metadata.files().cloned().collect()
}

/// What is wrong with files, a line each.
async fn damaged(storage: &Storage, files: &BTreeSet<StateFile>) -> Vec<String> {
    let mut bad = Vec::new();
    for file in files {
        match storage.get(&file.location).await {
            Ok(content) if content.len() as u64 != file.bytes => {
                bad.push(format!("{} has {} bytes in place of {}", file.location, content.len(), file.bytes));
            }
            Ok(content) if crc32c::crc32c(&content) != file.checksum => {
                bad.push(format!("{} is damaged: its checksum is another one", file.location));
            }
            Ok(_) => {}
            Err(error) => bad.push(error.to_string()),
        }
    }
    bad
}

fn kind(metadata: &CheckpointMetadata) -> &'static str {
    match metadata.kind {
        SnapshotType::Checkpoint => "checkpoint",
        SnapshotType::Savepoint => "savepoint",
    }
}

fn time(metadata: &CheckpointMetadata) -> String {
    DateTime::from_timestamp_millis(metadata.timestamp)
        .map_or_else(|| metadata.timestamp.to_string(), |time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// What an operator has: bytes of keyed state, other items, splits.
struct Content {
    bytes: u64,
    formats: BTreeSet<&'static str>,
    items: usize,
    splits: usize,
}

impl Content {
    fn of(operator: &OperatorState) -> Self {
        let mut content = Content { bytes: 0, formats: BTreeSet::new(), items: 0, splits: 0 };
        for state in operator.subtasks.values() {
            for handle in &state.keyed {
                content.bytes += handle.files().map(|file| file.bytes).sum::<u64>();
                content.formats.insert(match handle {
                    KeyedStateHandle::Incremental { .. } => "rocksdb",
                    KeyedStateHandle::Canonical { .. } => "canonical",
                });
            }
            content.items += state.items.len();
            content.splits += state.splits.len();
        }
        content.splits += operator.source.as_ref().map_or(0, |source| source.unassigned.len());
        content
    }

    fn words(&self) -> String {
        let formats: Vec<&str> = self.formats.iter().copied().collect();
        let parts = [
            (self.bytes > 0).then(|| format!("{} bytes by key ({})", self.bytes, formats.join(", "))),
            (self.items > 0).then(|| format!("{} items", self.items)),
            (self.splits > 0).then(|| format!("{} splits", self.splits)),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "no state".to_owned() } else { parts.join(", ") }
    }
}

fn as_text(
    folder: &str,
    metadata: &CheckpointMetadata,
    files: &BTreeSet<StateFile>,
    verified: Option<&Vec<String>>,
) -> String {
    let mut text = format!(
        "{} {} of job {} ({})\nfolder: {folder}\ntaken: {}\nfiles: {}, {} bytes\n",
        kind(metadata),
        metadata.checkpoint_id,
        metadata.job_name,
        metadata.job_id,
        time(metadata),
        files.len(),
        files.iter().map(|file| file.bytes).sum::<u64>()
    );
    let in_flight: u64 = metadata.channels.iter().map(|channel| channel.file.bytes).sum();
    if in_flight > 0 {
        text.push_str(&format!("in flight between tasks: {in_flight} bytes\n"));
    }
    text.push_str("operators:\n");
    for operator in &metadata.operators {
        text.push_str(&format!(
            "  {} {}: parallelism {} of {}, {}\n",
            operator.id,
            operator.name,
            operator.parallelism,
            operator.max_parallelism,
            Content::of(operator).words()
        ));
    }
    match verified {
        None => {}
        Some(bad) if bad.is_empty() => text.push_str("all files are there and whole\n"),
        Some(bad) => bad.iter().for_each(|problem| text.push_str(&format!("BAD: {problem}\n"))),
    }
    text
}

fn as_json(
    folder: &str,
    metadata: &CheckpointMetadata,
    files: &BTreeSet<StateFile>,
    verified: Option<&Vec<String>>,
) -> serde_json::Value {
    let operators = metadata.operators.iter().map(|operator| {
        let content = Content::of(operator);
        json!({
            "id": operator.id, "name": operator.name, "vertex": operator.vertex, "parallelism": operator.parallelism,
            "maxParallelism": operator.max_parallelism, "keyedBytes": content.bytes, "formats": content.formats,
            "items": content.items, "splits": content.splits,
        })
    });
    let files: BTreeMap<&str, u64> = files.iter().map(|file| (file.location.as_str(), file.bytes)).collect();
    json!({
        "kind": kind(metadata), "id": metadata.checkpoint_id, "jobId": metadata.job_id, "jobName": metadata.job_name,
        "timestamp": metadata.timestamp, "folder": folder, "readsMetadataUpTo": METADATA_VERSION,
        "operators": operators.collect::<Vec<_>>(), "files": files, "bad": verified,
    })
}

#[cfg(test)]
mod tests {
    use super::here;

    #[test]
    fn relative_paths_are_those_of_the_working_folder() {
        let folder = std::env::current_dir().expect("there is one");
        for (path, absolute) in [
            ("/a/chk-1", "/a/chk-1".to_owned()),
            ("s3://bucket/a", "s3://bucket/a".to_owned()),
            ("file:///a", "file:///a".to_owned()),
            ("", String::new()),
            ("sv/savepoint-1", folder.join("sv/savepoint-1").display().to_string()),
            ("./sv", folder.join("sv").display().to_string()),
            ("src/../src", folder.join("src").display().to_string()),
            ("sv/a:b", folder.join("sv/a:b").display().to_string()),
        ] {
            assert_eq!(here(path).expect("a path"), absolute, "{path}");
        }
    }
}
