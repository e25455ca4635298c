//! The operator against answers recorded from Flink 2.3, and against windows kept in a plain map.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::clock::{Clock, ManualClock};
use dataflow::operator_spec::{WindowAggregateSpec, WindowAssigner, WindowProperty, WindowTime};
use dataflow::{AggregateCall, LogicalType, MAX_WATERMARK, Operator, RowType, TypeKind};
use proptest::prelude::*;

use super::{WindowAggregate, Windows};
use crate::operators::testing::{Collected, batch, process, row_type};

const SECOND: i64 = 1_000;
/// 2024-01-01 10:00:00.
const TEN: i64 = 1_704_103_200_000;

fn call(function: &str, args: &[usize], ty: LogicalType) -> AggregateCall {
    AggregateCall { function: function.to_owned(), args: args.to_vec(), distinct: false, filter: None, ty }
}

/// COUNT(*) and SUM of column `value`, per `keys`.
pub(super) fn spec(input: &RowType, assigner: WindowAssigner, keys: &[usize], value: usize) -> WindowAggregateSpec {
    let sum_type = match input.fields[value].ty.kind {
        TypeKind::Decimal { scale, .. } => TypeKind::Decimal { precision: 38, scale },
        ref other => other.clone(),
    };
    let mut output = input.project(keys).fields;
    let aggregates =
        vec![call("COUNT", &[], TypeKind::BigInt.not_null()), call("SUM", &[value], sum_type.clone().nullable())];
    output.extend(
        row_type(&[
            ("c", TypeKind::BigInt),
            ("s", sum_type),
            ("ws", TypeKind::timestamp(3)),
            ("we", TypeKind::timestamp(3)),
        ])
        .fields,
    );
    WindowAggregateSpec {
        time: WindowTime::Rowtime { column: 0 },
        assigner,
        time_zone: "UTC".to_owned(),
        keys: keys.to_vec(),
        aggregates,
        properties: vec![WindowProperty::Start, WindowProperty::End],
        input_retracts: false,
        output: RowType::new(output),
    }
}

fn bids() -> RowType {
    row_type(&[
        ("ts", TypeKind::timestamp(3)),
        ("item", TypeKind::STRING),
        ("price", TypeKind::Decimal { precision: 10, scale: 2 }),
    ])
}

/// Seconds after 10:00:00, item, price.
const BIDS: [(&str, &str, &str); 12] = [
    ("10:00:01.000", "A", "4.00"),
    ("10:00:03.500", "B", "2.00"),
    ("10:00:07.000", "A", "5.50"),
    ("10:00:12.000", "C", "3.00"),
    ("10:00:09.000", "B", "7.25"),
    ("10:00:18.000", "A", "1.00"),
    ("10:00:02.000", "A", "99.00"),
    ("10:00:25.000", "C", "6.00"),
    ("10:00:11.000", "B", "88.00"),
    ("10:00:31.000", "B", "NULL"),
    ("10:00:44.000", "A", "2.50"),
    ("10:01:05.000", "A", "4.75"),
];

/// Runs the bids, each row followed by the watermark 5 s behind it; lines without the day and without watermarks.
fn run_bids(spec: &WindowAggregateSpec) -> (Vec<String>, u64) {
    let late = Arc::new(AtomicU64::new(0));
    let mut operator =
        WindowAggregate::new(spec, &bids(), late.clone(), Clock::System, Default::default(), &Default::default())
            .unwrap();
    let mut out = Collected::default();
    let mut watermark = i64::MIN;
    for (time, item, price) in BIDS {
        operator.process(0, batch(&bids(), &[format!("+I 2024-01-01 {time}|{item}|{price}")]), &mut out).unwrap();
        let clock: Vec<f64> = time.split(':').map(|part| part.parse().unwrap()).collect();
        let millis = TEN + (clock[1] * 60_000.0 + clock[2] * 1_000.0) as i64;
        if millis - 5 * SECOND > watermark {
            watermark = millis - 5 * SECOND;
            operator.on_watermark(watermark, &mut out).unwrap();
        }
    }
    operator.on_watermark(MAX_WATERMARK, &mut out).unwrap();
    let lines = out.take(&spec.output).into_iter().filter(|line| !line.starts_with("watermark"));
    (lines.map(|line| line.replace("2024-01-01 ", "")).collect(), late.load(Ordering::Relaxed))
}

