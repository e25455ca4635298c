//! Expressions, aggregates and windows as EXPLAIN prints them.

use dataflow::operator_spec::{
    AfterMatch, MatchExpression, MatchReference, PatternVariable, SortField, WindowAssigner, WindowProperty,
};
use dataflow::{AggregateCall, Expr, ExprKind, Field, Literal, LogicalType, RowType, TimeAttribute, TypeKind};

use super::simplified::simplify;
use crate::logical::StateTtlHint;

/// How operators are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `>($3, 5)`, as in the syntax tree, where texts have the types that they were written with.
    Tree,
    /// The same where Calcite simplifies while it builds the tree: in projections and joins.
    SimplifiedTree,
    /// `>(amount, 5)`, as in the physical plan.
    Prefix,
    /// `(amount > 5)`, as in the execution plan.
    Infix,
}

/// The text of an expression over the columns of `input`.
pub(crate) fn expression(expr: &Expr, input: &RowType, style: Style) -> String {
    match style {
        Style::Tree => unsimplified(expr, input, style),
        _ => simplify(expr, false).text(input, style),
    }
}

/// The text of the condition of a filter, for which unknown is false.
pub(crate) fn condition(expr: &Expr, input: &RowType, style: Style) -> String {
    simplify(expr, true).text(input, style)
}

/// The text of an expression that itself stays as it is; what is in it is simplified.
pub(super) fn unsimplified(expr: &Expr, input: &RowType, style: Style) -> String {
    match &expr.kind {
        ExprKind::Column(index) => {
            input.fields.get(*index).map_or_else(|| format!("${index}"), |field| field.name.clone())
        }
        ExprKind::Literal(value) => literal(value, &expr.ty, style),
        ExprKind::Cast { input: inner, try_cast: false } if is_text_constant(inner) && is_text(&expr.ty) => {
            expression(&Expr { kind: inner.kind.clone(), ty: expr.ty.clone() }, input, style)
        }
        ExprKind::Cast { input: inner, try_cast } => {
            let name = if *try_cast { "TRY_CAST" } else { "CAST" };
            let (inner, ty) = (expression(inner, input, style), type_text(&expr.ty));
            let set = character_set(&expr.ty, style);
            match style {
                Style::Tree | Style::SimplifiedTree if *try_cast => format!("{name}({inner})"),
                Style::Tree | Style::SimplifiedTree => {
                    let not_null = if expr.ty.nullable { "" } else { " NOT NULL" };
                    format!("{name}({inner}):{ty}{set}{not_null}")
                }
                _ => format!("{name}({inner} AS {ty}{set})"),
            }
        }
        ExprKind::Field { input: inner, index } => {
            let name = match &inner.ty.kind {
                TypeKind::Row(row) => row.fields[*index].name.clone(),
                _ => format!("${index}"),
            };
            format!("{}.{name}", expression(inner, input, style))
        }
        ExprKind::Case { branches, otherwise } => {
            let mut parts: Vec<String> = Vec::new();
            for (condition, result) in branches {
                parts.push(expression(condition, input, style));
                parts.push(expression(result, input, style));
            }
            parts.push(expression(otherwise, input, style));
            format!("CASE({})", parts.join(", "))
        }
        ExprKind::Call { function, args } => {
            if matches!(function.as_str(), "AND" | "OR") {
                let mut terms = Vec::new();
                flatten(function, args, &mut terms);
                let terms: Vec<String> = terms.into_iter().map(|term| expression(term, input, style)).collect();
                return call(function, &terms, style);
            }
            let compared = matches!(function.as_str(), "=" | "<>" | "<" | "<=" | ">" | ">=").then_some(args.as_slice());
            if let Some(text) = with_word(function, args, input, style) {
                return text;
            }
            let is_equality = style == Style::Prefix && matches!(function.as_str(), "=" | "<>");
            if let (true, [left, right]) = (is_equality, args.as_slice())
                && let (TypeKind::BigInt, ExprKind::Literal(Literal::Int(value))) = (&left.ty.kind, &right.kind)
            {
                return format!("{function}({}, {value}:BIGINT)", expression(left, input, style));
            }
            let is_coalesce = function == "COALESCE";
            let args: Vec<String> = args
                .iter()
                .map(|arg| match compared.and_then(|args| as_compared(arg, args, style)) {
                    Some(arg) => expression(&arg, input, style),
                    None if is_coalesce => expression(as_written(arg), input, style),
                    None => expression(arg, input, style),
                })
                .collect();
            call(function, &args, style)
        }
    }
}

