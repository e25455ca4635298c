//! `RestServer`: HTTP, by warp. It reads a request, has it answered, and writes the answer.

use std::net::TcpListener;

use bytes::{Buf, Bytes, BytesMut};
use common::config::{Configuration, options};
use common::shutdown::Shutdown;
use futures::{Stream, StreamExt};
use warp::http::{HeaderMap, Method, Response, StatusCode};
use warp::{Filter, Rejection};

use super::dashboard;
use super::error::RestError;
use super::front::RestFront;
use super::mounted::Mounts;
use super::reply::{JSON, Reply};
use crate::error::JobManagerError;

/// What every answer needs.
#[derive(Debug, Clone)]
struct HttpSettings {
    max_content_length: usize,
    allow_origin: String,
}

/// The REST endpoint.
#[derive(Debug)]
pub struct RestServer;

impl RestServer {
    /// Serves on this listener until `shutdown`. Needs a tokio runtime.
    pub fn start(
        listener: TcpListener,
        front: RestFront,
        mounts: Mounts,
        config: &Configuration,
        shutdown: &Shutdown,
    ) -> Result<(), JobManagerError> {
        let settings = HttpSettings {
            max_content_length: config.get(&options::REST_SERVER_MAX_CONTENT_LENGTH)? as usize,
            allow_origin: config.get(&options::WEB_ACCESS_CONTROL_ALLOW_ORIGIN)?,
        };
        let listener = tokio::net::TcpListener::from_std(listener)
            .map_err(|source| JobManagerError::Listen { key: "rest.bind-port", source })?;
        let routes = warp::method()
            .and(warp::path::full())
            .and(warp::query::raw().or(warp::any().map(String::new)).unify())
            .and(warp::header::headers_cloned())
            .and(warp::body::stream())
            .and_then(move |method, path: warp::path::FullPath, query: String, headers: HeaderMap, body| {
                let (front, mounts, settings) = (front.clone(), mounts.clone(), settings.clone());
                async move {
                    if let Some(file) = dashboard::file(&method, path.as_str(), &headers) {
                        return Ok(file);
                    }
                    let content_type = headers.get("content-type").and_then(|value| value.to_str().ok());
                    let content_type = content_type.map(str::to_owned);
                    let path = path.as_str();
                    let answer = serve(&front, &mounts, &settings, method, path, &query, content_type, body).await;
                    Ok::<_, Rejection>(http(answer, &settings))
                }
            });
        let end = shutdown.clone();
        let server = warp::serve(routes).incoming(listener).graceful(async move { end.triggered().await });
        shutdown.spawn(server.run());
        Ok(())
    }
}

async fn serve<B: Buf>(
    front: &RestFront,
    mounts: &Mounts,
    settings: &HttpSettings,
    method: Method,
    path: &str,
    query: &str,
    content_type: Option<String>,
    body: impl Stream<Item = Result<B, warp::Error>>,
) -> Reply {
    if method == Method::OPTIONS {
        return Reply { status: StatusCode::OK, content_type: JSON.into(), body: Vec::new() };
    }
    match read(body, settings.max_content_length).await {
        Ok(body) => {
            if let Some((api, below)) = mounts.find(path) {
                let (status, body) = api.answer(method.as_str(), below, query, body).await;
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                return Reply { status, content_type: JSON.into(), body: body.into_bytes() };
            }
            front.answer(method, path, query, content_type, body).await
        }
        Err(error) => error.into(),
    }
}

/// Reads a body up to the limit.
async fn read<B: Buf>(body: impl Stream<Item = Result<B, warp::Error>>, limit: usize) -> Result<Bytes, RestError> {
    let mut body = std::pin::pin!(body);
    let mut bytes = BytesMut::new();
    while let Some(part) = body.next().await {
        let mut part =
            part.map_err(|error| RestError::handler(StatusCode::BAD_REQUEST, format!("the body broke off: {error}")))?;
        if bytes.len() + part.remaining() > limit {
            let text = format!("the body is larger than {limit} bytes (rest.server.max-content-length)");
            return Err(RestError::handler(StatusCode::PAYLOAD_TOO_LARGE, text));
        }
        while part.has_remaining() {
            let chunk = part.chunk();
            let length = chunk.len();
            bytes.extend_from_slice(chunk);
            part.advance(length);
        }
    }
    Ok(bytes.freeze())
}

fn http(reply: Reply, settings: &HttpSettings) -> Response<Bytes> {
    let response = Response::builder()
        .status(reply.status)
        .header("content-type", reply.content_type.as_ref())
        .header("access-control-allow-origin", &settings.allow_origin)
        .body(Bytes::from(reply.body));
    // Only a configured origin that is no header value can fail.
    response.unwrap_or_else(|error| {
        let mut response = Response::new(Bytes::from(format!(r#"{{"errors":["cannot answer: {error}"]}}"#)));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
