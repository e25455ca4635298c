//! The transactional ids of one writer: used again once their commit was seen, so that brokers do not have to remember ever more.

use super::cluster::Cluster;
use super::connection::RequestError;
use super::coordinator::ProducerIdentity;
use super::transactional_id::Pool;

/// An id is given up before its epoch overflows.
const MAX_EPOCH: i16 = i16::MAX - 16;

/// The ids that no transaction needs, and new ones.
#[derive(Debug)]
pub(super) struct IdPool {
    pool: Pool,
    timeout_ms: i32,
    /// Number of the next new id.
    next: u32,
    free: Vec<(String, ProducerIdentity)>,
}

impl IdPool {
    pub(super) fn new(pool: Pool, timeout_ms: i32) -> Self {
        Self { pool, timeout_ms, next: 0, free: Vec::new() }
    }

    /// The transaction of this id and identity was committed.
    pub(super) fn take_back(&mut self, id: String, identity: ProducerIdentity) {
        if identity.epoch < MAX_EPOCH {
            self.free.push((id, identity));
        }
    }

    /// An id that is ready for a transaction.
    pub(super) fn take(&mut self, cluster: &mut Cluster) -> Result<(String, ProducerIdentity), RequestError> {
        while let Some((id, last)) = self.free.pop() {
            // Twice, so that the epoch tells this apart from an abort by the broker: see `committable`.
            let once = cluster.init_producer(&id, self.timeout_ms, Some(last));
            match once.and_then(|once| cluster.init_producer(&id, self.timeout_ms, Some(once))) {
                Ok(identity) => return Ok((id, identity)),
                // Forgotten by the broker, because nothing was written for days.
                Err(RequestError::Refused(error)) => {
                    tracing::info!(%id, ?error, "a transactional id cannot be used again; taking another one");
                }
                Err(error) => return Err(error),
            }
        }
        let id = self.pool.id(self.next);
        self.next += 1;
        let identity = cluster.init_producer(&id, self.timeout_ms, None)?;
        Ok((id, identity))
    }
}