/// Calls of functions with a word among their arguments: `EXTRACT(FLAG(HOUR), ts)`, `TRIM(FLAG(BOTH), ' ', s)`.
fn with_word(function: &str, args: &[Expr], input: &RowType, style: Style) -> Option<String> {
    let flag = |word: &str| if style == Style::Infix { word.to_owned() } else { format!("FLAG({word})") };
    let word = |arg: &Expr| match &arg.kind {
        ExprKind::Literal(Literal::String(word)) => Some(flag(word)),
        _ => None,
    };
    let text = |arg: &Expr| expression(arg, input, style);
    Some(match (function, args) {
        ("EXTRACT", [unit, from]) => format!("EXTRACT({}, {})", word(unit)?, text(from)),
        ("TRIM", [side, what, from]) => format!("TRIM({}, {}, {})", word(side)?, text(what), text(from)),
        ("FLOOR" | "CEIL", [time, unit]) => format!("{function}({}, {})", text(time), word(unit)?),
        ("YEAR" | "QUARTER" | "MONTH" | "WEEK" | "HOUR" | "MINUTE" | "SECOND", [from]) => {
            format!("EXTRACT({}, {})", flag(function), text(from))
        }
        ("DAYOFYEAR", [from]) => format!("EXTRACT({}, {})", flag("DOY"), text(from)),
        ("DAYOFMONTH", [from]) => format!("EXTRACT({}, {})", flag("DAY"), text(from)),
        ("DAYOFWEEK", [from]) => format!("EXTRACT({}, {})", flag("DOW"), text(from)),
        _ => return None,
    })
}

/// The terms of nested calls of AND, or of OR.
fn flatten<'e>(function: &str, args: &'e [Expr], terms: &mut Vec<&'e Expr>) {
    for arg in args {
        match &arg.kind {
            ExprKind::Call { function: inner, args } if inner == function => flatten(function, args, terms),
            _ => terms.push(arg),
        }
    }
}

/// A text without the cast to the type of the other arguments of COALESCE.
fn as_written(arg: &Expr) -> &Expr {
    match &arg.kind {
        ExprKind::Cast { input, try_cast: false } if is_text_constant(input) => input,
        _ => arg,
    }
}

/// An argument of a comparison as Flink shows it, where that is not as it is: a whole number is not cast to be compared with a wider one, and behind
/// the syntax tree a text has the type of what it is compared with.
fn as_compared(arg: &Expr, args: &[Expr], style: Style) -> Option<Expr> {
    let other = args.iter().find(|other| !std::ptr::eq(*other, arg))?;
    let is_whole =
        |ty: &LogicalType| matches!(ty.kind, TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::Int | TypeKind::BigInt);
    match &arg.kind {
        ExprKind::Cast { input, try_cast: false }
            if is_whole(&input.ty) && is_whole(&arg.ty) && !matches!(other.kind, ExprKind::Cast { .. }) =>
        {
            Some(input.as_ref().clone())
        }
        ExprKind::Cast { input, try_cast: false }
            if is_whole(&input.ty) && matches!(other.kind, ExprKind::Literal(Literal::Decimal(_))) =>
        {
            Some(input.as_ref().clone())
        }
        ExprKind::Literal(Literal::String(_)) if style == Style::Prefix && is_text(&other.ty) => {
            Some(Expr { kind: arg.kind.clone(), ty: other.ty.clone() })
        }
        _ => None,
    }
}

fn is_text(ty: &LogicalType) -> bool {
    matches!(ty.kind, TypeKind::Char { .. } | TypeKind::Varchar { .. })
}

fn is_text_constant(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Literal::String(_)))
}

