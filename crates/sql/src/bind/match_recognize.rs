//! MATCH_RECOGNIZE: the pattern, and the columns and clauses of it. What its expressions refer to is in `pattern_rows`.

use dataflow::operator_spec::{AfterMatch, MatchExpression, PatternVariable, SortField};
use dataflow::{Expr, ExprKind, Field, Literal, RowType, TypeKind};

use super::Binder;
use super::expr::{Clause, ExprBinder};
use super::function::as_literal;
use super::over::nulls_first;
use super::pattern_rows::PatternRows;
use super::scope::{Scope, with_hint};
use crate::ast::{self, Ident, MatchRecognize, Pattern, RowsPerMatch, Span, TableRef};
use crate::error::SqlError;
use crate::logical::{LogicalPlan, Match};
use crate::nearest::nearest;

const LAST_IS_GREEDY: &str = "Greedy quantifiers are not allowed as the last element of a Pattern yet. Finish your pattern with either a simple variable or reluctant quantifier.";
const MAY_BE_EMPTY: &str =
    "Patterns that can produce empty matches are not supported. There must be at least one non-optional state.";
const WITHIN: &str =
    "Only constant intervals with millisecond resolution are supported as time constraints of patterns.";

impl Binder<'_> {
    /// Binds `input MATCH_RECOGNIZE (...)`.
    pub(super) fn match_recognize(&mut self, input: &TableRef, spec: &MatchRecognize) -> Result<LogicalPlan, SqlError> {
        let (plan, scope) = self.table_ref(input)?;
        let row = plan.output().clone();
        let names = names_of(&spec.pattern);
        check_names(spec, &names)?;
        let partition = spec.partition_by.iter().map(|expr| self.bare_column(expr, &scope, "PARTITION BY"));
        let partition = partition.collect::<Result<Vec<_>, _>>()?;
        let order = spec.order_by.iter().map(|item| {
            let column = self.bare_column(&item.expr, &scope, "ORDER BY")?;
            Ok(SortField { column, descending: item.descending, nulls_first: nulls_first(item) })
        });
        let order = order.collect::<Result<Vec<_>, SqlError>>()?;
        let mut conditions: Vec<Option<MatchExpression>> = vec![None; names.len()];
        for define in &spec.defines {
            let own = names.iter().position(|name| name.value == define.name.value);
            let rows = PatternRows::of_condition(spec, &names, &row);
            let condition = self.match_expression(&define.condition, &scope, rows)?;
            match condition.expression.ty.kind {
                TypeKind::Boolean => {}
                _ => return Err(SqlError::validation("DEFINE clause must be a condition", define.condition.span)),
            }
            if let Some(own) = own {
                conditions[own] = Some(condition);
            }
        }
        let mut fields: Vec<Field> = partition.iter().map(|&column| row.fields[column].clone()).collect();
        let mut measures = Vec::new();
        for measure in &spec.measures {
            let rows = PatternRows::of_measure(spec, &names, &row);
            let bound = self.match_expression(&measure.expr, &scope, rows)?;
            if fields.iter().any(|field| field.name == measure.name.value) {
                let message = format!("Columns ambiguously defined: {{{}}}", measure.name.value);
                return Err(SqlError::validation(message, measure.name.span).with_hint("give the measure another name"));
            }
            fields.push(Field::new(&measure.name.value, bound.expression.ty.clone()));
            measures.push(bound);
        }
        if measures.is_empty() {
            return Err(SqlError::validation("Columns ambiguously defined: {}", spec.span)
                .with_detail("MATCH_RECOGNIZE has no MEASURES"));
        }
        let after = after_match(spec, &names)?;
        let within = spec.within.as_ref().map(|within| self.within(within)).transpose()?;
        let pattern = pattern_of(&spec.pattern, conditions)?;
        if spec.rows_per_match == Some(RowsPerMatch::All) {
            return Err(SqlError::unsupported("All rows per match mode is not supported yet.", spec.span)
                .with_hint("write ONE ROW PER MATCH"));
        }
        Ok(LogicalPlan::Match(Match {
            input: Box::new(plan),
            partition,
            order,
            pattern,
            pattern_text: pattern_text(&spec.pattern),
            after,
            within,
            measures,
            output: RowType::new(fields),
            span: spec.span,
        }))
    }

    fn match_expression(
        &self,
        expr: &ast::Expr,
        scope: &Scope,
        mut rows: PatternRows,
    ) -> Result<MatchExpression, SqlError> {
        let mut binder = ExprBinder::new(scope, Clause::Select, &self.facts);
        binder.pattern = Some(&mut rows);
        let expression = binder.bind(expr)?;
        let expression = match expression.ty.kind {
            TypeKind::Null => Expr::literal(Literal::Null, TypeKind::Boolean.nullable()),
            _ => expression,
        };
        Ok(MatchExpression { references: rows.into_references(), expression })
    }

    /// A column of the input by its name.
    fn bare_column(&self, expr: &ast::Expr, scope: &Scope, clause: &str) -> Result<usize, SqlError> {
        match ExprBinder::new(scope, Clause::Select, &self.facts).bind(expr)?.kind {
            ExprKind::Column(column) => Ok(column),
            _ => {
                let message = format!("{clause} of MATCH_RECOGNIZE takes columns of its input");
                Err(SqlError::validation(message, expr.span).with_hint("compute the value in a sub-query below it"))
            }
        }
    }

    fn within(&self, within: &ast::Expr) -> Result<i64, SqlError> {
        let bound = ExprBinder::new(&Scope::default(), Clause::Select, &self.facts).bind(within)?;
        match (&bound.ty.kind, as_literal(&bound)) {
            (TypeKind::IntervalDayTime, Some(&Literal::Int(millis))) => Ok(millis),
            _ => Err(SqlError::validation(WITHIN, within.span).with_hint("for instance WITHIN INTERVAL '10' MINUTE")),
        }
    }
}

