//! `Rank`: the first rows of each key in an order, as a changelog. Top-N queries, ORDER BY with LIMIT, LIMIT alone.
//!
//! ```text
//!   batch -> slot of each key -> row by row: its place in the ranking -> changes of ranks -> one batch of output
//! ```
//! What is emitted is what Flink's AppendOnlyTopNFunction, FastTop1Function, UpdatableTopNFunction and RetractableTopNFunction emit:
//!
//! | | a row comes in at rank r | a row goes from rank r |
//! |---|---|---|
//! | with ranks, or not from the first rank on | -U and +U for every rank behind r, +I for a new last one | -U and +U for every rank from r on, -D for the last one |
//! | without | -D of the row that falls out, +I | -D, +I of the row that moves up |
//! | the first row only, nothing taken back | -U and +U, +I for the first one | |
//!
//! Expired rows go without a word.

use std::task::Waker;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type};
use arrow_array::{ArrayRef, Int64Array};
use arrow_schema::DataType;
use common::clock::Clock;
use dataflow::operator_spec::{RankSpec, RankStrategy};
use dataflow::{Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, RowKind, Stateful};
use state::{KeyedStateContext, RowPlace, StateTtl};

use super::ordered::emission::RowEmission;
use super::ordered::identity::RowIdentity;
use super::ordered::rank_ends::RankEnds;
use super::ordered::ranked_rows::{Inserted, RankedRows, RankingSpec};
use super::ordered::sort_keys::SortKeys;

/// The operator.
pub struct Rank {
    ranked: RankedRows,
    /// Absent when rows only come.
    identity: Option<RowIdentity>,
    changes: Changes,
    updates_by_key: bool,
    /// Where the last rank of a key stands, if it is not the same for all.
    last_column: Option<usize>,
    ttl: Option<i64>,
    /// When expired rows are swept out next, ms since the epoch.
    next_sweep: Option<i64>,
    clock: Clock,
}

/// Which changes are emitted.
struct Changes {
    emission: RowEmission,
    first: u64,
    last: u64,
    /// Whether every rank is told apart.
    by_rank: bool,
    /// Whether a new first row is an update.
    top_1: bool,
    update_before: bool,
}

impl Changes {
    fn update(&mut self, before: RowPlace, after: RowPlace, rank: u64) {
        if rank < self.first || rank > self.last {
            return;
        }
        if self.update_before {
            self.emission.push(RowKind::UpdateBefore, before, rank);
        }
        self.emission.push(RowKind::UpdateAfter, after, rank);
    }

    fn push(&mut self, kind: RowKind, row: RowPlace, rank: u64) {
        if rank >= self.first && rank <= self.last {
            self.emission.push(kind, row, rank);
        }
    }

    /// A row has come to this place of the list, and another one may have fallen out of it.
    fn inserted(&mut self, ranked: &RankedRows, slot: u32, place: usize, out: Option<u32>) {
        let top = &ranked.ranking(slot).top;
        let at = |place: usize| ranked.rows.place(top[place]);
        let old =
            |place: usize| if place < top.len() { Some(at(place)) } else { out.map(|out| ranked.rows.place(out)) };
        match (out, self.by_rank) {
            (_, true) => {
                // A row that falls out of the list has been at its last place.
                for place in place..top.len() {
                    match old(place + 1) {
                        Some(before) => self.update(before, at(place), place as u64 + 1),
                        None => self.push(RowKind::Insert, at(place), place as u64 + 1),
                    }
                }
            }
            (Some(out), false) if self.top_1 => self.update(ranked.rows.place(out), at(place), 1),
            (out, false) => {
                if let Some(out) = out {
                    let last = self.last.min(ranked.end_of(slot) as u64);
                    self.push(RowKind::Delete, ranked.rows.place(out), last);
                }
                self.push(RowKind::Insert, at(place), place as u64 + 1);
            }
        }
    }

    /// A row has gone from this place of the list, and another one may have come in at its end.
    fn removed(&mut self, ranked: &RankedRows, slot: u32, place: usize, number: u32, next: Option<u32>) {
        let top = &ranked.ranking(slot).top;
        let at = |place: usize| ranked.rows.place(top[place]);
        let gone = ranked.rows.place(number);
        if self.by_rank {
            let mut before = gone;
            for place in place..top.len() {
                self.update(before, at(place), place as u64 + 1);
                before = at(place);
            }
            if next.is_none() {
                self.push(RowKind::Delete, before, top.len() as u64 + 1);
            }
            return;
        }
        self.push(RowKind::Delete, gone, place as u64 + 1);
        if next.is_some() {
            self.push(RowKind::Insert, at(top.len() - 1), top.len() as u64);
        }
    }

