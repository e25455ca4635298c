//! One SELECT: tables, WHERE, grouping, HAVING, OVER, QUALIFY, select list, DISTINCT; and what ORDER BY reads.

use dataflow::{Expr, ExprKind, Field, RowType, TypeKind};

use super::Binder;
use super::expr::{Clause, ExprBinder, not_supported};
use super::groups::Groups;
use super::hints::{StateTtlHints, check_hints};
use super::operators::illegal_null;
use super::order::ordinal;
use super::over::{Overs, reads_overs};
use super::query::distinct;
use super::scope::Scope;
use super::subquery::{SubqueryTerm, subquery_term, terms};
use super::subquery_values::SubqueryValues;
use super::window::{GroupWindow, WindowKind, bind_group_window};
use crate::ast::{self, GroupItem, OrderItem, Select, SelectItem, SetQuantifier};
use crate::error::SqlError;
use crate::logical::{LogicalPlan, Values, conjunction, is_identity};

/// The select list while it is bound.
#[derive(Default)]
pub(super) struct Items {
    pub(super) exprs: Vec<Expr>,
    pub(super) names: Vec<String>,
}

/// A SELECT, bound.
pub(super) struct Selected {
    /// Its columns, and behind them those that only ORDER BY reads.
    pub plan: LogicalPlan,
    /// How many columns are its own.
    pub width: usize,
    /// The column of each element of ORDER BY.
    pub order: Vec<usize>,
}

/// What is bound over the tables of a SELECT.
struct Clauses<'s> {
    select: &'s Select,
    order_by: &'s [OrderItem],
    /// The terms of HAVING but those in `asked`.
    having: Vec<&'s ast::Expr>,
    /// Terms of HAVING that look for values among the rows of a sub-query of its own, which are joined.
    asked: Vec<Asked<'s>>,
}

/// A term of HAVING that looks for values among rows.
struct Asked<'s> {
    term: SubqueryTerm<'s>,
    rows: LogicalPlan,
}

/// The expressions of a SELECT: the select list, what only ORDER BY reads, the conditions of QUALIFY and HAVING.
struct BoundClauses {
    exprs: Vec<Expr>,
    /// Names of the select list.
    names: Vec<String>,
    order: Vec<usize>,
    has_qualify: bool,
    /// How many values the sub-queries of HAVING are asked for, behind those.
    asked_values: usize,
    has_having: bool,
}

/// GROUP BY while it is bound.
struct Grouping {
    keys: Vec<Expr>,
    /// Indices of keys.
    sets: Vec<Vec<usize>>,
    window: Option<GroupWindow>,
    /// How many keys stand before the window.
    window_place: usize,
}

impl Default for Grouping {
    /// One set without keys.
    fn default() -> Self {
        Self { keys: Vec::new(), sets: vec![Vec::new()], window: None, window_place: 0 }
    }
}

impl Grouping {
    /// Every set so far together with every one of `sets`.
    fn cross(&mut self, sets: Vec<Vec<usize>>) {
        let merged = |a: &Vec<usize>, b: &Vec<usize>| {
            let mut all = a.clone();
            all.extend(b.iter().filter(|key| !a.contains(key)));
            all
        };
        self.sets = self.sets.iter().flat_map(|a| sets.iter().map(move |b| merged(a, b))).collect();
    }
}

