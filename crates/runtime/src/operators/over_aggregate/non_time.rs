//! `NonTimeOverAggregate`: aggregates of the rows up to each row in order of a column that is no time attribute. Rows that come, or are taken back,
//! change what stands behind them: these changes are -U and +U, as Flink's `NonTimeRangeUnboundedPrecedingFunction` and its kin emit them.
//!
//! All rows of a key are kept, and are aggregated anew for each change of it.

use std::ops::Range;
use std::task::Waker;

use arrow_array::{Array, ArrayRef, Int8Array, UInt32Array};
use arrow_schema::SchemaRef;
use arrow_select::interleave::interleave;
use dataflow::operator_spec::NonTimeOverAggregateSpec;
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, RowKind, Stateful, StreamElement,
};
use expr::aggregate::{Accumulator, create};
use state::{KeyedStateContext, RowPlace};

use super::groups::counted;
use crate::operators::group_aggregate::equality::equal_rows;
use crate::operators::ordered::identity::RowIdentity;
use crate::operators::ordered::rank_ends::RankEnds;
use crate::operators::ordered::ranked_rows::{Inserted, RankedRows, RankingSpec};
use crate::operators::ordered::sort_keys::SortKeys;

/// The operator.
pub struct NonTimeOverAggregate {
    rows: RankedRows,
    identity: RowIdentity,
    /// Of one key at a time, in group 0.
    accumulators: Vec<Box<dyn Accumulator>>,
    peers: bool,
    update_before: bool,
    input: SchemaRef,
    output: SchemaRef,
}

/// The rows of a key in order, and their aggregates.
struct Values {
    places: Vec<RowPlace>,
    /// One for each aggregate.
    columns: Vec<ArrayRef>,
}

/// Where values are taken from.
const BEFORE: usize = 0;
const AFTER: usize = 1;

/// Rows to be emitted.
#[derive(Default)]
struct Emitted {
    kinds: Vec<i8>,
    places: Vec<RowPlace>,
    values: Vec<(usize, usize)>,
}

impl Emitted {
    fn push(&mut self, kind: RowKind, place: RowPlace, side: usize, row: usize) {
        self.kinds.push(kind as i8);
        self.places.push(place);
        self.values.push((side, row));
    }
}

impl NonTimeOverAggregate {
    /// An operator for this spec. `state` is opened here.
    pub fn new(spec: &NonTimeOverAggregateSpec, state: KeyedStateContext) -> Result<Self, Failure> {
        let ranking = RankingSpec {
            input: &spec.input,
            partition: &spec.partition,
            sorter: SortKeys::new(&[spec.order], &spec.input)?,
            ends: RankEnds::constant(u64::MAX),
            keeps_rest: false,
            before_equal: false,
        };
        let (rows, restored) = RankedRows::open(ranking, state)?;
        let accumulators = spec.aggregates.iter().map(|call| create(&counted(call), &spec.input, false));
        let mut over = Self {
            rows,
            identity: RowIdentity::new((0..spec.input.len()).collect()),
            accumulators: accumulators.collect::<Result<_, _>>()?,
            peers: spec.peers,
            update_before: spec.generate_update_before,
            input: spec.input.arrow_schema(),
            output: spec.output.arrow_schema(),
        };
        over.accumulators.iter_mut().for_each(|accumulator| accumulator.resize(1));
        over.loaded(&restored)?;
        Ok(over)
    }

    fn loaded(&mut self, numbers: &[u32]) -> Result<(), Failure> {
        if !numbers.is_empty() {
            let columns = self.rows.rows.gather_kept(numbers, self.identity.columns())?;
            self.identity.load(numbers, &columns);
        }
        Ok(())
    }

    /// The rows of a key and their aggregates.
    fn values(&mut self, slot: u32, batch: &[ArrayRef]) -> Result<Values, Failure> {
        let top = &self.rows.ranking(slot).top;
        let places: Vec<RowPlace> = top.iter().map(|&number| self.rows.rows.place(number)).collect();
        let columns = self.rows.rows.gather(batch, &places)?;
        let rows = Batch::from_columns(self.input.clone(), columns, None, places.len())?;
        let groups = vec![0; places.len()];
        let mut columns = Vec::with_capacity(self.accumulators.len());
        for accumulator in &mut self.accumulators {
            accumulator.reset(&[0]);
            columns.push(accumulator.accumulate_traced(&rows, &groups)?.1);
        }
        if self.peers {
            let last = UInt32Array::from(self.last_peers(slot));
            for column in &mut columns {
                *column = arrow_select::take::take(column, &last, None)?;
            }
        }
        Ok(Values { places, columns })
    }

    /// For each row of a key the last one that is equal to it in the order.
    fn last_peers(&self, slot: u32) -> Vec<u32> {
        let top = &self.rows.ranking(slot).top;
        let mut last: Vec<u32> = (0..top.len() as u32).collect();
        for row in (0..top.len().saturating_sub(1)).rev() {
            if self.rows.sort_key(top[row]) == self.rows.sort_key(top[row + 1]) {
                last[row] = last[row + 1];
            }
        }
        last
    }

