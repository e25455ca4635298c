//! What flows on a channel, in order.

use std::sync::Arc;

use crate::batch::Batch;
use crate::checkpoint::CheckpointBarrier;

/// Before any event time.
pub const MIN_WATERMARK: i64 = i64::MIN;
/// After all event time: sent when a bounded input has ended, so that every window fires.
pub const MAX_WATERMARK: i64 = i64::MAX;

/// Whether a channel takes part in the watermark of its consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatermarkStatus {
    /// It does.
    Active,
    /// It does not, until it is active again.
    Idle,
}

/// One element of a stream.
#[derive(Debug, Clone)]
pub enum StreamElement {
    /// Rows.
    Batch(Batch),
    /// No row with an event time at or below this (milliseconds since the epoch) will follow, save late ones.
    Watermark(i64),
    /// The channel becomes active or idle.
    Status(WatermarkStatus),
    /// What came before belongs to the checkpoint, what follows does not.
    Barrier(Arc<CheckpointBarrier>),
    /// No row and no watermark follows; barriers may.
    EndOfData,
    /// The channel has ended: nothing follows.
    EndOfPartition,
}
