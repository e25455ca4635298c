//! INSERT INTO: the query's columns are put into the order of the table's and cast to its types.

use std::collections::BTreeMap;
use std::sync::Arc;

use dataflow::{Expr, Field, Literal, LogicalType, RowType, TypeKind};

use super::data_type::check_columns;
use super::expr::{Clause, ExprBinder, coerce, not_supported, same_kind};
use super::scope::{Scope, with_hint};
use super::table_ref::table_options;
use super::{Binder, catalog_error};
use crate::ast::{Ident, Insert, InsertMode, ObjectName, OnConflict, Span};
use crate::catalog::{CatalogEntry, CatalogTable, ObjectPath};
use crate::error::SqlError;
use crate::logical::{LogicalPlan, identity, is_identity};
use crate::nearest::nearest;

/// An INSERT, bound.
#[derive(Debug, Clone)]
pub(crate) struct BoundInsert {
    /// The target's name.
    pub path: ObjectPath,
    /// The target.
    pub table: Arc<CatalogTable>,
    /// Its options, with those of hints.
    pub options: BTreeMap<String, String>,
    /// The rows, with the types and in the order of the table's writable columns.
    pub plan: LogicalPlan,
    /// `ON CONFLICT DO ...`
    pub on_conflict: Option<OnConflict>,
    /// Where the target is named.
    pub span: Span,
}

/// Binds an INSERT.
pub(crate) fn bind_insert(binder: &mut Binder<'_>, insert: &Insert) -> Result<BoundInsert, SqlError> {
    match insert.mode {
        InsertMode::Into => {}
        // What it says is wrong with a table comes first.
        InsertMode::Overwrite => {}
        InsertMode::Upsert => {
            let message = "UPSERT INTO statement is not supported. Please use INSERT INTO instead.";
            return Err(SqlError::validation(message, insert.span));
        }
    }
    let span = insert.table.span;
    let path = binder.path_of(&insert.table)?;
    let table = match binder.catalog.entry(&path) {
        Some(CatalogEntry::Table(table)) => table.clone(),
        Some(CatalogEntry::View(_)) => {
            return Err(SqlError::validation(
                format!("'{path}' is a view; rows can only be inserted into tables"),
                span,
            ));
        }
        None => {
            binder.catalog.database(&path.catalog, &path.database).map_err(|error| catalog_error(error, span))?;
            let catalogs: Vec<&str> = binder.catalog.catalogs().map(|(name, _)| name).collect();
            let message = format!(
                "Cannot find table '{}' in any of the catalogs [{}], nor as a temporary table.",
                path.quoted(),
                catalogs.join(", ")
            );
            let names = binder.catalog.entry_names(&path.catalog, &path.database).unwrap_or_default();
            let hint = nearest(&path.object, names.iter().map(String::as_str));
            return Err(with_hint(SqlError::validation(message, span), hint));
        }
    };
    check_columns(&table, span)?;
    if insert.mode == InsertMode::Overwrite {
        return Err(refuse_overwrite(&path, &table, span));
    }
    let options = table_options(&table, &insert.hints)?;
    let plan = binder.top_query(&insert.query)?;
    let statics = static_partitions(binder, &path, &table, insert)?;
    let plan = fit(plan, &path, &table, &statics, insert)?;
    Ok(BoundInsert { path, table, options, plan, on_conflict: insert.on_conflict, span })
}

/// Puts the rows into the order and types of the table.
fn fit(
    plan: LogicalPlan,
    path: &ObjectPath,
    table: &CatalogTable,
    statics: &[(usize, Expr)],
    insert: &Insert,
) -> Result<LogicalPlan, SqlError> {
    let writable = table.writable_columns();
    let query = plan.output().clone();
    let positions = target_positions(table, &writable, statics, &insert.columns)?;
    if positions.len() != query.len() && !insert.columns.is_empty() {
        let message = "Number of columns must match number of query columns";
        return Err(SqlError::validation(message, insert.query.span).with_detail(format!(
            "{} are named, the query has {}",
            positions.len(),
            query.len()
        )));
    }
    let mismatch = |cause: String| {
        let sink: Vec<String> = positions
            .iter()
            .map(|&column| schema_field(&table.columns[column].name, &table.columns[column].ty))
            .collect();
        let given: Vec<String> = query.fields.iter().map(|field| schema_field(&field.name, &field.ty)).collect();
        let message = format!(
            "Column types of query result and sink for '{path}' do not match.\nCause: {cause}\n\nQuery schema: [{}]\nSink schema:  [{}]",
            given.join(", "),
            sink.join(", ")
        );
        SqlError::validation(message, insert.query.span)
    };
    if positions.len() != query.len() {
        return Err(mismatch("Different number of columns.".into()));
    }
    let columns = identity(&query);
    let mut exprs = Vec::with_capacity(writable.len());
    let mut fields = Vec::with_capacity(writable.len());
    for &column in &writable {
        let target = &table.columns[column];
        let ty = target.ty.without_time_attribute();
        let of_partition = statics.iter().find(|(known, _)| *known == column);
        let expr = match positions.iter().position(|&position| position == column) {
            None => match of_partition {
                Some((_, value)) => coerce(value.clone(), &ty),
                None if !ty.nullable => return Err(mismatch_not_null(path, &target.name, insert)),
                None => Expr::literal(Literal::Null, ty.clone()),
            },
            Some(index) => {
                let given = &columns[index];
                if !assignable(&given.ty, &ty) {
                    return Err(mismatch(format!(
                        "Incompatible types for sink column '{}' at position {}.",
                        target.name,
                        index + 1
                    )));
                }
                coerce(given.clone(), &ty)
            }
        };
        fields.push(Field::new(&target.name, expr.ty.without_time_attribute()));
        exprs.push(expr);
    }
    if is_identity(&exprs, &query) {
        return Ok(plan);
    }
    Ok(plan.project(exprs, RowType::new(fields)))
}

