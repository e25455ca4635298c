//! Casts to numbers and intervals. Integers wrap around, a DOUBLE is cut at the bounds of INT and BIGINT, DECIMALs round half up, as in Java.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use dataflow::{Failure, TypeKind};

use super::parse::{self, parse_decimal, parse_double, parse_float, parse_integer};
use super::{Caster, OnError};
use crate::functions::decimal::{power_of_ten, rescale};
use crate::integer::Integer;
use crate::types::decimal::DecimalShape;
use crate::types::is_character;
use dataflow::java_number::write_double;

/// The largest power of ten, and the largest integer, that a double holds exactly.
const EXACT_POWER: u8 = 22;
const EXACT_INTEGER: u128 = 1 << 53;

pub(super) fn caster(from: &TypeKind, to: &TypeKind, on_error: OnError) -> Caster {
    match to {
        TypeKind::TinyInt => to_integer::<Int8Type>(from, on_error),
        TypeKind::SmallInt => to_integer::<Int16Type>(from, on_error),
        TypeKind::Int => to_integer::<Int32Type>(from, on_error),
        TypeKind::BigInt => to_integer::<Int64Type>(from, on_error),
        TypeKind::Float => to_float(from, on_error),
        TypeKind::Double => to_double(from, on_error),
        TypeKind::Decimal { precision, scale } => {
            to_decimal(from, DecimalShape { precision: *precision, scale: *scale }, on_error)
        }
        _ => None,
    }
}

/// Integers to intervals.
pub(super) fn interval_caster(from: &TypeKind, to: &TypeKind) -> Caster {
    match to {
        TypeKind::IntervalYearMonth => to_integer::<Int32Type>(from, OnError::Fail),
        _ => to_integer::<Int64Type>(from, OnError::Fail),
    }
}

fn map<A: ArrowPrimitiveType, O: ArrowPrimitiveType>(compute: fn(A::Native) -> O::Native) -> Caster {
    Some(Box::new(move |array| Ok(Arc::new(array.as_primitive::<A>().unary::<_, O>(compute)))))
}

fn parse_each<O: ArrowPrimitiveType>(
    on_error: OnError,
    parse: impl Fn(&str) -> Result<Option<O::Native>, String> + Send + Sync + 'static,
) -> Caster {
    Some(Box::new(move |array| {
        let values = array.as_string::<i32>().iter().map(|text| match text {
            Some(text) => on_error.apply(parse(text)),
            None => Ok(None),
        });
        Ok(Arc::new(values.collect::<Result<PrimitiveArray<O>, Failure>>()?))
    }))
}

fn from_boolean<O: ArrowPrimitiveType>(one: O::Native, zero: O::Native) -> Caster {
    Some(Box::new(move |array| {
        let values = array.as_boolean().iter().map(|value| value.map(|value| if value { one } else { zero }));
        Ok(Arc::new(values.collect::<PrimitiveArray<O>>()))
    }))
}

fn to_integer<O: Integer>(from: &TypeKind, on_error: OnError) -> Caster {
    match from {
        TypeKind::TinyInt => map::<Int8Type, O>(|value| O::wrap(value.into())),
        TypeKind::SmallInt => map::<Int16Type, O>(|value| O::wrap(value.into())),
        TypeKind::Int | TypeKind::IntervalYearMonth => map::<Int32Type, O>(|value| O::wrap(value.into())),
        TypeKind::BigInt | TypeKind::IntervalDayTime => map::<Int64Type, O>(O::wrap),
        TypeKind::Float => map::<Float32Type, O>(|value| O::from_double(value.into())),
        TypeKind::Double => map::<Float64Type, O>(O::from_double),
        TypeKind::Boolean => from_boolean::<O>(O::wrap(1), O::wrap(0)),
        TypeKind::Decimal { scale, .. } => {
            let divisor = power_of_ten((*scale).into());
            Some(Box::new(move |array| {
                let values = array.as_primitive::<Decimal128Type>();
                Ok(Arc::new(values.unary::<_, O>(|value| O::wrap((value / divisor) as i64))))
            }))
        }
        text if is_character(text) => {
            parse_each::<O>(on_error, |text| parse_integer(text, O::MIN, O::MAX).map(|value| Some(O::wrap(value))))
        }
        _ => None,
    }
}

fn to_float(from: &TypeKind, on_error: OnError) -> Caster {
    match from {
        TypeKind::TinyInt => map::<Int8Type, Float32Type>(f32::from),
        TypeKind::SmallInt => map::<Int16Type, Float32Type>(f32::from),
        TypeKind::Int => map::<Int32Type, Float32Type>(|value| value as f32),
        TypeKind::BigInt => map::<Int64Type, Float32Type>(|value| value as f32),
        TypeKind::Double => map::<Float64Type, Float32Type>(|value| value as f32),
        TypeKind::Boolean => from_boolean::<Float32Type>(1.0, 0.0),
        TypeKind::Decimal { scale, .. } => {
            let scale = *scale;
            Some(Box::new(move |array| {
                let values = array.as_primitive::<Decimal128Type>();
                Ok(Arc::new(values.unary::<_, Float32Type>(|value| decimal_to_double(value, scale) as f32)))
            }))
        }
        _ => parse_each::<Float32Type>(on_error, |text| parse_float(text).map(Some)),
    }
}

