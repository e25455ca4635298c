//! CREATE TABLE ... AS and REPLACE TABLE ... AS: a table with the columns of a query, and the job that fills it.

use std::sync::Arc;

use indexmap::IndexMap;

use super::like::check_key_columns;
use super::{Outcome, Session};
use crate::ast::{ColumnDef, ColumnKind, CreateMode, CreateTable, Ident, Insert, InsertMode, ObjectName, Query, Span};
use crate::bind::{Binder, SessionFacts, bind_column_type, bind_create_table, can_insert, catalog_error, drop_columns};
use crate::catalog::{CatalogEntry, CatalogTable, ColumnSource, Existing, Lifetime, TableColumn};
use crate::error::SqlError;

impl Session {
    /// Makes the table and plans the job. The table stays when the job cannot be planned, as in Flink.
    pub(super) fn create_table_as(
        &mut self,
        create: &CreateTable,
        query: &Query,
        text: &str,
        span: Span,
    ) -> Result<Outcome, SqlError> {
        let insert = self.create_target(create, query, text)?;
        self.insert(&[insert], span)
    }

    /// Makes the table; returns what fills it.
    pub(super) fn create_target(
        &mut self,
        create: &CreateTable,
        query: &Query,
        text: &str,
    ) -> Result<Insert, SqlError> {
        let name = &create.name;
        if create.temporary {
            let message = "CREATE TABLE AS SELECT syntax does not support to create temporary table yet.";
            return Err(SqlError::validation(message, name.span).with_hint("leave TEMPORARY out"));
        }
        let path = self.path(name)?;
        let is_known = self.catalog.entry(&path).is_some();
        if create.mode == CreateMode::Replace && !is_known {
            let message = format!(
                "The table {} to be replaced doesn't exist. You can try to use CREATE TABLE AS statement or CREATE OR REPLACE TABLE AS statement.",
                path.quoted()
            );
            return Err(SqlError::validation(message, name.span));
        }
        let (table, columns) = self.table_of_query(create, query, text)?;
        let existing = match create.mode {
            CreateMode::Create if create.if_not_exists => Existing::Keep,
            CreateMode::Create => Existing::Fail,
            CreateMode::CreateOrReplace | CreateMode::Replace | CreateMode::CreateOrAlter => Existing::Replace,
        };
        let is_kept = is_known && existing == Existing::Keep;
        self.catalog
            .create(path, CatalogEntry::Table(Arc::new(table)), Lifetime::Permanent, existing)
            .map_err(|error| catalog_error(error, name.span))?;
        Ok(Insert {
            mode: InsertMode::Into,
            table: name.clone(),
            hints: Vec::new(),
            partition: Vec::new(),
            // A table that was there before has columns of its own, which must be those of the query.
            columns: if is_kept { Vec::new() } else { columns },
            query: Box::new(query.clone()),
            on_conflict: None,
            span: name.span,
        })
    }

