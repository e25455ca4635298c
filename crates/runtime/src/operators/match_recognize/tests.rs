//! Tables of patterns over letters: which matches there are, in which order.

use common::clock::Clock;
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::{AfterMatch, MatchExpression, MatchReference, MatchSpec, PatternVariable, WindowTime};
use dataflow::{Expr, Field, Literal, Operator, RowType, TypeKind};
use expr::EvalContext;
use state::KeyedStateContext;

use super::MatchRecognize;
use crate::operators::testing::{Collected, batch, row_type};

pub(super) fn rows_type() -> RowType {
    row_type(&[("k", TypeKind::STRING), ("v", TypeKind::Int), ("t", TypeKind::timestamp(3))])
}

fn row(variable: Option<usize>, first: bool, offset: u64, column: usize) -> MatchReference {
    MatchReference::Row { variable, first, offset, column }
}

fn compare(function: &str, left: Expr, right: Expr) -> Expr {
    Expr::call(function, vec![left, right], TypeKind::Boolean.nullable())
}

fn int(index: usize) -> Expr {
    Expr::column(index, TypeKind::Int.nullable())
}

/// The row's value is above, or below, a constant.
pub(super) fn against(variable: usize, function: &str, value: i64) -> MatchExpression {
    let constant = Expr::literal(Literal::Int(value), TypeKind::Int.not_null());
    MatchExpression {
        references: vec![row(Some(variable), false, 0, 1)],
        expression: compare(function, int(0), constant),
    }
}

/// The row's value compared with the last one of another variable, or with the one before of its own.
pub(super) fn with_last(variable: usize, function: &str, other: usize) -> MatchExpression {
    let offset = u64::from(variable == other);
    MatchExpression {
        references: vec![row(Some(variable), false, 0, 1), row(Some(other), false, offset, 1)],
        expression: compare(function, int(0), int(1)),
    }
}

pub(super) fn variable(
    name: &str,
    (min, max): (u32, Option<u32>),
    greedy: bool,
    condition: Option<MatchExpression>,
) -> PatternVariable {
    PatternVariable { name: name.to_owned(), min, max, greedy, condition }
}

/// Emits the key, the first and the last value of the match, and the value of the last row of each variable.
pub(super) fn spec(pattern: Vec<PatternVariable>, after: AfterMatch, within_ms: Option<i64>) -> MatchSpec {
    let measure = |reference| MatchExpression { references: vec![reference], expression: int(0) };
    let mut measures = vec![measure(row(None, true, 0, 1)), measure(row(None, false, 0, 1))];
    let mut fields = vec![rows_type().fields[0].clone()];
    fields.extend(["first", "last"].map(|name| Field::new(name, TypeKind::Int.nullable())));
    for (index, variable) in pattern.iter().enumerate() {
        measures.push(measure(row(Some(index), false, 0, 1)));
        fields.push(Field::new(&variable.name, TypeKind::Int.nullable()));
    }
    MatchSpec {
        partition: vec![0],
        time: WindowTime::Rowtime { column: 2 },
        order: Vec::new(),
        pattern,
        after,
        within_ms,
        measures,
        input: rows_type(),
        output: RowType::new(fields),
    }
}

pub(super) fn operator(spec: &MatchSpec, state: KeyedStateContext, restored: &OperatorSubtaskState) -> MatchRecognize {
    MatchRecognize::new(spec, &EvalContext::default(), Default::default(), Clock::System, state, restored).unwrap()
}

/// The matches among these values, one a millisecond.
fn matches(spec: &MatchSpec, values: &[i32]) -> Vec<String> {
    let mut operator = operator(spec, KeyedStateContext::default(), &OperatorSubtaskState::default());
    let line = |(index, value): (usize, &i32)| format!("+I k|{value}|1970-01-01 00:00:00.{:03}", index + 1);
    let lines: Vec<String> = values.iter().enumerate().map(line).collect();
    let mut out = Collected::default();
    operator.process(0, batch(&rows_type(), &lines), &mut out).unwrap();
    operator.on_watermark(100, &mut out).unwrap();
    let mut lines = out.take(&spec.output);
    lines.pop();
    lines
}

