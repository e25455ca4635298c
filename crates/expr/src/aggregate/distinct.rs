//! DISTINCT: lets a value through when it comes for the first time, and takes it back when its last row is taken back. NULL is a value like the others
//! where the fold looks at it; how often it is there is written before the values, behind a mark that no number of values has.

use arrow_array::{Array, ArrayRef, new_null_array};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use dataflow::Failure;
use hashbrown::HashMap;

use super::fold::Fold;
use super::key::KeySource;
use super::state::{StateValue, column_bytes, damaged, entry_bytes, read_length, write_length};

/// How often each value of each group is there, over the fold that sees it once.
pub(super) struct Distinct<F, K: KeySource> {
    fold: F,
    seen: Vec<HashMap<K::Key, i64>>,
    /// How often NULL is there; nothing where the fold passes it over.
    nulls: Vec<i64>,
    map_bytes: usize,
    data_type: DataType,
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
    pub(super) fn new(fold: F, data_type: DataType) -> Self {
        Self { fold, seen: Vec::new(), nulls: Vec::new(), map_bytes: 0, data_type }
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
        let count = K::count(&mut self.seen[group], &input.key, row);
        *count += 1;
        if *count == 1 {
            self.map_bytes += entry_bytes::<K::Key>(K::heap_bytes(&input.key, row));
            self.fold.add(group, &input.inner, row);
        }
    }

    fn retract(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        if input.is_null(row) {
            let is_last = self.nulls[group] == 1;
            self.nulls[group] = (self.nulls[group] - 1).max(0);
            if is_last {
                self.fold.retract(group, &input.inner, row);
            }
            return;
        }
        let seen = &mut self.seen[group];
        let count = K::count(seen, &input.key, row);
        *count -= 1;
        let left = *count;
        if left <= 0 {
            seen.remove(&K::key(&input.key, row));
        }
        // A value that never came has nothing to take back.
        if left == 0 {
            self.map_bytes -= entry_bytes::<K::Key>(K::heap_bytes(&input.key, row));
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

    /// The inner fold is given the values that are new to `into`.
    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        let mut new = Vec::new();
        for (key, count) in self.seen[from].clone() {
            match self.seen[into].get_mut(&key) {
                Some(total) => *total += count,
                None => {
                    self.map_bytes += entry_bytes::<K::Key>(key.heap_bytes());
                    new.push(key.clone());
                    self.seen[into].insert(key, count);
                }
            }
        }
        let args = K::restore(&new, &self.data_type)?;
        let input = self.fold.input(&args)?;
        for row in 0..new.len() {
            self.fold.add(into, &input, row);
        }
        if !F::SKIPS_NULLS && self.nulls[from] > 0 {
            if self.nulls[into] == 0 {
                let null = [new_null_array(&self.data_type, 1)];
                let input = self.fold.input(&null)?;
                self.fold.add(into, &input, 0);
            }
            self.nulls[into] += self.nulls[from];
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
        if let Some(nulls) = self.nulls.get(group).filter(|nulls| **nulls > 0) {
            out.extend_from_slice(&NULLS_FOLLOW);
            nulls.write(out);
        }
        write_length(self.seen[group].len(), out);
        for (key, count) in &self.seen[group] {
            key.write(out);
            count.write(out);
        }
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
            if count <= 0 || self.seen[group].insert(key, count).is_some() {
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
