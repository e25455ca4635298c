//! CREATE TABLE: columns with types, computed columns and watermark bound, Flink's checks.

use ::expr::types::is_timestamp;
use dataflow::{Expr, ExprKind, LogicalType, RowType, TimeAttribute, TypeKind};
use indexmap::IndexMap;

use super::data_type::{bind_column_type, bind_data_type};
use super::expr::{Clause, ExprBinder, SessionFacts, not_supported};
use super::scope::{Scope, with_hint};
use crate::ast::{
    ColumnKind, ConstraintKind, CreateTable, Distribution, DistributionKind, Ident, TableConstraint, TableSchema,
    WatermarkDef,
};
use crate::catalog::quote_identifier;
use crate::catalog::{
    CatalogTable, ColumnSource, PrimaryKey, TableColumn, TableDistribution, TableWatermark, with_time_attribute,
};
use crate::error::SqlError;
use crate::lexer::{TokenKind, tokenize};
use crate::nearest::nearest;

/// The table that a CREATE TABLE declares; with `base`, the columns and the rest that LIKE takes over. `text` is what the spans refer to.
pub(crate) fn bind_create_table(
    create: &CreateTable,
    base: Option<CatalogTable>,
    facts: &SessionFacts,
    text: &str,
) -> Result<CatalogTable, SqlError> {
    let mut table = base.unwrap_or_else(empty_table);
    add_schema(&mut table, &create.schema, facts, text)?;
    if table.columns.is_empty() {
        return Err(SqlError::validation("a table needs at least one column", create.name.span));
    }
    if !create.partitioned_by.is_empty() {
        table.partition_keys = partition_keys(&table, &create.partitioned_by)?;
    }
    if let Some(distribution) = &create.distribution {
        table.distribution = Some(bind_distribution(&table, distribution)?);
    }
    for option in &create.options {
        table.options.insert(option.key.value.clone(), option.value.value.clone());
    }
    if let Some(comment) = &create.comment {
        table.comment = Some(comment.value.clone());
    }
    Ok(table)
}

/// Buckets of a table, checked.
pub(crate) fn bind_distribution(
    table: &CatalogTable,
    distribution: &Distribution,
) -> Result<TableDistribution, SqlError> {
    if distribution.buckets == Some(0) {
        let message = "Invalid bucket count '0'. The number of buckets for a distributed table must be at least 1.";
        return Err(SqlError::validation(message, distribution.span));
    }
    for key in &distribution.columns {
        let physical = |column: &&TableColumn| column.source == ColumnSource::Physical;
        let names: Vec<&str> = table.columns.iter().filter(physical).map(|column| column.name.as_str()).collect();
        if !names.contains(&key.value.as_str()) {
            let message = format!(
                "Invalid bucket key '{}'. A bucket key for a distribution must reference a physical column in the schema. Available columns are: [{}]",
                key.value,
                names.join(", ")
            );
            return Err(with_hint(SqlError::validation(message, key.span), nearest(&key.value, names.into_iter())));
        }
    }
    Ok(TableDistribution {
        kind: distribution.kind.map(|kind| if kind == DistributionKind::Hash { "HASH" } else { "RANGE" }),
        columns: names(&distribution.columns),
        buckets: distribution.buckets,
    })
}

/// Adds the columns, the primary key and the watermark of a schema.
pub(super) fn add_schema(
    table: &mut CatalogTable,
    schema: &TableSchema,
    facts: &SessionFacts,
    text: &str,
) -> Result<(), SqlError> {
    add_columns(table, schema, facts)?;
    add_primary_key(table, schema, text)?;
    match &schema.watermark {
        Some(watermark) => add_watermark(table, watermark, facts, text),
        None => Ok(()),
    }
}

fn empty_table() -> CatalogTable {
    CatalogTable {
        columns: Vec::new(),
        watermark: None,
        primary_key: None,
        partition_keys: Vec::new(),
        distribution: None,
        options: IndexMap::new(),
        comment: None,
    }
}

