//! A session: configuration, catalog, an open statement set, and the execution of one statement after the other.
//!
//! Nothing runs here: DDL changes the catalog, SHOW and EXPLAIN answer with rows, INSERT and SELECT answer with a job graph for a cluster.

mod alter;
mod compiled_plan;
mod configuration;
mod create_as;
mod ddl;
mod describe_function;
mod durable;
mod expanded_view;
mod explain;
mod like;
mod modules;
mod outcome;
mod query;
mod refusals;
mod show;
mod show_create;

pub use outcome::Outcome;

use std::collections::BTreeMap;

use crate::ast::{Insert, Statement, StatementKind};
use crate::bind::{catalog_error, not_supported};
use crate::catalog::CatalogManager;
use crate::error::SqlError;
use crate::settings::Settings;
use modules::Modules;

/// A SQL session.
#[derive(Debug, Clone)]
pub struct Session {
    /// What the session began with: `RESET` goes back to it.
    initial: BTreeMap<String, String>,
    config: BTreeMap<String, String>,
    catalog: CatalogManager,
    /// The inserts of `BEGIN STATEMENT SET`, while it is open.
    statement_set: Option<Vec<Insert>>,
    modules: Modules,
}

impl Session {
    /// A session with this configuration (Flink's keys).
    pub fn new(config: BTreeMap<String, String>) -> Self {
        Self {
            initial: config.clone(),
            config,
            catalog: CatalogManager::default(),
            statement_set: None,
            modules: Modules::default(),
        }
    }

    /// The configuration, as SET has left it.
    pub fn config(&self) -> &BTreeMap<String, String> {
        &self.config
    }

    /// The catalog.
    pub fn catalog(&self) -> &CatalogManager {
        &self.catalog
    }

    /// Whether `BEGIN STATEMENT SET` waits for its `END`.
    pub fn in_statement_set(&self) -> bool {
        self.statement_set.is_some()
    }

    /// Executes one statement. `text` is the script it was parsed from: its spans refer to it.
    ///
    /// # Errors
    /// What is wrong with the statement, with its place in `text`.
    pub fn execute(&mut self, statement: &Statement, text: &str) -> Result<Outcome, SqlError> {
        let span = statement.span;
        if self.statement_set.is_some() {
            return self.execute_in_set(statement);
        }
        match &statement.kind {
            StatementKind::Query(query) => self.select(query, span),
            StatementKind::Insert(insert) => self.insert(std::slice::from_ref(insert.as_ref()), span),
            StatementKind::StatementSet(set) => self.insert(&set.inserts, span),
            StatementKind::Execute(inner) => self.execute(inner, text),
            StatementKind::BeginStatementSet => {
                self.statement_set = Some(Vec::new());
                Ok(Outcome::Done)
            }
            StatementKind::EndStatementSet => Err(SqlError::validation(
                "No Statement Set to submit. 'END' statement should be used after 'BEGIN STATEMENT SET'.",
                span,
            )),
            StatementKind::Explain(explain) => self.explain(explain, text, span),
            StatementKind::CreateTable(create) => self.create_table(create, text, span),
            StatementKind::CreateView(create) => self.create_view(create, text),
            StatementKind::CreateDatabase(create) => self.create_database(create),
            StatementKind::CreateCatalog(create) => self.create_catalog(create),
            StatementKind::CreateFunction(create) => self.create_function(create),
            StatementKind::Drop(drop) => self.drop_object(drop),
            StatementKind::UseCatalog(name) => {
                self.catalog.use_catalog(&name.value).map_err(|error| catalog_error(error, name.span))?;
                Ok(Outcome::Done)
            }
            StatementKind::UseDatabase(name) => self.use_database(name),
            StatementKind::Set(pair) => self.set(pair.as_ref()),
            StatementKind::Reset(key) => Ok(self.reset(key.as_ref())),
            StatementKind::Show(show) => self.show(show, span),
            StatementKind::Describe(describe) => self.describe(describe, span),
            StatementKind::AlterTable(alter) => self.alter_table(alter, text, span),
            StatementKind::AlterView(alter) => self.alter_view(alter, text, span),
            StatementKind::AlterDatabase(alter) => self.alter_database(alter),
            StatementKind::AlterCatalog(alter) => self.alter_catalog(alter),
            StatementKind::LoadModule { name, options } => self.load_module(name, options),
            StatementKind::UnloadModule(name) => self.unload_module(name),
            StatementKind::UseModules(names) => self.use_modules(names),
            StatementKind::CompilePlan(plan) => self.compile_plan(plan, text, span),
            StatementKind::ExecutePlan(file) => self.execute_plan(file),
            StatementKind::Truncate(name) => Err(self.refuse_truncate(name, span)),
            StatementKind::Delete(delete) => Err(self.refuse_change("DELETE", &delete.table, span)),
            StatementKind::Update(update) => Err(self.refuse_change("UPDATE", &update.table, span)),
            StatementKind::Analyze(_) => {
                Err(SqlError::unsupported("ANALYZE TABLE is not supported for streaming mode now", span))
            }
            StatementKind::Call(_) => Err(SqlError::unsupported(
                "getProcedure is not implemented for class org.apache.flink.table.catalog.GenericInMemoryCatalog.",
                span,
            )),
            StatementKind::AddJar(_) => {
                Err(SqlError::unsupported("ADD JAR is not supported: flinkrs has no JVM", span)
                    .with_hint("connectors and functions are part of the binary"))
            }
            StatementKind::RemoveJar(_) => {
                Err(SqlError::unsupported("SQL Gateway doesn't support REMOVE JAR syntax now.", span))
            }
            other => Err(not_supported(&format!("{} statement", words(other)), span)),
        }
    }

