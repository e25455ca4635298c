//! SHOW and DESCRIBE.

use dataflow::{Field, LogicalType, RowType, TypeKind};

use super::{Outcome, Session};
use crate::ast::{Describe, DescribeTarget, ObjectKind, ObjectName, Show, ShowLike, ShowList, Span};
use crate::bind::{catalog_error, not_supported};
use crate::catalog::{CatalogEntry, CatalogTable, CatalogView, ColumnSource, TableColumn, quote_identifier};
use crate::error::SqlError;

impl Session {
    pub(super) fn show(&self, show: &Show, span: Span) -> Result<Outcome, SqlError> {
        match show {
            Show::CurrentCatalog => {
                Ok(Outcome::list("current catalog name", [self.catalog.current_catalog().to_owned()]))
            }
            Show::CurrentDatabase => {
                Ok(Outcome::list("current database name", [self.catalog.current_database().to_owned()]))
            }
            Show::List { what, from, like } => self.show_list(*what, from.as_ref(), like.as_ref(), span),
            Show::Columns { table, like } => {
                let mut outcome = self.describe_table(table)?;
                if let (Some(like), Outcome::Table { rows, .. }) = (like, &mut outcome) {
                    rows.retain(|row| matches(like, row[0].as_deref().unwrap_or_default()));
                }
                Ok(outcome)
            }
            Show::Create { object: ObjectKind::Table, name, .. } => match self.known_entry(name)? {
                CatalogEntry::Table(table) => {
                    let path = self.path(name)?;
                    let temporary = self.catalog.is_temporary(&path);
                    Ok(Outcome::list("result", [create_table_text(&path.quoted(), &table, temporary)]))
                }
                CatalogEntry::View(_) => {
                    let path = self.path(name)?;
                    Err(SqlError::validation(
                        format!(
                            "SHOW CREATE TABLE is only supported for tables, but {} is a view. Please use SHOW CREATE VIEW instead.",
                            path.quoted()
                        ),
                        name.span,
                    ))
                }
            },
            Show::Create { object: ObjectKind::View, name, .. } => match self.known_entry(name)? {
                CatalogEntry::View(view) => {
                    let path = self.path(name)?;
                    let temporary = self.catalog.is_temporary(&path);
                    Ok(Outcome::list("result", [create_view_text(&path.quoted(), &view, temporary)]))
                }
                CatalogEntry::Table(_) => {
                    let path = self.path(name)?;
                    Err(SqlError::validation(
                        format!(
                            "SHOW CREATE VIEW is only supported for views, but {} is a table. Please use SHOW CREATE TABLE instead.",
                            path.quoted()
                        ),
                        name.span,
                    ))
                }
            },
            Show::Create { object: ObjectKind::Catalog, name, .. } => {
                let name = name.last();
                let catalog = self.catalog.catalog(&name.value).map_err(|error| catalog_error(error, name.span))?;
                let text =
                    format!("CREATE CATALOG {}\n{}", quote_identifier(&name.value), with_clause(&catalog.options));
                Ok(Outcome::list("result", [text]))
            }
            Show::Modules { full: false } => Ok(Outcome::list("module name", ["core".to_owned()])),
            Show::Modules { full: true } => Ok(Outcome::Table {
                columns: RowType::new(vec![text_column("module name"), boolean_column("used")]),
                rows: vec![vec![Some("core".into()), Some("TRUE".into())]],
            }),
            Show::Jars => Ok(Outcome::list("jars", [])),
            Show::Create { object, .. } => Err(not_supported(&format!("SHOW CREATE {}", object.words()), span)),
            Show::Partitions { .. } => Err(not_supported("SHOW PARTITIONS", span)),
            Show::Jobs => Err(not_supported("SHOW JOBS", span)),
        }
    }

