//! The aggregation under construction while a SELECT with GROUP BY or aggregates is bound.
//!
//! Expressions above it are bound over its future output: keys, then calls, then window properties.

use dataflow::operator_spec::WindowProperty;
use dataflow::{AggregateCall, Expr, ExprKind, Field, Literal, LogicalType, RowType, TypeKind};

use super::expr::{Clause, ExprBinder, SessionFacts, call, coerce, function_error, not_supported};
use super::scope::Scope;
use super::subquery_values::SUBQUERY_BASE;
use super::window::GroupWindow;
use crate::ast::{FunctionArgs, FunctionCall, SetQuantifier, Span};
use crate::error::SqlError;
use crate::logical::{Aggregate, LogicalPlan, LogicalWindow, StateTtlHint, Union, WindowAggregate, is_identity};

/// Output index of the first window property until the number of calls is known.
const PROPERTY_BASE: usize = 1 << 24;

/// Flink's aggregates that the catalogue may not have: they are refused as aggregates, not as unknown functions.
const UNSUPPORTED: [&str; 14] = [
    "APPROX_COUNT_DISTINCT",
    "ARRAY_AGG",
    "ARRAY_CONCAT_AGG",
    "COLLECT",
    "FIRST_VALUE",
    "JSON_ARRAYAGG",
    "JSON_OBJECTAGG",
    "LAST_VALUE",
    "LISTAGG",
    "PERCENTILE",
    "STDDEV_POP",
    "STDDEV_SAMP",
    "VAR_POP",
    "VAR_SAMP",
];

/// Keys, window and aggregates of one GROUP BY.
#[derive(Debug)]
pub(crate) struct Groups {
    keys: Vec<Expr>,
    /// GROUPING SETS: for each set, which keys it has.
    sets: Option<Vec<Vec<bool>>>,
    window: Option<GroupWindow>,
    /// How many keys stand before the window.
    pub window_place: usize,
    calls: Vec<BoundCall>,
    properties: Vec<WindowProperty>,
    /// How long a group is kept.
    pub state_ttl: Option<StateTtlHint>,
}

#[derive(Debug, Clone, PartialEq)]
struct BoundCall {
    function: String,
    args: Vec<Expr>,
    distinct: bool,
    filter: Option<Expr>,
    ty: LogicalType,
}

/// Whether the upper-case name is an aggregate's.
pub(crate) fn is_aggregate(name: &str) -> bool {
    ::expr::aggregate::catalogue().iter().any(|aggregate| aggregate.name == name) || UNSUPPORTED.contains(&name)
}

impl Groups {
    /// An aggregation by these keys, and a window.
    pub fn new(keys: Vec<Expr>, window: Option<GroupWindow>) -> Self {
        Self { keys, sets: None, window, window_place: 0, calls: Vec::new(), properties: Vec::new(), state_ttl: None }
    }

    /// An aggregation of each row by several sets of keys.
    pub fn with_sets(keys: Vec<Expr>, sets: Vec<Vec<bool>>, window: Option<GroupWindow>) -> Self {
        // In Flink's order: by the first keys that they have.
        let mut sets = sets;
        sets.sort_by_key(|set| absent_keys(set));
        Self { sets: Some(sets), ..Self::new(keys, window) }
    }

    /// Groups by these too; returns which keys they are. Not with several sets.
    pub fn add_keys(&mut self, keys: Vec<Expr>) -> std::ops::Range<usize> {
        debug_assert!(self.sets.is_none());
        let first = self.keys.len();
        self.keys.extend(keys);
        first..self.keys.len()
    }

    /// Whether there are several sets of keys.
    pub fn has_sets(&self) -> bool {
        self.sets.is_some()
    }

    /// The output column of a grouped expression, if it is a key.
    pub fn key_of(&self, expr: &Expr) -> Option<Expr> {
        let index = self.keys.iter().position(|key| key == expr)?;
        Some(Expr::column(index, self.key_type(index)))
    }

    /// A key that some set lacks is NULL there.
    fn key_type(&self, index: usize) -> LogicalType {
        let ty = &self.keys[index].ty;
        let is_left_out = self.sets.as_ref().is_some_and(|sets| sets.iter().any(|set| !set[index]));
        ty.with_nullable(ty.nullable || is_left_out)
    }

