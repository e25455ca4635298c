//! A view: a query that is bound anew wherever the view is used.

use std::sync::Arc;

use dataflow::RowType;

use crate::ast::Query;

/// A view.
#[derive(Debug, Clone)]
pub struct CatalogView {
    /// The query's tree.
    pub query: Arc<Query>,
    /// The query's text.
    pub text: String,
    /// Names and types of the columns, as they were when the view was made.
    pub schema: RowType,
    /// Catalog and database that were current: unqualified names of the query mean these.
    pub catalog: String,
    /// See `catalog`.
    pub database: String,
    /// `COMMENT`.
    pub comment: Option<String>,
    /// Comments of the columns.
    pub column_comments: Vec<Option<String>>,
}
