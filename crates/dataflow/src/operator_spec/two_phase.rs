//! Aggregations in two phases: the first one sums up what it has before the exchange, the second one merges that. And the mini-batches that both work in.

use serde::{Deserialize, Serialize};

use super::{GroupAggregateSpec, WindowAggregateSpec};
use crate::types::{Field, RowType, TypeKind};

/// Says when a mini-batch ends, by watermarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MiniBatchAssignerSpec {
    /// Milliseconds from one end to the next; for the event time 0 says at each watermark.
    pub interval_ms: u64,
    /// In what time.
    pub mode: MiniBatchMode,
}

/// What time a mini-batch is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MiniBatchMode {
    /// The clock: watermarks are the times of it, those of the sources go no further.
    ProcTime,
    /// Event time: watermarks of the sources go on when they pass the end of a mini-batch.
    RowTime,
}

/// The first phase of an aggregation without a window. It keeps no state: at a barrier all goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalGroupAggregateSpec {
    /// The aggregation as a whole, over the rows that come; it has a mini-batch.
    pub aggregate: GroupAggregateSpec,
    /// Keys, then [`partial_field`].
    pub output: RowType,
}

/// The second phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GlobalGroupAggregateSpec {
    /// The aggregation as a whole, over the rows of the first phase.
    pub aggregate: GroupAggregateSpec,
    /// What comes to the first phase.
    pub local_input: RowType,
}

/// Between both phases of an aggregation with DISTINCT that is split by buckets: it knows the values of each bucket, and sends on how those of a
/// mini-batch change each key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncrementalGroupAggregateSpec {
    /// The aggregation by keys and buckets, over the rows of the first phase; it has a mini-batch.
    pub aggregate: GroupAggregateSpec,
    /// How many of its keys are no buckets; these come first.
    pub final_keys: usize,
    /// What comes to the first phase.
    pub local_input: RowType,
    /// The keys that are no buckets, then [`partial_field`]: of the same calls without DISTINCT.
    pub output: RowType,
}

/// The first phase of an aggregation in windows of event time that are made of slices. It keeps no state: at a barrier all goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalWindowAggregateSpec {
    /// The aggregation as a whole, over the rows that come.
    pub aggregate: WindowAggregateSpec,
    /// Keys, then [`slice_end_field`], then [`partial_field`].
    pub output: RowType,
}

/// The second phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GlobalWindowAggregateSpec {
    /// The aggregation as a whole, over the rows of the first phase.
    pub aggregate: WindowAggregateSpec,
    /// What comes to the first phase.
    pub local_input: RowType,
}

/// The column with what the first phase knows of a key: what a group of the aggregation looks like in state.
pub fn partial_field() -> Field {
    Field::new("$partial", TypeKind::BYTES.not_null())
}

/// The column with the end of the slice, ms of the wall clock that the windows are over.
pub fn slice_end_field() -> Field {
    Field::new("$slice_end", TypeKind::BigInt.not_null())
}
