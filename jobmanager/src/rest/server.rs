//! `RestServer`: HTTP, by warp. It reads a request, has it answered, and writes the answer; [`transport::http`] has looked at it before.

use std::net::TcpListener;

use bytes::{Buf, Bytes};
use common::config::Configuration;
use common::shutdown::Shutdown;
use futures::Stream;
use transport::http::{Guard, HttpSettings, read_body};
use transport::users::{Caller, Users};
use warp::http::{HeaderMap, Method, Response, StatusCode};
use warp::{Filter, Rejection};

use super::access::access;
use super::dashboard;
use super::error::RestError;
use super::front::RestFront;
use super::mounted::Mounts;
use super::reply::{JSON, Reply};
use crate::error::JobManagerError;

/// The REST endpoint.
#[derive(Debug)]
pub struct RestServer;

impl RestServer {
    /// Serves on this listener until `shutdown`. Needs a tokio runtime.
    pub fn start(
        listener: TcpListener,
        front: RestFront,
        mounts: Mounts,
        users: Option<Users>,
        config: &Configuration,
        shutdown: &Shutdown,
    ) -> Result<(), JobManagerError> {
        let listen = |source| JobManagerError::Listen { key: "rest.bind-port", source };
        let settings = HttpSettings::from_config(config)?;
        let address = listener.local_addr().map_err(listen)?;
        let guard = Guard::new(config, address, users, access(mounts.clone()))?;
        let limits = settings.clone();
        let routes = warp::method()
            .and(warp::path::full())
            .and(warp::query::raw().or(warp::any().map(String::new)).unify())
            .and(warp::header::headers_cloned())
            .and(warp::ext::get::<Caller>())
            .and(warp::body::stream())
            .and_then(move |method, path: warp::path::FullPath, query: String, headers: HeaderMap, caller, body| {
                let (front, mounts, settings) = (front.clone(), mounts.clone(), limits.clone());
                async move {
                    if let Some(file) = dashboard::file(&method, path.as_str(), &headers) {
                        return Ok(file);
                    }
                    let content_type = headers.get("content-type").and_then(|value| value.to_str().ok());
                    let content_type = content_type.map(str::to_owned);
                    let path = path.as_str();
                    let answer =
                        serve(&front, &mounts, &settings, method, path, &query, content_type, caller, body).await;
                    Ok::<_, Rejection>(http(answer))
                }
            });
        transport::http::serve(listener, &settings, guard, warp::service(routes), shutdown).map_err(listen)
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
    caller: Caller,
    body: impl Stream<Item = Result<B, warp::Error>>,
) -> Reply {
    if method == Method::OPTIONS {
        return Reply { status: StatusCode::OK, content_type: JSON.into(), body: Vec::new() };
    }
    match read_body(body, settings.max_content_length, settings.idle).await {
        Ok(body) => {
            if let Some((api, below)) = mounts.find(path) {
                let (status, body) = api.answer(method.as_str(), below, query, body).await;
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                return Reply { status, content_type: JSON.into(), body: body.into_bytes() };
            }
            front.answer(method, path, query, content_type, caller, body).await
        }
        Err(error) => RestError::handler(error.status(), error).into(),
    }
}

fn http(reply: Reply) -> Response<Bytes> {
    let response = Response::builder().status(reply.status).header("content-type", reply.content_type.as_ref());
    // Only a content type that is no header value can fail; one may come from another JobManager.
    response.body(Bytes::from(reply.body)).unwrap_or_else(|error| {
        let mut response = Response::new(Bytes::from(format!(r#"{{"errors":["cannot answer: {error}"]}}"#)));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
