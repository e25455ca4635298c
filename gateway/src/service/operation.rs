//! `Operation`: a statement on its way from the client's question to the last page of its answer.
//!
//! ```text
//!   INITIALIZED -> PENDING -> RUNNING -> FINISHED (its results may be fetched; a SELECT goes on running)
//!                    |           |-----> ERROR
//!                    +-----------+-----> CANCELED
//!   any of them -> CLOSED
//! ```

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::results::{ResultFetcher, ResultSet};
use crate::throwable::Throwable;

/// An operation.
pub(crate) struct Operation {
    pub(crate) handle: Uuid,
    state: Mutex<State>,
    /// Triggered when nobody wants the outcome any more.
    pub(super) cancelled: CancellationToken,
}

#[derive(Clone)]
enum State {
    Initialized,
    Pending,
    Running,
    Finished(Arc<ResultFetcher>),
    Error(Throwable),
    Canceled,
    Closed,
}

/// What a fetch answers.
pub(crate) enum Fetched {
    /// The statement is still being run.
    NotReady,
    Results(ResultSet),
}

impl State {
    fn name(&self) -> &'static str {
        match self {
            State::Initialized => "INITIALIZED",
            State::Pending => "PENDING",
            State::Running => "RUNNING",
            State::Finished(_) => "FINISHED",
            State::Error(_) => "ERROR",
            State::Canceled => "CANCELED",
            State::Closed => "CLOSED",
        }
    }

    fn is_under_way(&self) -> bool {
        matches!(self, State::Initialized | State::Pending | State::Running)
    }
}

impl Operation {
    pub(super) fn new() -> Self {
        Self { handle: Uuid::new_v4(), state: Mutex::new(State::Initialized), cancelled: CancellationToken::new() }
    }

    /// Flink's word for how it is.
    pub(crate) fn status(&self) -> &'static str {
        self.lock().name()
    }

    /// What goes before the cause of a failure.
    pub(super) fn failure(&self) -> Throwable {
        Throwable::execution(format!("Failed to execute the operation {}.", self.handle))
    }

    /// It waits for its turn.
    pub(super) fn pending(&self) {
        self.advance(State::Pending);
    }

    /// It is being run.
    pub(super) fn running(&self) {
        self.advance(State::Running);
    }

    fn advance(&self, to: State) {
        let mut state = self.lock();
        if state.is_under_way() {
            *state = to;
        }
    }

    /// It has an outcome, unless it was cancelled meanwhile: then results are closed.
    pub(super) async fn finish(&self, outcome: Result<ResultFetcher, Throwable>) {
        let unwanted = {
            let mut state = self.lock();
            match (state.is_under_way(), outcome) {
                (true, Ok(fetcher)) => {
                    *state = State::Finished(Arc::new(fetcher));
                    None
                }
                (true, Err(error)) => {
                    *state = State::Error(self.failure().caused_by(error));
                    None
                }
                (false, Ok(fetcher)) => Some(fetcher),
                (false, Err(_)) => None,
            }
        };
        if let Some(fetcher) = unwanted {
            fetcher.close().await;
        }
    }

    /// Cancels it while it is under way.
    pub(crate) fn cancel(&self) -> Result<(), Throwable> {
        let mut state = self.lock();
        if !state.is_under_way() {
            return Err(Throwable::gateway(format!(
                "Failed to convert the Operation Status from {} to CANCELED for {}.",
                state.name(),
                self.handle
            )));
        }
        *state = State::Canceled;
        self.cancelled.cancel();
        Ok(())
    }

    /// Ends it, with the query whose rows it fetches.
    pub(super) async fn close(&self) {
        let before = std::mem::replace(&mut *self.lock(), State::Closed);
        self.cancelled.cancel();
        if let State::Finished(fetcher) = before {
            fetcher.close().await;
        }
    }

    /// A page of its results.
    pub(crate) async fn fetch(&self, token: i64) -> Result<Fetched, Throwable> {
        let state = self.lock().clone();
        match state {
            State::Finished(fetcher) => fetcher.fetch(token).await.map(Fetched::Results),
            State::Error(error) => Err(error),
            state if state.is_under_way() => Ok(Fetched::NotReady),
            state => Err(Throwable::gateway(format!(
                "Can not fetch results from the {} in {} status.",
                self.handle,
                state.name()
            ))),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
