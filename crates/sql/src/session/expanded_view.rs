//! The query of a view as Flink keeps it: every name with its table, tables with their catalog, `*` written out, a clause a line.
//!
//! It knows what queries are usually made of. Of a query that has anything else in it (sub-queries as values, hints, UNNEST, grouping sets and the like) there is
//! no expanded text, and SHOW CREATE VIEW shows it as it was written.

use crate::ast::{
    CaseBranch, Cte, Expr, ExprKind, FunctionArg, FunctionArgValue, FunctionArgs, FunctionCall, GroupItem, Ident,
    IsTest, Join, JoinCondition, JoinKind, LikeOp, NullsOrder, ObjectName, OrderItem, Over, Query, Select, SelectItem,
    SetExpr, SetExprKind, SetOperator, SetQuantifier, TableArg, TableArgSource, TableRef, TableRefKind, UnaryOp,
    WindowSpec,
};
use crate::catalog::{CatalogManager, CatalogView, ObjectPath};

const WINDOW_FUNCTIONS: [&str; 4] = ["TUMBLE", "HOP", "CUMULATE", "SESSION"];
const WINDOW_COLUMNS: [&str; 3] = ["window_start", "window_end", "window_time"];

/// A table that names of columns may mean.
#[derive(Debug, Clone)]
struct Table {
    alias: String,
    columns: Vec<String>,
}

/// What names mean at one place: the tables around it, the innermost last, and the queries of WITH.
#[derive(Debug, Clone, Default)]
struct Scope {
    tables: Vec<Vec<Table>>,
    ctes: Vec<Table>,
}

/// A text and the names of its columns.
type Expanded = (String, Vec<String>);

struct Expander<'a> {
    catalog: &'a CatalogManager,
    view: &'a CatalogView,
}

/// The query of a view, expanded; none when it has something in it that is not expanded.
pub(super) fn expanded_query(view: &CatalogView, catalog: &CatalogManager) -> Option<String> {
    let expander = Expander { catalog, view };
    expander.query(&view.query, &Scope::default()).map(|(text, _)| text)
}

