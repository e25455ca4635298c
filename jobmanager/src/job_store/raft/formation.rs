//! How a group begins: when all its members are there for the first time, each writes the same first entry.
//!
//! A node whose folder is empty beside members with a history does not begin anything: it was wiped or replaced, and the leader catches it up.

use std::time::Duration;

use proto::WIRE_VERSION;
use proto::v1::GetStandingRequest;
use tonic::Request;
use tracing::{info, warn};

use super::node::{RaftNode, members};
use crate::job_store::JobStoreError;

const PAUSE: Duration = Duration::from_millis(50);
const LIMIT: Duration = Duration::from_secs(1);

/// What the other members say.
enum Others {
    /// All are there, and none has a history.
    New,
    /// One has.
    Old(String),
    /// One does not answer.
    Missing(String),
}

impl RaftNode {
    /// Waits until the node belongs to a group.
    pub async fn form(&self) -> Result<(), JobStoreError> {
        let failed = |error: String| self.error(format!("cannot form a group: {error}"));
        let mut said = String::new();
        loop {
            if self.inner.raft.is_initialized().await.map_err(|error| failed(error.to_string()))? && self.has_history()
            {
                return Ok(());
            }
            let news = match self.others().await {
                Others::New => {
                    self.is_new()?;
                    // Who is refused has the entry already, from another one.
                    if let Err(refused) = self.inner.raft.initialize(members(&self.inner.settings)).await {
                        info!("the group has begun: {refused}");
                    }
                    return Ok(());
                }
                Others::Old(address) => {
                    format!("the JobManager at {address} has a history: waiting to be caught up by the leader")
                }
                Others::Missing(address) => {
                    format!(
                        "a new group begins when all its members are there: waiting for the JobManager at {address}"
                    )
                }
            };
            if said != news {
                info!("{news}");
                said = news;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn others(&self) -> Others {
        let settings = &self.inner.settings;
        let mut missing = None;
        for address in settings.peers.iter().filter(|peer| **peer != settings.address) {
            match self.has_history_at(address).await {
                Ok(true) => return Others::Old(address.clone()),
                Ok(false) => {}
                Err(problem) => missing = Some(format!("{address} ({problem})")),
            }
        }
        missing.map_or(Others::New, Others::Missing)
    }

    async fn has_history_at(&self, address: &str) -> Result<bool, String> {
        let mut request = Request::new(GetStandingRequest { wire_version: WIRE_VERSION });
        request.set_timeout(LIMIT);
        let answer = self.inner.peers.client(address)?.get_standing(request).await;
        match answer {
            Ok(standing) => Ok(standing.into_inner().has_history),
            Err(status) => {
                if status.code() == tonic::Code::FailedPrecondition {
                    warn!("the JobManager at {address} refuses: {}", status.message());
                }
                Err(status.message().to_owned())
            }
        }
    }
}
