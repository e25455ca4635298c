//! What the expressions of MATCH_RECOGNIZE refer to: columns of rows of a pattern variable, FIRST and LAST, aggregates, the time of the match.

use dataflow::operator_spec::{MatchExpression, MatchReference};
use dataflow::{AggregateCall, Expr, Literal, LogicalType, RowType, TimeAttribute, TypeKind};

use super::expr::{ExprBinder, coerce, function_error, not_supported};
use super::function::{as_literal, proctime_type, scalar_arg};
use super::groups::is_aggregate;
use crate::ast::{self, FunctionArgs, FunctionCall, Ident, MatchMode, MatchRecognize, Pattern, SetQuantifier, Span};
use crate::error::SqlError;

/// The rows that an expression of a pattern is over.
pub(crate) struct PatternRows {
    variables: Vec<Ident>,
    /// How many rows each of them has at least, in a match.
    least: Vec<u32>,
    /// Names that stand for rows of which there are none: subsets, and variables that are defined and not in the pattern.
    without_rows: Vec<String>,
    /// In DEFINE; else in MEASURES.
    is_condition: bool,
    row: RowType,
    place: Place,
    /// The variables that were met in a navigation or an aggregate.
    met: Vec<Option<Variable>>,
    references: Vec<MatchReference>,
}

/// What a column is a column of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The last row.
    Plain,
    /// Within FIRST or LAST.
    Row { first: bool, offset: u64 },
    /// Each of the rows that are aggregated.
    Aggregated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variable {
    Of(usize),
    WithoutRows,
}

impl PatternRows {
    /// For the condition of a variable.
    pub(super) fn of_condition(spec: &MatchRecognize, variables: &[Ident], row: &RowType) -> Self {
        Self { is_condition: true, ..Self::new(spec, variables, row) }
    }

    /// For a measure.
    pub(super) fn of_measure(spec: &MatchRecognize, variables: &[Ident], row: &RowType) -> Self {
        let mut rows = Self::new(spec, variables, row);
        rows.least = least_rows(&spec.pattern);
        rows.without_rows.extend(spec.subsets.iter().map(|subset| subset.name.value.clone()));
        rows
    }

    fn new(spec: &MatchRecognize, variables: &[Ident], row: &RowType) -> Self {
        Self {
            variables: variables.to_vec(),
            least: vec![0; variables.len()],
            without_rows: spec.defines.iter().map(|define| define.name.value.clone()).collect(),
            is_condition: false,
            row: row.clone(),
            place: Place::Plain,
            met: Vec::new(),
            references: Vec::new(),
        }
    }

    pub(super) fn into_references(self) -> Vec<MatchReference> {
        self.references
    }

    fn variable(&self, name: &Ident) -> Option<Variable> {
        let found = self.variables.iter().position(|variable| variable.value == name.value);
        let without_rows = || self.without_rows.contains(&name.value).then_some(Variable::WithoutRows);
        found.map(Variable::Of).or_else(without_rows)
    }

    fn refer(&mut self, reference: MatchReference) -> Expr {
        let index = self.references.iter().position(|known| *known == reference).unwrap_or_else(|| {
            self.references.push(reference);
            self.references.len() - 1
        });
        let only = MatchExpression {
            references: vec![self.references[index].clone()],
            expression: Expr::literal(Literal::Null, TypeKind::Null.nullable()),
        };
        let ty = only.columns(&self.row).fields.remove(0).ty;
        Expr::column(index, ty)
    }

    /// A column of the input, of the rows of a variable or of all.
    fn column(&mut self, variable: Option<Variable>, column: usize) -> Expr {
        self.met.push(variable);
        let ty = self.row.fields[column].ty.clone();
        let (first, offset) = match self.place {
            Place::Aggregated => return Expr::column(column, ty),
            Place::Plain => (false, 0),
            Place::Row { first, offset } => (first, offset),
        };
        let variable = match variable {
            None => None,
            Some(Variable::Of(variable)) => Some(variable),
            Some(Variable::WithoutRows) => {
                return Expr::literal(Literal::Null, ty.without_time_attribute().with_nullable(true));
            }
        };
        let is_there = match variable {
            None => !self.is_condition && offset == 0,
            Some(variable) => offset < u64::from(self.least[variable]),
        };
        let mut expr = self.refer(MatchReference::Row { variable, first, offset, column });
        expr.ty = expr.ty.with_nullable(ty.nullable || !is_there);
        expr
    }
}

