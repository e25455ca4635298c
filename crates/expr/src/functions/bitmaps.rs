//! BITMAP functions: sets of 32-bit integers, kept as bytes in the portable format of the RoaringBitmap libraries, as in Flink.

use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, Int32Builder, ListBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, Field};
use dataflow::{Failure, TypeKind};
use roaring::RoaringBitmap;

use super::call::{Argument, BoundCall, Signature};
use super::{FunctionDef, Kernel, loops};
use crate::operand::Operand;
use crate::types::is_binary;

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = FunctionDef::new;
    vec![
        new("BITMAP_AND", &["BITMAP_AND(<BITMAP>, <BITMAP>)"], "The integers in both.", two, combine),
        new("BITMAP_ANDNOT", &["BITMAP_ANDNOT(<BITMAP>, <BITMAP>)"], "Those in the first only.", two, combine),
        new("BITMAP_BUILD", &["BITMAP_BUILD(<ARRAY<INT>>)"], "The integers of an array as a bitmap.", built, build),
        new(
            "BITMAP_CARDINALITY",
            &["BITMAP_CARDINALITY(<BITMAP>)"],
            "How many integers it holds.",
            counted,
            cardinality,
        ),
        new("BITMAP_FROM_BYTES", &["BITMAP_FROM_BYTES(<BYTES>)"], "A bitmap from its bytes.", read, from_bytes),
        new("BITMAP_OR", &["BITMAP_OR(<BITMAP>, <BITMAP>)"], "The integers in either.", two, combine),
        new("BITMAP_TO_ARRAY", &["BITMAP_TO_ARRAY(<BITMAP>)"], "Its integers, in order.", listed, to_array),
        new("BITMAP_TO_BYTES", &["BITMAP_TO_BYTES(<BITMAP>)"], "Its bytes.", written, to_bytes),
        new("BITMAP_TO_STRING", &["BITMAP_TO_STRING(<BITMAP>)"], "Its integers as text.", shown, to_string),
        new("BITMAP_XOR", &["BITMAP_XOR(<BITMAP>, <BITMAP>)"], "The integers in one of the two.", two, combine),
    ]
}

fn are_bitmaps(args: &[Argument], count: usize) -> Option<()> {
    let is_bitmap = |arg: &Argument| matches!(arg.kind(), TypeKind::Bitmap | TypeKind::Null);
    (args.len() == count && args.iter().all(is_bitmap)).then_some(())
}

fn of_bitmap(args: &[Argument], result: TypeKind) -> Option<Signature> {
    are_bitmaps(args, 1)?;
    Signature::cast_to(args, &[TypeKind::Bitmap], result)
}

fn two(args: &[Argument]) -> Option<Signature> {
    are_bitmaps(args, 2)?;
    Signature::cast_to(args, &[TypeKind::Bitmap, TypeKind::Bitmap], TypeKind::Bitmap)
}

fn counted(args: &[Argument]) -> Option<Signature> {
    of_bitmap(args, TypeKind::BigInt)
}

fn listed(args: &[Argument]) -> Option<Signature> {
    of_bitmap(args, TypeKind::Array(Box::new(TypeKind::Int.nullable())))
}

fn written(args: &[Argument]) -> Option<Signature> {
    of_bitmap(args, TypeKind::BYTES)
}

fn shown(args: &[Argument]) -> Option<Signature> {
    of_bitmap(args, TypeKind::STRING)
}

fn built(args: &[Argument]) -> Option<Signature> {
    let [arg] = args else { return None };
    let TypeKind::Array(element) = arg.kind() else { return None };
    matches!(element.kind, TypeKind::Int | TypeKind::SmallInt | TypeKind::TinyInt).then_some(())?;
    let array = TypeKind::Array(Box::new(TypeKind::Int.not_null().with_nullable(element.nullable)));
    Signature::cast_to(args, &[array], TypeKind::Bitmap)
}

