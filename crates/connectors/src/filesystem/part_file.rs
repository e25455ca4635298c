//! A part file while it is written: hidden, and removed when it is dropped before a checkpoint could refer to it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use dataflow::Failure;

use super::pending_file::PendingFile;

/// Text gathered before it is written.
const BUFFERED: usize = 256 << 10;

/// A file in progress.
pub(super) struct PartFile {
    hidden: HiddenFile,
    visible: PathBuf,
    file: File,
    buffer: String,
    written: u64,
    /// Bytes that are on the disk for sure.
    durable: u64,
}

/// A file that nothing more is written to, durable.
pub(super) struct CompletePart {
    hidden: HiddenFile,
    pending: PendingFile,
}

struct HiddenFile {
    path: PathBuf,
    /// It outlives this value.
    kept: bool,
}

impl PartFile {
    /// Creates `.NAME.inprogress.UNIQUE` in `folder`, which exists.
    pub(super) fn create(folder: &Path, name: &str, unique: &str) -> Result<Self, Failure> {
        let path = folder.join(format!(".{name}.inprogress.{unique}"));
        let file = File::create_new(&path)
            .map_err(|error| Failure::external(format!("cannot create {}", path.display())).caused_by(error))?;
        let (hidden, visible) = (HiddenFile { path, kept: false }, folder.join(name));
        Ok(Self { hidden, visible, file, buffer: String::new(), written: 0, durable: 0 })
    }

    /// Adds a record by letting `encode` append it, and ends its line.
    pub(super) fn add(&mut self, encode: impl FnOnce(&mut String) -> Result<(), Failure>) -> Result<(), Failure> {
        encode(&mut self.buffer)?;
        self.buffer.push('\n');
        if self.buffer.len() >= BUFFERED { self.write_out() } else { Ok(()) }
    }

    /// Bytes so far.
    pub(super) fn size(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// Makes sure that everything is on the disk.
    pub(super) fn sync(&mut self) -> Result<(), Failure> {
        self.write_out()?;
        if self.durable < self.written {
            self.file.sync_all().map_err(|error| self.failed(error))?;
            self.durable = self.written;
        }
        Ok(())
    }

    /// What is on the disk, for a checkpoint: the file stays there whatever becomes of this value.
    pub(super) fn keep(&mut self) -> PendingFile {
        self.hidden.kept = true;
        self.pending()
    }

    /// Ends the file.
    pub(super) fn complete(mut self) -> Result<CompletePart, Failure> {
        self.sync()?;
        let pending = self.pending();
        Ok(CompletePart { hidden: self.hidden, pending })
    }

    fn pending(&self) -> PendingFile {
        PendingFile { hidden: self.hidden.path.clone(), visible: self.visible.clone(), length: self.durable }
    }

    fn write_out(&mut self) -> Result<(), Failure> {
        let written = self.file.write_all(self.buffer.as_bytes());
        written.map_err(|error| self.failed(error))?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn failed(&self, error: std::io::Error) -> Failure {
        Failure::external(format!("cannot write {}", self.hidden.path.display())).caused_by(error)
    }
}

impl CompletePart {
    /// Leaves the file to whoever commits it.
    pub(super) fn hand_over(mut self) -> PendingFile {
        self.hidden.kept = true;
        self.pending
    }
}

impl Drop for HiddenFile {
    fn drop(&mut self) {
        if !self.kept {
            // The job has failed or was canceled: what is left behind would only take space. A failure here changes nothing.
            let _ = fs::remove_file(&self.path);
        }
    }
}