#[test]
fn tumble_as_recorded() {
    let spec = spec(&bids(), WindowAssigner::Tumble { size: 10 * SECOND, offset: 0 }, &[1], 2);
    let (lines, late) = run_bids(&spec);
    assert_eq!(
        lines,
        [
            "+I A|2|9.50|10:00:00.000|10:00:10.000",
            "+I B|2|9.25|10:00:00.000|10:00:10.000",
            "+I C|1|3.00|10:00:10.000|10:00:20.000",
            "+I A|1|1.00|10:00:10.000|10:00:20.000",
            "+I C|1|6.00|10:00:20.000|10:00:30.000",
            "+I B|1|NULL|10:00:30.000|10:00:40.000",
            "+I A|1|2.50|10:00:40.000|10:00:50.000",
            "+I A|1|4.75|10:01:00.000|10:01:10.000",
        ]
    );
    assert_eq!(late, 2);
}

#[test]
fn hop_without_keys_as_recorded() {
    let spec = spec(&bids(), WindowAssigner::Hop { slide: 5 * SECOND, size: 10 * SECOND, offset: 0 }, &[], 2);
    let (lines, late) = run_bids(&spec);
    assert_eq!(
        lines,
        [
            "+I 2|6.00|09:59:55.000|10:00:05.000",
            "+I 4|18.75|10:00:00.000|10:00:10.000",
            "+I 3|15.75|10:00:05.000|10:00:15.000",
            "+I 2|4.00|10:00:10.000|10:00:20.000",
            "+I 1|1.00|10:00:15.000|10:00:25.000",
            "+I 1|6.00|10:00:20.000|10:00:30.000",
            "+I 2|6.00|10:00:25.000|10:00:35.000",
            "+I 1|NULL|10:00:30.000|10:00:40.000",
            "+I 1|2.50|10:00:35.000|10:00:45.000",
            "+I 1|2.50|10:00:40.000|10:00:50.000",
            "+I 1|4.75|10:01:00.000|10:01:10.000",
            "+I 1|4.75|10:01:05.000|10:01:15.000",
        ]
    );
    assert_eq!(late, 2);
}

#[test]
fn cumulate_counts_rows_that_are_late_for_some_windows_only() {
    let spec = spec(&bids(), WindowAssigner::Cumulate { step: 10 * SECOND, size: 30 * SECOND, offset: 0 }, &[], 2);
    let (lines, late) = run_bids(&spec);
    assert_eq!(
        lines,
        [
            "+I 4|18.75|10:00:00.000|10:00:10.000",
            "+I 7|121.75|10:00:00.000|10:00:20.000",
            "+I 9|215.75|10:00:00.000|10:00:30.000",
            "+I 1|NULL|10:00:30.000|10:00:40.000",
            "+I 2|2.50|10:00:30.000|10:00:50.000",
            "+I 2|2.50|10:00:30.000|10:01:00.000",
            "+I 1|4.75|10:01:00.000|10:01:10.000",
            "+I 1|4.75|10:01:00.000|10:01:20.000",
            "+I 1|4.75|10:01:00.000|10:01:30.000",
        ]
    );
    assert_eq!(late, 0);
}

pub(super) fn numbers() -> RowType {
    row_type(&[("ts", TypeKind::timestamp(3)), ("k", TypeKind::BigInt), ("v", TypeKind::BigInt)])
}

#[test]
fn a_null_rowtime_fails_the_job() {
    let spec = spec(&numbers(), WindowAssigner::Tumble { size: SECOND, offset: 0 }, &[1], 2);
    let mut operator =
        WindowAggregate::new(&spec, &numbers(), Arc::default(), Clock::System, Default::default(), &Default::default())
            .unwrap();
    let rows = batch(&numbers(), &["+I 2024-01-01 10:00:01.000|1|1", "+I NULL|1|1"]);
    let failure = process(&mut operator, 0, rows, &spec.output).unwrap_err();
    assert_eq!(failure.message, "RowTime field should not be null, please convert it to a non-null long value.");
}

