//! The write-back cache with an operator as simple as can be, against a map: rows, barriers with rows before the snapshot is stored, restores at any
//! parallelism and with another backend, state that expires, too little memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use common::clock::{Clock, ManualClock};
use dataflow::checkpoint::{CheckpointBarrier, KeyedStateHandle, SnapshotKind};
use dataflow::key_group::{key_group_range, subtask_of_key_group};
use dataflow::{Failure, KeyedSnapshot};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::store::tests::{Folder, SAVEPOINT, barrier};
use crate::*;

const MAX_PARALLELISM: u32 = 8;
const STATE: u8 = 3;

fn key(number: u8) -> [u8; 16] {
    [number; 16]
}

/// Sums by key.
struct Sums {
    state: WriteBack,
    slot_of: BTreeMap<Vec<u8>, u32>,
    keys: Vec<Vec<u8>>,
    sums: Vec<i64>,
    times: WriteTimes,
    slots: Slots,
}

impl Sums {
    fn open(mut context: KeyedStateContext, ttl: u64, clock: &Clock) -> Self {
        context.ttl = StateTtl::new(clock.clone(), &[0, 0, 0, ttl]);
        let state = WriteBack::open(context).unwrap();
        let mut sums = Self {
            state,
            slot_of: BTreeMap::new(),
            keys: Vec::new(),
            sums: Vec::new(),
            times: WriteTimes::new(ttl, clock),
            slots: Slots::default(),
        };
        let mut restored = Vec::new();
        sums.state
            .take_restored(|entry, value| {
                assert_eq!(entry.state, STATE);
                restored.push((entry.rest.to_vec(), value.to_vec()));
                Ok(())
            })
            .unwrap();
        for (key, value) in restored {
            let slot = sums.slots.allocate();
            sums.fill(slot, &key, &value);
        }
        sums
    }

    fn begin(&mut self, slot: u32, key: &[u8]) {
        self.keys.resize(self.slots.len(), Vec::new());
        self.sums.resize(self.slots.len(), 0);
        (self.keys[slot as usize], self.sums[slot as usize]) = (key.to_vec(), 0);
        assert!(self.slot_of.insert(key.to_vec(), slot).is_none(), "a key has two slots");
    }

    /// Gives a slot to a key with this value.
    fn fill(&mut self, slot: u32, key: &[u8], mut value: &[u8]) {
        let written = read_value_head(false, &mut value).unwrap();
        self.begin(slot, key);
        self.times.set_loaded(slot, written);
        self.sums[slot as usize] = i64::from_le_bytes(*value.first_chunk().unwrap());
    }

    fn drop_slot(&mut self, slot: u32) {
        self.slot_of.remove(&self.keys[slot as usize]);
        self.slots.release(&[slot]);
    }

    /// Puts slots into the last snapshot: these, or all.
    fn settle(&mut self, slots: Option<Vec<u32>>, most: usize) {
        let slots = slots.unwrap_or_else(|| self.state.owed_slots(most));
        let Self { state, keys, sums, times, .. } = self;
        let slots = slots.into_iter().map(|slot| (slot, Address::of_key(STATE, &keys[slot as usize])));
        state.settle(slots, |slot, out| write(sums, times, slot, out)).unwrap();
    }

    /// Adds to keys, or removes them (0); what each has then.
    fn process(&mut self, rows: &[(u8, i64)], now: i64) -> Vec<(u8, Option<i64>)> {
        if self.state.may_have_more() {
            if !self.state.may_read() {
                self.settle(None, usize::MAX);
            }
            let missing: Vec<[u8; 16]> = rows.iter().map(|(number, _)| key(*number)).collect();
            let is_missing = |key: &[u8; 16]| !self.slot_of.contains_key(&key[..]) && self.state.may_have(key);
            let missing: Vec<_> = missing.into_iter().filter(is_missing).collect();
            let mut found = Vec::new();
            let Self { slots, state, .. } = self;
            state
                .load(missing.iter().map(|key| Address::of_key(STATE, key)), |index, value| {
                    let slot = slots.allocate();
                    found.push((slot, missing[index], value.to_vec()));
                    Ok(slot)
                })
                .unwrap();
            found.into_iter().for_each(|(slot, key, value)| self.fill(slot, &key, &value));
        }
        let known = rows.iter().filter_map(|(number, _)| self.slot_of.get(&key(*number)[..]).copied()).collect();
        self.settle(Some(known), 0);
        let result = rows.iter().map(|&(number, change)| (number, self.apply(&key(number), change, now))).collect();
        self.evict().unwrap();
        result
    }

