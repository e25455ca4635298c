//! How much one client may ask: connections at a time, and requests a second. A client is an address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Clients are forgotten when they have been silent for so long, looked for when there are this many.
const FORGET_AFTER: Duration = Duration::from_secs(60);
const MANY: usize = 1024;

/// Connections of each client; clones share the count.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    limit: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection that counts until this is dropped.
#[derive(Debug)]
pub(super) struct Admitted {
    client: IpAddr,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Connections {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, open: Arc::default() }
    }

    /// None when the client has as many as it may have.
    pub(super) fn admit(&self, client: IpAddr) -> Option<Admitted> {
        let mut open = lock(&self.open);
        let count = open.entry(client).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Admitted { client, open: self.open.clone() })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        if let Some(count) = open.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.client);
            }
        }
    }
}

/// A token bucket for each client, full at first and filled once a second.
#[derive(Debug)]
pub(crate) struct Rate {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Rate {
    /// This many each second, and `burst` at once.
    pub(crate) fn new(per_second: f64, burst: f64) -> Self {
        Self { per_second, burst, buckets: Mutex::default() }
    }

    /// Whether the client may do one more now; it counts if so.
    pub(crate) fn take(&self, client: IpAddr, now: Instant) -> bool {
        self.with(client, now, |bucket| {
            let has = bucket.tokens >= 1.0;
            bucket.tokens -= if has { 1.0 } else { 0.0 };
            has
        })
    }

    /// Whether it could; nothing counts.
    pub(crate) fn has(&self, client: IpAddr, now: Instant) -> bool {
        self.with(client, now, |bucket| bucket.tokens >= 1.0)
    }

    fn with<T>(&self, client: IpAddr, now: Instant, act: impl FnOnce(&mut Bucket) -> T) -> T {
        let mut buckets = lock(&self.buckets);
        if buckets.len() >= MANY {
            buckets.retain(|_, bucket| now.saturating_duration_since(bucket.at) < FORGET_AFTER);
        }
        let bucket = buckets.entry(client).or_insert(Bucket { tokens: self.burst, at: now });
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * self.per_second).min(self.burst);
        bucket.at = now;
        act(bucket)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::BROADCAST);

    #[test]
    fn connections_are_counted_by_client_until_they_end() {
        let connections = Connections::new(2);
        let first = connections.admit(CLIENT).unwrap();
        let _second = connections.admit(CLIENT).unwrap();
        assert!(connections.admit(CLIENT).is_none() && connections.admit(OTHER).is_some());
        drop(first);
        assert!(connections.admit(CLIENT).is_some());
        assert_eq!(lock(&connections.open).len(), 1);
    }

    #[test]
    fn requests_come_back_with_time() {
        let (rate, start) = (Rate::new(2.0, 2.0), Instant::now());
        let taken = |millis: u64| rate.take(CLIENT, start + Duration::from_millis(millis));
        assert!(taken(0) && taken(0) && !taken(0) && !taken(400));
        assert!(taken(500) && !taken(600) && taken(1000));
        assert!(rate.take(OTHER, start));
    }
}
