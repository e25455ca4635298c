//! Tasks, operators, exchange: what runs inside a TaskManager.
//!
//! The door is [`TaskExecutor`]: it takes deployment descriptors, runs each as a task on a thread of its own, and owns the exchange of data
//! between tasks. It knows no JobManager: what happens to tasks is told to a [`TaskEvents`].

mod checkpointing;
mod events;
pub mod exchange;
mod executor;
mod metrics;
mod operators;
mod results;
mod sampling;
mod settings;
mod state_folder;
mod state_services;
mod task;
#[cfg(test)]
mod testing;
mod time;

pub use events::TaskEvents;
pub use exchange::writer::MAX_BYTES as LARGEST_BATCH;
pub use executor::TaskExecutor;
pub use metrics::ExchangeUse;
pub use results::ResultsRequest;
pub use sampling::SampledPlace;
pub use settings::{TaskExecutorSettings, managed_memory};
pub use state::DEFAULT_MANAGED_MEMORY;
