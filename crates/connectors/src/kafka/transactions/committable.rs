//! A prepared transaction: what is needed to finish it from any process, and what became of it when the broker refuses that.
//!
//! The epoch tells. A transactional id is used again only after its commit was seen, and then its epoch is two higher. When the broker aborts a
//! transaction that took too long, the epoch is one higher; an abort on behalf of a later attempt leaves it.

use std::time::{SystemTime, UNIX_EPOCH};

use dataflow::Failure;
use serde::{Deserialize, Serialize};

use super::coordinator::{Description, ProducerIdentity};

/// Ids are forgotten by brokers when they were not used for long: by default for seven days, never for less than this in practice (ms).
const REMEMBERED: u64 = 24 * 60 * 60 * 1000;
/// The version of the format in checkpoints.
const VERSION: u32 = 1;

/// The transaction.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Committable {
    version: u32,
    pub(super) transactional_id: String,
    #[serde(flatten)]
    pub(super) identity: ProducerIdentity,
    /// When it began, ms since the epoch.
    begun: u64,
}

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Committed,
    /// The broker no longer knows, after so long a time that it cannot: it was committed in all likelihood.
    Forgotten,
    /// Aborted: its rows are lost.
    Lost,
}

impl Committable {
    pub(super) fn new(transactional_id: String, identity: ProducerIdentity) -> Self {
        Self { version: VERSION, transactional_id, identity, begun: now() }
    }

    pub(super) fn to_json(&self) -> Result<serde_json::Value, Failure> {
        serde_json::to_value(self)
            .map_err(|error| Failure::internal("a transaction cannot be written as JSON").caused_by(error))
    }

    pub(super) fn from_json(json: &serde_json::Value) -> Result<Self, Failure> {
        let unreadable = || Failure::internal("a committable in the checkpoint is not one of the kafka sink").fatal();
        let read = Self::deserialize(json).map_err(|error| unreadable().caused_by(error))?;
        if read.version != VERSION {
            return Err(unreadable().caused_by(format!("its version is {}", read.version)));
        }
        Ok(read)
    }

    /// What became of it, by what the broker knows of its id now.
    pub(super) fn fate(&self, now: Option<&Description>) -> Fate {
        let Some(description) = now else {
            return if self.is_old() { Fate::Forgotten } else { Fate::Lost };
        };
        if description.identity.producer_id != self.identity.producer_id {
            return Fate::Lost;
        }
        let state = description.state.as_str();
        let committed = match i32::from(description.identity.epoch) - i32::from(self.identity.epoch) {
            0 => matches!(state, "CompleteCommit" | "PrepareCommit"),
            1 => !matches!(state, "CompleteAbort" | "PrepareAbort" | "PrepareEpochFence" | "Dead"),
            later => later > 1,
        };
        if committed { Fate::Committed } else { Fate::Lost }
    }

    fn is_old(&self) -> bool {
        now().saturating_sub(self.begun) > REMEMBERED
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_tells_what_became_of_a_transaction() {
        let identity = ProducerIdentity { producer_id: 7, epoch: 4 };
        let committable = Committable::new("t".into(), identity);
        let fate = |producer_id, epoch, state: &str| {
            let description =
                Description { identity: ProducerIdentity { producer_id, epoch }, state: state.to_owned() };
            committable.fate(Some(&description))
        };
        assert_eq!(fate(7, 4, "CompleteCommit"), Fate::Committed);
        assert_eq!(fate(7, 4, "CompleteAbort"), Fate::Lost, "aborted by a later attempt");
        assert_eq!(fate(7, 4, "Empty"), Fate::Lost);
        assert_eq!(fate(7, 5, "CompleteAbort"), Fate::Lost, "took too long");
        assert_eq!(fate(7, 5, "Empty"), Fate::Committed, "stopped while it was made ready again");
        for state in ["Empty", "Ongoing", "CompleteAbort", "CompleteCommit"] {
            assert_eq!(fate(7, 6, state), Fate::Committed, "used again: {state}");
        }
        assert_eq!(fate(7, 3, "CompleteCommit"), Fate::Lost);
        assert_eq!(fate(8, 4, "CompleteCommit"), Fate::Lost, "another cluster");
    }

    #[test]
    fn a_forgotten_id_is_only_believed_after_long() {
        let mut committable = Committable::new("t".into(), ProducerIdentity { producer_id: 7, epoch: 4 });
        assert_eq!(committable.fate(None), Fate::Lost);
        committable.begun -= 2 * REMEMBERED;
        assert_eq!(committable.fate(None), Fate::Forgotten);
    }

    #[test]
    fn the_format_in_checkpoints_stays() {
        let json = serde_json::json!(
            {"version": 1, "transactional_id": "p-0-0-0123456789abcdef-0", "producer_id": 7, "epoch": 4, "begun": 1}
        );
        let read = Committable::from_json(&json).unwrap();
        assert_eq!(read.to_json().unwrap(), json);
        let newer = serde_json::json!(
            {"version": 2, "transactional_id": "t", "producer_id": 7, "epoch": 4, "begun": 1}
        );
        assert!(Committable::from_json(&newer).unwrap_err().one_line().contains("version is 2"));
        assert!(!Committable::from_json(&serde_json::json!({})).unwrap_err().retry);
    }
}
