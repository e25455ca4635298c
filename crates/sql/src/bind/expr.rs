//! Scalar expressions: names become columns, calls become catalogue functions, and every implicit cast becomes an explicit one.

use std::collections::BTreeMap;

use ::expr::functions::{Argument, FunctionError};
use dataflow::{Expr, ExprKind, Literal, LogicalType, TypeKind};

use super::data_type::bind_data_type;
use super::groups::Groups;
use super::literal::{bind_literal, bind_negative, millis_of, months_of, string};
use super::over::Overs;
use super::pattern_rows::PatternRows;
use super::scope::Scope;
use super::subquery_values::SubqueryValues;
use crate::ast::{self, CaseBranch, Ident, Span, TrimSide, UnaryOp};
use crate::catalog::{CatalogManager, UserFunction, with_time_attribute};
use crate::error::SqlError;
use crate::logical::{retyped_constant, time_attribute_of, unwrap_comparison};
use crate::nearest::nearest;

/// Where an expression stands; says what is illegal in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clause {
    /// A select list, HAVING, or any place where aggregates have been dealt with.
    Select,
    /// `WHERE`
    Where,
    /// `GROUP BY`
    GroupBy,
    /// `ON`
    On,
    /// The arguments of an aggregate.
    Aggregate,
    /// `VALUES`
    Values,
    /// A computed column or watermark of a table.
    Table,
}

/// Facts about the session that functions return, and those that it has made.
#[derive(Debug, Clone, Default)]
pub(crate) struct SessionFacts {
    /// `CURRENT_DATABASE()`
    pub current_database: String,
    /// The functions of users, by their names in lower case.
    pub functions: BTreeMap<String, UserFunction>,
}

impl SessionFacts {
    /// What holds where the session stands.
    pub fn of(catalog: &CatalogManager) -> Self {
        Self { current_database: catalog.current_database().to_owned(), functions: catalog.functions() }
    }
}

/// Binds expressions over one scope.
pub(crate) struct ExprBinder<'b> {
    /// The columns in reach; those before the aggregation when `groups` is there.
    pub scope: &'b Scope,
    /// Where the expressions stand.
    pub clause: Clause,
    /// The aggregation above which they are evaluated.
    pub groups: Option<&'b mut Groups>,
    /// See [`SessionFacts`].
    pub facts: &'b SessionFacts,
    /// The outer row that a sub-query may refer to. With it, columns of `scope` stand behind those of the outer row.
    pub outer: Option<&'b Scope>,
    /// Whether an aggregate was met where there is no aggregation; set together with an error.
    pub met_aggregate: bool,
    /// The OVER aggregates met; absent where there can be none.
    pub overs: Option<&'b mut Overs>,
    /// Names of the select list, where they can be used.
    pub aliases: Option<Vec<(String, Expr)>>,
    /// The values of the sub-queries that have been bound; absent where there can be none.
    pub subqueries: Option<&'b SubqueryValues>,
    /// A sub-query that has to be bound first; set together with an error.
    pub met_subquery: Option<Box<ast::Expr>>,
    /// The rows of the pattern that the expression belongs to.
    pub pattern: Option<&'b mut PatternRows>,
}

impl<'b> ExprBinder<'b> {
    /// A binder without an aggregation.
    pub fn new(scope: &'b Scope, clause: Clause, facts: &'b SessionFacts) -> Self {
        Self {
            scope,
            clause,
            groups: None,
            facts,
            outer: None,
            met_aggregate: false,
            overs: None,
            aliases: None,
            subqueries: None,
            met_subquery: None,
            pattern: None,
        }
    }

