//! Expressions and functions with Flink's semantics, evaluated a column at a time.
//!
//! The planner asks [`functions`] and [`aggregate`] what a call means and [`types`] how types merge and cast; operators [`compile`](compile()) the
//! resulting [`Expr`](dataflow::Expr) once and evaluate it over batches, and create their accumulators here. Everything SQL says about values is
//! in this crate: casts ([`cast`]), their text ([`render`]), NULL, overflow, rounding. It knows no SQL text and no threads.
//!
//! Conventions of calls whose SQL has keywords: a unit or flag is a leading CHAR literal, `EXTRACT('YEAR', x)`, `TIMESTAMPADD('DAY', n, x)`,
//! `TIMESTAMPDIFF('DAY', a, b)`, `TRIM('BOTH', characters, text)`; `FLOOR(x TO HOUR)` and `CEIL` have it last: `FLOOR(x, 'HOUR')`;
//! `POSITION(a IN b)` is `POSITION(a, b)`, `OVERLAY(a PLACING b FROM c)` is `OVERLAY(a, b, c)`, `a LIKE b ESCAPE c` is `LIKE(a, b, c)`,
//! `a[i]` is `ITEM(a, i)`, `-x` is `NEGATE(x)`.

pub mod aggregate;
pub mod calendar;
pub mod cast;
pub mod compile;
pub mod context;
pub mod functions;
mod integer;
mod java_hash;
mod json;
pub mod literal;
pub mod operand;
pub mod reference;
pub mod render;
#[cfg(test)]
mod testing;
pub mod types;

pub use compile::{CompiledExpr, compile, fold};
pub use context::EvalContext;
pub use dataflow::Zone;
