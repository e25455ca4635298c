//! Reads what a job goes on from that ran under an earlier JobManager. A disk or an object store that is away is waited for; what is damaged fails the job.

use std::sync::Arc;

use common::backoff::Backoff;
use common::config::Configuration;
use dataflow::{Failure, JobGraph};
use tracing::{error, warn};

use super::{JobMasterContext, JobMasterHandle, Message, RETRIES};
use crate::checkpointing::{JobCheckpointing, Reservation, StoredProgress};
use crate::scheduling::GraphEvent;

/// What is known of such a job.
pub struct RecoveredJob {
    /// The cluster's configuration with the job's laid over it.
    pub config: Configuration,
    /// Its graph.
    pub graph: Arc<JobGraph>,
    /// How far it had come.
    pub progress: StoredProgress,
    /// Its tasks may run on; else they begin anew.
    pub runs_on: bool,
}

/// Tries until the job can start, never can, or has ended (somebody cancels it).
pub(super) async fn recover(job: RecoveredJob, context: JobMasterContext, master: JobMasterHandle) {
    let RecoveredJob { config, graph, progress, runs_on } = job;
    let (name, id) = (&graph.name, graph.job_id);
    // The next JobManager must not use the number of the attempts that begin now.
    let numbers = Reservation::Attempts(progress.first_attempt() + 1);
    if !runs_on && context.until_stored(&master, || context.store.reserve(id, numbers)).await.is_none() {
        return;
    }
    let mut pauses = Backoff::new(RETRIES, context.environment.random());
    while !master.is_closed() {
        match JobCheckpointing::of_recovered(&config, &context.storages, &graph, &progress).await {
            Ok(checkpointing) => return master.send(Message::Recovered(Box::new(checkpointing))),
            Err(problem) if problem.may_pass() => {
                warn!("job {name} ({id}) cannot go on yet, and is tried again: {problem}");
                let failure = Failure::external("the job cannot go on from its last checkpoint yet; it is tried again");
                master.graph(GraphEvent::StartDelayed(failure.caused_by(problem)));
            }
            Err(problem) => {
                error!("job {name} ({id}) cannot go on: {problem}");
                let failure = Failure::external("the job cannot go on from its last checkpoint").caused_by(problem);
                return master.graph(GraphEvent::CoordinatorFailed(failure.fatal()));
            }
        }
        context.environment.clock().sleep(pauses.next_delay()).await;
    }
}
