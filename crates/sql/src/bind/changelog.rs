//! TO_CHANGELOG and FROM_CHANGELOG, the process table functions that are Flink's own.

use dataflow::{Expr, Field, Literal, RowType, TimeAttribute, TypeKind};

use super::Binder;
use super::expr::{Clause, ExprBinder};
use super::function::as_literal;
use super::scope::Scope;
use crate::ast::{
    self, FunctionArg, FunctionArgValue, FunctionArgs, FunctionCall, Ident, Span, TableArg, TableArgSource,
};
use crate::error::SqlError;
use crate::logical::{Changelog, Direction, LogicalPlan, identity};

/// Names of changes, in the order of their bytes.
const KINDS: [&str; 4] = ["INSERT", "UPDATE_BEFORE", "UPDATE_AFTER", "DELETE"];

/// The arguments by parameter.
struct Arguments<'c> {
    input: &'c FunctionArg,
    op: Option<&'c FunctionArg>,
    mapping: Option<&'c FunctionArg>,
    on_time: Option<&'c FunctionArg>,
    /// Names the operator's state, of which there is none.
    uid: Option<&'c FunctionArg>,
}

/// Whether the upper-case name is one of the two.
pub(super) fn is_changelog_function(name: &str) -> bool {
    matches!(name, "TO_CHANGELOG" | "FROM_CHANGELOG")
}

impl Binder<'_> {
    pub(super) fn changelog_function(&mut self, name: &str, call: &FunctionCall) -> Result<LogicalPlan, SqlError> {
        let args = arguments(name, call)?;
        let input = self.changelog_input(name, args.input)?;
        let row = input.output().clone();
        let (op, op_span) = match args.op {
            None => ("op".to_owned(), call.span),
            Some(arg) => match &arg.value {
                FunctionArgValue::Descriptor(columns) if columns.len() == 1 => (columns[0].value.clone(), arg.span),
                FunctionArgValue::Descriptor(_) => {
                    let message = "The descriptor for argument 'op' must contain exactly one column name.";
                    return Err(SqlError::validation(message, arg.span));
                }
                _ => return Err(SqlError::validation("argument 'op' takes a DESCRIPTOR", arg.span)),
            },
        };
        let mapping = args.mapping.map(|arg| self.mapping(arg)).transpose()?;
        let (direction, output) = match name {
            "TO_CHANGELOG" => {
                let mut fields = vec![Field::new(&op, TypeKind::STRING.nullable())];
                fields.extend(row.fields.clone());
                (Direction::ToRows { codes: codes_of_changes(mapping)? }, RowType::new(fields))
            }
            _ => {
                let column = op_column(&op, &row, op_span)?;
                let others: Vec<usize> = (0..row.len()).filter(|index| *index != column).collect();
                (Direction::FromRows { op: column, codes: changes_of_codes(mapping)? }, row.project(&others))
            }
        };
        if let Some(twice) = twice(&output) {
            return Err(SqlError::validation(
                format!("Duplicate column name '{twice}' in the output of {name}"),
                op_span,
            )
            .with_hint("op => DESCRIPTOR(name) names the column of the change"));
        }
        let texts = [args.op, args.mapping, args.on_time, args.uid].map(argument_text);
        let (invocation, span) = (format!("{name}(TABLE(#0), {})", texts.join(", ")), call.span);
        let plan = LogicalPlan::Changelog(Changelog { input: Box::new(input), direction, output, invocation, span });
        match args.on_time {
            None => Ok(plan),
            Some(arg) => with_time(plan, arg),
        }
    }

    fn changelog_input(&mut self, name: &str, arg: &FunctionArg) -> Result<LogicalPlan, SqlError> {
        let table = match &arg.value {
            FunctionArgValue::Table(table) => table,
            FunctionArgValue::Expr(ast::Expr { kind: ast::ExprKind::Subquery(query), .. }) => return self.query(query),
            _ => {
                let message = format!("First argument must be a table for {name}.");
                return Err(SqlError::validation(message, arg.span));
            }
        };
        let TableArg { source, partition_by, order_by, .. } = table;
        if !partition_by.is_empty() || !order_by.is_empty() {
            let message = "Only tables with set semantics may be partitioned. Invalid PARTITION BY clause in the 0-th operand of table function";
            return Err(SqlError::validation(format!("{message} '{name}'"), table.span));
        }
        match source {
            TableArgSource::Name(table) => Ok(self.table(table, &[], table.span)?.0),
            TableArgSource::Query(query) => self.query(query),
        }
    }

    /// The pairs of a MAP of constant texts.
    fn mapping(&self, arg: &FunctionArg) -> Result<Vec<(String, String, Span)>, SqlError> {
        let constant = || {
            SqlError::validation("The 'op_mapping' argument must be a constant MAP literal.", arg.span)
                .with_hint("for instance MAP['INSERT', 'c', 'DELETE', 'd']")
        };
        let FunctionArgValue::Expr(ast::Expr { kind: ast::ExprKind::Map(entries), .. }) = &arg.value else {
            return Err(constant());
        };
        let nothing = Scope::default();
        let mut binder = ExprBinder::new(&nothing, Clause::Values, &self.facts);
        let mut text = |expr: &ast::Expr| match as_literal(&binder.bind(expr)?) {
            Some(Literal::String(text)) => Ok(text.clone()),
            _ => Err(constant()),
        };
        entries.iter().map(|(key, value)| Ok((text(key)?, text(value)?, key.span))).collect()
    }
}

