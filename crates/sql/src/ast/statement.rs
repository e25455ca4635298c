//! The statement: the root of every tree.

use super::*;

/// One statement of a script.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Where it stands, without the `;`.
    pub span: Span,
}

/// The kinds of statement.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// A query.
    Query(Box<Query>),
    /// `CREATE TABLE`, `REPLACE TABLE`
    CreateTable(Box<CreateTable>),
    /// `CREATE VIEW`
    CreateView(Box<CreateView>),
    /// `CREATE MATERIALIZED TABLE`
    CreateMaterializedTable(Box<CreateMaterializedTable>),
    /// `CREATE FUNCTION`
    CreateFunction(Box<CreateFunction>),
    /// `CREATE CATALOG`
    CreateCatalog(Box<CreateCatalog>),
    /// `CREATE DATABASE`
    CreateDatabase(Box<CreateDatabase>),
    /// `CREATE MODEL`
    CreateModel(Box<CreateModel>),
    /// `CREATE CONNECTION`
    CreateConnection(Box<CreateConnection>),
    /// `DROP ...`
    Drop(Box<Drop>),
    /// `ALTER TABLE`
    AlterTable(Box<AlterTable>),
    /// `ALTER VIEW`
    AlterView(Box<AlterView>),
    /// `ALTER CATALOG`
    AlterCatalog(Box<AlterCatalog>),
    /// `ALTER DATABASE`
    AlterDatabase(Box<AlterDatabase>),
    /// `ALTER FUNCTION`
    AlterFunction(Box<AlterFunction>),
    /// `ALTER MODEL`
    AlterModel(Box<AlterModel>),
    /// `ALTER CONNECTION`
    AlterConnection(Box<AlterConnection>),
    /// `ALTER MATERIALIZED TABLE`
    AlterMaterializedTable(Box<AlterMaterializedTable>),
    /// `INSERT`, `UPSERT`
    Insert(Box<Insert>),
    /// `UPDATE`
    Update(Box<Update>),
    /// `DELETE`
    Delete(Box<Delete>),
    /// `TRUNCATE TABLE name`
    Truncate(ObjectName),
    /// `STATEMENT SET BEGIN ... END`; stands in `EXECUTE`, `EXPLAIN` and `COMPILE PLAN`.
    StatementSet(Box<StatementSet>),
    /// `BEGIN STATEMENT SET`
    BeginStatementSet,
    /// `END`
    EndStatementSet,
    /// `EXECUTE insert | query | statement set`
    Execute(Box<Statement>),
    /// `EXPLAIN`
    Explain(Box<Explain>),
    /// `DESCRIBE`
    Describe(Box<Describe>),
    /// `SHOW`
    Show(Box<Show>),
    /// `USE CATALOG name`
    UseCatalog(Ident),
    /// `USE name`
    UseDatabase(ObjectName),
    /// `USE MODULES a, b`
    UseModules(Vec<Ident>),
    /// `LOAD MODULE name [WITH (...)]`
    LoadModule {
        /// The module.
        name: Ident,
        /// Its options.
        options: Vec<KeyValue>,
    },
    /// `UNLOAD MODULE name`
    UnloadModule(Ident),
    /// `SET 'key' = 'value'`; without both it lists the configuration.
    Set(Option<KeyValue>),
    /// `RESET 'key'`; without the key it resets all.
    Reset(Option<Text>),
    /// `ADD JAR 'path'`
    AddJar(Text),
    /// `REMOVE JAR 'path'`
    RemoveJar(Text),
    /// `STOP JOB 'id' [WITH SAVEPOINT] [WITH DRAIN]`
    StopJob {
        /// The job's id.
        job_id: Text,
        /// Whether a savepoint is taken.
        with_savepoint: bool,
        /// Whether the watermark is advanced to the end first.
        with_drain: bool,
    },
    /// `CALL procedure(...)`
    Call(Box<FunctionCall>),
    /// `ANALYZE TABLE`
    Analyze(Box<Analyze>),
    /// `COMPILE PLAN 'path' ...`
    CompilePlan(Box<CompilePlan>),
    /// `EXECUTE PLAN 'path'`
    ExecutePlan(Text),
}

/// `ANALYZE TABLE name [PARTITION (...)] COMPUTE STATISTICS [FOR ...]`
#[derive(Debug, Clone, PartialEq)]
pub struct Analyze {
    /// The table.
    pub table: ObjectName,
    /// `PARTITION (...)`; empty when not given.
    pub partition: Vec<PartitionItem>,
    /// Which columns.
    pub columns: AnalyzeColumns,
}

/// Which columns `ANALYZE TABLE` looks at.
#[derive(Debug, Clone, PartialEq)]
pub enum AnalyzeColumns {
    /// Nothing written: only the table.
    None,
    /// `FOR ALL COLUMNS`
    All,
    /// `FOR COLUMNS a, b`
    Named(Vec<Ident>),
}

/// `COMPILE PLAN 'path' [IF NOT EXISTS] FOR statement` and `COMPILE AND EXECUTE PLAN 'path' FOR statement`
#[derive(Debug, Clone, PartialEq)]
pub struct CompilePlan {
    /// Where the plan is written.
    pub path: Text,
    /// Whether `IF NOT EXISTS` is written.
    pub if_not_exists: bool,
    /// Whether the plan is executed at once.
    pub execute: bool,
    /// An insert or a statement set.
    pub statement: Box<Statement>,
}
