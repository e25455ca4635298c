//! How much of what Flink answered flinkrs answers too, by area.

use std::collections::BTreeMap;

/// The areas, and how the names of their cases begin, without `first_`.
const AREAS: [(&str, &[&str]); 9] = [
    ("expressions", &["expr_", "fn_", "columns_expr", "computed_columns"]),
    ("aggregates", &["agg_", "group_"]),
    ("windows", &["win_", "tumble_", "late_", "null_rowtime", "rowtime_"]),
    ("joins", &["join_"]),
    ("sub-queries and sets", &["subquery_", "set_ops", "unnest_", "values_union", "where_"]),
    ("patterns, Top-N, OVER", &["match_", "dedup", "topn", "over", "sort_", "ptf_", "changelog_"]),
    ("formats and connectors", &["format_", "csv_", "json_", "sink_", "datagen", "folder_", "insert_"]),
    ("statements", &["ddl_", "explain", "statement_", "identifiers", "stmt_", "query_"]),
    ("errors", &["errors_"]),
];

/// Cases and parts (statements or expressions), equal and all.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Count {
    cases: (usize, usize),
    parts: (usize, usize),
}

/// The score of a run.
#[derive(Debug, Default)]
pub struct Score {
    areas: BTreeMap<&'static str, Count>,
}

impl Score {
    /// Counts a case of so many parts, of which some differ.
    pub fn add(&mut self, name: &str, parts: usize, differing: usize) {
        let count = self.areas.entry(area(name)).or_default();
        count.cases.0 += usize::from(differing == 0);
        count.cases.1 += 1;
        count.parts.0 += parts.saturating_sub(differing);
        count.parts.1 += parts;
    }
}

/// A line for each area, and one for all.
impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut total = Count::default();
        let line = |f: &mut std::fmt::Formatter<'_>, area: &str, count: &Count| {
            let (cases, parts) = (count.cases, count.parts);
            let cases = format!("{} of {}", cases.0, cases.1);
            let share = 100.0 * parts.0 as f64 / parts.1.max(1) as f64;
            writeln!(f, "{area:24} {cases:>12} cases  {:>5} of {:>5} parts  {share:5.1} %", parts.0, parts.1)
        };
        for (area, count) in &self.areas {
            line(f, area, count)?;
            total.cases = (total.cases.0 + count.cases.0, total.cases.1 + count.cases.1);
            total.parts = (total.parts.0 + count.parts.0, total.parts.1 + count.parts.1);
        }
        line(f, "all", &total)
    }
}

fn area(name: &str) -> &'static str {
    let name = name.strip_prefix("first_").unwrap_or(name);
    let found = AREAS.iter().find(|(_, begins)| begins.iter().any(|begin| name.starts_with(begin)));
    found.map_or("whole jobs and others", |(area, _)| area)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_count_for_their_area() {
        let mut score = Score::default();
        score.add("first_expr_cast", 10, 0);
        score.add("fn_json_value", 90, 9);
        score.add("win_join", 4, 0);
        let text = score.to_string();
        assert!(text.contains("1 of 2 cases     91 of   100 parts   91.0 %"), "{text}");
        assert!(
            text.lines().last().is_some_and(|line| line.starts_with("all") && line.contains("95 of   104")),
            "{text}"
        );
    }
}
