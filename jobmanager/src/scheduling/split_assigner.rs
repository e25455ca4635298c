//! `SplitAssigner`: which reader of a source gets which split. A pure machine of the job master, one for each source operator.
//!
//! Splits are never given twice, and a reader is told that there will be no more exactly once. A restart of the job begins with a new assigner, which
//! is given the splits of the checkpoint as if they were discovered.

use std::collections::{HashSet, VecDeque};

use dataflow::deployment::ReaderProgress;
use dataflow::{Split, SplitAssignment};

/// What happens to a source.
#[derive(Debug, Clone, PartialEq)]
pub enum SplitEvent {
    /// The enumerator has found more; `complete`: it will find nothing more.
    Discovered {
        /// The splits.
        splits: Vec<Split>,
        /// Whether these are the last.
        complete: bool,
    },
    /// A reader has run dry.
    Requested {
        /// Its subtask.
        subtask: u32,
    },
}

/// What to tell a reader.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitCommand {
    /// The reader's subtask.
    pub subtask: u32,
    /// Its new splits.
    pub splits: Vec<Split>,
    /// Whether these are its last.
    pub no_more_splits: bool,
}

/// Hands out the splits of one source.
#[derive(Debug)]
pub struct SplitAssigner {
    assignment: SplitAssignment,
    parallelism: u32,
    /// Not given to anybody; only with `OnRequest`.
    pending: VecDeque<Split>,
    /// Readers that wait for a split; only with `OnRequest`.
    waiting: VecDeque<u32>,
    /// Readers that were told that there is no more.
    told: Vec<bool>,
    /// How many splits were spread so far; only with `Fixed`.
    spread: u64,
    complete: bool,
    /// Splits that readers got under an earlier JobManager.
    given_before: HashSet<String>,
}

impl SplitAssigner {
    /// An assigner for this many readers.
    pub fn new(assignment: SplitAssignment, parallelism: u32) -> Self {
        SplitAssigner {
            assignment,
            parallelism,
            pending: VecDeque::new(),
            waiting: VecDeque::new(),
            told: vec![false; parallelism as usize],
            spread: 0,
            complete: false,
            given_before: HashSet::new(),
        }
    }

    /// An assigner for readers that run already, and have got this much: what is discovered again is not given again.
    pub fn adopted(assignment: SplitAssignment, parallelism: u32, readers: &[(u32, ReaderProgress)]) -> Self {
        let mut this = SplitAssigner::new(assignment, parallelism);
        for (subtask, reader) in readers {
            this.given_before.extend(reader.given.iter().cloned());
            if let Some(told) = this.told.get_mut(*subtask as usize) {
                *told = reader.no_more_splits;
            }
            if reader.waiting && assignment == SplitAssignment::OnRequest {
                this.waiting.push_back(*subtask);
            }
        }
        this.spread = this.given_before.len() as u64;
        this
    }

    /// Takes an event; the answer is what to tell which readers.
    pub fn handle(&mut self, event: SplitEvent) -> Vec<SplitCommand> {
        match event {
            SplitEvent::Discovered { mut splits, complete } => {
                self.complete |= complete;
                splits.retain(|split| !self.given_before.contains(&split.id));
                match self.assignment {
                    SplitAssignment::Fixed => self.spread(splits),
                    SplitAssignment::OnRequest => {
                        self.pending.extend(splits);
                        let waiting = std::mem::take(&mut self.waiting);
                        waiting.into_iter().filter_map(|subtask| self.serve(subtask)).collect()
                    }
                }
            }
            // With fixed assignment everything comes unasked.
            SplitEvent::Requested { .. } if self.assignment == SplitAssignment::Fixed => Vec::new(),
            SplitEvent::Requested { subtask } if subtask >= self.parallelism => Vec::new(),
            SplitEvent::Requested { subtask } => self.serve(subtask).into_iter().collect(),
        }
    }

    /// Splits that no reader has got.
    pub fn unassigned(&self) -> impl Iterator<Item = &Split> {
        self.pending.iter()
    }

    /// The next split for a reader that asks, the end, or a place in the queue.
    fn serve(&mut self, subtask: u32) -> Option<SplitCommand> {
        if let Some(split) = self.pending.pop_front() {
            return Some(SplitCommand { subtask, splits: vec![split], no_more_splits: false });
        }
        if !self.complete {
            if !self.waiting.contains(&subtask) {
                self.waiting.push_back(subtask);
            }
            return None;
        }
        let told = std::mem::replace(&mut self.told[subtask as usize], true);
        (!told).then_some(SplitCommand { subtask, splits: Vec::new(), no_more_splits: true })
    }

