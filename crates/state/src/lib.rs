//! Keyed state: hash tables over encoded keys, namespaces, timers, rows kept per key, and the store behind them, in memory or in RocksDB.
//!
//! Operators read and write it a batch of keys at a time and hold the values themselves as columns: this crate says which slot of those columns
//! belongs to which key, and which slots are to be written to the store or read from it. It does not evaluate expressions and does not know what
//! an operator is.

#[cfg(test)]
mod cache_model;
mod clock_hand;
mod cold_keys;
mod due_keys;
mod hash;
mod key_arena;
mod key_batch;
mod key_decoder;
mod key_table;
mod keyed_rows;
mod namespaces;
mod owed;
mod row_hash;
mod row_lists;
mod row_store;
mod slots;
mod store;
mod timers;
mod value;
mod write_back;
mod write_times;

pub use clock_hand::ClockHand;
pub use due_keys::{Due, DueKeys};
pub use key_arena::KeyArena;
pub use key_batch::KeyBatch;
pub use key_decoder::decode_keys;
pub use key_table::KeyTable;
pub use keyed_rows::{KeyValues, KeyedRows};
pub use namespaces::{Namespace, Namespaces};
pub use row_hash::hash_rows;
pub use row_lists::{AppliedRows, Entry, LoadedRow, Retracted, RowIdentity, RowLists};
pub use row_store::{RowPlace, RowRef, RowStore, StoredRowWriter};
pub use slots::Slots;
pub use store::{
    Address, DEFAULT_MANAGED_MEMORY, Entries, EntryKey, EntryKeys, KeyedStateContext, KeyedStore, LoadEntry,
    LoadNumbered, LoadSome, ManagedMemory, StateBackend, StateTtl, Suffixes, write_prefix,
};
pub use timers::TimerQueue;
pub use value::{read_value_head, write_value_head};
pub use write_back::WriteBack;
pub use write_times::WriteTimes;
