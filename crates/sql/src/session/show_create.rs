//! The CREATE statements that SHOW CREATE writes back, as Flink writes them.

use dataflow::{Field, LogicalType, TypeKind};

use crate::catalog::{CatalogTable, CatalogView, ColumnSource, TableColumn, quote_identifier};

pub(super) fn metadata_text(key: Option<&str>, is_virtual: bool) -> String {
    let from = key.map_or_else(String::new, |key| format!(" FROM '{key}'"));
    format!("METADATA{from}{}", if is_virtual { " VIRTUAL" } else { "" })
}

/// `CREATE TABLE` as Flink writes it back.
pub(super) fn create_table_text(path: &str, table: &CatalogTable, temporary: bool) -> String {
    let mut elements: Vec<String> = table.columns.iter().map(column_text).collect();
    if let Some(watermark) = &table.watermark {
        let column = &table.columns[watermark.rowtime].name;
        elements.push(format!("WATERMARK FOR {} AS {}", quote_identifier(column), watermark.text));
    }
    if let Some(key) = &table.primary_key {
        let columns = quoted(&key.columns);
        elements.push(format!("CONSTRAINT {} PRIMARY KEY ({columns}) NOT ENFORCED", quote_identifier(&key.name)));
    }
    let word = if temporary { "TEMPORARY TABLE" } else { "TABLE" };
    let mut text = format!("CREATE {word} {path} (\n  {}\n)\n", elements.join(",\n  "));
    text.push_str(&comment_line(table.comment.as_deref()));
    if let Some(distribution) = &table.distribution {
        let by = match (distribution.kind, distribution.columns.is_empty()) {
            (_, true) => String::new(),
            (Some(kind), false) => format!(" BY {kind}({})", quoted(&distribution.columns)),
            (None, false) => format!(" BY ({})", quoted(&distribution.columns)),
        };
        let into = distribution.buckets.map_or_else(String::new, |buckets| format!(" INTO {buckets} BUCKETS"));
        text.push_str(&format!("DISTRIBUTED{by}{into}\n"));
    }
    if !table.partition_keys.is_empty() {
        text.push_str(&format!("PARTITIONED BY ({})\n", quoted(&table.partition_keys)));
    }
    text.push_str(&with_clause(&table.options));
    text
}

fn column_text(column: &TableColumn) -> String {
    let name = quote_identifier(&column.name);
    let comment = column.comment.as_ref().map_or_else(String::new, |text| format!(" COMMENT '{}'", escape(text)));
    match &column.source {
        ColumnSource::Physical => format!("{name} {}{comment}", sql_type(&column.ty)),
        ColumnSource::Computed { text, .. } => format!("{name} AS {text}{comment}"),
        ColumnSource::Metadata { key, is_virtual } => {
            format!("{name} {} {}{comment}", sql_type(&column.ty), metadata_text(key.as_deref(), *is_virtual))
        }
    }
}

/// A type in the form that Flink's serialisation uses: lengths written out, TIMESTAMP(3) WITH LOCAL TIME ZONE.
fn sql_type(ty: &LogicalType) -> String {
    let kind = match &ty.kind {
        TypeKind::TimestampLtz { precision, .. } => format!("TIMESTAMP({precision}) WITH LOCAL TIME ZONE"),
        TypeKind::Varchar { length } => format!("VARCHAR({length})"),
        TypeKind::Varbinary { length } => format!("VARBINARY({length})"),
        TypeKind::Array(element) => format!("ARRAY<{}>", sql_type(element)),
        TypeKind::Multiset(element) => format!("MULTISET<{}>", sql_type(element)),
        TypeKind::Map(key, value) => format!("MAP<{}, {}>", sql_type(key), sql_type(value)),
        TypeKind::Row(row) => {
            let field = |field: &Field| format!("{} {}", quote_identifier(&field.name), sql_type(&field.ty));
            format!("ROW<{}>", row.fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        kind => kind.to_string(),
    };
    if ty.nullable { kind } else { format!("{kind} NOT NULL") }
}

/// `CREATE VIEW` as Flink writes it back, of the view's query in this form.
pub(super) fn create_view_text(path: &str, view: &CatalogView, query: &str, temporary: bool) -> String {
    let word = if temporary { "TEMPORARY VIEW" } else { "VIEW" };
    let names: Vec<String> = view.schema.fields.iter().map(|field| quote_identifier(&field.name)).collect();
    let comment = comment_line(view.comment.as_deref());
    format!("CREATE {word} {path} (\n  {}\n)\n{comment}AS {query}\n", names.join(",\n  "))
}

pub(super) fn with_clause(options: &indexmap::IndexMap<String, String>) -> String {
    let mut pairs: Vec<String> =
        options.iter().map(|(key, value)| format!("  '{}' = '{}'", escape(key), escape(value))).collect();
    pairs.sort();
    if pairs.is_empty() { String::new() } else { format!("WITH (\n{}\n)\n", pairs.join(",\n")) }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| quote_identifier(name)).collect::<Vec<_>>().join(", ")
}

fn escape(text: &str) -> String {
    text.replace('\'', "''")
}

/// The comment of what is created, on a line of its own.
pub(super) fn comment_line(comment: Option<&str>) -> String {
    comment.map_or_else(String::new, |text| format!("COMMENT '{}'\n", escape(text)))
}
