//! `MatchRecognize`: finds a pattern in the rows of each key, as Flink's CepOperator does. A row is emitted for each match.
//!
//! ```text
//!   row -> waits for the watermark -> in order of time: each open match of its key goes on, or dies -> complete -> measures -> row
//! ```
//! Conditions over the row alone are evaluated for all rows that are due at once. Where one refers to other rows, each key runs until it needs it; then
//! it is evaluated for all keys that have come to such a row, and they go on. Rows that an open match may need are kept.
//!
//! In processing time rows are looked at as they come, or, when they are ordered by further columns, when their millisecond is over.

mod expressions;
mod keys;
mod nfa;
#[cfg(test)]
mod restore_tests;
mod runs;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use arrow_array::ArrayRef;
use arrow_buffer::BooleanBuffer;
use arrow_schema::SchemaRef;
use common::clock::Clock;
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::{MatchReference, MatchSpec, WindowTime};
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, Stateful, StreamElement,
};
use expr::EvalContext;
use state::{KeyBatch, KeyedRows, KeyedStateContext};

use super::ordered::progress;
use super::ordered::sort_keys::SortKeys;
use super::ordered::times::times_of;
use expressions::{Condition, Expression, OwnConditions, Subject};
use keys::{Keys, time_of};
use nfa::Nfa;
use runs::{Began, Match, Rules, Runs};

/// Matches that are emitted together, about.
const MAX_MATCHES: usize = 8_192;

/// The operator.
pub struct MatchRecognize {
    key_batch: KeyBatch,
    rows: KeyedRows,
    keys: Keys,
    rules: Rules,
    conditions: Vec<Condition>,
    own: OwnConditions,
    emission: Emission,
    time: WindowTime,
    order: SortKeys,
    /// Slots of keys that are looked at at a time.
    due: BTreeMap<i64, Vec<u32>>,
    watermark: i64,
    late_records_dropped: Arc<AtomicU64>,
    clock: Clock,
    slots: Vec<u32>,
}

/// Rows that are due, key by key in order.
#[derive(Default)]
struct DueRows {
    numbers: Vec<u32>,
    times: Vec<i64>,
    cursors: Vec<Cursor>,
}

/// Where a key is among its rows that are due.
#[derive(Clone, Copy)]
struct Cursor {
    slot: u32,
    next: usize,
    end: usize,
}

/// A condition that has to be evaluated for the next row of a key.
struct Question {
    cell: usize,
    slot: u32,
    /// The number of the first row of the run.
    first: u64,
}

/// What is asked in a round: for each key that has come to a row, which conditions it meets in the eyes of each of its runs.
#[derive(Default)]
struct Round {
    keys: Vec<(Cursor, usize)>,
    cells: Vec<bool>,
    /// By variable.
    questions: Vec<(Vec<Question>, Vec<Subject>)>,
}

impl MatchRecognize {
    /// An operator for this spec. It adds to `late_records_dropped`; `clock` is for processing time. `state` is opened here.
    pub fn new(
        spec: &MatchSpec,
        context: &EvalContext,
        late_records_dropped: Arc<AtomicU64>,
        clock: Clock,
        state: KeyedStateContext,
        restored: &OperatorSubtaskState,
    ) -> Result<Self, Failure> {
        let key_batch =
            KeyBatch::new(&spec.input, &spec.partition).map_err(|error| Failure::user(error.to_string()).fatal())?;
        let rules = Rules {
            nfa: Nfa::new(&spec.pattern),
            after: spec.after,
            within: spec.within_ms.filter(|within| *within > 0),
            names: spec.pattern.iter().map(|variable| variable.name.clone()).collect(),
        };
        let (conditions, own) = expressions::conditions(&spec.pattern, &spec.input, context)?;
        let mut keys = Keys::new(&rules);
        let rows = KeyedRows::open(state, spec.input.arrow_schema(), &key_batch, &mut keys)?;
        let mut operator = Self {
            key_batch,
            rows,
            keys,
            rules,
            conditions,
            own,
            emission: Emission::new(spec, context)?,
            time: spec.time,
            order: SortKeys::new(&spec.order, &spec.input)?,
            due: BTreeMap::new(),
            watermark: progress::restored(restored),
            late_records_dropped,
            clock,
            slots: Vec::new(),
        };
        operator.restore()?;
        Ok(operator)
    }

