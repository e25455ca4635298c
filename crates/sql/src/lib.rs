//! Flink SQL text to JobGraph.
//!
//! text -> tokens -> tree with spans ([`ast`]). Every stage reports mistakes as a [`SqlError`].

pub mod ast;
pub mod error;

pub use error::{SqlError, SqlErrorKind};
