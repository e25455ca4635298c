//! Binding: from the tree of a query to a logical plan with every name resolved and every type known.
//!
//! Names follow Calcite's rules, types Flink's; messages are theirs where users know them.

mod calcite;
mod changelog;
mod data_type;
mod expr;
mod function;
mod groups;
mod hints;
mod insert;
mod join;
mod json;
mod lateral;
mod literal;
mod match_recognize;
mod operators;
mod order;
mod over;
mod pattern_rows;
mod query;
mod scope;
mod select;
mod set_all;
mod subquery;
mod subquery_value;
mod subquery_values;
mod table_change;
mod table_ddl;
mod table_function;
mod table_ref;
mod unnest;
mod window;

pub(crate) use calcite::summary;
pub(crate) use data_type::bind_column_type;
pub(crate) use expr::{SessionFacts, coerce, not_supported};
pub(crate) use insert::{BoundInsert, assignable as can_insert, bind_insert};
pub(crate) use join::joined_row;
pub(crate) use literal::boolean;
pub(crate) use scope::with_hint;
pub(crate) use table_change::{Placement, bind_again, drop_columns, forget_rowtime, modify_table};
pub(crate) use table_ddl::{bind_create_table, bind_distribution};
pub(crate) use window::{group_window_without_time, not_a_time_attribute};

use crate::ast::Span;
use crate::catalog::{CatalogError, CatalogManager, ObjectPath};
use crate::error::SqlError;
use crate::logical::LogicalPlan;

/// Binds queries against a catalog.
pub(crate) struct Binder<'a> {
    /// Where names come from.
    catalog: &'a CatalogManager,
    /// Named queries in reach, innermost last.
    ctes: Vec<NamedQuery>,
    /// Views being expanded, outermost first.
    views: Vec<ObjectPath>,
    /// The rows over which sub-queries used as values are being bound.
    outer_rows: Option<LogicalPlan>,
    facts: SessionFacts,
}

/// An element of a WITH list, bound.
struct NamedQuery {
    name: String,
    plan: LogicalPlan,
}

impl<'a> Binder<'a> {
    /// A binder over this catalog.
    pub fn new(catalog: &'a CatalogManager) -> Self {
        let facts = SessionFacts::of(catalog);
        Self { catalog, ctes: Vec::new(), views: Vec::new(), outer_rows: None, facts }
    }
}

/// The catalog's refusal, at its place.
pub(crate) fn catalog_error(error: CatalogError, span: Span) -> SqlError {
    with_hint(SqlError::validation(error.message, span), error.hint)
}