    /// Brings what was restored to its place.
    fn restore(&mut self) -> Result<(), Failure> {
        self.put(self.rows.numbers().collect())?;
        for slot in 0..self.rows.slot_count() as u32 {
            self.register(slot);
        }
        for part in self.rows.parts_to_load() {
            let numbers = self.rows.load_part(part, &mut self.keys)?;
            self.loaded(numbers)?;
            self.evict()?;
        }
        Ok(())
    }

    /// Rows have been brought into memory, and what is kept of their keys.
    fn loaded(&mut self, numbers: Vec<u32>) -> Result<(), Failure> {
        self.put(numbers)?;
        for index in 0..self.rows.sought().len() {
            self.register(self.rows.sought()[index]);
        }
        Ok(())
    }

    /// Those that were looked at are rows of open matches, the others wait.
    fn put(&mut self, numbers: Vec<u32>) -> Result<(), Failure> {
        self.keys.make_room(self.rows.slot_count());
        if numbers.is_empty() {
            return Ok(());
        }
        let times: Vec<i64> = match self.time {
            WindowTime::Rowtime { column } => {
                times_of(&self.rows.gather_kept(&numbers, &[column])?[0])?.values().to_vec()
            }
            WindowTime::Proctime => numbers.iter().map(|&number| time_of(self.rows.sequence(number))).collect(),
        };
        let columns = self.rows.gather_kept(&numbers, self.order.columns())?;
        let sort_keys = self.order.of_columns(&columns)?;
        let mut sorted: Vec<usize> = (0..numbers.len()).collect();
        let place = |index: usize| (self.rows.slot(numbers[index]), times[index]);
        let sequence = |index: usize| self.rows.sequence(numbers[index]);
        sorted.sort_by(|&a, &b| {
            let by_time = place(a).cmp(&place(b)).then_with(|| sort_keys.get(a).cmp(sort_keys.get(b)));
            by_time.then_with(|| sequence(a).cmp(&sequence(b)))
        });
        for index in sorted {
            let (number, time) = (numbers[index], times[index]);
            let key = self.keys.get(self.rows.slot(number));
            key.count_sequence(self.rows.sequence(number));
            if key.runs.is_some() && time <= key.looked_at {
                key.kept.push_back(number);
            } else {
                key.waiting.push((time, number));
            }
        }
        Ok(())
    }

    /// Notes when a key is looked at next.
    fn register(&mut self, slot: u32) {
        let within = self.rules.within;
        let key = self.keys.get(slot);
        if let Some(due) = key.next_due(within)
            && due < key.due
        {
            key.due = due;
            self.due.entry(due).or_default().push(slot);
        }
    }

    /// Whether rows are looked at when they come.
    fn is_immediate(&self) -> bool {
        self.time == WindowTime::Proctime && self.order.columns().is_empty()
    }

