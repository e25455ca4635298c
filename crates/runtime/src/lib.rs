//! Tasks, operators, exchange: what runs inside a TaskManager.
//!
//! The door is [`TaskExecutor`]: it takes deployment descriptors, runs each as a task on a thread of its own, and owns the exchange of data
//! between tasks. It knows no JobManager: what happens to tasks is told to a [`TaskEvents`].

mod events;
mod executor;
mod settings;

pub use events::TaskEvents;
pub use executor::TaskExecutor;
pub use settings::TaskExecutorSettings;