pub(super) fn call(function: &str, args: &[String], style: Style) -> String {
    let function = if function == "%" { "MOD" } else { function };
    let is_symbol = !function.starts_with(|c: char| c.is_ascii_alphabetic()) && function != "||";
    if style == Style::Infix {
        match args {
            [arg] if function == "NEGATE" => return format!("-({arg})"),
            [arg] if function.starts_with("IS ") => return format!("{arg} {function}"),
            [_, _, ..] if is_symbol || matches!(function, "AND" | "OR") => {
                return format!("({})", args.join(&format!(" {function} ")));
            }
            _ => {}
        }
    }
    let name = if function == "NEGATE" { "-" } else { function };
    if args.is_empty() && is_symbol { name.to_owned() } else { format!("{name}({})", args.join(", ")) }
}

/// A literal as Flink's plans show it: text in quotes, with its character set and, where that is not CHAR of its length, its type; whole numbers bare
/// whatever their type.
fn literal(value: &Literal, ty: &LogicalType, style: Style) -> String {
    match value {
        Literal::Null => format!("null:{}{}", type_text(ty), character_set(ty, style)),
        Literal::Boolean(value) => value.to_string(),
        Literal::Int(value) => match ty.kind {
            TypeKind::IntervalDayTime => interval(*value),
            TypeKind::IntervalYearMonth => format!("{value}:INTERVAL MONTH"),
            TypeKind::Date => date(*value),
            TypeKind::Time { .. } => time_of_day(*value),
            TypeKind::BigInt if style != Style::Infix && i32::try_from(*value).is_err() => format!("{value}:BIGINT"),
            _ => value.to_string(),
        },
        Literal::Timestamp(nanos) => timestamp(*nanos),
        Literal::Decimal(unscaled) => {
            let text = decimal(*unscaled, ty);
            if style == Style::Infix { text.split(':').next().unwrap_or_default().to_owned() } else { text }
        }
        Literal::Float(value) if style == Style::Prefix => format!("{value:E}:{}", type_text(ty)),
        Literal::Float(value) => format!("{value:E}"),
        Literal::String(value) => {
            let quoted = format!("'{}'", value.replace('\'', "''"));
            let own_type = matches!(ty.kind, TypeKind::Char { length } if length as usize == value.chars().count());
            match style {
                Style::Infix => quoted,
                _ if own_type => format!("_UTF-16LE{quoted}"),
                _ => format!("_UTF-16LE{quoted}:{}{}", type_text(ty), character_set(ty, style)),
            }
        }
        Literal::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("X'{digits}'")
        }
    }
}

/// What follows the type of a text.
pub(super) fn character_set(ty: &LogicalType, style: Style) -> &'static str {
    if is_text(ty) && style != Style::Infix { " CHARACTER SET \"UTF-16LE\"" } else { "" }
}

/// `60000:INTERVAL MINUTE`, in the largest unit that fits: how it was written is not known any more.
pub(crate) fn interval(millis: i64) -> String {
    const UNITS: [(i64, &str); 3] = [(86_400_000, "DAY"), (3_600_000, "HOUR"), (60_000, "MINUTE")];
    let unit = UNITS.iter().find(|(unit, _)| millis != 0 && millis % unit == 0).map_or("SECOND", |(_, name)| name);
    format!("{millis}:INTERVAL {unit}")
}

fn decimal(unscaled: i128, ty: &LogicalType) -> String {
    let TypeKind::Decimal { scale, .. } = ty.kind else {
        return unscaled.to_string();
    };
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        return format!("{sign}{whole}");
    }
    let whole_digits = whole.trim_start_matches('0').len();
    let precision = (whole_digits + fraction.len()).max(fraction.len() + 1);
    format!("{sign}{whole}.{fraction}:DECIMAL({precision}, {})", fraction.len())
}

fn date(days: i64) -> String {
    chrono::NaiveDate::default()
        .checked_add_signed(chrono::TimeDelta::days(days))
        .map_or_else(|| days.to_string(), |date| date.to_string())
}

fn time_of_day(millis: i64) -> String {
    let seconds = (millis / 1000) as u32;
    chrono::NaiveTime::from_num_seconds_from_midnight_opt(seconds, (millis % 1000) as u32 * 1_000_000)
        .map_or_else(|| millis.to_string(), |time| time.to_string())
}

fn timestamp(nanos: i128) -> String {
    let seconds = nanos.div_euclid(1_000_000_000);
    let rest = nanos.rem_euclid(1_000_000_000) as u32;
    match i64::try_from(seconds).ok().and_then(|seconds| chrono::DateTime::from_timestamp(seconds, rest)) {
        Some(at) => at.naive_utc().to_string(),
        None => nanos.to_string(),
    }
}

