//! As many splits as there are readers. The rounds of events are dealt out in turn, so that all splits keep the same pace and mix.

use std::time::Duration;

use async_trait::async_trait;
use dataflow::{Failure, Split, SplitAssignment, SplitEnumerator};
use serde::{Deserialize, Serialize};

/// Part `index` of `of`, made up to the event `next`; the payload of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NexmarkSplit {
    pub(super) index: u64,
    pub(super) of: u64,
    pub(super) next: u64,
}

impl NexmarkSplit {
    /// Part `index` of `of` at its first event, where rounds have so many events.
    pub(super) fn first(index: u64, of: u64, round: u64) -> Self {
        Self { index, of, next: index * round }
    }

    /// Moves on behind up to `most` events before `limit`, and appends their numbers.
    pub(super) fn take(&mut self, most: usize, limit: u64, round: u64, events: &mut Vec<u64>) {
        let wanted = events.len() + most;
        while events.len() < wanted && self.next < limit {
            let place = self.next % round;
            let rows = (round - place).min(limit - self.next).min((wanted - events.len()) as u64);
            events.extend(self.next..self.next + rows);
            self.next += rows;
            if place + rows == round {
                self.next += (self.of - 1) * round;
            }
        }
    }

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

pub(super) struct NexmarkEnumerator {
    /// Parallelism; 0 once the splits were given out.
    remaining: u64,
    round: u64,
}

impl NexmarkEnumerator {
    pub(super) fn new(parallelism: u32, round: u64) -> Self {
        Self { remaining: u64::from(parallelism), round }
    }
}

#[async_trait]
impl SplitEnumerator for NexmarkEnumerator {
    async fn discover(&mut self) -> Result<Vec<Split>, Failure> {
        let of = std::mem::take(&mut self.remaining);
        (0..of).map(|index| NexmarkSplit::first(index, of, self.round).to_split()).collect()
    }

    fn assignment(&self) -> SplitAssignment {
        SplitAssignment::Fixed
    }

    fn discovery_interval(&self) -> Option<Duration> {
        None
    }

    fn snapshot(&self) -> Result<serde_json::Value, Failure> {
        serde_json::to_value(EnumeratorState { given_out: self.remaining == 0 })
            .map_err(|error| Failure::internal("the state of a nexmark source cannot be written").caused_by(error))
    }

    fn restore(&mut self, snapshot: serde_json::Value) -> Result<(), Failure> {
        let state: EnumeratorState = serde_json::from_value(snapshot).map_err(|error| {
            Failure::internal("the checkpoint is not one of the nexmark source").fatal().caused_by(error)
        })?;
        if state.given_out {
            self.remaining = 0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_splits_share_out_all_events() {
        for (of, most) in [(1, 7), (2, 50), (3, 1), (3, 1_000)] {
            let mut all = Vec::new();
            for index in 0..of {
                let mut split = NexmarkSplit::first(index, of, 50);
                let mut events = Vec::new();
                while split.next < 1_234 {
                    let before = events.len();
                    split.take(most, 1_234, 50, &mut events);
                    assert!((1..=most).contains(&(events.len() - before)));
                }
                assert!(events.is_sorted());
                all.extend(events);
            }
            all.sort_unstable();
            assert_eq!(all, (0..1_234).collect::<Vec<_>>(), "{of} parts, {most} at a time");
        }
    }
}
