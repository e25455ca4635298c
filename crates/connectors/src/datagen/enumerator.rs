//! As many splits as there are readers; each makes its share of the rows.

use std::time::Duration;

use async_trait::async_trait;
use dataflow::{Failure, Split, SplitAssignment, SplitEnumerator};
use serde::{Deserialize, Serialize};

/// Part `index` of `of`, of which `emitted` rows have been made; the payload of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DatagenSplit {
    pub(super) index: u64,
    pub(super) of: u64,
    pub(super) emitted: u64,
}

pub(super) struct DatagenEnumerator {
    /// Parallelism; 0 once the splits were given out.
    remaining: u64,
}

impl DatagenEnumerator {
    pub(super) fn new(parallelism: u32) -> Self {
        Self { remaining: u64::from(parallelism) }
    }
}

#[async_trait]
impl SplitEnumerator for DatagenEnumerator {
    async fn discover(&mut self) -> Result<Vec<Split>, Failure> {
        let of = std::mem::take(&mut self.remaining);
        let split = |index| {
            let payload = serde_json::to_value(DatagenSplit { index, of, emitted: 0 })
                .map_err(|error| Failure::internal("a split cannot be written as JSON").caused_by(error))?;
            Ok(Split { id: format!("part-{index}"), payload })
        };
        (0..of).map(split).collect()
    }

    fn assignment(&self) -> SplitAssignment {
        SplitAssignment::Fixed
    }

    fn discovery_interval(&self) -> Option<Duration> {
        None
    }
}
