//! Changing who is in a group, one JobManager at a time, while the group goes on.
//!
//! One that comes in is caught up first, and votes then; so a group is never without a majority because of one that is empty.

use std::collections::{BTreeMap, BTreeSet};

use openraft::{BasicNode, ChangeMembers};

use super::command::NodeId;
use super::node::{RaftNode, node_id_of};

/// Why the members are not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MembershipError {
    /// There is no such member.
    #[error("the JobManager {address} is not in the group; its members are {members}")]
    Unknown {
        /// Who was named.
        address: String,
        /// Who is there.
        members: String,
    },
    /// Nobody would be left.
    #[error("the JobManager {0} is the only one that votes: add another one first")]
    Last(String),
    /// The group did not take it.
    #[error("the members of the group could not be changed: {0}")]
    Failed(String),
}

impl RaftNode {
    /// Takes a JobManager into the group: one that runs, and whose folder is empty. Answers when it votes.
    pub async fn add_member(&self, address: &str) -> Result<(), MembershipError> {
        let id = self.catch_up(address).await?;
        self.change(ChangeMembers::AddVoterIds(BTreeSet::from([id]))).await
    }

    /// Takes a JobManager out of the group.
    pub async fn remove_member(&self, address: &str) -> Result<(), MembershipError> {
        let id = self.member(address)?;
        if self.voters() == BTreeSet::from([id]) {
            return Err(MembershipError::Last(address.to_owned()));
        }
        if self.voters().contains(&id) {
            self.change(ChangeMembers::RemoveVoters(BTreeSet::from([id]))).await
        } else {
            self.change(ChangeMembers::RemoveNodes(BTreeSet::from([id]))).await
        }
    }

    /// Takes one JobManager into the group and another one out of it, in one step.
    pub async fn replace_member(&self, old: &str, new: &str) -> Result<(), MembershipError> {
        let old = self.member(old)?;
        let new = self.catch_up(new).await?;
        let mut voters = self.voters();
        voters.remove(&old);
        voters.insert(new);
        self.change(ChangeMembers::ReplaceAllVoters(voters)).await
    }

    /// Has a JobManager get all that the group has.
    async fn catch_up(&self, address: &str) -> Result<NodeId, MembershipError> {
        // Where this node is itself, for one that formed a group of one without saying so.
        let own = BTreeMap::from([(self.inner.id, BasicNode::new(self.address()))]);
        let known = self.members_by_id().get(&self.inner.id).is_some_and(|node| node.addr == self.address());
        if !known {
            self.change(ChangeMembers::SetNodes(own)).await?;
        }
        let id = self.member(address).unwrap_or_else(|_| node_id_of(address));
        let added = self.inner.raft.add_learner(id, BasicNode::new(address), true).await;
        added.map(|_| id).map_err(|error| MembershipError::Failed(error.to_string()))
    }

    async fn change(&self, changes: ChangeMembers<NodeId, BasicNode>) -> Result<(), MembershipError> {
        let changed = self.inner.raft.change_membership(changes, false).await;
        changed.map(drop).map_err(|error| MembershipError::Failed(error.to_string()))
    }

    fn member(&self, address: &str) -> Result<NodeId, MembershipError> {
        let members = self.members_by_id();
        let is_own = |id: NodeId| id == self.inner.id && address == self.address();
        let found = members.iter().find(|(id, node)| node.addr == address || is_own(**id)).map(|(id, _)| *id);
        found.ok_or_else(|| MembershipError::Unknown {
            address: address.to_owned(),
            members: members.values().map(|node| node.addr.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    fn members_by_id(&self) -> BTreeMap<NodeId, BasicNode> {
        let metrics = self.metrics();
        let metrics = metrics.borrow();
        metrics.membership_config.membership().nodes().map(|(id, node)| (*id, node.clone())).collect()
    }

    fn voters(&self) -> BTreeSet<NodeId> {
        self.metrics().borrow().membership_config.membership().voter_ids().collect()
    }
}