    /// Executes one statement under some more configuration, which is for it alone.
    ///
    /// # Errors
    /// As [`Session::execute`].
    pub fn execute_with(
        &mut self,
        config: BTreeMap<String, String>,
        statement: &Statement,
        text: &str,
    ) -> Result<Outcome, SqlError> {
        let own = self.config.clone();
        self.config.extend(config);
        let outcome = self.execute(statement, text);
        self.config = own;
        outcome
    }

    /// Inside of `BEGIN STATEMENT SET ... END` only inserts may stand.
    fn execute_in_set(&mut self, statement: &Statement) -> Result<Outcome, SqlError> {
        match &statement.kind {
            StatementKind::Insert(insert) => {
                self.statement_set.get_or_insert_default().push(insert.as_ref().clone());
                Ok(Outcome::Done)
            }
            StatementKind::EndStatementSet => {
                let inserts = self.statement_set.take().unwrap_or_default();
                if inserts.is_empty() {
                    // Flink submits nothing and says OK.
                    return Ok(Outcome::Done);
                }
                self.insert(&inserts, statement.span)
            }
            _ => Err(SqlError::validation(
                "Only 'INSERT/CREATE TABLE AS' statement is allowed in Statement Set or use 'END' statement to submit Statement Set.",
                statement.span,
            )),
        }
    }

    fn settings(&self, span: crate::ast::Span) -> Result<Settings, SqlError> {
        Settings::new(&self.config).map_err(|error| SqlError::validation(error.to_string(), span))
    }
}

/// The words by which a statement that is not executed here is known.
fn words(kind: &StatementKind) -> &'static str {
    match kind {
        StatementKind::CreateMaterializedTable(_) => "the CREATE MATERIALIZED TABLE",
        StatementKind::CreateModel(_) => "the CREATE MODEL",
        StatementKind::CreateConnection(_) => "the CREATE CONNECTION",
        StatementKind::AlterFunction(_) => "the ALTER FUNCTION",
        StatementKind::AlterModel(_) => "the ALTER MODEL",
        StatementKind::AlterConnection(_) => "the ALTER CONNECTION",
        StatementKind::AlterMaterializedTable(_) => "the ALTER MATERIALIZED TABLE",
        StatementKind::StopJob { .. } => "the STOP JOB",
        _ => "this",
    }
}
