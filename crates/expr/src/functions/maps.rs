//! Functions over MAP: its keys, values and entries, and maps made of other values.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, UInt32Array};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_ord::ord::make_comparator;
use arrow_schema::SortOptions;
use arrow_select::concat::concat;
use arrow_select::take::take;
use dataflow::{Failure, Field, RowType, TypeKind};

use super::call::{Argument, BoundCall, Signature, any_nullable};
use super::collections::{element_field, entries_field, map_of};
use super::{FunctionDef, Kernel};
use crate::types::argument_type;

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = FunctionDef::new;
    vec![
        new("MAP_KEYS", &["MAP_KEYS(<MAP>)"], "The keys of a map.", keys_type, part),
        new("MAP_VALUES", &["MAP_VALUES(<MAP>)"], "The values of a map.", values_type, part),
        new("MAP_ENTRIES", &["MAP_ENTRIES(<MAP>)"], "The entries of a map as rows.", entries_type, part),
        new(
            "MAP_FROM_ARRAYS",
            &["MAP_FROM_ARRAYS(<ARRAY>, <ARRAY>)"],
            "A map of these keys and values.",
            from_arrays_type,
            from_arrays,
        ),
        new(
            "MAP_UNION",
            &["MAP_UNION(<MAP>...)"],
            "All entries; of equal keys the last one's value.",
            union_type,
            union,
        ),
    ]
}

fn sole_map(args: &[Argument]) -> Option<(&dataflow::LogicalType, &dataflow::LogicalType)> {
    match args {
        [arg] => match arg.kind() {
            TypeKind::Map(key, value) => Some((key, value)),
            _ => None,
        },
        _ => None,
    }
}

fn keys_type(args: &[Argument]) -> Option<Signature> {
    let (key, _) = sole_map(args)?;
    Signature::unchanged(args, TypeKind::Array(Box::new(key.clone())))
}

fn values_type(args: &[Argument]) -> Option<Signature> {
    let (_, value) = sole_map(args)?;
    Signature::unchanged(args, TypeKind::Array(Box::new(value.clone())))
}

fn entries_type(args: &[Argument]) -> Option<Signature> {
    let (key, value) = sole_map(args)?;
    let row = RowType::new(vec![Field::new("key", key.clone()), Field::new("value", value.clone())]);
    Signature::unchanged(args, TypeKind::Array(Box::new(TypeKind::Row(row).nullable())))
}

fn from_arrays_type(args: &[Argument]) -> Option<Signature> {
    match args {
        [keys, values] => match (keys.kind(), values.kind()) {
            (TypeKind::Array(key), TypeKind::Array(value)) => {
                Signature::unchanged(args, TypeKind::Map(key.clone(), value.clone()))
            }
            _ => None,
        },
        _ => None,
    }
}

fn union_type(args: &[Argument]) -> Option<Signature> {
    let types: Vec<_> = args.iter().map(|arg| arg.ty.clone()).collect();
    let common = argument_type(&types).filter(|common| matches!(common.kind, TypeKind::Map(..)))?;
    let casts = args.iter().map(|arg| common.with_nullable(arg.ty.nullable)).collect();
    Some(Signature { args: casts, result: common.with_nullable(any_nullable(args)) })
}

/// Keys, values and entries are columns of a map as it is.
fn part(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let field = element_field(call.result)?;
    let name = call.name;
    Ok(Kernel::new(move |args, rows| {
        let map = args[0].expand(rows)?;
        let map = map.as_map();
        let values: ArrayRef = match name {
            "MAP_KEYS" => map.keys().clone(),
            "MAP_VALUES" => map.values().clone(),
            _ => {
                let columns = vec![map.keys().clone(), map.values().clone()];
                let arrow_schema::DataType::Struct(fields) = field.data_type() else {
                    return Err(Failure::internal("the entries of a map are no rows"));
                };
                Arc::new(arrow_array::StructArray::try_new(fields.clone(), columns, None)?)
            }
        };
        Ok(Arc::new(ListArray::try_new(field.clone(), map.offsets().clone(), values, map.nulls().cloned())?))
    }))
}

