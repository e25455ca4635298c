//! CREATE, DROP and USE.

use std::sync::Arc;

use indexmap::IndexMap;

use super::durable::DURABLE;
use super::{Outcome, Session};
use crate::ast::{
    CreateCatalog, CreateDatabase, CreateFunction, CreateTable, CreateView, Drop, DropBehavior, KeyValue, ObjectKind,
    ObjectName, Span,
};
use crate::bind::{Binder, SessionFacts, bind_create_table, catalog_error, not_supported, with_hint};
use crate::catalog::{Catalog, CatalogEntry, CatalogView, Database, Existing, Lifetime, ObjectPath};
use crate::error::SqlError;
use crate::nearest::nearest;
use crate::physical::check_sources;

impl Session {
    pub(super) fn create_table(
        &mut self,
        create: &CreateTable,
        text: &str,
        statement: Span,
    ) -> Result<Outcome, SqlError> {
        let span = create.name.span;
        if let Some(query) = &create.as_query {
            return self.create_table_as(create, query, text, statement);
        }
        let path = self.path(&create.name)?;
        let table = match &create.like {
            Some(like) => self.table_like(create, like, text)?,
            None => bind_create_table(create, None, &SessionFacts::of(&self.catalog), text)?,
        };
        // Without AS, OR REPLACE replaces nothing, as in Flink.
        let existing = if create.if_not_exists { Existing::Keep } else { Existing::Fail };
        self.catalog
            .create(path, CatalogEntry::Table(Arc::new(table)), lifetime(create.temporary), existing)
            .map_err(|error| catalog_error(error, span))?;
        Ok(Outcome::Done)
    }

    pub(super) fn create_view(&mut self, create: &CreateView, text: &str) -> Result<Outcome, SqlError> {
        let span = create.name.span;
        let path = self.path(&create.name)?;
        let plan = Binder::new(&self.catalog).query(&create.query)?;
        check_sources(&plan)?;
        let mut schema = plan.output().clone();
        if !create.columns.is_empty() {
            if create.columns.len() != schema.len() {
                return Err(SqlError::validation(
                    format!(
                        "VIEW definition and input fields not match:\n\tDef fields: [{}].\n\tInput fields: [{}].",
                        create.columns.iter().map(|column| column.name.value.as_str()).collect::<Vec<_>>().join(", "),
                        schema.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ")
                    ),
                    span,
                ));
            }
            for (field, column) in schema.fields.iter_mut().zip(&create.columns) {
                field.name = column.name.value.clone();
            }
        }
        let comment_of = |index: usize| {
            create.columns.get(index).and_then(|column| column.comment.as_ref()).map(|comment| comment.value.clone())
        };
        let view = CatalogView {
            query: Arc::new(create.query.as_ref().clone()),
            text: create.query.span.slice(text).to_owned(),
            column_comments: (0..schema.len()).map(comment_of).collect(),
            schema,
            catalog: self.catalog.current_catalog().to_owned(),
            database: self.catalog.current_database().to_owned(),
            comment: create.comment.as_ref().map(|comment| comment.value.clone()),
        };
        // OR REPLACE replaces nothing, as in Flink.
        let existing = if create.if_not_exists { Existing::Keep } else { Existing::Fail };
        self.catalog
            .create(path, CatalogEntry::View(Arc::new(view)), lifetime(create.temporary), existing)
            .map_err(|error| catalog_error(error, span))?;
        Ok(Outcome::Done)
    }

    pub(super) fn create_database(&mut self, create: &CreateDatabase) -> Result<Outcome, SqlError> {
        let (catalog, name) = self.database_path(&create.name)?;
        let database = Database {
            options: options_of(&create.options),
            comment: create.comment.as_ref().map(|comment| comment.value.clone()),
            ..Database::default()
        };
        self.catalog
            .create_database(&catalog, &name, database, create.if_not_exists)
            .map_err(|error| catalog_error(error, create.name.span))?;
        Ok(Outcome::Done)
    }

