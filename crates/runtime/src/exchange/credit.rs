//! `CreditWindow`: how many batches a remote channel may have under way. A pure machine.
//!
//! Every channel has its own credits (`taskmanager.network.memory.buffers-per-channel`); the channels of a task share floating ones, which go to
//! those whose producer announces a backlog and come back when it is gone. Credits in the producer's hand and batches waiting at the consumer
//! are together never more than a channel's own and its floating credits: that is what bounds memory.

use std::sync::atomic::{AtomicU32, Ordering};

/// Floating credits, shared by the channels of one task.
#[derive(Debug)]
pub(crate) struct FloatingCredits(AtomicU32);

/// The credits of one channel, kept by the consumer.
#[derive(Debug)]
pub(crate) struct CreditWindow {
    /// In the producer's hand.
    outstanding: u32,
    floating: u32,
    backlog: u32,
}

/// A batch came for which there was no credit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoCredit;

impl FloatingCredits {
    pub(crate) fn new(credits: u32) -> Self {
        Self(AtomicU32::new(credits))
    }

    fn take(&self, wanted: u32) -> u32 {
        let update = |free: u32| Some(free - free.min(wanted));
        let before = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, update);
        before.unwrap_or_else(|free| free).min(wanted)
    }

    fn give(&self, credits: u32) {
        self.0.fetch_add(credits, Ordering::AcqRel);
    }

    #[cfg(test)]
    fn free(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }
}

impl CreditWindow {
    /// A window whose producer has been given these credits.
    pub(crate) fn new(own: u32) -> Self {
        Self { outstanding: own, floating: 0, backlog: 0 }
    }

    /// A batch has come, with this backlog behind it. Returns the credits to grant now.
    pub(crate) fn arrived(&mut self, backlog: u32, pool: &FloatingCredits) -> Result<u32, NoCredit> {
        self.outstanding = self.outstanding.checked_sub(1).ok_or(NoCredit)?;
        self.backlog = backlog;
        let granted = pool.take(backlog.saturating_sub(self.outstanding));
        self.floating += granted;
        self.outstanding += granted;
        Ok(granted)
    }

    /// The consumer has taken a batch. Returns the credits to grant now.
    pub(crate) fn consumed(&mut self, pool: &FloatingCredits) -> u32 {
        if self.floating > 0 && self.backlog <= self.outstanding {
            self.floating -= 1;
            pool.give(1);
            return 0;
        }
        self.outstanding += 1;
        1
    }

    /// The channel has ended: floating credits go back.
    pub(crate) fn close(&mut self, pool: &FloatingCredits) {
        pool.give(std::mem::take(&mut self.floating));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn floating_credits_follow_the_backlog() {
        let pool = FloatingCredits::new(3);
        let mut window = CreditWindow::new(2);
        assert_eq!(window.arrived(5, &pool), Ok(3), "5 wait, 1 credit is left, 3 are to be had");
        assert_eq!(pool.free(), 0);
        assert_eq!(window.consumed(&pool), 1, "5 wait, 4 credits");
        assert_eq!(window.arrived(0, &pool), Ok(0));
        assert_eq!(window.consumed(&pool), 0, "nothing waits: a floating credit goes back");
        assert_eq!(pool.free(), 1);
        window.close(&pool);
        assert_eq!(pool.free(), 3);
    }

    #[test]
    fn a_batch_without_credit_is_refused() {
        let pool = FloatingCredits::new(0);
        let mut window = CreditWindow::new(1);
        assert_eq!(window.arrived(9, &pool), Ok(0));
        assert_eq!(window.arrived(9, &pool), Err(NoCredit));
    }

    proptest! {
        /// A producer that sends whenever it may and a consumer that takes when told: memory stays bounded and nothing gets stuck.
        #[test]
        fn bounded_and_live(own in 1u32..4, floating in 0u32..6, batches in 1u32..60, takes in prop::collection::vec(any::<bool>(), 60)) {
            let pool = FloatingCredits::new(floating);
            let mut window = CreditWindow::new(own);
            let (mut credit, mut left, mut queued, mut takes) = (own, batches, 0u32, takes.into_iter());
            while left > 0 || queued > 0 {
                let take = takes.next().unwrap_or(true);
                if left > 0 && credit > 0 && !(take && queued > 0) {
                    (credit, left, queued) = (credit - 1, left - 1, queued + 1);
                    credit += window.arrived(left, &pool).unwrap();
                } else {
                    prop_assert!(queued > 0, "stuck with {left} to send");
                    queued -= 1;
                    credit += window.consumed(&pool);
                }
                prop_assert!(credit + queued <= own + floating);
                prop_assert_eq!(credit, window.outstanding);
            }
            window.close(&pool);
            prop_assert_eq!(pool.free(), floating);
        }
    }
}
