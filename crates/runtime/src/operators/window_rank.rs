//! `WindowRank`: the first rows of each key and window in an order, emitted when the watermark passes the end of the window; of Window Top-N and of
//! window deduplication. Rows of a window that has been emitted are late and dropped. The columns of the window are part of the key.

use std::collections::BTreeMap;
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
use super::ordered::ranked_rows::{RankedRows, RankingSpec};
use super::ordered::sort_keys::SortKeys;
use super::ordered::times::times_of;
use crate::time::zone::{parse_zone, to_epoch_millis};

/// The operator.
pub struct WindowRank {
    rows: RankedRows,
    /// The slots of the keys of each window, by the watermark that it waits for.
    windows: BTreeMap<i64, Vec<u32>>,
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
            last: spec.last,
            keeps_rest: false,
            before_equal: spec.last_of_equal,
        };
        let (mut rows, mut numbers) = RankedRows::open(ranking, state)?;
        if numbers.is_empty() {
            numbers = rows.load_all()?;
        }
        let mut rank = Self {
            rows,
            windows: BTreeMap::new(),
            window_end: spec.window_end,
            zone: parse_zone(&spec.time_zone)?,
            first: spec.first,
            progress: progress::restored(restored),
            late_records_dropped,
            emission: RowEmission::new(&spec.output, spec.rank_number),
        };
        if !numbers.is_empty() {
            let columns = rank.rows.rows.gather_kept(&numbers, &[spec.window_end])?;
            let ends = times_of(&columns[0])?;
            for (index, &number) in numbers.iter().enumerate() {
                let slot = rank.rows.rows.slot(number);
                let slots = rank.windows.entry(last_millisecond(ends.value(index), rank.zone)).or_default();
                if !slots.contains(&slot) {
                    slots.push(slot);
                }
            }
        }
        Ok(rank)
    }
}

/// The last millisecond of a window, whose end is what the wall clock shows.
fn last_millisecond(end: i64, zone: Zone) -> i64 {
    to_epoch_millis(end, zone) - 1
}

impl Operator for WindowRank {
    fn process(&mut self, _input: usize, batch: Batch, _out: &mut dyn Output) -> Result<(), Failure> {
        let (keys, _) = self.rows.begin(&batch)?;
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
                self.windows.entry(last).or_default().push(slot);
            }
            self.rows.insert(slot, keys.get(row), row as u32, 0);
        }
        self.late_records_dropped.fetch_add(late, Ordering::Relaxed);
        self.rows.end(batch.rows())
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.progress = self.progress.max(watermark);
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
        out.emit(StreamElement::Watermark(watermark))
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for WindowRank {
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        Ok(OperatorSnapshot {
            items: vec![progress::item(self.progress)],
            keyed: Some(self.rows.rows.snapshot(barrier, &())?),
        })
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        self.rows.rows.checkpoint_completed(checkpoint_id);
        Ok(Progress::Done)
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.rows.rows.checkpoint_aborted(checkpoint_id);
    }
}