impl ExprBinder<'_> {
    /// A name in an expression of a pattern: how many of its parts it took, and the column.
    pub(super) fn pattern_column(&mut self, parts: &[Ident], span: Span) -> Result<(Expr, usize), SqlError> {
        let scope = self.scope;
        let pattern = self.pattern.as_mut().expect("called in expressions of patterns");
        let variable = if parts.len() > 1 { pattern.variable(&parts[0]) } else { None };
        let taken = usize::from(variable.is_some());
        let resolved = scope.resolve(&parts[taken..], span).map_err(|error| match variable {
            Some(_) => {
                let message = format!("Column '{}' not found in table '{}'", parts[1].value, parts[0].value);
                SqlError { message, ..error }
            }
            None => error,
        })?;
        match resolved.expr.kind {
            dataflow::ExprKind::Column(column) => Ok((pattern.column(variable, column), taken + resolved.parts)),
            _ => Err(not_supported("a column of USING in MATCH_RECOGNIZE", span)),
        }
    }

    /// `FINAL expr`, `RUNNING expr`
    pub(super) fn match_mode(&mut self, mode: MatchMode, expr: &ast::Expr, span: Span) -> Result<Expr, SqlError> {
        match (&self.pattern, mode) {
            (None, _) => Err(SqlError::validation("RUNNING and FINAL can only be used in MATCH_RECOGNIZE", span)),
            (Some(pattern), _) if pattern.is_condition => {
                Err(SqlError::validation(format!("Cannot use RUNNING/FINAL in DEFINE '{expr}'"), span))
            }
            (Some(_), MatchMode::Running) => {
                Err(SqlError::unsupported(format!("Unsupported call: RUNNING({expr})"), span)
                    .with_hint("a match yields one row, of which FINAL is the only view"))
            }
            (Some(_), MatchMode::Final) => self.bind(expr),
        }
    }

    /// The functions of patterns, and aggregates.
    pub(super) fn pattern_function(
        &mut self,
        name: &str,
        call: &FunctionCall,
        span: Span,
    ) -> Result<Option<Expr>, SqlError> {
        let Some(pattern) = &mut self.pattern else { return Ok(None) };
        if pattern.place == Place::Aggregated && matches!(name, "FIRST" | "LAST") {
            // Flink looks at each row that is aggregated, whatever stands around the column.
            let (value, _) = navigation(call, 0)?;
            return self.bind(value).map(Some);
        }
        match name {
            "FIRST" | "LAST" => self.navigation(name, call, span).map(Some),
            "PREV" | "NEXT" => self.physical(name, call, span).map(Some),
            "CLASSIFIER" => Err(SqlError::unsupported("Unsupported call: CLASSIFIER()", span)),
            "MATCH_NUMBER" => Err(SqlError::unsupported("No match found for function signature MATCH_NUMBER().", span)),
            "MATCH_PROCTIME" => Ok(Some(pattern.refer(MatchReference::Proctime(proctime_type())))),
            "MATCH_ROWTIME" => self.match_rowtime(call, span).map(Some),
            _ if is_aggregate(name) => self.aggregate_of_rows(name, call, span).map(Some),
            _ => Ok(None),
        }
    }

    fn navigation(&mut self, name: &str, call: &FunctionCall, span: Span) -> Result<Expr, SqlError> {
        let (value, offset) = navigation(call, 0)?;
        let offset = u64::try_from(offset)
            .map_err(|_| SqlError::validation(format!("the offset of {name} cannot be negative"), span))?;
        let pattern = self.pattern.as_mut().expect("called in expressions of patterns");
        if pattern.place != Place::Plain {
            return Err(SqlError::validation(format!("Cannot nest PREV/NEXT under LAST/FIRST '{call}'"), span));
        }
        pattern.place = Place::Row { first: name == "FIRST", offset };
        let met = std::mem::take(&mut pattern.met);
        let bound = self.bind(value);
        let pattern = self.pattern.as_mut().expect("it was there before");
        pattern.place = Place::Plain;
        let inner = std::mem::replace(&mut pattern.met, met);
        check_single(&inner, call, span)?;
        bound
    }

    /// PREV and NEXT count rows of the partition, which Flink does not do.
    fn physical(&mut self, name: &str, call: &FunctionCall, span: Span) -> Result<Expr, SqlError> {
        let (value, offset) = navigation(call, 1)?;
        let pattern = self.pattern.as_ref().expect("called in expressions of patterns");
        if !pattern.is_condition {
            return Err(SqlError::validation(format!("Cannot use PREV/NEXT in MEASURE '{call}'"), span));
        }
        if offset != 0 {
            return Err(SqlError::unsupported("Flink does not support physical offsets within partition.", span)
                .with_hint(format!("LAST(variable.column, n) in place of {name} counts the rows of a variable")));
        }
        self.bind(value)
    }

    fn match_rowtime(&mut self, call: &FunctionCall, span: Span) -> Result<Expr, SqlError> {
        let args = self.scalar_args(&call.args, span)?;
        let nullable = args.first().is_some_and(|arg| arg.ty.nullable);
        let kind = match args.as_slice() {
            [] => TypeKind::Timestamp { precision: 3, attribute: TimeAttribute::Rowtime },
            [arg] if arg.ty.time_attribute() == TimeAttribute::Rowtime => match arg.ty.kind {
                TypeKind::TimestampLtz { .. } => {
                    TypeKind::TimestampLtz { precision: 3, attribute: TimeAttribute::Rowtime }
                }
                _ => TypeKind::Timestamp { precision: 3, attribute: TimeAttribute::Rowtime },
            },
            [arg] => {
                let message = format!(
                    "The function MATCH_ROWTIME requires argument to be a row time attribute type, but is '{}'.",
                    arg.ty.kind
                );
                return Err(SqlError::validation(message, span));
            }
            _ => return Err(SqlError::validation("MATCH_ROWTIME takes one rowtime attribute, or none", span)),
        };
        let pattern = self.pattern.as_mut().expect("called in expressions of patterns");
        Ok(pattern.refer(MatchReference::Rowtime(kind.not_null().with_nullable(nullable))))
    }

    fn aggregate_of_rows(&mut self, name: &str, call: &FunctionCall, span: Span) -> Result<Expr, SqlError> {
        let pattern = self.pattern.as_mut().expect("called in expressions of patterns");
        match pattern.place {
            Place::Plain => {}
            Place::Row { .. } => {
                return Err(SqlError::validation(format!("Cannot use aggregation in navigation '{call}'"), span));
            }
            Place::Aggregated => return Err(SqlError::validation("Aggregate expressions cannot be nested", span)),
        }
        if call.quantifier == Some(SetQuantifier::Distinct) || call.filter.is_some() || !call.order_by.is_empty() {
            let message = "aggregates in MATCH_RECOGNIZE take no DISTINCT, FILTER or ORDER BY";
            return Err(SqlError::unsupported(message, span));
        }
        pattern.place = Place::Aggregated;
        let met = std::mem::take(&mut pattern.met);
        let bound = match &call.args {
            FunctionArgs::Star if name == "COUNT" => Ok(Vec::new()),
            args => self.scalar_args(args, span),
        };
        let pattern = self.pattern.as_mut().expect("it was there before");
        pattern.place = Place::Plain;
        let inner = std::mem::replace(&mut pattern.met, met);
        check_single(&inner, call, span)?;
        let arguments = bound?;
        let types: Vec<LogicalType> = arguments.iter().map(|argument| argument.ty.without_time_attribute()).collect();
        let resolved =
            ::expr::aggregate::resolve(name, &types, false, false).map_err(|error| function_error(&error, span))?;
        let ty = resolved.result.without_time_attribute();
        let variable = match inner.first().copied().flatten() {
            None => None,
            Some(Variable::Of(variable)) => Some(variable),
            Some(Variable::WithoutRows) if name == "COUNT" => return Ok(Expr::literal(Literal::Int(0), ty)),
            Some(Variable::WithoutRows) => return Ok(Expr::literal(Literal::Null, ty.with_nullable(true))),
        };
        let arguments: Vec<Expr> =
            arguments.into_iter().zip(&resolved.arg_types).map(|(argument, ty)| coerce(argument, ty)).collect();
        let call = AggregateCall {
            function: name.to_owned(),
            args: (0..arguments.len()).collect(),
            distinct: false,
            filter: None,
            ty,
        };
        Ok(pattern.refer(MatchReference::Aggregate { variable, arguments, call }))
    }
}