/// A type as plans show it: with lengths, without nullability.
pub(crate) fn type_text(ty: &LogicalType) -> String {
    match &ty.kind {
        TypeKind::Int => "INTEGER".into(),
        _ => crate::bind::summary(ty),
    }
}

/// A column of a record as Calcite writes it: `TIMESTAMP(3) *ROWTIME* ts`.
pub(crate) fn record_field(field: &Field) -> String {
    let attribute = match field.ty.time_attribute() {
        TimeAttribute::None => "",
        TimeAttribute::Rowtime => " *ROWTIME*",
        TimeAttribute::Proctime => " *PROCTIME*",
    };
    format!("{}{attribute} {}", type_text(&field.ty), field.name)
}

/// `COUNT(DISTINCT a) FILTER b`, over the columns of `input`; `COUNT_RETRACT(...)` where rows are taken back.
pub(crate) fn aggregate(call: &AggregateCall, input: &RowType, retracts: bool) -> String {
    let name = |index: &usize| input.fields[*index].name.as_str();
    let args: Vec<&str> = call.args.iter().map(name).collect();
    let args = if args.is_empty() { "*".to_owned() } else { args.join(", ") };
    let distinct = if call.distinct { "DISTINCT " } else { "" };
    let filter = call.filter.as_ref().map_or_else(String::new, |filter| format!(" FILTER {}", name(filter)));
    let retract = if retracts { "_RETRACT" } else { "" };
    format!("{}{retract}({distinct}{args}){filter}", call.function)
}

/// `price DESC, id ASC`, over the columns of `row`; NULLs are named where they do not stand as the lowest values.
pub(crate) fn sort(order: &[SortField], row: &RowType) -> String {
    let name = |column: usize| row.fields.get(column).map_or_else(|| format!("${column}"), |field| field.name.clone());
    let field = |field: &SortField| {
        let direction = if field.descending { "DESC" } else { "ASC" };
        let nulls = match (field.descending, field.nulls_first) {
            (true, true) => " NULLS FIRST",
            (false, false) => " NULLS LAST",
            _ => "",
        };
        format!("{} {direction}{nulls}", name(field.column))
    };
    order.iter().map(field).collect::<Vec<_>>().join(", ")
}

/// `SKIP TO LAST B`
pub(crate) fn after_match(after: AfterMatch, pattern: &[PatternVariable]) -> String {
    match after {
        AfterMatch::ToNextRow => "SKIP TO NEXT ROW".to_owned(),
        AfterMatch::PastLastRow => "SKIP PAST LAST ROW".to_owned(),
        AfterMatch::ToFirst(variable) => format!("SKIP TO FIRST _UTF-16LE'{}'", pattern[variable].name),
        AfterMatch::ToLast(variable) => format!("SKIP TO LAST _UTF-16LE'{}'", pattern[variable].name),
    }
}

/// A measure, or the condition of the variable `own`: `>(PREV(B.$2, 0), LAST(A.$2, 0))`.
pub(crate) fn match_expression(
    expression: &MatchExpression,
    own: Option<usize>,
    pattern: &[PatternVariable],
    input: &RowType,
) -> String {
    let name = |variable: Option<usize>| variable.map_or("*", |variable| pattern[variable].name.as_str());
    let text = |reference: &MatchReference| match reference {
        MatchReference::Row { variable, first: false, offset: 0, column } if own.is_none() => {
            format!("{}.{}", name(*variable), input.fields[*column].name)
        }
        MatchReference::Row { variable, first, offset, column } => {
            let column = match own {
                Some(_) => format!("{}.${column}", name(*variable)),
                None => format!("{}.{}", name(*variable), input.fields[*column].name),
            };
            let navigation = match (first, offset) {
                (true, _) => "FIRST",
                (false, 0) if own.is_some() && (*variable == own || variable.is_none()) => "PREV",
                (false, _) => "LAST",
            };
            format!("{navigation}({column}, {offset})")
        }
        MatchReference::Aggregate { variable, arguments, call } => {
            let qualify = |field: &dataflow::Field| {
                dataflow::Field::new(format!("{}.{}", name(*variable), field.name), field.ty.clone())
            };
            let row = RowType::new(input.fields.iter().map(qualify).collect());
            let arguments: Vec<String> =
                arguments.iter().map(|argument| self::expression(argument, &row, Style::Prefix)).collect();
            format!("{}({})", call.function, arguments.join(", "))
        }
        MatchReference::Rowtime(_) => "MATCH_ROWTIME()".to_owned(),
        MatchReference::Proctime(_) => "MATCH_PROCTIME()".to_owned(),
    };
    let mut columns = expression.columns(input);
    for (field, reference) in columns.fields.iter_mut().zip(&expression.references) {
        field.name = text(reference);
    }
    self::expression(&expression.expression, &columns, Style::Prefix)
}

