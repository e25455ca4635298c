//! Tasks: one subtask of one vertex, driven by `step()` on a thread of its own.
//!
//! ```text
//!   mail (cancel, splits) -> timers -> output and operators available? -> one element of the head -> through the chain -> outputs
//!                                          no: wait for output              none: wait for input
//! ```

mod build;
mod chain;
mod gate_head;
mod mailbox;
mod signal;
mod source_head;
#[cfg(test)]
mod source_head_tests;
#[allow(clippy::module_inception, reason = "the file is named after its type, as everywhere")]
mod task;
#[cfg(test)]
mod tests;
mod thread;
mod values_head;

pub(crate) use build::TaskBuilder;
pub(crate) use mailbox::{Mail, Mailbox};
pub(crate) use thread::TaskThread;
