//! `Fence`: under which epoch this TaskManager takes commands. A call that has passed keeps the epoch in force until it is carried out, so that
//! what the TaskManager tells the next JobManager of itself is true when it is told.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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
    /// Until when the JobManager counts on this TaskManager, as far as that is known here; none before the first registration.
    lease: Arc<Mutex<Option<Instant>>>,
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
            lease: Arc::default(),
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

    /// Lets a call pass that begins something. Not one that has lain here until the JobManager gave this TaskManager up: what it begins may run
    /// elsewhere by now, whether there is a new registration or not.
    pub(crate) async fn pass_in_time(&self, epoch: LeaderEpoch) -> Result<Passage, String> {
        let lease = *self.lease.lock().unwrap_or_else(PoisonError::into_inner);
        let passage = self.pass(epoch).await?;
        match lease.filter(|lease| self.clock.instant() >= *lease) {
            Some(_) => Err("the call has waited until the TaskManager was given up".to_owned()),
            None => Ok(passage),
        }
    }

    /// The JobManager counts on this TaskManager until then.
    pub(crate) fn renew(&self, until: Instant) {
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
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
    use common::clock::ManualClock;

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

    #[tokio::test]
    async fn what_has_waited_until_the_task_manager_was_given_up_does_not_begin() {
        let clock = ManualClock::at_millis(0);
        let (fence, second) = (Fence::new(clock.clock()), Duration::from_secs(1));
        let epoch = LeaderEpoch(1);
        fence.enter(epoch).await;
        assert!(fence.pass_in_time(epoch).await.is_ok());
        fence.renew(clock.clock().instant() + second);
        assert!(fence.pass_in_time(epoch).await.is_ok());
        fence.leave().await;
        let waits = tokio::spawn({
            let fence = fence.clone();
            async move { fence.pass_in_time(epoch).await.map(|passage| *passage) }
        });
        tokio::task::yield_now().await;
        clock.advance(second);
        // It comes anew.
        fence.renew(clock.clock().instant() + second);
        fence.enter(epoch).await;
        assert!(waits.await.unwrap().unwrap_err().contains("given up"));
        assert!(fence.pass_in_time(epoch).await.is_ok());
        clock.advance(second);
        assert!(fence.pass_in_time(epoch).await.is_err() && fence.pass(epoch).await.is_ok());
    }
}
