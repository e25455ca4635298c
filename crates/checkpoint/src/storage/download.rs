//! `S3Download`: the bytes of an object, read by a thread that may block. What breaks on the way is asked for again by the store's client.

use std::io::{self, Read};

use bytes::{Buf, Bytes};
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, ObjectStore};
use tokio::runtime::Handle;

use super::s3::Bucket;
use crate::StorageError;

pub(super) struct S3Download {
    bucket: Bucket,
    key: String,
    handle: Handle,
    chunks: BoxStream<'static, object_store::Result<Bytes>>,
    chunk: Bytes,
    /// Length of the whole object.
    pub(super) object_bytes: u64,
}

impl S3Download {
    /// All bytes from `start` up to `end` exclusive, which must be more than none.
    pub(super) fn open(
        bucket: Bucket,
        key: String,
        handle: Handle,
        start: u64,
        end: u64,
    ) -> Result<Self, StorageError> {
        let options = GetOptions { range: Some(GetRange::Bounded(start..end)), ..GetOptions::default() };
        let answer = handle.block_on(bucket.store.get_opts(&Key::from(key.as_str()), options));
        let answer = answer.map_err(|error| bucket.failed("read", &key, error))?;
        let object_bytes = answer.meta.size;
        Ok(Self { chunks: answer.into_stream(), bucket, key, handle, chunk: Bytes::new(), object_bytes })
    }
}

impl Read for S3Download {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.handle.block_on(self.chunks.next()) {
                None => return Ok(0),
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(error)) => return Err(io::Error::other(self.bucket.failed("read", &self.key, error))),
            }
        }
        let taken = buffer.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buffer[..taken]);
        Ok(taken)
    }
}