    /// Binds one expression.
    pub fn bind(&mut self, expr: &ast::Expr) -> Result<Expr, SqlError> {
        if let (Some(aliases), ast::ExprKind::Identifier(parts)) = (&self.aliases, &expr.kind)
            && let [name] = parts.as_slice()
            && let Some((_, value)) = aliases.iter().find(|(alias, _)| *alias == name.value)
        {
            return Ok(value.clone());
        }
        if let Some(groups) = &self.groups {
            let mut binder = ExprBinder::new(self.scope, Clause::Aggregate, self.facts);
            binder.subqueries = self.subqueries;
            match binder.bind(expr) {
                Ok(plain) => {
                    if let Some(key) = groups.key_of(&plain) {
                        return Ok(key);
                    }
                    if !reads_columns(&plain) {
                        return Ok(plain);
                    }
                    if matches!(expr.kind, ast::ExprKind::Identifier(_)) {
                        let name = expr_name(expr);
                        return Err(SqlError::validation(
                            format!("Expression '{name}' is not being grouped"),
                            expr.span,
                        )
                        .with_hint("add it to GROUP BY or put it into an aggregate"));
                    }
                }
                Err(error) if matches!(expr.kind, ast::ExprKind::Identifier(_)) => return Err(error),
                Err(_) => {}
            }
        }
        self.bind_kind(expr)
    }

    /// Binds an expression that must be BOOLEAN.
    pub fn bind_condition(&mut self, expr: &ast::Expr) -> Result<Expr, SqlError> {
        let bound = self.bind(expr)?;
        match bound.ty.kind {
            TypeKind::Boolean => Ok(bound),
            TypeKind::Null => Ok(retype_null(bound, &TypeKind::Boolean.nullable())),
            _ => {
                let clause = if self.clause == Clause::On { "ON" } else { "WHERE" };
                Err(SqlError::validation(format!("{clause} clause must be a condition"), expr.span)
                    .with_detail(format!("the expression is of type {}", bound.ty)))
            }
        }
    }

    pub(super) fn bind_all(&mut self, exprs: &[ast::Expr]) -> Result<Vec<Expr>, SqlError> {
        exprs.iter().map(|expr| self.bind(expr)).collect()
    }

