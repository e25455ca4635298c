//! Files on the local disk (or what is mounted there). A file gets its name when it is complete and on disk; so does the entry of its folder.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::new_file_name;
use crate::StorageError;

/// How much is read at once.
const CHUNK: usize = 256 * 1024;

pub(super) fn put(path: &Path, content: &[u8]) -> Result<(), StorageError> {
    let mut file = NewFile::create(path)?;
    file.write_all(content).map_err(|error| StorageError::local("write", path, &error))?;
    file.publish()
}

pub(super) fn get(path: &Path) -> Result<Bytes, StorageError> {
    fs::read(path).map(Bytes::from).map_err(|error| StorageError::local("read", path, &error))
}

pub(super) fn folders(path: &Path) -> Result<Vec<String>, StorageError> {
    let failed = |error: io::Error| StorageError::local("list", path, &error);
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

pub(super) fn delete(path: &Path) -> Result<(), StorageError> {
    gone(fs::remove_file(path), path)
}

pub(super) fn delete_folder(path: &Path) -> Result<(), StorageError> {
    gone(fs::remove_dir_all(path), path)
}

/// Deletes a folder in which nothing is. One that has something in it stays, which is no error.
pub(super) fn delete_empty_folder(path: &Path) -> Result<(), StorageError> {
    match fs::remove_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        deleted => gone(deleted, path),
    }
}

fn gone(result: io::Result<()>, path: &Path) -> Result<(), StorageError> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StorageError::local("delete", path, &error)),
        _ => Ok(()),
    }
}

/// Gives an existing file, which never changes, a second name. False when the file system cannot; then it is to be copied.
pub(super) fn link(from: &Path, to: &Path) -> Result<bool, StorageError> {
    let failed = |error: io::Error| StorageError::local("write", to, &error);
    let folder = make_folder_of(to)?;
    File::open(from).and_then(|file| file.sync_all()).map_err(|error| StorageError::local("read", from, &error))?;
    if fs::hard_link(from, to).is_err() {
        return Ok(false);
    }
    sync_folder(&folder).map_err(failed)?;
    Ok(true)
}

/// Reads a file to its end: its length and CRC-32C.
pub(super) fn measure(from: &Path, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<(u64, u32)> {
    let mut file = File::open(from)?;
    let mut chunk = vec![0; CHUNK];
    let (mut bytes, mut checksum) = (0, 0);
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok((bytes, checksum));
        }
        bytes += read as u64;
        checksum = crc32c::crc32c_append(checksum, &chunk[..read]);
        each(&chunk[..read])?;
    }
}

/// A file that is being written under a temporary name. Dropped unpublished, it is gone.
pub(super) struct NewFile {
    path: PathBuf,
    folder: PathBuf,
    temporary: PathBuf,
    file: Option<BufWriter<File>>,
}

impl NewFile {
    pub(super) fn create(path: &Path) -> Result<Self, StorageError> {
        let folder = make_folder_of(path)?;
        let temporary = folder.join(format!(".{}.part", new_file_name()));
        let file = File::create_new(&temporary).map_err(|error| StorageError::local("write", path, &error))?;
        Ok(Self { path: path.to_owned(), folder, temporary, file: Some(BufWriter::with_capacity(CHUNK, file)) })
    }

    /// Puts it on disk and under its name.
    pub(super) fn publish(mut self) -> Result<(), StorageError> {
        let published = self.rename();
        published.map_err(|error| StorageError::local("write", &self.path, &error))
    }

    fn rename(&mut self) -> io::Result<()> {
        let writer = self.file.as_mut().expect("it is taken once, here");
        writer.flush()?;
        writer.get_ref().sync_all()?;
        fs::rename(&self.temporary, &self.path)?;
        self.file = None;
        sync_folder(&self.folder)
    }
}

impl Write for NewFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.file.as_mut().expect("it is taken when it is published").write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().expect("it is taken when it is published").flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if self.file.is_some() {
            // Nobody knows the temporary name, so nobody needs to hear that it could not be deleted.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Makes the folder that a file is to be in, so that it is still there after a crash.
fn make_folder_of(path: &Path) -> Result<PathBuf, StorageError> {
    let folder = path.parent().ok_or_else(|| StorageError::Invalid(format!("{} names no file", path.display())))?;
    let missing: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.is_dir()).collect();
    let made = fs::create_dir_all(folder);
    let synced = made.and_then(|()| missing.iter().filter_map(|folder| folder.parent()).try_for_each(sync_folder));
    synced.map_err(|error| StorageError::Failed {
        action: "make the folder",
        location: folder.display().to_string(),
        cause: error.to_string(),
    })?;
    Ok(folder.to_owned())
}

fn sync_folder(folder: impl AsRef<Path>) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
