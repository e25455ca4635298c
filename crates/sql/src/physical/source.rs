//! Scans: which columns a reader must produce, what is computed at once from them, and where watermarks come from.

use connectors::{ChangelogMode, ConnectorError, SourceAbility};
use dataflow::operator_spec::{ConnectorSpec, OperatorSpec, ProjectionSpec, ReadColumn, SourceSpec, WatermarkSpec};
use dataflow::{Expr, Field, RowType};

use super::calc;
use super::describe::{Style, expression};
use super::planner::{PhysicalPlanner, Stream};
use super::scan_watermark::{ScanWatermark, without_watermark_options};
use super::{Changes, PhysicalNode, PlanLine, RowKeys};
use std::sync::Arc;

use crate::ast::Span;
use crate::catalog::{CatalogTable, ColumnSource, ObjectPath};
use crate::error::SqlError;
use crate::logical::{LogicalPlan, Scan, identity, is_identity};

/// The columns of a source, found from those that are wanted.
struct ReadPlan {
    /// What the reader produces.
    read: Vec<ReadColumn>,
    /// Table column of each.
    table_columns: Vec<usize>,
    /// Table columns that come out: the wanted ones, then what only the watermark needs.
    out: Vec<usize>,
}

impl PhysicalPlanner<'_> {
    /// Exactly the scan's columns.
    pub(super) fn scan(&mut self, node: &Scan) -> Result<Stream, SqlError> {
        let stream = self.wide_scan(node)?;
        Ok(self.add_calc(stream, None, identity(&node.output), node.output.clone()))
    }

    /// The scan's columns, and behind them those that only its watermark needs.
    pub(super) fn wide_scan(&mut self, node: &Scan) -> Result<Stream, SqlError> {
        let (mut connector, ability) = source_ability(node)?;
        let is_upsert = ability.row_kinds == ChangelogMode::Upsert;
        // A record that deletes has nothing but its key.
        let nullable = if is_upsert { with_nullable_values(&node.table) } else { node.table.clone() };
        let table = nullable.as_ref();
        if is_upsert {
            connector.physical = table.physical_row_type();
        }
        let node = &Scan { table: nullable.clone(), ..node.clone() };
        let plan = read_plan(node, &ability)?;
        let read_type = RowType::new(plan.table_columns.iter().map(|&column| plain_field(table, column)).collect());
        let exprs: Vec<Expr> = plan.out.iter().map(|&column| column_expr(table, column, &plan.table_columns)).collect();
        let row = table.row_type();
        let output = row.project(&plan.out);
        let projection = (!is_identity(&exprs, &read_type))
            .then(|| ProjectionSpec { expressions: exprs.clone(), output: output.clone() });
        let timing = ScanWatermark::read(&connector.connector, &node.options, self.settings, node.span)?;
        let watermark = table.watermark.as_ref().map(|watermark| {
            let position = |column: usize| plan.out.iter().position(|&out| out == column).expect("read_plan adds it");
            let mut expression = watermark.expr.clone();
            expression.map_columns(&mut |column| position(column));
            WatermarkSpec {
                expression,
                rowtime: position(watermark.rowtime),
                interval_ms: timing.interval_ms,
                idle_timeout_ms: timing.idle_timeout_ms,
                batch_interval_ms: None,
                every: false,
                alignment: timing.alignment.clone(),
            }
        });
        let lines = lines(node, &plan, &read_type, &exprs, &output, projection.is_some(), watermark.as_ref());
        let changes = match ability.row_kinds {
            ChangelogMode::All => Changes::ALL,
            ChangelogMode::Upsert => Changes { update_before: false, ..Changes::ALL },
            ChangelogMode::InsertOnly => Changes::INSERT_ONLY,
        };
        let keys = primary_key(table, &plan.out);
        let key = is_upsert.then(|| primary_key_columns(table, &plan.out)).flatten();
        let source = self.stream(PhysicalNode {
            spec: OperatorSpec::Source(SourceSpec { connector, read: plan.read, projection, watermark }),
            inputs: Vec::new(),
            output,
            parallelism: ability.parallelism.unwrap_or(self.settings.parallelism),
            changes,
            keys,
            distribution: None,
            name: format!("Source: {}", node.path.object),
            lines,
        });
        Ok(match key {
            Some(key) => self.changelog_normalize(&source, key),
            None => source,
        })
    }
}

