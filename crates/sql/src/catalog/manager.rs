//! The catalogs of one session, its temporary objects, and where it stands (`USE`).

use std::collections::BTreeMap;

use super::{Catalog, CatalogEntry, Database, ObjectPath};
use crate::nearest::nearest;

/// Something the catalog refuses; the caller knows where in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CatalogError {
    /// What is wrong, in Flink's words.
    pub message: String,
    /// A way out.
    pub hint: Option<String>,
}

/// Whether an object goes with the session or belongs to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Until the session ends; shadows permanent objects of its name.
    Temporary,
    /// Part of its database.
    Permanent,
}

/// What to do when the name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Refuse.
    Fail,
    /// `IF NOT EXISTS`: leave it.
    Keep,
    /// `OR REPLACE`.
    Replace,
}

/// All names of a session.
#[derive(Debug, Clone)]
pub struct CatalogManager {
    catalogs: BTreeMap<String, Catalog>,
    temporary: BTreeMap<ObjectPath, CatalogEntry>,
    /// Classes of temporary functions, whose names are in lower case.
    pub(super) temporary_functions: BTreeMap<ObjectPath, String>,
    current_catalog: String,
    current_database: String,
}

/// The catalog and the database that every session begins with.
pub(crate) const DEFAULT_CATALOG: &str = "default_catalog";
const DEFAULT_DATABASE: &str = "default_database";

impl Default for CatalogManager {
    fn default() -> Self {
        let mut catalog = Catalog::default();
        catalog.databases.insert(DEFAULT_DATABASE.into(), Database::default());
        catalog.options.insert("type".into(), "generic_in_memory".into());
        Self {
            catalogs: BTreeMap::from([(DEFAULT_CATALOG.into(), catalog)]),
            temporary: BTreeMap::new(),
            temporary_functions: BTreeMap::new(),
            current_catalog: DEFAULT_CATALOG.into(),
            current_database: DEFAULT_DATABASE.into(),
        }
    }
}

fn error(message: String) -> CatalogError {
    CatalogError { message, hint: None }
}

impl CatalogManager {
    /// The current catalog.
    pub fn current_catalog(&self) -> &str {
        &self.current_catalog
    }

    /// The current database.
    pub fn current_database(&self) -> &str {
        &self.current_database
    }

    /// All catalogs.
    pub fn catalogs(&self) -> impl Iterator<Item = (&str, &Catalog)> {
        self.catalogs.iter().map(|(name, catalog)| (name.as_str(), catalog))
    }

    /// One catalog.
    pub fn catalog(&self, name: &str) -> Result<&Catalog, CatalogError> {
        self.catalogs.get(name).ok_or_else(|| {
            let names = self.catalogs.keys().map(String::as_str);
            CatalogError {
                hint: nearest(name, names),
                ..error(format!("A catalog with name [{name}] does not exist."))
            }
        })
    }

    /// One database.
    pub fn database(&self, catalog: &str, name: &str) -> Result<&Database, CatalogError> {
        let databases = &self.catalog(catalog)?.databases;
        databases.get(name).ok_or_else(|| CatalogError {
            hint: nearest(name, databases.keys().map(String::as_str)),
            ..error(format!("A database with name [{name}] does not exist in the catalog: [{catalog}]."))
        })
    }

    /// The full path of a name of one to three parts.
    pub fn resolve_path(&self, parts: &[&str]) -> Result<ObjectPath, CatalogError> {
        match parts {
            [object] => Ok(ObjectPath::new(&self.current_catalog, &self.current_database, *object)),
            [database, object] => Ok(ObjectPath::new(&self.current_catalog, *database, *object)),
            [catalog, database, object] => Ok(ObjectPath::new(*catalog, *database, *object)),
            _ => Err(error(format!(
                "'{}' has {} parts; a name has at most three: catalog, database and object",
                parts.join("."),
                parts.len()
            ))),
        }
    }

    /// What a path stands for; temporary objects come first.
    pub fn entry(&self, path: &ObjectPath) -> Option<&CatalogEntry> {
        self.temporary.get(path).or_else(|| self.permanent(path))
    }