impl Expander<'_> {
    fn query(&self, query: &Query, scope: &Scope) -> Option<Expanded> {
        let mut scope = scope.clone();
        let mut text = String::new();
        if let Some(with) = &query.with {
            if with.recursive {
                return None;
            }
            let mut parts = Vec::new();
            for Cte { name, columns, query, .. } in &with.ctes {
                let (inner, found) = self.query(query, &scope)?;
                if !columns.is_empty() {
                    return None;
                }
                parts.push(format!("{} AS ({inner})", quoted(&name.value)));
                scope.ctes.push(Table { alias: name.value.clone(), columns: found });
            }
            text = format!("WITH {} ", parts.join(", "));
        }
        let (body, columns, inner) = self.set_expr(&query.body, &scope)?;
        text.push_str(&body);
        if !query.order_by.is_empty() {
            let items: Option<Vec<String>> =
                query.order_by.iter().map(|item| self.order_item(item, &columns, &inner)).collect();
            text.push_str(&format!("\nORDER BY {}", items?.join(", ")));
        }
        if let Some(offset) = &query.offset {
            text.push_str(&format!("\nOFFSET {} ROWS", self.expr(offset, &inner)?));
        }
        if let Some(limit) = &query.limit {
            text.push_str(&format!("\nFETCH NEXT {} ROWS ONLY", self.expr(limit, &inner)?));
        }
        Some((text, columns))
    }

    /// The text, its columns, and what names mean in its ORDER BY.
    fn set_expr(&self, body: &SetExpr, scope: &Scope) -> Option<(String, Vec<String>, Scope)> {
        match &body.kind {
            SetExprKind::Select(select) => self.select(select, scope),
            SetExprKind::Query(query) => {
                let (text, columns) = self.query(query, scope)?;
                Some((format!("({text})"), columns, scope.clone()))
            }
            SetExprKind::Values(rows) => {
                let row = |row: &Vec<Expr>| {
                    let values: Option<Vec<String>> = row.iter().map(|value| self.expr(value, scope)).collect();
                    values.map(|values| format!("ROW({})", values.join(", ")))
                };
                let texts: Option<Vec<String>> = rows.iter().map(row).collect();
                let columns = (0..rows.first()?.len()).map(unnamed).collect();
                Some((format!("VALUES {}", texts?.join(",\n")), columns, scope.clone()))
            }
            SetExprKind::SetOperation { op, all, left, right } => {
                let (left, columns, _) = self.set_expr(left, scope)?;
                let (right, _, _) = self.set_expr(right, scope)?;
                let word = match op {
                    SetOperator::Union => "UNION",
                    SetOperator::Intersect => "INTERSECT",
                    SetOperator::Except => "EXCEPT",
                };
                let all = if *all { " ALL" } else { "" };
                Some((format!("{left}\n{word}{all}\n{right}"), columns, scope.clone()))
            }
            SetExprKind::Table(_) => None,
        }
    }

    fn select(&self, select: &Select, scope: &Scope) -> Option<(String, Vec<String>, Scope)> {
        if !select.hints.is_empty() || !select.windows.is_empty() || select.qualify.is_some() {
            return None;
        }
        let mut inner = scope.clone();
        let mut tables = Vec::new();
        let from = match &select.from {
            Some(from) => Some(self.table_ref(from, scope, &mut inner, &mut tables)?),
            None => None,
        };
        inner.tables.push(tables);
        let (mut items, mut columns) = (Vec::new(), Vec::new());
        for item in &select.items {
            self.select_item(item, &inner, &mut items, &mut columns)?;
        }
        let distinct = match select.quantifier {
            Some(SetQuantifier::Distinct) => "DISTINCT ",
            Some(SetQuantifier::All) => "ALL ",
            None => "",
        };
        let mut text = format!("SELECT {distinct}{}", items.join(", "));
        if let Some(from) = from {
            text.push_str(&format!("\nFROM {from}"));
        }
        if let Some(condition) = &select.selection {
            text.push_str(&format!("\nWHERE {}", self.expr(condition, &inner)?));
        }
        if let Some(group_by) = &select.group_by {
            let key = |item: &GroupItem| match item {
                GroupItem::Expr(expr) => self.expr(expr, &inner),
                _ => None,
            };
            let keys: Option<Vec<String>> = group_by.items.iter().map(key).collect();
            if group_by.quantifier.is_some() {
                return None;
            }
            text.push_str(&format!("\nGROUP BY {}", keys?.join(", ")));
        }
        if let Some(condition) = &select.having {
            text.push_str(&format!("\nHAVING {}", self.expr(condition, &inner)?));
        }
        Some((text, columns, inner))
    }

    fn select_item(
        &self,
        item: &SelectItem,
        scope: &Scope,
        items: &mut Vec<String>,
        columns: &mut Vec<String>,
    ) -> Option<()> {
        match item {
            SelectItem::Expr { expr, alias } => {
                let text = self.expr(expr, scope)?;
                let own = match &expr.kind {
                    ExprKind::Identifier(parts) => parts.last().map(|part| part.value.clone()),
                    _ => None,
                };
                let alias_text =
                    alias.as_ref().map_or_else(String::new, |alias| format!(" AS {}", quoted(&alias.value)));
                items.push(format!("{text}{alias_text}"));
                let name = alias.as_ref().map(|alias| alias.value.clone()).or(own);
                columns.push(name.unwrap_or_else(|| unnamed(columns.len())));
            }
            SelectItem::Wildcard(_) => {
                for table in scope.tables.last()? {
                    expand_all(table, items, columns);
                }
            }
            SelectItem::QualifiedWildcard { qualifier, .. } => {
                let [name] = qualifier.parts.as_slice() else { return None };
                let table = scope.tables.last()?.iter().find(|table| table.alias == name.value)?;
                expand_all(table, items, columns);
            }
        }
        Some(())
    }

    /// The text of a part of FROM; its tables are added.
    fn table_ref(&self, table: &TableRef, outer: &Scope, scope: &mut Scope, tables: &mut Vec<Table>) -> Option<String> {
        let alias = match &table.alias {
            Some(alias) if alias.columns.is_empty() => Some(alias.name.value.clone()),
            Some(_) => return None,
            None => None,
        };
        match &table.kind {
            TableRefKind::Table { name, hints, as_of: None } if hints.is_empty() => {
                let (text, columns) = self.named_table(name, outer)?;
                let alias = alias.unwrap_or_else(|| name.last().value.clone());
                let text = format!("{text} AS {}", quoted(&alias));
                tables.push(Table { alias, columns });
                Some(text)
            }
            TableRefKind::Derived { lateral: false, query, as_of: None } => {
                let (text, columns) = self.query(query, outer)?;
                let alias = alias?;
                let text = format!("({text}) AS {}", quoted(&alias));
                tables.push(Table { alias, columns });
                Some(text)
            }
            TableRefKind::Function { lateral: false, call, .. } => {
                let (text, columns) = self.window_function(call, outer)?;
                // Flink numbers those without a name; one is enough here.
                let alias = alias.unwrap_or_else(|| unnamed(0));
                if tables.iter().any(|table| table.alias == alias) {
                    return None;
                }
                let text = format!("TABLE({text}) AS {}", quoted(&alias));
                tables.push(Table { alias, columns });
                Some(text)
            }
            TableRefKind::Join(join) => self.join(join, outer, scope, tables),
            _ => None,
        }
    }

    fn join(&self, join: &Join, outer: &Scope, scope: &mut Scope, tables: &mut Vec<Table>) -> Option<String> {
        if join.natural || matches!(join.right.kind, TableRefKind::Join(_)) {
            return None;
        }
        let left = self.table_ref(&join.left, outer, scope, tables)?;
        let right = self.table_ref(&join.right, outer, scope, tables)?;
        let word = match join.kind {
            JoinKind::Comma => return Some(format!("{left},\n{right}")),
            JoinKind::Cross => "CROSS JOIN",
            JoinKind::Inner => "INNER JOIN",
            JoinKind::Left => "LEFT JOIN",
            JoinKind::Right => "RIGHT JOIN",
            JoinKind::Full => "FULL JOIN",
        };
        let condition = match &join.condition {
            JoinCondition::None => String::new(),
            JoinCondition::On(condition) => {
                let mut inner = outer.clone();
                inner.tables.push(tables.clone());
                format!(" ON {}", self.expr(condition, &inner)?)
            }
            JoinCondition::Using(_) => return None,
        };
        Some(format!("{left}\n{word} {right}{condition}"))
    }

    fn named_table(&self, name: &ObjectName, scope: &Scope) -> Option<Expanded> {
        if let [single] = name.parts.as_slice()
            && let Some(cte) = scope.ctes.iter().rev().find(|cte| cte.alias == single.value)
        {
            return Some((quoted(&cte.alias), cte.columns.clone()));
        }
        let path = match name.values().as_slice() {
            [object] => ObjectPath::new(&self.view.catalog, &self.view.database, *object),
            [database, object] => ObjectPath::new(&self.view.catalog, *database, *object),
            [catalog, database, object] => ObjectPath::new(*catalog, *database, *object),
            _ => return None,
        };
        Some((path.quoted(), self.catalog.entry(&path)?.column_names()))
    }

    /// TUMBLE and its like over a table that is named.
    fn window_function(&self, call: &FunctionCall, scope: &Scope) -> Option<Expanded> {
        let name = call.name.last().value.to_uppercase();
        let FunctionArgs::List(args) = &call.args else { return None };
        if !WINDOW_FUNCTIONS.contains(&name.as_str()) || args.iter().any(|arg| arg.name.is_some()) {
            return None;
        }
        let (mut texts, mut columns) = (Vec::new(), Vec::new());
        for FunctionArg { value, .. } in args {
            texts.push(match value {
                FunctionArgValue::Table(TableArg {
                    source: TableArgSource::Name(table),
                    partition_by,
                    order_by,
                    ..
                }) if partition_by.is_empty() && order_by.is_empty() => {
                    let (text, found) = self.named_table(table, scope)?;
                    let table = Table { alias: table.last().value.clone(), columns: found };
                    let mut items = Vec::new();
                    expand_all(&table, &mut items, &mut columns);
                    format!("(SELECT {}\nFROM {text} AS {})", items.join(", "), quoted(&table.alias))
                }
                FunctionArgValue::Descriptor(names) => format!("DESCRIPTOR({})", names_of(names)),
                FunctionArgValue::Expr(expr) => self.expr(expr, scope)?,
                _ => return None,
            });
        }
        columns.extend(WINDOW_COLUMNS.map(str::to_owned));
        Some((format!("{name}({})", texts.join(", ")), columns))
    }

    fn order_item(&self, item: &OrderItem, columns: &[String], scope: &Scope) -> Option<String> {
        let text = match &item.expr.kind {
            ExprKind::Identifier(parts) if parts.len() == 1 && columns.contains(&parts[0].value) => {
                quoted(&parts[0].value)
            }
            _ => self.expr(&item.expr, scope)?,
        };
        let direction = if item.descending { " DESC" } else { "" };
        let nulls = match item.nulls {
            Some(NullsOrder::First) => " NULLS FIRST",
            Some(NullsOrder::Last) => " NULLS LAST",
            None => "",
        };
        Some(format!("{text}{direction}{nulls}"))
    }

    /// An operand: in parentheses when it binds weaker than `power`.
    fn operand(&self, expr: &Expr, power: u8, scope: &Scope) -> Option<String> {
        let text = self.expr(expr, scope)?;
        Some(if expr.power() < power { format!("({text})") } else { text })
    }

    fn list(&self, exprs: &[Expr], scope: &Scope) -> Option<String> {
        let texts: Option<Vec<String>> = exprs.iter().map(|expr| self.expr(expr, scope)).collect();
        texts.map(|texts| texts.join(", "))
    }

    fn expr(&self, expr: &Expr, scope: &Scope) -> Option<String> {
        let own = expr.power();
        let not = |negated: bool| if negated { "NOT " } else { "" };
        Some(match &expr.kind {
            ExprKind::Literal(literal) => literal.to_string(),
            ExprKind::Identifier(parts) => column(parts, scope)?,
            ExprKind::Unary { op, expr } => {
                let word = match op {
                    UnaryOp::Plus => "+ ",
                    UnaryOp::Minus => "- ",
                    UnaryOp::Not => "NOT ",
                };
                format!("{word}{}", self.operand(expr, own, scope)?)
            }
            ExprKind::Binary { left, op, right } => {
                let (left, right) = (self.operand(left, own, scope)?, self.operand(right, own + 1, scope)?);
                format!("{left} {} {right}", op.symbol())
            }
            ExprKind::And(terms) | ExprKind::Or(terms) => {
                let word = if matches!(expr.kind, ExprKind::And(_)) { " AND " } else { " OR " };
                let terms: Option<Vec<String>> = terms.iter().map(|term| self.operand(term, own + 1, scope)).collect();
                terms?.join(word)
            }
            ExprKind::Is { expr, test, negated } => {
                let test = match test {
                    IsTest::Null => "NULL",
                    IsTest::True => "TRUE",
                    IsTest::False => "FALSE",
                    IsTest::Unknown => "UNKNOWN",
                    _ => return None,
                };
                format!("{} IS {}{test}", self.operand(expr, own, scope)?, not(*negated))
            }
            ExprKind::Between { expr, low, high, symmetric, negated } => {
                let (low, high) = (self.operand(low, own + 1, scope)?, self.operand(high, own + 1, scope)?);
                let kind = if *symmetric { "SYMMETRIC" } else { "ASYMMETRIC" };
                format!("{} {}BETWEEN {kind} {low} AND {high}", self.operand(expr, own, scope)?, not(*negated))
            }
            ExprKind::InList { expr, list, negated } => {
                let list = self.list(list, scope)?;
                format!("{} {}IN ({list})", self.operand(expr, own, scope)?, not(*negated))
            }
            ExprKind::InSubquery { expr, query, negated } => {
                let (query, _) = self.query(query, scope)?;
                format!("{} {}IN ({query})", self.operand(expr, own, scope)?, not(*negated))
            }
            ExprKind::Exists(query) => format!("EXISTS ({})", self.query(query, scope)?.0),
            ExprKind::Like { expr, op: LikeOp::Like, pattern, escape: None, negated } => {
                let pattern = self.operand(pattern, own + 1, scope)?;
                format!("{} {}LIKE {pattern}", self.operand(expr, own, scope)?, not(*negated))
            }
            ExprKind::Case { operand: None, branches, otherwise } => {
                let mut text = "CASE".to_owned();
                for CaseBranch { when, then } in branches {
                    let (when, then) = (self.list(when, scope)?, self.expr(then, scope)?);
                    text.push_str(&format!(" WHEN {when} THEN {then}"));
                }
                let otherwise = match otherwise {
                    Some(otherwise) => self.expr(otherwise, scope)?,
                    None => "NULL".to_owned(),
                };
                format!("{text} ELSE {otherwise} END")
            }
            ExprKind::Cast { lenient, expr, data_type } => {
                let word = if *lenient { "TRY_CAST" } else { "CAST" };
                let data_type = data_type.to_string();
                let data_type = if data_type == "INT" { "INTEGER" } else { data_type.as_str() };
                format!("{word}({} AS {data_type})", self.expr(expr, scope)?)
            }
            ExprKind::Extract { unit, expr } => format!("EXTRACT({unit} FROM {})", self.expr(expr, scope)?),
            ExprKind::Function(call) => self.function(call, scope)?,
            ExprKind::Array(elements) => format!("ARRAY[{}]", self.list(elements, scope)?),
            ExprKind::Map(entries) => {
                let pair = |(key, value): &(Expr, Expr)| {
                    Some(format!("{}, {}", self.expr(key, scope)?, self.expr(value, scope)?))
                };
                let pairs: Option<Vec<String>> = entries.iter().map(pair).collect();
                format!("MAP[{}]", pairs?.join(", "))
            }
            _ => return None,
        })
    }

    fn function(&self, call: &FunctionCall, scope: &Scope) -> Option<String> {
        let [name] = call.name.parts.as_slice() else { return None };
        let is_plain = !name.quoted && call.order_by.is_empty() && call.nulls.is_none();
        if !is_plain {
            return None;
        }
        let mut text = name.value.to_uppercase();
        match &call.args {
            FunctionArgs::Absent => return Some(text),
            FunctionArgs::Star => text.push_str("(*)"),
            FunctionArgs::List(args) => {
                let value = |arg: &FunctionArg| match &arg.value {
                    FunctionArgValue::Expr(expr) if arg.name.is_none() => self.expr(expr, scope),
                    _ => None,
                };
                let values: Option<Vec<String>> = args.iter().map(value).collect();
                let distinct = if call.quantifier == Some(SetQuantifier::Distinct) { "DISTINCT " } else { "" };
                text.push_str(&format!("({distinct}{})", values?.join(", ")));
            }
        }
        if let Some(filter) = &call.filter {
            text.push_str(&format!(" FILTER (WHERE {})", self.expr(filter, scope)?));
        }
        match &call.over {
            None => {}
            Some(Over::Name(_)) => return None,
            Some(Over::Spec(spec)) => text.push_str(&format!(" OVER ({})", self.window(spec, scope)?)),
        }
        Some(text)
    }

    fn window(&self, spec: &WindowSpec, scope: &Scope) -> Option<String> {
        if spec.base.is_some() {
            return None;
        }
        let mut parts = Vec::new();
        if !spec.partition_by.is_empty() {
            parts.push(format!("PARTITION BY {}", self.list(&spec.partition_by, scope)?));
        }
        if !spec.order_by.is_empty() {
            let items: Option<Vec<String>> =
                spec.order_by.iter().map(|item| self.order_item(item, &[], scope)).collect();
            parts.push(format!("ORDER BY {}", items?.join(", ")));
        }
        parts.extend(spec.frame.as_ref().map(ToString::to_string));
        Some(parts.join(" "))
    }
}