    fn bind_kind(&mut self, expr: &ast::Expr) -> Result<Expr, SqlError> {
        let span = expr.span;
        match &expr.kind {
            ast::ExprKind::Literal(literal) => bind_literal(literal, span),
            ast::ExprKind::Identifier(parts) => self.identifier(parts, span),
            ast::ExprKind::Unary { op, expr } => self.unary(*op, expr, span),
            ast::ExprKind::Binary { left, op, right } => self.binary(left, *op, right, span),
            ast::ExprKind::And(terms) => self.logical("AND", terms, span),
            ast::ExprKind::Or(terms) => self.logical("OR", terms, span),
            ast::ExprKind::Is { expr, test, negated } => self.is_test(expr, *test, *negated, span),
            ast::ExprKind::IsDistinctFrom { left, right, negated } => {
                let args = vec![self.bind(left)?, self.bind(right)?];
                self.call(if *negated { "IS NOT DISTINCT FROM" } else { "IS DISTINCT FROM" }, args, span)
            }
            ast::ExprKind::Between { expr, low, high, symmetric, negated } => {
                self.between(expr, low, high, *symmetric, *negated, span)
            }
            ast::ExprKind::InList { expr, list, negated } => self.in_list(expr, list, *negated, span),
            ast::ExprKind::Like { expr, op, pattern, escape, negated } => {
                self.like(expr, *op, pattern, escape.as_deref(), *negated, span)
            }
            ast::ExprKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), span)
            }
            ast::ExprKind::Cast { lenient, expr, data_type } => self.cast(expr, data_type, *lenient, span),
            ast::ExprKind::Function(call) => self.function(call, span),
            ast::ExprKind::Row { values, .. } => {
                let values = values.iter().map(|value| self.operand(value)).collect::<Result<_, _>>()?;
                self.call("ROW", values, span)
            }
            ast::ExprKind::Array(values) => {
                let values = self.bind_all(values)?;
                self.call("ARRAY", values, span)
            }
            ast::ExprKind::Map(entries) => {
                let mut values = Vec::with_capacity(entries.len() * 2);
                for (key, value) in entries {
                    values.push(self.bind(key)?);
                    values.push(self.bind(value)?);
                }
                self.call("MAP", values, span)
            }
            ast::ExprKind::Index { expr, index } => {
                let args = vec![self.bind(expr)?, self.operand(index)?];
                self.call("ITEM", args, span)
            }
            ast::ExprKind::Field { expr, field } => {
                let input = self.bind(expr)?;
                field_of(input, field)
            }
            other => self.bind_keyword_form(other, span),
        }
    }

    /// Functions whose arguments are set apart by words.
    fn bind_keyword_form(&mut self, kind: &ast::ExprKind, span: Span) -> Result<Expr, SqlError> {
        match kind {
            ast::ExprKind::IntervalOf { expr, qualifier } => {
                let amount = self.bind(expr)?;
                self.interval_of(amount, qualifier, span)
            }
            ast::ExprKind::Extract { unit, expr } => {
                let args = vec![string(unit.word()), self.operand(expr)?];
                self.call("EXTRACT", args, span)
            }
            ast::ExprKind::RoundTo { up, expr, unit } => {
                let args = vec![self.operand(expr)?, string(unit.word())];
                self.call(if *up { "CEIL" } else { "FLOOR" }, args, span)
            }
            ast::ExprKind::TimestampAdd { unit, count, timestamp } => {
                let args = vec![string(unit.word()), self.operand(count)?, self.operand(timestamp)?];
                self.call("TIMESTAMPADD", args, span)
            }
            ast::ExprKind::TimestampDiff { unit, from, to } => {
                let args = vec![string(unit.word()), self.operand(from)?, self.operand(to)?];
                self.call("TIMESTAMPDIFF", args, span)
            }
            ast::ExprKind::Position { needle, haystack, from } => {
                let mut args = vec![self.operand(needle)?, self.operand(haystack)?];
                args.extend(from.as_deref().map(|from| self.operand(from)).transpose()?);
                self.call("POSITION", args, span)
            }
            ast::ExprKind::Substring { expr, from, length } => {
                let mut args = vec![self.operand(expr)?, self.operand(from)?];
                args.extend(length.as_deref().map(|length| self.operand(length)).transpose()?);
                self.call("SUBSTRING", args, span)
            }
            ast::ExprKind::Trim { side, characters, expr } => {
                let side = match side {
                    TrimSide::Both => "BOTH",
                    TrimSide::Leading => "LEADING",
                    TrimSide::Trailing => "TRAILING",
                };
                let characters = characters.as_deref().map_or_else(|| Ok(string(" ")), |expr| self.operand(expr))?;
                let args = vec![string(side), characters, self.operand(expr)?];
                self.call("TRIM", args, span)
            }
            ast::ExprKind::Overlay { expr, replacement, from, length } => {
                let mut args = vec![self.operand(expr)?, self.operand(replacement)?, self.operand(from)?];
                args.extend(length.as_deref().map(|length| self.operand(length)).transpose()?);
                self.call("OVERLAY", args, span)
            }
            ast::ExprKind::Parameter => Err(not_supported("a dynamic parameter", span)),
            ast::ExprKind::InSubquery { .. }
            | ast::ExprKind::Exists(_)
            | ast::ExprKind::Quantified { .. }
            | ast::ExprKind::Subquery(_) => {
                if let Some(known) = self.subqueries.and_then(|subqueries| subqueries.value_of(span)) {
                    return Ok(known);
                }
                self.met_subquery = Some(Box::new(ast::Expr { kind: kind.clone(), span }));
                Err(not_supported("a sub-query here", span)
                    .with_detail("sub-queries can stand in WHERE, HAVING and the select list"))
            }
            ast::ExprKind::Unique(_) => Err(not_supported("UNIQUE", span)),
            ast::ExprKind::CollectionQuery { .. } => Err(not_supported("a collection made by a query", span)),
            ast::ExprKind::MatchMode { mode, expr } => self.match_mode(*mode, expr, span),
            ast::ExprKind::Json(json) => self.json(json, span),
            ast::ExprKind::Multiset(_) => Err(not_supported("a MULTISET constructor", span)),
            ast::ExprKind::DateTimeDifference { left, right, qualifier } => {
                self.date_time_difference(left, right, qualifier, span)
            }
            _ => Err(not_supported("this expression", span)),
        }
    }

    /// So many units.
    fn interval_of(&self, amount: Expr, qualifier: &ast::IntervalQualifier, span: Span) -> Result<Expr, SqlError> {
        let (step, ty) = match (months_of(qualifier.leading), millis_of(qualifier.leading)) {
            (Some(months), _) => (months, TypeKind::IntervalYearMonth),
            (None, Some(millis)) => (millis, TypeKind::IntervalDayTime),
            _ => return Err(not_supported("this interval unit", qualifier.span)),
        };
        if matches!(amount.ty.kind, TypeKind::Decimal { .. }) {
            // Parts of a unit count too.
            let step = Expr::literal(Literal::Int(step), TypeKind::BigInt.not_null());
            let amount = self.call("*", vec![amount, step], span)?;
            let nullable = amount.ty.nullable;
            let whole = amount.cast(TypeKind::BigInt.not_null().with_nullable(nullable));
            return Ok(whole.cast(ty.not_null().with_nullable(nullable)));
        }
        let unit = Expr::literal(Literal::Int(step), ty.not_null());
        self.call("*", vec![amount, unit], span)
    }

    fn identifier(&mut self, parts: &[Ident], span: Span) -> Result<Expr, SqlError> {
        if self.pattern.is_some() {
            let (column, taken) = self.pattern_column(parts, span)?;
            return parts[taken..].iter().try_fold(column, field_of);
        }
        let resolved = match (self.scope.resolve(parts, span), self.outer) {
            (Ok(resolved), None) => resolved,
            (Ok(mut resolved), Some(outer)) => {
                resolved.expr.map_columns(&mut |index| index + outer.len());
                resolved
            }
            (Err(error), Some(outer)) => outer.resolve(parts, span).map_err(|_| error)?,
            // The names of a table's own columns are not looked for in tables.
            (Err(error), None) if self.clause == Clause::Table && parts.len() == 1 => {
                return Err(SqlError { message: format!("Unknown identifier '{}'", parts[0].value), ..error });
            }
            // A constant that Flink takes without parentheses.
            (Err(_), None) if parts.len() == 1 && parts[0].value.eq_ignore_ascii_case("PI") && !parts[0].quoted => {
                return self.call("PI", Vec::new(), span);
            }
            (Err(error), None) => return Err(error),
        };
        parts[resolved.parts..].iter().try_fold(resolved.expr, field_of)
    }

    fn unary(&mut self, op: UnaryOp, operand: &ast::Expr, span: Span) -> Result<Expr, SqlError> {
        if op == UnaryOp::Minus
            && let Some((negated, text)) = signed_literal(operand)
        {
            return if negated {
                bind_literal(&ast::Literal::Exact(text.to_owned()), span)
            } else {
                bind_negative(text, span)
            };
        }
        let operand = self.operand(operand)?;
        match op {
            // Takes what a minus takes, and changes nothing.
            UnaryOp::Plus => self.call("NEGATE", vec![operand.clone()], span).map(|_| operand),
            UnaryOp::Not => self.call("NOT", vec![operand], span),
            UnaryOp::Minus => match operand.kind {
                ExprKind::Literal(Literal::Float(value)) => Ok(Expr::literal(Literal::Float(0.0 - value), operand.ty)),
                _ => self.call("NEGATE", vec![operand], span),
            },
        }
    }

    fn case(
        &mut self,
        operand: Option<&ast::Expr>,
        branches: &[CaseBranch],
        otherwise: Option<&ast::Expr>,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let operand = operand.map(|operand| self.bind(operand)).transpose()?;
        let mut bound = Vec::with_capacity(branches.len());
        for branch in branches {
            let condition = match &operand {
                None => self.bind_condition(&branch.when[0])?,
                Some(operand) => {
                    let mut tests = Vec::with_capacity(branch.when.len());
                    for value in &branch.when {
                        let value_span = value.span;
                        let value = self.bind(value)?;
                        tests.push(self.call("=", vec![operand.clone(), value], value_span)?);
                    }
                    self.any(tests, branch.then.span)?
                }
            };
            bound.push((condition, self.bind(&branch.then)?));
        }
        let otherwise = match otherwise {
            Some(expr) => self.bind(expr)?,
            None => Expr::literal(Literal::Null, TypeKind::Null.nullable()),
        };
        case_of(bound, otherwise, span)
    }

    fn cast(
        &mut self,
        expr: &ast::Expr,
        data_type: &ast::DataType,
        lenient: bool,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let mut input = self.bind(expr)?;
        let target = bind_data_type(data_type)?;
        if let ast::DataTypeKind::Interval(qualifier) = &data_type.kind
            && matches!(input.ty.kind, TypeKind::Int | TypeKind::BigInt | TypeKind::Decimal { .. })
        {
            return self.interval_of(input, qualifier, span);
        }
        // NULL of a number is a timestamp, though no number is.
        if input.kind == ExprKind::Literal(Literal::Null)
            && ::expr::types::is_numeric(&input.ty.kind)
            && ::expr::types::is_timestamp(&target.kind)
        {
            input = Expr::literal(Literal::Null, TypeKind::Null.nullable());
        }
        let nullable = input.ty.nullable || lenient;
        let ty = LogicalType { kind: target.kind, nullable };
        if input.ty.kind == TypeKind::Null {
            return Ok(retype_null(input, &ty.with_nullable(true)));
        }
        if !::expr::types::can_cast(&input.ty, &ty) {
            return Err(SqlError::validation(::expr::types::cast_refusal(&input.ty, &ty), span));
        }
        Ok(Expr { kind: ExprKind::Cast { input: Box::new(input), try_cast: lenient }, ty })
    }

    /// A call of a catalogue function, its arguments cast to what it takes.
    pub fn call(&self, name: &str, args: Vec<Expr>, span: Span) -> Result<Expr, SqlError> {
        call(name, args, span)
    }

    /// The OR of these.
    pub fn any(&self, mut terms: Vec<Expr>, span: Span) -> Result<Expr, SqlError> {
        if terms.len() == 1 { Ok(terms.remove(0)) } else { self.call("OR", terms, span) }
    }
}