    fn apply(&mut self, key: &[u8], change: i64, now: i64) -> Option<i64> {
        let slot = match (self.slot_of.get(key), change) {
            (Some(&slot), 0) => {
                self.state.remove(slot, &Address::of_key(STATE, key));
                self.drop_slot(slot);
                return None;
            }
            (None, 0) => return None,
            (Some(&slot), _) => slot,
            (None, _) => {
                let slot = self.slots.allocate();
                self.begin(slot, key);
                slot
            }
        };
        if self.times.is_expired(slot, now) {
            self.sums[slot as usize] = 0;
        }
        self.times.set(slot, now);
        self.sums[slot as usize] += change;
        self.state.mark_written(slot);
        Some(self.sums[slot as usize])
    }

    fn evict(&mut self) -> Result<(), Failure> {
        if self.state.owes() || self.state.choose_victims(100 * self.slots.in_use(), self.slots.in_use()) == 0 {
            return Ok(());
        }
        let Self { state, slot_of, keys, sums, times, .. } = self;
        let victims: Vec<u32> = slot_of.values().copied().filter(|&slot| state.is_victim(slot)).collect();
        let slots = victims.iter().map(|&slot| (slot, Address::of_key(STATE, &keys[slot as usize])));
        state.write_slots(slots, |slot, out| write(sums, times, slot, out))?;
        for slot in victims {
            self.state.forget(slot);
            self.state.drop_key(&self.keys[slot as usize]);
            self.drop_slot(slot);
        }
        Ok(())
    }

    fn sweep(&mut self, now: i64) {
        self.settle(None, usize::MAX);
        let expired: Vec<u32> =
            self.slot_of.values().copied().filter(|&slot| self.times.is_expired(slot, now)).collect();
        for slot in expired {
            self.state.forget(slot);
            self.drop_slot(slot);
        }
    }

    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Box<dyn KeyedSnapshot> {
        self.settle(None, usize::MAX);
        if self.state.is_on_disk() {
            return self.state.begin_snapshot(barrier).unwrap();
        }
        let Self { state, slot_of, sums, times, .. } = self;
        let slots = slot_of.iter().map(|(key, &slot)| (slot, Address::of_key(STATE, key)));
        state.snapshot(barrier, slots, |slot, out| write(sums, times, slot, out)).unwrap()
    }
}

fn write(sums: &[i64], times: &WriteTimes, slot: u32, out: &mut Vec<u8>) {
    write_value_head(times.get(slot), out);
    out.extend_from_slice(&sums[slot as usize].to_le_bytes());
}

#[derive(Debug, Clone)]
enum Action {
    Rows(Vec<(u8, i64)>),
    Pass(u64),
    Sweep,
    /// Rows come while the snapshot is put together, piece by piece, and more before it is stored.
    Snapshot {
        kind: SnapshotKind,
        completes: bool,
        meanwhile: Vec<Vec<(u8, i64)>>,
        late: Vec<Vec<(u8, i64)>>,
    },
    /// From the last completed snapshot; a savepoint with any backend.
    Restore {
        parallelism: u32,
        place: usize,
    },
}

fn rows() -> impl Strategy<Value = Vec<(u8, i64)>> {
    prop::collection::vec((0u8..24, -3i64..4), 0..10)
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let kinds = vec![SnapshotKind::Checkpoint, SnapshotKind::FullCheckpoint, SAVEPOINT];
    let some = || prop::collection::vec(rows(), 0..3);
    let snapshot = (prop::sample::select(kinds), any::<bool>(), some(), some())
        .prop_map(|(kind, completes, meanwhile, late)| Action::Snapshot { kind, completes, meanwhile, late });
    let action = prop_oneof![
        6 => rows().prop_map(Action::Rows),
        1 => (0u64..60).prop_map(Action::Pass),
        1 => Just(Action::Sweep),
        3 => snapshot,
        2 => (1u32..5, 0..PLACES.len()).prop_map(|(parallelism, place)| Action::Restore { parallelism, place }),
    ];
    prop::collection::vec(action, 1..24)
}

const PLACES: [(StateBackend, Option<u64>); 4] = [
    (StateBackend::HashMap, None),
    (StateBackend::RocksDb, None),
    (StateBackend::RocksDb, Some(1)),
    (StateBackend::RocksDb, Some(2_000)),
];

struct Subtasks {
    sums: Vec<Sums>,
    _directory: TempDir,
}

impl Subtasks {
    fn open(
        parallelism: u32,
        (backend, memory): (StateBackend, Option<u64>),
        handles: &[KeyedStateHandle],
        folder: &Arc<Folder>,
        (ttl, clock): (u64, &Clock),
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let memory = ManagedMemory::new(memory);
        let open = |subtask| {
            let key_groups = key_group_range(subtask, MAX_PARALLELISM, parallelism);
            let overlaps = |handle: &&KeyedStateHandle| {
                let theirs = handle.key_groups();
                theirs.start() <= key_groups.end() && key_groups.start() <= theirs.end()
            };
            let context = KeyedStateContext {
                backend,
                incremental: true,
                max_parallelism: MAX_PARALLELISM,
                directory: directory.path().join(subtask.to_string()),
                memory: memory.clone(),
                restored: handles.iter().filter(overlaps).cloned().collect(),
                reader: Some(folder.clone()),
                key_groups: key_groups.clone(),
                ttl: None,
                suffixes: Suffixes::None,
            };
            Sums::open(context, ttl, clock)
        };
        Self { sums: (0..parallelism).map(open).collect(), _directory: directory }
    }

