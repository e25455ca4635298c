//! HTTP, by warp: reads a request, has it answered, writes the answer; [`transport::http`] has looked at it before.

use std::net::TcpListener;

use bytes::Bytes;
use common::shutdown::Shutdown;
use transport::http::{Guard, HttpSettings, read_body};
use warp::http::{Method, Response, StatusCode};
use warp::{Filter, Rejection};

use super::error::RestError;
use super::request::Request;
use super::router::{Reply, Router};

/// Serves on this listener until `shutdown`. Needs a tokio runtime.
pub(crate) fn serve(
    listener: TcpListener,
    settings: &HttpSettings,
    guard: Guard,
    router: Router,
    shutdown: &Shutdown,
) -> std::io::Result<()> {
    let limits = settings.clone();
    let routes = warp::method()
        .and(warp::path::full())
        .and(warp::query::raw().or(warp::any().map(String::new)).unify())
        .and(warp::body::stream())
        .and_then(move |method: Method, path: warp::path::FullPath, query: String, body| {
            let (router, limits) = (router.clone(), limits.clone());
            async move {
                if method == Method::OPTIONS {
                    return Ok(http(Reply { status: StatusCode::OK, body: String::new() }));
                }
                let reply = match read_body(body, limits.max_content_length, limits.idle).await {
                    Ok(body) => router.answer(Request { method, path: path.as_str().to_owned(), query, body }).await,
                    Err(error) => RestError::handler(error.status(), error.to_string(), None).into(),
                };
                Ok::<_, Rejection>(http(reply))
            }
        });
    transport::http::serve(listener, settings, guard, warp::service(routes), shutdown)
}

fn http(reply: Reply) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(reply.body));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.insert("content-type", warp::http::HeaderValue::from_static("application/json; charset=UTF-8"));
    response
}