/// The table columns that the query's columns go to.
fn target_positions(
    table: &CatalogTable,
    writable: &[usize],
    statics: &[(usize, Expr)],
    targets: &[ObjectName],
) -> Result<Vec<usize>, SqlError> {
    let is_static = |column: usize| statics.iter().any(|(known, _)| *known == column);
    if targets.is_empty() {
        return Ok(writable.iter().copied().filter(|&column| !is_static(column)).collect());
    }
    let mut positions = Vec::with_capacity(targets.len());
    for target in targets {
        let [name] = target.parts.as_slice() else {
            return Err(not_supported("a nested target column", target.span));
        };
        let column = target_column(table, writable, name)?;
        if positions.contains(&column) || is_static(column) {
            return Err(assigned_twice(name));
        }
        positions.push(column);
    }
    Ok(positions)
}

fn target_column(table: &CatalogTable, writable: &[usize], name: &Ident) -> Result<usize, SqlError> {
    writable.iter().copied().find(|&column| table.columns[column].name == name.value).ok_or_else(|| {
        let names = writable.iter().map(|&column| table.columns[column].name.as_str());
        let error = SqlError::validation(format!("Unknown target column '{}'", name.value), name.span);
        with_hint(error, nearest(&name.value, names))
    })
}

fn assigned_twice(name: &Ident) -> SqlError {
    SqlError::validation(format!("Target column '{}' is assigned more than once", name.value), name.span)
}

/// The columns that `PARTITION (...)` sets, with their values.
fn static_partitions(
    binder: &Binder<'_>,
    path: &ObjectPath,
    table: &CatalogTable,
    insert: &Insert,
) -> Result<Vec<(usize, Expr)>, SqlError> {
    let writable = table.writable_columns();
    let nothing = Scope::default();
    let mut statics: Vec<(usize, Expr)> = Vec::with_capacity(insert.partition.len());
    for item in &insert.partition {
        let column = target_column(table, &writable, &item.column)?;
        if statics.iter().any(|(known, _)| *known == column) {
            return Err(assigned_twice(&item.column));
        }
        if !table.partition_keys.contains(&item.column.value) {
            let message = format!(
                "Static partition column '{}' should be in the partition keys list [{}] for table '{path}'.",
                item.column.value,
                table.partition_keys.join(", ")
            );
            return Err(SqlError::validation(message, item.column.span));
        }
        // Without a value the partition comes from the rows, as it does when it is not named.
        if let Some(value) = &item.value {
            statics.push((column, ExprBinder::new(&nothing, Clause::Values, &binder.facts).bind(value)?));
        }
    }
    Ok(statics)
}

/// INSERT OVERWRITE is of batch jobs, and of tables that can be overwritten at all.
fn refuse_overwrite(path: &ObjectPath, table: &CatalogTable, span: Span) -> SqlError {
    let message = match table.options.get("connector").map(String::as_str) {
        Some("filesystem") => "Streaming mode not support overwrite.".to_owned(),
        _ => format!(
            "INSERT OVERWRITE requires that the underlying DynamicTableSink of table '{path}' implements the SupportsOverwrite interface."
        ),
    };
    SqlError::validation(message, span).with_hint("use INSERT INTO")
}

fn mismatch_not_null(path: &ObjectPath, column: &str, insert: &Insert) -> SqlError {
    SqlError::validation(
        format!("Column '{column}' of table '{path}' has no default value and does not allow NULLs"),
        insert.table.span,
    )
}

/// Whether a query column may go into a sink column: equal kinds, or an implicit cast.
pub(crate) fn assignable(from: &LogicalType, to: &LogicalType) -> bool {
    // A NULL on its way into a NOT NULL column is the sink's matter.
    from.kind == TypeKind::Null
        || same_kind(from, to)
        || ::expr::types::can_cast_implicitly(from, &to.with_nullable(true))
}

/// `name: BIGINT NOT NULL`, as Flink lists schemas.
fn schema_field(name: &str, ty: &LogicalType) -> String {
    format!("{name}: {ty}")
}
