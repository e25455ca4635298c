//! Holds an answer of flinkrs against Flink's. Each difference is one line for people.

use crate::answer::{Answer, Row, materialise};
use crate::case::StatementAnswer;

/// How much of a changelog must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// Each key's changes in order, where Flink's changelog is deterministic.
    Changelog,
    /// The rows that are left: for cases with several sources, whose order relative to each other is nobody's promise. Neither is the order in
    /// which floating point numbers are summed: those agree up to their last digits.
    FinalRows,
}

/// Differences between Flink's answer and ours; none is agreement.
pub fn differences(recorded: &StatementAnswer, ours: &Answer, strictness: Strictness) -> Vec<String> {
    match (&recorded.error, &ours.error) {
        (Some(_), Some(_)) => return Vec::new(),
        (Some(error), None) => return vec![format!("Flink fails ({}), flinkrs does not", one_line(error))],
        (None, Some(error)) => return vec![format!("flinkrs fails: {error}")],
        (None, None) => {}
    }
    let mut found = Vec::new();
    if let (Some(theirs), Some(ours)) = (&recorded.schema, &ours.schema)
        && theirs != ours
    {
        found.push(format!("columns: Flink {theirs:?}, flinkrs {ours:?}"));
    }
    if let Some(changelog) = &recorded.changelog {
        if recorded.final_deterministic != Some(false) {
            let theirs = sorted(recorded.final_rows.clone().unwrap_or_else(|| materialise(changelog)));
            let left = materialise(&ours.changelog);
            let close = strictness == Strictness::FinalRows && are_close(&theirs, &left, &approximate_columns(ours));
            if !close {
                rows_differ("rows left", &theirs, &left, &mut found);
            }
        }
        if strictness == Strictness::Changelog && recorded.changelog_deterministic && found.is_empty() {
            changelogs_differ(changelog, &ours.changelog, &mut found);
        }
    } else if let (Some(theirs), Some(ours)) = (&recorded.rows, &ours.rows) {
        rows_differ("rows", theirs, ours, &mut found);
    }
    found
}

fn one_line(error: &serde_json::Value) -> String {
    error.to_string().replace('\n', " ").chars().take(300).collect()
}

fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort();
    rows
}

/// Which columns are FLOAT or DOUBLE.
fn approximate_columns(answer: &Answer) -> Vec<bool> {
    let columns = answer.schema.iter().flatten();
    columns.map(|(_, ty)| ty.starts_with("FLOAT") || ty.starts_with("DOUBLE")).collect()
}

/// Whether the rows are the same, approximate numbers within a millionth of a millionth.
fn are_close(theirs: &[Row], ours: &[Row], approximate: &[bool]) -> bool {
    let number = |cell: &Option<String>| cell.as_ref().and_then(|text| text.parse::<f64>().ok());
    let is_close = |index: usize, a: &Option<String>, b: &Option<String>| {
        a == b
            || approximate.get(index) == Some(&true)
                && number(a).zip(number(b)).is_some_and(|(a, b)| (a - b).abs() <= 1e-12 * a.abs().max(b.abs()))
    };
    let same_row =
        |(a, b): (&Row, &Row)| a.len() == b.len() && a.iter().zip(b).enumerate().all(|(i, (a, b))| is_close(i, a, b));
    theirs.len() == ours.len() && theirs.iter().zip(ours).all(same_row)
}

fn rows_differ(what: &str, theirs: &[Row], ours: &[Row], found: &mut Vec<String>) {
    if theirs != ours {
        found.push(format!("{what}: Flink {}, flinkrs {}", show(theirs), show(ours)));
    }
}

/// The same changes in any order between keys: compared as sequences of each row content's kinds, which keeps -U before +U of one value and counts.
fn changelogs_differ(theirs: &[(String, Row)], ours: &[(String, Row)], found: &mut Vec<String>) {
    let mut theirs: Vec<_> = theirs.to_vec();
    let mut ours: Vec<_> = ours.to_vec();
    theirs.sort_by(|a, b| a.1.cmp(&b.1));
    ours.sort_by(|a, b| a.1.cmp(&b.1));
    if theirs != ours {
        let show = |changes: &[(String, Row)]| {
            changes
                .iter()
                .map(|(kind, row)| format!("{kind}{}", show(std::slice::from_ref(row))))
                .collect::<Vec<_>>()
                .join(" ")
        };
        found.push(format!("changelog: Flink {}, flinkrs {}", show(&theirs), show(&ours)));
    }
}

fn show(rows: &[Row]) -> String {
    let cell = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "NULL".to_owned());
    rows.iter()
        .map(|row| format!("({})", row.iter().map(cell).collect::<Vec<_>>().join(", ")))
        .collect::<Vec<_>>()
        .join(" ")
}
