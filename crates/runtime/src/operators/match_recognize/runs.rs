//! The matches of one key that are open, and those that wait for an earlier one: what of Flink's NFA lives from row to row.
//!
//! ```text
//!   row -> each run: dies | goes on (perhaps several ways) | is complete --no earlier run is open--> match, others are pruned
//!   time -> runs whose first row is too old die
//! ```
//! Rows of a match follow one another, so a run is where it began and how many rows each variable has. Runs stand in a queue ordered by their
//! beginning; which of several with one beginning comes first is decided by the order of Java's PriorityQueue, as in Flink.

use dataflow::Failure;
use dataflow::operator_spec::AfterMatch;

use super::nfa::{FINAL, Nfa, StateId};

/// A match under way, or complete.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    pub state: StateId,
    /// Absent for the one that waits for a first row.
    pub began: Option<Began>,
    /// Rows of each variable.
    pub counts: Box<[u32]>,
}

/// The first row of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Began {
    /// Its number among the rows of the key.
    pub ordinal: u64,
    pub time: i64,
}

/// A match that is to be emitted.
#[derive(Debug)]
pub(super) struct Match {
    /// The number of its first row among the rows of the key.
    pub first: u64,
    /// Rows of each variable.
    pub counts: Box<[u32]>,
    /// The time up to which rows were looked at.
    pub time: i64,
}

/// What a pattern does with runs.
#[derive(Debug)]
pub(super) struct Rules {
    pub nfa: Nfa,
    pub after: AfterMatch,
    pub within: Option<i64>,
    /// Names of the variables, for messages.
    pub names: Vec<String>,
}

/// The runs of a key.
#[derive(Debug, Clone)]
pub(super) struct Runs {
    open: Queue,
    complete: Queue,
}

impl Run {
    fn ordinal(&self) -> u64 {
        self.began.map_or(u64::MAX, |began| began.ordinal)
    }

    /// Number of its rows.
    pub(super) fn len(&self) -> u64 {
        self.counts.iter().map(|&count| u64::from(count)).sum()
    }
}

impl Runs {
    /// No match is under way.
    pub(super) fn new(rules: &Rules) -> Self {
        let counts = vec![0; rules.names.len()].into_boxed_slice();
        let start = Run { state: rules.nfa.start(), began: None, counts };
        Self { open: Queue(vec![start]), complete: Queue::default() }
    }

    /// What was written before.
    pub(super) fn restored(open: Vec<Run>, complete: Vec<Run>) -> Self {
        Self { open: Queue(open), complete: Queue(complete) }
    }

    /// The open runs, and the one that waits for a first row, in the order in which they are looked at.
    pub(super) fn open(&self) -> &[Run] {
        &self.open.0
    }

    /// Those that are complete and wait.
    pub(super) fn complete(&self) -> &[Run] {
        &self.complete.0
    }

