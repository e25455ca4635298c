//! Functions over ARRAY. Elements are equal by value, and NULL equals NULL. What comes out is a choice of elements, moved all at once.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::UInt32Builder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int32Type};
use arrow_array::{Array, ArrayRef, ListArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_ord::ord::{DynComparator, make_comparator};
use arrow_schema::{DataType, SortOptions};
use arrow_select::interleave::interleave;
use arrow_select::take::take;
use dataflow::{Failure, LogicalType, TypeKind};

use super::call::{Argument, BoundCall, Signature, any_nullable};
use super::collections::{columns, element_field};
use super::{FunctionDef, Kernel, loops};
use crate::operand::Operand;
use crate::types::{argument_type, can_cast_implicitly, is_character, is_constructed, is_integer};

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = FunctionDef::new;
    vec![
        new("ARRAY_APPEND", &["ARRAY_APPEND(<ARRAY>, <ELEMENT>)"], "With an element at its end.", extended, extend),
        new("ARRAY_PREPEND", &["ARRAY_PREPEND(<ARRAY>, <ELEMENT>)"], "With an element at its start.", extended, extend),
        new(
            "ARRAY_CONCAT",
            &["ARRAY_CONCAT(<ARRAY>...)"],
            "All elements, one array after the other.",
            united,
            concatenate,
        ),
        new(
            "ARRAY_CONTAINS",
            &["ARRAY_CONTAINS(<ARRAY>, <ELEMENT>)"],
            "Whether an element is there.",
            contains_type,
            contains,
        ),
        new(
            "ARRAY_POSITION",
            &["ARRAY_POSITION(<ARRAY>, <ELEMENT>)"],
            "Where an element is, from one; 0: nowhere.",
            position_type,
            position,
        ),
        new("ARRAY_REMOVE", &["ARRAY_REMOVE(<ARRAY>, <ELEMENT>)"], "Without an element.", removed, remove),
        new("ARRAY_DISTINCT", &["ARRAY_DISTINCT(<ARRAY>)"], "Each element once.", same_array, distinct),
        new("ARRAY_UNION", &["ARRAY_UNION(<ARRAY>, <ARRAY>)"], "Each element of either once.", two_united, combine),
        new(
            "ARRAY_INTERSECT",
            &["ARRAY_INTERSECT(<ARRAY>, <ARRAY>)"],
            "Each element of both once.",
            two_united,
            combine,
        ),
        new(
            "ARRAY_EXCEPT",
            &["ARRAY_EXCEPT(<ARRAY>, <ARRAY>)"],
            "Each element of the first that is not in the second.",
            two_united,
            combine,
        ),
        new("ARRAY_REVERSE", &["ARRAY_REVERSE(<ARRAY>)"], "In reverse order.", same_array, reverse),
        new(
            "ARRAY_SLICE",
            &["ARRAY_SLICE(<ARRAY>, <INTEGER>)", "ARRAY_SLICE(<ARRAY>, <INTEGER>, <INTEGER>)"],
            "From a position to another; negative ones count from the end.",
            sliced,
            slice,
        ),
        new("ARRAY_SORT", SORT, "In order; NULL first, or last when descending.", sorted, sort),
        new("ARRAY_MAX", &["ARRAY_MAX(<ARRAY>)"], "The greatest element.", extreme, extremum),
        new("ARRAY_MIN", &["ARRAY_MIN(<ARRAY>)"], "The least element.", extreme, extremum),
        new("ARRAY_JOIN", JOIN, "The elements as one text, separated.", joined, join),
    ]
}

const SORT: &[&str] =
    &["ARRAY_SORT(<ARRAY>)", "ARRAY_SORT(<ARRAY>, <BOOLEAN>)", "ARRAY_SORT(<ARRAY>, <BOOLEAN>, <BOOLEAN>)"];
const JOIN: &[&str] = &["ARRAY_JOIN(<ARRAY>, <CHARACTER>)", "ARRAY_JOIN(<ARRAY>, <CHARACTER>, <CHARACTER>)"];

