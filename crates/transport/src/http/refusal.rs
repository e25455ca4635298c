//! `Refusal`: a request that nobody answers, and why.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};

use super::access::Role;
use crate::users::{Caller, Unauthorized};

/// Why a request is not passed on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error(
        "this server is not asked under the name '{0}'; rest.allowed-hosts lists the names besides localhost and rest.address"
    )]
    Host(String),
    #[error(
        "a page of {0} may not change anything here; web.access-control-allow-origin lists the origins whose pages may"
    )]
    Origin(String),
    #[error("a page may send application/json or multipart/form-data, not '{0}'")]
    ContentType(String),
    #[error("the request has the header '{0}' more than once")]
    Twice(HeaderName),
    #[error("too many requests from {0} (rest.server.max-requests-per-second-per-client)")]
    Rate(std::net::IpAddr),
    #[error("{0}")]
    Unknown(Unauthorized),
    #[error("{caller} may not do that; it is for those with the role {needed}")]
    Role { caller: Caller, needed: Role },
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Refusal::Host(_) | Refusal::Origin(_) | Refusal::Role { .. } => StatusCode::FORBIDDEN,
            Refusal::Twice(_) => StatusCode::BAD_REQUEST,
            Refusal::ContentType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Refusal::Rate(_) | Refusal::Unknown(Unauthorized::TooOften) => StatusCode::TOO_MANY_REQUESTS,
            Refusal::Unknown(_) => StatusCode::UNAUTHORIZED,
        }
    }

    /// The answer, an error as Flink writes them. The body of the request is not read, so the connection ends.
    pub(super) fn response(&self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(error_body(&self.to_string()))));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        match self.status() {
            StatusCode::TOO_MANY_REQUESTS => headers.insert(RETRY_AFTER, HeaderValue::from_static("1")),
            StatusCode::UNAUTHORIZED => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(r#"Basic realm="flinkrs", charset="UTF-8""#))
            }
            _ => None,
        };
        response
    }
}

fn error_body(text: &str) -> String {
    let mut body = String::from("{\"errors\":[\"");
    for c in text.chars() {
        match c {
            '"' => body.push_str("\\\""),
            '\\' => body.push_str("\\\\"),
            c if c.is_control() => body.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => body.push(c),
        }
    }
    body.push_str("\"]}");
    body
}

#[cfg(test)]
mod tests {
    use super::error_body;

    #[test]
    fn the_body_is_json_whatever_the_request_said() {
        assert_eq!(error_body("a \"b\" \\ \n"), r#"{"errors":["a \"b\" \\ \u000a"]}"#);
    }
}