const ONE: (u32, Option<u32>) = (1, Some(1));

#[test]
fn rows_follow_one_another() {
    let pattern =
        vec![variable("A", ONE, false, Some(against(0, ">", 5))), variable("B", ONE, false, Some(against(1, "<", 5)))];
    let spec = spec(pattern, AfterMatch::ToNextRow, None);
    assert_eq!(matches(&spec, &[6, 5, 7, 3, 8, 2, 1]), ["+I k|7|3|7|3", "+I k|8|2|8|2"]);
}

#[test]
fn a_condition_looks_at_earlier_rows() {
    let pattern = vec![
        variable("S", ONE, false, None),
        variable("D", (1, None), true, Some(with_last(1, "<", 1))),
        variable("U", ONE, false, Some(with_last(2, ">", 1))),
    ];
    // The first D has none before it, and a comparison with NULL does not hold.
    let pattern_with_first = {
        let mut pattern = pattern.clone();
        pattern[1].condition = Some(with_last(1, "<", 0));
        pattern
    };
    assert!(matches(&spec(pattern, AfterMatch::PastLastRow, None), &[9, 8, 7, 8]).is_empty());
    let found = matches(&spec(pattern_with_first, AfterMatch::PastLastRow, None), &[9, 8, 7, 8, 9]);
    assert_eq!(found, ["+I k|9|9|9|8|9"]);
}

#[test]
fn reluctant_is_short_and_greedy_is_long() {
    let pattern = |greedy| {
        vec![
            variable("A", ONE, false, Some(against(0, "=", 1))),
            variable("B", (1, None), greedy, Some(against(1, ">", 1))),
            variable("C", ONE, false, Some(against(2, ">", 2))),
        ]
    };
    let values = [1, 2, 3, 4, 1];
    assert_eq!(matches(&spec(pattern(false), AfterMatch::PastLastRow, None), &values), ["+I k|1|3|1|2|3"]);
    // A greedy B leaves no row to C that it can take itself.
    assert!(matches(&spec(pattern(true), AfterMatch::PastLastRow, None), &values).is_empty());
}

#[test]
fn a_match_waits_for_an_earlier_one() {
    let pattern = vec![variable("A", (1, Some(3)), false, None), variable("B", ONE, false, Some(against(1, ">", 8)))];
    let values = [1, 2, 9, 9];
    assert_eq!(
        matches(&spec(pattern.clone(), AfterMatch::ToNextRow, None), &values),
        ["+I k|1|9|2|9", "+I k|2|9|2|9", "+I k|9|9|9|9"]
    );
    assert_eq!(matches(&spec(pattern, AfterMatch::PastLastRow, None), &values), ["+I k|1|9|2|9"]);
}

#[test]
fn a_match_is_shorter_than_the_interval() {
    let pattern = vec![
        variable("A", ONE, false, None),
        variable("B", (1, None), false, None),
        variable("C", ONE, false, Some(against(2, "=", 9))),
    ];
    assert_eq!(matches(&spec(pattern.clone(), AfterMatch::PastLastRow, Some(3)), &[1, 2, 3, 9]), ["+I k|2|9|2|3|9"]);
    assert_eq!(matches(&spec(pattern, AfterMatch::PastLastRow, Some(4)), &[1, 2, 3, 9]), ["+I k|1|9|1|3|9"]);
}

#[test]
fn skipping_to_a_variable_without_rows_fails() {
    let pattern = vec![
        variable("A", ONE, false, None),
        variable("B", (0, Some(1)), false, Some(against(1, ">", 8))),
        variable("C", ONE, false, None),
    ];
    let spec = spec(pattern, AfterMatch::ToLast(1), None);
    let mut operator = operator(&spec, KeyedStateContext::default(), &OperatorSubtaskState::default());
    let mut out = Collected::default();
    let lines = ["+I k|1|1970-01-01 00:00:00.001", "+I k|2|1970-01-01 00:00:00.002"];
    operator.process(0, batch(&rows_type(), &lines), &mut out).unwrap();
    let failure = operator.on_watermark(100, &mut out).unwrap_err();
    assert!(failure.to_string().contains("Could not skip to B."), "{failure}");
}