fn element(arg: &Argument) -> Option<&LogicalType> {
    match arg.kind() {
        TypeKind::Array(element) => Some(element),
        _ => None,
    }
}

fn same_array(args: &[Argument]) -> Option<Signature> {
    let [array] = args else { return None };
    element(array)?;
    Signature::unchanged(args, array.kind().clone())
}

/// The element is cast to those of the array, which may be NULL when it may be.
fn extended(args: &[Argument]) -> Option<Signature> {
    let [array, value] = args else { return None };
    let element = element(array)?;
    joins(value, element)?;
    let joined = element.with_nullable(element.nullable || value.ty.nullable);
    let kind = TypeKind::Array(Box::new(joined));
    let casts =
        vec![kind.clone().not_null().with_nullable(array.ty.nullable), element.with_nullable(value.ty.nullable)];
    Some(Signature { args: casts, result: kind.not_null().with_nullable(any_nullable(args)) })
}

/// Whether Flink casts the value to the type of the elements by itself.
fn joins(value: &Argument, element: &LogicalType) -> Option<()> {
    let texts = is_character(value.kind()) && is_character(&element.kind);
    (texts || can_cast_implicitly(&value.ty.with_nullable(false), element)).then_some(())
}

fn united(args: &[Argument]) -> Option<Signature> {
    let types: Vec<_> = args.iter().map(|arg| arg.ty.clone()).collect();
    let common = argument_type(&types).filter(|common| matches!(common.kind, TypeKind::Array(_)))?;
    let casts = args.iter().map(|arg| common.with_nullable(arg.ty.nullable)).collect();
    Some(Signature { args: casts, result: common.with_nullable(any_nullable(args)) })
}

fn two_united(args: &[Argument]) -> Option<Signature> {
    if args.len() == 2 { united(args) } else { None }
}

/// The needle is cast to the type of the elements.
fn needle(args: &[Argument], result: LogicalType) -> Option<Signature> {
    let [array, value] = args else { return None };
    let element = element(array)?;
    joins(value, element)?;
    Some(Signature { args: vec![array.ty.clone(), element.with_nullable(value.ty.nullable)], result })
}

fn contains_type(args: &[Argument]) -> Option<Signature> {
    needle(args, TypeKind::Boolean.not_null().with_nullable(args.first()?.ty.nullable))
}

fn position_type(args: &[Argument]) -> Option<Signature> {
    needle(args, TypeKind::Int.not_null().with_nullable(any_nullable(args)))
}

fn removed(args: &[Argument]) -> Option<Signature> {
    needle(args, args.first()?.ty.clone())
}

fn sliced(args: &[Argument]) -> Option<Signature> {
    let [array, bounds @ ..] = args else { return None };
    element(array)?;
    if !(1..=2).contains(&bounds.len()) || !bounds.iter().all(|bound| is_integer(bound.kind())) {
        return None;
    }
    let mut kinds = vec![array.kind().clone()];
    kinds.extend(bounds.iter().map(|_| TypeKind::Int));
    Signature::cast_to(args, &kinds, array.kind().clone())
}

fn sorted(args: &[Argument]) -> Option<Signature> {
    let [array, flags @ ..] = args else { return None };
    let comparable = !is_constructed(&element(array)?.kind);
    if !comparable || flags.len() > 2 || !flags.iter().all(|flag| *flag.kind() == TypeKind::Boolean) {
        return None;
    }
    Signature::unchanged(args, array.kind().clone())
}

fn extreme(args: &[Argument]) -> Option<Signature> {
    let [array] = args else { return None };
    let element = element(array).filter(|element| !is_constructed(&element.kind))?;
    Signature::with_result(args, element.with_nullable(true))
}