/// What a STATE_TTL hint adds to the text of a join.
pub(super) fn state_ttl_of_sides(hints: &[Option<StateTtlHint>; 2]) -> String {
    let sides = ["LEFT", "RIGHT"].iter().zip(hints);
    let options: Vec<String> =
        sides.filter_map(|(side, hint)| hint.as_ref().map(|hint| format!("{side}={}", hint.text))).collect();
    if options.is_empty() {
        return String::new();
    }
    format!(", stateTtlHints=[[[STATE_TTL options:{{{}}}]]]", options.join(", "))
}

/// What a STATE_TTL hint adds to the text of an aggregation.
pub(super) fn state_ttl_of_groups(hint: &Option<StateTtlHint>) -> String {
    hint.as_ref().map_or_else(String::new, |hint| format!(", stateTtlHints=[[[STATE_TTL options:[{}]]]]", hint.text))
}

/// The type in which an OVER aggregation sums, for an average too.
pub(crate) fn summed_type(ty: &LogicalType) -> LogicalType {
    match ty.kind {
        TypeKind::Decimal { scale, .. } => TypeKind::Decimal { precision: 38, scale }.nullable(),
        _ => ty.without_time_attribute(),
    }
}

/// The names of columns.
pub(crate) fn columns(indices: &[usize], row: &RowType) -> String {
    indices.iter().map(|&index| row.fields[index].name.as_str()).collect::<Vec<_>>().join(", ")
}

/// `TUMBLE(time_col=[ts], size=[1 min])`
pub(crate) fn window(assigner: &WindowAssigner, time: &str) -> String {
    window_of_columns(assigner, &format!("time_col=[{time}]"))
}

/// The same, with the text that says by which columns rows are in a window.
pub(crate) fn window_of_columns(assigner: &WindowAssigner, columns: &str) -> String {
    let mut parts = vec![columns.to_owned()];
    let mut with_offset = |offset: i64| {
        if offset != 0 {
            parts.push(format!("offset=[{}]", duration(offset)));
        }
    };
    match *assigner {
        WindowAssigner::Tumble { size, offset } => {
            with_offset(offset);
            parts.insert(1, format!("size=[{}]", duration(size)));
            format!("TUMBLE({})", parts.join(", "))
        }
        WindowAssigner::Hop { slide, size, offset } => {
            with_offset(offset);
            parts.insert(1, format!("size=[{}], slide=[{}]", duration(size), duration(slide)));
            format!("HOP({})", parts.join(", "))
        }
        WindowAssigner::Cumulate { step, size, offset } => {
            with_offset(offset);
            parts.insert(1, format!("max_size=[{}], step=[{}]", duration(size), duration(step)));
            format!("CUMULATE({})", parts.join(", "))
        }
        WindowAssigner::Session { gap } => format!("SESSION({}, gap=[{}])", parts.join(", "), duration(gap)),
    }
}

/// Milliseconds in the largest unit that holds them exactly: `1 min`, `5 s`.
fn duration(millis: i64) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")];
    match UNITS.iter().find(|(unit, _)| millis != 0 && millis % unit == 0) {
        Some((unit, name)) => format!("{} {name}", millis / unit),
        None => format!("{millis} ms"),
    }
}

/// How a window property is selected: `start('w$) AS window_start`.
pub(crate) fn property(property: WindowProperty) -> &'static str {
    match property {
        WindowProperty::Start => "start('w$)",
        WindowProperty::End => "end('w$)",
        WindowProperty::Rowtime => "rowtime('w$)",
        WindowProperty::Proctime => "proctime('w$)",
    }
}