    fn process(&mut self, rows: &[(u8, i64)], now: i64) -> Vec<(u8, Option<i64>)> {
        let keys = EntryKeys::new(MAX_PARALLELISM, 0..=MAX_PARALLELISM - 1);
        let parallelism = self.sums.len() as u32;
        let owner = |number: u8| subtask_of_key_group(keys.key_group(&key(number)), MAX_PARALLELISM, parallelism);
        let mut result = Vec::new();
        for (subtask, sums) in (0..).zip(&mut self.sums) {
            let own: Vec<(u8, i64)> = rows.iter().copied().filter(|(number, _)| owner(*number) == subtask).collect();
            result.extend(sums.process(&own, now));
        }
        result.sort_by_key(|(number, _)| *number);
        result
    }
}

type Model = BTreeMap<u8, (i64, i64)>;

fn apply(model: &mut Model, rows: &[(u8, i64)], ttl: u64, now: i64) -> Vec<(u8, Option<i64>)> {
    let mut result = Vec::new();
    for &(number, change) in rows {
        if change == 0 {
            model.remove(&number);
            result.push((number, None));
            continue;
        }
        let (sum, written) = model.entry(number).or_insert((0, now));
        if ttl > 0 && *written + ttl as i64 <= now {
            *sum = 0;
        }
        (*sum, *written) = (*sum + change, now);
        result.push((number, Some(*sum)));
    }
    result.sort_by_key(|(number, _)| *number);
    result
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn the_cache_behaves_like_a_map(
        place in 0..PLACES.len(),
        ttl in prop::sample::select(vec![0u64, 100]),
        actions in actions(),
    ) {
        let folder = Folder::new();
        let manual = ManualClock::at_millis(1_000);
        let clock = manual.clock();
        let mut place = PLACES[place];
        let mut subtasks = Subtasks::open(2, place, &[], &folder, (ttl, &clock));
        let mut model = Model::new();
        let mut saved: (Vec<KeyedStateHandle>, Model, SnapshotKind, StateBackend) =
            (Vec::new(), Model::new(), SAVEPOINT, place.0);
        let mut checkpoint_id = 0;
        for action in actions {
            let now = clock.now_millis();
            match action {
                Action::Rows(rows) => {
                    prop_assert_eq!(subtasks.process(&rows, now), apply(&mut model, &rows, ttl, now));
                }
                Action::Pass(millis) => manual.advance(Duration::from_millis(millis)),
                Action::Sweep => subtasks.sums.iter_mut().for_each(|sums| sums.sweep(now)),
                Action::Snapshot { kind, completes, meanwhile, late } => {
                    checkpoint_id += 1;
                    let barrier = barrier(checkpoint_id, kind);
                    let snapshots: Vec<_> = subtasks.sums.iter_mut().map(|sums| sums.snapshot(&barrier)).collect();
                    let at_barrier = model.clone();
                    for rows in meanwhile {
                        prop_assert_eq!(subtasks.process(&rows, now), apply(&mut model, &rows, ttl, now));
                        subtasks.sums.iter_mut().for_each(|sums| sums.settle(None, 1));
                    }
                    subtasks.sums.iter_mut().for_each(|sums| sums.settle(None, usize::MAX));
                    for rows in late {
                        prop_assert_eq!(subtasks.process(&rows, now), apply(&mut model, &rows, ttl, now));
                    }
                    let handles: Vec<_> =
                        snapshots.into_iter().map(|snapshot| snapshot.store(&*folder).unwrap()).collect();
                    for sums in &mut subtasks.sums {
                        match completes {
                            true => sums.state.checkpoint_completed(checkpoint_id),
                            false => sums.state.checkpoint_aborted(checkpoint_id),
                        }
                    }
                    if completes {
                        saved = (handles, at_barrier, kind, place.0);
                    }
                }
                Action::Restore { parallelism, place: other } => {
                    let (handles, at_barrier, kind, backend) = &saved;
                    // Checkpoints of rocksdb are for rocksdb.
                    if matches!(kind, SnapshotKind::Savepoint { .. }) || PLACES[other].0 == *backend {
                        place = PLACES[other];
                    } else {
                        place = *PLACES.iter().find(|place| place.0 == *backend).unwrap();
                    }
                    drop(subtasks);
                    subtasks = Subtasks::open(parallelism, place, handles, &folder, (ttl, &clock));
                    model = at_barrier.clone();
                }
            }
        }
        let all: Vec<(u8, i64)> = (0..24).map(|number| (number, 1)).collect();
        let now = clock.now_millis();
        prop_assert_eq!(subtasks.process(&all, now), apply(&mut model, &all, ttl, now));
    }
}