/// The variables, in order, each as often as it stands there.
fn names_of(pattern: &Pattern) -> Vec<Ident> {
    match pattern {
        Pattern::Variable(name) => vec![name.clone()],
        Pattern::Sequence(parts) | Pattern::Alternation(parts) | Pattern::Permute(parts) => {
            parts.iter().flat_map(names_of).collect()
        }
        Pattern::Exclude(inner) | Pattern::Repeat { pattern: inner, .. } => names_of(inner),
    }
}

fn check_names(spec: &MatchRecognize, names: &[Ident]) -> Result<(), SqlError> {
    for (index, define) in spec.defines.iter().enumerate() {
        if spec.defines[..index].iter().any(|other| other.name.value == define.name.value) {
            let message = format!("Pattern variable '{}' has already been defined", define.name.value);
            return Err(SqlError::validation(message, define.name.span));
        }
    }
    for member in spec.subsets.iter().flat_map(|subset| &subset.members) {
        if !names.iter().any(|name| name.value == member.value) {
            return Err(unknown_pattern(member, names));
        }
    }
    Ok(())
}

fn unknown_pattern(name: &Ident, names: &[Ident]) -> SqlError {
    let error = SqlError::validation(format!("Unknown pattern '{}'", name.value), name.span);
    with_hint(error, nearest(&name.value, names.iter().map(|name| name.value.as_str())))
}

fn after_match(spec: &MatchRecognize, names: &[Ident]) -> Result<AfterMatch, SqlError> {
    let place = |name: &Ident| {
        let found = names.iter().position(|other| other.value == name.value);
        found.ok_or_else(|| unknown_pattern(name, names))
    };
    Ok(match &spec.after_match {
        None | Some(ast::AfterMatch::ToNextRow) => AfterMatch::ToNextRow,
        Some(ast::AfterMatch::PastLastRow) => AfterMatch::PastLastRow,
        Some(ast::AfterMatch::ToFirst(name)) => AfterMatch::ToFirst(place(name)?),
        Some(ast::AfterMatch::ToLast(name)) => AfterMatch::ToLast(place(name)?),
    })
}

/// The variables of a pattern with their quantifiers, as Flink's PatternVisitor takes them.
fn pattern_of(pattern: &Pattern, conditions: Vec<Option<MatchExpression>>) -> Result<Vec<PatternVariable>, SqlError> {
    let mut variables = Vec::new();
    let mut spans = Vec::new();
    add_variables(pattern, &mut variables, &mut spans)?;
    if variables.iter().all(|variable: &PatternVariable| variable.min == 0) {
        return Err(SqlError::validation(MAY_BE_EMPTY, spans[0]));
    }
    if let (Some(last), Some(&span)) = (variables.last(), spans.last())
        && last.greedy
    {
        return Err(SqlError::validation(LAST_IS_GREEDY, span));
    }
    for (variable, condition) in variables.iter_mut().zip(conditions) {
        variable.condition = condition;
    }
    Ok(variables)
}

