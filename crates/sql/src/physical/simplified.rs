//! Conditions as Flink's planner shows them behind the syntax tree. Calcite simplifies them before it plans: NOT goes down to the comparisons, and what is
//! said of one column becomes one SEARCH among ranges of values. What runs is the condition as it was written; both give the same.

use std::cmp::Ordering;

use dataflow::{Expr, ExprKind, Literal, LogicalType, RowType, TypeKind};

use super::describe::{self, Style};
use crate::logical::conjuncts;

/// A condition with what was simplified in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    /// As it is.
    Plain(Expr),
    And(Vec<Term>),
    Or(Vec<Term>),
    Not(Box<Term>),
    Search(Search),
}

/// Which values of an expression there are.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Search {
    of: Expr,
    values: Values,
}

/// A set of values: ranges in order, and whether NULL is among them.
#[derive(Debug, Clone, PartialEq)]
struct Values {
    ranges: Vec<Range>,
    /// What is said of NULL; nothing when it is as unknown as in a comparison.
    null: Option<bool>,
    /// Whether the constants have the type of what is compared, as those of `=` do.
    is_typed: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Range {
    low: Bound,
    high: Bound,
}

/// An end of a range; `None` is infinite.
#[derive(Debug, Clone, PartialEq)]
struct Bound {
    value: Option<Expr>,
    is_closed: bool,
}

const INFINITE: Bound = Bound { value: None, is_closed: false };

/// The condition simplified; `as_filter` where unknown counts as false.
pub(super) fn simplify(expr: &Expr, as_filter: bool) -> Term {
    match &expr.kind {
        ExprKind::Call { function, args } => match (function.as_str(), args.as_slice()) {
            ("AND", _) => merged(args.iter().map(|arg| simplify(arg, as_filter)).collect(), true, as_filter),
            ("OR", _) => merged(args.iter().map(|arg| simplify(arg, as_filter)).collect(), false, as_filter),
            ("NOT", [inner]) => negated(inner, as_filter),
            ("IS TRUE", [inner]) if as_filter => simplify(inner, true),
            ("IS FALSE", [inner]) if as_filter => negated(inner, true),
            ("=", [inner, constant]) if as_filter && is_boolean(constant, true) => simplify(inner, true),
            _ => Term::Plain(expr.clone()),
        },
        ExprKind::Case { branches, otherwise } if as_filter => match branches.as_slice() {
            [(condition, result)] if is_boolean(result, true) && is_boolean(otherwise, false) => {
                simplify(condition, true)
            }
            _ => Term::Plain(expr.clone()),
        },
        _ => Term::Plain(expr.clone()),
    }
}

fn is_boolean(expr: &Expr, value: bool) -> bool {
    expr.kind == ExprKind::Literal(Literal::Boolean(value))
}

fn negated(expr: &Expr, as_filter: bool) -> Term {
    let ExprKind::Call { function, args } = &expr.kind else {
        return Term::Not(Box::new(Term::Plain(expr.clone())));
    };
    let opposite = match function.as_str() {
        "AND" => return merged(args.iter().map(|arg| negated(arg, as_filter)).collect(), false, as_filter),
        "OR" => {
            let is_list = args.iter().all(|arg| matches!(comparison(arg), Some((_, "=", _))));
            let mut all = merged(args.iter().map(|arg| negated(arg, as_filter)).collect(), true, as_filter);
            // The constants of NOT IN have the type of the list.
            if let (true, Term::Search(search)) = (is_list, &mut all) {
                search.values.is_typed = is_typed_in_list(&search.of);
            }
            return all;
        }
        "NOT" => return simplify(&args[0], as_filter),
        "=" => "<>",
        "<>" => "=",
        "<" => ">=",
        "<=" => ">",
        ">" => "<=",
        ">=" => "<",
        "IS NULL" => "IS NOT NULL",
        "IS NOT NULL" => "IS NULL",
        "IS TRUE" => "IS NOT TRUE",
        "IS NOT TRUE" => "IS TRUE",
        "IS FALSE" => "IS NOT FALSE",
        "IS NOT FALSE" => "IS FALSE",
        _ => return Term::Not(Box::new(Term::Plain(expr.clone()))),
    };
    Term::Plain(Expr::call(opposite, args.clone(), expr.ty.clone()))
}

/// AND or OR of the terms.
fn merged(terms: Vec<Term>, is_and: bool, as_filter: bool) -> Term {
    let mut flat = Vec::new();
    for term in terms {
        match term {
            Term::And(inner) if is_and => flat.extend(inner),
            Term::Or(inner) if !is_and => flat.extend(inner),
            Term::Plain(expr) if is_boolean(&expr, is_and) => {}
            Term::Plain(expr) if is_boolean(&expr, !is_and) => return Term::Plain(expr),
            term => flat.push(term),
        }
    }
    if is_and && as_filter {
        drop_implied(&mut flat);
    }
    let mut terms = searches(flat, is_and, as_filter);
    if !is_and && let Some(factored) = factored(&terms, as_filter) {
        return factored;
    }
    match terms.len() {
        0 => Term::Plain(crate::bind::boolean(is_and)),
        1 => terms.remove(0),
        _ if is_and => Term::And(terms),
        _ => Term::Or(terms),
    }
}

/// Takes `x IS NOT NULL` out where another term compares `x`.
fn drop_implied(terms: &mut Vec<Term>) {
    let compared: Vec<Expr> = terms
        .iter()
        .filter_map(|term| match term {
            Term::Plain(Expr { kind: ExprKind::Call { function, args }, .. })
                if matches!(function.as_str(), "=" | "<>" | "<" | "<=" | ">" | ">=") =>
            {
                Some(args.clone())
            }
            _ => None,
        })
        .flatten()
        .collect();
    terms.retain(|term| match term {
        Term::Plain(Expr { kind: ExprKind::Call { function, args }, .. }) if function == "IS NOT NULL" => {
            !compared.contains(&args[0])
        }
        _ => true,
    });
}

/// What all terms of an OR have in common, before the OR of the rest.
fn factored(terms: &[Term], as_filter: bool) -> Option<Term> {
    let parts: Option<Vec<&Vec<Term>>> =
        terms.iter().map(|term| if let Term::And(parts) = term { Some(parts) } else { None }).collect();
    let parts = parts.filter(|parts| parts.len() > 1)?;
    let common: Vec<Term> =
        parts[0].iter().filter(|part| parts.iter().all(|parts| parts.contains(part))).cloned().collect();
    if common.is_empty() || parts.iter().any(|parts| parts.len() == common.len()) {
        return None;
    }
    let rest = parts.iter().map(|parts| {
        let own = parts.iter().filter(|part| !common.contains(part)).cloned().collect();
        merged(own, true, as_filter)
    });
    let rest = merged(rest.collect(), false, as_filter);
    Some(merged(common.into_iter().chain([rest]).collect(), true, as_filter))
}

/// The terms with those that speak of one column together, at the place of the first.
fn searches(terms: Vec<Term>, is_and: bool, as_filter: bool) -> Vec<Term> {
    let known: Vec<Option<Search>> = terms.iter().map(as_search).collect();
    let mut out: Vec<Term> = Vec::new();
    let mut done: Vec<&Expr> = Vec::new();
    for (term, search) in terms.iter().zip(&known) {
        let Some(first) = search else {
            out.push(term.clone());
            continue;
        };
        let same: Vec<&Search> = known.iter().flatten().filter(|other| other.of == first.of).collect();
        let is_together = same.len() > 1 && same.iter().any(|search| !search.values.ranges.is_empty());
        if !is_together {
            out.push(term.clone());
            continue;
        }
        if done.contains(&&first.of) {
            continue;
        }
        let all = same.iter().skip(1).try_fold(first.values.clone(), |all, next| all.with(&next.values, is_and));
        match all.and_then(|values| shortest(&first.of, values, as_filter)) {
            Some(term) => {
                done.push(&first.of);
                out.push(term);
            }
            None => out.push(term.clone()),
        }
    }
    out
}

/// `x = 1`, `x > 1` and the like where that says all; `None` where there is no value.
fn shortest(of: &Expr, values: Values, as_filter: bool) -> Option<Term> {
    let test = |function: &str, args: Vec<Expr>| {
        Some(Term::Plain(Expr::call(function, args, TypeKind::Boolean.not_null().with_nullable(of.ty.nullable))))
    };
    let compare = |function: &str, value: &Expr| test(function, vec![of.clone(), value.clone()]);
    let is_plain = values.null.is_none() || values.null == Some(false) && as_filter;
    match values.ranges.as_slice() {
        [] => return None,
        [all] if all.low == INFINITE && all.high == INFINITE && is_plain => {
            return as_filter.then(|| test("IS NOT NULL", vec![of.clone()])).flatten();
        }
        [range] if is_plain => match (&range.low, &range.high) {
            (Bound { value: Some(low), .. }, Bound { value: Some(_), .. }) if range.is_point() => {
                return compare("=", low);
            }
            (low, Bound { value: Some(high), is_closed }) if *low == INFINITE => {
                return compare(if *is_closed { "<=" } else { "<" }, high);
            }
            (Bound { value: Some(low), is_closed }, high) if *high == INFINITE => {
                return compare(if *is_closed { ">=" } else { ">" }, low);
            }
            _ => {}
        },
        [below, above] if is_plain && below.low == INFINITE && above.high == INFINITE => {
            if let (Some(value), true) = (&below.high.value, below.high == above.low) {
                return compare("<>", value);
            }
        }
        _ => {}
    }
    Some(Term::Search(Search { of: of.clone(), values }))
}

/// What a term says of one column.
fn as_search(term: &Term) -> Option<Search> {
    let expr = match term {
        Term::Search(search) => return Some(search.clone()),
        Term::Plain(expr) => expr,
        _ => return None,
    };
    if let ExprKind::Call { function, args } = &expr.kind
        && let ("IS NULL" | "IS NOT NULL", [of]) = (function.as_str(), args.as_slice())
    {
        let ranges = if function == "IS NULL" { Vec::new() } else { vec![Range { low: INFINITE, high: INFINITE }] };
        let values = Values { ranges, null: Some(function == "IS NULL"), is_typed: false };
        return is_searched(of).then(|| Search { of: of.clone(), values });
    }
    let (of, function, value) = comparison(expr)?;
    let at = |is_closed| Bound { value: Some(value.clone()), is_closed };
    let range = |low, high| vec![Range { low, high }];
    let ranges = match function {
        "=" => range(at(true), at(true)),
        "<>" => vec![Range { low: INFINITE, high: at(false) }, Range { low: at(false), high: INFINITE }],
        "<" => range(INFINITE, at(false)),
        "<=" => range(INFINITE, at(true)),
        ">" => range(at(false), INFINITE),
        _ => range(at(true), INFINITE),
    };
    let is_typed = match function {
        "=" => is_typed_in_list(of),
        "<>" => true,
        _ => false,
    };
    Some(Search { of: of.clone(), values: Values { ranges, null: None, is_typed } })
}

/// Whether the constants of an IN list take the type of what they are compared with: whole numbers do.
fn is_typed_in_list(of: &Expr) -> bool {
    of.ty.kind == TypeKind::BigInt
}

/// A comparison with a constant, the constant on the right.
fn comparison(expr: &Expr) -> Option<(&Expr, &'static str, &Expr)> {
    let ExprKind::Call { function, args } = &expr.kind else { return None };
    let [left, right] = args.as_slice() else { return None };
    let (function, turned) = match function.as_str() {
        "=" => ("=", "="),
        "<>" => ("<>", "<>"),
        "<" => ("<", ">"),
        "<=" => ("<=", ">="),
        ">" => (">", "<"),
        ">=" => (">=", "<="),
        _ => return None,
    };
    match (&left.kind, &right.kind) {
        (_, ExprKind::Literal(value)) if is_searched(left) && is_ordered(value) => Some((left, function, right)),
        (ExprKind::Literal(value), _) if is_searched(right) && is_ordered(value) => Some((right, turned, left)),
        _ => None,
    }
}

/// Whether this is looked for in ranges: what can be computed again without failing.
fn is_searched(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Column(_) => true,
        ExprKind::Field { input, .. } | ExprKind::Cast { input, try_cast: false } => is_searched(input),
        _ => false,
    }
}

