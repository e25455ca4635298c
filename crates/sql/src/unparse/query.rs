//! Queries.

use std::fmt::{Display, Formatter, Result};

use super::name::write_hints;
use super::{commas, flag, write_list, write_opt};
use crate::ast::{
    Cte, Expr, GroupBy, GroupItem, NamedWindow, NullsOrder, OrderItem, Query, Select, SelectItem, SetExpr, SetExprKind,
    SetOperator, With,
};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write_opt(f, "", self.with.as_ref(), " ")?;
        self.body.fmt(f)?;
        write_list(f, " ORDER BY ", &self.order_by)?;
        write_opt(f, " LIMIT ", self.limit.as_ref(), "")?;
        write_opt(f, " OFFSET ", self.offset.as_ref(), "")
    }
}

impl Display for With {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "WITH {}{}", flag(self.recursive, "RECURSIVE "), commas(&self.ctes))
    }
}

impl Display for Cte {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.name.fmt(f)?;
        if !self.columns.is_empty() {
            write!(f, " ({})", commas(&self.columns))?;
        }
        write!(f, " AS ({})", self.query)
    }
}

impl SetExpr {
    fn power(&self) -> u8 {
        match self.kind {
            SetExprKind::SetOperation { op: SetOperator::Intersect, .. } => 2,
            SetExprKind::SetOperation { .. } => 1,
            _ => 3,
        }
    }

    fn write_operand(&self, f: &mut Formatter<'_>, power: u8) -> Result {
        if self.power() < power { write!(f, "({self})") } else { self.fmt(f) }
    }
}

/// A row of `VALUES`.
struct Row<'a>(&'a Vec<Expr>);

impl Display for Row<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "({})", commas(self.0))
    }
}

impl Display for SetExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.kind {
            SetExprKind::Select(select) => select.fmt(f),
            SetExprKind::Values(rows) => {
                let rows: Vec<Row<'_>> = rows.iter().map(Row).collect();
                write!(f, "VALUES {}", commas(&rows))
            }
            SetExprKind::Table(name) => write!(f, "TABLE {name}"),
            SetExprKind::Query(query) => write!(f, "({query})"),
            SetExprKind::SetOperation { op, all, left, right } => {
                left.write_operand(f, self.power())?;
                let word = match op {
                    SetOperator::Union => "UNION",
                    SetOperator::Intersect => "INTERSECT",
                    SetOperator::Except => "EXCEPT",
                };
                write!(f, " {word}{} ", flag(*all, " ALL"))?;
                right.write_operand(f, self.power() + 1)
            }
        }
    }
}

impl Display for Select {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("SELECT")?;
        write_hints(f, &self.hints)?;
        write_opt(f, " ", self.quantifier.as_ref(), "")?;
        write!(f, " {}", commas(&self.items))?;
        write_opt(f, " FROM ", self.from.as_ref(), "")?;
        write_opt(f, " WHERE ", self.selection.as_ref(), "")?;
        write_opt(f, " ", self.group_by.as_ref(), "")?;
        write_opt(f, " HAVING ", self.having.as_ref(), "")?;
        write_list(f, " WINDOW ", &self.windows)?;
        write_opt(f, " QUALIFY ", self.qualify.as_ref(), "")
    }
}

impl Display for SelectItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            SelectItem::Wildcard(_) => f.write_str("*"),
            SelectItem::QualifiedWildcard { qualifier, .. } => write!(f, "{qualifier}.*"),
            SelectItem::Expr { expr, alias } => {
                expr.fmt(f)?;
                write_opt(f, " AS ", alias.as_ref(), "")
            }
        }
    }
}

impl Display for GroupBy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("GROUP BY ")?;
        write_opt(f, "", self.quantifier.as_ref(), " ")?;
        commas(&self.items).fmt(f)
    }
}

/// One set of `ROLLUP` or `CUBE`.
struct GroupSet<'a>(&'a Vec<Expr>);

impl Display for GroupSet<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0.as_slice() {
            [one] => one.fmt(f),
            many => write!(f, "({})", commas(many)),
        }
    }
}

impl Display for GroupItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            GroupItem::Expr(expr) => expr.fmt(f),
            GroupItem::Set(exprs, _) => write!(f, "({})", commas(exprs)),
            GroupItem::GroupingSets(items, _) => write!(f, "GROUPING SETS ({})", commas(items)),
            GroupItem::Rollup(sets, _) => {
                write!(f, "ROLLUP ({})", commas(&sets.iter().map(GroupSet).collect::<Vec<_>>()))
            }
            GroupItem::Cube(sets, _) => {
                write!(f, "CUBE ({})", commas(&sets.iter().map(GroupSet).collect::<Vec<_>>()))
            }
        }
    }
}

impl Display for NamedWindow {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} AS {}", self.name, self.spec)
    }
}

impl Display for OrderItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}{}", self.expr, flag(self.descending, " DESC"))?;
        match self.nulls {
            Some(NullsOrder::First) => f.write_str(" NULLS FIRST"),
            Some(NullsOrder::Last) => f.write_str(" NULLS LAST"),
            None => Ok(()),
        }
    }
}