fn joined(args: &[Argument]) -> Option<Signature> {
    let [array, texts @ ..] = args else { return None };
    let valid = is_character(&element(array)?.kind) && (1..=2).contains(&texts.len());
    (valid && texts.iter().all(|text| is_character(text.kind()))).then_some(())?;
    Signature::unchanged(args, TypeKind::STRING)
}

/// The elements of a row.
fn range(list: &ListArray, row: usize) -> Range<usize> {
    list.value_offsets()[row] as usize..list.value_offsets()[row + 1] as usize
}

fn comparator(left: &dyn Array, right: &dyn Array) -> Result<DynComparator, Failure> {
    Ok(make_comparator(left, right, SortOptions::default())?)
}

/// Arrays made of elements of `sources`: `choose` lists, for a row that is not NULL, which (source, index) it takes.
fn assemble(
    field: &Arc<arrow_schema::Field>,
    sources: &[&dyn Array],
    nulls: Option<NullBuffer>,
    rows: usize,
    mut choose: impl FnMut(usize, &mut Vec<(usize, usize)>) -> Option<()>,
) -> Result<ArrayRef, Failure> {
    let mut chosen = Vec::new();
    let mut lengths = Vec::with_capacity(rows);
    let mut valid = Vec::with_capacity(rows);
    for row in 0..rows {
        let start = chosen.len();
        let present = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        let present = present && choose(row, &mut chosen).is_some();
        if !present {
            chosen.truncate(start);
        }
        valid.push(present);
        lengths.push(chosen.len() - start);
    }
    let values = interleave(sources, &chosen)?;
    let nulls = NullBuffer::from(valid);
    let nulls = (nulls.null_count() > 0).then_some(nulls);
    Ok(Arc::new(ListArray::try_new(field.clone(), OffsetBuffer::from_lengths(lengths), values, nulls)?))
}

fn extend(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let field = element_field(call.result)?;
    let at_end = call.name == "ARRAY_APPEND";
    Ok(Kernel::new(move |args, rows| {
        let columns = columns(args, rows)?;
        let list = columns[0].as_list::<i32>();
        let sources: [&dyn Array; 2] = [list.values(), &columns[1]];
        assemble(&field, &sources, list.nulls().cloned(), rows, |row, chosen| {
            if !at_end {
                chosen.push((1, row));
            }
            chosen.extend(range(list, row).map(|at| (0, at)));
            if at_end {
                chosen.push((1, row));
            }
            Some(())
        })
    }))
}

fn concatenate(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let field = element_field(call.result)?;
    Ok(Kernel::new(move |args, rows| {
        let columns = columns(args, rows)?;
        let lists: Vec<&ListArray> = columns.iter().map(|column| column.as_list::<i32>()).collect();
        let nulls = lists.iter().fold(None, |nulls, list| NullBuffer::union(nulls.as_ref(), list.nulls()));
        let sources: Vec<&dyn Array> = lists.iter().map(|list| list.values().as_ref()).collect();
        assemble(&field, &sources, nulls, rows, |row, chosen| {
            for (source, list) in lists.iter().enumerate() {
                chosen.extend(range(list, row).map(|at| (source, at)));
            }
            Some(())
        })
    }))
}

/// Calls `run` with the array, and a test of whether an element is the row's needle.
fn with_needle<T>(
    args: &[Operand],
    rows: usize,
    run: impl FnOnce(&ListArray, &dyn Fn(usize, usize) -> bool) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let columns = columns(args, rows)?;
    let list = columns[0].as_list::<i32>();
    let compare = comparator(list.values(), &columns[1])?;
    run(list, &|at, row| compare(at, row).is_eq())
}

fn contains(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        with_needle(args, rows, |list, is_needle| {
            Ok(loops::booleans(rows, |row| list.is_valid(row).then(|| range(list, row).any(|at| is_needle(at, row)))))
        })
    }))
}

fn position(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        with_needle(args, rows, |list, is_needle| {
            Ok(loops::primitives::<Int32Type>(rows, |row| {
                let valid = list.is_valid(row) && args[1].array().is_valid(args[1].position(row));
                valid.then(|| range(list, row).position(|at| is_needle(at, row)).map_or(0, |at| at as i32 + 1))
            }))
        })
    }))
}