fn read(args: &[Argument]) -> Option<Signature> {
    let [arg] = args else { return None };
    (is_binary(arg.kind()) || *arg.kind() == TypeKind::Null).then_some(())?;
    Signature::cast_to(args, &[TypeKind::BYTES], TypeKind::Bitmap)
}

/// A bitmap from its bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<RoaringBitmap, Failure> {
    RoaringBitmap::deserialize_from(bytes)
        .map_err(|error| Failure::user(format!("Failed to deserialize bitmap from bytes: {error}")).fatal())
}

/// The bytes of a bitmap.
pub(crate) fn encode(bitmap: &RoaringBitmap) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(bitmap.serialized_size());
    bitmap.serialize_into(&mut bytes).expect("writing into memory does not fail");
    bytes
}

/// Appends the integers, read as unsigned ones, as Flink prints a bitmap: `{1,3,5}`.
pub(crate) fn write_bitmap(bitmap: &RoaringBitmap, out: &mut String) {
    out.push('{');
    for (index, value) in bitmap.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        crate::render::integer(value.into(), out);
    }
    out.push('}');
}

fn bitmap_of(arg: &Operand, row: usize) -> Result<Option<RoaringBitmap>, Failure> {
    arg.bytes().get(row).map(decode).transpose()
}

fn bitmaps(rows: usize, value: impl Fn(usize) -> Result<Option<RoaringBitmap>, Failure>) -> Result<ArrayRef, Failure> {
    let mut out = BinaryBuilder::with_capacity(rows, rows * 16);
    for row in 0..rows {
        match value(row)? {
            Some(bitmap) => out.append_value(encode(&bitmap)),
            None => out.append_null(),
        }
    }
    Ok(Arc::new(out.finish()))
}

fn combine(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let combine: fn(RoaringBitmap, &RoaringBitmap) -> RoaringBitmap = match call.name {
        "BITMAP_AND" => |a, b| a & b,
        "BITMAP_ANDNOT" => |a, b| a - b,
        "BITMAP_OR" => |a, b| a | b,
        _ => |a, b| a ^ b,
    };
    Ok(Kernel::fallible(move |args, rows| {
        bitmaps(rows, |row| {
            let (Some(left), Some(right)) = (bitmap_of(&args[0], row)?, bitmap_of(&args[1], row)?) else {
                return Ok(None);
            };
            Ok(Some(combine(left, &right)))
        })
    }))
}

/// NULL elements are left out.
fn build(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::fallible(|args, rows| {
        let lists = args[0].array().as_list::<i32>();
        bitmaps(rows, |row| {
            let position = args[0].position(row);
            if lists.is_null(position) {
                return Ok(None);
            }
            let elements = lists.value(position);
            Ok(Some(elements.as_primitive::<Int32Type>().iter().flatten().map(|value| value as u32).collect()))
        })
    }))
}

fn from_bytes(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::fallible(|args, rows| bitmaps(rows, |row| bitmap_of(&args[0], row))))
}

fn to_bytes(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| Ok(args[0].expand(rows)?)))
}

fn cardinality(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::fallible(|args, rows| {
        let counts = (0..rows)
            .map(|row| Ok(bitmap_of(&args[0], row)?.map(|bitmap| bitmap.len() as i64)))
            .collect::<Result<Vec<_>, Failure>>()?;
        Ok(loops::primitives::<Int64Type>(rows, |row| counts[row]))
    }))
}

fn to_string(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let bitmaps = args[0].bytes();
        Ok(loops::texts(rows, |row, out| {
            write_bitmap(&decode(bitmaps.get(row)?).ok()?, out);
            Some(())
        }))
    }))
}

fn to_array(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::fallible(|args, rows| {
        let field = Field::new("element", DataType::Int32, true);
        let mut out = ListBuilder::new(Int32Builder::new()).with_field(field);
        for row in 0..rows {
            let bitmap = bitmap_of(&args[0], row)?;
            for value in bitmap.iter().flatten() {
                out.values().append_value(value as i32);
            }
            out.append(bitmap.is_some());
        }
        Ok(Arc::new(out.finish()))
    }))
}