/// A name of a column with its table; none when it is not known which it is.
fn column(parts: &[Ident], scope: &Scope) -> Option<String> {
    let (first, rest) = parts.split_first()?;
    for tables in scope.tables.iter().rev() {
        let mut owners = tables.iter().filter(|table| table.columns.contains(&first.value));
        if let Some(owner) = owners.next() {
            return owners.next().is_none().then(|| format!("{}.{}", quoted(&owner.alias), names_with_dots(parts)));
        }
        let is_table = |table: &Table| {
            table.alias == first.value && rest.first().is_some_and(|name| table.columns.contains(&name.value))
        };
        if tables.iter().any(is_table) {
            return Some(names_with_dots(parts));
        }
    }
    None
}

fn expand_all(table: &Table, items: &mut Vec<String>, columns: &mut Vec<String>) {
    for name in &table.columns {
        items.push(format!("{}.{}", quoted(&table.alias), quoted(name)));
        columns.push(name.clone());
    }
}

/// The name that Calcite gives to what has none.
fn unnamed(index: usize) -> String {
    format!("EXPR${index}")
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn names_of(names: &[Ident]) -> String {
    names.iter().map(|name| quoted(&name.value)).collect::<Vec<_>>().join(", ")
}

fn names_with_dots(names: &[Ident]) -> String {
    names.iter().map(|name| quoted(&name.value)).collect::<Vec<_>>().join(".")
}
