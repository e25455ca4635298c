//! How the nodes of a group reach each other: openraft's network over gRPC. It carries messages; what they mean is openraft's matter.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use openraft::error::{InstallSnapshotError, NetworkError, RPCError, RaftError, RemoteError, Unreachable};
use openraft::network::{Backoff, RPCOption, RaftNetwork, RaftNetworkFactory};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, InstallSnapshotRequest, InstallSnapshotResponse, VoteRequest,
    VoteResponse,
};
use openraft::{AnyError, BasicNode};
use proto::v1::job_manager_peer_client::JobManagerPeerClient;
use proto::v1::{RaftRequest, RaftResponse};
use proto::{MAX_MESSAGE_SIZE, WIRE_VERSION};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tracing::warn;
use transport::Internal;

use super::command::{NodeId, StoreTypes};

/// How long a JobManager may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
/// Pause before one that could not be reached is tried again: one that comes back is to be part of the group soon.
const PAUSE: Duration = Duration::from_millis(100);

/// The ways to the other JobManagers by their addresses; clones share them.
#[derive(Debug, Clone)]
pub(super) struct Peers {
    peers: Arc<Mutex<HashMap<String, Peer>>>,
    internal: Internal,
    /// Whether one has refused its vote because it has entries that this node lacks.
    pub(super) outrun: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Peer {
    client: JobManagerPeerClient<Channel>,
    /// When it last answered a call of Raft.
    heard: Option<Instant>,
    /// Why it refused the last one.
    refusal: Option<String>,
}

impl Peers {
    /// The ways go over this.
    pub(super) fn over(internal: Internal) -> Self {
        Self { peers: Arc::default(), internal, outrun: Arc::default() }
    }

    /// The way to the JobManager at this `host:port`; the error says why that is no address.
    pub(super) fn client(&self, address: &str) -> Result<JobManagerPeerClient<Channel>, String> {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = peers.get(address) {
            return Ok(peer.client.clone());
        }
        let endpoint = Endpoint::from_shared(format!("http://{address}"))
            .map_err(|error| format!("'{address}' is not an address: {error}"))?;
        let channel = self.internal.connect_lazy(&endpoint.connect_timeout(CONNECT_TIMEOUT).tcp_nodelay(true));
        let client = JobManagerPeerClient::new(channel)
            .max_decoding_message_size(MAX_MESSAGE_SIZE)
            .max_encoding_message_size(MAX_MESSAGE_SIZE);
        peers.insert(address.to_owned(), Peer { client: client.clone(), heard: None, refusal: None });
        Ok(client)
    }

    /// How long ago one last answered a call of Raft; none when it never did.
    pub(super) fn heard_of(&self, address: &str) -> Option<Duration> {
        let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.get(address).and_then(|peer| peer.heard).map(|heard| heard.elapsed())
    }

    fn heard(&self, address: &str) {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = peers.get_mut(address) {
            peer.heard = Some(Instant::now());
            peer.refusal = None;
        }
    }
}

impl Peers {
    /// One does not take what is said to it; it is asked again and again, and complained of once.
    fn refused(&self, address: &str, why: &str) {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = peers.get_mut(address)
            && peer.refusal.as_deref() != Some(why)
        {
            warn!("the JobManager at {address} refuses: {why}");
            peer.refusal = Some(why.to_owned());
        }
    }
}

impl RaftNetworkFactory<StoreTypes> for Peers {
    type Network = PeerNetwork;

    async fn new_client(&mut self, target: NodeId, node: &BasicNode) -> PeerNetwork {
        PeerNetwork { target, address: node.addr.clone(), peers: self.clone() }
    }
}

/// The way to one node.
pub(super) struct PeerNetwork {
    target: NodeId,
    address: String,
    peers: Peers,
}

/// Which call of Raft.
#[derive(Debug, Clone, Copy)]
enum Call {
    Vote,
    AppendEntries,
    InstallSnapshot,
}

impl PeerNetwork {
    async fn call<Q, A, E>(
        &self,
        call: Call,
        request: &Q,
        chunk: Vec<u8>,
        limit: Duration,
    ) -> Result<A, RPCError<NodeId, BasicNode, RaftError<NodeId, E>>>
    where
        Q: Serialize,
        A: DeserializeOwned,
        E: std::error::Error + DeserializeOwned,
    {
        let body = serde_json::to_vec(request).map_err(|error| network(&error))?;
        let mut request =
            Request::new(RaftRequest { body: body.into(), chunk: chunk.into(), wire_version: WIRE_VERSION });
        request.set_timeout(limit);
        let mut client = self.peers.client(&self.address).map_err(|problem| unreachable(AnyError::error(problem)))?;
        let answer = match call {
            Call::Vote => client.vote(request).await,
            Call::AppendEntries => client.append_entries(request).await,
            Call::InstallSnapshot => client.install_snapshot(request).await,
        };
        let RaftResponse { body } = answer.map_err(|status| self.failed(&status))?.into_inner();
        self.peers.heard(&self.address);
        let answer: Result<A, RaftError<NodeId, E>> = serde_json::from_slice(&body).map_err(|error| network(&error))?;
        answer.map_err(|error| RPCError::RemoteError(RemoteError::new(self.target, error)))
    }

    fn failed<E: std::error::Error>(&self, status: &Status) -> RPCError<NodeId, BasicNode, E> {
        if matches!(status.code(), tonic::Code::FailedPrecondition | tonic::Code::InvalidArgument) {
            self.peers.refused(&self.address, status.message());
        }
        let error = AnyError::error(format!("the JobManager at {}: {}", self.address, status.message()));
        match status.code() {
            // It was too slow: it is asked again at once.
            tonic::Code::DeadlineExceeded | tonic::Code::Cancelled => RPCError::Network(NetworkError::new(&error)),
            _ => unreachable(error),
        }
    }
}

fn network<E: std::error::Error>(error: &serde_json::Error) -> RPCError<NodeId, BasicNode, E> {
    RPCError::Network(NetworkError::new(error))
}

fn unreachable<E: std::error::Error>(error: AnyError) -> RPCError<NodeId, BasicNode, E> {
    RPCError::Unreachable(Unreachable::new(&error))
}

impl RaftNetwork<StoreTypes> for PeerNetwork {
    async fn append_entries(
        &mut self,
        request: AppendEntriesRequest<StoreTypes>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<NodeId>, RPCError<NodeId, BasicNode, RaftError<NodeId>>> {
        self.call(Call::AppendEntries, &request, Vec::new(), option.hard_ttl()).await
    }

    async fn install_snapshot(
        &mut self,
        mut request: InstallSnapshotRequest<StoreTypes>,
        option: RPCOption,
    ) -> Result<InstallSnapshotResponse<NodeId>, RPCError<NodeId, BasicNode, RaftError<NodeId, InstallSnapshotError>>>
    {
        let chunk = std::mem::take(&mut request.data);
        self.call(Call::InstallSnapshot, &request, chunk, option.hard_ttl()).await
    }

    async fn vote(
        &mut self,
        request: VoteRequest<NodeId>,
        option: RPCOption,
    ) -> Result<VoteResponse<NodeId>, RPCError<NodeId, BasicNode, RaftError<NodeId>>> {
        let answer: VoteResponse<NodeId> = self.call(Call::Vote, &request, Vec::new(), option.hard_ttl()).await?;
        if !answer.vote_granted && answer.last_log_id > request.last_log_id {
            self.peers.outrun.store(true, Ordering::Release);
        }
        Ok(answer)
    }

    fn backoff(&self) -> Backoff {
        Backoff::new(std::iter::repeat(PAUSE))
    }
}