fn is_ordered(value: &Literal) -> bool {
    matches!(value, Literal::Int(_) | Literal::Decimal(_) | Literal::Timestamp(_) | Literal::String(_))
}

/// The order of two constants; `None` where they are of different kinds.
fn order(left: &Expr, right: &Expr) -> Option<Ordering> {
    let number = |expr: &Expr| match (&expr.kind, &expr.ty.kind) {
        (ExprKind::Literal(Literal::Decimal(value)), TypeKind::Decimal { scale, .. }) => Some((*value, *scale)),
        (ExprKind::Literal(Literal::Int(value)), _) => Some((i128::from(*value), 0)),
        _ => None,
    };
    if let (Some((left, left_scale)), Some((right, right_scale))) = (number(left), number(right)) {
        let scale = left_scale.max(right_scale);
        let scaled = |value: i128, own: u8| value.checked_mul(10_i128.checked_pow(u32::from(scale - own))?);
        return Some(scaled(left, left_scale)?.cmp(&scaled(right, right_scale)?));
    }
    match (&left.kind, &right.kind) {
        (ExprKind::Literal(Literal::Timestamp(left)), ExprKind::Literal(Literal::Timestamp(right))) => {
            Some(left.cmp(right))
        }
        (ExprKind::Literal(Literal::String(left)), ExprKind::Literal(Literal::String(right))) => Some(left.cmp(right)),
        _ => None,
    }
}

