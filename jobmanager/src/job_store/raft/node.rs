//! `RaftNode`: this JobManager's part in its group: log, vote, state, and who leads. What the leader does is `leadership`'s matter.
//!
//! A node that finds its folder empty does not vote before it is known to be new, or has caught up again with all that the group had committed: its
//! lost log may have been the one that made an entry safe.

use std::collections::BTreeMap;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dataflow::LeaderEpoch;
use openraft::error::{ClientWriteError, RaftError};
use openraft::{BasicNode, Config, Raft, RaftMetrics, ServerState, SnapshotPolicy};
use rocksdb::WriteBatch;
use tokio::sync::watch;
use tracing::info;
use transport::Internal;

use super::command::{NodeId, StoreCommand, StoreTypes};
use super::database::{Database, DatabaseError, META};
use super::elections::Patience;
use super::group::{Group, GroupMember};
use super::log_store::LogStore;
use super::state_machine::StateMachine;
use super::transport::Peers;
use crate::job_store::{JobStoreError, Standing};

const NODE_ID: &[u8] = b"node-id";
const FORMAT_KEY: &[u8] = b"format";
/// Version of what is in the folder; it grows with every change that an older release would misread.
const FORMAT: u32 = 1;
const CATCHING_UP: &[u8] = b"catching-up";
/// The id of the only node of a group of one.
const ONLY_NODE: NodeId = 1;
/// A follower's state may be that of a snapshot, which is large.
const INSTALL_SNAPSHOT_TIMEOUT_MS: u64 = 10_000;

/// What a node is made from.
#[derive(Debug, Clone)]
pub struct NodeSettings {
    /// Where log and state are.
    pub dir: PathBuf,
    /// The own address, `host:port`.
    pub address: String,
    /// The addresses of all JobManagers that form the group, the own one among them.
    pub peers: Vec<String>,
    /// `high-availability.raft.election-timeout`.
    pub election_timeout: Duration,
    /// How it reaches the others.
    pub internal: Internal,
}

/// A node; clones are the same one.
#[derive(Clone)]
pub struct RaftNode {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) settings: NodeSettings,
    pub(super) id: NodeId,
    pub(super) raft: Raft<StoreTypes>,
    pub(super) state: StateMachine,
    pub(super) peers: Peers,
    database: Database,
    gate: Gate,
    /// When a leader last spoke to this node.
    pub(super) heard_leader: Mutex<Option<Instant>>,
    pub(super) patience: Mutex<Patience>,
}

/// Keeps a node from voting that may have lost its log.
#[derive(Debug, Default)]
struct Gate {
    closed: AtomicBool,
    /// Up to which entry it has to catch up.
    target: Mutex<Option<u64>>,
}

