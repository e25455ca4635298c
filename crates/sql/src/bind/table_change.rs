//! Changes to a declared table: columns dropped, moved and added, with the expressions over them kept right.

use dataflow::{Expr, TimeAttribute};

use super::expr::SessionFacts;
use super::scope::with_hint;
use super::table_ddl::{add_schema, add_watermark, bind_computed, computed_type};
use crate::ast::{Ident, ObjectName, Span, TableSchema, WatermarkDef};
use crate::catalog::{CatalogTable, ColumnSource, TableColumn};
use crate::error::SqlError;
use crate::nearest::nearest;
use crate::parser::parse_expression;

/// Where an added column goes.
#[derive(Debug, Clone)]
pub(crate) enum Placement {
    /// Behind all others.
    Last,
    /// At this index.
    At(usize),
    /// Behind this column.
    After(Ident),
}

/// Adds the columns, constraints and watermark of a schema to a table; each column goes where its placement says.
pub(crate) fn modify_table(
    mut table: CatalogTable,
    schema: &TableSchema,
    placements: &[Placement],
    facts: &SessionFacts,
    text: &str,
) -> Result<CatalogTable, SqlError> {
    let first = table.columns.len();
    add_schema(&mut table, schema, facts, text)?;
    for (offset, placement) in placements.iter().enumerate() {
        let index = first + offset;
        let target = match placement {
            Placement::Last => continue,
            Placement::At(target) => (*target).min(index),
            Placement::After(name) => match table.index_of(&name.value) {
                Some(before) => before + 1,
                None => {
                    let names = table.columns.iter().map(|column| column.name.as_str());
                    let message = format!("Referenced column `{}` by 'AFTER' does not exist in the table.", name.value);
                    return Err(with_hint(SqlError::validation(message, name.span), nearest(&name.value, names)));
                }
            },
        };
        let mut order: Vec<usize> = (0..table.columns.len()).filter(|&column| column != index).collect();
        order.insert(target, index);
        drop_columns(&mut table, &order);
    }
    Ok(table)
}

/// Keeps these columns, in this order. A watermark over dropped ones goes with them.
pub(crate) fn drop_columns(table: &mut CatalogTable, kept: &[usize]) {
    let place = |index: usize| kept.iter().position(|&known| known == index);
    let reads_dropped = |expr: &Expr| {
        let mut dropped = false;
        expr.for_each_column(&mut |index| dropped |= place(index).is_none());
        dropped
    };
    table.watermark = table
        .watermark
        .take()
        .filter(|watermark| place(watermark.rowtime).is_some() && !reads_dropped(&watermark.expr))
        .map(|mut watermark| {
            watermark.rowtime = place(watermark.rowtime).unwrap_or_default();
            watermark.expr.map_columns(&mut |index| place(index).unwrap_or_default());
            watermark
        });
    table.columns = kept
        .iter()
        .map(|&index| {
            let mut column = table.columns[index].clone();
            if let ColumnSource::Computed { expr, .. } = &mut column.source {
                expr.map_columns(&mut |index| place(index).unwrap_or_default());
            }
            column
        })
        .collect();
}

/// Binds the computed columns again, and the watermark that stood there before: the columns that they read may have other types now.
pub(crate) fn bind_again(
    table: &mut CatalogTable,
    watermark: Option<(String, String)>,
    facts: &SessionFacts,
    span: Span,
) -> Result<(), SqlError> {
    let failed = |what: String, error: &SqlError| {
        let message = format!("Failed to execute ALTER TABLE statement.\n{what}");
        SqlError::validation(message, span).with_detail(error.to_string())
    };
    for index in 0..table.columns.len() {
        let ColumnSource::Computed { text, .. } = &table.columns[index].source else { continue };
        let text = text.clone();
        let bound = parse_expression(&text).and_then(|expr| bind_computed(table, &expr, facts));
        let name = &table.columns[index].name;
        let expr =
            bound.map_err(|error| failed(format!("Invalid expression for computed column '{name}'."), &error))?;
        table.columns[index].ty = computed_type(&expr);
        table.columns[index].source = ColumnSource::Computed { text, expr };
    }
    let Some((column, text)) = watermark else { return Ok(()) };
    table.watermark = None;
    table.columns.iter_mut().for_each(forget_rowtime);
    let again = parse_expression(&text).and_then(|strategy| {
        let column = ObjectName { parts: vec![Ident { value: column, quoted: true, span }], span };
        add_watermark(table, &WatermarkDef { column, strategy, span }, facts, &text)
    });
    again.map_err(|error| failed("Invalid watermark.".to_owned(), &error))
}

/// Makes a rowtime column an ordinary one.
pub(crate) fn forget_rowtime(column: &mut TableColumn) {
    if column.ty.time_attribute() == TimeAttribute::Rowtime {
        column.ty = column.ty.without_time_attribute();
    }
}
