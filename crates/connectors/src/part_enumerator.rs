//! The enumerator of sources that make their rows: as many parts as there are readers, given out once. What a part is says the connector's split.

use std::time::Duration;

use async_trait::async_trait;
use dataflow::{Failure, Split, SplitAssignment, SplitEnumerator};
use serde::{Deserialize, Serialize};

/// The payload of a split that is one of several parts of what a source makes.
pub(crate) trait PartSplit: Serialize + Send {
    /// Which part it is, from 0 on.
    fn index(&self) -> u64;

    /// The split that carries it.
    fn to_split(&self) -> Result<Split, Failure> {
        let payload = serde_json::to_value(self)
            .map_err(|error| Failure::internal("a split cannot be written as JSON").caused_by(error))?;
        Ok(Split { id: format!("part-{}", self.index()), payload })
    }
}

/// Whether the splits were given out, as checkpoints hold it. They are never made anew: a job that goes on at another parallelism
/// spreads the parts that it began with.
#[derive(Debug, Serialize, Deserialize)]
struct EnumeratorState {
    given_out: bool,
}

/// Gives out the parts of the source of a connector.
pub(crate) struct PartEnumerator<P> {
    connector: &'static str,
    /// None once they were given out.
    parts: Option<Vec<P>>,
}

impl<P: PartSplit> PartEnumerator<P> {
    /// `connector` is its name, for errors; `parts` are all of them, at their beginnings.
    pub(crate) fn new(connector: &'static str, parts: impl IntoIterator<Item = P>) -> Self {
        Self { connector, parts: Some(parts.into_iter().collect()) }
    }
}

#[async_trait]
impl<P: PartSplit> SplitEnumerator for PartEnumerator<P> {
    async fn discover(&mut self) -> Result<Vec<Split>, Failure> {
        self.parts.take().unwrap_or_default().iter().map(PartSplit::to_split).collect()
    }

    fn assignment(&self) -> SplitAssignment {
        SplitAssignment::Fixed
    }

    fn discovery_interval(&self) -> Option<Duration> {
        None
    }

    fn snapshot(&self) -> Result<serde_json::Value, Failure> {
        serde_json::to_value(EnumeratorState { given_out: self.parts.is_none() }).map_err(|error| {
            Failure::internal(format!("the state of a {} source cannot be written", self.connector)).caused_by(error)
        })
    }

    fn restore(&mut self, snapshot: serde_json::Value) -> Result<(), Failure> {
        let state: EnumeratorState = serde_json::from_value(snapshot).map_err(|error| {
            Failure::internal(format!("the checkpoint is not one of the {} source", self.connector))
                .fatal()
                .caused_by(error)
        })?;
        if state.given_out {
            self.parts = None;
        }
        Ok(())
    }
}
