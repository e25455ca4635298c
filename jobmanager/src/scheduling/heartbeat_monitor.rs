//! `HeartbeatMonitor`: who has been silent for too long. A pure machine of the resource manager.

use indexmap::IndexMap;

/// Watches resources by the time of their last sign of life. Times are ms since the epoch.
#[derive(Debug)]
pub struct HeartbeatMonitor {
    timeout_ms: i64,
    last_seen: IndexMap<String, i64>,
}

impl HeartbeatMonitor {
    /// A monitor that gives a resource up after this silence (`heartbeat.timeout`).
    pub fn new(timeout_ms: i64) -> Self {
        HeartbeatMonitor { timeout_ms, last_seen: IndexMap::new() }
    }

    /// Watches a resource from now on, or notes a sign of life of one that is watched.
    pub fn watch(&mut self, resource: &str, now: i64) {
        match self.last_seen.get_mut(resource) {
            Some(seen) => *seen = now,
            None => {
                self.last_seen.insert(resource.to_owned(), now);
            }
        }
    }

    /// No longer watches it.
    pub fn forget(&mut self, resource: &str) {
        self.last_seen.shift_remove(resource);
    }

    /// When the resource was last seen.
    pub fn last_seen(&self, resource: &str) -> Option<i64> {
        self.last_seen.get(resource).copied()
    }

    /// Those whose time is over; they are no longer watched.
    pub fn expire(&mut self, now: i64) -> Vec<String> {
        let timeout = self.timeout_ms;
        let (lost, alive) = std::mem::take(&mut self.last_seen)
            .into_iter()
            .partition::<IndexMap<String, i64>, _>(|(_, seen)| now - seen >= timeout);
        self.last_seen = alive;
        lost.into_keys().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_silence_expires() {
        let mut monitor = HeartbeatMonitor::new(50);
        monitor.watch("a", 0);
        monitor.watch("b", 0);
        monitor.watch("c", 0);
        monitor.watch("b", 30);
        monitor.forget("c");
        assert_eq!(monitor.expire(49), Vec::<String>::new());
        assert_eq!(monitor.expire(50), ["a"]);
        assert_eq!((monitor.last_seen("a"), monitor.last_seen("b")), (None, Some(30)));
        assert_eq!(monitor.expire(1000), ["b"]);
    }
}
