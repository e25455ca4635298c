//! What may stand in FROM: tables and views of the catalog, named queries, sub-queries, table functions, joins.

use std::collections::BTreeMap;
use std::sync::Arc;

use dataflow::{Field, RowType};

use super::data_type::check_columns;
use super::expr::not_supported;
use super::query::{cast_columns, rename};
use super::scope::{Scope, with_hint};
use super::{Binder, catalog_error};
use crate::ast::{Hint, HintArgs, Literal, ObjectName, SampleMethod, Span, TableAlias, TableRef, TableRefKind};
use crate::catalog::{CatalogEntry, CatalogTable, CatalogView, ObjectPath};
use crate::error::SqlError;
use crate::logical::{LogicalPlan, Scan, Values, identity};
use crate::nearest::nearest;

impl Binder<'_> {
    /// Binds an element of FROM.
    pub(super) fn table_ref(&mut self, table: &TableRef) -> Result<(LogicalPlan, Scope), SqlError> {
        match &table.kind {
            TableRefKind::Table { as_of: Some(time), .. } | TableRefKind::Derived { as_of: Some(time), .. } => Err(
                SqlError::validation("FOR SYSTEM_TIME AS OF stands behind the right table of a join only", time.span),
            ),
            _ => self.aliased_table(table),
        }
    }

    /// The same, whether it is meant as of a time or not.
    pub(super) fn aliased_table(&mut self, table: &TableRef) -> Result<(LogicalPlan, Scope), SqlError> {
        let (plan, names) = match &table.kind {
            TableRefKind::Table { name, hints, .. } => self.table(name, hints, name.span)?,
            // A sub-query cannot see its neighbours unless it is lateral.
            TableRefKind::Derived { query, .. } => (self.query(query)?, Vec::new()),
            TableRefKind::Function { lateral, call, .. } => (self.table_function(call, *lateral)?, Vec::new()),
            TableRefKind::Nested(inner) if table.alias.is_none() => return self.table_ref(inner),
            TableRefKind::Nested(inner) => (self.table_ref(inner)?.0, Vec::new()),
            TableRefKind::Join(join) => return self.join(join, table.span),
            TableRefKind::Unnest { .. } => return self.unnest_alone(table),
            TableRefKind::MatchRecognize { input, spec } => (self.match_recognize(input, spec)?, Vec::new()),
            TableRefKind::Pivot { .. } => return Err(not_supported("PIVOT", table.span)),
            TableRefKind::Unpivot { .. } => return Err(not_supported("UNPIVOT", table.span)),
            TableRefKind::Sample { input, method } => return self.sample(input, method),
        };
        let (plan, names) = alias(plan, names, table.alias.as_ref(), table.span)?;
        let scope = Scope::of_table(names, plan.output());
        Ok((plan, scope))
    }

    /// A table, view or named query, and the qualified name its columns have.
    pub(super) fn table(
        &mut self,
        name: &ObjectName,
        hints: &[Hint],
        span: Span,
    ) -> Result<(LogicalPlan, Vec<String>), SqlError> {
        if let [single] = name.parts.as_slice()
            && let Some(cte) = self.ctes.iter().rev().find(|cte| cte.name == single.value)
        {
            return Ok((cte.plan.clone(), vec![single.value.clone()]));
        }
        let path = self.path_of(name)?;
        let Some(entry) = self.catalog.entry(&path) else {
            return Err(self.unknown_table(name, &path));
        };
        let names = vec![path.catalog.clone(), path.database.clone(), path.object.clone()];
        let plan = match entry.clone() {
            CatalogEntry::Table(table) => scan(path, table, hints, span)?,
            CatalogEntry::View(view) => self.view(path, &view, hints, span)?,
        };
        Ok((plan, names))
    }

    /// All rows or none: what lies between cannot be planned on a stream, in Flink neither.
    fn sample(&mut self, input: &TableRef, method: &SampleMethod) -> Result<(LogicalPlan, Scope), SqlError> {
        let (plan, scope) = self.table_ref(input)?;
        let SampleMethod::Percentage { percentage, .. } = method else { return Ok((plan, scope)) };
        let (Literal::Exact(number) | Literal::Approximate(number)) = &percentage.value else {
            return Err(SqlError::validation("a TABLESAMPLE percentage is a number", percentage.span));
        };
        match number.parse::<f64>() {
            Ok(100.0) => Ok((plan, scope)),
            Ok(0.0) => Ok((LogicalPlan::Values(Values { rows: Vec::new(), output: plan.output().clone() }), scope)),
            Ok(number) if number < 100.0 => Err(not_supported("TABLESAMPLE of a part of the rows", percentage.span)
                .with_detail("only samples of 0 and 100 percent can be planned, as in Flink")
                .with_hint("let chance decide: WHERE RAND() < 0.1")),
            _ => Err(SqlError::validation(
                "TABLESAMPLE percentage must be between 0 and 100, inclusive",
                percentage.span,
            )),
        }
    }

    /// The full path of a name, relative to the view being expanded or to the session.
    pub(super) fn path_of(&self, name: &ObjectName) -> Result<ObjectPath, SqlError> {
        let parts = name.values();
        match (self.views.last().and_then(|path| self.catalog.entry(path)), parts.as_slice()) {
            (Some(CatalogEntry::View(view)), [object]) => Ok(ObjectPath::new(&view.catalog, &view.database, *object)),
            (Some(CatalogEntry::View(view)), [database, object]) => {
                Ok(ObjectPath::new(&view.catalog, *database, *object))
            }
            _ => self.catalog.resolve_path(&parts).map_err(|error| catalog_error(error, name.span)),
        }
    }

    /// A view is its query, bound where the view was made.
    fn view(
        &mut self,
        path: ObjectPath,
        view: &CatalogView,
        hints: &[Hint],
        span: Span,
    ) -> Result<LogicalPlan, SqlError> {
        if let Some(hint) = hints.first() {
            return Err(SqlError::validation(
                format!(
                    "View '{}' cannot be enriched with new options. Hints can only be applied to tables.",
                    path.quoted()
                ),
                hint.span,
            ));
        }
        if self.views.contains(&path) {
            return Err(SqlError::validation(format!("View '{path}' refers to itself"), span));
        }
        let ctes = std::mem::take(&mut self.ctes);
        self.views.push(path.clone());
        let plan = self.query(&view.query);
        self.views.pop();
        self.ctes = ctes;
        // Places inside the view lie in another text.
        let plan =
            plan.map_err(|error| SqlError { span, message: format!("in view '{path}': {}", error.message), ..error })?;
        if plan.output().len() != view.schema.len() {
            return Err(SqlError::validation(
                format!(
                    "view '{path}' was made with {} columns but its query now has {}",
                    view.schema.len(),
                    plan.output().len()
                ),
                span,
            )
            .with_hint("drop the view and create it again"));
        }
        let plan = cast_columns(plan, &view.schema);
        Ok(with_names(plan, view.schema.fields.iter().map(|field| field.name.clone()).collect()))
    }

    fn unknown_table(&self, name: &ObjectName, path: &ObjectPath) -> SqlError {
        let values = name.values();
        let message = match values.as_slice() {
            [catalog, _, _] if self.catalog.catalog(catalog).is_err() => format!("Object '{catalog}' not found"),
            [_, _, _] | [_, _] if self.catalog.database(&path.catalog, &path.database).is_err() => {
                format!("Object '{}' not found within '{}'", path.database, path.catalog)
            }
            [_, _, _] | [_, _] => {
                format!("Object '{}' not found within '{}.{}'", path.object, path.catalog, path.database)
            }
            _ => format!("Object '{}' not found", path.object),
        };
        let mut names = self.catalog.entry_names(&path.catalog, &path.database).unwrap_or_default();
        names.extend(self.ctes.iter().map(|cte| cte.name.clone()));
        let error = SqlError::validation(message, name.span);
        with_hint(error, nearest(&path.object, names.iter().map(String::as_str)))
    }
}

