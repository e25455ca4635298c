//! A part file of a sink: hidden while it is written, visible by a rename once it is complete.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use dataflow::Failure;

/// Text gathered before it is written.
const BUFFERED: usize = 256 << 10;

/// A file that is being written; removed when it is dropped before it was published.
pub(super) struct PartFile {
    hidden: PathBuf,
    visible: PathBuf,
    file: File,
    buffer: String,
    written: u64,
    published: bool,
}

impl PartFile {
    /// Creates `.NAME.inprogress.UNIQUE` in `folder`, and the folder when it is missing.
    pub(super) fn create(folder: &Path, name: &str, unique: &str) -> Result<Self, Failure> {
        let failed =
            |path: &Path, error| Failure::external(format!("cannot create {}", path.display())).caused_by(error);
        fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
        let hidden = folder.join(format!(".{name}.inprogress.{unique}"));
        let file = File::create_new(&hidden).map_err(|error| failed(&hidden, error))?;
        let visible = folder.join(name);
        Ok(Self { hidden, visible, file, buffer: String::new(), written: 0, published: false })
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

    /// Writes everything to the disk and keeps the file hidden.
    pub(super) fn complete(&mut self) -> Result<(), Failure> {
        self.write_out()?;
        self.file.sync_all().map_err(|error| self.failed(error))
    }

    /// Makes the file visible under its name.
    pub(super) fn publish(&mut self) -> Result<(), Failure> {
        fs::rename(&self.hidden, &self.visible).map_err(|error| {
            let (from, to) = (self.hidden.display(), self.visible.display());
            Failure::external(format!("cannot rename {from} to {to}")).caused_by(error)
        })?;
        self.published = true;
        Ok(())
    }

    fn write_out(&mut self) -> Result<(), Failure> {
        let written = self.file.write_all(self.buffer.as_bytes());
        written.map_err(|error| self.failed(error))?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn failed(&self, error: std::io::Error) -> Failure {
        Failure::external(format!("cannot write {}", self.hidden.display())).caused_by(error)
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.published {
            // The job has failed or was canceled: what is left behind would only take space. A failure here changes nothing.
            let _ = fs::remove_file(&self.hidden);
        }
    }
}