#[test]
fn sessions_as_recorded() {
    let per_item = spec(&bids(), WindowAssigner::Session { gap: 10 * SECOND }, &[1], 2);
    let (lines, late) = run_bids(&per_item);
    assert_eq!(
        lines,
        [
            "+I A|3|108.50|10:00:01.000|10:00:17.000",
            "+I B|2|9.25|10:00:03.500|10:00:19.000",
            "+I B|1|88.00|10:00:11.000|10:00:21.000",
            "+I C|1|3.00|10:00:12.000|10:00:22.000",
            "+I A|1|1.00|10:00:18.000|10:00:28.000",
            "+I C|1|6.00|10:00:25.000|10:00:35.000",
            "+I B|1|NULL|10:00:31.000|10:00:41.000",
            "+I A|1|2.50|10:00:44.000|10:00:54.000",
            "+I A|1|4.75|10:01:05.000|10:01:15.000",
        ]
    );
    assert_eq!(late, 0);
    let of_all = spec(&bids(), WindowAssigner::Session { gap: 8 * SECOND }, &[], 2);
    let (lines, late) = run_bids(&of_all);
    assert_eq!(
        lines,
        [
            "+I 10|215.75|10:00:01.000|10:00:39.000",
            "+I 1|2.50|10:00:44.000|10:00:52.000",
            "+I 1|4.75|10:01:05.000|10:01:13.000",
        ]
    );
    assert_eq!(late, 0);
}

#[test]
fn days_are_those_of_the_zone() {
    let input = row_type(&[("ts", TypeKind::timestamp_ltz(3)), ("v", TypeKind::BigInt)]);
    let mut spec = spec(&input, WindowAssigner::Tumble { size: 86_400 * SECOND, offset: 0 }, &[], 1);
    spec.time_zone = "Asia/Shanghai".to_owned();
    spec.properties.push(WindowProperty::Rowtime);
    spec.output.fields.push(row_type(&[("wt", TypeKind::timestamp_ltz(3))]).fields[0].clone());
    let mut operator =
        WindowAggregate::new(&spec, &input, Arc::default(), Clock::System, Default::default(), &Default::default())
            .unwrap();
    let mut out = Collected::default();
    // Midnight in Shanghai is 16:00 UTC.
    let rows = ["+I 2024-01-01 15:59:59.999|1", "+I 2024-01-01 16:00:00.000|2"];
    operator.process(0, batch(&input, &rows), &mut out).unwrap();
    let midnight = TEN + 6 * 3_600 * SECOND;
    operator.on_watermark(midnight - 2, &mut out).unwrap();
    operator.on_watermark(midnight - 1, &mut out).unwrap();
    assert_eq!(
        out.take(&spec.output),
        [
            format!("watermark {}", midnight - 2),
            "+I 1|1|2024-01-01 00:00:00.000|2024-01-02 00:00:00.000|2024-01-01 15:59:59.999".to_owned(),
            format!("watermark {}", midnight - 1),
        ]
    );
}

#[test]
fn processing_time_windows_go_by_the_clock() {
    let mut spec = spec(&numbers(), WindowAssigner::Hop { slide: SECOND, size: 2 * SECOND, offset: 0 }, &[1], 2);
    spec.time = WindowTime::Proctime;
    let clock = ManualClock::at_millis(TEN + 300);
    let mut operator =
        WindowAggregate::new(&spec, &numbers(), Arc::default(), clock.clock(), Default::default(), &Default::default())
            .unwrap();
    let mut out = Collected::default();
    assert_eq!(operator.next_timer(), None);
    operator.process(0, batch(&numbers(), &["+I NULL|7|1", "+I NULL|7|2"]), &mut out).unwrap();
    operator.on_watermark(MAX_WATERMARK, &mut out).unwrap();
    assert_eq!(out.take(&spec.output), [format!("watermark {MAX_WATERMARK}")]);
    assert_eq!(operator.next_timer(), Some(TEN + SECOND));
    clock.advance(Duration::from_millis(700));
    operator.on_timer(TEN + SECOND, &mut out).unwrap();
    let fired = |start: &str, end: &str, sums: &str| format!("+I 7|{sums}|2024-01-01 {start}.000|2024-01-01 {end}.000");
    assert_eq!(out.take(&spec.output), [fired("09:59:59", "10:00:01", "2|3")]);
    operator.process(0, batch(&numbers(), &["+I NULL|7|5"]), &mut out).unwrap();
    assert_eq!(operator.next_timer(), Some(TEN + 2 * SECOND));
    operator.on_timer(TEN + 3 * SECOND, &mut out).unwrap();
    assert_eq!(out.take(&spec.output), [fired("10:00:00", "10:00:02", "3|8"), fired("10:00:01", "10:00:03", "1|5")]);
    assert_eq!(operator.next_timer(), None);
}

/// A row of the property test: ms since the epoch, key, value, and whether a row like it is taken back later.
pub(super) type Row = (i64, i64, i64, bool);