impl Range {
    fn is_point(&self) -> bool {
        let ends = (&self.low.value, &self.high.value);
        matches!(ends, (Some(low), Some(high)) if order(low, high) == Some(Ordering::Equal))
    }
}

/// The order of two lower ends: a closed one begins before an open one at the same value.
fn order_low(left: &Bound, right: &Bound) -> Option<Ordering> {
    match (&left.value, &right.value) {
        (None, None) => Some(Ordering::Equal),
        (None, Some(_)) => Some(Ordering::Less),
        (Some(_), None) => Some(Ordering::Greater),
        (Some(a), Some(b)) => Some(order(a, b)?.then(right.is_closed.cmp(&left.is_closed))),
    }
}

/// The order of two upper ends: an open one ends before a closed one.
fn order_high(left: &Bound, right: &Bound) -> Option<Ordering> {
    match (&left.value, &right.value) {
        (None, None) => Some(Ordering::Equal),
        (None, Some(_)) => Some(Ordering::Greater),
        (Some(_), None) => Some(Ordering::Less),
        (Some(a), Some(b)) => Some(order(a, b)?.then(left.is_closed.cmp(&right.is_closed))),
    }
}

impl Values {
    /// Values that are in both, or in one of both. `None` where they cannot be compared.
    fn with(self, other: &Values, is_and: bool) -> Option<Values> {
        let null = match (self.null, other.null) {
            (None, None) => None,
            // NULL fails one condition of an AND, or meets one of an OR.
            (a, b) if is_and && (a == Some(false) || b == Some(false)) => Some(false),
            (a, b) if !is_and && (a == Some(true) || b == Some(true)) => Some(true),
            (Some(a), Some(_)) => Some(a),
            _ => None,
        };
        let is_typed = self.is_typed || other.is_typed;
        let ranges = if is_and { self.intersection(other)? } else { self.union(other)? };
        Some(Values { ranges, null, is_typed })
    }