fn add_variables(
    pattern: &Pattern,
    variables: &mut Vec<PatternVariable>,
    spans: &mut Vec<Span>,
) -> Result<(), SqlError> {
    let refused = |what: &str, span: Span| {
        let message =
            format!("Expression not supported: {}. Currently, CEP doesn't support {what}.", pattern_text(pattern));
        SqlError::unsupported(message, span)
    };
    let place = || names_of(pattern).first().map_or_else(Span::default, |name| name.span);
    match pattern {
        Pattern::Variable(name) => add_variable(name, 1, Some(1), false, variables, spans),
        Pattern::Sequence(parts) => parts.iter().try_for_each(|part| add_variables(part, variables, spans)),
        Pattern::Alternation(_) => Err(refused("branching patterns", place())),
        Pattern::Permute(_) => Err(refused("PERMUTE patterns", place())),
        Pattern::Exclude(_) => Err(refused("'{-' '-}' patterns", place())),
        Pattern::Repeat { pattern: inner, min, max, reluctant } => {
            let Pattern::Variable(name) = inner.as_ref() else {
                let message =
                    format!("Expression not supported: {} Group patterns are not supported yet.", pattern_text(inner));
                return Err(SqlError::unsupported(message, place()));
            };
            let is_optional = (*min, *max) == (0, Some(1));
            if is_optional && *reluctant {
                let message = "Reluctant optional variables are not supported yet.";
                return Err(SqlError::unsupported(message, name.span));
            }
            let is_starred = is_optional || (*min, *max) == (0, None);
            if is_starred && variables.last().is_some_and(|before| before.greedy) {
                let message = "Optional pattern cannot be preceded by greedy pattern";
                return Err(SqlError::unsupported(message, name.span)
                    .with_hint("make the quantifier before it reluctant: '+?'"));
            }
            // A quantifier without a choice is not greedy.
            let greedy = !reluctant && !is_optional && *max != Some(*min);
            add_variable(name, *min, *max, greedy, variables, spans)
        }
    }
}

fn add_variable(
    name: &Ident,
    min: u32,
    max: Option<u32>,
    greedy: bool,
    variables: &mut Vec<PatternVariable>,
    spans: &mut Vec<Span>,
) -> Result<(), SqlError> {
    if variables.iter().any(|variable| variable.name == name.value) {
        let message = "Pattern variables must be unique. That might change in the future.";
        return Err(SqlError::unsupported(message, name.span));
    }
    variables.push(PatternVariable { name: name.value.clone(), min, max, greedy, condition: None });
    spans.push(name.span);
    Ok(())
}

/// A pattern as Calcite shows it: `(_UTF-16LE'A', PATTERN_QUANTIFIER(_UTF-16LE'B', 1, -1, false))`.
fn pattern_text(pattern: &Pattern) -> String {
    let all = |parts: &[Pattern]| parts.iter().map(pattern_text).collect::<Vec<_>>();
    match pattern {
        Pattern::Variable(name) => format!("_UTF-16LE'{}'", name.value),
        Pattern::Sequence(parts) => {
            let folded = all(parts).into_iter().reduce(|left, right| format!("({left}, {right})"));
            folded.unwrap_or_default()
        }
        Pattern::Alternation(parts) => {
            let folded = all(parts).into_iter().reduce(|left, right| format!("|({left}, {right})"));
            folded.unwrap_or_default()
        }
        Pattern::Permute(parts) => format!("PATTERN_PERMUTE({})", all(parts).join(", ")),
        Pattern::Exclude(inner) => format!("PATTERN_EXCLUDE({})", pattern_text(inner)),
        Pattern::Repeat { pattern, min, max, reluctant } => {
            let max = max.map_or(-1, i64::from);
            format!("PATTERN_QUANTIFIER({}, {min}, {max}, {reluctant})", pattern_text(pattern))
        }
    }
}
