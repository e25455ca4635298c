//! The other `CREATE` statements and every `DROP`.

use super::{
    CreateMode, DataType, Distribution, Expr, Ident, KeyValue, ObjectName, Query, RowField, Span, TableSchema, Text,
};

/// `CREATE [OR REPLACE] [TEMPORARY] VIEW`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateView {
    /// Whether `OR REPLACE` is written.
    pub or_replace: bool,
    /// Whether `TEMPORARY` is written.
    pub temporary: bool,
    /// Whether `IF NOT EXISTS` is written.
    pub if_not_exists: bool,
    /// The view's name.
    pub name: ObjectName,
    /// New names of the columns; empty when not given.
    pub columns: Vec<ViewColumn>,
    /// `COMMENT '...'`
    pub comment: Option<Text>,
    /// The query. Its span cuts the original text out of the statement's.
    pub query: Box<Query>,
}

/// `name [COMMENT '...']`
#[derive(Debug, Clone, PartialEq)]
pub struct ViewColumn {
    /// The name.
    pub name: Ident,
    /// The comment.
    pub comment: Option<Text>,
}

/// `CREATE MATERIALIZED TABLE`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateMaterializedTable {
    /// `CREATE`, `CREATE OR REPLACE` or `CREATE OR ALTER`.
    pub mode: CreateMode,
    /// Whether `IF NOT EXISTS` is written.
    pub if_not_exists: bool,
    /// The table's name.
    pub name: ObjectName,
    /// Columns, constraints and watermark.
    pub schema: TableSchema,
    /// `COMMENT '...'`
    pub comment: Option<Text>,
    /// `DISTRIBUTED ...`
    pub distribution: Option<Distribution>,
    /// `PARTITIONED BY (...)`
    pub partitioned_by: Vec<Ident>,
    /// `WITH (...)`
    pub options: Vec<KeyValue>,
    /// The interval of `FRESHNESS = ...`
    pub freshness: Option<Expr>,
    /// `REFRESH_MODE = ...`
    pub refresh_mode: Option<RefreshMode>,
    /// `START_MODE = ...`
    pub start_mode: Option<StartMode>,
    /// The query.
    pub query: Box<Query>,
}

/// How a materialized table is refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum RefreshMode {
    Continuous,
    Full,
}

/// Where the first refresh of a materialized table starts reading.
#[derive(Debug, Clone, PartialEq)]
pub enum StartMode {
    /// `FROM_BEGINNING`
    FromBeginning,
    /// `FROM_NOW [(interval)]`
    FromNow(Option<Expr>),
    /// `FROM_TIMESTAMP (timestamp)`
    FromTimestamp(Expr),
    /// `RESUME_OR_FROM_BEGINNING`
    ResumeOrFromBeginning,
    /// `RESUME_OR_FROM_NOW [(interval)]`
    ResumeOrFromNow(Option<Expr>),
    /// `RESUME_OR_FROM_TIMESTAMP (timestamp)`
    ResumeOrFromTimestamp(Expr),
}

/// `CREATE [TEMPORARY] [SYSTEM] FUNCTION`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateFunction {
    /// Whether `TEMPORARY` is written.
    pub temporary: bool,
    /// Whether `SYSTEM` is written.
    pub system: bool,
    /// Whether `IF NOT EXISTS` is written.
    pub if_not_exists: bool,
    /// The function's name.
    pub name: ObjectName,
    /// The class, or the path of a Python function.
    pub class: Text,
    /// `LANGUAGE ...`
    pub language: Option<FunctionLanguage>,
    /// `USING JAR '...', ...`
    pub resources: Vec<Resource>,
}

/// The language a function is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum FunctionLanguage {
    Java,
    Scala,
    Sql,
    Python,
}

/// `JAR 'path'`, `FILE 'path'` or `ARTIFACT 'path'`
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Which kind.
    pub kind: ResourceKind,
    /// Where it is.
    pub path: Text,
}

/// Kinds of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum ResourceKind {
    Jar,
    File,
    Artifact,
}

/// `CREATE CATALOG`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateCatalog {
    /// Whether `IF NOT EXISTS` is written.
    pub if_not_exists: bool,
    /// The catalog's name.
    pub name: Ident,
    /// `COMMENT '...'`
    pub comment: Option<Text>,
    /// `WITH (...)`
    pub options: Vec<KeyValue>,
}

/// `CREATE DATABASE`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateDatabase {
    /// Whether `IF NOT EXISTS` is written.
    pub if_not_exists: bool,
    /// The database's name, with or without a catalog.
    pub name: ObjectName,
    /// `COMMENT '...'`
    pub comment: Option<Text>,
    /// `WITH (...)`
    pub options: Vec<KeyValue>,
}

/// `CREATE [TEMPORARY] MODEL`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateModel {
    /// Whether `TEMPORARY` is written.
    pub temporary: bool,
    /// Whether `IF NOT EXISTS` is written.
    pub if_not_exists: bool,
    /// The model's name.
    pub name: ObjectName,
    /// `INPUT (...)`
    pub input: Vec<ModelColumn>,
    /// `OUTPUT (...)`
    pub output: Vec<ModelColumn>,
    /// `COMMENT '...'`
    pub comment: Option<Text>,
    /// `WITH (...)`
    pub options: Vec<KeyValue>,
    /// `AS query`
    pub as_query: Option<Box<Query>>,
}

/// One column of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelColumn {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub data_type: DataType,
    /// `COMMENT '...'`
    pub comment: Option<Text>,
}

impl From<ModelColumn> for RowField {
    fn from(column: ModelColumn) -> Self {
        RowField { name: column.name, data_type: column.data_type, comment: column.comment }
    }
}

/// `CREATE [TEMPORARY] [SYSTEM] CONNECTION`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateConnection {
    /// Whether `TEMPORARY` is written.
    pub temporary: bool,
    /// Whether `SYSTEM` is written.
    pub system: bool,
    /// Whether `IF NOT EXISTS` is written.
    pub if_not_exists: bool,
    /// The connection's name.
    pub name: ObjectName,
    /// `COMMENT '...'`
    pub comment: Option<Text>,
    /// `WITH (...)`
    pub options: Vec<KeyValue>,
}

/// `DROP ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Drop {
    /// What kind of thing is dropped.
    pub object: ObjectKind,
    /// Whether `TEMPORARY` is written.
    pub temporary: bool,
    /// Whether `SYSTEM` is written.
    pub system: bool,
    /// Whether `IF EXISTS` is written.
    pub if_exists: bool,
    /// Its name.
    pub name: ObjectName,
    /// `CASCADE` or `RESTRICT` of a database.
    pub behavior: Option<DropBehavior>,
    /// Where the statement stands.
    pub span: Span,
}

/// The kinds of catalog object that `DROP`, `SHOW CREATE` and `DESCRIBE` speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum ObjectKind {
    Catalog,
    Database,
    Table,
    View,
    MaterializedTable,
    Function,
    Model,
    Connection,
    Job,
}

impl ObjectKind {
    /// The SQL words.
    pub fn words(self) -> &'static str {
        match self {
            ObjectKind::Catalog => "CATALOG",
            ObjectKind::Database => "DATABASE",
            ObjectKind::Table => "TABLE",
            ObjectKind::View => "VIEW",
            ObjectKind::MaterializedTable => "MATERIALIZED TABLE",
            ObjectKind::Function => "FUNCTION",
            ObjectKind::Model => "MODEL",
            ObjectKind::Connection => "CONNECTION",
            ObjectKind::Job => "JOB",
        }
    }
}

/// Whether a database is dropped with what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum DropBehavior {
    Cascade,
    Restrict,
}