impl Binder<'_> {
    /// Binds a SELECT. `order_by` is that of the query, whose keys may be columns that are not selected.
    pub(super) fn select(&mut self, select: &Select, order_by: &[OrderItem]) -> Result<Selected, SqlError> {
        let (mut plan, scope) = match &select.from {
            Some(from) => self.table_ref(from)?,
            None => (one_row(), Scope::default()),
        };
        let hints = check_hints(&select.hints, &scope)?;
        if let Some(from) = &select.from {
            hints.tell_joins(from, &mut plan, &scope);
        }
        let is_distinct = select.quantifier == Some(SetQuantifier::Distinct);
        if matches!(plan, LogicalPlan::Join(_)) || is_distinct {
            hints.check_names()?;
        }
        if let Some(condition) = &select.selection {
            plan = self.where_clause(plan, &scope, condition)?;
        }
        let (having, asked) = self.asked_in_having(select);
        let clauses = Clauses { select, order_by, having, asked };
        let groups = self.grouping(select, &scope)?;
        if let (Some(_), Some(qualify)) = (&groups, &select.qualify) {
            return Err(not_supported("QUALIFY behind GROUP BY", qualify.span).with_hint("group in a sub-query"));
        }
        let mut selected = self.selected(plan, &scope, &clauses, groups, &hints)?;
        if is_distinct {
            let hidden = selected.order.iter().position(|&column| column >= selected.width);
            if let Some(hidden) = hidden {
                let message = "ORDER BY of SELECT DISTINCT can only name what is selected";
                return Err(SqlError::validation(message, order_by[hidden].span));
            }
            selected.plan = distinct(selected.plan);
            if let LogicalPlan::Aggregate(node) = &mut selected.plan {
                node.state_ttl = hints.of_only_table(select.from.as_ref(), &scope);
            }
        }
        Ok(selected)
    }

    /// Binds what stands over the tables; sub-queries and aggregates that are met on the way come first.
    fn selected(
        &mut self,
        plan: LogicalPlan,
        scope: &Scope,
        clauses: &Clauses<'_>,
        mut groups: Option<Groups>,
        hints: &StateTtlHints,
    ) -> Result<Selected, SqlError> {
        if let Some(groups) = &mut groups {
            hints.check_names()?;
            groups.state_ttl = hints.of_only_table(clauses.select.from.as_ref(), scope);
        }
        let mut values = SubqueryValues::default();
        let (bound, overs) = loop {
            let mut overs = Overs::new(&clauses.select.windows);
            let mut binder = ExprBinder::new(scope, Clause::Select, &self.facts);
            binder.groups = groups.as_mut();
            binder.overs = Some(&mut overs);
            binder.subqueries = Some(&values);
            match (bind_clauses(&mut binder, clauses), binder.met_subquery.take()) {
                (Ok(bound), _) => break (bound, overs),
                (Err(_), _) if binder.met_aggregate => {
                    let groups = Some(Groups::new(Vec::new(), None));
                    return self.selected(plan, scope, clauses, groups, hints);
                }
                (Err(_), Some(met)) => {
                    self.subquery_over(&plan, &met, scope, Clause::Select, groups.as_mut(), &mut values)?;
                }
                (Err(error), None) => return Err(error),
            }
        };
        assemble(plan, bound, clauses, groups, overs, values)
    }

    /// The terms of HAVING: those of the groups, and those that ask sub-queries which refer to no row outside, as semi and anti joins do.
    fn asked_in_having<'s>(&mut self, select: &'s Select) -> (Vec<&'s ast::Expr>, Vec<Asked<'s>>) {
        let (mut having, mut asked) = (Vec::new(), Vec::new());
        for term in select.having.iter().flat_map(terms) {
            let subquery = subquery_term(term).filter(|subquery| subquery.values().is_some());
            match subquery.map(|subquery| (self.query(subquery.query), subquery)) {
                Some((Ok(rows), term)) => asked.push(Asked { term, rows }),
                _ => having.push(term),
            }
        }
        (having, asked)
    }

    /// The keys and the window of GROUP BY; `None` without GROUP BY and HAVING.
    pub(super) fn grouping(&mut self, select: &Select, scope: &Scope) -> Result<Option<Groups>, SqlError> {
        let Some(group_by) = &select.group_by else {
            return Ok(select.having.is_some().then(|| Groups::new(Vec::new(), None)));
        };
        let mut grouping = Grouping::default();
        for item in &group_by.items {
            let sets = self.item_sets(item, scope, &mut grouping)?;
            grouping.cross(sets);
        }
        let Grouping { keys, mut sets, window, window_place } = grouping;
        if group_by.quantifier == Some(SetQuantifier::Distinct) {
            let all = std::mem::take(&mut sets);
            all.into_iter().for_each(|set| {
                if !sets.contains(&set) {
                    sets.push(set)
                }
            });
        }
        let is_plain = sets.len() == 1 && sets[0].len() == keys.len();
        if is_plain {
            let mut groups = Groups::new(keys, window);
            groups.window_place = window_place;
            return Ok(Some(groups));
        }
        if window.is_some() {
            return Err(not_supported("a group window with GROUPING SETS", group_by.span));
        }
        let has = sets.iter().map(|set| (0..keys.len()).map(|key| set.contains(&key)).collect()).collect();
        Ok(Some(Groups::with_sets(keys, has, window)))
    }

    /// The grouping sets that one element of GROUP BY stands for, as indices of keys.
    fn item_sets(&self, item: &GroupItem, scope: &Scope, grouping: &mut Grouping) -> Result<Vec<Vec<usize>>, SqlError> {
        Ok(match item {
            GroupItem::Expr(expr) => vec![self.key_set(std::slice::from_ref(expr), scope, grouping)?],
            GroupItem::Set(exprs, _) => vec![self.key_set(exprs, scope, grouping)?],
            GroupItem::GroupingSets(items, _) => {
                let mut sets = Vec::new();
                for item in items {
                    sets.extend(self.item_sets(item, scope, grouping)?);
                }
                sets
            }
            GroupItem::Rollup(elements, _) => {
                let parts = self.key_sets(elements, scope, grouping)?;
                (0..=parts.len()).rev().map(|length| parts[..length].concat()).collect()
            }
            GroupItem::Cube(elements, span) => {
                let parts = self.key_sets(elements, scope, grouping)?;
                if parts.len() > 10 {
                    return Err(SqlError::validation("CUBE of more than 10 elements", *span));
                }
                let chosen = |mask: usize| {
                    let taken = (0..parts.len()).filter(|part| mask & (1 << (parts.len() - 1 - part)) != 0);
                    taken.flat_map(|part| parts[part].clone()).collect()
                };
                (0..1 << parts.len()).rev().map(chosen).collect()
            }
        })
    }

    fn key_sets(
        &self,
        elements: &[Vec<ast::Expr>],
        scope: &Scope,
        grouping: &mut Grouping,
    ) -> Result<Vec<Vec<usize>>, SqlError> {
        elements.iter().map(|exprs| self.key_set(exprs, scope, grouping)).collect()
    }

    /// Adds the expressions to the keys; a group window is none of them.
    fn key_set(&self, exprs: &[ast::Expr], scope: &Scope, grouping: &mut Grouping) -> Result<Vec<usize>, SqlError> {
        let mut set = Vec::new();
        for expr in exprs {
            if let Some(window) = self.group_window(expr, scope)? {
                grouping.window_place = grouping.keys.len();
                if grouping.window.replace(window).is_some() {
                    return Err(SqlError::validation("only one group window is allowed in GROUP BY", expr.span));
                }
                continue;
            }
            let key = ExprBinder::new(scope, Clause::GroupBy, &self.facts).bind(expr)?;
            let index = grouping.keys.iter().position(|known| *known == key).unwrap_or_else(|| {
                grouping.keys.push(key);
                grouping.keys.len() - 1
            });
            if !set.contains(&index) {
                set.push(index);
            }
        }
        Ok(set)
    }

    /// The window that an element of GROUP BY is, if it is one.
    fn group_window(&self, expr: &ast::Expr, scope: &Scope) -> Result<Option<GroupWindow>, SqlError> {
        let ast::ExprKind::Function(call) = &expr.kind else {
            return Ok(None);
        };
        match call.name.parts.as_slice() {
            [name] => match WindowKind::of(&name.value.to_uppercase()) {
                Some(kind) => bind_group_window(kind, call, scope, &self.facts).map(Some),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }
}

/// A single row without columns: what SELECT without FROM reads.
pub(super) fn one_row() -> LogicalPlan {
    LogicalPlan::Values(Values { rows: vec![Vec::new()], output: RowType::default() })
}

pub(super) fn bind_items(binder: &mut ExprBinder<'_>, select: &Select) -> Result<Items, SqlError> {
    let mut items = Items::default();
    for item in &select.items {
        match item {
            SelectItem::Wildcard(span) => {
                let columns = binder.scope.wildcard();
                if columns.is_empty() {
                    return Err(SqlError::validation("SELECT * requires a FROM clause", *span));
                }
                add_columns(binder, &mut items, columns, *span)?;
            }
            SelectItem::QualifiedWildcard { qualifier, span } => {
                let columns = binder.scope.qualified_wildcard(&qualifier.values());
                if columns.is_empty() {
                    let name = qualifier.values().join(".");
                    return Err(SqlError::validation(format!("Unknown identifier '{name}'"), *span));
                }
                add_columns(binder, &mut items, columns, *span)?;
            }
            SelectItem::Expr { expr, alias } => {
                let bound = binder.bind(expr)?;
                if bound.ty.kind == TypeKind::Null {
                    return Err(illegal_null(expr.span));
                }
                let name = alias.as_ref().map(|alias| alias.value.clone()).or_else(|| derived_name(expr));
                items.names.push(name.unwrap_or_else(|| format!("EXPR${}", items.names.len())));
                items.exprs.push(bound);
            }
        }
    }
    items.names = unique_names(items.names);
    Ok(items)
}

fn bind_clauses(binder: &mut ExprBinder<'_>, clauses: &Clauses<'_>) -> Result<BoundClauses, SqlError> {
    let Clauses { select, order_by, .. } = clauses;
    let items = match (bind_items(binder, select), &select.having) {
        (Ok(items), _) => items,
        // HAVING is checked before the select list.
        (Err(error), Some(having)) if binder.met_subquery.is_none() => {
            return Err(binder.bind_condition(having).err().unwrap_or(error));
        }
        (Err(error), _) => return Err(error),
    };
    let Items { mut exprs, names } = items;
    binder.aliases = Some(names.iter().cloned().zip(exprs.iter().cloned()).collect());
    let mut order = Vec::with_capacity(order_by.len());
    for item in *order_by {
        let column = match ordinal(item, names.len())? {
            Some(column) => column,
            None => {
                let key = binder.bind(&item.expr)?;
                exprs.iter().position(|known| *known == key).unwrap_or_else(|| {
                    exprs.push(key);
                    exprs.len() - 1
                })
            }
        };
        order.push(column);
    }
    if let Some(qualify) = &select.qualify {
        let condition = binder.bind_condition(qualify)?;
        if !reads_overs(&condition) {
            let message = "QUALIFY expression must contain a window function";
            return Err(SqlError::validation(message, qualify.span).with_hint("other conditions go into WHERE"));
        }
        exprs.push(condition);
    }
    binder.aliases = None;
    let before = exprs.len();
    for value in clauses.asked.iter().flat_map(|asked| asked.term.values().unwrap_or_default()) {
        exprs.push(binder.bind(value)?);
    }
    let asked_values = exprs.len() - before;
    let having = clauses.having.iter().map(|term| binder.bind_condition(term)).collect::<Result<Vec<_>, _>>()?;
    let having = conjunction(having);
    let has_having = having.is_some();
    exprs.extend(having);
    let has_qualify = select.qualify.is_some();
    Ok(BoundClauses { exprs, names, order, has_qualify, asked_values, has_having })
}

/// Puts everything over the tables: grouping, sub-queries, HAVING, OVER, QUALIFY, the select list.
fn assemble(
    mut plan: LogicalPlan,
    bound: BoundClauses,
    clauses: &Clauses<'_>,
    groups: Option<Groups>,
    mut overs: Overs,
    mut values: SubqueryValues,
) -> Result<Selected, SqlError> {
    let BoundClauses { mut exprs, names, order, has_qualify, asked_values, has_having } = bound;
    let own = exprs.len();
    let is_grouped = groups.is_some();
    exprs.extend(overs.take_exprs());
    if let Some(groups) = groups {
        // What the sub-queries are compared with is settled with the rest.
        let with_overs = exprs.len();
        exprs.extend(values.take_conditions());
        plan = groups.build(plan, &mut exprs, &names);
        values.put_conditions(exprs.split_off(with_overs));
    }
    plan = values.attach(plan, &mut exprs);
    overs.put_exprs(exprs.split_off(own));
    if has_having {
        plan = plan.filter(exprs.pop().expect("HAVING was added last"));
    }
    let mut asked_values = exprs.split_off(exprs.len() - asked_values).into_iter();
    for Asked { term, rows } in &clauses.asked {
        let values = asked_values.by_ref().take(term.values().map_or(0, <[_]>::len)).collect();
        plan = term.join(plan, rows.clone(), values)?;
    }
    plan = overs.build(plan, &mut exprs);
    if has_qualify {
        plan = plan.filter(exprs.pop().expect("QUALIFY was added last but HAVING"));
    }
    let width = names.len();
    Ok(Selected { plan: project_items(plan, exprs, names, is_grouped), width, order })
}

fn add_columns(
    binder: &ExprBinder<'_>,
    items: &mut Items,
    columns: Vec<(String, Expr)>,
    span: ast::Span,
) -> Result<(), SqlError> {
    for (name, expr) in columns {
        let expr = match &binder.groups {
            None => expr,
            Some(groups) => groups
                .key_of(&expr)
                .ok_or_else(|| SqlError::validation(format!("Expression '{name}' is not being grouped"), span))?,
        };
        items.names.push(name);
        items.exprs.push(expr);
    }
    Ok(())
}

/// The name a column has without an alias.
fn derived_name(expr: &ast::Expr) -> Option<String> {
    match &expr.kind {
        ast::ExprKind::Identifier(parts) => parts.last().map(|part| part.value.clone()),
        _ => None,
    }
}

/// The names, later ones of a kind numbered from 0 as Calcite does.
pub(super) fn unique_names(names: Vec<String>) -> Vec<String> {
    let mut used: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        let free = |candidate: &String, used: &[String]| !used.contains(candidate);
        let mut candidate = name.clone();
        let mut attempt = 0;
        while !free(&candidate, &used) {
            candidate = format!("{name}{attempt}");
            attempt += 1;
        }
        used.push(candidate);
    }
    used
}

/// The expressions as columns: first those with names, then those that nobody sees. As in Calcite nothing stands over an aggregation whose columns stay
/// as they are.
fn project_items(plan: LogicalPlan, exprs: Vec<Expr>, mut names: Vec<String>, is_grouped: bool) -> LogicalPlan {
    let hidden = |index: usize| match exprs[index].kind {
        ExprKind::Column(column) => plan.output().fields[column].name.clone(),
        _ => format!("EXPR${index}"),
    };
    names.extend((names.len()..exprs.len()).map(hidden));
    let names = unique_names(names);
    let same_names = plan.output().fields.iter().map(|field| &field.name).eq(&names);
    if is_grouped && same_names && is_identity(&exprs, plan.output()) {
        return plan;
    }
    let fields = names.into_iter().zip(&exprs).map(|(name, expr)| Field::new(name, expr.ty.clone()));
    let output = RowType::new(fields.collect());
    plan.project(exprs, output)
}