    /// Round robin in the order of discovery.
    fn spread(&mut self, splits: Vec<Split>) -> Vec<SplitCommand> {
        let mut shares: Vec<Vec<Split>> = vec![Vec::new(); self.parallelism as usize];
        for split in splits {
            shares[(self.spread % u64::from(self.parallelism)) as usize].push(split);
            self.spread += 1;
        }
        let mut commands = Vec::new();
        for (subtask, splits) in shares.into_iter().enumerate() {
            let no_more_splits = self.complete && !std::mem::replace(&mut self.told[subtask], self.complete);
            if no_more_splits || !splits.is_empty() {
                commands.push(SplitCommand { subtask: subtask as u32, splits, no_more_splits });
            }
        }
        commands
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(id: u32) -> Split {
        Split { id: id.to_string(), payload: serde_json::Value::Null }
    }

    fn found(ids: &[u32], complete: bool) -> SplitEvent {
        SplitEvent::Discovered { splits: ids.iter().copied().map(split).collect(), complete }
    }

    /// Commands as text: `subtask:split,split` and `!` for the end.
    fn run(assigner: &mut SplitAssigner, event: SplitEvent) -> Vec<String> {
        let text = |command: SplitCommand| {
            let ids: Vec<String> = command.splits.into_iter().map(|split| split.id).collect();
            format!("{}:{}{}", command.subtask, ids.join(","), if command.no_more_splits { "!" } else { "" })
        };
        assigner.handle(event).into_iter().map(text).collect()
    }

    #[test]
    fn a_reader_that_runs_dry_gets_the_next_split_then_the_end() {
        let mut assigner = SplitAssigner::new(SplitAssignment::OnRequest, 2);
        let ask = |subtask| SplitEvent::Requested { subtask };
        let table: [(SplitEvent, &[&str]); 8] = [
            (ask(1), &[]),
            (ask(1), &[]),
            (found(&[7, 8], true), &["1:7"]),
            (ask(0), &["0:8"]),
            (ask(0), &["0:!"]),
            (ask(0), &[]),
            (ask(1), &["1:!"]),
            (ask(9), &[]),
        ];
        for (event, expected) in table {
            assert_eq!(run(&mut assigner, event.clone()), expected, "{event:?}");
        }
    }

    #[test]
    fn fixed_splits_are_spread_once_and_every_reader_hears_the_end() {
        let mut assigner = SplitAssigner::new(SplitAssignment::Fixed, 3);
        assert_eq!(run(&mut assigner, found(&[0, 1, 2, 3], true)), ["0:0,3!", "1:1!", "2:2!"]);
        let mut growing = SplitAssigner::new(SplitAssignment::Fixed, 2);
        assert_eq!(run(&mut growing, found(&[0], false)), ["0:0"]);
        assert_eq!(run(&mut growing, found(&[1, 2], false)), ["0:2", "1:1"]);
        assert_eq!(run(&mut growing, SplitEvent::Requested { subtask: 0 }), Vec::<String>::new());
    }

    #[test]
    fn what_readers_have_got_is_not_given_again() {
        let got = |given: &[&str], no_more_splits, waiting| ReaderProgress {
            given: given.iter().map(|&id| id.to_owned()).collect(),
            no_more_splits,
            waiting,
            watermark: None,
        };
        let readers = [(0, got(&["7"], false, false)), (1, got(&["8"], false, true))];
        let mut on_request = SplitAssigner::adopted(SplitAssignment::OnRequest, 2, &readers);
        assert_eq!(run(&mut on_request, found(&[7, 8, 9], true)), ["1:9"]);
        assert_eq!(run(&mut on_request, SplitEvent::Requested { subtask: 0 }), ["0:!"]);
        let readers = [(0, got(&["0", "2"], true, false)), (1, got(&["1"], false, false))];
        let mut fixed = SplitAssigner::adopted(SplitAssignment::Fixed, 2, &readers);
        assert_eq!(run(&mut fixed, found(&[0, 1, 2, 3], true)), ["1:3!"]);
    }

    proptest! {
        #[test]
        fn every_split_is_given_exactly_once(
            fixed: bool, parallelism in 1u32..5, found_in in proptest::collection::vec(0u32..4, 1..6), asks in proptest::collection::vec(0u32..5, 0..40)
        ) {
            let assignment = if fixed { SplitAssignment::Fixed } else { SplitAssignment::OnRequest };
            let mut assigner = SplitAssigner::new(assignment, parallelism);
            let mut given = Vec::new();
            let mut ends = vec![0; parallelism as usize];
            let mut take = |commands: Vec<SplitCommand>| for command in commands {
                assert_eq!(ends[command.subtask as usize], 0, "nothing comes after the end");
                ends[command.subtask as usize] += i32::from(command.no_more_splits);
                given.extend(command.splits.into_iter().map(|split| split.id.parse::<u32>().unwrap()));
            };
            let mut next = 0;
            let mut asks = asks.into_iter();
            for (i, count) in found_in.iter().enumerate() {
                let ids: Vec<u32> = (next..next + count).collect();
                next += count;
                take(assigner.handle(found(&ids, i + 1 == found_in.len())));
                for subtask in asks.by_ref().take(3) { take(assigner.handle(SplitEvent::Requested { subtask })); }
            }
            for _ in 0..=next { for subtask in 0..parallelism { take(assigner.handle(SplitEvent::Requested { subtask })); } }
            given.sort_unstable();
            prop_assert_eq!(given, (0..next).collect::<Vec<_>>());
            prop_assert!(ends.iter().all(|&count| count == 1));
        }
    }
}
