//! A cluster for unit tests: it runs nothing and counts what it is asked for.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use dataflow::{JobGraph, JobId, OperatorId, RowType};

use crate::cluster::{Cluster, JobSummary, KeptCatalog, ResultRows};
use crate::throwable::Throwable;

/// The cluster. Its one job fails at its end.
#[derive(Debug, Default)]
pub(crate) struct TestCluster {
    /// Batches that were fetched, as whoever makes rows counts them.
    pub(crate) fetched: AtomicUsize,
    pub(crate) cancelled: AtomicUsize,
    catalogs: Mutex<BTreeMap<String, KeptCatalog>>,
}

#[async_trait]
impl Cluster for TestCluster {
    async fn submit(&self, _: &JobGraph) -> Result<JobId, Throwable> {
        Ok(JobId(1))
    }

    fn rows(&self, _: JobId, _: RowType, _: OperatorId, _: u32) -> Box<dyn ResultRows> {
        unreachable!("tests bring their own rows")
    }

    async fn wait(&self, _: JobId) -> Result<(), Throwable> {
        Err(Throwable::new("a.B", "it failed at its end"))
    }

    async fn cancel(&self, _: JobId) -> Result<(), Throwable> {
        self.cancelled.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn stop_with_savepoint(&self, _: JobId, _: bool) -> Result<String, Throwable> {
        Ok(String::new())
    }

    async fn jobs(&self) -> Result<Vec<JobSummary>, Throwable> {
        Ok(Vec::new())
    }

    async fn catalog(&self, name: &str) -> Result<Option<KeptCatalog>, Throwable> {
        Ok(self.catalogs.lock().unwrap().get(name).cloned())
    }

    async fn put_catalog(&self, name: &str, version: u64, document: &str) -> Result<bool, Throwable> {
        let mut catalogs = self.catalogs.lock().unwrap();
        if catalogs.get(name).map_or(0, |kept| kept.version) != version {
            return Ok(false);
        }
        let kept = KeptCatalog { version: version + 1, document: document.to_owned() };
        catalogs.insert(name.to_owned(), kept);
        Ok(true)
    }
}
