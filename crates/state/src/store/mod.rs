//! Where keyed state is behind the tables of operators: ordered bytes to bytes, one store for each keyed operator of a subtask.
//!
//! ```text
//!   operator: typed columns by slot -> WriteBack: what is dirty, cold, missing -> KeyedStore -> memory | RocksDB -> checkpoint
//! ```

mod canonical;
mod context;
mod entries;
mod entry_key;
mod increment;
mod keyed_store;
mod managed_memory;
mod restore;
mod rocks;
mod snapshots;
mod suffixes;
#[cfg(test)]
pub(crate) mod tests;
mod ttl;
mod uploads;

pub use context::{KeyedStateContext, StateBackend};
pub use entries::Entries;
pub use entry_key::{Address, EntryKey, EntryKeys, LoadEntry, LoadNumbered, LoadSome, write_prefix};
pub use keyed_store::KeyedStore;
pub use managed_memory::{DEFAULT_MANAGED_MEMORY, ManagedMemory};
pub use suffixes::Suffixes;
pub use ttl::StateTtl;