/// The table as a source reads it of which a record may delete the row of its key: only the columns of the key are there for sure.
fn with_nullable_values(table: &Arc<CatalogTable>) -> Arc<CatalogTable> {
    let mut table = CatalogTable::clone(table);
    let key = table.primary_key.clone();
    let is_key = |name: &String| key.as_ref().is_some_and(|key| key.columns.contains(name));
    for column in table.columns.iter_mut().filter(|column| !is_key(&column.name)) {
        column.ty.nullable = true;
    }
    Arc::new(table)
}

/// The primary key, if all of it comes out.
fn primary_key(table: &CatalogTable, out: &[usize]) -> RowKeys {
    primary_key_columns(table, out).map_or_else(RowKeys::none, RowKeys::of)
}

/// Where the columns of the primary key come out, if all do.
fn primary_key_columns(table: &CatalogTable, out: &[usize]) -> Option<Vec<usize>> {
    let place = |name: &String| out.iter().position(|&column| table.columns[column].name == *name);
    table.primary_key.as_ref()?.columns.iter().map(place).collect()
}

/// Refuses a plan that reads a table which cannot be read.
pub(crate) fn check_sources(plan: &LogicalPlan) -> Result<(), SqlError> {
    if let LogicalPlan::Scan(scan) = plan {
        source_ability(scan)?;
    }
    plan.inputs().into_iter().try_for_each(check_sources)
}

fn source_ability(node: &Scan) -> Result<(ConnectorSpec, SourceAbility), SqlError> {
    let spec = connector_spec(&node.path, &node.table, &node.options);
    let ability = match &spec {
        Some(spec) => check_primary_key(&node.table, spec)
            .and_then(|()| connectors::factory(&spec.connector))
            .and_then(|factory| factory.source(spec)),
        None => Err(no_connector()),
    };
    let refuse = |error: &ConnectorError| {
        connector_error(error, &format!("Unable to create a source for reading table '{}'", node.path), node.span)
    };
    let ability = ability.map_err(|error| refuse(&error))?;
    Ok((spec.expect("a table without a connector was refused above"), ability))
}

/// The table as its connector sees it; `None` without a `connector` option.
pub(super) fn connector_spec(
    path: &ObjectPath,
    table: &CatalogTable,
    options: &std::collections::BTreeMap<String, String>,
) -> Option<ConnectorSpec> {
    let mut options = options.clone();
    let connector = options.remove("connector")?;
    without_watermark_options(&connector, &mut options);
    Some(ConnectorSpec {
        table: path.to_string(),
        connector,
        options,
        physical: table.physical_row_type(),
        partition_keys: table.partition_keys.clone(),
        primary_key: table.primary_key.as_ref().map(|key| key.columns.clone()).unwrap_or_default(),
    })
}

/// Kafka keeps every record, so no primary key of a table on it holds.
pub(super) fn check_primary_key(table: &CatalogTable, spec: &ConnectorSpec) -> Result<(), ConnectorError> {
    if table.primary_key.is_none() || spec.connector != "kafka" {
        return Ok(());
    }
    let format = spec.option("format").or_else(|| spec.option("value.format")).unwrap_or_default();
    Err(ConnectorError::new(format!(
        "The Kafka table '{}' with '{format}' format doesn't support defining PRIMARY KEY constraint on the table, because it can't guarantee the semantic of primary key.",
        spec.table
    ))
    .with_hint("leave the PRIMARY KEY out"))
}

/// The refusal of a table without a `connector` option.
pub(super) fn no_connector() -> ConnectorError {
    ConnectorError::new("Table options do not contain an option key 'connector' for discovering a connector.")
        .with_hint("add 'connector' = '...' to the WITH clause of CREATE TABLE")
}

/// What a connector refuses, at the place where the table is named.
pub(super) fn connector_error(error: &ConnectorError, what: &str, span: Span) -> SqlError {
    let at = SqlError::validation(format!("{what}: {}", error.message), span);
    crate::bind::with_hint(at, error.hint.clone())
}

