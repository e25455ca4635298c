//! Casts of ARRAY, MAP, MULTISET and ROW: of their elements.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, MapArray, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field};
use dataflow::{Failure, TypeKind};

use super::{Caster, OnError, caster};
use crate::context::EvalContext;
use crate::java_hash::in_java_order;

pub(super) fn nested_caster(
    from: &TypeKind,
    to: &TypeKind,
    on_error: OnError,
    context: &EvalContext,
) -> Result<Caster, Failure> {
    // TRY_CAST: a value of which one part cannot be cast is NULL as a whole.
    if on_error == OnError::Null {
        let Some(strict) = nested_caster(from, to, OnError::Fail, context)? else { return Ok(None) };
        let data_type = to.clone().nullable().arrow_type();
        return Ok(Some(Box::new(move |array: &ArrayRef| {
            if let Ok(all) = strict(array) {
                return Ok(all);
            }
            let each =
                |row| strict(&array.slice(row, 1)).unwrap_or_else(|_| arrow_array::new_null_array(&data_type, 1));
            let rows: Vec<ArrayRef> = (0..array.len()).map(each).collect();
            let rows: Vec<&dyn Array> = rows.iter().map(|row| row.as_ref()).collect();
            Ok(arrow_select::concat::concat(&rows)?)
        })));
    }
    Ok(match (from, to) {
        (TypeKind::Array(a), TypeKind::Array(b)) => {
            let element = caster(a, b, on_error, context)?;
            let DataType::List(field) = to.clone().nullable().arrow_type() else { return Ok(None) };
            element.map(|element| list_caster(element, field))
        }
        (TypeKind::Map(ak, av), TypeKind::Map(bk, bv)) => {
            let (key, value) = (caster(ak, bk, on_error, context)?, caster(av, bv, on_error, context)?);
            map_caster(key, value, to)
        }
        (TypeKind::Multiset(a), TypeKind::Multiset(b)) => map_caster(caster(a, b, on_error, context)?, None, to),
        (TypeKind::Row(a), TypeKind::Row(b)) => {
            let casters = a.fields.iter().zip(&b.fields).map(|(a, b)| caster(&a.ty, &b.ty, on_error, context));
            let casters = casters.collect::<Result<Vec<_>, _>>()?;
            let fields = b.arrow_fields();
            Some(Box::new(move |array: &ArrayRef| {
                let row = array.as_struct();
                let columns = row.columns().iter().zip(&casters).map(|(column, cast)| apply(cast, column));
                let columns = columns.collect::<Result<Vec<_>, Failure>>()?;
                Ok(Arc::new(StructArray::try_new(fields.clone(), columns, row.nulls().cloned())?) as ArrayRef)
            }))
        }
        _ => None,
    })
}

type Cast = Box<dyn Fn(&ArrayRef) -> Result<ArrayRef, Failure> + Send + Sync>;

fn apply(cast: &Caster, column: &ArrayRef) -> Result<ArrayRef, Failure> {
    match cast {
        Some(cast) => cast(column),
        None => Ok(column.clone()),
    }
}

/// The elements that the rows of a slice have, and where each row's begin: no others are cast, for those may fail.
fn reached(offsets: &OffsetBuffer<i32>, values: &ArrayRef) -> (OffsetBuffer<i32>, ArrayRef) {
    let (first, last) = (offsets[0], offsets[offsets.len() - 1]);
    let moved: Vec<i32> = offsets.iter().map(|offset| offset - first).collect();
    (OffsetBuffer::new(moved.into()), values.slice(first as usize, (last - first) as usize))
}

fn list_caster(element: Cast, field: Arc<Field>) -> Cast {
    Box::new(move |array| {
        let list = array.as_list::<i32>();
        let (offsets, values) = reached(list.offsets(), list.values());
        Ok(Arc::new(ListArray::try_new(field.clone(), offsets, element(&values)?, list.nulls().cloned())?))
    })
}

/// Flink casts the entries of a map into a `HashMap`.
fn map_caster(key: Caster, value: Caster, to: &TypeKind) -> Caster {
    let DataType::Map(entries_field, _) = to.clone().nullable().arrow_type() else { return None };
    let DataType::Struct(fields) = entries_field.data_type().clone() else { return None };
    if key.is_none() && value.is_none() {
        return None;
    }
    Some(Box::new(move |array| {
        let map = array.as_map();
        let (offsets, keys) = reached(map.offsets(), map.keys());
        let (_, values) = reached(map.offsets(), map.values());
        let (keys, values) = in_java_order(&offsets, apply(&key, &keys)?, apply(&value, &values)?)?;
        let entries = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
        let nulls = map.nulls().cloned();
        Ok(Arc::new(MapArray::try_new(entries_field.clone(), offsets, entries, nulls, false)?))
    }))
}
