//! Catalogs that are kept outside of the session: what is in one as a document, and back. Who keeps the document, and when, is not known here.
//!
//! Tables are in it as the DDL that SHOW CREATE TABLE shows, so that it outlives changes of how they are held in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use dataflow::RowType;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::Session;
use super::show_create::create_table_text;
use crate::ast::StatementKind;
use crate::bind::{SessionFacts, bind_create_table};
use crate::catalog::{Catalog, CatalogEntry, CatalogError, CatalogView, DEFAULT_CATALOG, Database, ObjectPath};
use crate::parser;

/// The type of catalogs that the JobManager keeps: `CREATE CATALOG c WITH ('type' = 'jobmanager')`.
pub(crate) const DURABLE: &str = "jobmanager";

/// Of the documents that are written; older ones are read too.
const DOCUMENT_VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct CatalogDocument {
    version: u32,
    databases: BTreeMap<String, DatabaseDocument>,
}

#[derive(Serialize, Deserialize)]
struct DatabaseDocument {
    options: IndexMap<String, String>,
    comment: Option<String>,
    /// Classes by name.
    functions: BTreeMap<String, String>,
    /// DDL by name.
    tables: BTreeMap<String, String>,
    views: BTreeMap<String, ViewDocument>,
}

#[derive(Serialize, Deserialize)]
struct ViewDocument {
    query: String,
    catalog: String,
    database: String,
    schema: RowType,
    comment: Option<String>,
    column_comments: Vec<Option<String>>,
}

#[derive(Serialize, Deserialize)]
struct DefinitionsDocument {
    version: u32,
    catalogs: BTreeMap<String, Definition>,
}

#[derive(Serialize, Deserialize)]
struct Definition {
    options: IndexMap<String, String>,
    comment: Option<String>,
}

fn refused(message: String) -> CatalogError {
    CatalogError { message, hint: None }
}

fn read<T: for<'a> Deserialize<'a>>(what: &str, document: &str) -> Result<T, CatalogError> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let unreadable = |error: serde_json::Error| refused(format!("{what} cannot be read: {error}"));
    let Version { version } = serde_json::from_str(document).map_err(unreadable)?;
    if version > DOCUMENT_VERSION {
        return Err(refused(format!(
            "{what} was written by a newer flinkrs (version {version}, this one reads up to {DOCUMENT_VERSION})"
        )));
    }
    serde_json::from_str(document).map_err(unreadable)
}

impl Session {
    /// The catalogs that are kept outside.
    pub fn durable_catalogs(&self) -> Vec<String> {
        let is_durable = |catalog: &Catalog| catalog.options.get("type").is_some_and(|kind| kind == DURABLE);
        let catalogs = self.catalog.catalogs().filter(|(_, catalog)| is_durable(catalog));
        catalogs.map(|(name, _)| name.to_owned()).collect()
    }

    /// What is in a catalog.
    ///
    /// # Errors
    /// There is no such catalog.
    pub fn catalog_document(&self, name: &str) -> Result<String, CatalogError> {
        let catalog = self.catalog.catalog(name)?;
        let databases = catalog
            .databases
            .iter()
            .map(|(database, content)| (database.clone(), database_document(name, database, content)));
        let document = CatalogDocument { version: DOCUMENT_VERSION, databases: databases.collect() };
        Ok(serde_json::to_string(&document).expect("a catalog is texts and types"))
    }

    /// Makes a document the content of a catalog.
    ///
    /// # Errors
    /// There is no such catalog, or the document is not understood; then the content stays.
    pub fn load_catalog(&mut self, name: &str, document: &str) -> Result<(), CatalogError> {
        let what = format!("The catalog '{name}'");
        let document: CatalogDocument = read(&what, document)?;
        let facts = SessionFacts::of(&self.catalog);
        let mut databases = BTreeMap::new();
        for (database, content) in document.databases {
            let mut entries = BTreeMap::new();
            for (object, ddl) in content.tables {
                let broken = |error: crate::SqlError| {
                    refused(format!("{what} has a table '{database}.{object}' that cannot be read: {error}"))
                };
                let statement = parser::parse_statement(&ddl).map_err(broken)?;
                let StatementKind::CreateTable(create) = &statement.kind else {
                    return Err(refused(format!("{what} has no CREATE TABLE for '{database}.{object}'")));
                };
                let table = bind_create_table(create, None, &facts, &ddl).map_err(broken)?;
                entries.insert(object, CatalogEntry::Table(Arc::new(table)));
            }
            for (object, view) in content.views {
                let query = parser::parse_query(&view.query).map_err(|error| {
                    refused(format!("{what} has a view '{database}.{object}' that cannot be read: {error}"))
                })?;
                let view = CatalogView {
                    query: Arc::new(query),
                    text: view.query,
                    schema: view.schema,
                    catalog: view.catalog,
                    database: view.database,
                    comment: view.comment,
                    column_comments: view.column_comments,
                };
                entries.insert(object, CatalogEntry::View(Arc::new(view)));
            }
            let content =
                Database { entries, functions: content.functions, options: content.options, comment: content.comment };
            databases.insert(database, content);
        }
        self.catalog.replace_databases(name, databases)
    }