/// How many rows each variable of a pattern has at least.
fn least_rows(pattern: &Pattern) -> Vec<u32> {
    match pattern {
        Pattern::Variable(_) => vec![1],
        Pattern::Sequence(parts) | Pattern::Alternation(parts) | Pattern::Permute(parts) => {
            parts.iter().flat_map(least_rows).collect()
        }
        Pattern::Exclude(inner) => least_rows(inner),
        Pattern::Repeat { pattern, min, .. } => vec![*min; least_rows(pattern).len()],
    }
}

/// The value and the offset of FIRST, LAST, PREV or NEXT.
fn navigation(call: &FunctionCall, default: i64) -> Result<(&ast::Expr, i64), SqlError> {
    let span = call.name.span;
    let FunctionArgs::List(args) = &call.args else { return Err(wrong_arguments(call, span)) };
    let offset = match args.as_slice() {
        [_] => default,
        [_, offset] => {
            let scope = super::scope::Scope::default();
            let facts = super::SessionFacts::default();
            let bound = ExprBinder::new(&scope, super::expr::Clause::Select, &facts).bind(scalar_arg(offset)?)?;
            match as_literal(&bound) {
                Some(&Literal::Int(offset)) => offset,
                _ => return Err(wrong_arguments(call, span)),
            }
        }
        _ => return Err(wrong_arguments(call, span)),
    };
    Ok((scalar_arg(&args[0])?, offset))
}

fn wrong_arguments(call: &FunctionCall, span: Span) -> SqlError {
    SqlError::validation(format!("{} takes a value and a constant number of rows", call.name.last().value), span)
}

/// The columns of an aggregate, or of FIRST and LAST, are of one variable.
fn check_single(met: &[Option<Variable>], call: &FunctionCall, span: Span) -> Result<(), SqlError> {
    match met.iter().any(|variable| *variable != met[0]) {
        true => Err(SqlError::validation(format!("Multiple pattern variables in '{call}'"), span)),
        false => Ok(()),
    }
}
