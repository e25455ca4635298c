//! A mini-batch: what the keys touched since the last emission were before it. When it ends, but by its size, others say.

use arrow_array::ArrayRef;
use arrow_select::concat::concat;
use dataflow::Failure;
use dataflow::operator_spec::MiniBatch;

use super::keyed_groups::{Change, KeyedGroups, Values};

/// The keys touched since the last emission.
#[derive(Debug)]
pub(super) struct Bundle {
    bounds: MiniBatch,
    /// Rows taken since the last emission, ignored ones too.
    rows: u64,
    groups: Vec<u32>,
    /// Whether `groups[i]` is new.
    new: Vec<bool>,
    /// By group: whether it is in `groups`.
    touched: Vec<bool>,
    /// Values of `groups` before the bundle; for each aggregate, pieces that make one column.
    before: Vec<Vec<ArrayRef>>,
}

impl Bundle {
    pub(super) fn new(bounds: MiniBatch, aggregates: usize) -> Self {
        Self {
            bounds,
            rows: 0,
            groups: Vec::new(),
            new: Vec::new(),
            touched: Vec::new(),
            before: vec![Vec::new(); aggregates],
        }
    }

    /// How many more rows it takes.
    pub(super) fn room(&self) -> usize {
        usize::try_from(self.bounds.size.max(1) - self.rows).unwrap_or(usize::MAX)
    }

    /// Rows have come.
    pub(super) fn add_rows(&mut self, rows: usize) {
        self.rows += rows as u64;
    }

    /// A row of this group has come.
    #[inline]
    pub(super) fn touch(&mut self, group: u32, new: bool) {
        if group as usize >= self.touched.len() {
            self.touched.resize(group as usize + 1, false);
        }
        if !self.touched[group as usize] {
            self.touched[group as usize] = true;
            self.groups.push(group);
            self.new.push(new);
        }
    }

    /// How many groups have been touched.
    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }

    /// Remembers the values of the groups from this position on: they are about to change.
    pub(super) fn remember(&mut self, from: usize, groups: &KeyedGroups) -> Result<(), Failure> {
        if from < self.groups.len() {
            let values = groups.evaluate(&self.groups[from..])?;
            self.before.iter_mut().zip(values).for_each(|(pieces, value)| pieces.push(value));
        }
        Ok(())
    }

    /// Takes the groups with their changes and values; the next bundle begins.
    pub(super) fn take(&mut self, groups: &KeyedGroups) -> Result<(Vec<u32>, Vec<Change>, Values), Failure> {
        self.rows = 0;
        let touched = std::mem::take(&mut self.groups);
        touched.iter().for_each(|&group| self.touched[group as usize] = false);
        let new = std::mem::take(&mut self.new);
        let column = |pieces: &mut Vec<ArrayRef>| {
            let pieces = std::mem::take(pieces);
            concat(&pieces.iter().map(|piece| piece.as_ref()).collect::<Vec<_>>())
        };
        if touched.is_empty() {
            return Ok(Default::default());
        }
        let before = self.before.iter_mut().map(column).collect::<Result<_, _>>()?;
        let values = Values { before, after: groups.evaluate(&touched)? };
        let change = |(&group, &new): (&u32, &bool)| match (groups.has_no_rows(group), new) {
            (false, true) => Change::First,
            (false, false) => Change::Update,
            (true, false) => Change::Last,
            (true, true) => Change::Nothing,
        };
        let changes = touched.iter().zip(&new).map(change).collect();
        Ok((touched, changes, values))
    }
}
