//! What a sink does with rows of one primary key that are not changes of one row: ON CONFLICT DO ERROR and DO NOTHING.

use serde::{Deserialize, Serialize};

use crate::types::{Field, RowType, TypeKind};

/// Puts the watermark behind each row at which it has gone on, so that who takes rows of several subtasks knows when all of that time have come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WatermarkTimestampAssignerSpec {
    /// The input and [`watermark_field`].
    pub output: RowType,
}

/// Keeps the changes of a table until the watermark has passed them, and lets through what is left of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WatermarkCompactingSinkMaterializerSpec {
    /// Columns of the primary key.
    pub primary_key: Vec<usize>,
    /// Their names in the table, for messages.
    pub primary_key_names: Vec<String>,
    /// Columns by which a row of a primary key is known again; absent when only the row as a whole tells.
    pub upsert_key: Option<Vec<usize>>,
    /// What happens when there is more than one.
    pub behavior: ConflictBehavior,
    /// The input without [`watermark_field`].
    pub output: RowType,
}

/// What happens when there is more than one row of a primary key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictBehavior {
    /// The job fails.
    Error,
    /// The first one stays.
    Nothing,
}

/// The column with the watermark of a row.
pub fn watermark_field() -> Field {
    Field::new("$watermark", TypeKind::BigInt.not_null())
}
