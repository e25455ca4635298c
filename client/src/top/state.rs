//! `TopState`: what `flinkrs top` shows. `Answers` are what it is kept current with.

use std::time::Duration;

use anyhow::anyhow;
use dataflow::JobId;
use jobmanager::rest::messages::{CheckpointingStatistics, ClusterOverview, JobDetails, JobOverview};

use super::rates::Rates;
use crate::cluster_client::ClusterClient;

/// How long the cluster may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the cluster answered when it was last asked.
#[derive(Debug)]
pub struct Answers {
    overview: ClusterOverview,
    jobs: Vec<JobOverview>,
    /// Of the job that is shown.
    chosen: Option<(JobDetails, CheckpointingStatistics)>,
}

impl Answers {
    /// Asks the cluster, for the details of this job too; of the first one when it is not there.
    pub async fn ask(client: ClusterClient, wanted: Option<JobId>) -> anyhow::Result<Self> {
        let silent = || anyhow!("the JobManager at {} has not answered for {PATIENCE:?}", client.address());
        tokio::time::timeout(PATIENCE, Self::of(&client, wanted)).await.map_err(|_| silent())?
    }

    async fn of(client: &ClusterClient, wanted: Option<JobId>) -> anyhow::Result<Self> {
        let overview = client.overview().await?;
        let mut jobs = client.jobs().await?;
        jobs.sort_by_key(|job| (job.state.is_terminal(), std::cmp::Reverse(job.start_time)));
        let is_there = |wanted: &JobId| jobs.iter().any(|job| job.jid == *wanted);
        let chosen = match wanted.filter(is_there).or(jobs.first().map(|job| job.jid)) {
            Some(job) => Some((client.job(job).await?, client.checkpoints(job).await?)),
            None => None,
        };
        Ok(Self { overview, jobs, chosen })
    }
}

/// What is shown.
#[derive(Debug, Default)]
pub struct TopState {
    /// The cluster, once it has answered.
    pub overview: Option<ClusterOverview>,
    /// All jobs: those that run first, then the newest.
    pub jobs: Vec<JobOverview>,
    /// The job whose tasks are shown.
    pub chosen: Option<JobId>,
    /// Its details.
    pub details: Option<JobDetails>,
    /// Its checkpoints.
    pub checkpoints: Option<CheckpointingStatistics>,
    /// Of its vertices.
    pub rates: Rates,
    /// How many of its vertices are above those that are shown.
    pub skipped: usize,
    /// Why the last request failed; what is shown is older then.
    pub trouble: Option<String>,
}

impl TopState {
    /// Takes what came of asking.
    pub fn take(&mut self, outcome: anyhow::Result<Answers>) {
        let answers = match outcome {
            Ok(answers) => answers,
            Err(error) => {
                self.trouble = Some(format!("{error:#}"));
                return;
            }
        };
        self.trouble = None;
        self.overview = Some(answers.overview);
        self.jobs = answers.jobs;
        if !self.jobs.iter().any(|job| Some(job.jid) == self.chosen) {
            self.choose(0);
        }
        // Another job may have been chosen meanwhile.
        if let Some((details, checkpoints)) = answers.chosen.filter(|(details, _)| Some(details.jid) == self.chosen) {
            self.rates.observe(&details);
            self.skipped = self.skipped.min(details.vertices.len().saturating_sub(1));
            self.details = Some(details);
            self.checkpoints = Some(checkpoints);
        }
    }

    /// Where the chosen job is among the jobs.
    pub fn index(&self) -> Option<usize> {
        self.jobs.iter().position(|job| Some(job.jid) == self.chosen)
    }

    /// Chooses the job so many places further down, or up.
    pub fn go(&mut self, steps: isize) {
        let last = self.jobs.len().saturating_sub(1);
        self.choose(self.index().unwrap_or(0).saturating_add_signed(steps).min(last));
    }

    /// Moves so many vertices further down, or up.
    pub fn scroll(&mut self, steps: isize) {
        let last = self.details.as_ref().map_or(0, |job| job.vertices.len()).saturating_sub(1);
        self.skipped = self.skipped.saturating_add_signed(steps).min(last);
    }

    fn choose(&mut self, index: usize) {
        let job = self.jobs.get(index).map(|job| job.jid);
        if job != self.chosen {
            *self = Self {
                chosen: job,
                overview: self.overview.take(),
                jobs: std::mem::take(&mut self.jobs),
                trouble: self.trouble.take(),
                ..Self::default()
            };
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::top) fn answer<T: serde::de::DeserializeOwned>(name: &str) -> T {
        let path = format!("{}/../compat-tests/fixtures/rest/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("the answer is recorded");
        let mut recorded: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        serde_json::from_value(recorded["body"].take()).expect("the answer can be read")
    }

    /// What the real Flink answered about its job; the job comes first among so many copies of it.
    pub(in crate::top) fn recorded(jobs: usize) -> Answers {
        let all: jobmanager::rest::messages::JobsOverview = answer("jobs_overview");
        let details: JobDetails = answer("job");
        let mut one = all.jobs[0].clone();
        one.jid = details.jid;
        let copies = (0..jobs).map(|number| JobOverview {
            jid: JobId(details.jid.0 + number as u128),
            name: format!("{} {number}", one.name),
            ..one.clone()
        });
        Answers {
            overview: answer("overview"),
            jobs: copies.collect(),
            chosen: Some((details, answer("job_checkpoints"))),
        }
    }

    #[test]
    fn details_of_a_job_that_is_not_chosen_any_more_are_left() {
        let mut state = TopState::default();
        state.take(Ok(recorded(3)));
        let first = state.chosen;
        assert!(first.is_some() && state.details.is_some());
        state.go(1);
        assert!(state.chosen != first && state.details.is_none());
        state.take(Ok(recorded(3)));
        assert!(state.details.is_none(), "they are those of the first job");
        state.go(9);
        assert_eq!(state.index(), Some(2), "there are no more");
    }

    #[test]
    fn a_job_that_is_gone_is_left_and_trouble_ends() {
        let mut state = TopState::default();
        state.take(Ok(recorded(3)));
        state.go(2);
        state.scroll(50);
        state.take(Err(anyhow!("no JobManager answers")));
        assert!(state.trouble.is_some() && state.index() == Some(2));
        state.take(Ok(recorded(1)));
        assert!(state.trouble.is_none() && state.index() == Some(0) && state.skipped == 0 && state.details.is_some());
    }
}