    /// A row waits for its time; one that is late is dropped.
    fn wait(&mut self, row: u32, time: i64) {
        let slot = self.slots[row as usize];
        let is_rowtime = self.time != WindowTime::Proctime;
        let key = self.keys.get(slot);
        if is_rowtime && (time <= self.watermark || key.runs.is_some() && time <= key.looked_at) {
            self.late_records_dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let sequence = key.next_sequence((!is_rowtime).then_some(time));
        let number = self.rows.add(slot, sequence, row, 0);
        key.waiting.push((time, number));
        if time < key.due && (is_rowtime || !self.order.columns().is_empty()) {
            key.due = time;
            self.due.entry(time).or_default().push(slot);
        }
    }

    /// The time has come to `until`: rows up to then are looked at, and matches that have taken too long are forgotten, those too of keys that are
    /// only in the store.
    fn advance(&mut self, until: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let mut due = self.rows.due(until, &self.keys)?;
        while let Some(numbers) = self.rows.bring_due(&mut due, &mut self.keys)? {
            self.loaded(numbers)?;
            self.advance_in_memory(until, out)?;
        }
        self.advance_in_memory(until, out)
    }

    fn advance_in_memory(&mut self, until: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let mut slots = Vec::new();
        while let Some(entry) = self.due.first_entry().filter(|entry| *entry.key() <= until) {
            let (time, registered) = entry.remove_entry();
            for slot in registered {
                let key = self.keys.get(slot);
                if key.due == time {
                    key.due = i64::MAX;
                    slots.push(slot);
                }
            }
        }
        self.look_at(&slots, until, out)
    }

    /// Looks at the rows of these keys up to this time, then tells them the time.
    fn look_at(&mut self, slots: &[u32], until: i64, out: &mut dyn Output) -> Result<(), Failure> {
        if slots.is_empty() {
            return Ok(());
        }
        let now = if self.emission.reads_clock { self.clock.now_millis() } else { 0 };
        self.rows.settle_keys(slots.iter().copied(), &self.keys);
        let due = self.take_due(slots, until)?;
        self.process_rows(&due, now, out)?;
        let mut found = Vec::new();
        for &slot in slots {
            let key = self.keys.get(slot);
            if let Some(runs) = &mut key.runs {
                runs.advance(&self.rules, until, &mut found)?;
            }
            self.found(slot, &mut found);
            self.settle(slot);
            self.register(slot);
        }
        self.emission.emit(&self.rows, now, out)?;
        self.rows.end_without_batch(|_| {})?;
        self.rows.forget_empty(&self.keys);
        self.evict()
    }

    /// Takes the rows of these keys that are due.
    fn take_due(&mut self, slots: &[u32], until: i64) -> Result<DueRows, Failure> {
        let mut due = DueRows::default();
        for &slot in slots {
            let waiting = &mut self.keys.get(slot).waiting;
            let mut rows: Vec<(i64, u32)> = match waiting.iter().all(|(time, _)| *time <= until) {
                true => std::mem::take(waiting),
                false => waiting.extract_if(.., |(time, _)| *time <= until).collect(),
            };
            // Stable: rows of one time stand as they came.
            rows.sort_by_key(|(time, _)| *time);
            let next = due.numbers.len();
            due.times.extend(rows.iter().map(|(time, _)| *time));
            due.numbers.extend(rows.iter().map(|(_, number)| *number));
            due.cursors.push(Cursor { slot, next, end: due.numbers.len() });
        }
        if !self.order.columns().is_empty() {
            let columns = self.rows.gather_kept(&due.numbers, self.order.columns())?;
            let sort_keys = self.order.of_columns(&columns)?;
            for cursor in &due.cursors {
                let mut sorted: Vec<usize> = (cursor.next..cursor.end).collect();
                sorted.sort_by(|&a, &b| {
                    due.times[a].cmp(&due.times[b]).then_with(|| sort_keys.get(a).cmp(sort_keys.get(b)))
                });
                let numbers: Vec<u32> = sorted.into_iter().map(|index| due.numbers[index]).collect();
                // Times are in order already.
                due.numbers[cursor.next..cursor.end].copy_from_slice(&numbers);
            }
        }
        Ok(due)
    }

    /// Rounds: each key goes on until a condition over other rows has to be evaluated, or its rows end.
    fn process_rows(&mut self, due: &DueRows, now: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let passes = self.own.evaluate(&self.rows, &due.numbers)?;
        let mut open = due.cursors.clone();
        let mut found = Vec::new();
        while !open.is_empty() {
            let mut round = Round::default();
            round.questions.resize_with(self.conditions.len(), Default::default);
            for cursor in &mut open {
                self.run_key(cursor, due, &passes, &mut round, &mut found)?;
            }
            self.answer(&mut round, now)?;
            open.clear();
            for &(mut cursor, first_cell) in &round.keys {
                self.take_row(cursor.slot, due.times[cursor.next], &round.cells[first_cell..], &mut found)?;
                cursor.next += 1;
                open.extend((cursor.next < cursor.end).then_some(cursor));
            }
            if self.emission.len() >= MAX_MATCHES {
                self.emission.emit(&self.rows, now, out)?;
            }
        }
        Ok(())
    }

    /// Takes rows of a key until there is a question.
    fn run_key(
        &mut self,
        cursor: &mut Cursor,
        due: &DueRows,
        passes: &[BooleanBuffer],
        round: &mut Round,
        found: &mut Vec<Match>,
    ) -> Result<(), Failure> {
        while cursor.next < cursor.end {
            let index = cursor.next;
            let (number, time) = (due.numbers[index], due.times[index]);
            if self.keys.get(cursor.slot).runs.is_none() && self.cannot_begin(passes, index) {
                self.rows.remove(number);
                cursor.next += 1;
                continue;
            }
            self.begin_row(cursor.slot, number, time, found)?;
            let first_cell = round.cells.len();
            if self.ask(cursor.slot, time, index, passes, round) {
                round.keys.push((*cursor, first_cell));
                return Ok(());
            }
            self.take_row(cursor.slot, time, &round.cells[first_cell..], found)?;
            round.cells.truncate(first_cell);
            cursor.next += 1;
        }
        Ok(())
    }

    /// Whether it is known of a row by itself that no match begins with it.
    fn cannot_begin(&self, passes: &[BooleanBuffer], index: usize) -> bool {
        let asked = &self.rules.nfa.state(self.rules.nfa.start()).asked;
        asked.iter().all(|&variable| match &self.conditions[variable] {
            Condition::Own(own) | Condition::Related { own: Some(own), .. } => !passes[*own].value(index),
            Condition::Always | Condition::Related { own: None, .. } => false,
        })
    }

    /// The next row of a key: the time has come to it, and it is one of the rows that matches may have.
    fn begin_row(&mut self, slot: u32, number: u32, time: i64, found: &mut Vec<Match>) -> Result<(), Failure> {
        let key = self.keys.get(slot);
        match &mut key.runs {
            Some(runs) => runs.advance(&self.rules, time, found)?,
            None => key.runs = Some(Box::new(Runs::new(&self.rules))),
        }
        self.found(slot, found);
        self.trim(slot);
        self.keys.get(slot).kept.push_back(number);
        Ok(())
    }

    /// Which conditions the row meets in the eyes of each run; whether some have to be evaluated.
    fn ask(&mut self, slot: u32, time: i64, index: usize, passes: &[BooleanBuffer], round: &mut Round) -> bool {
        let Self { keys, rules, conditions, .. } = self;
        let key = keys.get(slot);
        let current = key.first + key.kept.len() as u64 - 1;
        let runs = key.runs.as_ref().expect("made when the row began");
        let variables = conditions.len();
        let mut is_asked = false;
        for run in runs.open() {
            let first_cell = round.cells.len();
            round.cells.resize(first_cell + variables, false);
            for &variable in &rules.nfa.state(run.state).asked {
                let cell = first_cell + variable;
                match &conditions[variable] {
                    Condition::Always => round.cells[cell] = true,
                    Condition::Own(own) => round.cells[cell] = passes[*own].value(index),
                    Condition::Related { own: Some(own), .. } if !passes[*own].value(index) => {}
                    Condition::Related { .. } => {
                        is_asked = true;
                        let mut counts = run.counts.clone();
                        counts[variable] += 1;
                        let first = run.began.map_or(current, |began| began.ordinal);
                        let (questions, subjects) = &mut round.questions[variable];
                        questions.push(Question { cell, slot, first });
                        subjects.push(Subject { counts, time });
                    }
                }
            }
        }
        is_asked
    }

    /// Evaluates what is asked.
    fn answer(&mut self, round: &mut Round, now: i64) -> Result<(), Failure> {
        let Self { keys, conditions, rows, .. } = self;
        for (condition, (questions, subjects)) in conditions.iter_mut().zip(&round.questions) {
            let Condition::Related { expression, .. } = condition else { continue };
            if questions.is_empty() {
                continue;
            }
            let number_of = |index: usize, offset: u64| {
                let question: &Question = &questions[index];
                keys.keys[question.slot as usize].number(question.first + offset)
            };
            let values = expression.evaluate(subjects, &number_of, rows, now)?;
            for (question, holds) in questions.iter().zip(expressions::holds(values.as_ref())?) {
                round.cells[question.cell] = holds;
            }
        }
        Ok(())
    }

    /// The runs of a key take its last row. `cells`: for each run, for each variable whether the row meets its condition.
    fn take_row(&mut self, slot: u32, time: i64, cells: &[bool], found: &mut Vec<Match>) -> Result<(), Failure> {
        let variables = self.conditions.len();
        let key = self.keys.get(slot);
        let ordinal = key.first + key.kept.len() as u64 - 1;
        let holds = |run: usize, variable: usize| cells[run * variables + variable];
        let runs = key.runs.as_mut().expect("made when the row began");
        runs.take(&self.rules, Began { ordinal, time }, &holds, found)?;
        key.looked_at = time;
        self.found(slot, found);
        self.trim(slot);
        Ok(())
    }

    /// Takes down the rows of matches before they are dropped.
    fn found(&mut self, slot: u32, found: &mut Vec<Match>) {
        let key = self.keys.get(slot);
        for found in found.drain(..) {
            let rows = found.counts.iter().map(|&count| u64::from(count)).sum::<u64>();
            let numbers = (found.first..found.first + rows).map(|ordinal| key.number(ordinal));
            self.emission.push(numbers, found.counts, found.time);
        }
    }

    /// Drops the rows of a key that no match needs any more; a key without matches under way has no runs.
    fn trim(&mut self, slot: u32) {
        let key = self.keys.get(slot);
        let Some(runs) = &key.runs else { return };
        let needed = runs.first().unwrap_or(key.first + key.kept.len() as u64);
        while key.first < needed
            && let Some(number) = key.kept.pop_front()
        {
            key.first += 1;
            self.rows.remove(number);
        }
    }

    /// What is kept of a key has changed.
    fn settle(&mut self, slot: u32) {
        self.trim(slot);
        let key = self.keys.get(slot);
        let Some(runs) = &key.runs else { return };
        if !runs.is_idle() {
            key.is_written = true;
            self.rows.mark_key_written(slot);
        } else {
            if key.is_written {
                self.rows.remove_key_value(slot);
            }
            key.forget_runs();
        }
        self.keys.count_bytes(slot);
    }

    /// Drops cold keys from memory, with their rows.
    fn evict(&mut self) -> Result<(), Failure> {
        if !self.rows.is_on_disk() {
            return Ok(());
        }
        let (bytes, within) = (self.keys.memory_size(), self.rules.within);
        let all = |_: &Keys, _, _| true;
        self.rows.evict(bytes, &mut self.keys, all, |keys, slot, numbers| {
            let key = keys.get(slot);
            let next = key.next_due(within);
            numbers.extend(key.kept.drain(..));
            numbers.extend(key.waiting.drain(..).map(|(_, number)| number));
            key.forget_runs();
            keys.count_bytes(slot);
            next
        })
    }
}

impl Operator for MatchRecognize {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        self.key_batch.encode(&batch);
        let mut slots = std::mem::take(&mut self.slots);
        let loaded = self.rows.find_slots(&self.key_batch, &mut slots, &mut self.keys);
        self.slots = slots;
        self.loaded(loaded?)?;
        let now = if self.time == WindowTime::Proctime { self.clock.now_millis() } else { 0 };
        match self.time {
            WindowTime::Rowtime { column } => {
                let times = times_of(batch.column(column))?;
                (0..batch.num_rows()).for_each(|row| self.wait(row as u32, times.value(row)));
            }
            WindowTime::Proctime => (0..batch.num_rows()).for_each(|row| self.wait(row as u32, now)),
        }
        self.rows.end(batch.rows(), |_| {})?;
        if self.is_immediate() {
            let mut slots = self.slots.clone();
            slots.sort_unstable();
            slots.dedup();
            return self.look_at(&slots, now, out);
        }
        self.rows.forget_empty(&self.keys);
        self.evict()
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        if matches!(self.time, WindowTime::Rowtime { .. }) {
            self.watermark = self.watermark.max(watermark);
            self.advance(self.watermark, out)?;
        }
        out.emit(StreamElement::Watermark(watermark))
    }

