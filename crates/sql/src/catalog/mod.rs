//! The catalog of a session: catalogs hold databases, databases hold tables and views; temporary objects shadow them.
//!
//! It lives in memory and is the binder's only source of names. It knows no SQL text places: callers add them to its errors.

mod database;
mod functions;
mod manager;
mod object_path;
mod table;
mod view;

pub use database::{Catalog, Database};
pub use functions::UserFunction;
pub(crate) use manager::DEFAULT_CATALOG;
pub use manager::{CatalogError, CatalogManager, Existing, Lifetime};
pub use object_path::{ObjectPath, quote_identifier};
pub(crate) use table::with_time_attribute;
pub use table::{CatalogTable, ColumnSource, PrimaryKey, TableColumn, TableDistribution, TableWatermark};
pub use view::CatalogView;

use std::sync::Arc;

/// What a name in a database can stand for.
#[derive(Debug, Clone)]
pub enum CatalogEntry {
    /// A table of a connector.
    Table(Arc<CatalogTable>),
    /// A named query.
    View(Arc<CatalogView>),
}

impl CatalogEntry {
    /// Whether it is a view.
    pub fn is_view(&self) -> bool {
        matches!(self, CatalogEntry::View(_))
    }

    /// The names of its columns.
    pub fn column_names(&self) -> Vec<String> {
        match self {
            CatalogEntry::Table(table) => table.columns.iter().map(|column| column.name.clone()).collect(),
            CatalogEntry::View(view) => view.schema.fields.iter().map(|field| field.name.clone()).collect(),
        }
    }
}
