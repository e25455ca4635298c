//! ARRAY, MAP and ROW values: how they are made, and how one element is taken.

use std::sync::Arc;

use arrow_array::builder::UInt32Builder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Int32Array, ListArray, MapArray, StringArray, StructArray, UInt32Array,
};
use arrow_buffer::{BooleanBuffer, OffsetBuffer};
use arrow_ord::ord::make_comparator;
use arrow_schema::{DataType, SortOptions};
use arrow_select::interleave::interleave;
use arrow_select::take::take;
use dataflow::{Failure, Field, Literal, LogicalType, RowType, TypeKind};

use super::call::{Argument, BoundCall, Signature, any_nullable};
use super::{FunctionDef, Kernel};
use crate::literal;
use crate::operand::Operand;
use crate::types::{common_type, is_integer};

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = FunctionDef::new;
    let forms = &["ITEM(<ARRAY>, <INTEGER>)", "ITEM(<MAP>, <ANY>)", "ITEM(<VARIANT>, <ANY>)"];
    vec![
        new("ARRAY", &["ARRAY[<ANY>...]"], "An array of these elements.", array_type, array),
        new("MAP", &["MAP[<ANY>, <ANY>...]"], "A map of these keys and values.", map_type, map),
        new("ROW", &["ROW(<ANY>...)"], "A row of these fields.", row_type, row),
        new("ITEM", forms, "The element at a position from one, or of a key.", item_type, item),
        new(
            "CARDINALITY",
            &["CARDINALITY(<ARRAY>)", "CARDINALITY(<MAP>)"],
            "Number of elements.",
            counted,
            cardinality,
        ),
        new("ELEMENT", &["ELEMENT(<ARRAY>)"], "The only element.", sole_type, sole_element),
        new("TYPEOF", &["TYPEOF(<ANY>)", "TYPEOF(<ANY>, <BOOLEAN>)"], "The type as text.", type_text, type_of),
    ]
}

fn plain(args: &[Argument]) -> Vec<LogicalType> {
    args.iter().map(|arg| arg.ty.without_time_attribute()).collect()
}

fn array_type(args: &[Argument]) -> Option<Signature> {
    let element = common_type(&plain(args)).filter(|element| element.kind != TypeKind::Null)?;
    let casts = args.iter().map(|arg| element.with_nullable(arg.ty.nullable)).collect();
    Some(Signature { args: casts, result: TypeKind::Array(Box::new(element)).not_null() })
}

fn map_type(args: &[Argument]) -> Option<Signature> {
    (!args.is_empty() && args.len().is_multiple_of(2)).then_some(())?;
    let types = plain(args);
    let every_second = |from: usize| types.iter().skip(from).step_by(2).cloned().collect::<Vec<_>>();
    let (key, value) = (common_type(&every_second(0))?, common_type(&every_second(1))?);
    let casts = args.iter().enumerate().map(|(index, arg)| {
        let common = if index % 2 == 0 { &key } else { &value };
        common.with_nullable(arg.ty.nullable)
    });
    Some(Signature { args: casts.collect(), result: TypeKind::Map(Box::new(key), Box::new(value)).not_null() })
}

fn row_type(args: &[Argument]) -> Option<Signature> {
    (!args.is_empty()).then_some(())?;
    let fields = plain(args).into_iter().enumerate().map(|(index, ty)| Field::new(format!("EXPR${index}"), ty));
    Signature::with_result(args, TypeKind::Row(RowType::new(fields.collect())).not_null())
}

fn item_type(args: &[Argument]) -> Option<Signature> {
    let [collection, key] = args else { return None };
    if *collection.kind() == TypeKind::Variant {
        let key = if is_integer(key.kind()) { TypeKind::Int } else { key.kind().clone() };
        (key == TypeKind::Int || crate::types::is_character(&key)).then_some(())?;
        let signature = Signature::cast_to(args, &[TypeKind::Variant, key], TypeKind::Variant)?;
        return Some(Signature { result: TypeKind::Variant.nullable(), ..signature });
    }
    let (key_type, element) = match collection.kind() {
        // A BIGINT is no position.
        TypeKind::Array(element) if is_integer(key.kind()) && *key.kind() != TypeKind::BigInt => {
            (TypeKind::Int, element)
        }
        // Flink finds nothing by a ROW.
        TypeKind::Map(expected, value) if !matches!(expected.kind, TypeKind::Row(_)) => (expected.kind.clone(), value),
        _ => return None,
    };
    let casts = vec![collection.ty.clone(), key_type.not_null().with_nullable(key.ty.nullable)];
    Some(Signature { args: casts, result: element.with_nullable(true) })
}

