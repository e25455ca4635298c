//! The columns that a name can mean at a place of a query.

use std::ops::Range;

use dataflow::{Expr, Field, LogicalType, RowType};

use crate::ast::{Ident, Span};
use crate::error::SqlError;
use crate::nearest::nearest;

/// The columns of the row that expressions are bound over, in row order, with the tables they belong to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    columns: Vec<ScopeColumn>,
    /// Columns of `USING` and `NATURAL`: one name for both sides.
    merged: Vec<MergedColumn>,
    /// How many columns at the end belong to the row around this one: their names count where the others have none like them.
    outer: usize,
}

/// One column of the row.
#[derive(Debug, Clone)]
pub(crate) struct ScopeColumn {
    /// The alias, or the full path, of its table; empty for a column without a table.
    pub table: Vec<String>,
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: LogicalType,
    /// Whether a merged column stands for it when it is not qualified.
    pub is_merged: bool,
}

#[derive(Debug, Clone)]
struct MergedColumn {
    name: String,
    expr: Expr,
}

/// A resolved name: the column and how many parts of the name it took.
pub(crate) struct Resolved {
    /// The column.
    pub expr: Expr,
    /// Parts consumed; the rest is a path into its fields.
    pub parts: usize,
}

impl Scope {
    /// The columns of one table, known by `table` (alias or path).
    pub fn of_table(table: Vec<String>, row: &RowType) -> Self {
        let column = |field: &Field| ScopeColumn {
            table: table.clone(),
            name: field.name.clone(),
            ty: field.ty.clone(),
            is_merged: false,
        };
        Self { columns: row.fields.iter().map(column).collect(), merged: Vec::new(), outer: 0 }
    }

    /// The columns of `self` followed by those of `right`, as a join makes them. Types come from `row`.
    pub fn join(mut self, right: Scope, row: &RowType) -> Self {
        let offset = self.columns.len();
        self.columns.extend(right.columns);
        self.merged.extend(right.merged.into_iter().map(|mut merged| {
            merged.expr.map_columns(&mut |index| index + offset);
            merged
        }));
        for (column, field) in self.columns.iter_mut().zip(&row.fields) {
            column.ty = field.ty.clone();
        }
        self
    }

    /// The columns of `self` followed by these of the row around it.
    pub fn around(mut self, outer: &Scope, columns: &[usize]) -> Self {
        self.columns.extend(columns.iter().map(|&index| outer.columns[index].clone()));
        self.outer += columns.len();
        self
    }

    /// Lets `expr` stand for the unqualified `name`; the columns at `indices` can then only be named with their table.
    pub fn merge(&mut self, name: &str, indices: [usize; 2], expr: Expr) {
        for index in indices {
            self.columns[index].is_merged = true;
        }
        self.merged.retain(|merged| merged.name != name);
        self.merged.push(MergedColumn { name: name.to_owned(), expr });
    }

    /// Number of columns in the row.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// The columns, in row order.
    pub fn columns(&self) -> &[ScopeColumn] {
        &self.columns
    }

    /// What `*` stands for: merged columns, then the others.
    pub fn wildcard(&self) -> Vec<(String, Expr)> {
        let merged = self.merged.iter().map(|merged| (merged.name.clone(), merged.expr.clone()));
        let others = (0..self.columns.len())
            .filter(|&index| !self.columns[index].is_merged)
            .map(|index| (self.columns[index].name.clone(), self.column(index)));
        merged.chain(others).collect()
    }

    /// What `t.*` stands for; empty when there is no such table.
    pub fn qualified_wildcard(&self, qualifier: &[&str]) -> Vec<(String, Expr)> {
        (0..self.columns.len())
            .filter(|&index| self.is_of_table(index, qualifier))
            .map(|index| (self.columns[index].name.clone(), self.column(index)))
            .collect()
    }

    /// Whether `qualifier` means the table of a column.
    pub fn is_of_table(&self, column: usize, qualifier: &[&str]) -> bool {
        self.columns.get(column).is_some_and(|column| is_suffix(qualifier, &column.table))
    }

