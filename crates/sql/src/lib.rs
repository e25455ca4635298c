//! Flink SQL text to JobGraph.
//!
//! text -> tokens ([`lexer`]) -> tree with spans ([`parser`], [`ast`]) -> names and types bound against the [`catalog`] -> logical plan -> rules
//! -> physical plan -> chained vertices: a [`JobGraph`](dataflow::JobGraph). A [`Session`] holds the configuration and the catalog and executes one
//! statement after the other. Every stage reports mistakes as a [`SqlError`].

pub mod ast;
mod bind;
pub mod catalog;
pub mod error;
mod explain;
pub mod lexer;
mod logical;
mod nearest;
pub mod parser;
mod physical;
mod rules;
pub mod session;
mod settings;
mod unparse;

pub use error::{SqlError, SqlErrorKind};
pub use session::{Outcome, Session};
