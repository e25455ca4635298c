//! What flinkrs answered to one statement, in the words of the recorded cases.

use std::collections::BTreeMap;

/// Cells as the SQL client shows them; none is NULL.
pub type Row = Vec<Option<String>>;

/// An answer.
#[derive(Debug, Default)]
pub struct Answer {
    /// `[name, type]` of each column of a query.
    pub schema: Option<Vec<(String, String)>>,
    /// Changes of a query in the order they came.
    pub changelog: Vec<(String, Row)>,
    /// Rows of a SHOW, DESCRIBE, EXPLAIN.
    pub rows: Option<Vec<Row>>,
    /// What went wrong; changes that came before are kept.
    pub error: Option<String>,
}

/// The rows that are left after a changelog, sorted.
pub fn materialise(changelog: &[(String, Row)]) -> Vec<Row> {
    let mut counts: BTreeMap<&Row, i64> = BTreeMap::new();
    for (kind, row) in changelog {
        *counts.entry(row).or_default() += if kind == "-U" || kind == "-D" { -1 } else { 1 };
    }
    counts.into_iter().flat_map(|(row, count)| std::iter::repeat_n(row.clone(), count.max(0) as usize)).collect()
}