    /// The table with the columns of the query, and their names in it, in the query's order.
    fn table_of_query(
        &self,
        create: &CreateTable,
        query: &Query,
        text: &str,
    ) -> Result<(CatalogTable, Vec<ObjectName>), SqlError> {
        let plan = Binder::new(&self.catalog).query(query)?;
        let mut base = CatalogTable {
            columns: Vec::new(),
            watermark: None,
            primary_key: None,
            partition_keys: Vec::new(),
            distribution: None,
            options: IndexMap::new(),
            comment: None,
        };
        for field in &plan.output().fields {
            let name = free_name(&base, &field.name);
            let ty = field.ty.without_time_attribute();
            base.columns.push(TableColumn { name, ty, source: ColumnSource::Physical, comment: None });
        }
        let names: Vec<String> = base.columns.iter().map(|column| column.name.clone()).collect();
        let is_of_query = |def: &&ColumnDef| names.contains(&def.name.value);
        for def in create.schema.columns.iter().filter(is_of_query) {
            declare(&mut base, def)?;
        }
        // A key makes NOT NULL what the statement declares.
        let constraints = create.schema.all_constraints();
        let keys: Vec<&str> =
            constraints.iter().flat_map(|constraint| &constraint.columns).map(|key| key.value.as_str()).collect();
        for def in create.schema.columns.iter().filter(|def| keys.contains(&def.name.value.as_str())) {
            if let Some(index) = base.index_of(&def.name.value) {
                base.columns[index].ty.nullable = false;
            }
        }
        check_key_columns(&base, create)?;
        let mut rest = create.clone();
        rest.schema.columns.retain(|def| !names.contains(&def.name.value));
        rest.schema.column_names.clear();
        refuse_required(&rest)?;
        let mut table = bind_create_table(&rest, Some(base), &SessionFacts::of(&self.catalog), text)?;
        // What only the statement declares stands first.
        let declared = names.len()..table.columns.len();
        let order: Vec<usize> = declared.chain(query_order(&names, &create.schema.column_names)?).collect();
        drop_columns(&mut table, &order);
        let target = |name: &String| {
            let ident = Ident { value: name.clone(), quoted: true, span: create.name.span };
            ObjectName { parts: vec![ident], span: create.name.span }
        };
        Ok((table, names.iter().map(target).collect()))
    }
}

/// The type that the statement gives to a column of the query.
fn declare(base: &mut CatalogTable, def: &ColumnDef) -> Result<(), SqlError> {
    let index = base.index_of(&def.name.value).expect("the column is one of the query");
    let ColumnKind::Physical(data_type) = &def.kind else {
        let message = format!("A column named '{}' already exists in the source schema.", def.name.value);
        return Err(SqlError::validation(message, def.name.span));
    };
    let ty = bind_column_type(data_type)?;
    let given = &base.columns[index].ty;
    if !can_insert(given, &ty) {
        let message = format!(
            "Incompatible types for sink column '{}' at position {}. The source column has type '{given}', while the target column has type '{ty}'.",
            def.name.value,
            index + 1
        );
        return Err(SqlError::validation(message, def.name.span));
    }
    let comment = def.comment.as_ref().map(|comment| comment.value.clone());
    base.columns[index] = TableColumn { ty, comment, ..base.columns[index].clone() };
    Ok(())
}

/// A column that the query does not have can only be filled with NULL.
fn refuse_required(create: &CreateTable) -> Result<(), SqlError> {
    let required = |def: &&ColumnDef| match &def.kind {
        ColumnKind::Physical(data_type) => !data_type.nullable,
        _ => false,
    };
    match create.schema.columns.iter().find(required) {
        None => Ok(()),
        Some(def) => {
            let message = format!("Column '{}' has no default value and does not allow NULLs.", def.name.value);
            Err(SqlError::validation(message, def.name.span))
        }
    }
}

/// The columns of the query in the order of a list of names, if there is one.
fn query_order(names: &[String], listed: &[Ident]) -> Result<Vec<usize>, SqlError> {
    let Some(first) = listed.first() else {
        return Ok((0..names.len()).collect());
    };
    if listed.len() != names.len() {
        let message = "The number of columns in the column list must match the number of columns in the source schema.";
        return Err(SqlError::validation(message, first.span).with_detail(format!(
            "{} are listed, the query has {}",
            listed.len(),
            names.len()
        )));
    }
    let place = |ident: &Ident| {
        names.iter().position(|name| *name == ident.value).ok_or_else(|| {
            let message = format!("Column '{}' not found in the source schema.", ident.value);
            let hint = crate::nearest::nearest(&ident.value, names.iter().map(String::as_str));
            crate::bind::with_hint(SqlError::validation(message, ident.span), hint)
        })
    };
    listed.iter().map(place).collect()
}

/// The name, with a number where it is taken.
fn free_name(table: &CatalogTable, name: &str) -> String {
    if table.index_of(name).is_none() {
        return name.to_owned();
    }
    let numbered = (0..).map(|number| format!("{name}{number}"));
    numbered.into_iter().find(|name| table.index_of(name).is_none()).expect("there is always another number")
}
