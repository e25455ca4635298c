//! `Group`: the JobManagers of a group, for people.

/// A group as one of its members knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Raft's term.
    pub term: u64,
    /// All members.
    pub members: Vec<GroupMember>,
}

/// A JobManager of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// `host:port`.
    pub address: String,
    /// Whether it votes; one that does not is only being caught up.
    pub is_voter: bool,
    /// Whether it leads.
    pub is_leader: bool,
    /// Whether it answers the leader; none when this member is not the leader.
    pub is_healthy: Option<bool>,
}
