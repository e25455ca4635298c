//! `GatewaySession`: a session at a SQL gateway, over its REST API.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, anyhow};
use gateway::Throwable;
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::rest_access::{RestAccess, RestAddress, tls_problem};

/// As Flink's client does it.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// An open session; clones are the same one.
#[derive(Debug, Clone)]
pub struct GatewaySession {
    http: reqwest::Client,
    address: String,
    /// `http://host:port/v4/sessions/<handle>`
    url: String,
}

/// A page of results.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    pub(super) result_type: ResultType,
    #[serde(default)]
    pub(super) is_query_result: bool,
    #[serde(rename = "jobID")]
    pub(super) job_id: Option<String>,
    pub(super) result_kind: Option<String>,
    pub(super) results: Option<Results>,
    next_result_uri: Option<String>,
}

/// What a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ResultType {
    NotReady,
    Payload,
    Eos,
}

/// Columns and rows.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Results {
    pub(super) columns: Vec<Column>,
    pub(super) data: Vec<Row>,
}

/// A column.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) logical_type: ColumnType,
}

/// As much of a type as its width needs.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ColumnType {
    #[serde(rename = "type")]
    pub(super) root: String,
    pub(super) length: Option<usize>,
    pub(super) precision: Option<usize>,
}

/// A row: what became of it, and its cells; `None` is NULL.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Row {
    pub(super) kind: String,
    pub(super) fields: Vec<Option<String>>,
}

impl Row {
    /// `+I`, `-U`, `+U` or `-D`.
    pub(super) fn op(&self) -> &'static str {
        match self.kind.as_str() {
            "UPDATE_BEFORE" => "-U",
            "UPDATE_AFTER" => "+U",
            "DELETE" => "-D",
            _ => "+I",
        }
    }
}

impl Page {
    /// The token of the next page.
    pub(super) fn next_token(&self) -> Option<u64> {
        let uri = self.next_result_uri.as_deref()?;
        let path = uri.split('?').next().unwrap_or(uri);
        path.rsplit('/').next()?.parse().ok()
    }
}

impl GatewaySession {
    /// Opens a session with these properties at the gateway at `host:port`, which may have `https://` before it.
    pub async fn open(
        address: &str,
        access: &RestAccess,
        name: &str,
        properties: &BTreeMap<String, String>,
    ) -> anyhow::Result<Self> {
        let key = "sql-gateway.endpoint.rest.port (8083)";
        let RestAddress { scheme, host_and_port: address } = access.address(address, "SQL gateway", key)?;
        let mut session = Self { http: access.http(), url: format!("{scheme}://{address}/v4"), address };
        let body = json!({ "sessionName": name, "properties": properties });
        let opened: Value = session.call(Method::POST, "/sessions", Some(&body)).await?;
        let handle = opened["sessionHandle"].as_str().context("the SQL gateway gave no session handle")?;
        session.url = format!("{}/sessions/{handle}", session.url);
        let beating = session.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(HEARTBEAT).await;
                if beating.call::<Value>(Method::POST, "/heartbeat", None).await.is_err() {
                    return;
                }
            }
        });
        Ok(session)
    }

    /// The session's whole configuration.
    pub(super) async fn config(&self) -> anyhow::Result<BTreeMap<String, String>> {
        #[derive(Deserialize)]
        struct Body {
            properties: BTreeMap<String, String>,
        }
        Ok(self.call::<Body>(Method::GET, "", None).await?.properties)
    }

    /// Begins to run a statement; returns the operation's handle.
    pub(super) async fn execute(&self, statement: &str) -> anyhow::Result<String> {
        let body: Value = self.call(Method::POST, "/statements", Some(&json!({ "statement": statement }))).await?;
        body["operationHandle"].as_str().map(str::to_owned).context("the SQL gateway gave no operation handle")
    }

    /// Runs a statement that configures the session.
    pub(super) async fn configure(&self, statement: &str) -> anyhow::Result<()> {
        let body = json!({ "statement": statement });
        self.call::<Value>(Method::POST, "/configure-session", Some(&body)).await.map(drop)
    }

    /// A page of results.
    pub(super) async fn fetch(&self, operation: &str, token: u64) -> anyhow::Result<Page> {
        let path = format!("/operations/{operation}/result/{token}?rowFormat=PLAIN_TEXT");
        self.call(Method::GET, &path, None).await
    }

    /// Ends an operation, with the query behind it.
    pub(super) async fn close_operation(&self, operation: &str) -> anyhow::Result<()> {
        self.call::<Value>(Method::DELETE, &format!("/operations/{operation}/close"), None).await.map(drop)
    }

    /// What could stand at this place, counted in characters.
    pub(super) async fn complete(&self, statement: &str, position: usize) -> anyhow::Result<Vec<String>> {
        #[derive(Deserialize)]
        struct Body {
            candidates: Vec<String>,
        }
        let body = json!({ "statement": statement, "position": position });
        Ok(self.call::<Body>(Method::GET, "/complete-statement", Some(&body)).await?.candidates)
    }

    /// Closes the session.
    pub async fn close(&self) -> anyhow::Result<()> {
        self.call::<Value>(Method::DELETE, "", None).await.map(drop)
    }

    async fn call<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<T> {
        let request = self.http.request(method, format!("{}{path}", self.url));
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let text = response.text().await.map_err(|error| self.unreachable(&error))?;
        if !status.is_success() {
            return Err(refusal(&text)
                .unwrap_or_else(|| anyhow!("the SQL gateway at {} answered {status}: {text}", self.address)));
        }
        serde_json::from_str(&text).with_context(|| format!("what answers at {} is no SQL gateway", self.address))
    }

    fn unreachable(&self, error: &reqwest::Error) -> anyhow::Error {
        if let Some(problem) = tls_problem(error) {
            anyhow!("no TLS with the SQL gateway at {}: {problem}; look at security.ssl.rest.* of both", self.address)
        } else if error.is_connect() || error.is_timeout() {
            anyhow!(
                "no SQL gateway answers at {}; start one with 'flinkrs sql-gateway', or name another with -e HOST:PORT",
                self.address
            )
        } else {
            anyhow!("the SQL gateway at {} broke off while being asked: {error}", self.address)
        }
    }
}

/// The innermost cause of an error answer.
fn refusal(body: &str) -> Option<anyhow::Error> {
    #[derive(Deserialize)]
    struct Body {
        errors: Vec<String>,
    }
    let errors = serde_json::from_str::<Body>(body).ok()?.errors;
    let text = errors.last()?;
    let text = text.strip_prefix("<Exception on server side:\n").unwrap_or(text);
    let text = text.split("\nEnd of exception on server side>").next().unwrap_or(text);
    Some(Throwable::from_stack_trace(text).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_cause_is_said() {
        let body = json!({"errors": ["Internal server error.", "<Exception on server side:\na.B: outer\n\tat x.Y(Y.java)\nCaused by: c.D: inner\nsecond line\n\t... 1 more\n\nEnd of exception on server side>"]});
        assert_eq!(refusal(&body.to_string()).expect("an error").to_string(), "c.D: inner\nsecond line");
        assert!(refusal("<html>").is_none());
    }

    #[test]
    fn the_token_is_in_the_uri() {
        let body = json!({"resultType": "NOT_READY", "nextResultUri": "/v4/sessions/a/operations/b/result/7?rowFormat=PLAIN_TEXT"});
        let page: Page = serde_json::from_value(body).expect("a page");
        assert_eq!(page.next_token(), Some(7));
    }
}