impl RaftNode {
    /// Opens the node. Its peers are to be served before it [forms](Self::form) a group.
    pub async fn open(settings: NodeSettings) -> Result<Self, JobStoreError> {
        let dir = settings.dir.clone();
        let failed =
            |problem: String| JobStoreError { place: place(&dir), problem: format!("cannot be opened: {problem}") };
        // The options of tables are in it, passwords among them.
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir);
        made.map_err(|error| failed(error.to_string()))?;
        let database = Database::open(&dir).map_err(|error| failed(error.to_string()))?;
        let (id, closed) = identity(&database, &settings).map_err(|error| failed(error.to_string()))?;
        let state = StateMachine::open(database.clone()).map_err(|error| failed(error.to_string()))?;
        let peers = Peers::over(settings.internal.clone());
        let log = LogStore::new(database.clone());
        let config = config(&settings).validate().map_err(|error| failed(error.to_string()))?;
        let raft = Raft::new(id, Arc::new(config), peers.clone(), log, state.clone())
            .await
            .map_err(|error| failed(error.to_string()))?;
        let gate = Gate { closed: AtomicBool::new(closed), target: Mutex::default() };
        Ok(Self {
            inner: Arc::new(Inner {
                settings,
                id,
                raft,
                state,
                peers,
                database,
                gate,
                heard_leader: Mutex::default(),
                patience: Mutex::new(Patience::new(Instant::now())),
            }),
        })
    }

    /// The own address.
    pub fn address(&self) -> &str {
        &self.inner.settings.address
    }

    /// Whether it is the only node, as far as it knows.
    pub fn is_alone(&self) -> bool {
        let voters = self.metrics().borrow().membership_config.membership().voter_ids().count();
        self.inner.settings.peers.len() <= 1 && voters <= 1
    }

    /// Told when anything of the node changes.
    pub(super) fn metrics(&self) -> watch::Receiver<RaftMetrics<NodeId, BasicNode>> {
        self.inner.raft.metrics()
    }

    /// Whether it leads now. A leader that has not heard of a majority for long does not: there may be another one.
    pub fn standing(&self) -> Standing {
        let metrics = self.metrics();
        let metrics = metrics.borrow();
        let leader = metrics.current_leader;
        let members = metrics.membership_config.membership();
        if leader == Some(self.inner.id) && metrics.state == ServerState::Leader {
            let alone = members.voter_ids().count() <= 1;
            let limit = u64::from(2 * self.patience()) * self.inner.settings.election_timeout.as_millis() as u64;
            if alone || metrics.millis_since_quorum_ack.is_none_or(|silent| silent <= limit) {
                return Standing::Leads(metrics.current_term);
            }
            return Standing::Follows { leader: None };
        }
        let known = leader.filter(|leader| *leader != self.inner.id).and_then(|leader| members.get_node(&leader));
        Standing::Follows { leader: known.map(|node| node.addr.clone()) }
    }

    /// Writes a command; the answer is the epoch in force.
    pub(super) async fn write(&self, command: StoreCommand) -> Result<LeaderEpoch, JobStoreError> {
        let written = self.inner.raft.client_write(command).await;
        written.map(|written| written.data).map_err(|error| match error {
            RaftError::APIError(ClientWriteError::ForwardToLeader(_)) => {
                self.error("cannot be written: this JobManager does not lead any more")
            }
            error => self.error(format!("cannot be written: {error}")),
        })
    }

    /// What one is told whose command or question does not come through.
    pub fn error(&self, problem: impl Into<String>) -> JobStoreError {
        JobStoreError { place: place(&self.inner.settings.dir), problem: problem.into() }
    }

    /// The group as this node knows it.
    pub fn group(&self) -> Group {
        let metrics = self.metrics();
        let metrics = metrics.borrow();
        let membership = metrics.membership_config.membership();
        let voters: Vec<NodeId> = membership.voter_ids().collect();
        let leads = metrics.current_leader == Some(self.inner.id);
        let limit = (4 * self.inner.settings.election_timeout).max(Duration::from_secs(1));
        let members = membership.nodes().map(|(id, node)| GroupMember {
            address: if *id == self.inner.id { self.address().to_owned() } else { node.addr.clone() },
            is_voter: voters.contains(id),
            is_leader: metrics.current_leader == Some(*id),
            // Only the leader speaks with all.
            is_healthy: leads.then(|| {
                *id == self.inner.id || self.inner.peers.heard_of(&node.addr).is_some_and(|silent| silent < limit)
            }),
        });
        Group { term: metrics.current_term, members: members.collect() }
    }

    /// Whether the log goes beyond the entry with which a group is formed.
    pub(super) fn has_history(&self) -> bool {
        self.metrics().borrow().last_log_index.is_some_and(|index| index > 0)
    }

    /// Whether it may have lost its log and has not caught up again.
    pub(super) fn is_catching_up(&self) -> bool {
        self.inner.gate.closed.load(Ordering::Acquire)
    }

    /// Its folder was empty because it is new.
    pub(super) fn is_new(&self) -> Result<(), JobStoreError> {
        self.open_gate()
    }

    /// A leader has sent entries: is everything here now that was committed when it first did?
    pub(super) fn note_progress(&self, leader_commit: Option<u64>) {
        if !self.is_catching_up() {
            return;
        }
        let mut target = self.inner.gate.target.lock().unwrap_or_else(PoisonError::into_inner);
        *target = target.or(leader_commit);
        let Some(target) = *target else { return };
        let metrics = self.metrics();
        let metrics = metrics.borrow();
        // An entry of the leader's own term comes after all that was committed before it led.
        let reached = |applied: &openraft::LogId<NodeId>| {
            applied.index >= target && applied.leader_id.term == metrics.current_term
        };
        if metrics.last_applied.as_ref().is_some_and(reached) {
            match self.open_gate() {
                Ok(()) => info!("this JobManager has caught up with its group"),
                Err(error) => tracing::error!("{error}"),
            }
        }
    }

    fn open_gate(&self) -> Result<(), JobStoreError> {
        let mut batch = WriteBatch::default();
        let closed = self.inner.database.put(&mut batch, META, CATCHING_UP, &false);
        closed
            .and_then(|()| self.inner.database.write(batch))
            .map_err(|error| self.error(format!("cannot be written: {error}")))?;
        self.inner.gate.closed.store(false, Ordering::Release);
        Ok(())
    }

    /// Takes no more part.
    pub async fn close(&self) {
        if let Err(error) = self.inner.raft.shutdown().await {
            tracing::warn!("the Raft node did not end in order: {error}");
        }
    }
}

