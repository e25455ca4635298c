//! `Mounts`: APIs of other parts of this process that are answered on the REST port too.
//!
//! The SQL gateway is one. It belongs to a room that the JobManager does not see, and starts after it.

use std::sync::{Arc, RwLock};

use async_trait::async_trait;
use bytes::Bytes;
use transport::http::Role;

/// An API below a prefix of the REST port.
#[async_trait]
pub trait MountedApi: Send + Sync {
    /// Answers a request for a path below the prefix, as status and JSON.
    async fn answer(&self, method: &str, path: &str, query: &str, body: Bytes) -> (u16, String);

    /// Which role a request for a path below the prefix needs.
    fn role(&self, method: &str, path: &str) -> Role;
}

/// A prefix, and who answers below it.
type Mount = (&'static str, Arc<dyn MountedApi>);

/// What is mounted; clones share it.
#[derive(Clone, Default)]
pub struct Mounts {
    apis: Arc<RwLock<Vec<Mount>>>,
}

impl Mounts {
    /// Answers what is below `/prefix` by `api` from now on.
    pub fn add(&self, prefix: &'static str, api: Arc<dyn MountedApi>) {
        self.apis.write().expect("nobody panics while holding this lock").push((prefix, api));
    }

    /// Who answers this path, and what of it is below the prefix.
    pub(super) fn find<'a>(&self, path: &'a str) -> Option<(Arc<dyn MountedApi>, &'a str)> {
        let apis = self.apis.read().expect("nobody panics while holding this lock");
        apis.iter().find_map(|(prefix, api)| {
            let below = path.strip_prefix('/')?.strip_prefix(prefix)?;
            below.starts_with('/').then(|| (api.clone(), below))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;

    #[async_trait]
    impl MountedApi for Nobody {
        async fn answer(&self, _: &str, _: &str, _: &str, _: Bytes) -> (u16, String) {
            (404, String::new())
        }

        fn role(&self, _: &str, _: &str) -> Role {
            Role::Admin
        }
    }

    #[test]
    fn only_what_is_below_the_prefix_is_mounted() {
        let mounts = Mounts::default();
        assert!(mounts.find("/sql-gateway/v4/info").is_none());
        mounts.add("sql-gateway", Arc::new(Nobody));
        assert_eq!(mounts.find("/sql-gateway/v4/info").map(|(_, below)| below), Some("/v4/info"));
        assert!(mounts.find("/sql-gateways/v4/info").is_none());
        assert!(mounts.find("/overview").is_none());
    }
}
