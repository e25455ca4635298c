//! DISTINCT: lets a value through when it comes for the first time, and takes it back when its last row is taken back. NULL is a value like the others
//! where the fold looks at it; how often it is there is written before the values, behind a mark that no number of values has.
//!
//! What is only a part of a group may take back a value that another part has: there counts go below zero, and merging settles them.

use arrow_array::{Array, ArrayRef, new_null_array};
use arrow_buffer::NullBuffer;
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
    /// How often NULL is there; nothing where the fold passes it over.
    nulls: Vec<i64>,
    map_bytes: usize,
    data_type: DataType,
    /// Whether a value may be taken back that never came.
    is_partial: bool,
}

/// The columns for the key and those for the inner fold.
pub(super) struct DistinctInput<K, I> {
    key: K,
    inner: I,
    nulls: Option<NullBuffer>,
}

/// Stands where the number of values would: more than there can be bytes.
const NULLS_FOLLOW: [u8; 5] = [0xff, 0xff, 0xff, 0xff, 0x0f];

impl<K, I> DistinctInput<K, I> {
    fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }
}

impl<F: Fold, K: KeySource> Distinct<F, K> {
    /// `data_type` is that of the argument.
    pub(super) fn new(fold: F, data_type: DataType, is_partial: bool) -> Self {
        Self { fold, seen: Vec::new(), nulls: Vec::new(), map_bytes: 0, data_type, is_partial }
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

    const SKIPS_NULLS: bool = F::SKIPS_NULLS;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<Self::Input<'a>, Failure> {
        let nulls = args.first().filter(|_| !F::SKIPS_NULLS).and_then(|arg| arg.logical_nulls());
        Ok(DistinctInput { key: K::column(args)?, inner: self.fold.input(args)?, nulls })
    }

    fn resize(&mut self, groups: usize) {
        self.fold.resize(groups);
        self.seen.resize_with(groups, HashMap::new);
        if !F::SKIPS_NULLS {
            self.nulls.resize(groups, 0);
        }
    }

    fn add(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        if input.is_null(row) {
            self.nulls[group] += 1;
            if self.nulls[group] == 1 {
                self.fold.add(group, &input.inner, row);
            }
            return;
        }
        let (_, count) = self.change(group, &input.key, row, 1);
        if count == 1 {
            self.fold.add(group, &input.inner, row);
        }
    }

    fn retract(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        if input.is_null(row) {
            let left = self.nulls[group] - 1;
            self.nulls[group] = if self.is_partial { left } else { left.max(0) };
            if left == 0 {
                self.fold.retract(group, &input.inner, row);
            }
            return;
        }
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
            let args = K::restore(&keys, &self.data_type)?;
            let input = self.fold.input(&args)?;
            for row in 0..keys.len() {
                match comes {
                    true => self.fold.add(into, &input, row),
                    false => self.fold.retract(into, &input, row),
                }
            }
        }
        if !F::SKIPS_NULLS && self.nulls[from] != 0 {
            let before = self.nulls[into];
            let after = before + self.nulls[from];
            self.nulls[into] = after;
            let null = [new_null_array(&self.data_type, 1)];
            let input = self.fold.input(&null)?;
            match (before > 0, after > 0) {
                (false, true) => self.fold.add(into, &input, 0),
                (true, false) => self.fold.retract(into, &input, 0),
                _ => {}
            }
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.fold.reset(group);
        self.take(group);
        self.nulls.get_mut(group).into_iter().for_each(|nulls| *nulls = 0);
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        self.fold.write_state(group, out);
        if let Some(nulls) = self.nulls.get(group).filter(|nulls| **nulls != 0) {
            out.extend_from_slice(&NULLS_FOLLOW);
            nulls.write(out);
        }
        write_length(self.seen[group].len(), out);
        for (key, count) in &self.seen[group] {
            key.write(out);
            count.write(out);
        }
    }

    fn begin_increment(&mut self, group: usize) {
        self.fold.reset(group);
    }

    fn write_increment(&self, group: usize, out: &mut Vec<u8>) {
        self.fold.write_state(group, out);
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        self.fold.read_state(group, input)?;
        self.take(group);
        let bytes = *input;
        let nulls = match bytes.strip_prefix(&NULLS_FOLLOW) {
            Some(rest) => {
                *input = rest;
                i64::read(input)?
            }
            None => 0,
        };
        match self.nulls.get_mut(group) {
            Some(kept) => *kept = nulls,
            None if nulls == 0 => {}
            None => return Err(damaged()),
        }
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
        self.fold.memory_size() + column_bytes(&self.seen) + column_bytes(&self.nulls) + self.map_bytes
    }
}
