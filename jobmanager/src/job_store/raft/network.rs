//! The network between the nodes of the group. Groups of one have no other node, so whoever is asked for cannot be reached.

use openraft::error::{InstallSnapshotError, RPCError, RaftError, Unreachable};
use openraft::network::{RPCOption, RaftNetwork, RaftNetworkFactory};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, InstallSnapshotRequest, InstallSnapshotResponse, VoteRequest,
    VoteResponse,
};
use openraft::{AnyError, BasicNode};

use super::command::{NodeId, StoreTypes};

/// Makes no connections.
#[derive(Debug, Clone, Copy)]
pub(super) struct GroupOfOne;

/// A node that is in no group of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoSuchNode(NodeId);

impl NoSuchNode {
    fn unreachable<E: std::error::Error>(&self) -> RPCError<NodeId, BasicNode, E> {
        RPCError::Unreachable(Unreachable::new(&AnyError::error(format!(
            "this Raft group has one node; there is no node {}",
            self.0
        ))))
    }
}

impl RaftNetworkFactory<StoreTypes> for GroupOfOne {
    type Network = NoSuchNode;

    async fn new_client(&mut self, target: NodeId, _node: &BasicNode) -> NoSuchNode {
        NoSuchNode(target)
    }
}

impl RaftNetwork<StoreTypes> for NoSuchNode {
    async fn append_entries(
        &mut self,
        _request: AppendEntriesRequest<StoreTypes>,
        _option: RPCOption,
    ) -> Result<AppendEntriesResponse<NodeId>, RPCError<NodeId, BasicNode, RaftError<NodeId>>> {
        Err(self.unreachable())
    }

    async fn install_snapshot(
        &mut self,
        _request: InstallSnapshotRequest<StoreTypes>,
        _option: RPCOption,
    ) -> Result<InstallSnapshotResponse<NodeId>, RPCError<NodeId, BasicNode, RaftError<NodeId, InstallSnapshotError>>>
    {
        Err(self.unreachable())
    }

    async fn vote(
        &mut self,
        _request: VoteRequest<NodeId>,
        _option: RPCOption,
    ) -> Result<VoteResponse<NodeId>, RPCError<NodeId, BasicNode, RaftError<NodeId>>> {
        Err(self.unreachable())
    }
}