    /// A column of the row as an expression.
    pub fn column(&self, index: usize) -> Expr {
        Expr::column(index, self.columns[index].ty.clone())
    }

    /// The index of the unqualified column `name`, for USING; an error names the place.
    pub fn index_of(&self, name: &Ident) -> Result<usize, SqlError> {
        let mut found = (0..self.columns.len()).filter(|&index| self.columns[index].name == name.value);
        match (found.next(), found.next()) {
            (Some(index), None) => Ok(index),
            (Some(_), Some(_)) => Err(ambiguous(&name.value, name.span)),
            (None, _) => Err(self.unknown_column(&name.value, name.span)),
        }
    }

    /// The column that a name of one or more parts begins with.
    pub fn resolve(&self, parts: &[Ident], span: Span) -> Result<Resolved, SqlError> {
        let own = self.columns.len() - self.outer;
        match self.resolve_within(0..own, parts, span) {
            Err(error) if self.outer > 0 => {
                self.resolve_within(own..self.columns.len(), parts, span).map_err(|_| error)
            }
            resolved => resolved,
        }
    }

    fn resolve_within(&self, range: Range<usize>, parts: &[Ident], span: Span) -> Result<Resolved, SqlError> {
        let first = &parts[0];
        if let Some(merged) = self.merged.iter().find(|merged| merged.name == first.value) {
            return Ok(Resolved { expr: merged.expr.clone(), parts: 1 });
        }
        // As in Calcite, the longest table prefix that fits wins; then the name is a column with a path into it.
        for taken in (1..parts.len().min(4)).rev() {
            let qualifier: Vec<&str> = parts[..taken].iter().map(|part| part.value.as_str()).collect();
            let in_table: Vec<usize> =
                range.clone().filter(|&index| is_suffix(&qualifier, &self.columns[index].table)).collect();
            if in_table.is_empty() {
                continue;
            }
            let name = &parts[taken];
            let mut found = in_table.iter().copied().filter(|&index| self.columns[index].name == name.value);
            return match (found.next(), found.next()) {
                (Some(index), None) => Ok(Resolved { expr: self.column(index), parts: taken + 1 }),
                (Some(_), Some(_)) => Err(ambiguous(&name.value, name.span)),
                (None, _) => {
                    let message = format!("Column '{}' not found in table '{}'", name.value, qualifier.join("."));
                    let names = in_table.iter().map(|&index| self.columns[index].name.as_str());
                    Err(with_hint(SqlError::validation(message, name.span), nearest(&name.value, names)))
                }
            };
        }
        let mut found =
            range.filter(|&index| self.columns[index].name == first.value && !self.columns[index].is_merged);
        match (found.next(), found.next()) {
            (Some(index), None) => Ok(Resolved { expr: self.column(index), parts: 1 }),
            (Some(_), Some(_)) => Err(ambiguous(&first.value, span)),
            (None, _) if parts.len() > 1 => {
                let tables = self.columns.iter().filter_map(|column| column.table.last()).map(String::as_str);
                let error = SqlError::validation(format!("Table '{}' not found", first.value), first.span);
                Err(with_hint(error, nearest(&first.value, tables)))
            }
            (None, _) => Err(self.unknown_column(&first.value, span)),
        }
    }

    fn unknown_column(&self, name: &str, span: Span) -> SqlError {
        let error = SqlError::validation(format!("Column '{name}' not found in any table"), span);
        with_hint(error, nearest(name, self.columns.iter().map(|column| column.name.as_str())))
    }
}

/// Adds a hint when there is one.
pub(crate) fn with_hint(error: SqlError, hint: Option<String>) -> SqlError {
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn ambiguous(name: &str, span: Span) -> SqlError {
    SqlError::validation(format!("Column '{name}' is ambiguous"), span)
        .with_hint("write the table's name or alias before the column")
}

fn is_suffix(qualifier: &[&str], table: &[String]) -> bool {
    !table.is_empty()
        && qualifier.len() <= table.len()
        && table[table.len() - qualifier.len()..].iter().zip(qualifier).all(|(part, wanted)| part == wanted)
}