    /// A row has moved up from one place to another.
    fn moved(&mut self, ranked: &RankedRows, slot: u32, from: usize, to: usize, old: RowPlace) {
        let top = &ranked.ranking(slot).top;
        let at = |place: usize| ranked.rows.place(top[place]);
        if !self.by_rank {
            self.update(old, at(to), to as u64 + 1);
            return;
        }
        // What it was goes first, and what stands in its old place comes last.
        let rank = from as u64 + 1;
        if self.update_before {
            self.push(RowKind::UpdateBefore, old, rank);
        }
        for place in to..from {
            self.update(at(place + 1), at(place), place as u64 + 1);
        }
        self.push(RowKind::UpdateAfter, at(from), rank);
    }
}

impl Rank {
    /// An operator for this spec; `clock` is for the time to live. `state` is opened here.
    pub fn new(spec: &RankSpec, clock: Clock, mut state: KeyedStateContext) -> Result<Self, Failure> {
        let ttl = (spec.state_ttl_ms > 0).then(|| i64::try_from(spec.state_ttl_ms).unwrap_or(i64::MAX));
        state.ttl = StateTtl::new(clock.clone(), &[spec.state_ttl_ms; 2]);
        let identity = match &spec.strategy {
            RankStrategy::AppendFast => None,
            RankStrategy::UpdateFast(keys) => Some(RowIdentity::new(keys.clone())),
            RankStrategy::Retract => Some(RowIdentity::new((0..spec.input.len()).collect())),
        };
        let top_1 = spec.first == 1 && spec.last == 1 && spec.strategy != RankStrategy::Retract;
        let ranking = RankingSpec {
            input: &spec.input,
            partition: &spec.partition,
            sorter: SortKeys::new(&spec.order, &spec.input)?,
            ends: match spec.last_column {
                None => RankEnds::constant(spec.last),
                Some(_) => RankEnds::ByKey(Vec::new()),
            },
            keeps_rest: spec.strategy == RankStrategy::Retract,
            before_equal: false,
        };
        let (ranked, restored) = RankedRows::open(ranking, state)?;
        let mut rank = Self {
            ranked,
            identity,
            changes: Changes {
                emission: RowEmission::new(&spec.output, spec.rank_number),
                first: spec.first,
                last: spec.last,
                by_rank: (spec.rank_number || spec.first > 1) && !top_1,
                top_1,
                update_before: spec.generate_update_before,
            },
            updates_by_key: matches!(spec.strategy, RankStrategy::UpdateFast(_)) && !top_1,
            last_column: spec.last_column,
            ttl,
            next_sweep: None,
            clock,
        };
        rank.loaded(&restored)?;
        Ok(rank)
    }

    fn now(&self) -> i64 {
        if self.ttl.is_some() { self.clock.now_millis() } else { 0 }
    }

    fn loaded(&mut self, numbers: &[u32]) -> Result<(), Failure> {
        if let Some(identity) = self.identity.as_mut().filter(|_| !numbers.is_empty()) {
            let columns = self.ranked.rows.gather_kept(numbers, identity.columns())?;
            identity.load(numbers, &columns);
        }
        Ok(())
    }

    fn add(&mut self, slot: u32, key: &[u8], row: u32, now: i64) {
        let inserted = self.ranked.insert(slot, key, row, now);
        let number = match inserted {
            Inserted::At(place, _) => Some(self.ranked.ranking(slot).top[place]),
            Inserted::Behind(number) => number,
        };
        if let Some((identity, number)) = self.identity.as_mut().zip(number) {
            identity.keep(number, row);
        }
        if let Inserted::At(place, out) = inserted {
            self.changes.inserted(&self.ranked, slot, place, out);
        }
    }

    /// A row with this key of its own may be among the first already.
    fn update(&mut self, slot: u32, key: &[u8], row: u32, now: i64) -> Result<(), Failure> {
        let Some(identity) = &mut self.identity else { return Ok(()) };
        let top = &self.ranked.ranking(slot).top;
        let mut found = None;
        for (place, &number) in top.iter().enumerate() {
            if identity.is_same(&self.ranked.rows, number, row)? {
                found = Some(place);
                break;
            }
        }
        let Some(from) = found else {
            self.add(slot, key, row, now);
            return Ok(());
        };
        let stays = self.ranked.equal_places(slot, key).contains(&from);
        let old = self.ranked.rows.place(self.ranked.ranking(slot).top[from]);
        if stays {
            let number = self.ranked.ranking(slot).top[from];
            self.ranked.rows.replace(number, row, now);
            identity.keep(number, row);
            self.changes.moved(&self.ranked, slot, from, from, old);
            return Ok(());
        }
        self.ranked.remove_at(slot, from);
        if let Inserted::At(to, _) = self.ranked.insert(slot, key, row, now) {
            identity.keep(self.ranked.ranking(slot).top[to], row);
            self.changes.moved(&self.ranked, slot, from, to, old);
        }
        Ok(())
    }

