//! ALTER TABLE and ALTER VIEW: the changed object takes the place of the old one.

use std::sync::Arc;

use super::{Outcome, Session};
use crate::ast::{
    AlterCatalog, AlterDatabase, AlterOptionsOp, AlterTable, AlterTableOp, AlterView, AlterViewOp, ColumnPosition,
    Ident, ObjectName, Span, TableSchema,
};
use crate::bind::{
    Binder, Placement, SessionFacts, bind_again, bind_distribution, catalog_error, drop_columns, forget_rowtime,
    modify_table, not_supported,
};
use crate::catalog::{CatalogEntry, CatalogTable, CatalogView, ColumnSource, Existing, Lifetime, ObjectPath};
use crate::error::SqlError;
use crate::physical::check_sources;

impl Session {
    pub(super) fn alter_table(&mut self, alter: &AlterTable, text: &str, span: Span) -> Result<Outcome, SqlError> {
        let path = self.path(&alter.name)?;
        let table = match self.catalog.entry(&path) {
            Some(CatalogEntry::Table(table)) => table.as_ref().clone(),
            _ if alter.if_exists => return Ok(Outcome::Done),
            Some(CatalogEntry::View(_)) => {
                let message = format!("ALTER TABLE for a view is not allowed: '{path}' is a view");
                return Err(SqlError::validation(message, alter.name.span));
            }
            None => {
                let message = format!("Table {} doesn't exist or is a temporary table.", path.quoted());
                return Err(SqlError::validation(message, alter.name.span));
            }
        };
        if let AlterTableOp::Rename(to) = &alter.op {
            return self.rename(&path, to, CatalogEntry::Table(Arc::new(table)));
        }
        let table = altered(table, &alter.op, &SessionFacts::of(&self.catalog), text, span)?;
        self.replace(path, CatalogEntry::Table(Arc::new(table)), span)
    }

    pub(super) fn alter_view(&mut self, alter: &AlterView, text: &str, span: Span) -> Result<Outcome, SqlError> {
        let path = self.path(&alter.name)?;
        let view = match self.catalog.entry(&path) {
            Some(CatalogEntry::View(view)) => view.as_ref().clone(),
            _ if alter.if_exists => return Ok(Outcome::Done),
            _ => {
                let message = format!("View {} doesn't exist or is a temporary view.", path.quoted());
                return Err(SqlError::validation(message, alter.name.span));
            }
        };
        match &alter.op {
            AlterViewOp::Rename(to) => self.rename(&path, to, CatalogEntry::View(Arc::new(view))),
            AlterViewOp::As(query) => {
                let plan = Binder::new(&self.catalog).query(query)?;
                check_sources(&plan)?;
                let schema = plan.output().clone();
                let view = CatalogView {
                    query: Arc::new(query.as_ref().clone()),
                    text: query.span.slice(text).to_owned(),
                    column_comments: vec![None; schema.len()],
                    schema,
                    catalog: self.catalog.current_catalog().to_owned(),
                    database: self.catalog.current_database().to_owned(),
                    comment: view.comment,
                };
                self.replace(path, CatalogEntry::View(Arc::new(view)), span)
            }
        }
    }

    pub(super) fn alter_database(&mut self, alter: &AlterDatabase) -> Result<Outcome, SqlError> {
        let (catalog, name) = self.database_path(&alter.name)?;
        let pairs = alter.options.iter().map(|pair| (pair.key.value.clone(), pair.value.value.clone()));
        self.catalog
            .alter_database(&catalog, &name, pairs.collect())
            .map_err(|error| catalog_error(error, alter.name.span))?;
        Ok(Outcome::Done)
    }