fn remove(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let field = element_field(call.result)?;
    Ok(Kernel::new(move |args, rows| {
        with_needle(args, rows, |list, is_needle| {
            assemble(&field, &[list.values()], list.nulls().cloned(), rows, |row, chosen| {
                chosen.extend(range(list, row).filter(|&at| !is_needle(at, row)).map(|at| (0, at)));
                Some(())
            })
        })
    }))
}

/// Kernels that choose among the elements of one array.
fn choosing(
    call: &BoundCall<'_>,
    choose: impl Fn(&DynComparator, Range<usize>, &mut Vec<usize>) + Send + Sync + 'static,
) -> Result<Kernel, Failure> {
    let field = element_field(call.result)?;
    Ok(Kernel::new(move |args, rows| {
        let list = args[0].expand(rows)?;
        let list = list.as_list::<i32>();
        let compare = comparator(list.values(), list.values())?;
        let mut indices = Vec::new();
        assemble(&field, &[list.values()], list.nulls().cloned(), rows, |row, chosen| {
            indices.clear();
            choose(&compare, range(list, row), &mut indices);
            chosen.extend(indices.iter().map(|&at| (0, at)));
            Some(())
        })
    }))
}

fn distinct(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    choosing(call, |compare, elements, chosen| {
        for at in elements {
            if !chosen.iter().any(|&known| compare(known, at).is_eq()) {
                chosen.push(at);
            }
        }
    })
}

fn reverse(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    choosing(call, |_, elements, chosen| chosen.extend(elements.rev()))
}

/// UNION, INTERSECT and EXCEPT.
fn combine(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let field = element_field(call.result)?;
    let name = call.name;
    Ok(Kernel::new(move |args, rows| {
        let columns = columns(args, rows)?;
        let (left, right) = (columns[0].as_list::<i32>(), columns[1].as_list::<i32>());
        let nulls = NullBuffer::union(left.nulls(), right.nulls());
        let values: [&dyn Array; 2] = [left.values(), right.values()];
        let among_left = comparator(values[0], values[0])?;
        let across = comparator(values[0], values[1])?;
        let among_right = comparator(values[1], values[1])?;
        assemble(&field, &values, nulls, rows, |row, chosen| {
            let start = chosen.len();
            for at in range(left, row) {
                let known = chosen[start..].iter().any(|&(_, other)| among_left(other, at).is_eq());
                let in_right = || range(right, row).any(|other| across(at, other).is_eq());
                let wanted = match name {
                    "ARRAY_UNION" => true,
                    "ARRAY_INTERSECT" => in_right(),
                    _ => !in_right(),
                };
                if !known && wanted {
                    chosen.push((0, at));
                }
            }
            if name == "ARRAY_UNION" {
                for at in range(right, row) {
                    let known = chosen[start..].iter().any(|&(source, other)| match source {
                        0 => across(other, at).is_eq(),
                        _ => among_right(other, at).is_eq(),
                    });
                    if !known {
                        chosen.push((1, at));
                    }
                }
            }
            Some(())
        })
    }))
}

/// A bound from one, or from the end when negative, as a position from one that may lie outside.
fn bound(value: i32, length: usize) -> i64 {
    let value = i64::from(value);
    if value < 0 { value + length as i64 + 1 } else { value }
}

fn slice(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let field = element_field(call.result)?;
    Ok(Kernel::new(move |args, rows| {
        let list = args[0].expand(rows)?;
        let list = list.as_list::<i32>();
        assemble(&field, &[list.values()], list.nulls().cloned(), rows, |row, chosen| {
            let elements = range(list, row);
            let length = elements.len();
            let first = bound(args[1].value::<Int32Type>(row)?, length).max(1);
            let last = match args.get(2) {
                // Position zero is the first, here too.
                Some(last) => match last.value::<Int32Type>(row)? {
                    0 => 1.min(length as i64),
                    last => bound(last, length).min(length as i64),
                },
                None => length as i64,
            };
            chosen.extend((first..=last).map(|position| (0, elements.start + position as usize - 1)));
            Some(())
        })
    }))
}