    /// A row is taken back; one that is not known is ignored.
    fn retract(&mut self, slot: u32, key: &[u8], row: u32) -> Result<(), Failure> {
        let Some(identity) = &mut self.identity else { return Ok(()) };
        for place in self.ranked.equal_places(slot, key) {
            let number = self.ranked.ranking(slot).top[place];
            if identity.is_same(&self.ranked.rows, number, row)? {
                let (number, next) = self.ranked.remove_at(slot, place);
                self.changes.removed(&self.ranked, slot, place, number, next);
                return Ok(());
            }
        }
        for number in self.ranked.equal_behind(slot, key) {
            if identity.is_same(&self.ranked.rows, number, row)? {
                self.ranked.remove_behind(slot, number);
                return Ok(());
            }
        }
        Ok(())
    }

    fn schedule_sweep(&mut self, now: i64) {
        self.next_sweep = self.ttl.filter(|_| !self.ranked.rows.is_empty()).map(|ttl| now.saturating_add(ttl));
    }

    fn memory_size(&self) -> usize {
        self.identity.as_ref().map_or(0, RowIdentity::memory_size)
    }
}

/// The last ranks that rows ask for; none where NULL is.
fn rank_ends(column: &ArrayRef) -> Result<Int64Array, Failure> {
    let wide: Int64Array = match column.data_type() {
        DataType::Int16 => column.as_primitive::<Int16Type>().unary(i64::from),
        DataType::Int32 => column.as_primitive::<Int32Type>().unary(i64::from),
        DataType::Int64 => column.as_primitive::<Int64Type>().clone(),
        other => return Err(Failure::internal(format!("a rank of type {other} is not possible"))),
    };
    Ok(wide.iter().map(|end| Some(end.unwrap_or(0))).collect())
}

impl Operator for Rank {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let now = self.now();
        let (keys, loaded) = self.ranked.begin(&batch)?;
        self.loaded(&loaded)?;
        if let Some(identity) = &mut self.identity {
            identity.begin(batch.columns(), batch.num_rows());
        }
        let ends = self.last_column.map(|column| rank_ends(batch.column(column))).transpose()?;
        for row in 0..batch.num_rows() {
            let (slot, key) = (self.ranked.slots[row], keys.get(row));
            if let Some(ttl) = self.ttl {
                self.ranked.expire_key(slot, now.saturating_sub(ttl));
            }
            if let Some(ends) = &ends {
                self.ranked.set_end(slot, ends.value(row), now);
            }
            if self.updates_by_key {
                self.update(slot, key, row as u32, now)?;
            } else if batch.kind(row).is_retraction() {
                self.retract(slot, key, row as u32)?;
            } else {
                self.add(slot, key, row as u32, now);
            }
            if self.changes.emission.is_full() {
                self.changes.emission.flush(batch.columns(), &self.ranked.rows, out)?;
            }
        }
        self.changes.emission.flush(batch.columns(), &self.ranked.rows, out)?;
        self.ranked.end(batch.rows())?;
        if self.next_sweep.is_none() {
            self.schedule_sweep(now);
        }
        self.ranked.evict(self.memory_size(), |_| None)
    }

    fn on_timer(&mut self, now: i64, _out: &mut dyn Output) -> Result<(), Failure> {
        if let Some(ttl) = self.ttl.filter(|_| self.next_sweep.is_some_and(|at| at <= now)) {
            self.ranked.expire(now.saturating_sub(ttl))?;
            self.schedule_sweep(now);
        }
        Ok(())
    }

    fn next_timer(&self) -> Option<i64> {
        self.next_sweep
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for Rank {
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        Ok(OperatorSnapshot { items: Vec::new(), keyed: Some(self.ranked.snapshot(barrier)?) })
    }

    fn continue_snapshot(&mut self) -> Result<Progress, Failure> {
        self.ranked.settle_some()
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        self.ranked.rows.checkpoint_completed(checkpoint_id);
        Ok(Progress::Done)
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.ranked.rows.checkpoint_aborted(checkpoint_id);
    }
}