fn scan(path: ObjectPath, table: Arc<CatalogTable>, hints: &[Hint], span: Span) -> Result<LogicalPlan, SqlError> {
    check_columns(&table, span)?;
    let options = table_options(&table, hints)?;
    let columns = (0..table.columns.len()).collect();
    let output = table.row_type();
    Ok(LogicalPlan::Scan(Scan { path, table, options, columns, output, span }))
}

/// The options of a table, those of `OPTIONS` hints over them.
pub(super) fn table_options(table: &CatalogTable, hints: &[Hint]) -> Result<BTreeMap<String, String>, SqlError> {
    let mut options: BTreeMap<String, String> =
        table.options.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    for hint in hints {
        match &hint.args {
            HintArgs::Options(pairs) if hint.name.value.eq_ignore_ascii_case("OPTIONS") => {
                options.extend(pairs.iter().map(|pair| (pair.key.value.clone(), pair.value.value.clone())));
            }
            _ => {
                return Err(not_supported(&format!("the hint '{}' of a table", hint.name.value), hint.span)
                    .with_hint("OPTIONS('key' = 'value') is supported"));
            }
        }
    }
    Ok(options)
}

/// Applies an alias: the name of the columns' table, and perhaps other column names.
fn alias(
    plan: LogicalPlan,
    names: Vec<String>,
    alias: Option<&TableAlias>,
    span: Span,
) -> Result<(LogicalPlan, Vec<String>), SqlError> {
    match alias {
        None => Ok((plan, names)),
        Some(alias) => Ok((rename(plan, &alias.columns, span)?, vec![alias.name.value.clone()])),
    }
}

/// The plan with these column names.
pub(super) fn with_names(plan: LogicalPlan, names: Vec<String>) -> LogicalPlan {
    if plan.output().fields.iter().map(|field| &field.name).eq(&names) {
        return plan;
    }
    let exprs = identity(plan.output());
    let fields = exprs.iter().zip(names).map(|(expr, name)| Field::new(name, expr.ty.clone())).collect();
    plan.project(exprs, RowType::new(fields))
}
