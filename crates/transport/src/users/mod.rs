//! Who may use REST: a file of names, roles and hashes, and those that a process lets in itself.
//!
//! [`Users`] says who a request is from, [`hash`] makes the lines of the file.

mod caller;
mod file;
pub mod hash;
mod known;

pub use caller::Caller;
pub use known::{Unauthorized, Users};
