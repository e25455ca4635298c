//! `LookupJoin`: joins each row with the rows of a table that has them for its key. All rows of the table are read when the operator is made, and kept;
//! it has no state. The row kinds are those of the left rows.

#[cfg(test)]
mod tests;

use arrow_array::UInt32Array;
use connectors::ReaderContext;
use dataflow::operator_spec::{JoinSpec, JoinType, LookupJoinSpec};
use dataflow::{Batch, Failure, Operator, Output, StreamElement};
use expr::EvalContext;
use state::{KeyTable, RowRef, RowStore};

use super::OperatorContext;
use super::calc::{Calc, Projection};
use super::input_keys::InputKeys;
use super::join::condition::Condition;
use super::join::emission::Emission;

/// Pairs looked at together, about.
const PAIRS: usize = 16_384;

/// The operator.
pub struct LookupJoin {
    is_outer: bool,
    keys: InputKeys,
    table: Table,
    condition: Option<Condition>,
    emission: Emission,
}

/// The rows that are looked up.
struct Table {
    slots: KeyTable,
    store: RowStore,
    /// The rows of each key, by its slot.
    rows: Vec<Vec<RowRef>>,
}

/// Takes what an operator emits.
#[derive(Default)]
struct Taken(Vec<Batch>);

impl Output for Taken {
    fn emit(&mut self, element: StreamElement) -> Result<(), Failure> {
        if let StreamElement::Batch(batch) = element {
            self.0.push(batch);
        }
        Ok(())
    }
}

impl LookupJoin {
    /// An operator for this spec. The table is read here.
    pub(crate) fn new(spec: &LookupJoinSpec, context: &OperatorContext) -> Result<Self, Failure> {
        let reader = ReaderContext {
            subtask: context.attempt.subtask,
            parallelism: context.parallelism,
            job_name: context.job_name.clone(),
            config: context.config.clone(),
        };
        let read = connectors::factory(&spec.table.connector.connector)?.read_lookup(&spec.table, &reader)?;
        let rows = table_rows(spec, read, &context.eval)?;
        Self::with_rows(&spec.join, &rows, &context.eval)
    }

    /// An operator over these right rows.
    fn with_rows(spec: &JoinSpec, rows: &[Batch], context: &EvalContext) -> Result<Self, Failure> {
        let [keys, mut table_keys] = InputKeys::of_join(spec)?;
        let condition = spec.condition.as_ref().map(|condition| Condition::new(spec, condition, context));
        Ok(Self {
            is_outer: spec.join_type == JoinType::Left,
            table: Table::new(spec, &mut table_keys, rows)?,
            keys,
            condition: condition.transpose()?,
            emission: Emission::new(spec.output.arrow_schema(), false),
        })
    }

    /// Joins rows from `first` on, until there are enough pairs; returns the first row left out.
    fn join(&mut self, first: usize, batch: &Batch) -> Result<usize, Failure> {
        let (mut rows, mut others, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        let mut row = first;
        while row < batch.num_rows() && others.len() < PAIRS {
            if self.keys.is_complete(row)
                && let Some(slot) = self.table.slots.find(&self.keys.batch, row)
            {
                others.extend(self.table.rows[slot as usize].iter().copied().map(Some));
            }
            rows.resize(others.len(), row as u32);
            ends.push(others.len());
            row += 1;
        }
        let mut holds = None;
        if let Some(condition) = self.condition.as_ref().filter(|_| !others.is_empty()) {
            holds = Some(condition.evaluate(0, batch, &rows, &self.table.store, &others)?);
        }
        let mut start = 0;
        for (row, end) in (first..).zip(ends) {
            let mut matched = false;
            for (pair, other) in (start..end).zip(&others[start..end]) {
                if holds.as_ref().is_none_or(|holds| holds.value(pair)) {
                    self.emission.push(batch.kind(row), Some(row), *other);
                    matched = true;
                }
            }
            if self.is_outer && !matched {
                self.emission.push(batch.kind(row), Some(row), None);
            }
            start = end;
        }
        Ok(row)
    }
}

/// The right rows of the join from what was read of the table.
fn table_rows(spec: &LookupJoinSpec, read: Vec<Batch>, context: &EvalContext) -> Result<Vec<Batch>, Failure> {
    let mut row_type = spec.table.read_type();
    let mut rows = read;
    if let Some(projection) = &spec.table.projection {
        let projected = Projection::new(projection, &row_type, context)?;
        rows = rows.iter().map(|batch| projected.apply(batch)).collect::<Result<_, _>>()?;
        row_type = projection.output.clone();
    }
    if let Some(calc) = &spec.calc {
        let mut calc = Calc::new(calc, &row_type, context)?;
        let mut taken = Taken::default();
        rows.into_iter().try_for_each(|batch| calc.process(0, batch, &mut taken))?;
        rows = taken.0;
    }
    Ok(rows)
}

impl Table {
    fn new(spec: &JoinSpec, keys: &mut InputKeys, batches: &[Batch]) -> Result<Self, Failure> {
        let mut table = Self {
            slots: KeyTable::new(&keys.batch),
            store: RowStore::new(spec.right.arrow_schema()),
            rows: Vec::new(),
        };
        if batches.is_empty() {
            return Ok(table);
        }
        let batch = Batch::concat(batches)?;
        keys.encode(&batch);
        // A row without a complete key is never found.
        let (mut kept, mut slots) = (Vec::new(), Vec::new());
        for row in (0..batch.num_rows()).filter(|&row| keys.is_complete(row)) {
            kept.push(row as u32);
            slots.push(table.slots.find_or_insert(&keys.batch, row).0);
        }
        table.rows.resize_with(table.slots.slot_count(), Vec::new);
        let kept = UInt32Array::from(kept);
        let rows = batch.take(&kept)?.rows().clone();
        let owners = (0..slots.len() as u32).collect();
        table.store.put(rows, owners, &mut |owner, row| table.rows[slots[owner as usize] as usize].push(row))?;
        Ok(table)
    }
}

impl Operator for LookupJoin {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        self.keys.encode(&batch);
        let mut row = 0;
        while row < batch.num_rows() {
            row = self.join(row, &batch)?;
            if self.emission.is_full() {
                self.emission.flush(0, &batch, &self.table.store, out)?;
            }
        }
        self.emission.flush(0, &batch, &self.table.store, out)
    }
}
