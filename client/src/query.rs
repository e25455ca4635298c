//! The rows of a SELECT, as the client receives them: batch after batch from every subtask of the Collect operator.

use std::io::Cursor;

use anyhow::Context;
use arrow_array::Int8Array;
use arrow_ipc::reader::StreamReader;
use dataflow::{Batch, JobId, OperatorId, RowType};

use crate::cluster_client::ClusterClient;
use crate::progress;
use crate::subtask_results::{Fetched, SubtaskResults};

/// A running query.
#[derive(Debug)]
pub struct Query {
    cluster: ClusterClient,
    /// The job that computes it.
    pub job: JobId,
    /// Columns of the result.
    pub schema: RowType,
    operator: OperatorId,
    subtasks: Vec<SubtaskResults>,
    next: usize,
}

impl Query {
    /// The query whose results `operator` of `job` collects in that many subtasks.
    pub fn new(cluster: ClusterClient, job: JobId, schema: RowType, operator: OperatorId, subtasks: u32) -> Self {
        let subtasks = (0..subtasks).map(|_| SubtaskResults::default()).collect();
        Self { cluster, job, schema, operator, subtasks, next: 0 }
    }

    /// The next rows that no restart of the job takes back; none at the end of the result. Fails with the job's cause when the job fails.
    pub async fn next(&mut self) -> anyhow::Result<Option<Batch>> {
        loop {
            if let Some(batch) = self.subtasks.iter_mut().find_map(SubtaskResults::next) {
                return Ok(Some(batch));
            }
            let Some(subtask) = self.next_subtask() else { return Ok(None) };
            let known = &self.subtasks[subtask];
            let (version, offset) = (known.version(), known.offset());
            let (cluster, job, operator) = (&self.cluster, self.job, self.operator);
            let response =
                cluster.patiently(|| cluster.results(job, operator, subtask as u32, version, offset)).await?;
            if response.batches.is_empty() && !response.complete {
                cluster.patiently(|| progress::fail_if_ended_badly(cluster, job)).await?;
            }
            let batches = response.batches.iter().map(|batch| decode(&batch.ipc, &batch.kinds));
            self.subtasks[subtask].on_fetched(Fetched {
                version: response.version,
                unchanged: response.unchanged,
                covered: response.covered,
                complete: response.complete,
                batches: batches.collect::<anyhow::Result<_>>()?,
            })?;
        }
    }

    /// The next subtask in turn that has not ended.
    fn next_subtask(&mut self) -> Option<usize> {
        let count = self.subtasks.len();
        let found =
            (0..count).map(|step| (self.next + step) % count).find(|&subtask| !self.subtasks[subtask].is_complete())?;
        self.next = (found + 1) % count;
        Some(found)
    }
}

fn decode(ipc: &[u8], kinds: &[u8]) -> anyhow::Result<Batch> {
    let mut reader = StreamReader::try_new(Cursor::new(ipc), None).context("results are no Arrow IPC stream")?;
    let rows = reader.next().context("a result batch is empty")?.context("a result batch cannot be read")?;
    Ok(if kinds.is_empty() {
        Batch::inserts(rows)
    } else {
        Batch::changes(rows, Int8Array::from_iter_values(kinds.iter().map(|&kind| kind as i8)))
    })
}
