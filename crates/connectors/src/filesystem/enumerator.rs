//! Finds the files of a table: each is a split, and readers take the next one when they run dry.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use dataflow::{Failure, Split, SplitAssignment, SplitEnumerator};
use serde::{Deserialize, Serialize};

use super::options::FileTable;
use super::path::is_hidden;

/// A file and the place from which to read it; the payload of a split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileSplit {
    pub(super) path: PathBuf,
    /// Bytes, when it was found.
    pub(super) size: u64,
    /// Milliseconds since the epoch, when it was found.
    pub(super) modified: i64,
    /// The byte that comes next.
    pub(super) offset: u64,
    /// The line that comes next, from 1.
    pub(super) line: u64,
}

impl FileSplit {
    /// The split that carries it.
    pub(super) fn to_split(&self) -> Result<Split, Failure> {
        let payload = serde_json::to_value(self)
            .map_err(|error| Failure::internal("a split cannot be written as JSON").caused_by(error))?;
        Ok(Split { id: format!("file:{}", self.path.display()), payload })
    }
}

/// What has been given out, as checkpoints hold it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct EnumeratorState {
    /// Whether the files were listed at all: a bounded source does it once.
    listed: bool,
    /// The files that were given out; empty for a bounded source, which has no use for them.
    returned: Vec<PathBuf>,
}

/// Lists a file or folder, again and again when it is monitored.
pub(super) struct FileEnumerator {
    table: FileTable,
    listed: bool,
    seen: HashSet<PathBuf>,
}

impl FileEnumerator {
    pub(super) fn new(table: FileTable) -> Self {
        Self { table, listed: false, seen: HashSet::new() }
    }
}

#[async_trait]
impl SplitEnumerator for FileEnumerator {
    async fn discover(&mut self) -> Result<Vec<Split>, Failure> {
        if self.listed && self.table.monitor_interval.is_none() {
            return Ok(Vec::new());
        }
        let root = self.table.path.clone();
        let found = tokio::task::spawn_blocking(move || list(&root)).await;
        let found = found.map_err(|error| Failure::internal(format!("listing files was interrupted: {error}")))?;
        let files = found.map_err(|error| cannot_list(&self.table, &error))?;
        let mut splits = Vec::new();
        for file in files {
            if is_wanted(&self.table, &file) && self.seen.insert(file.path.clone()) {
                splits.push(file.to_split()?);
            }
        }
        self.listed = true;
        Ok(splits)
    }

    fn assignment(&self) -> SplitAssignment {
        SplitAssignment::OnRequest
    }

    fn discovery_interval(&self) -> Option<Duration> {
        self.table.monitor_interval
    }

    fn snapshot(&self) -> Result<serde_json::Value, Failure> {
        let monitored = self.table.monitor_interval.is_some();
        let mut returned: Vec<PathBuf> = self.seen.iter().filter(|_| monitored).cloned().collect();
        returned.sort();
        serde_json::to_value(EnumeratorState { listed: self.listed, returned })
            .map_err(|error| Failure::internal("the files given out cannot be written as JSON").caused_by(error))
    }

    fn restore(&mut self, snapshot: serde_json::Value) -> Result<(), Failure> {
        let state: EnumeratorState = serde_json::from_value(snapshot).map_err(|error| {
            let table = &self.table.table;
            Failure::internal(format!("the checkpoint of table '{table}' is not one of the filesystem source"))
                .fatal()
                .caused_by(error)
        })?;
        self.listed = state.listed;
        self.seen.extend(state.returned);
        Ok(())
    }
}

/// The files of a table as they are now; blocks.
pub(super) fn files(table: &FileTable) -> Result<Vec<Split>, Failure> {
    let files = list(&table.path).map_err(|error| cannot_list(table, &error))?;
    files.iter().filter(|file| is_wanted(table, file)).map(FileSplit::to_split).collect()
}

fn is_wanted(table: &FileTable, file: &FileSplit) -> bool {
    table.pattern.as_ref().is_none_or(|pattern| pattern.is_match(&file.path.to_string_lossy()))
}

fn cannot_list(table: &FileTable, error: &io::Error) -> Failure {
    // A relative path is one of this process, whose folder whoever wrote it may not know.
    let absolute = std::path::absolute(&table.path).unwrap_or_else(|_| table.path.clone());
    let path = absolute.display();
    match error.kind() {
        io::ErrorKind::NotFound => Failure::user(format!(
            "file or folder {path} of table '{}' does not exist; check its option 'path'",
            table.table
        )),
        _ => Failure::external(format!("cannot list {path} of table '{}'", table.table)).caused_by(error),
    }
}

/// The file itself, or all files below the folder that are not hidden, by path.
fn list(root: &Path) -> io::Result<Vec<FileSplit>> {
    let mut files = Vec::new();
    let metadata = std::fs::metadata(root)?;
    if metadata.is_file() {
        files.push(split(root.to_path_buf(), &metadata));
        return Ok(files);
    }
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if is_hidden(&entry.file_name().to_string_lossy()) {
                continue;
            }
            // A file that is gone since it was listed is not an error: another job may have cleaned up.
            let Ok(metadata) = std::fs::metadata(entry.path()) else { continue };
            if metadata.is_dir() {
                folders.push(entry.path());
            } else {
                files.push(split(entry.path(), &metadata));
            }
        }
    }
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}

fn split(path: PathBuf, metadata: &std::fs::Metadata) -> FileSplit {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let modified = modified.map_or(0, |since| since.as_millis() as i64);
    FileSplit { path, size: metadata.len(), modified, offset: 0, line: 1 }
}