    /// Number of key columns of the output: with several sets, the last one is the set's id.
    fn key_columns(&self) -> usize {
        self.keys.len() + usize::from(self.sets.is_some())
    }

    /// `GROUPING(a, b)`: a bit for each argument, set where the row's grouping set lacks it.
    pub fn grouping(&self, args: &[Expr], span: Span) -> Result<Expr, SqlError> {
        let mut indices = Vec::with_capacity(args.len());
        for arg in args {
            indices.push(self.keys.iter().position(|key| key == arg).ok_or_else(|| {
                SqlError::validation("Argument to operator 'GROUPING' must be a grouped expression", span)
            })?);
        }
        let Some(sets) = &self.sets else {
            return self.by_set(Vec::new(), span);
        };
        let bits = |set: &Vec<bool>| indices.iter().fold(0, |bits, &index| bits << 1 | i64::from(!set[index]));
        self.by_set(sets.iter().map(bits).collect(), span)
    }

    /// `GROUP_ID()`: how many equal grouping sets stand before that of the row.
    pub fn group_id(&self, args: &[Expr], span: Span) -> Result<Expr, SqlError> {
        if !args.is_empty() {
            return Err(SqlError::validation("'GROUP_ID' takes no arguments", span));
        }
        let sets = self.sets.as_deref().unwrap_or_default();
        let earlier = |(number, set)| sets[..number].iter().filter(|other| *other == set).count() as i64;
        self.by_set(sets.iter().enumerate().map(earlier).collect(), span)
    }

    /// A number that depends on the row's grouping set alone: the one of `values` for it.
    fn by_set(&self, values: Vec<i64>, span: Span) -> Result<Expr, SqlError> {
        let ty = TypeKind::BigInt.not_null();
        let number = |value: i64| Expr::literal(Literal::Int(value), ty.clone());
        if values.iter().all(|value| *value == 0) {
            return Ok(number(0));
        }
        let id = Expr::column(self.keys.len(), ty.clone());
        let mut branches = Vec::with_capacity(values.len());
        let ids = set_ids(self.sets.as_deref().unwrap_or_default());
        for (set, value) in ids.into_iter().zip(values) {
            let is_set = call("=", vec![id.clone(), set_id(set)], span)?;
            branches.push((is_set, number(value)));
        }
        let (_, otherwise) = branches.pop().expect("there is a set");
        Ok(Expr { kind: ExprKind::Case { branches, otherwise: Box::new(otherwise) }, ty: ty.clone() })
    }

    /// The output column of a window property, if `window` is the one grouped by.
    pub fn window_property(&mut self, window: &GroupWindow, property: WindowProperty) -> Option<Expr> {
        if self.window.as_ref() != Some(window) {
            return None;
        }
        let index = self.properties.iter().position(|known| *known == property).unwrap_or_else(|| {
            self.properties.push(property);
            self.properties.len() - 1
        });
        Some(Expr::column(PROPERTY_BASE + index, logical_window(window, 0).property_type(property)))
    }

    /// The output column of an aggregate call.
    pub fn aggregate(
        &mut self,
        name: &str,
        call: &FunctionCall,
        scope: &Scope,
        facts: &SessionFacts,
        span: Span,
    ) -> Result<Expr, SqlError> {
        if !call.order_by.is_empty() || call.within_group || call.nulls.is_some() {
            return Err(not_supported("ORDER BY, WITHIN GROUP or NULLS of an aggregate", span));
        }
        let mut binder = ExprBinder::new(scope, Clause::Aggregate, facts);
        let distinct = call.quantifier == Some(SetQuantifier::Distinct);
        let args = match &call.args {
            FunctionArgs::Star if name == "COUNT" => Vec::new(),
            FunctionArgs::List(args) if name == "COUNT" && args.is_empty() => {
                let message = "Invalid number of arguments to function 'COUNT'. Was expecting 1 arguments";
                return Err(SqlError::validation(message, span).with_hint("COUNT(*) counts rows"));
            }
            args => binder.scalar_args(args, span)?,
        };
        let filter = call.filter.as_ref().map(|filter| binder.bind_condition(filter)).transpose()?;
        // As Calcite has it: what is unknown does not count.
        let filter = match filter {
            Some(filter) if filter.ty.nullable => Some(self::call("IS TRUE", vec![filter], span)?),
            filter => filter,
        };
        if name == "COUNT" && args.len() > 1 {
            return Err(SqlError::unsupported("We now only support the count of one field.", span));
        }
        let types: Vec<LogicalType> = args.iter().map(|arg| arg.ty.without_time_attribute()).collect();
        let grouped = !self.keys.is_empty() || self.window.is_some();
        let resolved = ::expr::aggregate::resolve(name, &types, distinct, grouped && filter.is_none())
            .map_err(|error| function_error(&error, span))?;
        let args = args.into_iter().zip(&resolved.arg_types).map(|(arg, ty)| coerce(arg, ty)).collect();
        let bound = BoundCall {
            function: name.to_owned(),
            args,
            distinct,
            filter,
            ty: resolved.result.without_time_attribute(),
        };
        let index = self.calls.iter().position(|known| *known == bound).unwrap_or_else(|| {
            self.calls.push(bound);
            self.calls.len() - 1
        });
        Ok(Expr::column(self.key_columns() + index, self.calls[index].ty.clone()))
    }

