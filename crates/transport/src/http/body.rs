//! Reading the body of a request, up to a size and not for ever.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures::{Stream, StreamExt};
use hyper::StatusCode;

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The connection broke.
    #[error("the body broke off: {0}")]
    Broken(String),
    /// The client has stopped sending.
    #[error("the body did not come within {} s (rest.idleness-timeout)", .0.as_secs_f64())]
    Idle(Duration),
    /// It is too large.
    #[error("the body is larger than {0} bytes (rest.server.max-content-length)")]
    TooLarge(usize),
}

impl BodyError {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            BodyError::Broken(_) => StatusCode::BAD_REQUEST,
            BodyError::Idle(_) => StatusCode::REQUEST_TIMEOUT,
            BodyError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}

/// Reads a body of at most `limit` bytes; between two parts of it no more than `idle` may pass.
pub async fn read_body<B: Buf, E: std::fmt::Display>(
    body: impl Stream<Item = Result<B, E>>,
    limit: usize,
    idle: Duration,
) -> Result<Bytes, BodyError> {
    let mut body = std::pin::pin!(body);
    let mut bytes = BytesMut::new();
    loop {
        let part = tokio::time::timeout(idle, body.next()).await.map_err(|_| BodyError::Idle(idle))?;
        let Some(part) = part else { return Ok(bytes.freeze()) };
        let mut part = part.map_err(|error| BodyError::Broken(error.to_string()))?;
        if bytes.len() + part.remaining() > limit {
            return Err(BodyError::TooLarge(limit));
        }
        while part.has_remaining() {
            let length = part.chunk().len();
            bytes.extend_from_slice(part.chunk());
            part.advance(length);
        }
    }
}
