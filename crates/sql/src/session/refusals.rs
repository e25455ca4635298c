//! Statements that Flink has for batch jobs only.

use super::Session;
use crate::ast::{ObjectName, Span};
use crate::catalog::CatalogEntry;
use crate::error::SqlError;

impl Session {
    /// TRUNCATE TABLE.
    pub(super) fn refuse_truncate(&self, name: &ObjectName, span: Span) -> SqlError {
        match self.known_table(name) {
            Ok(()) => SqlError::unsupported("TRUNCATE TABLE statement is not supported in streaming mode.", span),
            Err(error) => error,
        }
    }

    /// UPDATE and DELETE.
    pub(super) fn refuse_change(&self, word: &str, name: &ObjectName, span: Span) -> SqlError {
        match self.known_table(name) {
            Ok(()) => SqlError::unsupported(format!("{word} statement is not supported for streaming mode now."), span)
                .with_hint("a stream changes a table with a primary key by INSERT INTO it"),
            Err(error) => error,
        }
    }

    fn known_table(&self, name: &ObjectName) -> Result<(), SqlError> {
        let path = self.path(name)?;
        if let Some(CatalogEntry::Table(_)) = self.catalog.entry(&path) {
            return Ok(());
        }
        let message = format!(
            "Cannot find table '{}' in any of the catalogs [{}], nor as a temporary table.",
            path.quoted(),
            self.catalog.catalogs().map(|(name, _)| name).collect::<Vec<_>>().join(", ")
        );
        let names = self.catalog.entry_names(&path.catalog, &path.database).unwrap_or_default();
        let hint = crate::nearest::nearest(&path.object, names.iter().map(String::as_str));
        Err(crate::bind::with_hint(SqlError::validation(message, name.span), hint))
    }
}
