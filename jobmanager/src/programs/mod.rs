//! Programs that users upload: SQL scripts, job files, and ZIP archives of them, where Flink has JARs.
//!
//! [`ProgramStore`] keeps them, [`archive`] looks into archives, a [`ProgramCompiler`] makes jobs of them. Nothing is run here.

mod archive;
mod compiler;
mod store;

pub use compiler::{CompileRequest, ProgramCompiler};
pub(crate) use store::{ProgramError, ProgramStore, StoredProgram};