fn counted(args: &[Argument]) -> Option<Signature> {
    match args {
        [arg] if matches!(arg.kind(), TypeKind::Array(_) | TypeKind::Map(..)) => {
            Signature::unchanged(args, TypeKind::Int)
        }
        _ => None,
    }
}

fn sole_type(args: &[Argument]) -> Option<Signature> {
    match args {
        [arg] => match arg.kind() {
            TypeKind::Array(element) => {
                Signature::with_result(args, element.with_nullable(element.nullable || any_nullable(args)))
            }
            _ => None,
        },
        _ => None,
    }
}

fn type_text(args: &[Argument]) -> Option<Signature> {
    match args {
        [_] => {}
        [_, verbose] if *verbose.kind() == TypeKind::Boolean => {}
        _ => return None,
    }
    Some(Signature { args: args.iter().map(|arg| arg.ty.clone()).collect(), result: TypeKind::STRING.nullable() })
}

/// The planner puts the text in the place of a call that it knows of.
fn type_of(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let text = call.args.first().map(LogicalType::to_string).ok_or_else(|| call.no_kernel())?;
    Ok(Kernel::new(move |_, rows| Ok(Arc::new(StringArray::from_iter_values(std::iter::repeat_n(&text, rows))))))
}

/// All arguments as columns.
pub(super) fn columns(args: &[Operand], rows: usize) -> Result<Vec<ArrayRef>, Failure> {
    Ok(args.iter().map(|arg| arg.expand(rows)).collect::<Result<_, _>>()?)
}

/// The columns' values row by row: the first of each, then the second of each.
fn interleaved(columns: &[ArrayRef], rows: usize) -> Result<ArrayRef, Failure> {
    let arrays: Vec<&dyn Array> = columns.iter().map(|column| column.as_ref()).collect();
    let indices: Vec<(usize, usize)> = (0..rows).flat_map(|row| (0..arrays.len()).map(move |arg| (arg, row))).collect();
    Ok(interleave(&arrays, &indices)?)
}

/// The element field of an array type.
pub(super) fn element_field(ty: &LogicalType) -> Result<Arc<arrow_schema::Field>, Failure> {
    match ty.arrow_type() {
        DataType::List(field) => Ok(field),
        other => Err(Failure::internal(format!("{other} is not the layout of an array"))),
    }
}

fn array(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let field = element_field(call.result)?;
    Ok(Kernel::new(move |args, rows| {
        let values = interleaved(&columns(args, rows)?, rows)?;
        let offsets = OffsetBuffer::from_repeated_length(args.len(), rows);
        Ok(Arc::new(ListArray::try_new(field.clone(), offsets, values, None)?))
    }))
}

/// The layout of a map: the field of its entries.
pub(super) fn entries_field(ty: &LogicalType) -> Result<Arc<arrow_schema::Field>, Failure> {
    match ty.arrow_type() {
        DataType::Map(field, _) => Ok(field),
        other => Err(Failure::internal(format!("{other} is not the layout of a map"))),
    }
}

/// A map of these columns.
pub(super) fn map_of(
    field: &Arc<arrow_schema::Field>,
    offsets: OffsetBuffer<i32>,
    keys: ArrayRef,
    values: ArrayRef,
    nulls: Option<arrow_buffer::NullBuffer>,
) -> Result<ArrayRef, Failure> {
    let DataType::Struct(fields) = field.data_type() else {
        return Err(Failure::internal("the entries of a map are no struct"));
    };
    let entries = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
    Ok(Arc::new(MapArray::try_new(field.clone(), offsets, entries, nulls, false)?))
}

/// Of equal keys the last one's value stays.
fn map(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let field = entries_field(call.result)?;
    Ok(Kernel::new(move |args, rows| {
        let columns = columns(args, rows)?;
        let every_second = |from: usize| columns.iter().skip(from).step_by(2).cloned().collect::<Vec<_>>();
        let (keys, values) = (interleaved(&every_second(0), rows)?, interleaved(&every_second(1), rows)?);
        let width = columns.len() / 2;
        let entries = super::maps::distinct_keys(&keys, (0..rows).map(|row| row * width..(row + 1) * width))?;
        let (keys, values) = (take(&keys, &entries.keys, None)?, take(&values, &entries.values, None)?);
        map_of(&field, entries.offsets, keys, values, None)
    }))
}

fn row(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let DataType::Struct(fields) = call.result.arrow_type() else { return Err(call.no_kernel()) };
    Ok(Kernel::new(move |args, rows| {
        let columns = columns(args, rows)?;
        if columns.is_empty() {
            return Ok(Arc::new(StructArray::new_empty_fields(rows, None)));
        }
        Ok(Arc::new(StructArray::try_new(fields.clone(), columns, None)?))
    }))
}

