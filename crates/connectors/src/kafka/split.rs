//! A partition of a topic with the offsets between which it is read.

use dataflow::{Failure, Split};
use serde::{Deserialize, Serialize};

/// Where to start in a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StartOffset {
    /// The first record there is.
    Earliest,
    /// The record with this offset, or the next one.
    At(i64),
}

/// The payload of a split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KafkaSplit {
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) start: StartOffset,
    /// The offset to stop before; absent when the source is unbounded.
    pub(super) stop: Option<i64>,
}

impl KafkaSplit {
    /// `events-0`.
    pub(super) fn id(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }

    pub(super) fn to_split(&self) -> Result<Split, Failure> {
        let payload = serde_json::to_value(self)
            .map_err(|error| Failure::internal("a split cannot be written as JSON").caused_by(error))?;
        Ok(Split { id: self.id(), payload })
    }

    pub(super) fn from_split(split: Split) -> Result<Self, Failure> {
        serde_json::from_value(split.payload).map_err(|error| {
            Failure::internal(format!("split '{}' is not one of the Kafka source", split.id)).caused_by(error)
        })
    }
}
