//! `/jobmanagers`: the group of JobManagers and who is in it. flinkrs' own.

use bytes::Bytes;
use warp::http::StatusCode;

use super::cluster::group;
use super::context::RestContext;
use super::error::RestError;
use super::messages::JobManagerAddress;
use super::reply::{Answer, Reply};
use crate::job_store::{MembershipError, RaftNode};

/// `GET /jobmanagers`.
pub(super) fn list(context: &RestContext) -> Answer {
    Reply::json(&group(node(context)?.group()))
}

/// `POST /jobmanagers`: one more.
pub(super) async fn add(context: &RestContext, body: &Bytes) -> Answer {
    let JobManagerAddress { address } = parse(body)?;
    node(context)?.add_member(&address).await.map_err(refusal)?;
    list(context)
}

/// `DELETE /jobmanagers/:address`.
pub(super) async fn remove(context: &RestContext, address: &str) -> Answer {
    node(context)?.remove_member(address).await.map_err(refusal)?;
    list(context)
}

/// `PUT /jobmanagers/:address`: another one in its place.
pub(super) async fn replace(context: &RestContext, address: &str, body: &Bytes) -> Answer {
    let JobManagerAddress { address: new } = parse(body)?;
    node(context)?.replace_member(address, &new).await.map_err(refusal)?;
    list(context)
}

fn node(context: &RestContext) -> Result<&RaftNode, RestError> {
    let alone = || RestError::not_found("this JobManager is in no group (high-availability.type is not raft)");
    context.front.leadership.node().ok_or_else(alone)
}

fn parse(body: &Bytes) -> Result<JobManagerAddress, RestError> {
    serde_json::from_slice(body).map_err(|error| {
        let text = format!("Request did not match expected format JobManagerAddress: {error}");
        RestError::handler(StatusCode::BAD_REQUEST, text)
    })
}

fn refusal(error: MembershipError) -> RestError {
    match &error {
        MembershipError::Unknown { .. } => RestError::not_found(error),
        MembershipError::Last(_) => RestError::handler(StatusCode::CONFLICT, error),
        MembershipError::Failed(_) => RestError::internal(error),
    }
}
