//! `Leadership`: whether this JobManager leads its cluster, and what it runs while it does.
//!
//! ```text
//!              elected, epoch begun, jobs read
//!   Following ---------------------------------> Leading(session)
//!       ^                                            |
//!       +---- another one leads, no majority --------+   the session stops; tasks run on, and another leader takes them over
//! ```
//! A JobManager without a group leads from its start to its end.

mod session;

use std::sync::Arc;
use std::time::Duration;

use common::clock::Clock;
use common::shutdown::Shutdown;
use dataflow::LeaderEpoch;
use futures::StreamExt;
use tokio::sync::watch;
use tracing::{error, info, warn};

pub use session::{LeaderSession, SessionParts};

use crate::job_store::{
    Group, GroupNode, JobStoreError, MemoryJobStore, RaftJobStore, RaftNode, Standing, StoreCommand,
};

/// How often a leader looks whether it has a majority.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
/// How long the beginning of an epoch may take: a leader that is cut off would wait for ever.
const EPOCH_LIMIT: Duration = Duration::from_secs(2);

/// What a JobManager is in its group.
#[derive(Clone)]
enum Role {
    /// It leads.
    Leading(LeaderSession),
    /// It does not.
    Following {
        /// The address of who does, if that is known.
        leader: Option<String>,
    },
}

/// Whether this JobManager leads; clones are told the same.
#[derive(Clone)]
pub struct Leadership {
    role: watch::Receiver<Role>,
    address: String,
    clock: Clock,
    group: Option<Arc<dyn GroupNode>>,
    /// Of a group that is kept by Raft.
    node: Option<RaftNode>,
}

impl Leadership {
    /// That of a JobManager without a group.
    pub async fn alone(parts: &SessionParts) -> Result<Self, JobStoreError> {
        let epoch = LeaderEpoch(parts.environment.clock().now_millis().unsigned_abs());
        let session = LeaderSession::begin(parts, epoch, Arc::new(MemoryJobStore::default())).await?;
        let (_, role) = watch::channel(Role::Leading(session));
        let clock = parts.environment.clock().clone();
        Ok(Leadership { role, address: parts.address.clone(), clock, group: None, node: None })
    }

    /// That of a member of a group. It follows and leads until `end`.
    pub fn of_member(parts: SessionParts, node: RaftNode, end: Shutdown) -> Self {
        Leadership { node: Some(node.clone()), ..Self::of_group(parts, Arc::new(node), end) }
    }

    /// That of a member of any group. It follows and leads until `end`.
    pub fn of_group(parts: SessionParts, group: Arc<dyn GroupNode>, end: Shutdown) -> Self {
        let (sender, role) = watch::channel(Role::Following { leader: None });
        let (address, environment) = (parts.address.clone(), parts.environment.clone());
        let member = Member { parts, node: group.clone(), role: sender };
        let watched = end.clone();
        environment.spawn(end.track(async move {
            watched.unless_triggered(member.run()).await;
        }));
        Leadership { role, address, clock: environment.clock().clone(), group: Some(group), node: None }
    }

    /// What runs here while this JobManager leads.
    pub fn session(&self) -> Option<LeaderSession> {
        match &*self.role.borrow() {
            Role::Leading(session) if !session.over().is_triggered() => Some(session.clone()),
            Role::Leading(_) | Role::Following { .. } => None,
        }
    }

    /// The `host:port` of who leads, if that is known.
    pub fn leader(&self) -> Option<String> {
        match &*self.role.borrow() {
            Role::Leading(session) => (!session.over().is_triggered()).then(|| self.address.clone()),
            Role::Following { leader } => leader.clone(),
        }
    }

    /// Waits until somebody else leads than the JobManager at this address.
    pub async fn changed_from(&self, leader: &str) {
        let mut role = self.role.clone();
        let other = role.wait_for(|role| match role {
            Role::Leading(_) => self.address != leader,
            Role::Following { leader: known } => known.as_deref() != Some(leader),
        });
        // A JobManager at its end follows nobody any more.
        let _ = other.await;
    }

    /// Waits until this JobManager leads, or another one is known to, but no longer than `limit`.
    pub async fn settled(&self, limit: Duration) {
        let mut role = self.role.clone();
        let settled = role.wait_for(|role| !matches!(role, Role::Following { leader: None }));
        // Who asks looks again.
        let _ = self.clock.timeout(limit, settled).await;
    }

    /// The node, when there is a group.
    pub fn node(&self) -> Option<&RaftNode> {
        self.node.as_ref()
    }

    /// The group, when there is one.
    pub fn group(&self) -> Option<Group> {
        self.group.as_ref().map(|group| group.group())
    }

    /// Stops what runs here; tasks run on.
    pub fn abdicate(&self) {
        if let Some(session) = self.session() {
            session.stop();
        }
    }
}

/// Follows a node and leads when it does.
struct Member {
    parts: SessionParts,
    node: Arc<dyn GroupNode>,
    role: watch::Sender<Role>,
}

impl Member {
    async fn run(self) {
        let mut changes = self.node.changes().fuse();
        let clock = self.parts.environment.clock();
        // Term and epoch of the session that runs here. Another epoch in the same term began with a backup that was taken over.
        let mut leading_since = None;
        loop {
            match self.node.standing() {
                Standing::Leads(term) if leading_since == Some((term, self.epoch())) => {}
                Standing::Leads(term) => {
                    self.follow(None);
                    leading_since = None;
                    match self.begin().await {
                        Ok(session) => {
                            info!("this JobManager leads: term {term}, epoch {}", session.epoch().0);
                            leading_since = Some((term, session.epoch()));
                            self.role.send_replace(Role::Leading(session));
                        }
                        Err(error) => warn!("this JobManager cannot lead: {error}"),
                    }
                }
                Standing::Follows { leader } => {
                    leading_since = None;
                    self.follow(leader);
                }
            }
            // Without further changes the next look finds out.
            tokio::select! {
                biased;
                Some(()) = changes.next() => {}
                () = clock.sleep(LOOK_INTERVAL) => {}
            }
        }
    }

    async fn begin(&self) -> Result<LeaderSession, JobStoreError> {
        let clock = self.parts.environment.clock();
        // All that was committed before is in the state then.
        let epoch = match clock.timeout(EPOCH_LIMIT, self.node.write(StoreCommand::BeginEpoch)).await {
            Some(epoch) => epoch?,
            None => return Err(self.no_majority()),
        };
        let store = Arc::new(RaftJobStore::new(self.node.clone(), epoch));
        LeaderSession::begin(&self.parts, epoch, store).await.inspect_err(|problem| error!("{problem}"))
    }

    /// The epoch in force, as far as it is known here.
    fn epoch(&self) -> LeaderEpoch {
        let mut epoch = LeaderEpoch::default();
        self.node.read(&mut |state| epoch = state.epoch());
        epoch
    }

    fn no_majority(&self) -> JobStoreError {
        self.node.error("cannot be written: no majority of the JobManagers answers".to_owned())
    }

    /// Another one leads, or nobody does.
    fn follow(&self, leader: Option<String>) {
        let known = matches!(&*self.role.borrow(), Role::Following { leader: known } if *known == leader);
        if known {
            return;
        }
        if let Role::Leading(session) = self.role.send_replace(Role::Following { leader }) {
            warn!("this JobManager does not lead any more; epoch {} is over", session.epoch().0);
            session.stop();
        }
    }
}
