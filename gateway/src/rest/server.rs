//! HTTP, by warp: reads a request, has it answered, writes the answer.

use std::net::TcpListener;

use bytes::{Buf, Bytes, BytesMut};
use common::shutdown::Shutdown;
use futures::{Stream, StreamExt};
use warp::http::{Response, StatusCode};
use warp::{Filter, Rejection};

use super::error::RestError;
use super::request::Request;
use super::router::{Reply, Router};

/// Statements are shorter than this, also those with long lists of values.
const MAX_BODY: usize = 100 << 20;

/// Serves on this listener until `shutdown`. Needs a tokio runtime.
pub(crate) fn serve(listener: TcpListener, router: Router, shutdown: &Shutdown) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let routes = warp::method()
        .and(warp::path::full())
        .and(warp::query::raw().or(warp::any().map(String::new)).unify())
        .and(warp::body::stream())
        .and_then(move |method, path: warp::path::FullPath, query: String, body| {
            let router = router.clone();
            async move {
                let reply = match read(body).await {
                    Ok(body) => router.answer(Request { method, path: path.as_str().to_owned(), query, body }).await,
                    Err(error) => error.into(),
                };
                Ok::<_, Rejection>(http(reply))
            }
        });
    let end = shutdown.clone();
    let server = warp::serve(routes).incoming(listener).graceful(async move { end.triggered().await });
    shutdown.spawn(server.run());
    Ok(())
}

async fn read<B: Buf>(body: impl Stream<Item = Result<B, warp::Error>>) -> Result<Bytes, RestError> {
    let mut body = std::pin::pin!(body);
    let mut bytes = BytesMut::new();
    while let Some(part) = body.next().await {
        let mut part = part.map_err(|error| {
            RestError::handler(StatusCode::BAD_REQUEST, format!("the body broke off: {error}"), None)
        })?;
        if bytes.len() + part.remaining() > MAX_BODY {
            let message = format!("the body is larger than {MAX_BODY} bytes");
            return Err(RestError::handler(StatusCode::PAYLOAD_TOO_LARGE, message, None));
        }
        while part.has_remaining() {
            let length = part.chunk().len();
            bytes.extend_from_slice(part.chunk());
            part.advance(length);
        }
    }
    Ok(bytes.freeze())
}

fn http(reply: Reply) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(reply.body));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.insert("content-type", warp::http::HeaderValue::from_static("application/json; charset=UTF-8"));
    headers.insert("access-control-allow-origin", warp::http::HeaderValue::from_static("*"));
    response
}
