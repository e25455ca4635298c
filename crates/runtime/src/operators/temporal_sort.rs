//! `TemporalSort`: emits rows in order of their time when the watermark has passed them; rows of one time by further columns, then as they came. A
//! row that is not later than one that was emitted is dropped.
//!
//! In processing time rows are emitted when the clock has passed the millisecond at which they came. As in Flink those that wait when the input ends
//! are not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use common::clock::Clock;
use dataflow::checkpoint::{OperatorStateItem, OperatorSubtaskState, Redistribution};
use dataflow::operator_spec::{SortField, TemporalSortSpec};
use dataflow::{
    Batch, CheckpointBarrier, Failure, MIN_WATERMARK, Operator, OperatorSnapshot, Output, Progress, RowKind, Stateful,
    StreamElement,
};
use state::KeyedStateContext;

use super::ordered::emission::RowEmission;
use super::ordered::rank_ends::RankEnds;
use super::ordered::ranked_rows::{Inserted, RankedRows, RankingSpec};
use super::ordered::sort_keys::SortKeys;
use super::ordered::times::times_of;

/// The name of the state item with the time of the last row emitted.
const EMITTED: &str = "last-emitted-time";

/// The operator over event time. It has one subtask, and its rows one key.
pub struct TemporalSort {
    rows: RankedRows,
    column: usize,
    /// In processing time: the clock, and when the rows that wait are emitted.
    clock: Option<(Clock, Option<i64>)>,
    /// By number of a row.
    times: Vec<i64>,
    emitted: i64,
    late_records_dropped: Arc<AtomicU64>,
    emission: RowEmission,
}

impl TemporalSort {
    /// An operator for this spec. It adds to `late_records_dropped`. `state` is opened here.
    pub fn new(
        spec: &TemporalSortSpec,
        late_records_dropped: Arc<AtomicU64>,
        clock: Clock,
        state: KeyedStateContext,
        restored: &OperatorSubtaskState,
    ) -> Result<Self, Failure> {
        let column = spec.rowtime;
        let by_time = SortField { column, descending: false, nulls_first: true };
        let by_time = (!spec.processing_time).then_some(by_time);
        let order: Vec<SortField> = by_time.into_iter().chain(spec.order.iter().copied()).collect();
        let ranking = RankingSpec {
            input: &spec.output,
            partition: &[],
            sorter: SortKeys::new(&order, &spec.output)?,
            ends: RankEnds::constant(u64::MAX),
            keeps_rest: false,
            before_equal: false,
        };
        let (mut rows, mut numbers) = RankedRows::open(ranking, state)?;
        for part in rows.rows.parts_to_load() {
            numbers.extend(rows.load_part(part)?);
        }
        let items = restored.items.iter().filter(|item| item.name == EMITTED);
        let emitted = items.filter_map(|item| item.payload.as_i64()).max();
        let mut sort = Self {
            rows,
            column,
            clock: None,
            times: Vec::new(),
            emitted: emitted.unwrap_or(MIN_WATERMARK),
            late_records_dropped,
            emission: RowEmission::new(&spec.output, false),
        };
        if spec.processing_time {
            let due = (!numbers.is_empty()).then(|| clock.now_millis());
            sort.clock = Some((clock, due));
        } else if !numbers.is_empty() {
            let columns = sort.rows.rows.gather_kept(&numbers, &[column])?;
            let times = times_of(&columns[0])?;
            numbers.iter().enumerate().for_each(|(index, &number)| sort.set_time(number, times.value(index)));
        }
        Ok(sort)
    }

    fn set_time(&mut self, number: u32, time: i64) {
        if number as usize >= self.times.len() {
            self.times.resize((number as usize + 1).next_power_of_two(), 0);
        }
        self.times[number as usize] = time;
    }
}

impl Operator for TemporalSort {
    fn process(&mut self, _input: usize, batch: Batch, _out: &mut dyn Output) -> Result<(), Failure> {
        let (keys, _) = self.rows.begin(&batch)?;
        if let Some((clock, due)) = &mut self.clock {
            due.get_or_insert_with(|| clock.now_millis() + 1);
            for row in 0..batch.num_rows() {
                self.rows.insert(self.rows.slots[row], keys.get(row), row as u32, 0);
            }
            return self.rows.end(batch.rows());
        }
        let times = times_of(batch.column(self.column))?;
        let mut late = 0;
        for row in 0..batch.num_rows() {
            if times.value(row) <= self.emitted {
                late += 1;
                continue;
            }
            let slot = self.rows.slots[row];
            if let Inserted::At(place, _) = self.rows.insert(slot, keys.get(row), row as u32, 0) {
                let number = self.rows.ranking(slot).top[place];
                self.set_time(number, times.value(row));
            }
        }
        self.late_records_dropped.fetch_add(late, Ordering::Relaxed);
        self.rows.end(batch.rows())
    }

    fn on_timer(&mut self, now: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let Some((_, due)) = &mut self.clock else { return Ok(()) };
        if due.is_some_and(|due| due <= now) {
            *due = None;
            let numbers = self.rows.take_while(|_| true);
            numbers.iter().for_each(|&number| self.emission.push(RowKind::Insert, self.rows.rows.place(number), 0));
            self.emission.flush_kept(&self.rows.rows, out)?;
            self.rows.end_without_batch()?;
        }
        Ok(())
    }

    fn next_timer(&self) -> Option<i64> {
        self.clock.as_ref().and_then(|(_, due)| *due)
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        if self.clock.is_some() {
            return out.emit(StreamElement::Watermark(watermark));
        }
        let times = &self.times;
        let numbers = self.rows.take_while(|number| times[number as usize] <= watermark);
        if let Some(&last) = numbers.last() {
            self.emitted = self.times[last as usize];
            numbers.iter().for_each(|&number| self.emission.push(RowKind::Insert, self.rows.rows.place(number), 0));
            self.emission.flush_kept(&self.rows.rows, out)?;
            self.rows.end_without_batch()?;
        }
        out.emit(StreamElement::Watermark(watermark))
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for TemporalSort {
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        let emitted = OperatorStateItem {
            name: EMITTED.to_owned(),
            redistribution: Redistribution::Union,
            payload: self.emitted.into(),
        };
        Ok(OperatorSnapshot { items: vec![emitted], keyed: Some(self.rows.snapshot(barrier)?) })
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
