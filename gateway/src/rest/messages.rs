//! Bodies of requests and short answers. Results, which are long, are written by `result_body`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `POST /sessions`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OpenSessionRequestBody {
    pub(super) properties: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpenSessionResponseBody {
    pub(super) session_handle: Uuid,
}

/// `GET /sessions/:session_handle`
#[derive(Debug, Serialize)]
pub(super) struct GetSessionConfigResponseBody<'a> {
    /// Without secrets.
    pub(super) properties: BTreeMap<&'a str, &'a str>,
}

/// `POST /sessions/:session_handle/configure-session`
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ConfigureSessionRequestBody {
    pub(super) statement: Option<String>,
    pub(super) execution_timeout: Option<i64>,
}

/// `POST /sessions/:session_handle/statements`
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ExecuteStatementRequestBody {
    pub(super) statement: Option<String>,
    pub(super) execution_timeout: Option<i64>,
    pub(super) execution_config: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecuteStatementResponseBody {
    pub(super) operation_handle: Uuid,
}

/// `GET /sessions/:session_handle/complete-statement`
#[derive(Debug, Deserialize)]
pub(super) struct CompleteStatementRequestBody {
    #[serde(default)]
    pub(super) statement: Option<String>,
    pub(super) position: i64,
}

#[derive(Debug, Serialize)]
pub(super) struct CompleteStatementResponseBody {
    pub(super) candidates: Vec<String>,
}

/// The status of an operation or a session.
#[derive(Debug, Serialize)]
pub(super) struct StatusResponseBody {
    pub(super) status: &'static str,
}

/// `GET /info`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetInfoResponseBody {
    pub(super) product_name: &'static str,
    pub(super) version: &'static str,
}

/// `GET /api_versions`
#[derive(Debug, Serialize)]
pub(super) struct GetApiVersionResponseBody {
    pub(super) versions: [&'static str; 4],
}

/// Every error answer.
#[derive(Debug, Serialize)]
pub(super) struct ErrorResponseBody {
    pub(super) errors: Vec<String>,
}
