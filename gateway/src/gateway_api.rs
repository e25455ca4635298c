//! `GatewayApi`: the REST API without HTTP, for a server of the same process that lends its port.

use std::fmt;

use bytes::Bytes;
use transport::http::Role;
use warp::http::{Method, StatusCode};

use crate::rest::{Request, Router};

/// What answers requests; clones share the sessions.
#[derive(Clone)]
pub struct GatewayApi {
    router: Router,
}

impl GatewayApi {
    pub(crate) fn new(router: Router) -> Self {
        Self { router }
    }

    /// Answers a request for a path of the gateway (`/v4/sessions`), as status and JSON.
    pub async fn answer(&self, method: &str, path: &str, query: &str, body: Bytes) -> (u16, String) {
        let Ok(method) = method.parse::<Method>() else {
            return (StatusCode::METHOD_NOT_ALLOWED.as_u16(), r#"{"errors":["unknown method"]}"#.to_owned());
        };
        let request = Request { method, path: path.to_owned(), query: query.to_owned(), body };
        let reply = self.router.answer(request).await;
        (reply.status.as_u16(), reply.body)
    }

    /// Which role a request for a path of the gateway needs: a session is for those who run statements, and what it answers for them too.
    pub fn role(method: &str, path: &str) -> Role {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let reads = matches!(method, "GET" | "HEAD") && !segments.any(|segment| segment == "sessions");
        if reads || method == "OPTIONS" { Role::Viewer } else { Role::Operator }
    }
}

impl fmt::Debug for GatewayApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayApi").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_for_those_who_run_statements() {
        for (method, path, role) in [
            ("GET", "/info", Role::Viewer),
            ("GET", "/v4/api_versions", Role::Viewer),
            ("OPTIONS", "/v4/sessions", Role::Viewer),
            ("POST", "/v4/sessions", Role::Operator),
            ("GET", "/v1/sessions/a/operations/b/result/0", Role::Operator),
            ("GET", "/sessions/a", Role::Operator),
        ] {
            assert_eq!(GatewayApi::role(method, path), role, "{method} {path}");
        }
    }
}