    /// Whether nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.open.0.len() == 1 && self.complete.0.is_empty()
    }

    /// The first row that is needed.
    pub(super) fn first(&self) -> Option<u64> {
        let runs = self.open.0.iter().chain(&self.complete.0);
        runs.filter_map(|run| run.began).map(|began| began.ordinal).min()
    }

    /// The time of the first row of the earliest open run.
    pub(super) fn earliest(&self) -> Option<i64> {
        self.open.0.iter().filter_map(|run| run.began).map(|began| began.time).min()
    }

    pub(super) fn memory_size(&self) -> usize {
        let runs = self.open.0.len() + self.complete.0.len();
        runs * (size_of::<Run>() + self.open.0.first().map_or(0, |run| 4 * run.counts.len()))
    }

    /// The time has come to `time`: runs that began too long ago are dropped, and those that waited for them are matches.
    pub(super) fn advance(&mut self, rules: &Rules, time: i64, found: &mut Vec<Match>) -> Result<(), Failure> {
        let Some(within) = rules.within else { return Ok(()) };
        let is_over = |run: &Run| run.began.is_some_and(|began| time.saturating_sub(began.time) >= within);
        if !self.open.0.iter().any(is_over) {
            return Ok(());
        }
        let mut open = Queue::default();
        for run in std::mem::take(&mut self.open.0) {
            if !is_over(&run) {
                open.push(run);
            }
        }
        self.open = open;
        self.emit(rules, time, found)
    }

    /// The row with this number among those of the key, of this time. `holds(run, variable)` says whether it meets the condition of a variable in the
    /// eyes of an open run.
    pub(super) fn take(
        &mut self,
        rules: &Rules,
        began: Began,
        holds: &impl Fn(usize, usize) -> bool,
        found: &mut Vec<Match>,
    ) -> Result<(), Failure> {
        let nfa = &rules.nfa;
        let mut open = Queue::default();
        let mut potential = Queue::default();
        let mut ways = Vec::new();
        for (index, run) in std::mem::take(&mut self.open.0).into_iter().enumerate() {
            let holds = |variable| holds(index, variable);
            nfa.takes(run.state, &holds, &mut ways);
            for &(from, to) in &ways {
                let mut next = Run { state: to, began: run.began.or(Some(began)), counts: run.counts.clone() };
                next.counts[nfa.state(from).variable] += 1;
                let end = nfa.may_end(to, &holds).then(|| Run { state: FINAL, ..next.clone() });
                for next in [Some(next), end].into_iter().flatten() {
                    if next.state == FINAL { potential.push(next) } else { open.push(next) }
                }
            }
            if run.began.is_none() {
                open.push(run);
            }
        }
        self.open = open;
        potential.0.into_iter().for_each(|run| self.complete.push(run));
        self.emit(rules, began.time, found)
    }

    /// Complete runs before which no open one began are matches.
    fn emit(&mut self, rules: &Rules, time: i64, found: &mut Vec<Match>) -> Result<(), Failure> {
        while let Some(run) = self.complete.0.first() {
            if self.open.0.first().is_some_and(|open| open.ordinal() < run.ordinal()) {
                break;
            }
            let run = self.complete.pop().expect("there is a first one");
            let until = rules.pruned_until(&run)?;
            self.open.prune(until);
            self.complete.prune(until);
            found.push(Match { first: run.ordinal(), counts: run.counts, time });
        }
        Ok(())
    }
}

impl Rules {
    /// Behind a match, runs that began before this row are dropped.
    fn pruned_until(&self, run: &Run) -> Result<u64, Failure> {
        let first = run.ordinal();
        let (variable, is_last) = match self.after {
            AfterMatch::ToNextRow => return Ok(first + 1),
            AfterMatch::PastLastRow => return Ok(first + run.len()),
            AfterMatch::ToFirst(variable) => (variable, false),
            AfterMatch::ToLast(variable) => (variable, true),
        };
        let count = u64::from(run.counts[variable]);
        if count == 0 {
            let message = format!("Could not skip to {}. No such element in the found match", self.names[variable]);
            return Err(Failure::user(message).fatal());
        }
        let before: u64 = run.counts[..variable].iter().map(|&count| u64::from(count)).sum();
        let offset = before + if is_last { count - 1 } else { 0 };
        if offset == 0 {
            return Err(Failure::user("Could not skip to first element of a match.").fatal());
        }
        Ok(first + offset)
    }
}

/// A heap of runs by their beginning, laid out as Java's PriorityQueue lays out its own.
#[derive(Debug, Clone, Default)]
struct Queue(Vec<Run>);

impl Queue {
    fn push(&mut self, run: Run) {
        self.0.push(run);
        let mut child = self.0.len() - 1;
        while child > 0 {
            let parent = (child - 1) / 2;
            if self.0[child].ordinal() >= self.0[parent].ordinal() {
                break;
            }
            self.0.swap(child, parent);
            child = parent;
        }
    }

    fn pop(&mut self) -> Option<Run> {
        if self.0.is_empty() {
            return None;
        }
        let first = self.0.swap_remove(0);
        self.sift_down(0);
        Some(first)
    }

    fn sift_down(&mut self, mut parent: usize) {
        loop {
            let mut child = 2 * parent + 1;
            if child >= self.0.len() {
                return;
            }
            if child + 1 < self.0.len() && self.0[child].ordinal() > self.0[child + 1].ordinal() {
                child += 1;
            }
            if self.0[parent].ordinal() <= self.0[child].ordinal() {
                return;
            }
            self.0.swap(parent, child);
            parent = child;
        }
    }

    /// Drops the runs that began before this row.
    fn prune(&mut self, until: u64) {
        let all = self.0.len();
        self.0.retain(|run| run.began.is_none_or(|began| began.ordinal >= until));
        if self.0.len() < all {
            (0..self.0.len() / 2).rev().for_each(|parent| self.sift_down(parent));
        }
    }
}
