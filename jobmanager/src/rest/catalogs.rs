//! `/catalogs/:name`: the content of catalogs that the JobManager keeps for SQL gateways. It does not understand it. Flink has no such paths.

use bytes::Bytes;
use warp::http::StatusCode;

use super::context::RestContext;
use super::error::RestError;
use super::messages::{CatalogContent, CatalogVersion};
use super::reply::{Answer, Reply};
use super::savepoints::parse;

pub(super) async fn content(context: &RestContext, name: &str) -> Answer {
    let kept = context.dispatcher.catalog(name).await.map_err(RestError::internal)?;
    let kept = kept.ok_or_else(|| RestError::not_found(format!("The JobManager keeps no catalog '{name}'")))?;
    Reply::json(&CatalogContent { version: kept.version, document: kept.document })
}

/// Takes a content that follows on the version that it names, and refuses one that follows on another.
pub(super) async fn put(context: &RestContext, name: &str, body: &Bytes) -> Answer {
    let CatalogContent { version, document } = parse(body, "CatalogContent")?;
    if context.dispatcher.put_catalog(name, version, &document).await.map_err(RestError::internal)? {
        return Reply::json(&CatalogVersion { version: version + 1 });
    }
    let text = format!("The catalog '{name}' is not at version {version} any more");
    Err(RestError::handler(StatusCode::CONFLICT, text))
}
