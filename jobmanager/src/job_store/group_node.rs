//! `GroupNode`: a JobManager's part in its group, as those see it that lead and follow. [`RaftNode`](super::RaftNode) is one; a simulation has another.

use async_trait::async_trait;
use dataflow::LeaderEpoch;
use futures::stream::BoxStream;

use super::{Group, JobStoreError, StoreCommand, StoreState};

/// Whether a node leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does, in this term.
    Leads(u64),
    /// It does not.
    Follows {
        /// The address of who does, if that is known.
        leader: Option<String>,
    },
}

/// A log that a majority keeps, and who may write to it.
#[async_trait]
pub trait GroupNode: Send + Sync {
    /// Whether it leads now. A leader that has not heard of a majority for long does not: there may be another one.
    fn standing(&self) -> Standing;

    /// Tells of every change of its standing, and of much else.
    fn changes(&self) -> BoxStream<'static, ()>;

    /// Writes a command; the answer is the epoch in force. When this returns it is safe; an error leaves open whether it will be.
    async fn write(&self, command: StoreCommand) -> Result<LeaderEpoch, JobStoreError>;

    /// Reads what the log says as far as it is applied here.
    fn read(&self, reader: &mut dyn FnMut(&StoreState));

    /// What a reader or writer is told that does not come through.
    fn error(&self, problem: String) -> JobStoreError;

    /// The group as this node knows it.
    fn group(&self) -> Group;
}
