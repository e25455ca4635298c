//! Aggregates: what a call means ([`resolve`]) and accumulators that keep one value a group in typed columns ([`create`]).
//!
//! An aggregate is a [`Fold`](fold::Fold) over (group, row) pairs; [`Folding`](folding::Folding) drives it over batches, applies FILTER, the NULL
//! rules and row kinds, and makes it an [`Accumulator`].

mod average;
mod bitmap;
mod collect;
mod count;
mod create;
mod distinct;
mod endpoint;
mod extremum;
mod fold;
mod folding;
mod json_list;
mod json_map;
mod key;
mod lag;
mod list_aggregate;
mod ordered_values;
mod percentile;
mod resolve;
mod retractable_extremum;
mod state;
mod sum;
mod variance;

use arrow_array::ArrayRef;
use dataflow::{Batch, Failure};

pub use create::{create, create_partial};
pub use resolve::{AggregateDef, ResolvedAggregate, catalogue, resolve};

/// One aggregate for many groups; groups are dense indices into typed columns. Works on the operator's input batch: `call.args` and
/// `call.filter` are columns of it.
///
/// A group can be written as bytes and read into another accumulator of the same call, which then goes on as this one would. The bytes are
/// stable: integers and lengths are varints, what is a map or a list has its length before it. They carry no version; whoever keeps them puts
/// one before them.
pub trait Accumulator: Send {
    /// Makes room for this many groups; new ones start empty.
    fn resize(&mut self, groups: usize);

    /// Applies a batch; `groups[i]` is the group of row i. Rows of kind -U and -D are taken back.
    fn accumulate(&mut self, batch: &Batch, groups: &[u32]) -> Result<(), Failure>;

    /// The same, and the value of the row's group before and after each row, in row order.
    fn accumulate_traced(&mut self, batch: &Batch, groups: &[u32]) -> Result<(ArrayRef, ArrayRef), Failure>;

    /// The values of these groups.
    fn evaluate(&self, groups: &[u32]) -> Result<ArrayRef, Failure>;

    /// Merges group `from[i]` into `into[i]`, in order; what is merged stays as it is.
    fn merge(&mut self, from: &[u32], into: &[u32]) -> Result<(), Failure>;

    /// Makes these groups empty again, to be reused.
    fn reset(&mut self, groups: &[u32]);

    /// Appends all that a group holds.
    fn write_state(&self, group: u32, out: &mut Vec<u8>);

    /// Takes a group off the input, as [`write_state`](Self::write_state) has written it, in place of what the group held. When the input is
    /// damaged, the group holds anything.
    fn read_state(&mut self, group: u32, input: &mut &[u8]) -> Result<(), Failure>;

    /// An increment of these groups begins: what they have summed up is forgotten, but not which values they know of.
    fn begin_increment(&mut self, groups: &[u32]);

    /// Appends what a group has summed up since its increment began, as the accumulator of the same call without DISTINCT would write it.
    fn write_increment(&self, group: u32, out: &mut Vec<u8>);

    /// Bytes that all groups hold together, about; cheap.
    fn memory_size(&self) -> usize;
}

#[cfg(test)]
mod state_tests;
#[cfg(test)]
mod tests;