fn sort(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let field = element_field(call.result)?;
    Ok(Kernel::new(move |args, rows| {
        let list = args[0].expand(rows)?;
        let list = list.as_list::<i32>();
        let values = list.values();
        let compare = comparator(values, values)?;
        let flag = |index: usize, row: usize, default: bool| match args.get(index) {
            Some(arg) => {
                arg.array().is_valid(arg.position(row)).then(|| arg.array().as_boolean().value(arg.position(row)))
            }
            None => Some(default),
        };
        assemble(&field, &[values], list.nulls().cloned(), rows, |row, chosen| {
            let ascending = flag(1, row, true)?;
            let nulls_first = flag(2, row, ascending)?;
            let mut elements: Vec<usize> = range(list, row).collect();
            elements.sort_by(|&a, &b| match (values.is_null(a), values.is_null(b)) {
                (true, true) => Ordering::Equal,
                (true, false) => {
                    if nulls_first {
                        Ordering::Less
                    } else {
                        Ordering::Greater
                    }
                }
                (false, true) => {
                    if nulls_first {
                        Ordering::Greater
                    } else {
                        Ordering::Less
                    }
                }
                (false, false) if ascending => compare(a, b),
                (false, false) => compare(b, a),
            });
            chosen.extend(elements.into_iter().map(|at| (0, at)));
            Some(())
        })
    }))
}

/// Which elements are NaN: nothing is less or greater, so that the first prevails.
fn nan(values: &ArrayRef) -> Box<dyn Fn(usize) -> bool> {
    match values.data_type() {
        DataType::Float64 => {
            let values = values.as_primitive::<Float64Type>().clone();
            Box::new(move |at| values.value(at).is_nan())
        }
        DataType::Float32 => {
            let values = values.as_primitive::<Float32Type>().clone();
            Box::new(move |at| values.value(at).is_nan())
        }
        _ => Box::new(|_| false),
    }
}

fn extremum(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let wanted = if call.name == "ARRAY_MAX" { Ordering::Greater } else { Ordering::Less };
    Ok(Kernel::new(move |args, rows| {
        let list = args[0].expand(rows)?;
        let list = list.as_list::<i32>();
        let compare = comparator(list.values(), list.values())?;
        let unordered = nan(list.values());
        let mut indices = UInt32Builder::with_capacity(rows);
        for row in 0..rows {
            let elements = if list.is_valid(row) { range(list, row) } else { 0..0 };
            let present = elements.filter(|&at| list.values().is_valid(at));
            let best = present.reduce(|best, at| {
                let better = !unordered(at) && !unordered(best) && compare(at, best) == wanted;
                if better { at } else { best }
            });
            indices.append_option(best.map(|at| at as u32));
        }
        Ok(take(list.values(), &indices.finish(), None)?)
    }))
}

/// NULL elements are passed over unless there is a text for them.
fn join(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let list = args[0].expand(rows)?;
        let list = list.as_list::<i32>();
        let elements = list.values().as_string::<i32>();
        let separator = args[1].text();
        let for_null = args.get(2).map(Operand::text);
        Ok(loops::texts(rows, |row, out| {
            let separator = separator.get(row)?;
            let for_null = match &for_null {
                Some(text) => Some(text.get(row)?),
                None => None,
            };
            if list.is_null(row) {
                return None;
            }
            let texts = range(list, row)
                .filter_map(|at| if elements.is_valid(at) { Some(elements.value(at)) } else { for_null });
            for (index, text) in texts.enumerate() {
                if index > 0 {
                    out.push_str(separator);
                }
                out.push_str(text);
            }
            Some(())
        }))
    }))
}