/// A whole number or decimal behind any number of minus signs, and whether they negate it: `-(-1)` is the literal 1.
fn signed_literal(expr: &ast::Expr) -> Option<(bool, &str)> {
    match &expr.kind {
        ast::ExprKind::Literal(ast::Literal::Exact(text)) => Some((false, text)),
        ast::ExprKind::Unary { op: UnaryOp::Minus, expr } => {
            signed_literal(expr).map(|(negated, text)| (!negated, text))
        }
        _ => None,
    }
}

/// A call of a catalogue function, its arguments cast to what it takes.
pub(crate) fn call(name: &str, args: Vec<Expr>, span: Span) -> Result<Expr, SqlError> {
    resolved_call(name, args).map_err(|error| function_error(&error, span))
}

/// The same, with the catalogue's own error.
pub(super) fn resolved_call(name: &str, args: Vec<Expr>) -> Result<Expr, FunctionError> {
    let arguments: Vec<Argument> = args
        .iter()
        .map(|arg| Argument { ty: arg.ty.clone(), literal: super::function::as_literal(arg).cloned() })
        .collect();
    let resolved = ::expr::functions::resolve_arguments(name, &arguments)?;
    let args = args.into_iter().zip(&resolved.arg_types).map(|(arg, ty)| coerce(arg, ty)).collect();
    let mut call = Expr::call(resolved.function, args, resolved.result);
    unwrap_comparison(&mut call);
    call.ty = with_time_attribute(&call.ty, time_attribute_of(&call));
    Ok(call)
}