    fn intersection(&self, other: &Values) -> Option<Vec<Range>> {
        let mut out = Vec::new();
        for a in &self.ranges {
            for b in &other.ranges {
                let low = if order_low(&a.low, &b.low)?.is_ge() { &a.low } else { &b.low };
                let high = if order_high(&a.high, &b.high)?.is_le() { &a.high } else { &b.high };
                let is_empty = match (&low.value, &high.value) {
                    (Some(from), Some(to)) => match order(from, to)? {
                        Ordering::Less => false,
                        Ordering::Equal => !(low.is_closed && high.is_closed),
                        Ordering::Greater => true,
                    },
                    _ => false,
                };
                if !is_empty {
                    out.push(Range { low: low.clone(), high: high.clone() });
                }
            }
        }
        Some(out)
    }

    fn union(&self, other: &Values) -> Option<Vec<Range>> {
        let mut all: Vec<Range> = Vec::new();
        for range in self.ranges.iter().chain(&other.ranges) {
            let mut at = all.len();
            for (index, known) in all.iter().enumerate() {
                if order_low(&range.low, &known.low)?.is_lt() {
                    at = index;
                    break;
                }
            }
            all.insert(at, range.clone());
        }
        let mut out: Vec<Range> = Vec::new();
        for range in all {
            let Some(last) = out.last_mut() else {
                out.push(range);
                continue;
            };
            let is_joined = match (&last.high.value, &range.low.value) {
                (Some(end), Some(begin)) => match order(end, begin)? {
                    Ordering::Greater => true,
                    Ordering::Equal => last.high.is_closed || range.low.is_closed,
                    Ordering::Less => false,
                },
                _ => true,
            };
            if !is_joined {
                out.push(range);
            } else if order_high(&range.high, &last.high)?.is_gt() {
                last.high = range.high;
            }
        }
        Some(out)
    }
}

