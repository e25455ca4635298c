//! `Session`: one client's catalog and configuration, and the operations that it has begun.
//!
//! Statements of a session are run one after the other; its configuration can be asked for at any time.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::execution;
use super::operation::Operation;
use crate::cluster::Cluster;
use crate::durable_catalogs::DurableCatalogs;
use crate::throwable::Throwable;

/// A session.
pub(crate) struct Session {
    pub(crate) handle: Uuid,
    pub(super) cluster: Arc<dyn Cluster>,
    /// Held while a statement is run.
    pub(super) sql: Arc<tokio::sync::Mutex<sql::Session>>,
    /// Locked while `sql` is.
    pub(super) durable: tokio::sync::Mutex<DurableCatalogs>,
    /// As the last statement has left it.
    config: Mutex<Arc<BTreeMap<String, String>>>,
    operations: Mutex<HashMap<Uuid, Arc<Operation>>>,
    /// ms since the epoch.
    last_access: AtomicI64,
}

impl Session {
    pub(super) fn new(config: BTreeMap<String, String>, cluster: Arc<dyn Cluster>, now: i64) -> Self {
        Self {
            handle: Uuid::new_v4(),
            cluster,
            sql: Arc::new(tokio::sync::Mutex::new(sql::Session::new(config.clone()))),
            durable: tokio::sync::Mutex::default(),
            config: Mutex::new(Arc::new(config)),
            operations: Mutex::default(),
            last_access: AtomicI64::new(now),
        }
    }

    /// The whole configuration.
    pub(crate) fn config(&self) -> Arc<BTreeMap<String, String>> {
        self.config.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_config(&self, config: BTreeMap<String, String>) {
        *self.config.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }

    /// Begins to run a statement, with some configuration for it alone.
    pub(crate) fn execute(self: &Arc<Self>, statement: String, config: BTreeMap<String, String>) -> Arc<Operation> {
        let operation = Arc::new(Operation::new());
        self.operations().insert(operation.handle, operation.clone());
        tokio::spawn(execution::run(self.clone(), operation.clone(), statement, config));
        operation
    }

    /// Runs a statement that configures the session.
    pub(crate) async fn configure(&self, statement: String) -> Result<(), Throwable> {
        let operation = Operation::new();
        execution::configure(self, statement).await.map_err(|error| operation.failure().caused_by(error))
    }

    /// What could stand at this place of a statement, a character.
    pub(crate) async fn complete(&self, statement: &str, position: usize) -> Vec<String> {
        crate::completion::candidates(self.sql.lock().await.catalog(), statement, position)
    }

    /// An operation that has not been closed.
    pub(crate) fn operation(&self, handle: Uuid) -> Result<Arc<Operation>, Throwable> {
        self.operations().get(&handle).cloned().ok_or_else(|| {
            Throwable::gateway(format!(
                "Can not find the submitted operation in the OperationManager with the {handle}."
            ))
        })
    }

    /// Closes an operation and forgets it; one that is not known has been closed before.
    pub(crate) async fn close_operation(&self, handle: Uuid) {
        let operation = self.operations().remove(&handle);
        if let Some(operation) = operation {
            operation.close().await;
        }
    }

    /// Closes all operations.
    pub(super) async fn close(&self) {
        let all: Vec<Arc<Operation>> = self.operations().drain().map(|(_, operation)| operation).collect();
        for operation in all {
            operation.close().await;
        }
    }

    pub(super) fn touch(&self, now: i64) {
        self.last_access.store(now, Ordering::Relaxed);
    }

    pub(super) fn last_access(&self) -> i64 {
        self.last_access.load(Ordering::Relaxed)
    }

    fn operations(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<Operation>>> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
