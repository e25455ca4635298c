//! LOAD, UNLOAD, USE and SHOW MODULES. There is one module, `core`; its functions are always known, as in Flink, whatever these statements do to it.

use dataflow::{Field, RowType, TypeKind};

use super::{Outcome, Session};
use crate::ast::{Ident, KeyValue};
use crate::error::SqlError;

const CORE: &str = "core";

/// Which modules are loaded, and which of them are used, in their order.
#[derive(Debug, Clone)]
pub(super) struct Modules {
    loaded: Vec<String>,
    used: Vec<String>,
}

impl Default for Modules {
    fn default() -> Self {
        Self { loaded: vec![CORE.to_owned()], used: vec![CORE.to_owned()] }
    }
}

impl Session {
    pub(super) fn load_module(&mut self, name: &Ident, options: &[KeyValue]) -> Result<Outcome, SqlError> {
        let module = &name.value;
        if self.modules.loaded.contains(module) {
            return Err(SqlError::validation(format!("A module with name '{module}' already exists"), name.span));
        }
        if module != CORE {
            let message = format!(
                "Could not find any factory for identifier '{module}' that implements 'org.apache.flink.table.factories.ModuleFactory' in the classpath.\n\nAvailable factory identifiers are:\n\n{CORE}"
            );
            return Err(SqlError::validation(message, name.span));
        }
        if let Some(option) = options.first() {
            let message =
                format!("Unsupported options found for '{CORE}'.\n\nUnsupported options:\n\n{}", option.key.value);
            return Err(SqlError::validation(message, option.key.span));
        }
        self.modules.loaded.push(module.clone());
        self.modules.used.push(module.clone());
        Ok(Outcome::Done)
    }

    pub(super) fn unload_module(&mut self, name: &Ident) -> Result<Outcome, SqlError> {
        self.loaded_module(name)?;
        self.modules.loaded.retain(|loaded| *loaded != name.value);
        self.modules.used.retain(|used| *used != name.value);
        Ok(Outcome::Done)
    }

    pub(super) fn use_modules(&mut self, names: &[Ident]) -> Result<Outcome, SqlError> {
        let mut used: Vec<String> = Vec::with_capacity(names.len());
        for name in names {
            if used.contains(&name.value) {
                return Err(SqlError::validation(format!("Module '{}' appears more than once", name.value), name.span));
            }
            self.loaded_module(name)?;
            used.push(name.value.clone());
        }
        self.modules.used = used;
        Ok(Outcome::Done)
    }

    /// `SHOW MODULES`; with `full` also those that are not used.
    pub(super) fn show_modules(&self, full: bool) -> Outcome {
        let used = self.modules.used.iter().map(|name| (name, true));
        if !full {
            return Outcome::list("module name", used.map(|(name, _)| name.clone()));
        }
        let unused =
            self.modules.loaded.iter().filter(|name| !self.modules.used.contains(name)).map(|name| (name, false));
        let flag = |used: bool| if used { "TRUE" } else { "FALSE" };
        Outcome::Table {
            columns: RowType::new(vec![
                Field::new("module name", TypeKind::STRING.nullable()),
                Field::new("used", TypeKind::Boolean.nullable()),
            ]),
            rows: used.chain(unused).map(|(name, used)| vec![Some(name.clone()), Some(flag(used).into())]).collect(),
        }
    }

    fn loaded_module(&self, name: &Ident) -> Result<(), SqlError> {
        if self.modules.loaded.contains(&name.value) {
            return Ok(());
        }
        Err(SqlError::validation(format!("No module with name '{}' exists", name.value), name.span))
    }
}
