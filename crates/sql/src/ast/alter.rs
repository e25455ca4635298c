//! Every `ALTER` statement.

use super::{
    Distribution, FunctionLanguage, Ident, KeyValue, ObjectName, PartitionItem, Query, RefreshMode, StartMode,
    TableSchema, Text,
};

/// `ALTER TABLE [IF EXISTS] name ...`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterTable {
    /// Whether `IF EXISTS` is written.
    pub if_exists: bool,
    /// The table.
    pub name: ObjectName,
    /// What is done.
    pub op: AlterTableOp,
}

/// What `ALTER TABLE` and `ALTER MATERIALIZED TABLE` do to a table's definition.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterTableOp {
    /// `RENAME TO name`
    Rename(ObjectName),
    /// `RENAME old TO new`
    RenameColumn {
        /// The column.
        from: ObjectName,
        /// Its new name.
        to: ObjectName,
    },
    /// `SET ('k' = 'v')`
    SetOptions(Vec<KeyValue>),
    /// `RESET ('k')`
    ResetOptions(Vec<Text>),
    /// `ADD ...` of columns, constraints and a watermark.
    Add(TableSchema),
    /// `MODIFY ...` of columns, constraints and the watermark.
    Modify(TableSchema),
    /// `ADD DISTRIBUTION ...`
    AddDistribution(Distribution),
    /// `MODIFY DISTRIBUTION ...`
    ModifyDistribution(Distribution),
    /// `DROP column` or `DROP (a, b)`
    DropColumns(Vec<ObjectName>),
    /// `DROP PRIMARY KEY`
    DropPrimaryKey,
    /// `DROP CONSTRAINT name`
    DropConstraint(Ident),
    /// `DROP WATERMARK`
    DropWatermark,
    /// `DROP DISTRIBUTION`
    DropDistribution,
    /// `ADD [IF NOT EXISTS] PARTITION (...) [WITH (...)] ...`
    AddPartitions {
        /// Whether `IF NOT EXISTS` is written.
        if_not_exists: bool,
        /// The partitions.
        partitions: Vec<NewPartition>,
    },
    /// `DROP [IF EXISTS] PARTITION (...), ...`
    DropPartitions {
        /// Whether `IF EXISTS` is written.
        if_exists: bool,
        /// The partitions.
        partitions: Vec<Vec<PartitionItem>>,
    },
}

/// `PARTITION (...) [WITH (...)]`
#[derive(Debug, Clone, PartialEq)]
pub struct NewPartition {
    /// Its values.
    pub spec: Vec<PartitionItem>,
    /// Its options.
    pub options: Vec<KeyValue>,
}

/// `ALTER VIEW name ...`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterView {
    /// Whether `IF EXISTS` is written.
    pub if_exists: bool,
    /// The view.
    pub name: ObjectName,
    /// What is done.
    pub op: AlterViewOp,
}

/// What `ALTER VIEW` does.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterViewOp {
    /// `RENAME TO name`
    Rename(ObjectName),
    /// `AS query`
    As(Box<Query>),
}

/// `ALTER CATALOG name ...`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterCatalog {
    /// The catalog.
    pub name: Ident,
    /// What is done.
    pub op: AlterOptionsOp,
}

/// Changes to things that have options, a name and perhaps a comment.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterOptionsOp {
    /// `SET ('k' = 'v')`
    Set(Vec<KeyValue>),
    /// `RESET ('k')`
    Reset(Vec<Text>),
    /// `COMMENT '...'`
    Comment(Text),
    /// `RENAME TO name`
    Rename(ObjectName),
}

/// `ALTER DATABASE name SET (...)`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterDatabase {
    /// The database.
    pub name: ObjectName,
    /// The options set.
    pub options: Vec<KeyValue>,
}

/// `ALTER [TEMPORARY] [SYSTEM] FUNCTION name AS ...`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterFunction {
    /// Whether `TEMPORARY` is written.
    pub temporary: bool,
    /// Whether `SYSTEM` is written.
    pub system: bool,
    /// Whether `IF EXISTS` is written.
    pub if_exists: bool,
    /// The function.
    pub name: ObjectName,
    /// The class, or the path of a Python function.
    pub class: Text,
    /// `LANGUAGE ...`
    pub language: Option<FunctionLanguage>,
}

/// `ALTER MODEL [IF EXISTS] name ...`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterModel {
    /// Whether `IF EXISTS` is written.
    pub if_exists: bool,
    /// The model.
    pub name: ObjectName,
    /// What is done.
    pub op: AlterOptionsOp,
}

/// `ALTER CONNECTION [IF EXISTS] name ...`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterConnection {
    /// Whether `IF EXISTS` is written.
    pub if_exists: bool,
    /// The connection.
    pub name: ObjectName,
    /// What is done.
    pub op: AlterOptionsOp,
}

/// `ALTER MATERIALIZED TABLE name ...`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterMaterializedTable {
    /// The table.
    pub name: ObjectName,
    /// What is done.
    pub op: AlterMaterializedTableOp,
}

/// What `ALTER MATERIALIZED TABLE` does.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterMaterializedTableOp {
    /// `SUSPEND`
    Suspend,
    /// `RESUME [WITH (...)]`
    Resume(Vec<KeyValue>),
    /// `REFRESH [PARTITION (...)]`
    Refresh(Vec<PartitionItem>),
    /// `SET FRESHNESS = interval`
    SetFreshness(super::Expr),
    /// `SET REFRESH_MODE = mode`
    SetRefreshMode(RefreshMode),
    /// `[START_MODE = mode] AS query`
    As {
        /// Where the next refresh starts reading.
        start_mode: Option<StartMode>,
        /// The query.
        query: Box<Query>,
    },
    /// A change that tables know too.
    Table(AlterTableOp),
}
