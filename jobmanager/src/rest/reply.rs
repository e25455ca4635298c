//! `Reply`: an answer before it is HTTP.

use std::borrow::Cow;

use serde::Serialize;
use warp::http::StatusCode;

use super::error::RestError;
use super::messages::ErrorResponse;

pub(super) const JSON: &str = "application/json; charset=UTF-8";

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) content_type: Cow<'static, str>,
    pub(super) body: Vec<u8>,
}

/// What handlers return.
pub(super) type Answer = Result<Reply, RestError>;

impl Reply {
    /// 200 with a JSON body.
    pub(super) fn json<T: Serialize>(body: &T) -> Answer {
        Self::json_with(StatusCode::OK, body)
    }

    /// A JSON body with another status.
    pub(super) fn json_with<T: Serialize>(status: StatusCode, body: &T) -> Answer {
        let body =
            serde_json::to_vec(body).map_err(|error| RestError::internal(format!("cannot write JSON: {error}")))?;
        Ok(Reply { status, content_type: Cow::Borrowed(JSON), body })
    }

    /// `{}`.
    pub(super) fn empty(status: StatusCode) -> Answer {
        Ok(Reply { status, content_type: Cow::Borrowed(JSON), body: b"{}".to_vec() })
    }
}

impl From<RestError> for Reply {
    fn from(error: RestError) -> Self {
        let body = serde_json::to_vec(&ErrorResponse { errors: error.errors })
            .unwrap_or_else(|_| br#"{"errors":["Internal server error."]}"#.to_vec());
        Reply { status: error.status, content_type: Cow::Borrowed(JSON), body }
    }
}