    /// A catalog in memory has no options that could be changed.
    pub(super) fn alter_catalog(&mut self, alter: &AlterCatalog) -> Result<Outcome, SqlError> {
        let at = |error| catalog_error(error, alter.name.span);
        self.catalog.catalog(&alter.name.value).map_err(at)?;
        match &alter.op {
            AlterOptionsOp::Comment(comment) => {
                self.catalog.comment_on_catalog(&alter.name.value, &comment.value).map_err(at)?;
                Ok(Outcome::Done)
            }
            AlterOptionsOp::Reset(keys) => {
                let message = match keys.iter().find(|key| key.value == "type") {
                    _ if keys.is_empty() => "ALTER CATALOG RESET does not support empty key",
                    Some(_) => "ALTER CATALOG RESET does not support changing 'type'",
                    None => return Ok(Outcome::Done),
                };
                Err(SqlError::validation(message, alter.name.span))
            }
            AlterOptionsOp::Set(pairs) => {
                let unknown: Vec<&str> = pairs.iter().map(|pair| pair.key.value.as_str()).collect();
                let message = format!(
                    "Unsupported options found for 'generic_in_memory'.\n\nUnsupported options:\n\n{}\n\nSupported options:\n\ndefault-database\nproperty-version",
                    unknown.join("\n")
                );
                Err(SqlError::validation(message, alter.name.span))
            }
            AlterOptionsOp::Rename(_) => Err(not_supported("renaming a catalog", alter.name.span)),
        }
    }

    fn replace(&mut self, path: ObjectPath, entry: CatalogEntry, span: Span) -> Result<Outcome, SqlError> {
        let lifetime = self.lifetime_of(&path);
        self.catalog.create(path, entry, lifetime, Existing::Replace).map_err(|error| catalog_error(error, span))?;
        Ok(Outcome::Done)
    }

    fn rename(&mut self, from: &ObjectPath, to: &ObjectName, entry: CatalogEntry) -> Result<Outcome, SqlError> {
        let lifetime = self.lifetime_of(from);
        let to_path = match to.values().as_slice() {
            [name] => ObjectPath::new(&from.catalog, &from.database, *name),
            _ => self.path(to)?,
        };
        let is_view = entry.is_view();
        let at = |error| catalog_error(error, to.span);
        self.catalog.create(to_path, entry, lifetime, Existing::Fail).map_err(at)?;
        self.catalog.drop(from, is_view, lifetime, false).map_err(at)?;
        Ok(Outcome::Done)
    }

    fn lifetime_of(&self, path: &ObjectPath) -> Lifetime {
        if self.catalog.is_temporary(path) { Lifetime::Temporary } else { Lifetime::Permanent }
    }
}

