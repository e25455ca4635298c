//! `Matching`: the rows of keys of a window against each other: pairs for which the condition holds, and rows without a match.

use dataflow::operator_spec::{JoinSpec, JoinType};
use dataflow::{Failure, Output, RowKind};
use expr::EvalContext;
use state::RowRef;

use super::INCOMPLETE;
use crate::operators::join::condition::Condition;
use crate::operators::stored_pairs::StoredPairs;
use crate::operators::timed_state::TimedState;

/// Pairs looked at together, about.
const PAIRS: usize = 16_384;

/// Rows that are waiting to be compared, and what came of those that were.
pub(super) struct Matching {
    join_type: JoinType,
    condition: Option<Condition>,
    emission: StoredPairs,
    /// Left and right row of each pair.
    pairs: [Vec<Option<RowRef>>; 2],
    /// Of each pair: which of `others` it is with.
    pair_others: Vec<usize>,
    steps: Vec<Step>,
    /// The rows that the leading ones are compared with, and whether they have matched.
    others: Vec<(RowRef, bool)>,
}

/// What is emitted in turn.
enum Step {
    /// A leading row, whose pairs end here.
    Row(RowRef, usize),
    /// Those of `others` from here to there that have not matched.
    Unmatched(usize, usize),
}

impl Matching {
    pub(super) fn new(spec: &JoinSpec, context: &EvalContext) -> Result<Self, Failure> {
        let condition = spec.condition.as_ref().map(|condition| Condition::new(spec, condition, context));
        let left_only = matches!(spec.join_type, JoinType::Semi | JoinType::Anti);
        Ok(Self {
            join_type: spec.join_type,
            condition: condition.transpose()?,
            emission: StoredPairs::new(spec.output.arrow_schema(), left_only),
            pairs: Default::default(),
            pair_others: Vec::new(),
            steps: Vec::new(),
            others: Vec::new(),
        })
    }

    /// The side whose rows are taken one by one.
    fn leading(&self) -> usize {
        usize::from(self.join_type == JoinType::Right)
    }

    /// Adds the left and right rows of a key, in the order in which they came.
    pub(super) fn add(&mut self, rows: [&[u32]; 2], state: &TimedState, out: &mut dyn Output) -> Result<(), Failure> {
        let leading = self.leading();
        let (leading_rows, other_rows) = (state.side(leading), state.side(1 - leading));
        let first = self.others.len();
        self.others.extend(rows[1 - leading].iter().map(|&id| (other_rows.row(id), false)));
        for &id in rows[leading] {
            let row = leading_rows.row(id);
            if leading_rows.tag(id) != INCOMPLETE {
                for (index, (other, _)) in self.others.iter().enumerate().skip(first) {
                    self.pairs[leading].push(Some(row));
                    self.pairs[1 - leading].push(Some(*other));
                    self.pair_others.push(index);
                }
            }
            self.steps.push(Step::Row(row, self.pair_others.len()));
            if self.pair_others.len() >= PAIRS {
                self.resolve(state, out)?;
            }
        }
        if self.join_type == JoinType::Full {
            self.steps.push(Step::Unmatched(first, self.others.len()));
        }
        if self.others.len() + self.steps.len() >= PAIRS {
            self.resolve(state, out)?;
            self.others.clear();
        }
        Ok(())
    }

    /// Emits all that was added.
    pub(super) fn flush(&mut self, state: &TimedState, out: &mut dyn Output) -> Result<(), Failure> {
        self.resolve(state, out)?;
        self.others.clear();
        self.emission.flush(state.stores(), out)
    }

    /// Compares the pairs and emits what comes of them.
    fn resolve(&mut self, state: &TimedState, out: &mut dyn Output) -> Result<(), Failure> {
        let mut holds = None;
        if let Some(condition) = self.condition.as_ref().filter(|_| !self.pair_others.is_empty()) {
            holds = Some(condition.evaluate_stored(state.stores(), [&self.pairs[0], &self.pairs[1]])?);
        }
        let leading = self.leading();
        let mut pair = 0;
        for step in std::mem::take(&mut self.steps) {
            match step {
                Step::Row(row, end) => {
                    let mut matched = false;
                    for pair in pair..end {
                        if holds.as_ref().is_none_or(|holds| holds.value(pair)) {
                            matched = true;
                            self.others[self.pair_others[pair]].1 = true;
                            if !matches!(self.join_type, JoinType::Semi | JoinType::Anti) {
                                self.emission.push(RowKind::Insert, self.pairs[0][pair], self.pairs[1][pair]);
                            }
                        }
                    }
                    pair = end;
                    if matched == (self.join_type == JoinType::Semi) && self.join_type != JoinType::Inner {
                        self.emission.push_pad(RowKind::Insert, leading, row);
                    }
                }
                Step::Unmatched(first, end) => {
                    for (row, _) in self.others[first..end].iter().filter(|(_, matched)| !matched) {
                        self.emission.push_pad(RowKind::Insert, 1 - leading, *row);
                    }
                }
            }
            if self.emission.is_full() {
                self.emission.flush(state.stores(), out)?;
            }
        }
        self.pairs.iter_mut().for_each(Vec::clear);
        self.pair_others.clear();
        Ok(())
    }
}