    /// Builds the aggregation over `input`. `above` are the expressions bound over it, whose columns are settled here; `names` are those of the
    /// select list, after which aggregates are called where they stand alone.
    pub fn build(self, input: LogicalPlan, above: &mut [Expr], names: &[String]) -> LogicalPlan {
        // As in Calcite, a key has the name that the select list gives it.
        let name_of_key = |key: usize| {
            let item = above.iter().take(names.len()).rposition(|expr| expr.kind == ExprKind::Column(key));
            item.map(|item| names[item].clone())
        };
        let mut columns = Columns { names: (0..self.keys.len()).map(name_of_key).collect(), ..Columns::default() };
        let mut keys: Vec<usize> = match &self.sets {
            None => {
                let mut keys = Vec::with_capacity(self.keys.len());
                for (place, key) in self.keys.iter().enumerate() {
                    if let Some(window) = self.window.as_ref().filter(|_| place == self.window_place) {
                        columns.names.insert(place, None);
                        columns.add(&window.time, input.output());
                    }
                    keys.push(columns.add(key, input.output()));
                }
                keys
            }
            // Keys stand first and apart, for they are NULL where arguments of the same text are not.
            Some(_) => self.keys.iter().map(|key| columns.push(key, input.output())).collect(),
        };
        columns.shared_from = if self.sets.is_some() { keys.len() } else { 0 };
        let window =
            self.window.as_ref().map(|window| logical_window(window, columns.add(&window.time, input.output())));
        let calls: Vec<AggregateCall> = self
            .calls
            .iter()
            .map(|call| AggregateCall {
                function: call.function.clone(),
                args: call.args.iter().map(|arg| columns.add(arg, input.output())).collect(),
                distinct: call.distinct,
                filter: call.filter.as_ref().map(|filter| columns.add(filter, input.output())),
                ty: call.ty.clone(),
            })
            .collect();
        if self.sets.is_some() {
            keys.push(columns.push(&set_id(0), input.output()));
            columns.fields[keys[self.keys.len()]].name = "$e".to_owned();
        }
        let (first_call, first_property) = (keys.len(), keys.len() + calls.len());
        for expr in above.iter_mut() {
            expr.map_columns(&mut |index| {
                let is_property = (PROPERTY_BASE..SUBQUERY_BASE).contains(&index);
                if is_property { index - PROPERTY_BASE + first_property } else { index }
            });
        }
        let name_of = |index: usize| {
            let item =
                above.iter().position(|expr| expr.kind == ExprKind::Column(index)).and_then(|item| names.get(item));
            item.cloned().unwrap_or_else(|| format!("$f{index}"))
        };
        let mut fields: Vec<Field> = keys.iter().map(|&key| columns.fields[key].clone()).collect();
        fields.extend(calls.iter().enumerate().map(|(i, call)| Field::new(name_of(first_call + i), call.ty.clone())));
        let input = Box::new(match &self.sets {
            // What stands below as it is wanted is not projected again.
            None if is_identity(&columns.exprs, input.output()) && columns.fields == input.output().fields => input,
            None => input.project(columns.exprs, RowType::new(columns.fields)),
            Some(sets) => {
                let keys = columns.fields.iter_mut().zip(&mut fields).take(self.keys.len());
                for (index, (below, above)) in keys.enumerate() {
                    below.ty = self.key_type(index);
                    above.ty = self.key_type(index);
                }
                expand(&input, sets, columns)
            }
        });
        match window {
            None => LogicalPlan::Aggregate(Aggregate {
                split: None,
                input,
                keys,
                calls,
                state_ttl: self.state_ttl,
                output: RowType::new(fields),
            }),
            Some(window) => {
                let typed =
                    |property: &WindowProperty| Field::new(property_name(*property), window.property_type(*property));
                fields.extend(self.properties.iter().map(typed));
                LogicalPlan::WindowAggregate(WindowAggregate {
                    input,
                    window,
                    keys,
                    calls,
                    properties: self.properties,
                    output: RowType::new(fields),
                    is_legacy: true,
                })
            }
        }
    }
}