/// Entries without those whose key comes again: where each key first is, and where its last value is.
pub(super) struct DistinctKeys {
    pub(super) keys: UInt32Array,
    pub(super) values: UInt32Array,
    pub(super) offsets: OffsetBuffer<i32>,
}

/// Of the entries in each range, the distinct keys in order.
pub(super) fn distinct_keys(
    keys: &ArrayRef,
    ranges: impl Iterator<Item = Range<usize>>,
) -> Result<DistinctKeys, Failure> {
    let compare = make_comparator(keys, keys, SortOptions::default())?;
    let (mut firsts, mut lasts, mut lengths) = (Vec::<u32>::new(), Vec::<u32>::new(), Vec::new());
    for range in ranges {
        let start = firsts.len();
        for at in range {
            match firsts[start..].iter().position(|&first| compare(first as usize, at).is_eq()) {
                Some(known) => lasts[start + known] = at as u32,
                None => {
                    firsts.push(at as u32);
                    lasts.push(at as u32);
                }
            }
        }
        lengths.push(firsts.len() - start);
    }
    Ok(DistinctKeys {
        keys: UInt32Array::from(firsts),
        values: UInt32Array::from(lasts),
        offsets: OffsetBuffer::from_lengths(lengths),
    })
}

/// Equal keys all stay, as in Flink.
fn from_arrays(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let field = entries_field(call.result)?;
    Ok(Kernel::fallible(move |args, rows| {
        let (keys, values) = (args[0].expand(rows)?, args[1].expand(rows)?);
        let (keys, values) = (keys.as_list::<i32>(), values.as_list::<i32>());
        let nulls = NullBuffer::union(keys.nulls(), values.nulls());
        let (mut key_order, mut value_order, mut lengths) = (Vec::new(), Vec::new(), Vec::with_capacity(rows));
        for row in 0..rows {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                lengths.push(0);
                continue;
            }
            let (key, value) = (range(keys.value_offsets(), row), range(values.value_offsets(), row));
            if key.len() != value.len() {
                return Err(Failure::user(format!(
                    "Invalid function MAP_FROM_ARRAYS call:\nThe length of the keys array {} is not equal to the length of the values array {}",
                    key.len(),
                    value.len()
                )));
            }
            lengths.push(key.len());
            key_order.extend(key.map(|at| at as u32));
            value_order.extend(value.map(|at| at as u32));
        }
        let keys = take(keys.values(), &UInt32Array::from(key_order), None)?;
        let values = take(values.values(), &UInt32Array::from(value_order), None)?;
        map_of(&field, OffsetBuffer::from_lengths(lengths), keys, values, nulls)
    }))
}

fn range(offsets: &[i32], row: usize) -> Range<usize> {
    offsets[row] as usize..offsets[row + 1] as usize
}

fn union(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let field = entries_field(call.result)?;
    Ok(Kernel::new(move |args, rows| {
        let maps = super::collections::columns(args, rows)?;
        let nulls = maps.iter().fold(None, |nulls, map| NullBuffer::union(nulls.as_ref(), map.nulls()));
        // All entries of a row, the last map first, as in Flink.
        let mut order = Vec::new();
        let mut ranges = Vec::with_capacity(rows);
        for row in 0..rows {
            let start = order.len();
            let mut base: usize = maps.iter().map(|map| map.as_map().keys().len()).sum();
            for map in maps.iter().rev() {
                let map = map.as_map();
                base -= map.keys().len();
                order.extend(range(map.value_offsets(), row).map(|at| (base + at) as u32));
            }
            ranges.push(start..order.len());
        }
        let order = UInt32Array::from(order);
        let gather = |part: fn(&arrow_array::MapArray) -> &ArrayRef| -> Result<ArrayRef, Failure> {
            let parts: Vec<&dyn Array> = maps.iter().map(|map| part(map.as_map()).as_ref()).collect();
            Ok(take(&concat(&parts)?, &order, None)?)
        };
        let (keys, values) = (gather(|map| map.keys())?, gather(|map| map.values())?);
        let entries = distinct_keys(&keys, ranges.into_iter())?;
        // Of equal keys the first one met counts.
        let (keys, values) = (take(&keys, &entries.keys, None)?, take(&values, &entries.keys, None)?);
        map_of(&field, entries.offsets, keys, values, nulls)
    }))
}
