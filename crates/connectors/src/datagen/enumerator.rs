//! As many splits as there are readers; each makes its share of the rows.

use std::time::Duration;

use async_trait::async_trait;
use common::random::Random;
use dataflow::{Failure, Split, SplitAssignment, SplitEnumerator};
use serde::{Deserialize, Serialize};

/// Part `index` of `of`, of which `emitted` rows have been made from the random numbers of `seed`; the payload of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DatagenSplit {
    pub(super) index: u64,
    pub(super) of: u64,
    pub(super) emitted: u64,
    pub(super) seed: u64,
}

impl DatagenSplit {
    /// The split that carries it.
    pub(super) fn to_split(self) -> Result<Split, Failure> {
        let payload = serde_json::to_value(self)
            .map_err(|error| Failure::internal("a split cannot be written as JSON").caused_by(error))?;
        Ok(Split { id: format!("part-{}", self.index), payload })
    }
}

/// Whether the splits were given out, as checkpoints hold it. They are never made anew: a job that goes on at another parallelism
/// spreads the parts that it began with.
#[derive(Debug, Serialize, Deserialize)]
struct EnumeratorState {
    given_out: bool,
}

pub(super) struct DatagenEnumerator {
    /// Parallelism; 0 once the splits were given out.
    remaining: u64,
    random: Random,
}

impl DatagenEnumerator {
    pub(super) fn new(parallelism: u32, random: Random) -> Self {
        Self { remaining: u64::from(parallelism), random }
    }
}

#[async_trait]
impl SplitEnumerator for DatagenEnumerator {
    async fn discover(&mut self) -> Result<Vec<Split>, Failure> {
        let of = std::mem::take(&mut self.remaining);
        let seed = &mut self.random;
        (0..of).map(|index| DatagenSplit { index, of, emitted: 0, seed: seed.next_u64() }.to_split()).collect()
    }

    fn assignment(&self) -> SplitAssignment {
        SplitAssignment::Fixed
    }

    fn discovery_interval(&self) -> Option<Duration> {
        None
    }

    fn snapshot(&self) -> Result<serde_json::Value, Failure> {
        serde_json::to_value(EnumeratorState { given_out: self.remaining == 0 })
            .map_err(|error| Failure::internal("the state of a datagen source cannot be written").caused_by(error))
    }

    fn restore(&mut self, snapshot: serde_json::Value) -> Result<(), Failure> {
        let state: EnumeratorState = serde_json::from_value(snapshot).map_err(|error| {
            Failure::internal("the checkpoint is not one of the datagen source").fatal().caused_by(error)
        })?;
        if state.given_out {
            self.remaining = 0;
        }
        Ok(())
    }
}