    /// Which catalogs there are beside the default one.
    pub fn catalog_definitions(&self) -> String {
        let catalogs = self.catalog.catalogs().filter(|(name, _)| *name != DEFAULT_CATALOG);
        let definition =
            |catalog: &Catalog| Definition { options: catalog.options.clone(), comment: catalog.comment.clone() };
        let catalogs = catalogs.map(|(name, catalog)| (name.to_owned(), definition(catalog))).collect();
        let document = DefinitionsDocument { version: DOCUMENT_VERSION, catalogs };
        serde_json::to_string(&document).expect("definitions are texts")
    }

    /// Makes the catalogs of a document that are not there yet; they are empty.
    ///
    /// # Errors
    /// The document is not understood.
    pub fn load_catalog_definitions(&mut self, document: &str) -> Result<(), CatalogError> {
        let document: DefinitionsDocument = read("The catalog store", document)?;
        for (name, Definition { options, comment }) in document.catalogs {
            self.catalog.create_catalog(&name, Catalog { options, comment, ..Catalog::default() }, true)?;
        }
        Ok(())
    }
}

fn database_document(catalog: &str, database: &str, content: &Database) -> DatabaseDocument {
    let (mut tables, mut views) = (BTreeMap::new(), BTreeMap::new());
    for (object, entry) in &content.entries {
        match entry {
            CatalogEntry::Table(table) => {
                let path = ObjectPath::new(catalog, database, object).quoted();
                tables.insert(object.clone(), create_table_text(&path, table, false));
            }
            CatalogEntry::View(view) => {
                let view = ViewDocument {
                    query: view.text.clone(),
                    catalog: view.catalog.clone(),
                    database: view.database.clone(),
                    schema: view.schema.clone(),
                    comment: view.comment.clone(),
                    column_comments: view.column_comments.clone(),
                };
                views.insert(object.clone(), view);
            }
        }
    }
    DatabaseDocument {
        options: content.options.clone(),
        comment: content.comment.clone(),
        functions: content.functions.clone(),
        tables,
        views,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(statements: &[&str]) -> Session {
        let mut session = Session::new(BTreeMap::new());
        for text in statements {
            let statement = parser::parse_statement(text).expect(text);
            session.execute(&statement, text).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
        session
    }

    const CATALOG: &str = "CREATE CATALOG c WITH ('type' = 'jobmanager')";

    #[test]
    fn what_a_catalog_holds_is_the_same_after_a_round_trip() {
        let before = session(&[
            CATALOG,
            "USE CATALOG c",
            "CREATE DATABASE d COMMENT 'it''s' WITH ('k' = 'v')",
            "USE d",
            "CREATE TABLE t (id INT NOT NULL COMMENT 'the ''id''', `a b` ARRAY<ROW<x BIGINT, y MAP<STRING, DECIMAL(10, 2)>>>, \
             ts TIMESTAMP(3), p AS PROCTIME(), up AS UPPER(CAST(id AS STRING) || 'x'), m BIGINT METADATA FROM 'offset' VIRTUAL, \
             WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, CONSTRAINT pk PRIMARY KEY (id) NOT ENFORCED) \
             COMMENT 'a table' PARTITIONED BY (id) WITH ('connector' = 'kafka', 'topic' = 'it''s', \
             'properties.bootstrap.servers' = 'x:1', 'format' = 'json')",
            "CREATE TABLE g (i INT) WITH ('connector' = 'datagen')",
            "CREATE VIEW v (n COMMENT 'number', s) COMMENT 'a view' AS SELECT i, CAST(i AS STRING) FROM g WHERE i > 1",
            "CREATE VIEW w AS SELECT i + 1 AS n FROM g",
            "CREATE FUNCTION f AS 'a.B'",
        ]);
        let document = before.catalog_document("c").unwrap();
        let mut after = session(&[CATALOG]);
        after.load_catalog("c", &document).unwrap();
        assert_eq!(after.catalog_document("c").unwrap(), document);
        for text in ["SHOW CREATE TABLE c.d.t", "SHOW CREATE VIEW c.d.v", "DESCRIBE c.d.v", "SELECT n FROM c.d.w"] {
            let statement = parser::parse_statement(text).unwrap();
            after.execute(&statement, text).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
        assert_eq!(after.durable_catalogs(), ["c"]);
    }

    #[test]
    fn definitions_make_catalogs() {
        let before = session(&[CATALOG, "CREATE CATALOG m COMMENT 'x' WITH ('type' = 'generic_in_memory')"]);
        let mut after = session(&[CATALOG]);
        after.load_catalog_definitions(&before.catalog_definitions()).unwrap();
        assert_eq!(after.catalog_definitions(), before.catalog_definitions());
    }

    #[test]
    fn a_document_of_a_newer_version_is_refused() {
        let mut session = session(&[CATALOG]);
        let error = session.load_catalog("c", r#"{"version": 2, "databases": []}"#).unwrap_err();
        assert!(error.message.contains("written by a newer flinkrs"), "{error}");
        assert!(session.load_catalog("c", "nonsense").is_err());
    }
}
