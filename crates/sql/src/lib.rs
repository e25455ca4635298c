//! Flink SQL text to JobGraph.
//!
//! text -> tokens ([`lexer`]) -> tree with spans ([`parser`], [`ast`]). Every stage reports mistakes as a [`SqlError`].

pub mod ast;
pub mod error;
pub mod lexer;
pub mod parser;

pub use error::{SqlError, SqlErrorKind};
