//! What flows on a channel, in order.

use crate::batch::Batch;

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
    /// The channel has ended: nothing follows.
    EndOfData,
}
