//! The blocking sides of the storage, as state backends see them: [`CheckpointStorage`] writes, [`FileReader`] reads and checks.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use dataflow::Failure;
use dataflow::checkpoint::{CheckpointLocation, StateFile};
use dataflow::snapshot::{StateFileWriter, StateReader, StateScope, StateStorage};
use tokio::runtime::Handle;

use super::download::S3Download;
use super::local::{self, NewFile};
use super::upload::S3Upload;
use super::{Storage, new_file_name};
use crate::StorageError;
use crate::location::Location;

/// Stores the files of one checkpoint.
pub struct CheckpointStorage {
    storage: Storage,
    location: CheckpointLocation,
    handle: Handle,
}

impl CheckpointStorage {
    pub(super) fn new(storage: Storage, location: CheckpointLocation, handle: Handle) -> Self {
        Self { storage, location, handle }
    }

    fn new_file(&self, scope: StateScope) -> Result<Location, StorageError> {
        let folder = match (scope, &self.location.shared) {
            (StateScope::Shared, Some(shared)) => shared,
            _ => &self.location.exclusive,
        };
        Ok(Location::parse(folder)?.child(&new_file_name()))
    }

    fn open(&self, location: &Location) -> Result<NewStateFile, StorageError> {
        let target = match location {
            Location::Local(path) => Target::Local(NewFile::create(path)?),
            Location::S3 { bucket, key } => {
                Target::S3(S3Upload::new(self.storage.bucket(bucket)?, key.clone(), self.handle.clone()))
            }
        };
        Ok(NewStateFile { location: location.to_string(), target, bytes: 0, checksum: 0 })
    }

    fn store(&self, scope: StateScope, file: &Path) -> Result<StateFile, StorageError> {
        let location = self.new_file(scope)?;
        // What may be shared never changes, so that a link is as good as a copy.
        if let (StateScope::Shared, Location::Local(path)) = (scope, &location)
            && local::link(file, path)?
        {
            let measured = local::measure(path, |_| Ok(()));
            let (bytes, checksum) = measured.map_err(|error| StorageError::local("read", path, &error))?;
            return Ok(StateFile { location: location.to_string(), bytes, checksum });
        }
        let mut copy = self.open(&location)?;
        local::measure(file, |chunk| copy.write_all(chunk)).map_err(|error| StorageError::Failed {
            action: "write",
            location: location.to_string(),
            cause: format!("copying {}: {error}", file.display()),
        })?;
        copy.publish()
    }
}

impl StateStorage for CheckpointStorage {
    fn store_file(&self, scope: StateScope, file: &Path) -> Result<StateFile, Failure> {
        Ok(self.store(scope, file)?)
    }

    fn create(&self, scope: StateScope) -> Result<Box<dyn StateFileWriter>, Failure> {
        Ok(Box::new(self.open(&self.new_file(scope)?)?))
    }

    fn discard(&self, file: &StateFile) {
        self.handle.block_on(crate::discard_files(&self.storage, [file.clone()]));
    }
}

enum Target {
    Local(NewFile),
    S3(S3Upload),
}

/// A file that is being stored, with what is known of it so far.
struct NewStateFile {
    location: String,
    target: Target,
    bytes: u64,
    checksum: u32,
}

impl NewStateFile {
    fn publish(self) -> Result<StateFile, StorageError> {
        match self.target {
            Target::Local(file) => file.publish()?,
            Target::S3(upload) => upload.finish()?,
        }
        Ok(StateFile { location: self.location, bytes: self.bytes, checksum: self.checksum })
    }
}

impl Write for NewStateFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = match &mut self.target {
            Target::Local(file) => file
                .write(buffer)
                .map_err(|error| io::Error::new(error.kind(), format!("cannot write {}: {error}", self.location)))?,
            Target::S3(upload) => upload.write(buffer)?,
        };
        self.bytes += written as u64;
        self.checksum = crc32c::crc32c_append(self.checksum, &buffer[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.target {
            Target::Local(file) => file.flush(),
            Target::S3(upload) => upload.flush(),
        }
    }
}

impl StateFileWriter for NewStateFile {
    fn finish(self: Box<Self>) -> Result<StateFile, Failure> {
        Ok(self.publish()?)
    }
}

/// Reads the files of any checkpoint.
pub struct FileReader {
    storage: Storage,
    handle: Handle,
}

impl FileReader {
    pub(super) fn new(storage: Storage, handle: Handle) -> Self {
        Self { storage, handle }
    }

    fn open(&self, file: &StateFile, offset: u64, length: u64) -> Result<Box<dyn Read + Send>, StorageError> {
        let damaged = |problem: String| Err(StorageError::Damaged { location: file.location.clone(), problem });
        let end = offset.saturating_add(length);
        if end > file.bytes {
            return damaged(format!("bytes {offset} to {end} of it are wanted, it has {}", file.bytes));
        }
        let (reader, found): (Box<dyn Read + Send>, u64) = match Location::parse(&file.location)? {
            Location::Local(path) => {
                let failed = |error: io::Error| StorageError::local("read", &path, &error);
                let mut opened = File::open(&path).map_err(failed)?;
                let found = opened.metadata().map_err(failed)?.len();
                opened.seek(SeekFrom::Start(offset)).map_err(failed)?;
                (Box::new(opened.take(length)), found)
            }
            // S3 knows no empty ranges.
            Location::S3 { .. } if length == 0 => (Box::new(io::empty()), file.bytes),
            Location::S3 { bucket, key } => {
                let bucket = self.storage.bucket(&bucket)?;
                let (download, found) = S3Download::open(bucket, key, self.handle.clone(), offset..end)?;
                (Box::new(download), found)
            }
        };
        if found != file.bytes {
            return damaged(format!("it has {found} bytes, {} were written", file.bytes));
        }
        Ok(reader)
    }

    fn copy(&self, file: &StateFile, mut copy: File, to: &Path) -> Result<(), StorageError> {
        let mut reader = self.open(file, 0, file.bytes)?;
        let mut chunk = vec![0; 256 * 1024];
        let (mut bytes, mut checksum) = (0, 0);
        loop {
            let read = reader.read(&mut chunk).map_err(|error| StorageError::Failed {
                action: "read",
                location: file.location.clone(),
                cause: error.to_string(),
            })?;
            if read == 0 {
                break;
            }
            bytes += read as u64;
            checksum = crc32c::crc32c_append(checksum, &chunk[..read]);
            copy.write_all(&chunk[..read]).map_err(|error| StorageError::local("write", to, &error))?;
        }
        if (bytes, checksum) == (file.bytes, file.checksum) {
            return Ok(());
        }
        let problem =
            if bytes == file.bytes { "its checksum is wrong".into() } else { format!("it ends after {bytes} bytes") };
        Err(StorageError::Damaged { location: file.location.clone(), problem })
    }
}

impl StateReader for FileReader {
    fn fetch(&self, file: &StateFile, to: &Path) -> Result<(), Failure> {
        // Never into a file that is there: it may be a link to one that a checkpoint is being stored from.
        let copy = File::create_new(to).map_err(|error| StorageError::local("write", to, &error))?;
        self.copy(file, copy, to).map_err(|error| {
            // Whoever looks at the target later must not take it for the file.
            let _ = std::fs::remove_file(to);
            error.into()
        })
    }

    fn read(&self, file: &StateFile, offset: u64, length: u64) -> Result<Box<dyn Read + Send>, Failure> {
        Ok(self.open(file, offset, length)?)
    }
}