    /// Rows whose aggregates have changed: row i of `rows` is `shift` further on afterwards.
    fn updates(
        &self,
        rows: Range<usize>,
        shift: isize,
        before: &Values,
        after: &Values,
        emitted: &mut Emitted,
    ) -> Result<(), Failure> {
        let Range { start, end } = rows;
        let moved = start.strict_add_signed(shift);
        let slice = |values: &Values, from: usize| -> Vec<ArrayRef> {
            values.columns.iter().map(|column| column.slice(from, end - start)).collect()
        };
        let equal = equal_rows(&slice(before, start), &slice(after, moved), end - start)?;
        for row in (0..end - start).filter(|&row| !equal.value(row)) {
            let place = before.places[start + row];
            if self.update_before {
                emitted.push(RowKind::UpdateBefore, place, BEFORE, start + row);
            }
            emitted.push(RowKind::UpdateAfter, place, AFTER, moved + row);
        }
        Ok(())
    }

    fn add(&mut self, slot: u32, key: &[u8], row: u32, kind: RowKind, batch: &Batch) -> Result<Option<Batch>, Failure> {
        let before = self.values(slot, batch.columns())?;
        let Inserted::At(place, _) = self.rows.insert(slot, key, row, 0) else {
            return Err(Failure::internal("all rows of a key are kept").fatal());
        };
        self.identity.keep(self.rows.ranking(slot).top[place], row);
        let after = self.values(slot, batch.columns())?;
        let mut emitted = Emitted::default();
        // Only peers before it can have changed.
        self.updates(0..place, 0, &before, &after, &mut emitted)?;
        emitted.push(kind, after.places[place], AFTER, place);
        self.updates(place..before.places.len(), 1, &before, &after, &mut emitted)?;
        self.batch(&emitted, &before, &after, batch).map(Some)
    }

    fn retract(&mut self, slot: u32, key: &[u8], row: u32, batch: &Batch) -> Result<Option<Batch>, Failure> {
        let mut found = None;
        for place in self.rows.equal_places(slot, key) {
            let number = self.rows.ranking(slot).top[place];
            if self.identity.is_same(&self.rows.rows, number, row)? {
                found = Some(place);
                break;
            }
        }
        let Some(place) = found else { return Ok(None) };
        let before = self.values(slot, batch.columns())?;
        self.rows.remove_at(slot, place);
        let after = self.values(slot, batch.columns())?;
        let mut emitted = Emitted::default();
        emitted.push(RowKind::Delete, before.places[place], BEFORE, place);
        self.updates(0..place, 0, &before, &after, &mut emitted)?;
        self.updates(place + 1..before.places.len(), -1, &before, &after, &mut emitted)?;
        self.batch(&emitted, &before, &after, batch).map(Some)
    }

    fn batch(&self, emitted: &Emitted, before: &Values, after: &Values, batch: &Batch) -> Result<Batch, Failure> {
        let mut columns = self.rows.rows.gather(batch.columns(), &emitted.places)?;
        for (before, after) in before.columns.iter().zip(&after.columns) {
            let sides: [&dyn Array; 2] = [before.as_ref(), after.as_ref()];
            columns.push(interleave(&sides, &emitted.values)?);
        }
        let plain = Batch::from_columns(self.output.clone(), columns, None, emitted.kinds.len())?;
        Ok(Batch::changes(plain.rows().clone(), Int8Array::from(emitted.kinds.clone())))
    }
}

impl Operator for NonTimeOverAggregate {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let (keys, loaded) = self.rows.begin(&batch)?;
        self.loaded(&loaded)?;
        self.identity.begin(batch.columns(), batch.num_rows());
        let mut changes = Vec::new();
        for row in 0..batch.num_rows() {
            let (slot, key, kind) = (self.rows.slots[row], keys.get(row), batch.kind(row));
            let changed = match kind.is_retraction() {
                true => self.retract(slot, key, row as u32, &batch)?,
                false => self.add(slot, key, row as u32, kind, &batch)?,
            };
            changes.extend(changed);
        }
        if !changes.is_empty() {
            out.emit(StreamElement::Batch(Batch::concat(&changes)?))?;
        }
        self.rows.end(batch.rows())?;
        self.rows.evict(self.identity.memory_size(), |_| None)
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for NonTimeOverAggregate {
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        Ok(OperatorSnapshot { items: Vec::new(), keyed: Some(self.rows.snapshot(barrier)?) })
    }

    fn continue_snapshot(&mut self) -> Result<Progress, Failure> {
        self.rows.settle_some()
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        self.rows.rows.checkpoint_completed(checkpoint_id);
        Ok(Progress::Done)
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.rows.rows.checkpoint_aborted(checkpoint_id);
    }
}
