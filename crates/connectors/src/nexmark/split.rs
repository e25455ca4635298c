//! A split: a part of the events. The rounds of events are dealt out in turn, so that all splits keep the same pace and mix.

use serde::{Deserialize, Serialize};

use crate::part_enumerator::PartSplit;

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
}

impl PartSplit for NexmarkSplit {
    fn index(&self) -> u64 {
        self.index
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