fn read_plan(node: &Scan, ability: &SourceAbility) -> Result<ReadPlan, SqlError> {
    let table = &node.table;
    let mut out = node.columns.clone();
    let mut add = |column: usize| {
        if !out.contains(&column) {
            out.push(column);
        }
    };
    if let (ChangelogMode::Upsert, Some(key)) = (ability.row_kinds, &table.primary_key) {
        key.columns.iter().filter_map(|name| table.index_of(name)).for_each(&mut add);
    }
    if let Some(watermark) = &table.watermark {
        add(watermark.rowtime);
        watermark.expr.for_each_column(&mut add);
    }
    let mut wanted = vec![false; table.columns.len()];
    for &column in &out {
        match &table.columns[column].source {
            ColumnSource::Computed { expr, .. } => expr.for_each_column(&mut |column| wanted[column] = true),
            _ => wanted[column] = true,
        }
    }
    // In the order in which they come out where that is possible, so that no projection is needed.
    let mut table_columns: Vec<usize> = out.iter().copied().filter(|&column| wanted[column]).collect();
    table_columns.extend((0..wanted.len()).filter(|column| wanted[*column] && !out.contains(column)));
    let read = table_columns.iter().map(|&column| read_column(node, column, ability)).collect::<Result<_, _>>()?;
    Ok(ReadPlan { read, table_columns, out })
}

fn read_column(node: &Scan, column: usize, ability: &SourceAbility) -> Result<ReadColumn, SqlError> {
    let table = &node.table;
    let definition = &table.columns[column];
    match &definition.source {
        ColumnSource::Metadata { key, .. } => {
            let key = key.clone().unwrap_or_else(|| definition.name.clone());
            if !ability.metadata.iter().any(|(known, _)| *known == key) {
                let known: Vec<&str> = ability.metadata.iter().map(|(key, _)| key.as_str()).collect();
                let message =
                    format!("Invalid metadata key '{key}' in column '{}' of table '{}'.", definition.name, node.path);
                let detail =
                    format!("The connector supports the following metadata keys for reading: {}", known.join(", "));
                return Err(SqlError::validation(message, node.span).with_detail(detail));
            }
            Ok(ReadColumn::Metadata { key, field: plain_field(table, column) })
        }
        _ => Ok(ReadColumn::Physical(table.physical_index(column))),
    }
}

fn plain_field(table: &CatalogTable, column: usize) -> Field {
    let column = &table.columns[column];
    Field::new(&column.name, column.ty.without_time_attribute())
}

/// A table column over what is read.
fn column_expr(table: &CatalogTable, column: usize, read: &[usize]) -> Expr {
    let position = |column: usize| read.iter().position(|&known| known == column).expect("read_plan reads it");
    match &table.columns[column].source {
        ColumnSource::Computed { expr, .. } => {
            let mut expr = expr.clone();
            expr.map_columns(&mut |column| position(column));
            expr
        }
        _ => Expr::column(position(column), table.columns[column].ty.clone()),
    }
}

fn lines(
    node: &Scan,
    plan: &ReadPlan,
    read_type: &RowType,
    exprs: &[Expr],
    output: &RowType,
    is_projected: bool,
    watermark: Option<&WatermarkSpec>,
) -> Vec<PlanLine> {
    let physical = node.table.physical_row_type();
    let names = |is_physical: bool| {
        let columns = plan.read.iter().filter_map(|column| match column {
            ReadColumn::Physical(index) if is_physical => Some(physical.fields[*index].name.as_str()),
            ReadColumn::Metadata { key, .. } if !is_physical => Some(key.as_str()),
            _ => None,
        });
        columns.collect::<Vec<_>>().join(", ")
    };
    let ObjectPath { catalog, database, object } = &node.path;
    let fields: Vec<&str> = read_type.fields.iter().map(|field| field.name.as_str()).collect();
    let all = plan.read.len() == node.table.columns.len() && !is_projected;
    let pushed = if all { String::new() } else { format!(", project=[{}], metadata=[{}]", names(true), names(false)) };
    let scan = format!("table=[[{catalog}, {database}, {object}{pushed}]], fields=[{}]", fields.join(", "));
    let mut lines = vec![PlanLine { name: "TableSourceScan", prefix: scan.clone(), infix: scan }];
    if is_projected {
        lines.push(PlanLine {
            name: "Calc",
            prefix: calc::describe(exprs, None, read_type, output, Style::Prefix),
            infix: calc::describe(exprs, None, read_type, output, Style::Infix),
        });
    }
    if let Some(watermark) = watermark {
        let text = |style| {
            let rowtime = &output.fields[watermark.rowtime].name;
            format!("rowtime=[{rowtime}], watermark=[{}]", expression(&watermark.expression, output, style))
        };
        lines.push(PlanLine { name: "WatermarkAssigner", prefix: text(Style::Prefix), infix: text(Style::Infix) });
    }
    lines
}
