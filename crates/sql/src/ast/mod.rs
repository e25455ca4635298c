//! The tree that the parser makes of SQL text: one family of nodes a file, every node with its place.
//!
//! The tree is faithful: nothing of the text is dropped but comments, redundant parentheses and the choice between
//! synonyms. It knows no catalog and no types; resolving names is the binder's part.

mod alter;
mod data_type;
mod ddl;
mod dml;
mod expr;
mod function;
mod ident;
mod json;
mod literal;
mod match_recognize;
pub(crate) mod precedence;
mod query;
mod show;
mod span;
mod statement;
mod table_ddl;
mod table_ref;

pub use alter::*;
pub use data_type::*;
pub use ddl::*;
pub use dml::*;
pub use expr::*;
pub use function::*;
pub use ident::*;
pub use json::*;
pub use literal::*;
pub use match_recognize::*;
pub use query::*;
pub use show::*;
pub use span::*;
pub use statement::*;
pub use table_ddl::*;
pub use table_ref::*;