    fn on_timer(&mut self, now: i64, out: &mut dyn Output) -> Result<(), Failure> {
        match self.time {
            // A row of this very millisecond may still come.
            WindowTime::Proctime => self.advance(now - 1, out),
            WindowTime::Rowtime { .. } => Ok(()),
        }
    }

    fn next_timer(&self) -> Option<i64> {
        if self.time != WindowTime::Proctime {
            return None;
        }
        let first = self.due.first_key_value().map(|(time, _)| *time);
        first.into_iter().chain(self.rows.next_due()).min().map(|time| time.saturating_add(1))
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for MatchRecognize {
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        let keyed = self.rows.snapshot(barrier, &self.keys)?;
        Ok(OperatorSnapshot { items: vec![progress::item(self.watermark)], keyed: Some(keyed) })
    }

    fn continue_snapshot(&mut self) -> Result<Progress, Failure> {
        self.rows.settle_some(&self.keys)
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        self.rows.checkpoint_completed(checkpoint_id);
        Ok(Progress::Done)
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.rows.checkpoint_aborted(checkpoint_id);
    }
}

/// Matches that are to be emitted, and how.
struct Emission {
    partition: Vec<usize>,
    measures: Vec<Expression>,
    output: SchemaRef,
    reads_clock: bool,
    /// The rows of all matches.
    numbers: Vec<u32>,
    /// Of each match, the first of its rows.
    firsts: Vec<usize>,
    subjects: Vec<Subject>,
}

impl Emission {
    fn new(spec: &MatchSpec, context: &EvalContext) -> Result<Self, Failure> {
        let measures = spec.measures.iter().map(|measure| Expression::new(measure, &spec.input, context));
        let measures = measures.collect::<Result<Vec<_>, _>>()?;
        let conditions = spec.pattern.iter().filter_map(|variable| variable.condition.as_ref());
        let mut references = spec.measures.iter().chain(conditions).flat_map(|expression| &expression.references);
        Ok(Self {
            partition: spec.partition.clone(),
            measures,
            output: spec.output.arrow_schema(),
            reads_clock: references.any(|reference| matches!(reference, MatchReference::Proctime(_))),
            numbers: Vec::new(),
            firsts: Vec::new(),
            subjects: Vec::new(),
        })
    }

