//! The state machine of a pattern, as Flink's NFACompiler builds it for variables that follow one another without gaps.
//!
//! ```text
//!   A        take A -> next
//!   A?       take A -> next | proceed -> next
//!   A+       take A -> loop;   loop: proceed -> next | take A -> loop
//!   A{1,2}   take A -> more;   more: take A -> next | proceed -> next
//! ```
//! Behind a greedy variable, the transitions of what follows are taken only by rows that it cannot take.

use dataflow::operator_spec::PatternVariable;

/// Index of a state.
pub(super) type StateId = usize;

/// The machine.
#[derive(Debug)]
pub(super) struct Nfa {
    states: Vec<State>,
    start: StateId,
}

/// A state between two rows.
#[derive(Debug)]
pub(super) struct State {
    /// The variable that its transitions take rows for.
    pub variable: usize,
    pub transitions: Vec<Transition>,
    /// Variables whose conditions decide what the next row leads to.
    pub asked: Vec<usize>,
}

/// A way out of a state.
#[derive(Debug, Clone)]
pub(super) struct Transition {
    pub target: StateId,
    /// Whether it takes the row; else the row is looked at by the target.
    pub takes: bool,
    condition: Condition,
}

/// What the row must meet for a transition.
#[derive(Debug, Clone, Default)]
struct Condition {
    holds: Option<usize>,
    holds_not: Vec<usize>,
}

/// The state behind the last row. It has no transitions.
pub(super) const FINAL: StateId = 0;

impl Transition {
    /// Whether the row may go this way; `holds` says whether it meets the condition of a variable.
    pub(super) fn is_open(&self, holds: &impl Fn(usize) -> bool) -> bool {
        self.condition.holds.is_none_or(holds) && !self.condition.holds_not.iter().any(|&variable| holds(variable))
    }
}

impl Nfa {
    /// The machine of a pattern, built from its end.
    pub(super) fn new(pattern: &[PatternVariable]) -> Self {
        let end = State { variable: usize::MAX, transitions: Vec::new(), asked: Vec::new() };
        let mut nfa = Self { states: vec![end], start: FINAL };
        for (index, variable) in pattern.iter().enumerate().rev() {
            nfa.start = nfa.variable(index, variable, nfa.start);
        }
        for state in 0..nfa.states.len() {
            nfa.states[state].asked = nfa.asked(state);
        }
        nfa
    }

    /// The state before the first row.
    pub(super) fn start(&self) -> StateId {
        self.start
    }

    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    pub(super) fn state(&self, state: StateId) -> &State {
        &self.states[state]
    }

    fn variable(&mut self, index: usize, variable: &PatternVariable, next: StateId) -> StateId {
        let least = variable.min.max(1);
        let mut sink = next;
        match variable.max {
            None => {
                sink = self.looping(index, next);
                if variable.greedy {
                    self.refuse(next, index);
                }
            }
            Some(most) => {
                if variable.greedy && least != most {
                    self.refuse(next, index);
                }
                for _ in least..most {
                    sink = self.single(index, sink, Some(next));
                }
            }
        }
        for _ in 1..least {
            sink = self.single(index, sink, None);
        }
        self.single(index, sink, (variable.min == 0).then_some(next))
    }

    fn single(&mut self, variable: usize, sink: StateId, proceed: Option<StateId>) -> StateId {
        let mut transitions = vec![take(variable, sink)];
        transitions.extend(proceed.map(skip));
        self.add(variable, transitions)
    }

    fn looping(&mut self, variable: usize, next: StateId) -> StateId {
        let own = self.states.len();
        self.add(variable, vec![skip(next), take(variable, own)])
    }

    fn add(&mut self, variable: usize, transitions: Vec<Transition>) -> StateId {
        self.states.push(State { variable, transitions, asked: Vec::new() });
        self.states.len() - 1
    }

    /// A row that the variable takes does not pass through this state.
    fn refuse(&mut self, state: StateId, variable: usize) {
        for transition in &mut self.states[state].transitions {
            transition.condition.holds_not.push(variable);
        }
    }

    fn asked(&self, state: StateId) -> Vec<usize> {
        let mut asked = Vec::new();
        let (mut seen, mut open) = (vec![false; self.states.len()], vec![state]);
        while let Some(state) = open.pop() {
            if std::mem::replace(&mut seen[state], true) {
                continue;
            }
            for transition in &self.states[state].transitions {
                asked.extend(transition.condition.holds);
                asked.extend(&transition.condition.holds_not);
                // Whether the match may end behind a row that is taken is asked of that row, too.
                let ends = |to: &Transition| !to.takes;
                if !transition.takes || self.states[transition.target].transitions.iter().any(ends) {
                    open.push(transition.target);
                }
            }
        }
        asked.sort_unstable();
        asked.dedup();
        asked
    }

    /// The ways on which a row is taken, in Flink's order: for each the state whose variable takes it and the state behind it.
    pub(super) fn takes(&self, state: StateId, holds: &impl Fn(usize) -> bool, found: &mut Vec<(StateId, StateId)>) {
        found.clear();
        let mut open = vec![state];
        while let Some(state) = open.pop() {
            for transition in self.states[state].transitions.iter().filter(|transition| transition.is_open(holds)) {
                match transition.takes {
                    true => found.push((state, transition.target)),
                    false => open.push(transition.target),
                }
            }
        }
    }

    /// Whether the match may end in this state, behind the row that was taken.
    pub(super) fn may_end(&self, state: StateId, holds: &impl Fn(usize) -> bool) -> bool {
        let mut open = vec![state];
        while let Some(state) = open.pop() {
            for transition in &self.states[state].transitions {
                if transition.takes || !transition.is_open(holds) {
                    continue;
                }
                if transition.target == FINAL {
                    return true;
                }
                open.push(transition.target);
            }
        }
        false
    }
}

fn take(variable: usize, target: StateId) -> Transition {
    Transition { target, takes: true, condition: Condition { holds: Some(variable), holds_not: Vec::new() } }
}

fn skip(target: StateId) -> Transition {
    Transition { target, takes: false, condition: Condition::default() }
}