    fn show_list(
        &self,
        what: ShowList,
        from: Option<&ObjectName>,
        like: Option<&ShowLike>,
        span: Span,
    ) -> Result<Outcome, SqlError> {
        let (column, names): (&str, Vec<String>) = match what {
            ShowList::Catalogs => ("catalog name", self.catalog.catalogs().map(|(name, _)| name.to_owned()).collect()),
            ShowList::Databases => {
                let catalog = from.map_or(self.catalog.current_catalog(), |name| name.last().value.as_str());
                let catalog = self.catalog.catalog(catalog).map_err(|error| catalog_error(error, span))?;
                ("database name", catalog.databases.keys().cloned().collect())
            }
            ShowList::Tables | ShowList::Views => {
                let (catalog, database) = match from {
                    Some(name) => self.database_path(name)?,
                    None => (self.catalog.current_catalog().to_owned(), self.catalog.current_database().to_owned()),
                };
                let mut names =
                    self.catalog.entry_names(&catalog, &database).map_err(|error| catalog_error(error, span))?;
                if what == ShowList::Views {
                    let is_view = |name: &String| {
                        let path = crate::catalog::ObjectPath::new(&catalog, &database, name);
                        self.catalog.entry(&path).is_some_and(CatalogEntry::is_view)
                    };
                    names.retain(is_view);
                }
                (if what == ShowList::Views { "view name" } else { "table name" }, names)
            }
            ShowList::Functions => {
                let catalogue = ::expr::functions::catalogue().iter();
                let named = catalogue.map(|function| function.name).filter(|name| is_function_name(name));
                let mut names: Vec<String> =
                    named.map(str::to_lowercase).chain(self.catalog.functions().into_keys()).collect();
                names.sort();
                names.dedup();
                ("function name", names)
            }
            ShowList::UserFunctions => ("function name", self.catalog.functions().into_keys().collect()),
            other => return Err(not_supported(&format!("SHOW {}", other.words()), span)),
        };
        let kept = names.into_iter().filter(|name| like.is_none_or(|like| matches(like, name)));
        Ok(Outcome::list(column, kept))
    }

    pub(super) fn describe(&self, describe: &Describe, span: Span) -> Result<Outcome, SqlError> {
        match (&describe.object, &describe.target) {
            (ObjectKind::Table | ObjectKind::View, DescribeTarget::Name(name)) => self.describe_table(name),
            (ObjectKind::Catalog, DescribeTarget::Name(name)) => {
                let name = name.last();
                let catalog = self.catalog.catalog(&name.value).map_err(|error| catalog_error(error, name.span))?;
                let row = |key: &str, value: Option<String>| vec![Some(key.to_owned()), value];
                let mut rows = vec![
                    row("name", Some(name.value.clone())),
                    row("type", catalog.options.get("type").cloned()),
                    row("comment", catalog.comment.clone()),
                ];
                if describe.extended {
                    let others = catalog.options.iter().filter(|(key, _)| *key != "type");
                    rows.extend(others.map(|(key, value)| row(&format!("option:{key}"), Some(value.clone()))));
                }
                Ok(Outcome::table(&["info name", "info value"], rows))
            }
            (object, _) => Err(not_supported(&format!("DESCRIBE {}", object.words()), span)),
        }
    }

    fn known_entry(&self, name: &ObjectName) -> Result<CatalogEntry, SqlError> {
        let path = self.path(name)?;
        self.catalog.entry(&path).cloned().ok_or_else(|| {
            let names = self.catalog.entry_names(&path.catalog, &path.database).unwrap_or_default();
            let message = format!("Tables or views with the identifier '{path}' doesn't exist.");
            let hint = crate::nearest::nearest(&path.object, names.iter().map(String::as_str));
            crate::bind::with_hint(SqlError::validation(message, name.span), hint)
        })
    }

