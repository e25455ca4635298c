//! One aggregate over (group, row) pairs. Implementations are small and inlined into the loops of [`Folding`](super::folding::Folding).

use arrow_array::ArrayRef;
use dataflow::Failure;

/// The typed columns of one aggregate: one slot a group.
pub(crate) trait Fold: Send {
    /// The argument columns, downcast once a batch.
    type Input<'a>;
    /// Collects results.
    type Output;

    /// Whether rows with a NULL argument are passed over.
    const SKIPS_NULLS: bool = true;

    /// Downcasts the arguments.
    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<Self::Input<'a>, Failure>;

    /// Makes room for this many groups.
    fn resize(&mut self, groups: usize);

    /// Adds a row.
    fn add(&mut self, group: usize, input: &Self::Input<'_>, row: usize);

    /// Takes a row back.
    fn retract(&mut self, group: usize, input: &Self::Input<'_>, row: usize);

    /// An empty collection of results.
    fn output(&self, capacity: usize) -> Self::Output;

    /// Appends the value of a group.
    fn append(&self, group: usize, output: &mut Self::Output);

    /// The results as an array.
    fn finish(&self, output: Self::Output) -> Result<ArrayRef, Failure>;

    /// Merges one group into another, and leaves the one as it is: a slice is a part of several windows.
    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure>;

    /// Empties a group.
    fn reset(&mut self, group: usize);

    /// Appends what a group holds.
    fn write_state(&self, group: usize, out: &mut Vec<u8>);

    /// Forgets what a group has summed up, but not which values it knows of.
    fn begin_increment(&mut self, group: usize) {
        self.reset(group);
    }

    /// Appends what a group has summed up, without the values that it knows of.
    fn write_increment(&self, group: usize, out: &mut Vec<u8>) {
        self.write_state(group, out);
    }

    /// Takes what a group holds off the input.
    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure>;

    /// Bytes that all groups hold together.
    fn memory_size(&self) -> usize;
}
