//! Keyed state: hash tables over encoded keys, namespaces, timers, and rows kept per key.
//!
//! Operators read and write it a batch of keys at a time and hold the values themselves as columns: this crate says which slot of those columns
//! belongs to which key. It does not evaluate expressions and does not know what an operator is.

mod hash;
mod key_arena;
mod key_batch;
mod key_decoder;
mod key_table;
mod namespaces;
mod row_hash;
mod row_lists;
mod row_store;
mod slots;
mod timers;

pub use key_batch::KeyBatch;
pub use key_decoder::decode_keys;
pub use key_table::KeyTable;
pub use namespaces::{Namespace, Namespaces};
pub use row_hash::hash_rows;
pub use row_lists::{AppliedRows, Entry, RowLists};
pub use row_store::{RowRef, RowStore};
pub use slots::Slots;
pub use timers::TimerQueue;
