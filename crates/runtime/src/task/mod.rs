//! Tasks: one subtask of one vertex, driven by `step()` on a thread of its own.
//!
//! ```text
//!   mail (cancel, splits, checkpoints) -> checkpoint under way? -> timers -> output and operators available?
//!      -> one element of the head -> through the chain -> outputs
//! ```

mod alignment;
mod barrier_aligner;
#[cfg(test)]
mod barrier_aligner_tests;
mod build;
mod chain;
#[cfg(test)]
mod checkpoint_tests;
mod final_checkpoint;
mod gate_head;
mod head;
mod mailbox;
mod pace;
mod place;
mod signal;
mod source_head;
#[cfg(test)]
mod source_head_tests;
mod subtask_checkpoint_coordinator;
#[allow(clippy::module_inception, reason = "the file is named after its type, as everywhere")]
mod task;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod thread;
mod values_head;

pub(crate) use build::TaskBuilder;
pub(crate) use mailbox::{AddSplits, Mail, Mailbox};
pub(crate) use place::Place;
pub(crate) use thread::TaskThread;
