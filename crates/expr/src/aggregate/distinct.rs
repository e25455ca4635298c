//! DISTINCT: lets a value through when it comes for the first time, and takes it back when its last row is taken back.
//!
//! What is only a part of a group may take back a value that another part has: there counts go below zero, and merging settles them.

use arrow_array::ArrayRef;
use arrow_schema::DataType;
use dataflow::Failure;
use hashbrown::HashMap;

use super::fold::Fold;
use super::key::KeySource;
use super::state::{StateValue, column_bytes, damaged, entry_bytes, read_length, write_length};

/// How often each value of each group is there, over the fold that sees those that are there, once.
pub(super) struct Distinct<F, K: KeySource> {
    fold: F,
    seen: Vec<HashMap<K::Key, i64>>,
    map_bytes: usize,
    data_type: DataType,
    /// Whether a value may be taken back that never came.
    is_partial: bool,
}

/// The columns for the key and those for the inner fold.
pub(super) struct DistinctInput<K, I> {
    key: K,
    inner: I,
}

impl<F: Fold, K: KeySource> Distinct<F, K> {
    /// `data_type` is that of the argument.
    pub(super) fn new(fold: F, data_type: DataType, is_partial: bool) -> Self {
        Self { fold, seen: Vec::new(), map_bytes: 0, data_type, is_partial }
    }

    /// Counts a value by so much; returns how often it was there before, and is.
    fn change(&mut self, group: usize, input: &K::Column<'_>, row: usize, by: i64) -> (i64, i64) {
        let seen = &mut self.seen[group];
        let count = K::count(seen, input, row);
        let before = *count;
        *count += by;
        let after = *count;
        let bytes = || entry_bytes::<K::Key>(K::heap_bytes(input, row));
        if before == 0 {
            self.map_bytes += bytes();
        }
        if after == 0 {
            seen.remove(&K::key(input, row));
            self.map_bytes -= bytes();
        }
        (before, after)
    }

    fn take(&mut self, group: usize) -> HashMap<K::Key, i64> {
        let seen = std::mem::take(&mut self.seen[group]);
        self.map_bytes -= seen.keys().map(|key| entry_bytes::<K::Key>(key.heap_bytes())).sum::<usize>();
        seen
    }
}

impl<F: Fold, K: KeySource> Fold for Distinct<F, K> {
    type Input<'a> = DistinctInput<K::Column<'a>, F::Input<'a>>;
    type Output = F::Output;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<Self::Input<'a>, Failure> {
        Ok(DistinctInput { key: K::column(args)?, inner: self.fold.input(args)? })
    }

    fn resize(&mut self, groups: usize) {
        self.fold.resize(groups);
        self.seen.resize_with(groups, HashMap::new);
    }

    fn add(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        let (_, count) = self.change(group, &input.key, row, 1);
        if count == 1 {
            self.fold.add(group, &input.inner, row);
        }
    }

    fn retract(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        let (before, left) = self.change(group, &input.key, row, -1);
        if before == 0 && !self.is_partial {
            // A value that never came has nothing to take back.
            self.change(group, &input.key, row, 1);
        } else if left == 0 {
            self.fold.retract(group, &input.inner, row);
        }
    }

    fn output(&self, capacity: usize) -> Self::Output {
        self.fold.output(capacity)
    }

    fn append(&self, group: usize, output: &mut Self::Output) {
        self.fold.append(group, output);
    }

    fn finish(&self, output: Self::Output) -> Result<ArrayRef, Failure> {
        self.fold.finish(output)
    }

    /// The inner fold is given the values that come into `into`, and those that go.
    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        let (mut new, mut gone) = (Vec::new(), Vec::new());
        for (key, count) in self.seen[from].clone() {
            let seen = &mut self.seen[into];
            let before = seen.get(&key).copied().unwrap_or(0);
            let after = before + count;
            match (before > 0, after > 0) {
                (false, true) => new.push(key.clone()),
                (true, false) => gone.push(key.clone()),
                _ => {}
            }
            // What takes a value back may come before what has it.
            let stays = after != 0;
            let bytes = entry_bytes::<K::Key>(key.heap_bytes());
            match (before != 0, stays) {
                (false, true) => self.map_bytes += bytes,
                (true, false) => self.map_bytes -= bytes,
                _ => {}
            }
            match stays {
                true => drop(seen.insert(key, after)),
                false => drop(seen.remove(&key)),
            }
        }
        for (keys, comes) in [(new, true), (gone, false)] {
            let args = K::restore(&keys, &self.data_type);
            let input = self.fold.input(&args)?;
            for row in 0..keys.len() {
                match comes {
                    true => self.fold.add(into, &input, row),
                    false => self.fold.retract(into, &input, row),
                }
            }
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.fold.reset(group);
        self.take(group);
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        self.fold.write_state(group, out);
        write_length(self.seen[group].len(), out);
        for (key, count) in &self.seen[group] {
            key.write(out);
            count.write(out);
        }
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        self.fold.read_state(group, input)?;
        self.take(group);
        for _ in 0..read_length(input)? {
            let (key, count) = (K::Key::read(input)?, i64::read(input)?);
            let heap_bytes = key.heap_bytes();
            if count == 0 || self.seen[group].insert(key, count).is_some() {
                return Err(damaged());
            }
            self.map_bytes += entry_bytes::<K::Key>(heap_bytes);
        }
        Ok(())
    }

    fn memory_size(&self) -> usize {
        self.fold.memory_size() + column_bytes(&self.seen) + self.map_bytes
    }
}
