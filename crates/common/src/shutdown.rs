//! Orderly ends: a tree of cancellations, the tasks that must finish first, and the signals that start it all.
//!
//! A process has one root [`Shutdown`]; a service takes a [`Shutdown::child`], which ends with its parent or alone.
//! SIGTERM or SIGINT triggers the root; a second one ends the process at once. So does SIGHUP where that is asked for.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Whether this process was started with SIGHUP ignored, as Linux says: the lowest bit is signal 1.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// A node in the tree of cancellations; clones are the same node.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
    tasks: TaskTracker,
}

impl Shutdown {
    /// The root of a tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// A node below this one: it ends when this one does, or by itself. It counts its own tasks.
    pub fn child(&self) -> Self {
        Shutdown { token: self.token.child_token(), tasks: TaskTracker::new() }
    }

    /// Ends this node and all below it. Doing so twice is the same as once.
    pub fn trigger(&self) {
        self.token.cancel();
    }

    /// Whether this node has ended; for loops that cannot wait.
    pub fn is_triggered(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits until this node ends.
    pub async fn triggered(&self) {
        self.token.cancelled().await;
    }

    /// Runs a future to its end, or until this node ends: then it is dropped and the answer is none.
    pub async fn unless_triggered<F: Future>(&self, future: F) -> Option<F::Output> {
        self.token.run_until_cancelled(future).await
    }

    /// The node as a token, for interfaces that take one.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Starts a task that [`Shutdown::finished`] waits for.
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.tasks.spawn(future)
    }

    /// A future that [`Shutdown::finished`] waits for, whoever runs it.
    pub fn track<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        self.tasks.track_future(future)
    }

    /// Waits until all tasks of this node have ended.
    pub async fn idle(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Waits until all tasks of this node have ended, but no longer than `limit`; false when some still run.
    /// The node should have been triggered, or its tasks have little reason to end.
    pub async fn finished(&self, limit: Duration) -> bool {
        self.tasks.close();
        tokio::time::timeout(limit, self.tasks.wait()).await.is_ok()
    }

    /// Triggers this node at the first SIGTERM or SIGINT and ends the process at the second. Call it once, inside
    /// a tokio runtime.
    pub fn listen_for_signals(&self) -> io::Result<()> {
        self.listen_for("SIGTERM", SignalKind::terminate())?;
        self.listen_for("SIGINT", SignalKind::interrupt())
    }

    /// The same for SIGHUP, which comes when the terminal is closed; as a JVM does. One that was started to ignore it (`nohup`) goes on ignoring it.
    pub fn listen_for_hangup(&self) -> io::Result<()> {
        match ignores_hangup() {
            true => Ok(()),
            false => self.listen_for("SIGHUP", SignalKind::hangup()),
        }
    }

    fn listen_for(&self, name: &'static str, kind: SignalKind) -> io::Result<()> {
        // The exit code of a process that a signal ended is 128 + its number.
        let exit_code = 128 + kind.as_raw_value();
        let mut signals = signal(kind)?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                if shutdown.is_triggered() {
                    tracing::warn!("{name} received while shutting down: exiting at once");
                    std::process::exit(exit_code);
                }
                tracing::info!("{name} received: shutting down (once more to exit at once)");
                shutdown.trigger();
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_parent_ends_its_children_but_not_the_other_way_round() {
        let root = Shutdown::new();
        let (a, b) = (root.child(), root.child());
        a.trigger();
        a.triggered().await;
        assert!(!root.is_triggered() && !b.is_triggered());
        root.trigger();
        assert!(b.is_triggered());
        assert_eq!(b.unless_triggered(std::future::pending::<()>()).await, None);
    }

    #[tokio::test]
    async fn finishing_waits_for_tasks_but_not_for_ever() {
        let root = Shutdown::new();
        let inner = root.clone();
        root.spawn(async move { inner.triggered().await });
        assert!(!root.finished(Duration::from_millis(10)).await);
        root.trigger();
        assert!(root.finished(Duration::from_secs(10)).await);
    }
}