fn altered(
    mut table: CatalogTable,
    op: &AlterTableOp,
    facts: &SessionFacts,
    text: &str,
    span: Span,
) -> Result<CatalogTable, SqlError> {
    match op {
        AlterTableOp::SetOptions(pairs) => {
            table.options.extend(pairs.iter().map(|pair| (pair.key.value.clone(), pair.value.value.clone())));
        }
        AlterTableOp::ResetOptions(keys) => {
            if keys.is_empty() {
                return Err(SqlError::validation("ALTER TABLE RESET does not support empty key", span));
            }
            for key in keys {
                if key.value == "connector" {
                    return Err(SqlError::validation(
                        "ALTER TABLE RESET does not support changing 'connector'",
                        key.span,
                    ));
                }
                table.options.shift_remove(&key.value);
            }
        }
        AlterTableOp::Add(schema) => {
            if let Some(key) = table.primary_key.as_ref().filter(|_| !schema.all_constraints().is_empty()) {
                let key: Vec<String> = key.columns.iter().map(|column| format!("`{column}`")).collect();
                let defined = format!("the primary key constraint [{}]", key.join(", "));
                return Err(already_defined(&defined, span));
            }
            if let Some(watermark) = table.watermark.as_ref().filter(|_| schema.watermark.is_some()) {
                let column = &table.columns[watermark.rowtime].name;
                let defined = format!("the watermark strategy `{column}` AS {}", watermark.text);
                return Err(already_defined(&defined, span));
            }
            let placements = placements(schema, |_| None)?;
            return modify_table(table, schema, &placements, facts, text);
        }
        AlterTableOp::Modify(schema) => return modified(table, schema, facts, text, span),
        AlterTableOp::RenameColumn { from, to } => {
            check_not_nested(&from.parts[1..], from.span)?;
            let index = column_index(&table, &from.last().value, from.span)?;
            if table.index_of(&to.last().value).is_some() {
                let message = format!("The column `{}` already existed in table schema.", to.last().value);
                return Err(SqlError::validation(message, to.span));
            }
            rename_column(&mut table, index, &to.last().value, span)?;
        }
        AlterTableOp::DropColumns(names) => {
            for name in names {
                check_not_nested(&name.parts[1..], name.span)?;
                let index = column_index(&table, &name.last().value, name.span)?;
                check_unused(&table, index, name.span)?;
                let kept: Vec<usize> = (0..table.columns.len()).filter(|&other| other != index).collect();
                drop_columns(&mut table, &kept);
            }
        }
        AlterTableOp::DropPrimaryKey => {
            if table.primary_key.take().is_none() {
                return Err(SqlError::validation("The base table does not define any primary key.", span));
            }
        }
        AlterTableOp::DropConstraint(name) => match &table.primary_key {
            Some(key) if key.name == name.value => table.primary_key = None,
            _ => {
                let message =
                    format!("The base table does not define a primary key constraint named '{}'.", name.value);
                return Err(SqlError::validation(message, name.span));
            }
        },
        AlterTableOp::DropWatermark => {
            if table.watermark.take().is_none() {
                return Err(SqlError::validation("The base table does not define any watermark strategy.", span));
            }
            table.columns.iter_mut().for_each(forget_rowtime);
        }
        AlterTableOp::DropDistribution => {
            if table.distribution.take().is_none() {
                return Err(SqlError::validation("The base table does not have a distribution to drop.", span));
            }
        }
        AlterTableOp::AddDistribution(distribution) => {
            if table.distribution.is_some() {
                return Err(already_defined("a distribution", distribution.span));
            }
            table.distribution = Some(bind_distribution(&table, distribution)?);
        }
        AlterTableOp::ModifyDistribution(distribution) => {
            if table.distribution.is_none() {
                return Err(not_defined("distribution", distribution.span));
            }
            table.distribution = Some(bind_distribution(&table, distribution)?);
        }
        AlterTableOp::Rename(_) => {}
        AlterTableOp::AddPartitions { .. } | AlterTableOp::DropPartitions { .. } => {
            return Err(not_supported("this form of ALTER TABLE", span));
        }
    }
    Ok(table)
}

/// The table with columns, key and watermark in place of those of the same name.
fn modified(
    mut table: CatalogTable,
    schema: &TableSchema,
    facts: &SessionFacts,
    text: &str,
    span: Span,
) -> Result<CatalogTable, SqlError> {
    let mut comments = Vec::new();
    for column in &schema.columns {
        check_not_nested(&column.parents, column.span)?;
        let index = column_index(&table, &column.name.value, column.name.span)?;
        comments.push((table.columns[index].name.clone(), table.columns[index].comment.clone()));
    }
    let watermark = table.watermark.take().map(|known| (table.columns[known.rowtime].name.clone(), known.text));
    if schema.watermark.is_some() && watermark.is_none() {
        return Err(not_defined("watermark", span));
    }
    table.columns.iter_mut().for_each(forget_rowtime);
    if !schema.all_constraints().is_empty() && table.primary_key.take().is_none() {
        return Err(not_defined("primary key constraint", span));
    }
    let placements = placements(schema, |name| table.index_of(name))?;
    let is_kept = |index: &usize| comments.iter().all(|(name, _)| *name != table.columns[*index].name);
    let kept: Vec<usize> = (0..table.columns.len()).filter(is_kept).collect();
    if kept.len() < table.columns.len() {
        drop_columns(&mut table, &kept);
    }
    let mut table = modify_table(table, schema, &placements, facts, text)?;
    for (name, comment) in comments {
        let in_key = table.primary_key.as_ref().is_some_and(|key| key.columns.contains(&name));
        if let Some(index) = table.index_of(&name) {
            let column = &mut table.columns[index];
            column.comment = column.comment.take().or(comment);
            column.ty.nullable &= !in_key;
        }
    }
    bind_again(&mut table, watermark.filter(|_| schema.watermark.is_none()), facts, span)?;
    Ok(table)
}

