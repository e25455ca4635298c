//! `CREATE TABLE` and the parts that other statements about tables share: columns, constraints, watermarks, options.

use super::{DataType, Expr, Ident, KeyValue, ObjectName, Query, Span, Text};

/// `CREATE [OR REPLACE] [TEMPORARY] TABLE` in all its forms, and `REPLACE TABLE ... AS`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateTable {
    /// How an existing table of this name is treated.
    pub mode: CreateMode,
    /// Whether `TEMPORARY` is written.
    pub temporary: bool,
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
    /// `WITH (...)`, in order.
    pub options: Vec<KeyValue>,
    /// `LIKE ...`
    pub like: Option<TableLike>,
    /// `AS query`
    pub as_query: Option<Box<Query>>,
}

/// Which words begin a `CREATE` that may replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateMode {
    /// `CREATE`
    Create,
    /// `CREATE OR REPLACE`
    CreateOrReplace,
    /// `REPLACE`
    Replace,
    /// `CREATE OR ALTER`
    CreateOrAlter,
}

/// What stands in the parentheses after a table's name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableSchema {
    /// Columns with types, computed and metadata columns, in order.
    pub columns: Vec<ColumnDef>,
    /// Bare column names, which order the columns of `AS query`.
    pub column_names: Vec<Ident>,
    /// Constraints written as elements of their own.
    pub constraints: Vec<TableConstraint>,
    /// `WATERMARK FOR column AS expr`
    pub watermark: Option<WatermarkDef>,
    /// With its parentheses; empty when there are none.
    pub span: Span,
}

impl TableSchema {
    /// Every constraint: the separate ones and those written at a column, the latter with that column.
    pub fn all_constraints(&self) -> Vec<TableConstraint> {
        let inline = self.columns.iter().filter_map(|column| {
            let constraint = column.constraint.as_ref()?;
            Some(TableConstraint { columns: vec![column.name.clone()], ..constraint.clone() })
        });
        inline.chain(self.constraints.iter().cloned()).collect()
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnDef {
    /// The rows around a nested field that `ALTER TABLE` speaks of; else empty.
    pub parents: Vec<Ident>,
    /// Its name.
    pub name: Ident,
    /// What it is made of.
    pub kind: ColumnKind,
    /// `PRIMARY KEY` or `UNIQUE` at the column; its `columns` are empty.
    pub constraint: Option<TableConstraint>,
    /// `COMMENT '...'`
    pub comment: Option<Text>,
    /// `FIRST` or `AFTER column` of `ALTER TABLE`.
    pub position: Option<ColumnPosition>,
    /// The whole element.
    pub span: Span,
}

/// What a column is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnKind {
    /// A column stored by the connector.
    Physical(DataType),
    /// `AS expr`
    Computed(Expr),
    /// `type METADATA [FROM 'key'] [VIRTUAL]`
    Metadata {
        /// The column's type.
        data_type: DataType,
        /// The key when it differs from the name.
        key: Option<Text>,
        /// Whether it can only be read.
        is_virtual: bool,
    },
}

/// Where `ALTER TABLE` puts a column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnPosition {
    /// `FIRST`
    First,
    /// `AFTER column`
    After(ObjectName),
}

/// `[CONSTRAINT name] PRIMARY KEY (columns) [[NOT] ENFORCED]`
#[derive(Debug, Clone, PartialEq)]
pub struct TableConstraint {
    /// The constraint's name.
    pub name: Option<Ident>,
    /// Which constraint.
    pub kind: ConstraintKind,
    /// Its columns.
    pub columns: Vec<Ident>,
    /// False after `NOT ENFORCED`; absent when nothing is said, which means enforced.
    pub enforced: Option<bool>,
    /// The whole element.
    pub span: Span,
}

/// Kinds of constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum ConstraintKind {
    PrimaryKey,
    Unique,
}

/// `WATERMARK FOR column AS strategy`
#[derive(Debug, Clone, PartialEq)]
pub struct WatermarkDef {
    /// The rowtime column, or a path to a nested field.
    pub column: ObjectName,
    /// The expression that yields watermarks.
    pub strategy: Expr,
    /// The whole element.
    pub span: Span,
}

/// `DISTRIBUTED [BY [HASH | RANGE] (columns)] [INTO n BUCKETS]`
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// `HASH` or `RANGE`, when written.
    pub kind: Option<DistributionKind>,
    /// The bucket keys; empty when not given.
    pub columns: Vec<Ident>,
    /// The number of buckets.
    pub buckets: Option<u32>,
    /// The whole clause.
    pub span: Span,
}

/// How rows are spread over buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum DistributionKind {
    Hash,
    Range,
}

/// `LIKE table [(options)]`
#[derive(Debug, Clone, PartialEq)]
pub struct TableLike {
    /// The table that is followed.
    pub table: ObjectName,
    /// What is taken from it, in order.
    pub options: Vec<TableLikeOption>,
    /// The whole clause.
    pub span: Span,
}

/// One option of `LIKE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableLikeOption {
    /// Whether and how the feature is taken.
    pub merging: MergingStrategy,
    /// Which feature.
    pub feature: LikeFeature,
}

/// How `LIKE` takes a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum MergingStrategy {
    Including,
    Excluding,
    Overwriting,
}

/// What `LIKE` can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum LikeFeature {
    All,
    Constraints,
    Distribution,
    Generated,
    Metadata,
    Options,
    Partitions,
    Watermarks,
}