    fn push(&mut self, numbers: impl Iterator<Item = u32>, counts: Box<[u32]>, time: i64) {
        self.firsts.push(self.numbers.len());
        self.numbers.extend(numbers);
        self.subjects.push(Subject { counts, time });
    }

    fn len(&self) -> usize {
        self.subjects.len()
    }

    /// Emits the matches, in order of the time at which they were found.
    fn emit(&mut self, rows: &KeyedRows, now: i64, out: &mut dyn Output) -> Result<(), Failure> {
        if self.subjects.is_empty() {
            return Ok(());
        }
        let numbers = std::mem::take(&mut self.numbers);
        let mut matches: Vec<(usize, Subject)> =
            std::mem::take(&mut self.firsts).into_iter().zip(std::mem::take(&mut self.subjects)).collect();
        matches.sort_by_key(|(_, subject)| subject.time);
        let (firsts, subjects): (Vec<usize>, Vec<Subject>) = matches.into_iter().unzip();
        let number_of = |index: usize, offset: u64| numbers[firsts[index] + offset as usize];
        let of_keys: Vec<u32> = firsts.iter().map(|&first| numbers[first]).collect();
        let mut columns: Vec<ArrayRef> = rows.gather_kept(&of_keys, &self.partition)?;
        for measure in &mut self.measures {
            columns.push(measure.evaluate(&subjects, &number_of, rows, now)?);
        }
        let emitted = Batch::from_columns(self.output.clone(), columns, None, subjects.len())?;
        for first in (0..subjects.len()).step_by(MAX_MATCHES) {
            let length = MAX_MATCHES.min(subjects.len() - first);
            out.emit(StreamElement::Batch(emitted.slice(first, length)))?;
        }
        Ok(())
    }
}
