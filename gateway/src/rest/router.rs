//! `Router`: which handler answers which path, and the handlers, which are short.

use common::config::shown;
use serde::Serialize;
use warp::http::{Method, StatusCode};

use super::error::RestError;
use super::messages::{
    CompleteStatementRequestBody, CompleteStatementResponseBody, ConfigureSessionRequestBody, ErrorResponseBody,
    ExecuteStatementRequestBody, ExecuteStatementResponseBody, GetApiVersionResponseBody, GetInfoResponseBody,
    GetSessionConfigResponseBody, OpenSessionRequestBody, OpenSessionResponseBody, StatusResponseBody,
};
use super::request::{Request, handle};
use super::result_body::{self, RowFormat};
use crate::service::{Fetched, SessionManager};
use crate::throwable::Throwable;

/// The version of a path without one.
const DEFAULT_VERSION: u32 = 4;

/// The paths. Clones share what is behind them.
#[derive(Clone)]
pub(crate) struct Router {
    sessions: SessionManager,
}

/// A status and a JSON body.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
}

type Answer = Result<Reply, RestError>;

impl From<RestError> for Reply {
    fn from(error: RestError) -> Self {
        let body = serde_json::to_string(&ErrorResponseBody { errors: error.errors });
        Reply { status: error.status, body: body.unwrap_or_else(|_| r#"{"errors":[]}"#.to_owned()) }
    }
}

fn ok<T: Serialize>(body: &T) -> Answer {
    let body = serde_json::to_string(body).map_err(|_| RestError::no_json())?;
    Ok(Reply { status: StatusCode::OK, body })
}

impl Router {
    /// A router to these sessions.
    pub(crate) fn new(sessions: SessionManager) -> Self {
        Self { sessions }
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, request: Request) -> Reply {
        self.route(&request).await.unwrap_or_else(Reply::from)
    }

    async fn route(&self, request: &Request) -> Answer {
        let segments: Vec<&str> = request.path.split('/').filter(|segment| !segment.is_empty()).collect();
        let (version, path) = match segments.as_slice() {
            [first, rest @ ..] => match version(first) {
                Some(version) => (version, rest),
                None => (DEFAULT_VERSION, segments.as_slice()),
            },
            [] => (DEFAULT_VERSION, segments.as_slice()),
        };
        match (request.method.as_str(), path) {
            ("GET", ["info"]) => ok(&GetInfoResponseBody { product_name: "Apache Flink", version: "2.3.0" }),
            ("GET", ["api_versions"]) => ok(&GetApiVersionResponseBody { versions: ["V1", "V2", "V3", "V4"] }),
            ("POST", ["sessions"]) => self.open_session(request),
            (_, ["sessions", session, rest @ ..]) => self.session_route(request, version, session, rest).await,
            _ => Err(RestError::unknown_path(&request.path)),
        }
    }

    async fn session_route(&self, request: &Request, version: u32, session: &str, path: &[&str]) -> Answer {
        let id = || handle("session_handle", session);
        match (request.method.as_str(), path) {
            ("GET", []) => {
                let session = self
                    .sessions
                    .get(id()?)
                    .map_err(|error| RestError::service("Failed to getSessionConfig.", error))?;
                let config = session.config();
                let properties = config.iter().map(|(key, value)| (key.as_str(), shown(key, value))).collect();
                ok(&GetSessionConfigResponseBody { properties })
            }
            ("DELETE", []) => {
                let closed = self.sessions.close(id()?).await;
                closed.map_err(|error| RestError::service("Failed to closeSession.", error))?;
                ok(&StatusResponseBody { status: "CLOSED" })
            }
            ("POST", ["heartbeat"]) => {
                // A session that is asked for is in use.
                self.sessions.get(id()?).map_err(|error| RestError::service("Failed to getSessionConfig.", error))?;
                Ok(Reply { status: StatusCode::OK, body: "{}".to_owned() })
            }
            ("POST", ["statements"]) => self.execute(request, session),
            ("POST", ["configure-session"]) if version >= 2 => self.configure(request, session).await,
            // A browser sends no body with a GET.
            ("GET" | "POST", ["complete-statement"]) if version >= 2 => self.complete(request, session).await,
            ("POST", ["scripts"]) if version >= 4 => Err(deployment_refused()),
            (_, ["operations", operation, rest @ ..]) => {
                self.operation_route(request, version, session, operation, rest).await
            }
            _ => Err(RestError::unknown_path(&request.path)),
        }
    }

    async fn operation_route(
        &self,
        request: &Request,
        version: u32,
        session: &str,
        operation: &str,
        path: &[&str],
    ) -> Answer {
        let ids = || Ok((handle("session_handle", session)?, handle("operation_handle", operation)?));
        let known = |doing: &'static str| {
            let (session, operation) = ids()?;
            let found = self.sessions.get(session).and_then(|session| session.operation(operation));
            found.map_err(|error| RestError::service(doing, error))
        };
        match (&request.method, path) {
            (&Method::GET, ["status"]) => {
                ok(&StatusResponseBody { status: known("Failed to getOperationInfo.")?.status() })
            }
            (&Method::POST, ["cancel"]) => {
                let doing = "Failed to cancelOperation.";
                known(doing)?.cancel().map_err(|error| RestError::service(doing, error))?;
                ok(&StatusResponseBody { status: "CANCELED" })
            }
            (&Method::DELETE, ["close"]) => {
                let (session, operation) = ids()?;
                let found = self.sessions.get(session);
                found
                    .map_err(|error| RestError::service("Failed to closeOperation.", error))?
                    .close_operation(operation)
                    .await;
                ok(&StatusResponseBody { status: "CLOSED" })
            }
            (&Method::GET, ["result", token]) => {
                let (session, operation) = ids()?;
                let token: i64 = token.parse().map_err(|_| RestError::bad_parameter("path", "token", token))?;
                let format = row_format(request, version)?;
                let uri = |next: i64| {
                    let tail = if version == 1 { String::new() } else { format!("?rowFormat={}", format.as_str()) };
                    format!("/v{version}/sessions/{session}/operations/{operation}/result/{next}{tail}")
                };
                let fetched = match self.sessions.get(session).and_then(|session| session.operation(operation)) {
                    Ok(operation) => operation.fetch(token).await,
                    Err(error) => Err(error),
                };
                match fetched.map_err(|error| fetch_failed(&error))? {
                    Fetched::NotReady => {
                        let body = serde_json::json!({ "resultType": "NOT_READY", "nextResultUri": uri(token) });
                        ok(&body)
                    }
                    Fetched::Results(set) => {
                        let next = set.next.map(uri);
                        // Thousands of rows as text take a while, during which others are served.
                        let body =
                            tokio::task::spawn_blocking(move || result_body::write(&set, format, next.as_deref()));
                        let body = body.await.map_err(|_| RestError::no_json())??;
                        Ok(Reply { status: StatusCode::OK, body })
                    }
                }
            }
            _ => Err(RestError::unknown_path(&request.path)),
        }
    }

    fn open_session(&self, request: &Request) -> Answer {
        let body: OpenSessionRequestBody = request.json("OpenSessionRequestBody")?;
        let session = self.sessions.open(body.properties.unwrap_or_default());
        let session = session.map_err(|error| RestError::service("Failed to openSession.", error))?;
        ok(&OpenSessionResponseBody { session_handle: session.handle })
    }

    fn execute(&self, request: &Request, session: &str) -> Answer {
        let body: ExecuteStatementRequestBody = request.json("ExecuteStatementRequestBody")?;
        let id = handle("session_handle", session)?;
        let failed = |error| RestError::internal(&Throwable::gateway("Failed to execute statement.").caused_by(error));
        refuse_timeout(body.execution_timeout).map_err(failed)?;
        let session = self.sessions.get(id).map_err(failed)?;
        let operation = session.execute(body.statement.unwrap_or_default(), body.execution_config.unwrap_or_default());
        ok(&ExecuteStatementResponseBody { operation_handle: operation.handle })
    }

    async fn configure(&self, request: &Request, session: &str) -> Answer {
        let body: ConfigureSessionRequestBody = request.json("ConfigureSessionRequestBody")?;
        let id = handle("session_handle", session)?;
        let failed = |error| RestError::internal(&Throwable::gateway("Failed to configure session.").caused_by(error));
        refuse_timeout(body.execution_timeout).map_err(failed)?;
        let session = self.sessions.get(id).map_err(failed)?;
        session.configure(body.statement.unwrap_or_default()).await.map_err(failed)?;
        Ok(Reply { status: StatusCode::OK, body: "{}".to_owned() })
    }

    async fn complete(&self, request: &Request, session: &str) -> Answer {
        let body: CompleteStatementRequestBody = request.json("CompleteStatementRequestBody")?;
        let id = handle("session_handle", session)?;
        let session = self.sessions.get(id).map_err(|error| {
            RestError::internal(&Throwable::gateway("Failed to get statement completion candidates.").caused_by(error))
        })?;
        let statement = body.statement.unwrap_or_default();
        let position = usize::try_from(body.position).unwrap_or(0);
        ok(&CompleteStatementResponseBody { candidates: session.complete(&statement, position).await })
    }
}

fn version(segment: &str) -> Option<u32> {
    segment.strip_prefix('v')?.parse().ok().filter(|version| (1..=4).contains(version))
}

/// Version 1 knows JSON only.
fn row_format(request: &Request, version: u32) -> Result<RowFormat, RestError> {
    match request.parameter("rowFormat").filter(|_| version > 1) {
        None => Ok(RowFormat::Json),
        Some(text) => RowFormat::parse(text).ok_or_else(|| RestError::bad_parameter("query", "rowFormat", text)),
    }
}

fn refuse_timeout(timeout: Option<i64>) -> Result<(), Throwable> {
    match timeout {
        Some(millis) if millis > 0 => {
            Err(Throwable::unsupported("SqlGatewayService doesn't support timeout mechanism now."))
        }
        _ => Ok(()),
    }
}

fn fetch_failed(error: &Throwable) -> RestError {
    let failed = Throwable::gateway("Failed to fetchResults.");
    RestError::internal(&Throwable::gateway(failed.headline()).caused_by(failed).caused_by(error.clone()))
}

fn deployment_refused() -> RestError {
    let cause = Throwable::unsupported("Application Mode not supported by standalone deployments.");
    RestError::internal(&Throwable::gateway("Failed to deploy script to cluster.").caused_by(cause))
}
