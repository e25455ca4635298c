//! Metadata columns of a sink: which of them its connector writes, and how the rows of the query are laid out for it. It does not write them.

use connectors::SinkAbility;
use dataflow::{Expr, Field, LogicalType, RowType};

use crate::ast::Span;
use crate::bind::{BoundInsert, coerce};
use crate::catalog::{ColumnSource, TableColumn};
use crate::error::SqlError;
use crate::logical::identity;

/// What a sink that writes metadata takes: the physical columns, then the metadata in the connector's order.
pub(super) struct SinkLayout {
    /// Over the query's columns, one a column of the sink.
    pub exprs: Vec<Expr>,
    /// The row made.
    pub rows: RowType,
    /// The connector's keys of the last columns.
    pub metadata: Vec<String>,
}

/// The layout of a sink with metadata columns that are not VIRTUAL; none without one.
pub(super) fn layout(
    insert: &BoundInsert,
    ability: &SinkAbility,
    query: &RowType,
) -> Result<Option<SinkLayout>, SqlError> {
    let columns: Vec<&TableColumn> =
        insert.table.writable_columns().iter().map(|&column| &insert.table.columns[column]).collect();
    let mut persisted = Vec::new();
    for (position, column) in columns.iter().enumerate() {
        if let ColumnSource::Metadata { key, .. } = &column.source {
            let key = key.as_deref().unwrap_or(&column.name);
            persisted.push((writable(key, column, insert, ability)?, position));
        }
    }
    if persisted.is_empty() {
        return Ok(None);
    }
    persisted.sort_by_key(|(metadata, _)| *metadata);
    let input = identity(query);
    let is_physical = |position: &usize| columns[*position].source == ColumnSource::Physical;
    let physical: Vec<usize> = (0..columns.len()).filter(is_physical).collect();
    let mut exprs: Vec<Expr> = physical.iter().map(|&position| input[position].clone()).collect();
    let mut rows = query.project(&physical);
    let mut metadata = Vec::new();
    for (index, position) in persisted {
        let (key, ty): &(String, LogicalType) = &ability.metadata[index];
        exprs.push(coerce(input[position].clone(), ty));
        rows.fields.push(Field::new(&columns[position].name, ty.clone()));
        metadata.push(key.clone());
    }
    Ok(Some(SinkLayout { exprs, rows, metadata }))
}

/// Which of the connector's metadata a column is.
fn writable(key: &str, column: &TableColumn, insert: &BoundInsert, ability: &SinkAbility) -> Result<usize, SqlError> {
    let span: Span = insert.span;
    let (name, table) = (&column.name, &insert.path);
    if ability.metadata.is_empty() {
        let message = format!(
            "Table '{table}' declares persistable metadata columns, but the underlying DynamicTableSink doesn't implement the SupportsWritingMetadata interface. If the column should not be persisted, it can be declared with the VIRTUAL keyword."
        );
        return Err(SqlError::validation(message, span).with_detail(format!("the column is '{name}'")));
    }
    let Some(index) = ability.metadata.iter().position(|(known, _)| known == key) else {
        let known: Vec<&str> = ability.metadata.iter().map(|(key, _)| key.as_str()).collect();
        let message = format!("Invalid metadata key '{key}' in column '{name}' of table '{table}'.");
        let detail = format!("The connector supports the following metadata keys for writing: {}", known.join(", "));
        return Err(SqlError::validation(message, span)
            .with_detail(detail)
            .with_hint("a column that is only read is declared METADATA VIRTUAL"));
    };
    let wanted = &ability.metadata[index].1;
    if !::expr::types::can_cast(&column.ty, wanted) {
        let message = format!(
            "Invalid data type for metadata column '{name}' of table '{table}'. The column cannot be declared as '{}' because the type must be castable to metadata type '{wanted}'.",
            column.ty
        );
        return Err(SqlError::validation(message, span));
    }
    Ok(index)
}