/// The id of a node by its address.
pub(super) fn node_id(settings: &NodeSettings, address: &str) -> NodeId {
    if settings.peers.len() <= 1 {
        return ONLY_NODE;
    }
    node_id_of(address)
}

/// The id of a node that is not alone.
pub(super) fn node_id_of(address: &str) -> NodeId {
    // FNV-1a: the same on every machine and in every release.
    address.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The nodes of the group that the configuration names.
pub(super) fn members(settings: &NodeSettings) -> BTreeMap<NodeId, BasicNode> {
    let peers = if settings.peers.is_empty() { std::slice::from_ref(&settings.address) } else { &settings.peers };
    peers.iter().map(|address| (node_id(settings, address), BasicNode::new(address))).collect()
}

/// The id that the folder belongs to, and whether the node may have lost its log.
fn identity(database: &Database, settings: &NodeSettings) -> Result<(NodeId, bool), DatabaseError> {
    // Folders of before there were versions have none.
    let format = database.get(META, FORMAT_KEY)?.unwrap_or(FORMAT);
    if format > FORMAT {
        return Err(DatabaseError::Newer(format, FORMAT));
    }
    if let Some(id) = database.get(META, NODE_ID)? {
        return Ok((id, database.get(META, CATCHING_UP)?.unwrap_or(false)));
    }
    // Folders of releases that formed groups of one only have a log and no id.
    let is_old = database.last::<serde_json::Value>(super::database::LOG)?.is_some();
    let id = if is_old { ONLY_NODE } else { node_id(settings, &settings.address) };
    let catching_up = !is_old && settings.peers.len() > 1;
    let mut batch = WriteBatch::default();
    database.put(&mut batch, META, FORMAT_KEY, &FORMAT)?;
    database.put(&mut batch, META, NODE_ID, &id)?;
    database.put(&mut batch, META, CATCHING_UP, &catching_up)?;
    database.write(batch)?;
    Ok((id, catching_up))
}

fn config(settings: &NodeSettings) -> Config {
    let config = Config {
        cluster_name: "flinkrs".to_owned(),
        install_snapshot_timeout: INSTALL_SNAPSHOT_TIMEOUT_MS,
        snapshot_policy: SnapshotPolicy::LogsSinceLast(1_000),
        ..Config::default()
    };
    if settings.peers.len() <= 1 {
        // There is nobody to keep from standing for election, so the ticks of a node that is alone may be slow.
        return Config {
            heartbeat_interval: 1_000,
            election_timeout_min: 1_800,
            election_timeout_max: 6_000,
            ..config
        };
    }
    let election = u64::try_from(settings.election_timeout.as_millis()).unwrap_or(u64::MAX).max(20);
    // Who speaks and stands when is the matter of `elections`; these are how long an answer to entries and to a candidate may take, and how
    // long nobody votes after a leader has spoken. A leader that did not wait for a slow disk would never get an answer.
    Config {
        enable_heartbeat: false,
        enable_elect: false,
        heartbeat_interval: election * 8 / 10,
        election_timeout_min: election * 9 / 10,
        election_timeout_max: election,
        ..config
    }
}

pub(super) fn place(dir: &Path) -> String {
    format!("in '{}' (high-availability.storageDir)", dir.display())
}

impl std::fmt::Debug for RaftNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RaftNode").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}
