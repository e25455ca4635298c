//! `WindowRank`: the first rows of each key and window in an order, emitted when the watermark passes the end of the window; of Window Top-N and of
//! window deduplication. Rows of a window that has been emitted are late and dropped. The columns of the window are part of the key.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::WindowRankSpec;
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, RowKind, Stateful, StreamElement,
};
use expr::Zone;
use state::KeyedStateContext;

use super::ordered::emission::RowEmission;
use super::ordered::progress;
use super::ordered::rank_ends::RankEnds;
use super::ordered::ranked_rows::{RankedRows, RankingSpec};
use super::ordered::sort_keys::SortKeys;
use super::ordered::times::times_of;
use crate::time::zone::{parse_zone, to_epoch_millis};

/// The operator.
pub struct WindowRank {
    rows: RankedRows,
    /// The slots of the keys of each window, by the watermark that it waits for.
    windows: BTreeMap<i64, Vec<u32>>,
    /// By slot: the watermark that its window waits for.
    waits_for: Vec<i64>,
    window_end: usize,
    zone: Zone,
    first: u64,
    progress: i64,
    late_records_dropped: Arc<AtomicU64>,
    emission: RowEmission,
}

impl WindowRank {
    /// An operator for this spec. It adds to `late_records_dropped`. `state` is opened here.
    pub fn new(
        spec: &WindowRankSpec,
        late_records_dropped: Arc<AtomicU64>,
        state: KeyedStateContext,
        restored: &OperatorSubtaskState,
    ) -> Result<Self, Failure> {
        let ranking = RankingSpec {
            input: &spec.input,
            partition: &spec.partition,
            sorter: SortKeys::new(&spec.order, &spec.input)?,
            ends: RankEnds::constant(spec.last),
            keeps_rest: false,
            before_equal: spec.last_of_equal,
        };
        let (rows, numbers) = RankedRows::open(ranking, state)?;
        let mut rank = Self {
            rows,
            windows: BTreeMap::new(),
            waits_for: Vec::new(),
            window_end: spec.window_end,
            zone: parse_zone(&spec.time_zone)?,
            first: spec.first,
            progress: progress::restored(restored),
            late_records_dropped,
            emission: RowEmission::new(&spec.output, spec.rank_number),
        };
        rank.loaded(&numbers)?;
        for part in rank.rows.rows.parts_to_load() {
            let numbers = rank.rows.load_part(part)?;
            rank.loaded(&numbers)?;
            rank.evict()?;
        }
        Ok(rank)
    }

    /// Rows have been brought into memory, all of their keys.
    fn loaded(&mut self, numbers: &[u32]) -> Result<(), Failure> {
        if numbers.is_empty() {
            return Ok(());
        }
        let columns = self.rows.rows.gather_kept(numbers, &[self.window_end])?;
        let ends = times_of(&columns[0])?;
        let of_row = |(index, &number): (usize, &u32)| (self.rows.rows.slot(number), ends.value(index));
        let mut keys: Vec<(u32, i64)> = numbers.iter().enumerate().map(of_row).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter().for_each(|(slot, end)| self.open(slot, last_millisecond(end, self.zone)));
        Ok(())
    }

    /// A key has its first row.
    fn open(&mut self, slot: u32, last: i64) {
        if self.waits_for.len() <= slot as usize {
            self.waits_for.resize((slot as usize + 1).next_power_of_two(), 0);
        }
        self.waits_for[slot as usize] = last;
        self.windows.entry(last).or_default().push(slot);
    }

    /// Drops cold keys from memory when there is no room.
    fn evict(&mut self) -> Result<(), Failure> {
        let Self { rows, windows, waits_for, .. } = self;
        let (mut dropped, mut lasts) = (Vec::new(), BTreeSet::new());
        let slots: usize = windows.values().map(Vec::capacity).sum();
        rows.evict(slots * size_of::<u32>() + waits_for.len() * size_of::<i64>(), |slot| {
            let last = waits_for[slot as usize];
            dropped.push(slot);
            lasts.insert(last);
            Some(last)
        })?;
        for last in lasts {
            if let Some(slots) = windows.get_mut(&last) {
                slots.retain(|slot| dropped.binary_search(slot).is_err());
            }
        }
        Ok(())
    }

    /// Emits the windows that are complete, of the keys in memory.
    fn emit_complete(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        while let Some(window) = self.windows.first_entry().filter(|window| *window.key() <= watermark) {
            for slot in window.remove() {
                let ranks = (1u64..).zip(&self.rows.ranking(slot).top);
                for (rank, &number) in ranks.filter(|(rank, _)| *rank >= self.first) {
                    self.emission.push(RowKind::Insert, self.rows.rows.place(number), rank);
                }
                self.rows.clear(slot);
            }
            self.emission.flush_kept(&self.rows.rows, out)?;
            self.rows.end_without_batch()?;
        }
        Ok(())
    }
}

/// The last millisecond of a window, whose end is what the wall clock shows.
fn last_millisecond(end: i64, zone: Zone) -> i64 {
    to_epoch_millis(end, zone) - 1
}

impl Operator for WindowRank {
    fn process(&mut self, _input: usize, batch: Batch, _out: &mut dyn Output) -> Result<(), Failure> {
        let (keys, loaded) = self.rows.begin(&batch)?;
        self.loaded(&loaded)?;
        let ends = times_of(batch.column(self.window_end))?;
        let mut late = 0;
        for row in 0..batch.num_rows() {
            let last = last_millisecond(ends.value(row), self.zone);
            if last <= self.progress {
                late += 1;
                continue;
            }
            let slot = self.rows.slots[row];
            if self.rows.ranking(slot).top.is_empty() {
                self.open(slot, last);
            }
            self.rows.insert(slot, keys.get(row), row as u32, 0);
        }
        self.late_records_dropped.fetch_add(late, Ordering::Relaxed);
        self.rows.end(batch.rows())?;
        self.evict()
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.progress = self.progress.max(watermark);
        let mut due = self.rows.due(watermark)?;
        while let Some(numbers) = self.rows.bring_due(&mut due)? {
            self.loaded(&numbers)?;
            self.emit_complete(watermark, out)?;
            self.rows.end_without_batch()?;
            self.evict()?;
        }
        self.emit_complete(watermark, out)?;
        out.emit(StreamElement::Watermark(watermark))
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for WindowRank {
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        Ok(OperatorSnapshot { items: vec![progress::item(self.progress)], keyed: Some(self.rows.snapshot(barrier)?) })
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
