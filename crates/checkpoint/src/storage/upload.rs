//! `S3Upload`: a file on its way to S3, in parts. At most two parts are in memory: one that is filled and one that is sent.

use std::io::{self, Write};

use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectStoreExt};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::s3::Bucket;
use crate::StorageError;

/// Bytes of a part; S3 takes at most 10,000 of them, so the longest file has 80 GB.
const PART: usize = 8 * 1024 * 1024;

pub(super) struct S3Upload {
    bucket: Bucket,
    key: String,
    handle: Handle,
    filling: Vec<u8>,
    sending: Option<JoinHandle<object_store::Result<()>>>,
    upload: Option<Box<dyn MultipartUpload>>,
}

impl S3Upload {
    pub(super) fn new(bucket: Bucket, key: String, handle: Handle) -> Self {
        Self { bucket, key, handle, filling: Vec::new(), sending: None, upload: None }
    }

    /// Makes the object visible. A short one takes a single request.
    pub(super) fn finish(mut self) -> Result<(), StorageError> {
        if self.upload.is_none() {
            let content = std::mem::take(&mut self.filling).into();
            return self.handle.block_on(self.bucket.put(&self.key, content));
        }
        let completed = self.complete();
        completed.map_err(|error| self.bucket.failed("write", &self.key, error))
    }

    fn complete(&mut self) -> object_store::Result<()> {
        if !self.filling.is_empty() {
            self.send()?;
        }
        self.wait()?;
        let upload = self.upload.as_mut().expect("parts were sent");
        self.handle.block_on(upload.complete())?;
        self.upload = None;
        Ok(())
    }

    /// Sends what was gathered, once the part before has arrived.
    fn send(&mut self) -> object_store::Result<()> {
        self.wait()?;
        if self.upload.is_none() {
            let key = Key::from(self.key.as_str());
            self.upload = Some(self.handle.block_on(self.bucket.store.put_multipart(&key))?);
        }
        let upload = self.upload.as_mut().expect("it was just begun");
        let part = std::mem::take(&mut self.filling);
        self.sending = Some(self.handle.spawn(upload.put_part(part.into())));
        Ok(())
    }

    fn wait(&mut self) -> object_store::Result<()> {
        let Some(sending) = self.sending.take() else { return Ok(()) };
        self.handle.block_on(sending).map_err(|source| object_store::Error::JoinError { source })?
    }
}

impl Write for S3Upload {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.filling.len() >= PART {
            self.send().map_err(|error| io::Error::other(self.bucket.failed("write", &self.key, error)))?;
        }
        let taken = buffer.len().min(PART - self.filling.len());
        self.filling.extend_from_slice(&buffer[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for S3Upload {
    fn drop(&mut self) {
        let Some(mut upload) = self.upload.take() else { return };
        let sending = self.sending.take();
        self.handle.spawn(async move {
            // A part that arrives after the end would be kept, and paid for.
            if let Some(sending) = sending {
                let _ = sending.await;
            }
            if let Err(error) = upload.abort().await {
                tracing::warn!(%error, "the parts of an unfinished upload to S3 could not be deleted");
            }
        });
    }
}
