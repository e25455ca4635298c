//! Statements that only look: `SHOW`, `DESCRIBE`, `EXPLAIN`.

use super::{ObjectKind, ObjectName, PartitionItem, Statement, Text};

/// `SHOW ...`
#[derive(Debug, Clone, PartialEq)]
pub enum Show {
    /// `SHOW CURRENT CATALOG`
    CurrentCatalog,
    /// `SHOW CURRENT DATABASE`
    CurrentDatabase,
    /// `SHOW TABLES`, `SHOW DATABASES` and the like.
    List {
        /// What is listed.
        what: ShowList,
        /// The catalog or database of `FROM` or `IN`.
        from: Option<ObjectName>,
        /// `[NOT] LIKE '...'`
        like: Option<ShowLike>,
    },
    /// `SHOW COLUMNS FROM table [[NOT] LIKE '...']`
    Columns {
        /// The table.
        table: ObjectName,
        /// `[NOT] LIKE '...'`
        like: Option<ShowLike>,
    },
    /// `SHOW PARTITIONS table [PARTITION (...)]`
    Partitions {
        /// The table.
        table: ObjectName,
        /// `PARTITION (...)`; empty when not given.
        partition: Vec<PartitionItem>,
    },
    /// `SHOW CREATE TABLE name` and the like.
    Create {
        /// What kind of thing.
        object: ObjectKind,
        /// Whether `CREATE OR ALTER` is asked for, of a materialized table.
        or_alter: bool,
        /// Its name.
        name: ObjectName,
    },
    /// `SHOW [FULL] MODULES`
    Modules {
        /// Whether modules out of use are listed too.
        full: bool,
    },
    /// `SHOW JARS`
    Jars,
    /// `SHOW JOBS`
    Jobs,
}

/// What `SHOW` can list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum ShowList {
    Catalogs,
    Databases,
    Tables,
    Views,
    MaterializedTables,
    Functions,
    UserFunctions,
    Procedures,
    Models,
    Connections,
}

impl ShowList {
    /// The SQL words.
    pub fn words(self) -> &'static str {
        match self {
            ShowList::Catalogs => "CATALOGS",
            ShowList::Databases => "DATABASES",
            ShowList::Tables => "TABLES",
            ShowList::Views => "VIEWS",
            ShowList::MaterializedTables => "MATERIALIZED TABLES",
            ShowList::Functions => "FUNCTIONS",
            ShowList::UserFunctions => "USER FUNCTIONS",
            ShowList::Procedures => "PROCEDURES",
            ShowList::Models => "MODELS",
            ShowList::Connections => "CONNECTIONS",
        }
    }
}

/// `[NOT] LIKE 'pattern'` or `[NOT] ILIKE 'pattern'`
#[derive(Debug, Clone, PartialEq)]
pub struct ShowLike {
    /// Whether `NOT` is written.
    pub negated: bool,
    /// Whether case is ignored (`ILIKE`).
    pub ignore_case: bool,
    /// The pattern.
    pub pattern: Text,
}

/// `DESCRIBE ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Describe {
    /// What kind of thing; a view is described as a table.
    pub object: ObjectKind,
    /// Whether `EXTENDED` is written.
    pub extended: bool,
    /// Its name; of a job, the id.
    pub target: DescribeTarget,
}

/// What `DESCRIBE` names.
#[derive(Debug, Clone, PartialEq)]
pub enum DescribeTarget {
    /// A catalog object.
    Name(ObjectName),
    /// `DESCRIBE JOB 'id'`
    JobId(Text),
}

/// `EXPLAIN [PLAN FOR | details] statement`
#[derive(Debug, Clone, PartialEq)]
pub struct Explain {
    /// What is shown besides the plan.
    pub details: Vec<ExplainDetail>,
    /// What is explained.
    pub statement: Box<Statement>,
}

/// What `EXPLAIN` can show besides the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExplainDetail {
    /// `ESTIMATED_COST`
    EstimatedCost,
    /// `CHANGELOG_MODE`
    ChangelogMode,
    /// `JSON_EXECUTION_PLAN`
    JsonExecutionPlan,
    /// `PLAN_ADVICE`
    PlanAdvice,
}

impl ExplainDetail {
    /// The SQL word.
    pub fn word(self) -> &'static str {
        match self {
            ExplainDetail::EstimatedCost => "ESTIMATED_COST",
            ExplainDetail::ChangelogMode => "CHANGELOG_MODE",
            ExplainDetail::JsonExecutionPlan => "JSON_EXECUTION_PLAN",
            ExplainDetail::PlanAdvice => "PLAN_ADVICE",
        }
    }
}
