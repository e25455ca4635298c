//! SHOW and DESCRIBE.

use dataflow::{Field, RowType, TypeKind};

use super::expanded_view::expanded_query;
use super::show_create::{comment_line, create_table_text, create_view_text, metadata_text, with_clause};
use super::{Outcome, Session};
use crate::ast::{Describe, DescribeTarget, Ident, ObjectKind, ObjectName, Show, ShowLike, ShowList, Span};
use crate::bind::{catalog_error, not_supported};
use crate::catalog::{
    Catalog, CatalogEntry, CatalogTable, ColumnSource, DEFAULT_CATALOG, TableColumn, quote_identifier,
};
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
            Show::Create { object: ObjectKind::Table, name, .. } => match self.shown_entry("TABLE", "Table", name)? {
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
            Show::Create { object: ObjectKind::View, name, .. } => match self.shown_entry("VIEW", "View", name)? {
                CatalogEntry::View(view) => {
                    let path = self.path(name)?;
                    let temporary = self.catalog.is_temporary(&path);
                    let query = expanded_query(&view, &self.catalog).unwrap_or_else(|| view.text.clone());
                    Ok(Outcome::list("result", [create_view_text(&path.quoted(), &view, &query, temporary)]))
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
                let catalog = self.described_catalog(name)?;
                let comment = comment_line(catalog.comment.as_deref());
                let name = quote_identifier(&name.value);
                let text = format!("CREATE CATALOG {name}\n{comment}{}", with_clause(&catalog.options));
                Ok(Outcome::list("result", [text]))
            }
            Show::Modules { full } => Ok(self.show_modules(*full)),
            Show::Jars => Ok(Outcome::list("jars", [])),
            Show::Create { object, .. } => Err(not_supported(&format!("SHOW CREATE {}", object.words()), span)),
            Show::Partitions { table, .. } => self.show_partitions(table),
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
                let mut names = super::describe_function::function_names();
                names.extend(self.catalog.functions().into_keys());
                names.sort();
                names.dedup();
                ("function name", names)
            }
            ShowList::UserFunctions => ("function name", self.catalog.functions().into_keys().collect()),
            ShowList::Models => ("model name", Vec::new()),
            ShowList::MaterializedTables => ("materialized table", Vec::new()),
            ShowList::Procedures => {
                let message = "listProcedures is not implemented for class org.apache.flink.table.catalog.GenericInMemoryCatalog.";
                return Err(SqlError::unsupported(message, span));
            }
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
                let catalog = self.described_catalog(name)?;
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
            (ObjectKind::Function, DescribeTarget::Name(name)) => {
                super::describe_function::describe_function(name, describe.extended)
            }
            (object, _) => Err(not_supported(&format!("DESCRIBE {}", object.words()), span)),
        }
    }

    /// A catalog that was created by a statement; of the one that was there before, Flink knows nothing to tell.
    fn described_catalog(&self, name: &Ident) -> Result<&Catalog, SqlError> {
        let catalog = self.catalog.catalog(&name.value).map_err(|error| catalog_error(error, name.span))?;
        if name.value == DEFAULT_CATALOG {
            let message = format!("Cannot obtain metadata information from Catalog {}.", name.value);
            return Err(SqlError::validation(message, name.span));
        }
        Ok(catalog)
    }

    /// The table or view of a SHOW CREATE.
    fn shown_entry(&self, word: &str, kind: &str, name: &ObjectName) -> Result<CatalogEntry, SqlError> {
        self.known_entry(name).map_err(|error| {
            let Ok(path) = self.path(name) else { return error };
            let message = format!(
                "Could not execute SHOW CREATE {word}. {kind} with identifier {} does not exist.",
                path.quoted()
            );
            SqlError { message, ..error }
        })
    }

    fn show_partitions(&self, name: &ObjectName) -> Result<Outcome, SqlError> {
        match self.known_entry(name)? {
            // The catalog in memory learns of no partitions.
            CatalogEntry::Table(table) if !table.partition_keys.is_empty() => Ok(Outcome::list("partition name", [])),
            _ => {
                let path = self.path(name)?;
                let message =
                    format!("Table {}.{} in catalog {} is not partitioned.", path.database, path.object, path.catalog);
                Err(SqlError::validation(message, name.span))
            }
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
