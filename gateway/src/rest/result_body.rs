//! The body of a page of results, written straight into text: pages have thousands of rows.

use arrow_array::Array;
use chrono::{NaiveDateTime, Offset, TimeZone};
use connectors::formats::json::{JsonEncoder, JsonOptions, check_types};
use dataflow::{Batch, RowKind, TypeKind};
use expr::render::render_cell;
use serde_json::Value;

use super::error::RestError;
use super::logical_type;
use crate::results::{Page, ResultHead, ResultSet};
use crate::throwable::Throwable;

/// In which form values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowFormat {
    /// As JSON values.
    Json,
    /// As `CAST(x AS STRING)` has them.
    PlainText,
}

impl RowFormat {
    /// Flink's word.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            RowFormat::Json => "JSON",
            RowFormat::PlainText => "PLAIN_TEXT",
        }
    }

    /// A format by its name in any case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        [RowFormat::Json, RowFormat::PlainText].into_iter().find(|format| format.as_str().eq_ignore_ascii_case(text))
    }
}

/// The body of a page; `uri` is where the next one is.
pub(super) fn write(set: &ResultSet, format: RowFormat, uri: Option<&str>) -> Result<String, RestError> {
    let head = set.head.as_ref();
    if format == RowFormat::Json && check_types(&head.columns).is_err() {
        return Err(RestError::no_json());
    }
    let mut out = String::from(r#"{"resultType":"#);
    push_text(if uri.is_some() { "PAYLOAD" } else { "EOS" }, &mut out);
    out.push_str(if head.is_query { r#","isQueryResult":true"# } else { r#","isQueryResult":false"# });
    if let Some(job) = head.job {
        out.push_str(&format!(r#","jobID":"{job}""#));
    }
    out.push_str(&format!(r#","resultKind":"{}","results":{{"columns":["#, head.kind.as_str()));
    for (index, field) in head.columns.fields.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&logical_type::column(field).to_string());
    }
    out.push_str(&format!(r#"],"rowFormat":"{}","data":["#, format.as_str()));
    match &set.page {
        Page::Texts(rows) => push_texts(head, rows, format, &mut out),
        Page::Batches(batches) => push_batches(head, batches, format, &mut out)?,
    }
    out.push_str("]}");
    if let Some(uri) = uri {
        out.push_str(r#","nextResultUri":"#);
        push_text(uri, &mut out);
    }
    out.push('}');
    Ok(out)
}

fn push_texts(head: &ResultHead, rows: &[Vec<Option<String>>], format: RowFormat, out: &mut String) {
    for (index, row) in rows.iter().enumerate() {
        begin_row(index == 0, RowKind::Insert, out);
        out.push('[');
        for (column, (cell, field)) in row.iter().zip(&head.columns.fields).enumerate() {
            if column > 0 {
                out.push(',');
            }
            match (cell, format, &field.ty.kind) {
                (None, ..) => out.push_str("null"),
                (Some(text), RowFormat::Json, TypeKind::Boolean) => out.push_str(&text.to_lowercase()),
                (Some(text), RowFormat::Json, TypeKind::TimestampLtz { .. }) => push_text(&in_zone(text, head), out),
                (Some(text), ..) => push_text(text, out),
            }
        }
        out.push_str("]}");
    }
}

/// An instant that is a text in UTC, as values of queries show it: in the session's zone, with a `Z` all the same.
fn in_zone(text: &str, head: &ResultHead) -> String {
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    let parsed = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let Some(utc) = parsed else { return text.to_owned() };
    let local = utc + head.zone.offset_from_utc_datetime(&utc).fix();
    let shown = local.format("%Y-%m-%dT%H:%M:%S%.f").to_string();
    let trimmed = if shown.contains('.') { shown.trim_end_matches('0') } else { &shown };
    format!("{trimmed}Z")
}

fn push_batches(head: &ResultHead, batches: &[Batch], format: RowFormat, out: &mut String) -> Result<(), RestError> {
    let all: Vec<usize> = (0..head.columns.len()).collect();
    let names: Vec<String> = head.columns.fields.iter().map(|field| field.name.clone()).collect();
    let encoder = JsonEncoder::new(&JsonOptions::of_result_rows(head.zone), &head.columns, &all, &names);
    let mut first = true;
    for batch in batches {
        let json = encoder.rows(batch);
        for row in 0..batch.num_rows() {
            begin_row(std::mem::take(&mut first), batch.kind(row), out);
            match format {
                RowFormat::Json => json.write_values(row, out).map_err(|failure| {
                    RestError::internal(&Throwable::new("java.lang.RuntimeException", failure.to_string()))
                })?,
                RowFormat::PlainText => push_plain(head, batch, row, out),
            }
            out.push('}');
        }
    }
    Ok(())
}

fn push_plain(head: &ResultHead, batch: &Batch, row: usize, out: &mut String) {
    let mut text = String::new();
    out.push('[');
    for (index, (field, column)) in head.columns.fields.iter().zip(batch.columns()).enumerate() {
        if index > 0 {
            out.push(',');
        }
        if column.is_null(row) {
            out.push_str("null");
        } else {
            text.clear();
            render_cell(column.as_ref(), row, &field.ty, head.zone, &mut text);
            push_text(&text, out);
        }
    }
    out.push(']');
}

fn begin_row(first: bool, kind: RowKind, out: &mut String) {
    let kind = match kind {
        RowKind::Insert => "INSERT",
        RowKind::UpdateBefore => "UPDATE_BEFORE",
        RowKind::UpdateAfter => "UPDATE_AFTER",
        RowKind::Delete => "DELETE",
    };
    out.push_str(if first { r#"{"kind":""# } else { r#",{"kind":""# });
    out.push_str(kind);
    out.push_str(r#"","fields":"#);
}

fn push_text(text: &str, out: &mut String) {
    out.push_str(&Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int8Array, Int32Array, RecordBatch, TimestampMillisecondArray};
    use chrono_tz::Europe::Berlin;
    use dataflow::{Field, RowType, TimeAttribute};

    use super::*;
    use crate::results::ResultKind;

    fn body(page: Page, format: RowFormat) -> Value {
        let instant = TypeKind::TimestampLtz { precision: 3, attribute: TimeAttribute::None };
        let columns =
            RowType::new(vec![Field::new("a", TypeKind::Int.not_null()), Field::new("t", instant.nullable())]);
        let head = ResultHead {
            columns,
            kind: ResultKind::SuccessWithContent,
            is_query: true,
            job: None,
            zone: expr::Zone::Named(Berlin),
        };
        let set = ResultSet { head: Arc::new(head), page, next: Some(1) };
        serde_json::from_str(&write(&set, format, Some("/next")).expect("it can be written")).expect("it is JSON")
    }

    #[test]
    fn rows_in_both_formats() {
        let numbers = Arc::new(Int32Array::from(vec![1, 2])) as _;
        let times = Arc::new(TimestampMillisecondArray::from(vec![Some(1_700_000_000_120), None])) as _;
        let rows =
            RecordBatch::try_from_iter_with_nullable([("a", numbers, false), ("t", times, true)]).expect("columns");
        let batch = Batch::changes(rows, Int8Array::from(vec![0, 3]));
        let page = Page::Batches(vec![batch]);
        let json = body(page.clone(), RowFormat::Json);
        assert_eq!(json["resultType"], "PAYLOAD");
        assert_eq!(
            json["results"]["data"],
            serde_json::json!([
                {"kind": "INSERT", "fields": [1, "2023-11-14T23:13:20.12Z"]},
                {"kind": "DELETE", "fields": [2, null]}
            ])
        );
        let plain = body(page, RowFormat::PlainText);
        assert_eq!(plain["results"]["data"][0]["fields"], serde_json::json!(["1", "2023-11-14 23:13:20.120"]));
    }

    #[test]
    fn texts_of_instants_move_into_the_zone() {
        let row = vec![Some("7".to_owned()), Some("2026-11-29T08:15:40.842".to_owned())];
        let page = Page::Texts(vec![row]);
        assert_eq!(body(page.clone(), RowFormat::Json)["results"]["data"][0]["fields"][1], "2026-11-29T09:15:40.842Z");
        assert_eq!(body(page, RowFormat::PlainText)["results"]["data"][0]["fields"][1], "2026-11-29T08:15:40.842");
    }
}