/// What Flink calls the property of a window of GROUP BY.
fn property_name(property: WindowProperty) -> &'static str {
    match property {
        WindowProperty::Start => "w$start",
        WindowProperty::End => "w$end",
        WindowProperty::Rowtime => "w$rowtime",
        WindowProperty::Proctime => "w$proctime",
    }
}

fn logical_window(window: &GroupWindow, column: usize) -> LogicalWindow {
    LogicalWindow { column: Some(column), ty: window.time.ty.clone(), assigner: window.assigner, is_attached: false }
}

/// The rows once for each grouping set: keys that the set lacks are NULL, and the set's id stands behind all other columns.
fn expand(input: &LogicalPlan, sets: &[Vec<bool>], columns: Columns) -> LogicalPlan {
    let output = RowType::new(columns.fields);
    let one = |(id, set): (i64, &Vec<bool>)| {
        let mut exprs = columns.exprs.clone();
        for (index, _) in set.iter().enumerate().filter(|(_, has)| !**has) {
            exprs[index] = Expr::literal(Literal::Null, output.fields[index].ty.without_time_attribute());
        }
        exprs[output.len() - 1] = set_id(id);
        input.clone().project(exprs, output.clone())
    };
    let mut inputs: Vec<LogicalPlan> = set_ids(sets).into_iter().zip(sets).map(one).collect();
    match inputs.len() {
        1 => inputs.remove(0),
        _ => LogicalPlan::Union(Union { inputs, output, is_expansion: true }),
    }
}

/// A bit for each key, the last one lowest: set where the grouping set lacks it.
fn absent_keys(set: &[bool]) -> i64 {
    set.iter().fold(0, |bits, has| bits << 1 | i64::from(!has))
}

/// What tells the rows of the grouping sets apart: the keys that they lack, and which of equal sets it is.
fn set_ids(sets: &[Vec<bool>]) -> Vec<i64> {
    let id = |(number, set): (usize, &Vec<bool>)| {
        let earlier = sets[..number].iter().filter(|other| *other == set).count() as i64;
        (earlier << set.len()) + absent_keys(set)
    };
    sets.iter().enumerate().map(id).collect()
}

/// The id of a grouping set as a constant.
fn set_id(id: i64) -> Expr {
    Expr::literal(Literal::Int(id), TypeKind::BigInt.not_null())
}

/// The projection below an aggregation: each expression once, from `shared_from` on.
#[derive(Default)]
struct Columns {
    exprs: Vec<Expr>,
    fields: Vec<Field>,
    shared_from: usize,
    /// Names of the first ones.
    names: Vec<Option<String>>,
}

impl Columns {
    fn add(&mut self, expr: &Expr, input: &RowType) -> usize {
        match self.exprs.iter().skip(self.shared_from).position(|known| known == expr) {
            Some(index) => index + self.shared_from,
            None => self.push(expr, input),
        }
    }

    fn push(&mut self, expr: &Expr, input: &RowType) -> usize {
        let place = self.exprs.len();
        let known = self.names.get(place).cloned().flatten();
        let name = match expr.kind {
            _ if known.is_some() => known.unwrap_or_default(),
            ExprKind::Column(index) => input.fields[index].name.clone(),
            _ => format!("$f{place}"),
        };
        self.exprs.push(expr.clone());
        self.fields.push(Field::new(name, expr.ty.clone()));
        self.exprs.len() - 1
    }
}
