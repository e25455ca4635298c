//! `S3Download`: the bytes of an object, read by a thread that may block. Each chunk is a request of its own, so that neither a slow reader nor
//! the time that the whole takes counts as a failure of the server.

use std::io::{self, Read};
use std::ops::Range;

use bytes::{Buf, Bytes};
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use tokio::runtime::Handle;

use super::s3::Bucket;
use crate::StorageError;

/// Bytes of a request; so many are in memory.
const CHUNK: u64 = 8 * 1024 * 1024;

pub(super) struct S3Download {
    bucket: Bucket,
    key: String,
    handle: Handle,
    chunk: Bytes,
    /// What is still to be asked for.
    rest: Range<u64>,
}

impl S3Download {
    /// Asks for the first bytes of a range that is not empty. Answers the length of the whole object too; when that is less than the range's end,
    /// there may be nothing to read.
    pub(super) fn open(
        bucket: Bucket,
        key: String,
        handle: Handle,
        range: Range<u64>,
    ) -> Result<(Self, u64), StorageError> {
        let mut download = Self { bucket, key, handle, chunk: Bytes::new(), rest: range };
        let end = download.rest.end;
        let length = match download.next_chunk() {
            Ok(length) => length,
            // A range behind the end is an error, which does not say where the end is.
            Err(error) => match download.handle.block_on(download.bucket.store.head(&download.object())) {
                Ok(object) if object.size < end => object.size,
                _ => return Err(download.bucket.failed("read", &download.key, error)),
            },
        };
        Ok((download, length))
    }

    fn object(&self) -> Key {
        Key::from(self.key.as_str())
    }

    /// Answers the length of the whole object.
    fn next_chunk(&mut self) -> object_store::Result<u64> {
        let end = self.rest.end.min(self.rest.start + CHUNK);
        let options = GetOptions { range: Some(GetRange::Bounded(self.rest.start..end)), ..GetOptions::default() };
        let store = &self.bucket.store;
        let (length, chunk) = self.handle.block_on(async {
            let answer = store.get_opts(&self.object(), options).await?;
            Ok::<_, object_store::Error>((answer.meta.size, answer.bytes().await?))
        })?;
        self.chunk = chunk;
        self.rest.start = end;
        Ok(length)
    }
}

impl Read for S3Download {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.chunk.is_empty() && !self.rest.is_empty() {
            let read = self.next_chunk();
            read.map_err(|error| io::Error::other(self.bucket.failed("read", &self.key, error)))?;
        }
        let taken = buffer.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buffer[..taken]);
        Ok(taken)
    }
}
