//! The full name of a catalog object.

use std::fmt;

/// `catalog.database.object`
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectPath {
    /// The catalog.
    pub catalog: String,
    /// The database.
    pub database: String,
    /// The table or view.
    pub object: String,
}

impl ObjectPath {
    /// The path of these three names.
    pub fn new(catalog: impl Into<String>, database: impl Into<String>, object: impl Into<String>) -> Self {
        Self { catalog: catalog.into(), database: database.into(), object: object.into() }
    }

    /// Each part in back-quotes: `` `cat`.`db`.`t` ``.
    pub fn quoted(&self) -> String {
        [&self.catalog, &self.database, &self.object].map(|part| quote_identifier(part)).join(".")
    }
}

impl fmt::Display for ObjectPath {
    /// `cat.db.t`, as messages name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.catalog, self.database, self.object)
    }
}

/// A name in back-quotes.
pub fn quote_identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