    /// Whether the path names a temporary object.
    pub fn is_temporary(&self, path: &ObjectPath) -> bool {
        self.temporary.contains_key(path)
    }

    fn permanent(&self, path: &ObjectPath) -> Option<&CatalogEntry> {
        self.catalogs.get(&path.catalog)?.databases.get(&path.database)?.entries.get(&path.object)
    }

    /// Names of the tables and views of a database, temporary ones included, sorted.
    pub fn entry_names(&self, catalog: &str, database: &str) -> Result<Vec<String>, CatalogError> {
        let permanent = self.database(catalog, database)?.entries.keys();
        let temporary = self.temporary.keys().filter(|path| path.catalog == catalog && path.database == database);
        let mut names: Vec<String> = permanent.chain(temporary.map(|path| &path.object)).cloned().collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Adds a table or view.
    pub fn create(
        &mut self,
        path: ObjectPath,
        entry: CatalogEntry,
        lifetime: Lifetime,
        existing: Existing,
    ) -> Result<(), CatalogError> {
        let (kind, word) = if entry.is_view() { ("view", "CreateView") } else { ("table", "CreateTable") };
        let taken = match lifetime {
            Lifetime::Temporary => self.temporary.contains_key(&path),
            Lifetime::Permanent => self.permanent(&path).is_some(),
        };
        match (taken, existing, lifetime) {
            (true, Existing::Keep, _) => return Ok(()),
            (true, Existing::Fail, Lifetime::Temporary) => {
                return Err(error(format!("Temporary {kind} '{}' already exists", path.quoted())));
            }
            (true, Existing::Fail, Lifetime::Permanent) => {
                let ObjectPath { catalog, database, object } = &path;
                return Err(error(format!(
                    "Could not execute {word} in path {}: Table (or view) {database}.{object} already exists in Catalog {catalog}.",
                    path.quoted()
                )));
            }
            _ => {}
        }
        match lifetime {
            Lifetime::Temporary => {
                self.temporary.insert(path, entry);
            }
            Lifetime::Permanent => {
                self.database_mut(&path.catalog, &path.database)?.entries.insert(path.object, entry);
            }
        }
        Ok(())
    }

    /// Removes a table or view.
    pub fn drop(
        &mut self,
        path: &ObjectPath,
        view: bool,
        lifetime: Lifetime,
        if_exists: bool,
    ) -> Result<(), CatalogError> {
        let kind = if view { "View" } else { "Table" };
        let fits = |entry: Option<&CatalogEntry>| entry.is_some_and(|entry| entry.is_view() == view);
        match lifetime {
            Lifetime::Temporary if fits(self.temporary.get(path)) => {
                self.temporary.remove(path);
                Ok(())
            }
            Lifetime::Permanent if fits(self.temporary.get(path)) => {
                let lower = kind.to_lowercase();
                Err(error(format!(
                    "Temporary {lower} with identifier '{path}' exists. Drop it first before removing the permanent {lower}."
                )))
            }
            Lifetime::Permanent if fits(self.permanent(path)) => {
                self.database_mut(&path.catalog, &path.database)?.entries.remove(&path.object);
                Ok(())
            }
            _ if if_exists => Ok(()),
            _ => {
                let temporary = if lifetime == Lifetime::Temporary { "Temporary " } else { "" };
                let kind = if temporary.is_empty() { kind.to_owned() } else { kind.to_lowercase() };
                Err(error(format!("{temporary}{kind} with identifier '{path}' does not exist.")))
            }
        }
    }

    /// `CREATE CATALOG`.
    pub fn create_catalog(
        &mut self,
        name: &str,
        mut catalog: Catalog,
        if_not_exists: bool,
    ) -> Result<(), CatalogError> {
        if self.catalogs.contains_key(name) {
            return if if_not_exists { Ok(()) } else { Err(error(format!("Catalog {name} already exists."))) };
        }
        let database = catalog.options.get("default-database").map_or("default", String::as_str).to_owned();
        catalog.databases.insert(database, Database::default());
        self.catalogs.insert(name.to_owned(), catalog);
        Ok(())
    }

    /// `DROP CATALOG`.
    pub fn drop_catalog(&mut self, name: &str, if_exists: bool) -> Result<(), CatalogError> {
        if name == self.current_catalog {
            return Err(error("Cannot drop a catalog which is currently in use.".into()));
        }
        if self.catalogs.remove(name).is_none() && !if_exists {
            return Err(error(format!("Catalog {name} does not exist.")));
        }
        Ok(())
    }

    /// Makes these all databases of a catalog.
    pub(crate) fn replace_databases(
        &mut self,
        name: &str,
        databases: BTreeMap<String, Database>,
    ) -> Result<(), CatalogError> {
        self.catalog(name)?;
        self.catalogs.get_mut(name).expect("looked up above").databases = databases;
        Ok(())
    }

    /// `CREATE DATABASE`.
    pub fn create_database(
        &mut self,
        catalog: &str,
        name: &str,
        database: Database,
        if_not_exists: bool,
    ) -> Result<(), CatalogError> {
        self.catalog(catalog)?;
        let databases = &mut self.catalogs.get_mut(catalog).expect("looked up above").databases;
        if databases.contains_key(name) {
            let message = format!("Database {name} already exists in Catalog {catalog}.");
            return if if_not_exists { Ok(()) } else { Err(error(message)) };
        }
        databases.insert(name.to_owned(), database);
        Ok(())
    }

    /// `DROP DATABASE`.
    pub fn drop_database(
        &mut self,
        catalog: &str,
        name: &str,
        if_exists: bool,
        cascade: bool,
    ) -> Result<(), CatalogError> {
        if catalog == self.current_catalog && name == self.current_database {
            return Err(error("Cannot drop a database which is currently in use.".into()));
        }
        let databases = match self.catalogs.get_mut(catalog) {
            Some(catalog) => &mut catalog.databases,
            None if if_exists => return Ok(()),
            None => return self.catalog(catalog).map(drop),
        };
        match databases.get(name) {
            None if if_exists => return Ok(()),
            None => {
                return Err(error(format!(
                    "Could not execute DROP DATABASE {catalog}.{name} RESTRICT: Database {name} does not exist in Catalog {catalog}."
                )));
            }
            Some(database) if !database.entries.is_empty() && !cascade => {
                return Err(CatalogError {
                    hint: Some("DROP DATABASE ... CASCADE drops its tables and views too".into()),
                    ..error(format!(
                        "Could not execute DROP DATABASE {catalog}.{name} RESTRICT: Database {name} in catalog {catalog} is not empty."
                    ))
                });
            }
            Some(_) => {}
        }
        databases.remove(name);
        Ok(())
    }

    /// `ALTER DATABASE ... SET`.
    pub fn alter_database(
        &mut self,
        catalog: &str,
        name: &str,
        options: Vec<(String, String)>,
    ) -> Result<(), CatalogError> {
        self.database_mut(catalog, name)?.options.extend(options);
        Ok(())
    }

    /// `ALTER CATALOG ... COMMENT`.
    pub fn comment_on_catalog(&mut self, name: &str, comment: &str) -> Result<(), CatalogError> {
        self.catalog(name)?;
        let catalog = self.catalogs.get_mut(name).expect("looked up above");
        catalog.comment = Some(comment.to_owned());
        Ok(())
    }

    /// `USE CATALOG`.
    pub fn use_catalog(&mut self, name: &str) -> Result<(), CatalogError> {
        let catalog = self.catalog(name)?;
        let default = catalog.options.get("default-database").cloned();
        let first = if name == DEFAULT_CATALOG { DEFAULT_DATABASE.to_owned() } else { "default".to_owned() };
        self.current_database = default.unwrap_or(first);
        self.current_catalog = name.to_owned();
        Ok(())
    }

    /// `USE`.
    pub fn use_database(&mut self, catalog: &str, name: &str) -> Result<(), CatalogError> {
        self.database(catalog, name)?;
        self.current_catalog = catalog.to_owned();
        self.current_database = name.to_owned();
        Ok(())
    }

    pub(super) fn database_mut(&mut self, catalog: &str, name: &str) -> Result<&mut Database, CatalogError> {
        self.database(catalog, name)?;
        let catalog = self.catalogs.get_mut(catalog).expect("looked up above");
        Ok(catalog.databases.get_mut(name).expect("looked up above"))
    }
}
