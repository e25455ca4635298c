//! `TopState`: what `flinkrs top` shows, and how it is kept current.

use dataflow::JobId;
use jobmanager::rest::messages::{CheckpointingStatistics, ClusterOverview, JobDetails, JobOverview};

use super::rates::Rates;
use crate::cluster_client::ClusterClient;

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
    /// Why the last request failed; what is shown is older then.
    pub trouble: Option<String>,
}

impl TopState {
    /// Asks the cluster anew.
    pub async fn refresh(&mut self, client: &ClusterClient) {
        self.trouble = self.ask(client).await.err().map(|error| format!("{error:#}"));
    }

    async fn ask(&mut self, client: &ClusterClient) -> anyhow::Result<()> {
        self.overview = Some(client.overview().await?);
        self.jobs = client.jobs().await?;
        self.jobs.sort_by_key(|job| (job.state.is_terminal(), std::cmp::Reverse(job.start_time)));
        if !self.jobs.iter().any(|job| Some(job.jid) == self.chosen) {
            self.choose(0);
        }
        let Some(chosen) = self.chosen else { return Ok(()) };
        let details = client.job(chosen).await?;
        self.rates.observe(&details);
        self.details = Some(details);
        self.checkpoints = Some(client.checkpoints(chosen).await?);
        Ok(())
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

    fn choose(&mut self, index: usize) {
        let job = self.jobs.get(index).map(|job| job.jid);
        if job != self.chosen {
            *self = Self {
                chosen: job,
                overview: self.overview.take(),
                jobs: std::mem::take(&mut self.jobs),
                ..Self::default()
            };
        }
    }
}
