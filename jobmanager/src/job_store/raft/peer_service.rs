//! The gRPC service to which the other JobManagers of the group speak.

use std::sync::Arc;

use openraft::raft::{AppendEntriesRequest, AppendEntriesResponse, InstallSnapshotRequest, VoteRequest};
use proto::WIRE_VERSION;
use proto::v1::job_manager_peer_server::JobManagerPeer;
use proto::v1::{
    ForwardRestRequest, ForwardRestResponse, GetStandingRequest, GetStandingResponse, KeepProgramRequest,
    KeepProgramResponse, RaftRequest, RaftResponse, ShutDownPeerRequest, ShutDownPeerResponse,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tonic::{Request, Response, Status};

use super::command::{NodeId, StoreTypes};
use super::node::RaftNode;

/// Answers REST requests that another JobManager took.
#[tonic::async_trait]
pub trait RestBackend: Send + Sync {
    /// Answers, or refuses because this JobManager does not lead.
    async fn answer(&self, request: ForwardRestRequest) -> Result<ForwardRestResponse, Status>;

    /// Keeps a program that another JobManager took, or deletes it.
    async fn keep_program(&self, request: KeepProgramRequest) -> Result<(), Status>;

    /// Ends this process.
    fn shut_down(&self);
}

/// Answers the other JobManagers.
pub struct PeerService {
    node: RaftNode,
    rest: Arc<dyn RestBackend>,
}

impl PeerService {
    /// The service of a node.
    pub fn new(node: RaftNode, rest: Arc<dyn RestBackend>) -> Self {
        PeerService { node, rest }
    }
}

fn check_version(theirs: u32) -> Result<(), Status> {
    if theirs == WIRE_VERSION {
        return Ok(());
    }
    Err(Status::failed_precondition(format!(
        "it speaks version {theirs} of the wire, this JobManager version {WIRE_VERSION}; use one release in a group"
    )))
}

fn parse<T: DeserializeOwned>(request: &RaftRequest) -> Result<T, Status> {
    if request.wire_version != 0 {
        check_version(request.wire_version)?;
    }
    serde_json::from_slice(&request.body)
        .map_err(|error| Status::invalid_argument(format!("the request cannot be read: {error}")))
}

fn answer<A: Serialize, E: Serialize>(answer: &Result<A, E>) -> Result<Response<RaftResponse>, Status> {
    let body = serde_json::to_vec(answer).map_err(|error| Status::internal(format!("no JSON: {error}")))?;
    Ok(Response::new(RaftResponse { body: body.into() }))
}

#[tonic::async_trait]
impl JobManagerPeer for PeerService {
    async fn vote(&self, request: Request<RaftRequest>) -> Result<Response<RaftResponse>, Status> {
        let request: VoteRequest<NodeId> = parse(request.get_ref())?;
        if self.node.is_catching_up() {
            return Err(Status::unavailable("it does not vote before it has caught up with the group"));
        }
        answer(&self.node.inner.raft.vote(request).await)
    }

    async fn append_entries(&self, request: Request<RaftRequest>) -> Result<Response<RaftResponse>, Status> {
        let request: AppendEntriesRequest<StoreTypes> = parse(request.get_ref())?;
        let commit = request.leader_commit.map(|id| id.index);
        let appended = self.node.inner.raft.append_entries(request).await;
        if matches!(appended, Ok(AppendEntriesResponse::Success | AppendEntriesResponse::PartialSuccess(_))) {
            self.node.note_leader();
        }
        self.node.note_progress(commit);
        answer(&appended)
    }

    async fn install_snapshot(&self, request: Request<RaftRequest>) -> Result<Response<RaftResponse>, Status> {
        let mut snapshot: InstallSnapshotRequest<StoreTypes> = parse(request.get_ref())?;
        snapshot.data = request.into_inner().chunk.to_vec();
        answer(&self.node.inner.raft.install_snapshot(snapshot).await)
    }

    async fn get_standing(
        &self,
        request: Request<GetStandingRequest>,
    ) -> Result<Response<GetStandingResponse>, Status> {
        check_version(request.into_inner().wire_version)?;
        Ok(Response::new(GetStandingResponse { has_history: self.node.has_history() }))
    }

    async fn forward_rest(
        &self,
        request: Request<ForwardRestRequest>,
    ) -> Result<Response<ForwardRestResponse>, Status> {
        self.rest.answer(request.into_inner()).await.map(Response::new)
    }

    async fn keep_program(
        &self,
        request: Request<KeepProgramRequest>,
    ) -> Result<Response<KeepProgramResponse>, Status> {
        self.rest.keep_program(request.into_inner()).await.map(|()| Response::new(KeepProgramResponse {}))
    }

    async fn shut_down_peer(&self, _: Request<ShutDownPeerRequest>) -> Result<Response<ShutDownPeerResponse>, Status> {
        self.rest.shut_down();
        Ok(Response::new(ShutDownPeerResponse {}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_of_another_version_is_refused() {
        let of = |wire_version| RaftRequest { body: b"{}".as_slice().into(), chunk: Default::default(), wire_version };
        for same in [WIRE_VERSION, 0] {
            assert!(parse::<serde_json::Value>(&of(same)).is_ok());
        }
        let refused = parse::<serde_json::Value>(&of(WIRE_VERSION + 1)).unwrap_err();
        assert_eq!(refused.code(), tonic::Code::FailedPrecondition);
        assert!(refused.message().contains("use one release in a group"), "{refused}");
    }
}