pub(super) fn line(kind: &str, (time, key, value, _): Row) -> String {
    let (seconds, millis) = (time / 1_000, time % 1_000);
    let [hour, minute, second] = [seconds / 3_600, seconds / 60 % 60, seconds % 60];
    format!("{kind} 1970-01-01 {hour:02}:{minute:02}:{second:02}.{millis:03}|{key}|{value}")
}

/// Windows of a plain map: end -> key -> (rows, sum).
#[derive(Default)]
struct Model(BTreeMap<i64, BTreeMap<i64, (i64, i64)>>);

impl Model {
    fn add(&mut self, assigner: WindowAssigner, row: Row, sign: i64, watermark: i64) {
        for (_, end) in windows(assigner, row.0).into_iter().filter(|(_, end)| end - 1 > watermark) {
            let cell = self.0.entry(end).or_default().entry(row.1).or_default();
            *cell = (cell.0 + sign, cell.1 + sign * row.2);
        }
    }

    fn fire(&mut self, watermark: i64) -> Vec<(i64, i64, i64, i64)> {
        let open = self.0.split_off(&(watermark.saturating_add(2)));
        let fired = std::mem::replace(&mut self.0, open);
        let rows = fired.into_iter().flat_map(|(end, keys)| keys.into_iter().map(move |(k, (c, s))| (end, k, c, s)));
        rows.filter(|(_, _, count, _)| *count != 0).collect()
    }
}

fn windows(assigner: WindowAssigner, time: i64) -> Vec<(i64, i64)> {
    let starts = |size: i64, step: i64, offset: i64| {
        (time - size - step..=time).filter(move |start| (start - offset).rem_euclid(step) == 0)
    };
    match assigner {
        WindowAssigner::Tumble { size, offset } => {
            starts(size, size, offset).map(|s| (s, s + size)).filter(|w| w.0 <= time && time < w.1).collect()
        }
        WindowAssigner::Hop { slide, size, offset } => {
            starts(size, slide, offset).map(|s| (s, s + size)).filter(|w| w.0 <= time && time < w.1).collect()
        }
        WindowAssigner::Cumulate { step, size, offset } => starts(size, size, offset)
            .flat_map(|s| (1..=size / step).map(move |n| (s, s + n * step)))
            .filter(|w| w.0 <= time && time < w.1)
            .collect(),
        WindowAssigner::Session { .. } => unreachable!(),
    }
}

pub(super) fn assigners() -> impl Strategy<Value = WindowAssigner> {
    prop_oneof![
        (1i64..50, -20i64..20).prop_map(|(size, offset)| WindowAssigner::Tumble { size, offset }),
        (1i64..20, 1i64..40, -20i64..20).prop_map(|(slide, size, offset)| WindowAssigner::Hop { slide, size, offset }),
        (1i64..12, 1i64..5, -20i64..20).prop_map(|(step, n, offset)| WindowAssigner::Cumulate {
            step,
            size: step * n,
            offset
        }),
    ]
}

proptest! {
    #[test]
    fn windows_are_those_of_a_plain_map(
        assigner in assigners(),
        retracts in any::<bool>(),
        batches in prop::collection::vec(
            (prop::collection::vec((0i64..200, 0i64..4, -9i64..9, any::<bool>()), 0..10), 0i64..60), 1..12),
    ) {
        let mut spec = spec(&numbers(), assigner, &[1], 2);
        spec.input_retracts = retracts;
        let late = Arc::new(AtomicU64::new(0));
        let mut operator = WindowAggregate::new(&spec, &numbers(), late.clone(), Clock::System, Default::default(), &Default::default()).unwrap();
        let (mut model, mut out, mut watermark, mut dropped) = (Model::default(), Collected::default(), -20, 0);
        let mut pending: Vec<Row> = Vec::new();
        for (rows, step) in batches.into_iter().chain([(Vec::new(), MAX_WATERMARK / 2)]) {
            let mut changes: Vec<(&str, i64, Row)> = pending.drain(..).map(|row| ("-D", -1, row)).collect();
            changes.extend(rows.iter().map(|&row| ("+I", 1, row)));
            if retracts {
                pending.extend(rows.iter().filter(|row| row.3));
            }
            for &(_, sign, row) in &changes {
                let all = windows(assigner, row.0);
                dropped += u64::from(!all.is_empty() && all.iter().all(|(_, end)| end - 1 <= watermark));
                model.add(assigner, row, sign, watermark);
            }
            let lines: Vec<String> = changes.iter().map(|(kind, _, row)| line(kind, *row)).collect();
            operator.process(0, batch(&numbers(), &lines), &mut out).unwrap();
            watermark = watermark.saturating_add(step);
            operator.on_watermark(watermark, &mut out).unwrap();
            let mut fired = out.take(&spec.output);
            prop_assert_eq!(fired.pop(), Some(format!("watermark {watermark}")));
            let ends: Vec<String> = fired.iter().map(|line| line[line.len() - 23..].to_owned()).collect();
            prop_assert!(ends.is_sorted(), "{:?}", fired);
            let found: BTreeMap<String, usize> = counted(fired.into_iter().map(|line| without_start(&line)));
            let expected = model.fire(watermark).into_iter().map(|(end, key, count, sum)| {
                let end = end.rem_euclid(60_000);
                format!("+I {key}|{count}|{sum}|{:02}.{:03}", end / 1_000, end % 1_000)
            });
            prop_assert_eq!(found, counted(expected));
        }
        prop_assert_eq!(late.load(Ordering::Relaxed), dropped);
        prop_assert!(is_clean(&operator));
    }
}