/// Fields of a ROW are not altered, as in Flink.
fn check_not_nested(parents: &[Ident], span: Span) -> Result<(), SqlError> {
    if parents.is_empty() {
        return Ok(());
    }
    Err(not_supported("altering a nested field", span))
}

fn already_defined(what: &str, span: Span) -> SqlError {
    let message = format!("Failed to execute ALTER TABLE statement.\nThe current table has already defined {what}.");
    SqlError::validation(message, span).with_hint("drop it before adding a new one, or use ALTER TABLE ... MODIFY")
}

fn not_defined(what: &str, span: Span) -> SqlError {
    let message = format!("Failed to execute ALTER TABLE statement.\nThe base table does not define any {what}.");
    SqlError::validation(message, span).with_hint("add one with ALTER TABLE ... ADD")
}

/// Where each column of the schema goes: as it says, else where `old` was.
fn placements(schema: &TableSchema, old: impl Fn(&str) -> Option<usize>) -> Result<Vec<Placement>, SqlError> {
    let placement = |column: &crate::ast::ColumnDef| {
        Ok(match &column.position {
            Some(ColumnPosition::First) => Placement::At(0),
            Some(ColumnPosition::After(name)) => Placement::After(name.last().clone()),
            None => old(&column.name.value).map_or(Placement::Last, Placement::At),
        })
    };
    schema.columns.iter().map(placement).collect()
}

fn column_index(table: &CatalogTable, name: &str, span: Span) -> Result<usize, SqlError> {
    table.index_of(name).ok_or_else(|| {
        let names = table.columns.iter().map(|column| column.name.as_str());
        let error = SqlError::validation(format!("The column `{name}` does not exist in the base table."), span);
        crate::bind::with_hint(error, crate::nearest::nearest(name, names))
    })
}

/// Refuses to drop a column that others need.
fn check_unused(table: &CatalogTable, index: usize, span: Span) -> Result<(), SqlError> {
    let name = &table.columns[index].name;
    let refuse = |by: String| {
        Err(SqlError::validation(
            format!("Failed to execute ALTER TABLE statement.\nThe column `{name}` is {by}."),
            span,
        ))
    };
    let reads = |expr: &dataflow::Expr| {
        let mut reads = false;
        expr.for_each_column(&mut |column| reads |= column == index);
        reads
    };
    if table.primary_key.as_ref().is_some_and(|key| key.columns.contains(name)) {
        return refuse("used as the primary key".into());
    }
    if table.partition_keys.contains(name) {
        return refuse("used as the partition keys".into());
    }
    if table.watermark.as_ref().is_some_and(|watermark| watermark.rowtime == index || reads(&watermark.expr)) {
        return refuse("referenced by watermark expression".into());
    }
    for column in &table.columns {
        if let ColumnSource::Computed { expr, .. } = &column.source
            && reads(expr)
        {
            return refuse(format!("referenced by computed column `{}`", column.name));
        }
    }
    Ok(())
}

/// Renames a column, also where keys name it. Expressions refer to columns by position; those that name it in their text are refused.
fn rename_column(table: &mut CatalogTable, index: usize, to: &str, span: Span) -> Result<(), SqlError> {
    let from = table.columns[index].name.clone();
    let quoted = crate::catalog::quote_identifier(&from);
    let texts = table.columns.iter().filter_map(|column| match &column.source {
        ColumnSource::Computed { text, .. } => Some(text),
        _ => None,
    });
    let mut texts = texts.chain(table.watermark.as_ref().map(|watermark| &watermark.text));
    if texts.any(|text| text.contains(&quoted)) {
        let message =
            format!("Failed to execute ALTER TABLE statement.\nThe column `{from}` is referenced by an expression.");
        return Err(SqlError::validation(message, span));
    }
    let rename = |name: &mut String| {
        if *name == from {
            *name = to.to_owned();
        }
    };
    table.columns.iter_mut().for_each(|column| rename(&mut column.name));
    table.partition_keys.iter_mut().for_each(rename);
    if let Some(key) = &mut table.primary_key {
        key.columns.iter_mut().for_each(rename);
    }
    Ok(())
}
