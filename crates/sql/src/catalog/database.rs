//! A catalog and its databases.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::CatalogEntry;

/// A catalog in memory.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Databases by name.
    pub databases: BTreeMap<String, Database>,
    /// `WITH`.
    pub options: IndexMap<String, String>,
    /// `COMMENT`.
    pub comment: Option<String>,
}

/// A database.
#[derive(Debug, Clone, Default)]
pub struct Database {
    /// Tables and views by name.
    pub entries: BTreeMap<String, CatalogEntry>,
    /// Classes of functions, by the names of these in lower case.
    pub functions: BTreeMap<String, String>,
    /// `WITH`.
    pub options: IndexMap<String, String>,
    /// `COMMENT`.
    pub comment: Option<String>,
}