/// Whether all state has been given back.
fn is_clean(operator: &WindowAggregate) -> bool {
    let empty = match &operator.windows {
        Windows::Sliced(windows) => windows.is_empty(),
        Windows::Sessions(windows) => windows.is_empty(),
    };
    empty && operator.context.groups.slots.in_use() == 0
}

proptest! {
    #[test]
    fn sessions_are_those_of_a_plain_list(
        gap in 1i64..30,
        batches in prop::collection::vec(
            (prop::collection::vec((0i64..200, 0i64..3, -9i64..9), 0..12), 0i64..60), 1..12),
    ) {
        let spec = spec(&numbers(), WindowAssigner::Session { gap }, &[1], 2);
        let late = Arc::new(AtomicU64::new(0));
        let mut operator = WindowAggregate::new(&spec, &numbers(), late.clone(), Clock::System, Default::default(), &Default::default()).unwrap();
        let (mut out, mut watermark, mut dropped) = (Collected::default(), -20, 0);
        // Key, start, end, count, sum.
        let mut open: Vec<(i64, i64, i64, i64, i64)> = Vec::new();
        for (rows, step) in batches.into_iter().chain([(Vec::new(), MAX_WATERMARK / 2)]) {
            for &(time, key, value) in &rows {
                let touches = |s: &(i64, i64, i64, i64, i64)| s.0 == key && s.1 <= time + gap && time <= s.2;
                let (near, far): (Vec<_>, Vec<_>) = open.drain(..).partition(touches);
                open = far;
                if near.is_empty() && time + gap - 1 <= watermark {
                    dropped += 1;
                    continue;
                }
                let one = (key, time, time + gap, 1, value);
                open.push(near.into_iter().fold(one, |a, b| (key, a.1.min(b.1), a.2.max(b.2), a.3 + b.3, a.4 + b.4)));
            }
            let lines: Vec<String> = rows.iter().map(|&(t, k, v)| line("+I", (t, k, v, false))).collect();
            operator.process(0, batch(&numbers(), &lines), &mut out).unwrap();
            watermark = watermark.saturating_add(step);
            operator.on_watermark(watermark, &mut out).unwrap();
            let mut fired = out.take(&spec.output);
            prop_assert_eq!(fired.pop(), Some(format!("watermark {watermark}")));
            let (complete, rest): (Vec<_>, Vec<_>) = open.drain(..).partition(|session| session.2 - 1 <= watermark);
            open = rest;
            let clock = |ms: i64| format!("1970-01-01 00:00:{:02}.{:03}", ms / 1_000, ms % 1_000);
            let expected = complete.iter().map(|s| format!("+I {}|{}|{}|{}|{}", s.0, s.3, s.4, clock(s.1), clock(s.2)));
            prop_assert_eq!(counted(fired.into_iter()), counted(expected));
        }
        prop_assert_eq!(late.load(Ordering::Relaxed), dropped);
        prop_assert!(is_clean(&operator));
    }
}

/// `+I key|count|sum|start|end` with the seconds of the end only.
fn without_start(line: &str) -> String {
    let cells: Vec<&str> = line.split('|').collect();
    format!("{}|{}|{}|{}", cells[0], cells[1], cells[2], &cells[4][17..])
}

fn counted(lines: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    lines.fold(BTreeMap::new(), |mut counts, line| {
        *counts.entry(line).or_default() += 1;
        counts
    })
}
