//! `/jobmanagers`: the group of JobManagers and who is in it. flinkrs' own.

use bytes::Bytes;
use warp::http::StatusCode;

use super::cluster::group;
use super::context::RestContext;
use super::error::RestError;
use super::messages::{BackupRestored, JobManagerAddress};
use super::reply::{Answer, Reply};
use crate::job_store::{Backup, BackupError, MembershipError, RaftNode};

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

/// `GET /jobmanagers/backup`: all that the group keeps.
pub(super) async fn backup(context: &RestContext) -> Answer {
    let backup = node(context)?.backup(context.front.clock.now_millis()).await.map_err(RestError::internal)?;
    Reply::json(&backup)
}

/// `POST /jobmanagers/restore`: a new group takes over what another one kept. Each job goes on from its newest checkpoint, which may be younger than the backup.
pub(super) async fn restore(context: &RestContext, body: &Bytes) -> Answer {
    let node = node(context)?;
    let mut backup = Backup::read(body).map_err(refused_backup)?;
    if node.keeps_anything() {
        return Err(refused_backup(BackupError::NotEmpty));
    }
    for job in backup.jobs_mut() {
        let noted = context.dispatcher.note_newer_checkpoints(job).await;
        noted.map_err(|error| {
            let graph = &job.graph;
            let text =
                format!("the checkpoints of job {} ({}) cannot be looked for: {error}", graph.name, graph.job_id);
            RestError::handler(StatusCode::CONFLICT, text)
        })?;
    }
    let (jobs, catalogs) = backup.len();
    node.restore(backup).await.map_err(refused_backup)?;
    Reply::json(&BackupRestored { jobs, catalogs })
}

fn refused_backup(error: BackupError) -> RestError {
    match &error {
        BackupError::Unreadable(_) | BackupError::OtherFormat { .. } => {
            RestError::handler(StatusCode::BAD_REQUEST, error)
        }
        BackupError::NotEmpty => RestError::handler(StatusCode::CONFLICT, error),
        BackupError::Store(_) => RestError::internal(error),
    }
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
