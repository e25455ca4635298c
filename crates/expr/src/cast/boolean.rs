//! Casts to BOOLEAN: numbers are TRUE unless zero, text by its spelling.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, BooleanArray};
use dataflow::{Failure, TypeKind};

use super::parse::parse_boolean;
use super::{Caster, OnError};

pub(super) fn caster(from: &TypeKind, on_error: OnError) -> Caster {
    Some(match from {
        TypeKind::TinyInt => Box::new(non_zero::<Int8Type>),
        TypeKind::SmallInt => Box::new(non_zero::<Int16Type>),
        TypeKind::Int => Box::new(non_zero::<Int32Type>),
        TypeKind::BigInt => Box::new(non_zero::<Int64Type>),
        TypeKind::Float => Box::new(non_zero::<Float32Type>),
        TypeKind::Double => Box::new(non_zero::<Float64Type>),
        TypeKind::Decimal { .. } => Box::new(non_zero::<Decimal128Type>),
        _ => Box::new(move |array| {
            let values = array.as_string::<i32>().iter().map(|text| match text {
                Some(text) => on_error.apply(parse_boolean(text).map(Some)),
                None => Ok(None),
            });
            Ok(Arc::new(values.collect::<Result<BooleanArray, Failure>>()?))
        }),
    })
}

fn non_zero<T: ArrowPrimitiveType>(array: &ArrayRef) -> Result<ArrayRef, Failure> {
    let values = array.as_primitive::<T>();
    Ok(Arc::new(BooleanArray::from_unary(values, |value| !value.is_zero())))
}
