//! `GatewayApi`: the REST API without HTTP, for a server of the same process that lends its port.

use std::fmt;

use bytes::Bytes;
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
}

impl fmt::Debug for GatewayApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayApi").finish_non_exhaustive()
    }
}