/// What the catalogue objects to, at its place.
pub(crate) fn function_error(error: &FunctionError, span: Span) -> SqlError {
    let at = match error {
        FunctionError::NotSupported { .. } => SqlError::unsupported(error.to_string(), span),
        _ => SqlError::validation(error.to_string(), span),
    };
    super::scope::with_hint(at, error.hint())
}

/// `CASE` with its results cast to their common type.
pub(crate) fn case_of(branches: Vec<(Expr, Expr)>, otherwise: Expr, span: Span) -> Result<Expr, SqlError> {
    let results = branches.iter().map(|(_, result)| result).chain([&otherwise]);
    let types: Vec<LogicalType> = results.map(|result| result.ty.clone()).collect();
    let Some(common) = ::expr::types::common_type(&types) else {
        return Err(SqlError::validation("Illegal mixing of types in CASE or COALESCE statement", span)
            .with_detail(types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")));
    };
    let ty = common.without_time_attribute().with_nullable(types.iter().any(|ty| ty.nullable));
    let branches = branches.into_iter().map(|(condition, result)| (condition, coerce(result, &ty))).collect();
    let otherwise = Box::new(coerce(otherwise, &ty));
    Ok(Expr { kind: ExprKind::Case { branches, otherwise }, ty })
}

/// The expression cast to the kind of `target`, if it is of another; its nullability stays.
pub(crate) fn coerce(expr: Expr, target: &LogicalType) -> Expr {
    if same_kind(&expr.ty, target) {
        return expr;
    }
    if expr.ty.kind == TypeKind::Null {
        return retype_null(expr, target);
    }
    if let Some(constant) = retyped_constant(&expr, target) {
        return constant;
    }
    let ty = target.without_time_attribute().with_nullable(expr.ty.nullable);
    expr.cast(ty)
}

/// Whether two types differ at most in nullability and time attribute.
pub(crate) fn same_kind(a: &LogicalType, b: &LogicalType) -> bool {
    a.kind == b.kind || a.without_time_attribute().kind == b.without_time_attribute().kind
}

/// An untyped NULL, typed.
fn retype_null(expr: Expr, target: &LogicalType) -> Expr {
    debug_assert_eq!(expr.ty.kind, TypeKind::Null);
    Expr::literal(Literal::Null, target.without_time_attribute().with_nullable(true))
}

/// A name as it was written.
fn expr_name(expr: &ast::Expr) -> String {
    match &expr.kind {
        ast::ExprKind::Identifier(parts) => parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join("."),
        _ => String::new(),
    }
}

/// Whether any column is read.
pub(crate) fn reads_columns(expr: &Expr) -> bool {
    let mut any = false;
    expr.for_each_column(&mut |_| any = true);
    any
}

fn field_of(input: Expr, field: &Ident) -> Result<Expr, SqlError> {
    let TypeKind::Row(row) = &input.ty.kind else {
        return Err(SqlError::validation(
            format!("Incompatible types: '{}' is no field, for {} is not a ROW", field.value, input.ty),
            field.span,
        ));
    };
    let Some(index) = row.index_of(&field.value) else {
        let error = SqlError::validation(format!("Column '{}' not found in {}", field.value, input.ty), field.span);
        let names = row.fields.iter().map(|field| field.name.as_str());
        return Err(super::scope::with_hint(error, nearest(&field.value, names)));
    };
    let field_ty = &row.fields[index].ty;
    let ty = field_ty.with_nullable(field_ty.nullable || input.ty.nullable);
    Ok(Expr { kind: ExprKind::Field { input: Box::new(input), index }, ty })
}

/// The error for what the grammar knows and the planner does not.
pub(crate) fn not_supported(what: &str, span: Span) -> SqlError {
    SqlError::unsupported(format!("{what} is parsed but not supported yet"), span)
}
