//! Commits prepared transactions, on a thread of its own.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use dataflow::{Committer, Failure, Progress};

use super::cluster::Cluster;
use super::committable::{Committable, Fate};
use super::coordinator::Ending;
use super::options::Transactions;
use crate::kafka::options::KafkaTable;

/// The committer.
pub(in crate::kafka) struct KafkaCommitter {
    table: Arc<KafkaTable>,
    options: Transactions,
    commits: Arc<Mutex<Commits>>,
    /// To the thread, which the first commit starts.
    orders: Option<Sender<Committable>>,
    stopped: Arc<AtomicBool>,
}

/// How far the commits are that were asked for.
#[derive(Default)]
struct Commits {
    /// None while it is under way.
    results: HashMap<Committable, Option<Result<(), Failure>>>,
    waker: Option<Waker>,
}

impl KafkaCommitter {
    pub(in crate::kafka) fn new(table: KafkaTable, options: Transactions) -> Self {
        Self { table: Arc::new(table), options, commits: Arc::default(), orders: None, stopped: Arc::default() }
    }

    fn start(&self) -> Result<Sender<Committable>, Failure> {
        let (orders, receiver) = channel();
        let cluster = Cluster::new(self.table.clone(), self.stopped.clone());
        let (options, commits) = (self.options.clone(), self.commits.clone());
        let started = std::thread::Builder::new()
            .name("kafka-commit".to_owned())
            .spawn(move || commit_all(cluster, &options, &receiver, &commits));
        started
            .map(|_| orders)
            .map_err(|error| Failure::external("cannot start a thread for committing to Kafka").caused_by(error))
    }
}

fn lock(commits: &Mutex<Commits>) -> MutexGuard<'_, Commits> {
    // A panic of the other side leaves plain data behind, which is still consistent.
    commits.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Committer for KafkaCommitter {
    fn commit(&mut self, committables: &[serde_json::Value], waker: &Waker) -> Result<Progress, Failure> {
        let committables = committables.iter().map(Committable::from_json).collect::<Result<Vec<_>, _>>()?;
        if self.orders.is_none() && !committables.is_empty() {
            self.orders = Some(self.start()?);
        }
        let mut commits = lock(&self.commits);
        commits.waker = Some(waker.clone());
        let mut progress = Progress::Done;
        for committable in &committables {
            match commits.results.get(committable) {
                Some(Some(Ok(()))) => {}
                Some(Some(Err(failure))) => return Err(failure.clone()),
                Some(None) => progress = Progress::Pending,
                None => {
                    commits.results.insert(committable.clone(), None);
                    let orders = self.orders.as_ref().expect("started above");
                    orders
                        .send(committable.clone())
                        .map_err(|_| Failure::internal("the thread that commits is gone"))?;
                    progress = Progress::Pending;
                }
            }
        }
        if progress == Progress::Done {
            commits.results.retain(|committable, _| !committables.contains(committable));
        }
        Ok(progress)
    }
}

impl Drop for KafkaCommitter {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Release);
    }
}

/// The thread: commits in order until the committer is gone.
fn commit_all(mut cluster: Cluster, options: &Transactions, orders: &Receiver<Committable>, commits: &Mutex<Commits>) {
    while let Ok(committable) = orders.recv() {
        if cluster.is_stopped() {
            return;
        }
        let result = commit(&mut cluster, options, &committable);
        let mut commits = lock(commits);
        commits.results.insert(committable, Some(result));
        let waker = commits.waker.take();
        drop(commits);
        waker.into_iter().for_each(Waker::wake);
    }
}

fn commit(cluster: &mut Cluster, options: &Transactions, committable: &Committable) -> Result<(), Failure> {
    let Committable { transactional_id: id, identity, .. } = committable;
    let doing = || format!("committing transaction '{id}'");
    match cluster.end_transaction(id, *identity, Ending::Commit) {
        Ok(()) => return Ok(()),
        Err(error) if error.is_ended_or_fenced() => {}
        Err(error) => return Err(cluster.failure(doing(), error)),
    }
    let described = cluster.describe(id).map_err(|error| cluster.failure(doing(), error))?;
    let table = &cluster.table.table;
    match committable.fate(described.as_ref()) {
        Fate::Committed => Ok(()),
        Fate::Forgotten => {
            tracing::warn!(%table, %id, "the brokers have forgotten a transaction of the checkpoint, which is old; it is taken for committed");
            Ok(())
        }
        Fate::Lost => {
            let now =
                described.map_or("unknown".to_owned(), |now| format!("{} at epoch {}", now.state, now.identity.epoch));
            Err(options.lost(table, id).caused_by(format!("the brokers have it as {now}")))
        }
    }
}
