//! `Fence`: under which epoch this TaskManager takes commands. A call that has passed keeps the epoch in force until it is carried out, so that
//! what the TaskManager tells the next JobManager of itself is true when it is told.

use std::sync::Arc;
use std::time::Duration;

use common::clock::Clock;
use dataflow::LeaderEpoch;
use tokio::sync::{OwnedRwLockReadGuard, RwLock, watch};

/// How long a call waits for the registration that it is the consequence of: the JobManager may call before its own answer has arrived,
/// and tasks that it does not want end first.
const PATIENCE: Duration = Duration::from_secs(20);

/// The epoch in force; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Fence {
    clock: Clock,
    /// None while the TaskManager belongs to no JobManager.
    epoch: Arc<RwLock<Option<LeaderEpoch>>>,
    /// The same, for those who wait.
    changes: Arc<watch::Sender<Option<LeaderEpoch>>>,
    /// The newest epoch that was ever in force.
    newest: Arc<watch::Sender<Option<LeaderEpoch>>>,
}

/// Keeps the epoch in force for as long as it lives.
pub(crate) type Passage = OwnedRwLockReadGuard<Option<LeaderEpoch>>;

impl Fence {
    /// No epoch is in force.
    pub(crate) fn new(clock: Clock) -> Self {
        Fence {
            clock,
            epoch: Arc::default(),
            changes: Arc::new(watch::channel(None).0),
            newest: Arc::new(watch::channel(None).0),
        }
    }

    /// Lets a call of this epoch pass once it is in force; the error says why it never will be.
    pub(crate) async fn pass(&self, epoch: LeaderEpoch) -> Result<Passage, String> {
        let reached = self.clock.timeout(PATIENCE, async {
            let mut changes = self.changes.subscribe();
            loop {
                let passage = self.epoch.clone().read_owned().await;
                if *passage == Some(epoch) {
                    return Some(passage);
                }
                drop(passage);
                if self.newest().is_some_and(|newest| newest > epoch) || changes.changed().await.is_err() {
                    return None;
                }
            }
        });
        reached.await.flatten().ok_or_else(|| {
            let current = self.current().map_or_else(|| "none".to_owned(), |epoch| epoch.0.to_string());
            format!("the call is of epoch {}, the TaskManager is registered under {current}", epoch.0)
        })
    }

    /// This epoch is in force from now on.
    pub(crate) async fn enter(&self, epoch: LeaderEpoch) {
        let mut current = self.epoch.write().await;
        *current = Some(epoch);
        self.newest.send_replace(Some(epoch));
        self.changes.send_replace(Some(epoch));
    }

    /// No epoch is in force any more. When this returns, every call that had passed is carried out.
    pub(crate) async fn leave(&self) {
        let mut current = self.epoch.write().await;
        *current = None;
        self.changes.send_replace(None);
    }

    /// The epoch in force.
    pub(crate) fn current(&self) -> Option<LeaderEpoch> {
        *self.changes.borrow()
    }

    /// The newest epoch that was ever in force.
    pub(crate) fn newest(&self) -> Option<LeaderEpoch> {
        *self.newest.borrow()
    }

    /// Waits until another epoch than this one is in force, or none.
    pub(crate) async fn changed_from(&self, epoch: Option<LeaderEpoch>) {
        let mut changes = self.changes.subscribe();
        // The sender lives as long as this.
        let _ = changes.wait_for(|current| *current != epoch).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_calls_of_the_epoch_in_force_pass_and_a_change_waits_for_them() {
        let fence = Fence::new(Clock::System);
        fence.enter(LeaderEpoch(2)).await;
        let refused = fence.pass(LeaderEpoch(1)).await.unwrap_err();
        assert!(refused.contains("epoch 1") && refused.contains("under 2"), "{refused}");
        let passage = fence.pass(LeaderEpoch(2)).await.unwrap();
        let leaving = tokio::spawn({
            let fence = fence.clone();
            async move { fence.leave().await }
        });
        tokio::task::yield_now().await;
        assert!(!leaving.is_finished());
        drop(passage);
        leaving.await.unwrap();
        assert_eq!((fence.current(), fence.newest()), (None, Some(LeaderEpoch(2))));
        let early = tokio::spawn({
            let fence = fence.clone();
            async move { fence.pass(LeaderEpoch(3)).await.map(|passage| *passage) }
        });
        fence.enter(LeaderEpoch(3)).await;
        assert_eq!(early.await.unwrap(), Ok(Some(LeaderEpoch(3))));
    }
}