/// Sorts the arguments, positional or named, into their parameters.
fn arguments<'c>(name: &str, call: &'c FunctionCall) -> Result<Arguments<'c>, SqlError> {
    let FunctionArgs::List(args) = &call.args else { return Err(no_table(name, call.span)) };
    let mut given: [Option<&FunctionArg>; 5] = [None; 5];
    for (position, arg) in args.iter().enumerate() {
        let place = match &arg.name {
            None => position,
            Some(name) => match name.value.as_str() {
                "input" => 0,
                "op" => 1,
                "op_mapping" => 2,
                "on_time" => 3,
                "uid" => 4,
                _ => return Err(unknown_parameter(name)),
            },
        };
        match given.get_mut(place) {
            Some(free) if matches!(arg.value, FunctionArgValue::Default) => *free = None,
            Some(free) => *free = Some(arg),
            None => return Err(SqlError::validation(format!("{name} takes at most five arguments"), arg.span)),
        }
    }
    let [input, op, mapping, on_time, uid] = given;
    Ok(Arguments { input: input.ok_or_else(|| no_table(name, call.span))?, op, mapping, on_time, uid })
}

/// An argument as Calcite shows it.
fn argument_text(arg: Option<&FunctionArg>) -> String {
    let Some(arg) = arg else { return "DEFAULT()".to_owned() };
    match &arg.value {
        FunctionArgValue::Descriptor(columns) => {
            let columns: Vec<String> = columns.iter().map(|column| format!("_UTF-16LE'{}'", column.value)).collect();
            format!("DESCRIPTOR({})", columns.join(", "))
        }
        FunctionArgValue::Expr(ast::Expr { kind: ast::ExprKind::Map(entries), .. }) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("_UTF-16LE{key}, _UTF-16LE{value}")).collect();
            format!("MAP({})", entries.join(", "))
        }
        _ => FunctionArg { name: None, ..arg.clone() }.to_string(),
    }
}

/// Puts the column of `on_time` behind the others, as `rowtime`.
fn with_time(plan: LogicalPlan, arg: &FunctionArg) -> Result<LogicalPlan, SqlError> {
    let FunctionArgValue::Descriptor(columns) = &arg.value else {
        return Err(SqlError::validation("argument 'on_time' takes a DESCRIPTOR", arg.span));
    };
    let mut exprs = identity(plan.output());
    let time = columns.first().filter(|_| columns.len() == 1);
    let time = time.and_then(|time| plan.output().index_of(&time.value)).map(|column| exprs[column].clone());
    let Some(time) = time.filter(|time| time.ty.time_attribute() == TimeAttribute::Rowtime) else {
        return Err(SqlError::validation("argument 'on_time' names one rowtime attribute of the table", arg.span));
    };
    let time = Expr { ty: time.ty.with_nullable(false), ..time };
    let mut output = plan.output().clone();
    output.fields.push(Field::new("rowtime", time.ty.clone()));
    exprs.push(time);
    Ok(plan.project(exprs, output))
}

