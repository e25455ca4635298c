//! The functions that CREATE FUNCTION names. Their code stands in the catalogue of `expr`, under the name of the class.

use std::collections::BTreeMap;

use super::{CatalogError, CatalogManager, Lifetime, ObjectPath};

/// A function of a database, and the class that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFunction {
    /// Its full name.
    pub path: ObjectPath,
    /// Name of the class.
    pub class: String,
}

fn refused(message: String) -> CatalogError {
    CatalogError { message, hint: None }
}

impl CatalogManager {
    /// The functions that a simple name can stand for now, by their names, which have no case; temporary ones shadow others.
    pub fn functions(&self) -> BTreeMap<String, UserFunction> {
        let (catalog, database) = (self.current_catalog(), self.current_database());
        let permanent = self.database(catalog, database).map(|database| &database.functions);
        let permanent = permanent.into_iter().flatten().map(|(name, class)| (name.clone(), class));
        let here = |path: &&ObjectPath| path.catalog == catalog && path.database == database;
        let temporary = self.temporary_functions.keys().filter(here);
        let temporary = temporary.map(|path| (path.object.clone(), &self.temporary_functions[path]));
        let function = |(name, class): (String, &String)| {
            let path = ObjectPath::new(catalog, database, &name);
            (name, UserFunction { path, class: class.clone() })
        };
        permanent.chain(temporary).map(function).collect()
    }

    /// `CREATE FUNCTION`.
    pub fn create_function(
        &mut self,
        path: ObjectPath,
        class: String,
        lifetime: Lifetime,
        if_not_exists: bool,
    ) -> Result<(), CatalogError> {
        let path = lower(path);
        let functions = match lifetime {
            Lifetime::Temporary => {
                if self.temporary_functions.contains_key(&path) && !if_not_exists {
                    return Err(refused(format!("Temporary catalog function '{path}' is already defined.")));
                }
                self.temporary_functions.entry(path).or_insert(class);
                return Ok(());
            }
            Lifetime::Permanent => &mut self.database_mut(&path.catalog, &path.database)?.functions,
        };
        if functions.contains_key(&path.object) && !if_not_exists {
            let ObjectPath { catalog, database, object } = &path;
            return Err(refused(format!("Function {database}.{object} already exists in Catalog {catalog}.")));
        }
        functions.entry(path.object).or_insert(class);
        Ok(())
    }

    /// `DROP FUNCTION`.
    pub fn drop_function(&mut self, path: ObjectPath, lifetime: Lifetime, if_exists: bool) -> Result<(), CatalogError> {
        let path = lower(path);
        let ObjectPath { catalog, database, object } = &path;
        let (found, message) = match lifetime {
            Lifetime::Temporary => (
                self.temporary_functions.remove(&path).is_some(),
                format!("Temporary catalog function {} doesn't exist", path.quoted()),
            ),
            Lifetime::Permanent => (
                self.database_mut(catalog, database)?.functions.remove(object).is_some(),
                format!("Function {database}.{object} does not exist in Catalog {catalog}."),
            ),
        };
        if found || if_exists { Ok(()) } else { Err(refused(message)) }
    }
}

/// The name of a function has no case.
fn lower(path: ObjectPath) -> ObjectPath {
    ObjectPath { object: path.object.to_lowercase(), ..path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_made_found_and_dropped_whatever_their_case() {
        let mut catalog = CatalogManager::default();
        let path = |name: &str| ObjectPath::new("default_catalog", "default_database", name);
        let mut create = |name: &str, class: &str, lifetime, keep| {
            catalog.create_function(path(name), class.to_owned(), lifetime, keep).map_err(|error| error.message)
        };
        assert_eq!(create("F", "a.A", Lifetime::Permanent, false), Ok(()));
        let taken = "Function default_database.f already exists in Catalog default_catalog.";
        assert_eq!(create("f", "a.B", Lifetime::Permanent, false), Err(taken.to_owned()));
        assert_eq!(create("f", "a.B", Lifetime::Permanent, true), Ok(()));
        assert_eq!(create("f", "a.C", Lifetime::Temporary, false), Ok(()));
        let class = |catalog: &CatalogManager| catalog.functions().get("f").map(|function| function.class.clone());
        assert_eq!(class(&catalog).as_deref(), Some("a.C"));
        let mut drop =
            |name: &str, lifetime| catalog.drop_function(path(name), lifetime, false).map_err(|error| error.message);
        assert_eq!(drop("F", Lifetime::Temporary), Ok(()));
        assert!(drop("f", Lifetime::Temporary).unwrap_err().contains("`default_database`.`f` doesn't exist"));
        assert_eq!(class(&catalog).as_deref(), Some("a.A"));
    }
}
