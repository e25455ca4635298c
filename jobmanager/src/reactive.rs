//! The reactive mode (`scheduler-mode: reactive`): a job has as many subtasks as there are slots, and is rescaled, from a checkpoint, when TaskManagers
//! come and go.

use std::collections::BTreeMap;
use std::time::Duration;

use common::config::{ConfigError, Configuration, options};
use common::environment::Environment;
use dataflow::{JobGraph, JobId, JobStatus, JobVertex};
use tracing::{info, warn};

use crate::dispatcher::Dispatcher;
use crate::scheduling::{
    ParallelismBounds, ReactiveSettings, RescaleCause, ResourceRequirements, Resources, Stabilization,
};

/// How often slots are looked at.
const LOOK: Duration = Duration::from_millis(50);

/// The settings, when the cluster is in the reactive mode.
pub fn settings(config: &Configuration) -> Result<Option<ReactiveSettings>, ConfigError> {
    if config.get(&options::SCHEDULER_MODE)?.is_none() {
        return Ok(None);
    }
    let submission = config.get_set(&options::ADAPTIVE_SUBMISSION_STABILIZATION_TIMEOUT)?;
    Ok(Some(ReactiveSettings {
        // As in Flink, the reactive mode does not wait unless it is told to.
        submission_stabilization: submission.unwrap_or_default(),
        executing_stabilization: config.get(&options::ADAPTIVE_EXECUTING_STABILIZATION_TIMEOUT)?,
        cooldown: config.get(&options::ADAPTIVE_EXECUTING_COOLDOWN)?,
    }))
}

/// As many subtasks as can be.
pub fn requirements(graph: &JobGraph) -> ResourceRequirements {
    let all =
        |vertex: &JobVertex| (vertex.id, ParallelismBounds { lower_bound: 1, upper_bound: vertex.max_parallelism });
    ResourceRequirements(graph.vertices.iter().map(all).collect())
}

/// Rescales jobs as long as it is polled.
pub async fn run(settings: ReactiveSettings, dispatcher: Dispatcher, environment: Environment) {
    let clock = environment.clock();
    let mut jobs: BTreeMap<JobId, Stabilization> = BTreeMap::new();
    loop {
        clock.sleep(LOOK).await;
        let pictures = dispatcher.pictures().await;
        jobs.retain(|job, _| pictures.iter().any(|it| it.graph().job_id == *job && it.end_time().is_none()));
        for picture in pictures.iter().filter(|picture| picture.end_time().is_none()) {
            let (graph, job) = (picture.graph(), picture.graph().job_id);
            if !matches!(picture.status(), JobStatus::Running | JobStatus::Restarting) {
                continue;
            }
            let slots = dispatcher.slots_for(picture).await;
            let requirements = requirements(graph);
            let wanted = requirements.apply(graph, slots);
            let parallelism = |graph: &JobGraph| graph.vertices.iter().map(|it| it.parallelism).collect::<Vec<_>>();
            let resources = Resources {
                is_waiting: picture.waits_for_slots(),
                slots,
                differs: parallelism(&wanted) != parallelism(graph),
            };
            let stabilization = jobs.entry(job).or_insert_with(|| Stabilization::new(settings));
            if !stabilization.is_due(resources, clock.now_millis()) {
                continue;
            }
            info!("Job {job} takes the {slots} slots that there are");
            if let Err(problem) = dispatcher.checkpoint_before_restart(job).await {
                // What is read again otherwise; without checkpoints there is nothing to go back to anyway.
                info!("job {job} is rescaled without a checkpoint: {problem}");
            }
            let cause = if resources.is_waiting { RescaleCause::Failover } else { RescaleCause::NewResources };
            if let Err(problem) = dispatcher.rescale(job, requirements, cause).await {
                warn!("job {job} cannot be rescaled: {problem}");
            }
        }
    }
}
