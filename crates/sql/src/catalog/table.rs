//! A table as its DDL declares it, bound: columns with types, watermark, keys and options.

use dataflow::{Expr, Field, LogicalType, RowType, TimeAttribute, TypeKind};
use indexmap::IndexMap;

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogTable {
    /// All columns, in DDL order.
    pub columns: Vec<TableColumn>,
    /// `WATERMARK FOR`.
    pub watermark: Option<TableWatermark>,
    /// `PRIMARY KEY ... NOT ENFORCED`.
    pub primary_key: Option<PrimaryKey>,
    /// `PARTITIONED BY`.
    pub partition_keys: Vec<String>,
    /// `DISTRIBUTED`.
    pub distribution: Option<TableDistribution>,
    /// `WITH`, in order.
    pub options: IndexMap<String, String>,
    /// `COMMENT`.
    pub comment: Option<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// Its type; a rowtime or proctime column carries its time attribute.
    pub ty: LogicalType,
    /// Where its values come from.
    pub source: ColumnSource,
    /// `COMMENT`.
    pub comment: Option<String>,
}

/// Where the values of a column come from.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnSource {
    /// The record.
    Physical,
    /// The connector, beside the record.
    Metadata {
        /// The key of `FROM`, when it differs from the name.
        key: Option<String>,
        /// `VIRTUAL`: not written.
        is_virtual: bool,
    },
    /// An expression over the other columns of the table.
    Computed {
        /// The expression, back-quoted as Flink shows it.
        text: String,
        /// The expression over [`CatalogTable::columns`].
        expr: Expr,
    },
}

/// The watermark strategy of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableWatermark {
    /// Index of the rowtime column.
    pub rowtime: usize,
    /// The expression, back-quoted as Flink shows it.
    pub text: String,
    /// The expression over [`CatalogTable::columns`].
    pub expr: Expr,
}

/// A primary key. Never enforced: Flink does not own the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryKey {
    /// The constraint's name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
}

/// `DISTRIBUTED BY HASH(columns) INTO n BUCKETS`; kept for SHOW CREATE TABLE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDistribution {
    /// `HASH` or `RANGE`.
    pub kind: Option<&'static str>,
    /// The bucket keys.
    pub columns: Vec<String>,
    /// The number of buckets.
    pub buckets: Option<u32>,
}

impl CatalogTable {
    /// Names and types of all columns.
    pub fn row_type(&self) -> RowType {
        RowType::new(self.columns.iter().map(|column| Field::new(&column.name, column.ty.clone())).collect())
    }

    /// The physical columns, without time attributes: what the format sees.
    pub fn physical_row_type(&self) -> RowType {
        let physical = self.columns.iter().filter(|column| column.source == ColumnSource::Physical);
        RowType::new(physical.map(|column| Field::new(&column.name, column.ty.without_time_attribute())).collect())
    }

    /// Position of a physical column among the physical columns.
    pub fn physical_index(&self, column: usize) -> usize {
        self.columns[..column].iter().filter(|column| column.source == ColumnSource::Physical).count()
    }

    /// The index of the column of that name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Indices of the columns that can be written: physical ones and metadata that is not virtual.
    pub fn writable_columns(&self) -> Vec<usize> {
        let writable = |column: &TableColumn| match &column.source {
            ColumnSource::Physical => true,
            ColumnSource::Metadata { is_virtual, .. } => !is_virtual,
            ColumnSource::Computed { .. } => false,
        };
        (0..self.columns.len()).filter(|&index| writable(&self.columns[index])).collect()
    }
}

impl TableColumn {
    /// The type as DESCRIBE and result schemas show it, without NOT NULL: `TIMESTAMP(3) *ROWTIME*`.
    pub fn type_text(&self) -> String {
        let kind = self.ty.kind.to_string();
        match self.ty.time_attribute() {
            TimeAttribute::None => kind,
            TimeAttribute::Rowtime => format!("{kind} *ROWTIME*"),
            TimeAttribute::Proctime => format!("{kind} *PROCTIME*"),
        }
    }
}

/// A timestamp type with this time attribute; other types are returned as they are.
pub(crate) fn with_time_attribute(ty: &LogicalType, attribute: TimeAttribute) -> LogicalType {
    let kind = match ty.kind {
        TypeKind::Timestamp { precision, .. } => TypeKind::Timestamp { precision, attribute },
        TypeKind::TimestampLtz { precision, .. } => TypeKind::TimestampLtz { precision, attribute },
        ref other => other.clone(),
    };
    LogicalType { kind, nullable: ty.nullable }
}
