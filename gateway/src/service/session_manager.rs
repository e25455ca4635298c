//! `SessionManager`: which sessions are open, and when an idle one is closed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use common::clock::Clock;
use common::shutdown::Shutdown;
use tracing::info;
use uuid::Uuid;

use super::Session;
use crate::cluster::Cluster;
use crate::throwable::Throwable;

/// How sessions are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionSettings {
    /// Zero: never.
    pub(crate) idle_timeout: Duration,
    /// Zero: never.
    pub(crate) check_interval: Duration,
    pub(crate) max_sessions: usize,
}

/// The open sessions; clones share them.
#[derive(Clone)]
pub(crate) struct SessionManager {
    cluster: Arc<dyn Cluster>,
    /// What every session begins with.
    defaults: Arc<BTreeMap<String, String>>,
    settings: SessionSettings,
    clock: Clock,
    sessions: Arc<Mutex<HashMap<Uuid, Arc<Session>>>>,
}

impl SessionManager {
    /// No sessions yet.
    pub(crate) fn new(
        cluster: Arc<dyn Cluster>,
        defaults: BTreeMap<String, String>,
        settings: SessionSettings,
        clock: Clock,
    ) -> Self {
        Self { cluster, defaults: Arc::new(defaults), settings, clock, sessions: Arc::default() }
    }

    /// Closes idle sessions until `shutdown`, then all of them.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        let SessionSettings { idle_timeout, check_interval, .. } = self.settings;
        if idle_timeout.is_zero() || check_interval.is_zero() {
            shutdown.triggered().await;
        }
        while shutdown.unless_triggered(tokio::time::sleep(check_interval)).await.is_some() {
            self.close_idle().await;
        }
        let all: Vec<Arc<Session>> = self.lock().drain().map(|(_, session)| session).collect();
        for session in all {
            session.close().await;
        }
    }

    /// Opens a session with these properties over the gateway's own configuration.
    pub(crate) fn open(&self, properties: BTreeMap<String, String>) -> Result<Arc<Session>, Throwable> {
        let mut config = self.defaults.as_ref().clone();
        config.extend(properties);
        let session = Arc::new(Session::new(config, self.cluster.clone(), self.clock.now_millis()));
        let mut sessions = self.lock();
        if sessions.len() >= self.settings.max_sessions {
            return Err(Throwable::gateway(format!(
                "Failed to create session, the count of active sessions exceeds the max count: {}",
                self.settings.max_sessions
            )));
        }
        sessions.insert(session.handle, session.clone());
        info!("session {} has been opened", session.handle);
        Ok(session)
    }

    /// An open session, which is used now.
    pub(crate) fn get(&self, handle: Uuid) -> Result<Arc<Session>, Throwable> {
        let session = self.lock().get(&handle).cloned().ok_or_else(|| unknown(handle))?;
        session.touch(self.clock.now_millis());
        Ok(session)
    }

    /// Closes a session and all its operations.
    pub(crate) async fn close(&self, handle: Uuid) -> Result<(), Throwable> {
        let session = self.lock().remove(&handle).ok_or_else(|| unknown(handle))?;
        session.close().await;
        info!("session {handle} has been closed");
        Ok(())
    }

    async fn close_idle(&self) {
        let now = self.clock.now_millis();
        let limit = self.settings.idle_timeout.as_millis() as i64;
        let idle: Vec<Arc<Session>> = self
            .lock()
            .extract_if(|_, session| now - session.last_access() > limit)
            .map(|(_, session)| session)
            .collect();
        for session in idle {
            info!("session {} has been idle for too long and is closed", session.handle);
            session.close().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unknown(handle: Uuid) -> Throwable {
    Throwable::gateway(format!("Session '{handle}' does not exist."))
}

#[cfg(test)]
mod tests {
    use common::clock::ManualClock;

    use super::*;
    use crate::test_cluster::TestCluster;

    fn manager(clock: &ManualClock, max_sessions: usize) -> SessionManager {
        let settings = SessionSettings {
            idle_timeout: Duration::from_secs(600),
            check_interval: Duration::from_secs(60),
            max_sessions,
        };
        SessionManager::new(Arc::new(TestCluster::default()), BTreeMap::new(), settings, clock.clock())
    }

    #[tokio::test]
    async fn a_session_that_nobody_uses_is_closed() {
        let clock = ManualClock::at_millis(0);
        let manager = manager(&clock, 10);
        let used = manager.open(BTreeMap::new()).unwrap().handle;
        let idle = manager.open(BTreeMap::new()).unwrap().handle;
        clock.advance(Duration::from_secs(400));
        manager.get(used).unwrap();
        clock.advance(Duration::from_secs(400));
        manager.close_idle().await;
        assert!(manager.get(used).is_ok());
        let error = manager.get(idle).err().expect("it is closed");
        assert!(error.to_string().ends_with(&format!("Session '{idle}' does not exist.")), "{error}");
    }

    #[tokio::test]
    async fn there_are_no_more_sessions_than_allowed() {
        let manager = manager(&ManualClock::at_millis(0), 1);
        let first = manager.open(BTreeMap::new()).unwrap().handle;
        assert!(manager.open(BTreeMap::new()).is_err());
        manager.close(first).await.unwrap();
        assert!(manager.open(BTreeMap::new()).is_ok());
    }
}