    pub(super) fn create_catalog(&mut self, create: &CreateCatalog) -> Result<Outcome, SqlError> {
        let options = options_of(&create.options);
        match options.get("type").map(String::as_str) {
            Some("generic_in_memory" | DURABLE) => {}
            Some(other) => {
                let message = format!(
                    "Could not find any factory for identifier '{other}' that implements 'org.apache.flink.table.factories.CatalogFactory' in the classpath.\n\nAvailable factory identifiers are:\n\ngeneric_in_memory\njobmanager"
                );
                return Err(SqlError::validation(message, create.name.span));
            }
            None => {
                return Err(SqlError::validation(
                    format!("Catalog '{}' needs the option 'type'", create.name.value),
                    create.name.span,
                ));
            }
        }
        let comment = create.comment.as_ref().map(|comment| comment.value.clone());
        self.catalog
            .create_catalog(
                &create.name.value,
                Catalog { options, comment, ..Catalog::default() },
                create.if_not_exists,
            )
            .map_err(|error| catalog_error(error, create.name.span))?;
        Ok(Outcome::Done)
    }

    /// Names a class. Flink looks for it at once when the function is temporary, else when it is called.
    pub(super) fn create_function(&mut self, create: &CreateFunction) -> Result<Outcome, SqlError> {
        let span = create.name.span;
        if create.system {
            return Err(not_supported("the CREATE TEMPORARY SYSTEM FUNCTION statement", span));
        }
        let path = self.path(&create.name)?;
        let class = create.class.value.clone();
        if create.temporary && ::expr::functions::find_class(&class).is_none() {
            let message =
                format!("Could not register temporary catalog function '{path}' due to implementation errors.");
            return Err(SqlError::validation(message, span)
                .with_detail(format!("the class '{class}' is not one that flinkrs has code of its own for")));
        }
        self.catalog
            .create_function(path, class, lifetime(create.temporary), create.if_not_exists)
            .map_err(|error| catalog_error(error, span))?;
        Ok(Outcome::Done)
    }

    pub(super) fn drop_object(&mut self, drop: &Drop) -> Result<Outcome, SqlError> {
        let span = drop.name.span;
        let result = match drop.object {
            ObjectKind::Table | ObjectKind::View => {
                let path = self.path(&drop.name)?;
                let is_view = drop.object == ObjectKind::View;
                self.catalog.drop(&path, is_view, lifetime(drop.temporary), drop.if_exists)
            }
            ObjectKind::Database => {
                let (catalog, name) = self.database_path(&drop.name)?;
                let cascade = drop.behavior == Some(DropBehavior::Cascade);
                self.catalog.drop_database(&catalog, &name, drop.if_exists, cascade)
            }
            ObjectKind::Catalog => self.catalog.drop_catalog(&drop.name.last().value, drop.if_exists),
            ObjectKind::Function if !drop.system => {
                let path = self.path(&drop.name)?;
                self.catalog.drop_function(path, lifetime(drop.temporary), drop.if_exists)
            }
            other => return Err(not_supported(&format!("DROP {}", other.words()), drop.span)),
        };
        result.map_err(|error| with_hint(catalog_error(error, span), self.nearest_entry(drop)))?;
        Ok(Outcome::Done)
    }

    /// The table or view that was probably meant to be dropped.
    fn nearest_entry(&self, drop: &Drop) -> Option<String> {
        if !matches!(drop.object, ObjectKind::Table | ObjectKind::View) {
            return None;
        }
        let path = self.path(&drop.name).ok()?;
        let names = self.catalog.entry_names(&path.catalog, &path.database).ok()?;
        let others = names.iter().map(String::as_str).filter(|name| *name != path.object);
        nearest(&path.object, others)
    }

    pub(super) fn use_database(&mut self, name: &ObjectName) -> Result<Outcome, SqlError> {
        let (catalog, database) = self.database_path(name)?;
        self.catalog.use_database(&catalog, &database).map_err(|error| catalog_error(error, name.span))?;
        Ok(Outcome::Done)
    }

    /// The full path of a table or view.
    pub(super) fn path(&self, name: &ObjectName) -> Result<ObjectPath, SqlError> {
        self.catalog.resolve_path(&name.values()).map_err(|error| catalog_error(error, name.span))
    }

    /// Catalog and name of a database.
    pub(super) fn database_path(&self, name: &ObjectName) -> Result<(String, String), SqlError> {
        match name.values().as_slice() {
            [database] => Ok((self.catalog.current_catalog().to_owned(), (*database).to_owned())),
            [catalog, database] => Ok(((*catalog).to_owned(), (*database).to_owned())),
            _ => Err(SqlError::validation("the name of a database has at most two parts", name.span)),
        }
    }
}

fn lifetime(temporary: bool) -> Lifetime {
    if temporary { Lifetime::Temporary } else { Lifetime::Permanent }
}

fn options_of(pairs: &[KeyValue]) -> IndexMap<String, String> {
    pairs.iter().map(|pair| (pair.key.value.clone(), pair.value.value.clone())).collect()
}
