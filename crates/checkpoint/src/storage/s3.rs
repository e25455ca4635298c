//! S3 and what speaks its protocol. Server errors (5xx), 429, timeouts and broken connections are tried again, with growing pauses, until
//! `s3.retry.timeout` has passed; then they are an error that names the file. An object is there as a whole or not at all.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::config::options::{
    S3_ACCESS_KEY, S3_ENDPOINT, S3_PATH_STYLE_ACCESS, S3_REGION, S3_RETRY_TIMEOUT, S3_SECRET_KEY,
};
use common::config::{ConfigError, Configuration};
use futures::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{BackoffConfig, ClientOptions, Error, ObjectStore, ObjectStoreExt, RetryConfig};

use crate::StorageError;

/// A try that takes longer counts as failed. Of a part of an upload or a chunk of a download, not of a whole file.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How to reach S3: from the configuration, and where that is silent from the environment (`AWS_ACCESS_KEY_ID`, `AWS_REGION`, ...).
pub(super) struct S3Settings {
    endpoint: Option<String>,
    access_key: Option<String>,
    secret_key: Option<String>,
    region: Option<String>,
    path_style: Option<bool>,
    retry_timeout: Duration,
}

impl S3Settings {
    pub(super) fn new(config: &Configuration) -> Result<Self, StorageError> {
        let settings = Self::read(config).map_err(|error| StorageError::Invalid(error.to_string()))?;
        if settings.access_key.is_some() != settings.secret_key.is_some() {
            return Err(StorageError::Invalid("set both or none of s3.access-key and s3.secret-key".into()));
        }
        Ok(settings)
    }

    fn read(config: &Configuration) -> Result<Self, ConfigError> {
        let with_scheme = |text: String| if text.contains("://") { text } else { format!("https://{text}") };
        Ok(Self {
            endpoint: config.get(&S3_ENDPOINT)?.map(with_scheme),
            access_key: config.get(&S3_ACCESS_KEY)?,
            secret_key: config.get(&S3_SECRET_KEY)?,
            region: config.get(&S3_REGION)?,
            path_style: config.get(&S3_PATH_STYLE_ACCESS)?,
            retry_timeout: config.get(&S3_RETRY_TIMEOUT)?,
        })
    }

    pub(super) fn open(&self, bucket: &str) -> Result<Bucket, StorageError> {
        // A server of one's own is rarely reachable under names that begin with those of its buckets.
        let path_style = self.path_style.unwrap_or(self.endpoint.is_some());
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_virtual_hosted_style_request(!path_style)
            .with_disable_tagging(true)
            .with_retry(self.retry())
            .with_client_options(client_options());
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_allow_http(endpoint.starts_with("http://")).with_endpoint(match path_style {
                true => endpoint.clone(),
                false => endpoint.replacen("://", &format!("://{bucket}."), 1),
            });
        }
        if let (Some(access_key), Some(secret_key)) = (&self.access_key, &self.secret_key) {
            builder = builder.with_access_key_id(access_key).with_secret_access_key(secret_key);
        }
        if let Some(region) = &self.region {
            builder = builder.with_region(region);
        }
        let store = builder.build().map_err(|error| {
            StorageError::Invalid(format!("s3://{bucket} cannot be used with the s3.* settings: {error}"))
        })?;
        Ok(Bucket { name: bucket.into(), store: Arc::new(store) })
    }

    fn retry(&self) -> RetryConfig {
        let backoff =
            BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(5), base: 2.0 };
        RetryConfig { backoff, max_retries: usize::MAX, retry_timeout: self.retry_timeout }
    }
}

fn client_options() -> ClientOptions {
    ClientOptions::new().with_timeout(REQUEST_TIMEOUT).with_connect_timeout(CONNECT_TIMEOUT)
}

/// One bucket. Cheap to clone.
#[derive(Clone)]
pub(super) struct Bucket {
    name: Arc<str>,
    pub(super) store: Arc<AmazonS3>,
}

impl Bucket {
    pub(super) async fn put(&self, key: &str, content: Bytes) -> Result<(), StorageError> {
        self.store
            .put(&Key::from(key), content.into())
            .await
            .map(drop)
            .map_err(|error| self.failed("write", key, error))
    }

    pub(super) async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        let read = async { self.store.get(&Key::from(key)).await?.bytes().await };
        read.await.map_err(|error| self.failed("read", key, error))
    }

    pub(super) async fn folder_exists(&self, key: &str) -> Result<bool, StorageError> {
        let first = self.store.list(Some(&Key::from(key))).next().await.transpose();
        first.map(|first| first.is_some()).map_err(|error| self.failed("list", key, error))
    }

    pub(super) async fn folders(&self, key: &str) -> Result<Vec<String>, StorageError> {
        let list = self.store.list_with_delimiter(Some(&Key::from(key))).await;
        let list = list.map_err(|error| self.failed("list", key, error))?;
        Ok(list.common_prefixes.iter().filter_map(|folder| folder.filename().map(str::to_owned)).collect())
    }

    pub(super) async fn delete(&self, key: &str) -> Result<(), StorageError> {
        match self.store.delete(&Key::from(key)).await {
            Err(error) if !matches!(error, Error::NotFound { .. }) => Err(self.failed("delete", key, error)),
            _ => Ok(()),
        }
    }

    pub(super) async fn delete_folder(&self, key: &str) -> Result<(), StorageError> {
        let files = self.store.list(Some(&Key::from(key))).map_ok(|file| file.location).boxed();
        let deleted = self.store.delete_stream(files).filter(|deleted| {
            let missing = matches!(deleted, Err(Error::NotFound { .. }));
            async move { !missing }
        });
        deleted.try_for_each(|_| async { Ok(()) }).await.map_err(|error| self.failed("delete", key, error))
    }

    /// The error of a request. Of a read that found nothing, that the file does not exist.
    pub(super) fn failed(&self, action: &'static str, key: &str, error: Error) -> StorageError {
        let location = format!("s3://{}/{key}", self.name);
        if action == "read" && matches!(error, Error::NotFound { .. }) {
            return StorageError::NotFound { location };
        }
        StorageError::Failed { action, location, cause: error.to_string() }
    }
}