/// What Flink gives in place of an element that is not there, when elements cannot be NULL: its default of the type.
fn missing(element: &LogicalType) -> Result<Option<ArrayRef>, Failure> {
    if element.nullable {
        return Ok(None);
    }
    let default = match &element.kind {
        TypeKind::Boolean => Literal::Boolean(false),
        kind if is_integer(kind) => Literal::Int(-1),
        TypeKind::Float | TypeKind::Double => Literal::Float(-1.0),
        TypeKind::Char { .. } | TypeKind::Varchar { .. } => Literal::String(String::new()),
        _ => return Ok(None),
    };
    literal::to_array(&default, element).map(Some)
}

fn item(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    match call.arg(0)? {
        TypeKind::Array(element) => array_item(call, element),
        TypeKind::Map(_, value) => map_item(value),
        TypeKind::Variant => super::variants::variant_item(call),
        _ => Err(call.no_kernel()),
    }
}

/// A constant below one is refused; where it is a value, there is just no such element.
fn array_item(call: &BoundCall<'_>, element: &LogicalType) -> Result<Kernel, Failure> {
    if let Some(index) = call.constant_int(1).filter(|index| *index < 1) {
        let message = format!("Array element access needs an index starting at 1 but was {index}.");
        return Err(Failure::user(message).fatal());
    }
    let missing = missing(element)?;
    Ok(Kernel::new(move |args, rows| {
        let list = args[0].expand(rows)?;
        let list = list.as_list::<i32>();
        let mut indices = UInt32Builder::with_capacity(rows);
        for row in 0..rows {
            let Some(index) = args[1].value::<Int32Type>(row).filter(|_| list.is_valid(row)) else {
                indices.append_null();
                continue;
            };
            let (start, end) = (list.value_offsets()[row] as usize, list.value_offsets()[row + 1] as usize);
            let at = usize::try_from(index).ok().and_then(|index| (start + index).checked_sub(1));
            indices.append_option(at.filter(|at| (start..end).contains(at)).map(|at| at as u32));
        }
        let present = |row: usize| list.is_valid(row) && args[1].array().is_valid(args[1].position(row));
        taken(list.values(), &indices.finish(), &missing, present)
    }))
}

/// The values at these indices; where there is none though the row is `present`, the default.
fn taken(
    values: &ArrayRef,
    indices: &UInt32Array,
    missing: &Option<ArrayRef>,
    present: impl Fn(usize) -> bool,
) -> Result<ArrayRef, Failure> {
    let found = take(values, indices, None)?;
    let Some(missing) = missing else { return Ok(found) };
    let absent = BooleanBuffer::collect_bool(indices.len(), |row| indices.is_null(row) && present(row));
    let absent = BooleanArray::new(absent, None);
    Ok(arrow_select::zip::zip(&absent, &arrow_array::Scalar::new(missing.clone()), &found)?)
}

fn map_item(value: &LogicalType) -> Result<Kernel, Failure> {
    let missing = missing(value)?;
    Ok(Kernel::new(move |args, rows| {
        let map = args[0].expand(rows)?;
        let map = map.as_map();
        let key = args[1].expand(rows)?;
        let compare = make_comparator(map.keys(), &key, SortOptions::default())?;
        let indices: UInt32Array = (0..rows)
            .map(|row| {
                let (start, end) = (map.value_offsets()[row] as usize, map.value_offsets()[row + 1] as usize);
                let wanted = map.is_valid(row) && key.is_valid(row);
                (start..end).find(|&at| wanted && compare(at, row).is_eq()).map(|at| at as u32)
            })
            .collect();
        taken(map.values(), &indices, &missing, |row| map.is_valid(row) && key.is_valid(row))
    }))
}

fn cardinality(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let is_array = matches!(call.arg(0)?, TypeKind::Array(_));
    Ok(Kernel::new(move |args, rows| {
        let values = args[0].expand(rows)?;
        let offsets = if is_array { values.as_list::<i32>().value_offsets() } else { values.as_map().value_offsets() };
        let count = |row: usize| values.is_valid(row).then(|| offsets[row + 1] - offsets[row]);
        Ok(Arc::new((0..rows).map(count).collect::<Int32Array>()))
    }))
}

/// Of the empty array NULL; of one with more elements than one a failure.
fn sole_element(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::fallible(|args, rows| {
        let list = args[0].expand(rows)?;
        let list = list.as_list::<i32>();
        let mut indices = UInt32Builder::with_capacity(rows);
        for row in 0..rows {
            let (start, end) = (list.value_offsets()[row], list.value_offsets()[row + 1]);
            match end - start {
                1 if list.is_valid(row) => indices.append_value(start as u32),
                2.. if list.is_valid(row) => return Err(Failure::user("Array has more than one element.")),
                _ => indices.append_null(),
            }
        }
        Ok(take(list.values(), &indices.finish(), None)?)
    }))
}