fn no_table(name: &str, span: Span) -> SqlError {
    SqlError::validation(format!("First argument must be a table for {name}."), span)
        .with_hint(format!("{name}(input => TABLE name)"))
}

fn unknown_parameter(name: &Ident) -> SqlError {
    SqlError::validation(format!("there is no parameter '{}'", name.value), name.span)
        .with_detail("the parameters are input, op, op_mapping, on_time and uid")
}

fn kind_of(text: &str, span: Span) -> Result<usize, SqlError> {
    KINDS.iter().position(|kind| *kind == text).ok_or_else(|| {
        let message = format!("Invalid target mapping for argument 'op_mapping'. Unknown change operation: '{text}'.");
        SqlError::validation(message, span).with_detail(format!("valid values are {}", KINDS.join(", ")))
    })
}

fn named_twice(kind: usize, span: Span) -> SqlError {
    let message = "Invalid target mapping for argument 'op_mapping'. Duplicate change operation:";
    SqlError::validation(format!("{message} '{}'.", KINDS[kind]), span)
        .with_hint("a comma-separated key maps several codes to one: MAP['c, r', 'INSERT']")
}

/// `MAP['INSERT, UPDATE_AFTER', 'put']`: what changes are called.
fn codes_of_changes(mapping: Option<Vec<(String, String, Span)>>) -> Result<[Option<String>; 4], SqlError> {
    let Some(mapping) = mapping else { return Ok(KINDS.map(|kind| Some(kind.to_owned()))) };
    let mut codes = [const { None }; 4];
    for (kinds, code, span) in mapping {
        for kind in kinds.split(',') {
            let kind = kind_of(kind.trim(), span)?;
            if codes[kind].replace(code.clone()).is_some() {
                return Err(named_twice(kind, span));
            }
        }
    }
    Ok(codes)
}

/// `MAP['c, r', 'INSERT']`: which changes codes mean.
fn changes_of_codes(mapping: Option<Vec<(String, String, Span)>>) -> Result<[Vec<String>; 4], SqlError> {
    let Some(mapping) = mapping else { return Ok(KINDS.map(|kind| vec![kind.to_owned()])) };
    let mut codes = [const { Vec::new() }; 4];
    let mut last = Span::default();
    for (names, kind, span) in mapping {
        let kind = kind_of(kind.trim(), span)?;
        if !codes[kind].is_empty() {
            return Err(named_twice(kind, span));
        }
        codes[kind].extend(names.split(',').map(|name| name.trim().to_owned()));
        last = span;
    }
    if codes[1].is_empty() && !codes[2].is_empty() {
        let message = "The 'op_mapping' must include UPDATE_BEFORE for retract mode. Upsert mode (without UPDATE_BEFORE) is not supported in this version.";
        return Err(SqlError::validation(message, last));
    }
    Ok(codes)
}

fn op_column(op: &str, row: &RowType, span: Span) -> Result<usize, SqlError> {
    let column = row.index_of(op).ok_or_else(|| {
        SqlError::validation(format!("The op column '{op}' does not exist in the input schema."), span)
    })?;
    match &row.fields[column].ty.kind {
        TypeKind::Char { .. } | TypeKind::Varchar { .. } => Ok(column),
        kind => {
            let message = format!("The op column '{op}' must be of STRING type, but was '{kind}'.");
            Err(SqlError::validation(message, span))
        }
    }
}

fn twice(row: &RowType) -> Option<&str> {
    let mut names = row.fields.iter().enumerate();
    names.find_map(|(index, field)| {
        row.fields[..index].iter().any(|other| other.name == field.name).then_some(field.name.as_str())
    })
}
