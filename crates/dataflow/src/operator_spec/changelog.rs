//! Changes as rows, and rows as changes: Flink's built-in functions TO_CHANGELOG and FROM_CHANGELOG.

use serde::{Deserialize, Serialize};

use crate::types::RowType;

/// Makes an inserted row of each change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToChangelogSpec {
    /// What +I, -U, +U and -D are called; changes without a name are left out.
    pub codes: [Option<String>; 4],
    /// The name of the change, and the input's columns.
    pub output: RowType,
}

/// Makes a change of each inserted row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FromChangelogSpec {
    /// The column that names the change.
    pub op: usize,
    /// What +I, -U, +U and -D are called.
    pub codes: [Vec<String>; 4],
    /// The other columns.
    pub output: RowType,
}