    fn describe_table(&self, name: &ObjectName) -> Result<Outcome, SqlError> {
        let (rows, comments) = match self.known_entry(name)? {
            CatalogEntry::Table(table) => {
                let rows: Vec<Vec<Option<String>>> =
                    (0..table.columns.len()).map(|index| describe_column(&table, index)).collect();
                (rows, table.columns.iter().map(|column| column.comment.clone()).collect())
            }
            CatalogEntry::View(view) => {
                let row = |field: &Field| {
                    let column = TableColumn {
                        name: field.name.clone(),
                        ty: field.ty.clone(),
                        source: ColumnSource::Physical,
                        comment: None,
                    };
                    describe_parts(&column, None, None, None)
                };
                (view.schema.fields.iter().map(row).collect::<Vec<_>>(), view.column_comments.clone())
            }
        };
        let mut columns = vec![text_column("name"), text_column("type"), boolean_column("null")];
        columns.extend(["key", "extras", "watermark"].map(text_column));
        let mut rows = rows;
        // Flink shows the column of comments only when there is one.
        if comments.iter().any(Option::is_some) {
            columns.push(text_column("comment"));
            rows.iter_mut().zip(comments).for_each(|(row, comment)| row.push(comment));
        }
        Ok(Outcome::Table { columns: RowType::new(columns), rows })
    }
}

fn text_column(name: &str) -> Field {
    Field::new(name, TypeKind::STRING.nullable())
}

fn boolean_column(name: &str) -> Field {
    Field::new(name, TypeKind::Boolean.nullable())
}

fn describe_column(table: &CatalogTable, index: usize) -> Vec<Option<String>> {
    let column = &table.columns[index];
    let key = table.primary_key.as_ref().filter(|key| key.columns.contains(&column.name));
    let extras = match &column.source {
        ColumnSource::Physical => None,
        ColumnSource::Computed { text, .. } => Some(format!("AS {text}")),
        ColumnSource::Metadata { key, is_virtual } => Some(metadata_text(key.as_deref(), *is_virtual)),
    };
    let watermark = table.watermark.as_ref().filter(|watermark| watermark.rowtime == index);
    describe_parts(
        column,
        key.map(|key| format!("PRI({})", key.columns.join(", "))),
        extras,
        watermark.map(|watermark| watermark.text.clone()),
    )
}

fn describe_parts(
    column: &TableColumn,
    key: Option<String>,
    extras: Option<String>,
    watermark: Option<String>,
) -> Vec<Option<String>> {
    let nullable = if column.ty.nullable { "TRUE" } else { "FALSE" };
    vec![Some(column.name.clone()), Some(column.type_text()), Some(nullable.into()), key, extras, watermark]
}

fn metadata_text(key: Option<&str>, is_virtual: bool) -> String {
    let from = key.map_or_else(String::new, |key| format!(" FROM '{key}'"));
    format!("METADATA{from}{}", if is_virtual { " VIRTUAL" } else { "" })
}

/// `CREATE TABLE` as Flink writes it back.
fn create_table_text(path: &str, table: &CatalogTable, temporary: bool) -> String {
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
    if let Some(comment) = &table.comment {
        text.push_str(&format!("COMMENT '{}'\n", escape(comment)));
    }
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

fn create_view_text(path: &str, view: &CatalogView, temporary: bool) -> String {
    let word = if temporary { "TEMPORARY VIEW" } else { "VIEW" };
    let names: Vec<String> = view.schema.fields.iter().map(|field| quote_identifier(&field.name)).collect();
    let comment = view.comment.as_ref().map_or_else(String::new, |text| format!("COMMENT '{}'\n", escape(text)));
    format!("CREATE {word} {path} (\n  {}\n)\n{comment}AS {}\n", names.join(",\n  "), view.text)
}

fn with_clause(options: &indexmap::IndexMap<String, String>) -> String {
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

fn is_function_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// SQL's LIKE over names.
fn matches(like: &ShowLike, name: &str) -> bool {
    let fold = |text: &str| if like.ignore_case { text.to_lowercase() } else { text.to_owned() };
    let pattern: Vec<char> = fold(&like.pattern.value).chars().collect();
    let name: Vec<char> = fold(name).chars().collect();
    is_like(&pattern, &name) != like.negated
}

fn is_like(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('%', rest)) => (0..=text.len()).any(|skipped| is_like(rest, &text[skipped..])),
        Some(('_', rest)) => !text.is_empty() && is_like(rest, &text[1..]),
        Some((c, rest)) => text.first() == Some(c) && is_like(rest, &text[1..]),
    }
}
