//! `SubtaskResults`: what the client has of the results of one subtask of a Collect operator, over restarts. A pure machine.
//!
//! ```text
//!   number of a batch: 0 ........ shown ........ covered ........ offset
//!                        is shown       may be shown     is held: a restart may take it back
//! ```

use std::collections::VecDeque;

use anyhow::bail;
use dataflow::Batch;

/// The results so far.
#[derive(Debug, Default)]
pub(crate) struct SubtaskResults {
    /// The attempt in whose numbers it counts, from 1; 0: none is known.
    version: u64,
    /// Number of batches that have been shown.
    shown: u64,
    /// Batches behind those.
    held: VecDeque<Batch>,
    /// Batches below it are never taken back.
    covered: u64,
    complete: bool,
}

/// What the subtask answered.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    pub(crate) version: u64,
    /// In a version that the client did not ask for: batches below it are the same.
    pub(crate) unchanged: u64,
    pub(crate) covered: u64,
    /// No batch follows.
    pub(crate) complete: bool,
    pub(crate) batches: Vec<Batch>,
}

impl SubtaskResults {
    /// The version to ask for.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// The number of the first batch to ask for.
    pub(crate) fn offset(&self) -> u64 {
        self.shown + self.held.len() as u64
    }

    /// Whether there is nothing more to ask for.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Takes an answer. Fails when the job has begun again with rows that have been shown.
    pub(crate) fn on_fetched(&mut self, fetched: Fetched) -> anyhow::Result<()> {
        if fetched.version == 0 {
            // There is no such attempt: not yet, or the job has ended without one, and what is held will never be covered.
            self.complete = fetched.complete;
            if self.complete {
                self.held.clear();
            }
            return Ok(());
        }
        if self.version != 0 && self.version != fetched.version {
            let Some(kept) = fetched.unchanged.checked_sub(self.shown) else {
                bail!(
                    "the job has restarted, and rows that were shown already would come again; set execution.checkpointing.interval, so that rows are shown once, after the checkpoint that covers them"
                );
            };
            self.held.truncate(kept as usize);
        }
        self.version = fetched.version;
        self.covered = fetched.covered;
        self.complete = fetched.complete;
        self.held.extend(fetched.batches);
        Ok(())
    }

    /// The next batch that no restart takes back.
    pub(crate) fn next(&mut self) -> Option<Batch> {
        if !self.complete && self.shown >= self.covered {
            return None;
        }
        let batch = self.held.pop_front()?;
        self.shown += 1;
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_array::{Int64Array, RecordBatch};

    use super::*;

    /// An answer with one batch for each number.
    fn answer(version: u64, covered: u64, numbers: &[i64]) -> Fetched {
        let batch = |number: &i64| {
            let column = Arc::new(Int64Array::from(vec![*number])) as _;
            Batch::inserts(RecordBatch::try_from_iter([("n", column)]).expect("one column"))
        };
        Fetched { version, covered, batches: numbers.iter().map(batch).collect(), ..Fetched::default() }
    }

    fn shown(results: &mut SubtaskResults) -> Vec<i64> {
        std::iter::from_fn(|| results.next())
            .map(|batch| batch.column(0).as_primitive::<Int64Type>().value(0))
            .collect()
    }

    #[test]
    fn rows_are_shown_when_a_checkpoint_covers_them() {
        let mut results = SubtaskResults::default();
        results.on_fetched(answer(1, 0, &[10, 11, 12])).unwrap();
        assert_eq!((shown(&mut results), results.offset()), (vec![], 3));
        results.on_fetched(answer(1, 2, &[13])).unwrap();
        assert_eq!((shown(&mut results), results.offset()), (vec![10, 11], 4));
        results.on_fetched(Fetched { complete: true, ..answer(1, 2, &[]) }).unwrap();
        assert_eq!(shown(&mut results), [12, 13]);
        assert!(results.is_complete());
    }

    #[test]
    fn a_restart_takes_back_what_its_checkpoint_does_not_cover() {
        let mut results = SubtaskResults::default();
        results.on_fetched(answer(1, 1, &[10, 11, 12, 13])).unwrap();
        assert_eq!(shown(&mut results), [10]);
        results.on_fetched(Fetched::default()).unwrap();
        assert_eq!((results.version(), results.offset()), (1, 4), "while it restarts nothing is known");
        results.on_fetched(Fetched { unchanged: 2, ..answer(3, 2, &[]) }).unwrap();
        assert_eq!((results.version(), results.offset()), (3, 2));
        results.on_fetched(answer(3, 4, &[22, 23])).unwrap();
        assert_eq!(shown(&mut results), [11, 22, 23]);
    }

    #[test]
    fn without_checkpoints_a_restart_fails_a_query_that_has_shown_rows() {
        let mut results = SubtaskResults::default();
        results.on_fetched(answer(1, u64::MAX, &[])).unwrap();
        results.on_fetched(answer(2, u64::MAX, &[])).unwrap();
        results.on_fetched(answer(2, u64::MAX, &[10])).unwrap();
        assert_eq!(shown(&mut results), [10]);
        let error = results.on_fetched(answer(3, u64::MAX, &[])).unwrap_err().to_string();
        assert!(error.contains("execution.checkpointing.interval"), "{error}");
    }

    #[test]
    fn what_an_ended_job_never_covered_is_not_shown() {
        let mut results = SubtaskResults::default();
        results.on_fetched(answer(1, 0, &[10])).unwrap();
        results.on_fetched(Fetched { complete: true, ..Fetched::default() }).unwrap();
        assert_eq!(shown(&mut results), [0; 0]);
        assert!(results.is_complete());
    }
}