/// Physical and metadata columns first, because computed ones may refer to any of them.
fn add_columns(table: &mut CatalogTable, schema: &TableSchema, facts: &SessionFacts) -> Result<(), SqlError> {
    let first = table.columns.len();
    for def in &schema.columns {
        if table.index_of(&def.name.value).is_some() {
            let message = format!("A regular Column named '{}' already exists in the table.", def.name.value);
            return Err(SqlError::validation(message, def.name.span));
        }
        let (ty, source) = match &def.kind {
            ColumnKind::Physical(data_type) => (bind_column_type(data_type)?, ColumnSource::Physical),
            ColumnKind::Metadata { data_type, key, is_virtual } => {
                let key = key.as_ref().map(|key| key.value.clone());
                (bind_data_type(data_type)?, ColumnSource::Metadata { key, is_virtual: *is_virtual })
            }
            // Bound below.
            ColumnKind::Computed(_) => {
                let placeholder = super::boolean(true);
                (placeholder.ty.clone(), ColumnSource::Computed { text: String::new(), expr: placeholder })
            }
        };
        let comment = def.comment.as_ref().map(|comment| comment.value.clone());
        table.columns.push(TableColumn { name: def.name.value.clone(), ty, source, comment });
    }
    for (index, def) in schema.columns.iter().enumerate() {
        if let ColumnKind::Computed(expr) = &def.kind {
            let bound = bind_computed(table, expr, facts)?;
            let text = stored_text(expr, table);
            let column = &mut table.columns[first + index];
            column.ty = computed_type(&bound);
            if column.ty.kind == TypeKind::Null {
                return Err(super::operators::illegal_null(expr.span));
            }
            column.source = ColumnSource::Computed { text, expr: bound };
        }
    }
    Ok(())
}

/// Binds the expression of a computed column, over those that are not computed.
pub(super) fn bind_computed(
    table: &CatalogTable,
    expr: &crate::ast::Expr,
    facts: &SessionFacts,
) -> Result<Expr, SqlError> {
    bind_over_table(table, expr, facts, |column| !matches!(column.source, ColumnSource::Computed { .. }))
}

/// The type of a computed column: only PROCTIME() makes a time attribute.
pub(super) fn computed_type(expr: &Expr) -> LogicalType {
    match &expr.kind {
        ExprKind::Call { function, .. } if function == "PROCTIME" => {
            with_time_attribute(&expr.ty, TimeAttribute::Proctime)
        }
        _ => expr.ty.without_time_attribute(),
    }
}

/// Binds an expression over the columns of a table that `visible` lets through.
fn bind_over_table(
    table: &CatalogTable,
    expr: &crate::ast::Expr,
    facts: &SessionFacts,
    visible: impl Fn(&TableColumn) -> bool,
) -> Result<Expr, SqlError> {
    let indices: Vec<usize> = (0..table.columns.len()).filter(|&index| visible(&table.columns[index])).collect();
    let row: RowType = table.row_type().project(&indices);
    let scope = Scope::of_table(Vec::new(), &row);
    let mut bound = ExprBinder::new(&scope, Clause::Table, facts).bind(expr)?;
    bound.map_columns(&mut |index| indices[index]);
    Ok(bound)
}

fn add_primary_key(table: &mut CatalogTable, schema: &TableSchema, text: &str) -> Result<(), SqlError> {
    let constraints = schema.all_constraints();
    if let Some(unique) = constraints.iter().find(|constraint| constraint.kind == ConstraintKind::Unique) {
        return Err(SqlError::validation("UNIQUE constraint is not supported yet", unique.span));
    }
    let mut keys = constraints.iter().filter(|constraint| constraint.kind == ConstraintKind::PrimaryKey);
    let Some(key) = keys.next() else {
        return Ok(());
    };
    if let Some(second) = keys.next() {
        return Err(SqlError::validation("Duplicate primary key definition", second.span));
    }
    if key.enforced != Some(false) {
        return Err(SqlError::validation(
            "Flink doesn't support ENFORCED mode for PRIMARY KEY constraint. ENFORCED/NOT ENFORCED controls if the constraint checks are performed on the incoming/outgoing data. Flink does not own the data therefore the only supported mode is the NOT ENFORCED mode",
            key.span,
        )
        .with_hint("write PRIMARY KEY (...) NOT ENFORCED"));
    }
    let repeated = |index: usize| key.columns[..index].iter().any(|earlier| earlier.value == key.columns[index].value);
    if let Some(twice) = (0..key.columns.len()).find(|index| repeated(*index)) {
        let message = format!(
            "Invalid primary key '{}'. A primary key must not contain duplicate columns. Found: [{}]",
            key_name(key),
            key.columns[twice].value
        );
        return Err(SqlError::validation(message, key.columns[twice].span));
    }
    for column in &key.columns {
        let index = key_column(table, column, text)?;
        table.columns[index].ty.nullable = false;
    }
    table.primary_key = Some(PrimaryKey { name: key_name(key), columns: names(&key.columns) });
    Ok(())
}

fn key_column(table: &CatalogTable, column: &Ident, text: &str) -> Result<usize, SqlError> {
    let place = column.span.location(text);
    let Some(index) = table.index_of(&column.value) else {
        let message = format!("Primary key column '{}' is not defined in the schema at {place}", column.value);
        let names = table.columns.iter().map(|column| column.name.as_str());
        return Err(with_hint(SqlError::validation(message, column.span), nearest(&column.value, names)));
    };
    if table.columns[index].source != ColumnSource::Physical {
        let message = format!(
            "Could not create a PRIMARY KEY with column '{}' at {place}.\nA PRIMARY KEY constraint must be declared on physical columns.",
            column.value
        );
        return Err(SqlError::validation(message, column.span));
    }
    Ok(index)
}

