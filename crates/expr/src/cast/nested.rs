//! Casts of ARRAY, MAP, MULTISET and ROW: of their elements.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, MapArray, StructArray};
use arrow_schema::{DataType, Field};
use dataflow::{Failure, TypeKind};

use super::{Caster, OnError, caster};
use crate::context::EvalContext;

pub(super) fn nested_caster(
    from: &TypeKind,
    to: &TypeKind,
    on_error: OnError,
    context: &EvalContext,
) -> Result<Caster, Failure> {
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

fn list_caster(element: Cast, field: Arc<Field>) -> Cast {
    Box::new(move |array| {
        let list = array.as_list::<i32>();
        let values = element(list.values())?;
        Ok(Arc::new(ListArray::try_new(field.clone(), list.offsets().clone(), values, list.nulls().cloned())?))
    })
}

fn map_caster(key: Caster, value: Caster, to: &TypeKind) -> Caster {
    let DataType::Map(entries_field, _) = to.clone().nullable().arrow_type() else { return None };
    let DataType::Struct(fields) = entries_field.data_type().clone() else { return None };
    if key.is_none() && value.is_none() {
        return None;
    }
    Some(Box::new(move |array| {
        let map = array.as_map();
        let columns = vec![apply(&key, map.keys())?, apply(&value, map.values())?];
        let entries = StructArray::try_new(fields.clone(), columns, None)?;
        let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
        Ok(Arc::new(MapArray::try_new(entries_field.clone(), offsets, entries, nulls, false)?))
    }))
}