fn to_double(from: &TypeKind, on_error: OnError) -> Caster {
    match from {
        TypeKind::TinyInt => map::<Int8Type, Float64Type>(f64::from),
        TypeKind::SmallInt => map::<Int16Type, Float64Type>(f64::from),
        TypeKind::Int => map::<Int32Type, Float64Type>(f64::from),
        TypeKind::BigInt => map::<Int64Type, Float64Type>(|value| value as f64),
        TypeKind::Float => map::<Float32Type, Float64Type>(f64::from),
        TypeKind::Boolean => from_boolean::<Float64Type>(1.0, 0.0),
        TypeKind::Decimal { scale, .. } => {
            let scale = *scale;
            Some(Box::new(move |array| {
                let values = array.as_primitive::<Decimal128Type>();
                Ok(Arc::new(values.unary::<_, Float64Type>(|value| decimal_to_double(value, scale))))
            }))
        }
        _ => parse_each::<Float64Type>(on_error, |text| parse_double(text).map(Some)),
    }
}

/// The nearest double of a DECIMAL.
pub(crate) fn decimal_to_double(value: i128, scale: u8) -> f64 {
    if value.unsigned_abs() <= EXACT_INTEGER && scale <= EXACT_POWER {
        // Both are exact, so the division rounds once.
        return value as f64 / 10f64.powi(scale.into());
    }
    format!("{value}e-{scale}").parse().unwrap_or(f64::NAN)
}

/// The DECIMAL of a double's shortest text; `None` when it has too many digits or is no number.
pub(crate) fn double_to_decimal(value: f64, shape: DecimalShape) -> Option<i128> {
    if !value.is_finite() {
        return None;
    }
    let mut text = String::new();
    write_double(value, &mut text);
    parse::decimal(&text, shape)
}

fn to_decimal(from: &TypeKind, shape: DecimalShape, on_error: OnError) -> Caster {
    match from {
        TypeKind::Decimal { precision, scale } => {
            let scale = *scale;
            let widening = *precision - scale <= shape.precision - shape.scale && scale <= shape.scale;
            if widening {
                let factor = power_of_ten(u32::from(shape.scale - scale));
                return decimals::<Decimal128Type>(shape, move |value| Some(value * factor));
            }
            decimals::<Decimal128Type>(shape, move |value| rescale(value, scale, shape))
        }
        TypeKind::TinyInt => decimals::<Int8Type>(shape, move |value| rescale(value.into(), 0, shape)),
        TypeKind::SmallInt => decimals::<Int16Type>(shape, move |value| rescale(value.into(), 0, shape)),
        TypeKind::Int => decimals::<Int32Type>(shape, move |value| rescale(value.into(), 0, shape)),
        TypeKind::BigInt => decimals::<Int64Type>(shape, move |value| rescale(value.into(), 0, shape)),
        TypeKind::Float => decimals::<Float32Type>(shape, move |value| double_to_decimal(value.into(), shape)),
        TypeKind::Double => decimals::<Float64Type>(shape, move |value| double_to_decimal(value, shape)),
        TypeKind::Boolean => {
            let (one, zero) = (rescale(1, 0, shape), Some(0));
            Some(Box::new(move |array| {
                let values = array.as_boolean().iter().map(|value| if value? { one } else { zero });
                shaped(values.collect(), shape)
            }))
        }
        _ => {
            let parse = parse_each::<Decimal128Type>(on_error, move |text| parse_decimal(text, shape).map(Some))?;
            Some(Box::new(move |array| shaped(parse(array)?.as_primitive::<Decimal128Type>().clone(), shape)))
        }
    }
}

fn decimals<A: ArrowPrimitiveType>(
    shape: DecimalShape,
    compute: impl Fn(A::Native) -> Option<i128> + Send + Sync + 'static,
) -> Caster {
    Some(Box::new(move |array| shaped(array.as_primitive::<A>().unary_opt(&compute), shape)))
}

fn shaped(array: PrimitiveArray<Decimal128Type>, shape: DecimalShape) -> Result<ArrayRef, Failure> {
    Ok(Arc::new(array.with_precision_and_scale(shape.precision, shape.scale as i8)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_and_decimals() {
        assert_eq!(decimal_to_double(12_345, 2), 123.45);
        assert_eq!(decimal_to_double(10i128.pow(30) + 1, 30), 1.0);
        let shape = DecimalShape { precision: 10, scale: 3 };
        assert_eq!(double_to_decimal(0.1 + 0.2, shape), Some(300));
        assert_eq!(double_to_decimal(1e10, shape), None);
        assert_eq!(Int8Type::from_double(300.7), 44);
        assert_eq!(Int32Type::from_double(3e10), i32::MAX);
    }
}