impl Term {
    /// The terms of this AND, without SEARCH.
    pub(super) fn expanded(&self) -> Vec<Expr> {
        match self {
            Term::And(terms) => terms.iter().map(Term::written_out).collect(),
            term => conjuncts(term.written_out()),
        }
    }

    /// The condition without SEARCH.
    fn written_out(&self) -> Expr {
        let both = |function: &str, terms: Vec<Expr>| Expr::call(function, terms, TypeKind::Boolean.nullable());
        match self {
            Term::Plain(expr) => expr.clone(),
            Term::And(terms) => both("AND", terms.iter().map(Term::written_out).collect()),
            Term::Or(terms) => both("OR", terms.iter().map(Term::written_out).collect()),
            Term::Not(term) => both("NOT", vec![term.written_out()]),
            Term::Search(search) => search.written_out(),
        }
    }

    /// The columns that equal a constant where the condition holds.
    pub(super) fn constants(&self) -> Vec<(usize, &Expr)> {
        match self {
            Term::And(terms) => terms.iter().flat_map(Term::constants).collect(),
            Term::Plain(expr) => match comparison(expr) {
                Some((Expr { kind: ExprKind::Column(column), .. }, "=", value)) => vec![(*column, value)],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Its text over the columns of `input`.
    pub(super) fn text(&self, input: &RowType, style: Style) -> String {
        let texts = |terms: &[Term]| -> Vec<String> { terms.iter().map(|term| term.text(input, style)).collect() };
        match self {
            Term::Plain(expr) => describe::unsimplified(expr, input, style),
            Term::And(terms) => describe::call("AND", &texts(terms), style),
            Term::Or(terms) => describe::call("OR", &texts(terms), style),
            Term::Not(term) => describe::call("NOT", &texts(std::slice::from_ref(term)), style),
            Term::Search(search) => {
                format!("SEARCH({}, {})", describe::expression(&search.of, input, style), search.sarg(style))
            }
        }
    }
}

impl Search {
    /// Comparisons that say the same.
    fn written_out(&self) -> Expr {
        let boolean = TypeKind::Boolean.nullable();
        let test =
            |function: &str, value: &Expr| Expr::call(function, vec![self.of.clone(), value.clone()], boolean.clone());
        let together = |function: &str, mut terms: Vec<Expr>| match terms.len() {
            1 => terms.remove(0),
            _ => Expr::call(function, terms, boolean.clone()),
        };
        let ranges = &self.values.ranges;
        let gaps: Option<Vec<&Expr>> =
            ranges.windows(2).map(|pair| pair[0].high.value.as_ref().filter(|_| pair[0].high == pair[1].low)).collect();
        let is_everything_else = ranges.len() > 1
            && ranges.first().is_some_and(|range| range.low == INFINITE)
            && ranges.last().is_some_and(|range| range.high == INFINITE);
        let mut terms: Vec<Expr> = match gaps {
            Some(gaps) if is_everything_else => {
                vec![together("AND", gaps.into_iter().map(|value| test("<>", value)).collect())]
            }
            _ => ranges
                .iter()
                .map(|range| {
                    if let (true, Some(point)) = (range.is_point(), &range.low.value) {
                        return test("=", point);
                    }
                    let low = range.low.value.as_ref().map(|v| test(if range.low.is_closed { ">=" } else { ">" }, v));
                    let high =
                        range.high.value.as_ref().map(|v| test(if range.high.is_closed { "<=" } else { "<" }, v));
                    together("AND", low.into_iter().chain(high).collect())
                })
                .collect(),
        };
        if self.values.null == Some(true) {
            terms.insert(0, Expr::call("IS NULL", vec![self.of.clone()], boolean.clone()));
        }
        together("OR", terms)
    }

    /// `Sarg[1, (5..10]; NULL AS TRUE]:BIGINT`
    fn sarg(&self, style: Style) -> String {
        let ends = |range: &Range| [range.low.value.clone(), range.high.value.clone()];
        let constants: Vec<Expr> = self.values.ranges.iter().flat_map(ends).flatten().collect();
        let ty = common_type(&constants, &self.of.ty, self.values.is_typed);
        let value = |expr: &Expr| constant(expr, ty.as_ref(), style);
        let range = |range: &Range| {
            if let (true, Some(point)) = (range.is_point(), &range.low.value) {
                return value(point);
            }
            let low = match &range.low {
                Bound { value: None, .. } => "(-∞".to_owned(),
                Bound { value: Some(low), is_closed } => {
                    format!("{}{}", if *is_closed { "[" } else { "(" }, value(low))
                }
            };
            let high = match &range.high {
                Bound { value: None, .. } => "+∞)".to_owned(),
                Bound { value: Some(high), is_closed } => {
                    format!("{}{}", value(high), if *is_closed { "]" } else { ")" })
                }
            };
            format!("{low}..{high}")
        };
        let ranges: Vec<String> = self.values.ranges.iter().map(range).collect();
        let null = match self.values.null {
            None => "",
            Some(true) => "; NULL AS TRUE",
            Some(false) => "; NULL AS FALSE",
        };
        let ty = match (&ty, style) {
            (Some(ty), Style::Prefix | Style::SimplifiedTree) => {
                format!(":{}{}", describe::type_text(ty), describe::character_set(ty, style))
            }
            _ => String::new(),
        };
        format!("Sarg[{}{null}]{ty}", ranges.join(", "))
    }
}

/// The type that constants are shown with, where it is not plain from them: as the one that holds all of them.
fn common_type(constants: &[Expr], of: &LogicalType, is_typed: bool) -> Option<LogicalType> {
    if is_typed && matches!(of.kind, TypeKind::BigInt | TypeKind::Varchar { .. }) {
        return Some(of.clone());
    }
    let lengths: Option<Vec<u32>> = constants
        .iter()
        .map(|constant| match &constant.kind {
            ExprKind::Literal(Literal::String(text)) => Some(text.chars().count() as u32),
            _ => None,
        })
        .collect();
    if let Some(lengths) = lengths {
        let longest = *lengths.iter().max()?;
        let kind = match lengths.iter().all(|length| *length == longest) {
            true => TypeKind::Char { length: longest },
            false => TypeKind::Varchar { length: longest },
        };
        return Some(kind.not_null());
    }
    // Digits before and after the point, as the constants are written.
    let digits = |constant: &Expr| match (&constant.kind, &constant.ty.kind) {
        (ExprKind::Literal(Literal::Decimal(value)), TypeKind::Decimal { scale, .. }) => {
            let (mut value, mut scale) = (*value, *scale);
            while scale > 0 && value % 10 == 0 {
                (value, scale) = (value / 10, scale - 1);
            }
            if scale == 0 {
                return Some((10, 0));
            }
            let whole = (value.unsigned_abs() / 10_u128.pow(u32::from(scale))).to_string();
            Some((whole.len() as u8, scale))
        }
        (ExprKind::Literal(Literal::Int(_)), TypeKind::Int | TypeKind::Decimal { .. }) => Some((10, 0)),
        _ => None,
    };
    let digits: Vec<(u8, u8)> = constants.iter().map(digits).collect::<Option<_>>()?;
    let whole = digits.iter().map(|(whole, _)| *whole).max()?;
    let scale = digits.iter().map(|(_, scale)| *scale).max()?;
    (scale > 0).then(|| TypeKind::Decimal { precision: whole + scale, scale }.not_null())
}

/// A constant in a range, with the type where one is shown.
fn constant(expr: &Expr, ty: Option<&LogicalType>, style: Style) -> String {
    match (&expr.kind, ty) {
        (ExprKind::Literal(Literal::String(_)), Some(ty)) => {
            let typed = Expr { kind: expr.kind.clone(), ty: ty.clone() };
            match style {
                Style::Infix => format!("_UTF-16LE{}", describe::unsimplified(&typed, &RowType::default(), style)),
                _ => describe::unsimplified(&typed, &RowType::default(), style),
            }
        }
        (_, Some(ty)) if style != Style::Infix => {
            let plain = describe::unsimplified(expr, &RowType::default(), Style::Infix);
            let long = if ty.kind == TypeKind::BigInt { "L" } else { "" };
            format!("{plain}{long}:{}", describe::type_text(ty))
        }
        _ => describe::unsimplified(expr, &RowType::default(), Style::Infix),
    }
}
