//! The web UI: the files that `make webui` has built, embedded in the binary.
//!
//! A debug build reads them from the source tree instead. A binary that was built without them serves a page that says how to build them.

use bytes::Bytes;
use rust_embed::RustEmbed;
use warp::http::{HeaderMap, Method, Response};

#[derive(RustEmbed)]
#[folder = "../webui/dist/app"]
#[allow_missing = true]
struct Files;

/// What is served at `/` when there are no files.
const NOT_BUILT: &str = include_str!("dashboard/not_built.html");

/// The page asks this server only; libraries set styles of elements.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The file of the web UI at this path; `None` when it is a path of the REST API, or of nothing.
pub(super) fn file(method: &Method, path: &str, headers: &HeaderMap) -> Option<Response<Bytes>> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return None;
    }
    let name = match path {
        "/" => "index.html",
        other => other.strip_prefix('/')?,
    };
    let gzip = headers
        .get("accept-encoding")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("gzip"));
    let zipped = if gzip { Files::get(&format!("{name}.gz")) } else { None };
    let encoding = zipped.as_ref().map(|_| "gzip");
    let body = match zipped.or_else(|| Files::get(name)) {
        Some(file) => Bytes::from(file.data.into_owned()),
        None if path == "/" => Bytes::from_static(NOT_BUILT.as_bytes()),
        None => return None,
    };
    let mut response = Response::builder()
        .header("content-type", content_type(name))
        .header("content-security-policy", POLICY)
        .header("x-content-type-options", "nosniff")
        .header("referrer-policy", "no-referrer")
        .header("vary", "accept-encoding")
        // The names of assets change with what is in them.
        .header(
            "cache-control",
            if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" },
        );
    if let Some(encoding) = encoding {
        response = response.header("content-encoding", encoding);
    }
    response.body(body).ok()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=UTF-8",
        "js" => "text/javascript; charset=UTF-8",
        "css" => "text/css; charset=UTF-8",
        "svg" => "image/svg+xml",
        "json" | "webmanifest" => "application/json; charset=UTF-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_served_at_the_root_whether_or_not_the_ui_was_built() {
        let page = file(&Method::GET, "/", &HeaderMap::new()).expect("a page");
        assert_eq!(page.headers()["content-type"], "text/html; charset=UTF-8");
        assert!(page.headers()["content-security-policy"].to_str().is_ok_and(|policy| policy.contains("'self'")));
        let text = String::from_utf8(page.body().to_vec()).expect("text");
        assert!(text.contains("<title>flinkrs"), "{text}");
    }

    #[test]
    fn the_rest_api_is_no_file() {
        let none = HeaderMap::new();
        for path in ["/overview", "/jobs/overview", "/v1/config", "/../Cargo.toml", "/nope.js"] {
            assert!(file(&Method::GET, path, &none).is_none(), "{path}");
        }
        assert!(file(&Method::POST, "/", &none).is_none());
    }
}
