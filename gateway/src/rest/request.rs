//! `Request`: what was asked, before it is answered.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use warp::http::Method;

use super::error::RestError;

/// A request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: Bytes,
}

impl Request {
    /// A parameter behind the `?`.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
    }

    /// The body; one that is empty is as one without fields.
    pub(super) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, RestError> {
        let bytes: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(bytes).map_err(|error| RestError::bad_body(name, error))
    }
}

/// A handle in a path.
pub(super) fn handle(name: &str, text: &str) -> Result<Uuid, RestError> {
    text.parse().map_err(|_| RestError::bad_parameter("path", name, text))
}
