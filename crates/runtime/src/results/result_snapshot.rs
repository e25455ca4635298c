//! `ResultSnapshot`: the results of a Collect operator at a barrier, and how they are written as operator state.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dataflow::JobId;
use dataflow::checkpoint::{OperatorStateItem, OperatorSubtaskState, Redistribution};
use proto::v1::ResultBatch;
use serde_json::{Value, json};

/// The name of the state item.
const RESULTS: &str = "results";

/// What an attempt goes on from; the default is the start of a job.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ResultSnapshot {
    /// Number of batches pushed so far.
    pub(crate) pushed: u64,
    /// Batches below it are the same in the version that the client knows; none when that is the one that was snapshotted.
    pub(super) unchanged: Option<u64>,
    /// The last of them, which the client had not fetched yet.
    pub(super) batches: Vec<ResultBatch>,
}

impl ResultSnapshot {
    /// The state item of a job's results.
    pub(crate) fn item(&self, job: JobId) -> OperatorStateItem {
        let batch = |batch: &ResultBatch| json!([STANDARD.encode(&batch.ipc), STANDARD.encode(&batch.kinds)]);
        let payload = json!({
            "job": job.to_string(),
            "pushed": self.pushed,
            "unchanged": self.unchanged,
            "batches": self.batches.iter().map(batch).collect::<Vec<_>>(),
        });
        OperatorStateItem { name: RESULTS.to_owned(), redistribution: Redistribution::Split, payload }
    }

    /// Reads the item of this job. Results of another job are for the client of that one: they are left alone. None if it cannot be read.
    pub(crate) fn restore(state: &OperatorSubtaskState, job: JobId) -> Option<Self> {
        let job = job.to_string();
        let Some(payload) = state.items_named(RESULTS).find(|payload| payload["job"] == job) else {
            return Some(Self::default());
        };
        let bytes = |text: &Value| Some(STANDARD.decode(text.as_str()?).ok()?.into());
        let batch = |batch: &Value| Some(ResultBatch { ipc: bytes(&batch[0])?, kinds: bytes(&batch[1])? });
        let batches: Vec<ResultBatch> = payload["batches"].as_array()?.iter().map(batch).collect::<Option<_>>()?;
        let pushed = payload["pushed"].as_u64().filter(|pushed| *pushed >= batches.len() as u64)?;
        Some(Self { pushed, unchanged: payload["unchanged"].as_u64(), batches })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_finds_its_own_results_in_its_state() {
        let batch = ResultBatch { ipc: vec![0, 255, 7].into(), kinds: vec![3].into() };
        let snapshot = ResultSnapshot { pushed: 9, unchanged: Some(4), batches: vec![batch] };
        let mut state = OperatorSubtaskState { items: vec![snapshot.item(JobId(1))], ..Default::default() };
        assert_eq!(ResultSnapshot::restore(&state, JobId(1)).as_ref(), Some(&snapshot));
        assert_eq!(ResultSnapshot::restore(&state, JobId(2)), Some(ResultSnapshot::default()));
        state.items[0].payload["batches"][0][0] = json!("?");
        assert_eq!(ResultSnapshot::restore(&state, JobId(1)), None);
    }
}