fn key_name(key: &TableConstraint) -> String {
    match &key.name {
        Some(name) => name.value.clone(),
        None => format!("PK_{}", names(&key.columns).join("_")),
    }
}

fn names(idents: &[Ident]) -> Vec<String> {
    idents.iter().map(|ident| ident.value.clone()).collect()
}

pub(super) fn add_watermark(
    table: &mut CatalogTable,
    watermark: &WatermarkDef,
    facts: &SessionFacts,
    text: &str,
) -> Result<(), SqlError> {
    let [column] = watermark.column.parts.as_slice() else {
        return Err(not_supported("a watermark on a nested field", watermark.column.span));
    };
    let Some(rowtime) = table.index_of(&column.value) else {
        let names = table.columns.iter().map(|column| column.name.as_str());
        let message = format!(
            "The rowtime attribute field '{}' is not defined in the table schema, at {}",
            column.value,
            column.span.location(text)
        );
        let available: Vec<String> = table.columns.iter().map(|column| format!("'{}'", column.name)).collect();
        let error = SqlError::validation(message, column.span)
            .with_detail(format!("Available fields: [{}]", available.join(", ")));
        return Err(with_hint(error, nearest(&column.value, names)));
    };
    let ty = table.columns[rowtime].ty.clone();
    if !is_time_field(&ty) {
        return Err(SqlError::validation(
            format!(
                "Invalid data type of time field for watermark definition. The field must be of type TIMESTAMP(p) or TIMESTAMP_LTZ(p), the supported precision 'p' is from 0 to 3, but the time field type is {}",
                ty
            ),
            column.span,
        ));
    }
    let mut expr = bind_over_table(table, &watermark.strategy, facts, |_| true)?;
    let is_marker = matches!(&expr.kind, ExprKind::Call { function, .. } if function == "SOURCE_WATERMARK");
    if is_marker {
        expr.ty = ty.clone();
    }
    if !is_time_field(&expr.ty) {
        return Err(SqlError::validation(
            format!(
                "Invalid data type of expression for watermark definition. The field must be of type TIMESTAMP(p) or TIMESTAMP_LTZ(p), the supported precision 'p' is from 0 to 3, but the watermark expression type is {}",
                expr.ty
            ),
            watermark.strategy.span,
        ));
    }
    if std::mem::discriminant(&expr.ty.kind) != std::mem::discriminant(&ty.kind) {
        return Err(SqlError::validation(
            format!(
                "The watermark declaration's output data type '{}' is different from the time field's data type '{}'.",
                expr.ty.kind, ty.kind
            ),
            watermark.strategy.span,
        ));
    }
    table.columns[rowtime].ty = with_time_attribute(&ty, TimeAttribute::Rowtime);
    let text = if is_marker { "`SOURCE_WATERMARK`()".to_owned() } else { stored_text(&watermark.strategy, table) };
    table.watermark = Some(TableWatermark { rowtime, text, expr });
    Ok(())
}

/// TIMESTAMP or TIMESTAMP_LTZ of at most milliseconds.
fn is_time_field(ty: &LogicalType) -> bool {
    let millis = match ty.kind {
        TypeKind::Timestamp { precision, .. } | TypeKind::TimestampLtz { precision, .. } => precision <= 3,
        _ => false,
    };
    millis && is_timestamp(&ty.kind) && ty.time_attribute() != TimeAttribute::Proctime
}

fn partition_keys(table: &CatalogTable, keys: &[Ident]) -> Result<Vec<String>, SqlError> {
    for key in keys {
        known_column(table, key)?;
    }
    Ok(names(keys))
}

fn known_column(table: &CatalogTable, column: &Ident) -> Result<(), SqlError> {
    if table.index_of(&column.value).is_some() {
        return Ok(());
    }
    let message = format!("Column '{}' is not defined in the table", column.value);
    let names = table.columns.iter().map(|column| column.name.as_str());
    Err(with_hint(SqlError::validation(message, column.span), nearest(&column.value, names)))
}

/// The expression as Flink stores it: keywords in capitals, columns in back-quotes.
fn stored_text(expr: &crate::ast::Expr, table: &CatalogTable) -> String {
    let text = expr.to_string();
    let mut out = String::with_capacity(text.len() + 16);
    let mut copied = 0;
    for token in tokenize(&text).tokens {
        let word = token.span.slice(&text);
        let is_column = token.kind == TokenKind::Word && table.index_of(word).is_some();
        // A function may have a column's name.
        if is_column && !text[token.span.end..].starts_with('(') {
            out.push_str(&text[copied..token.span.start]);
            out.push_str(&quote_identifier(word));
            copied = token.span.end;
        }
    }
    out.push_str(&text[copied..]);
    out
}
