//! Constants: from [`Literal`] to an Arrow value and back.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, StringArray, Time32MillisecondArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, new_null_array,
};
use arrow_schema::{DataType, TimeUnit};
use dataflow::{Failure, Literal, LogicalType};

/// An array of length one that holds this constant of this type.
pub fn to_array(literal: &Literal, ty: &LogicalType) -> Result<ArrayRef, Failure> {
    let data_type = ty.arrow_type();
    let array: ArrayRef = match (literal, &data_type) {
        (Literal::Null, _) => new_null_array(&data_type, 1),
        (Literal::Boolean(value), DataType::Boolean) => Arc::new(BooleanArray::from(vec![*value])),
        (Literal::Int(value), _) => return integer_array(*value, ty),
        (Literal::Timestamp(nanos), DataType::Timestamp(unit, None)) => timestamp_array(*nanos, *unit)?,
        (Literal::Decimal(value), DataType::Decimal128(precision, scale)) => {
            Arc::new(Decimal128Array::from(vec![*value]).with_precision_and_scale(*precision, *scale)?)
        }
        (Literal::Float(value), DataType::Float32) => Arc::new(Float32Array::from(vec![*value as f32])),
        (Literal::Float(value), DataType::Float64) => Arc::new(Float64Array::from(vec![*value])),
        (Literal::String(value), DataType::Utf8) => Arc::new(StringArray::from(vec![value.as_str()])),
        (Literal::Bytes(value), DataType::Binary) => Arc::new(BinaryArray::from(vec![value.as_slice()])),
        _ => return Err(mismatch(literal, ty)),
    };
    Ok(array)
}

fn mismatch(literal: &Literal, ty: &LogicalType) -> Failure {
    Failure::internal(format!("the constant {literal:?} is no value of the type {ty}"))
}

fn integer_array(value: i64, ty: &LogicalType) -> Result<ArrayRef, Failure> {
    let narrow = || i32::try_from(value).map_err(|_| mismatch(&Literal::Int(value), ty));
    Ok(match ty.arrow_type() {
        DataType::Int8 => Arc::new(Int8Array::from(vec![narrow()? as i8])),
        DataType::Int16 => Arc::new(Int16Array::from(vec![narrow()? as i16])),
        DataType::Int32 => Arc::new(Int32Array::from(vec![narrow()?])),
        DataType::Int64 => Arc::new(Int64Array::from(vec![value])),
        DataType::Date32 => Arc::new(Date32Array::from(vec![narrow()?])),
        DataType::Time32(TimeUnit::Millisecond) => Arc::new(Time32MillisecondArray::from(vec![narrow()?])),
        _ => return Err(mismatch(&Literal::Int(value), ty)),
    })
}

fn timestamp_array(nanos: i128, unit: TimeUnit) -> Result<ArrayRef, Failure> {
    let per_unit = match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    };
    let value = i64::try_from(nanos.div_euclid(per_unit))
        .map_err(|_| Failure::user("a timestamp constant is outside of the years that its precision can hold"))?;
    Ok(match unit {
        TimeUnit::Millisecond | TimeUnit::Second => Arc::new(TimestampMillisecondArray::from(vec![value])),
        TimeUnit::Microsecond => Arc::new(TimestampMicrosecondArray::from(vec![value])),
        TimeUnit::Nanosecond => Arc::new(TimestampNanosecondArray::from(vec![value])),
    })
}

/// The value of `row` as a constant. Constructed values, NaN and infinities have no literal: a failure says so.
pub fn from_array(array: &dyn Array, row: usize) -> Result<Literal, Failure> {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        return Ok(Literal::Null);
    }
    let float = |value: f64| match value.is_finite() {
        true => Ok(Literal::Float(value)),
        false => Err(Failure::user("NaN and infinity cannot be written as a constant")),
    };
    Ok(match array.data_type() {
        DataType::Boolean => Literal::Boolean(array.as_boolean().value(row)),
        DataType::Int8 => Literal::Int(array.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => Literal::Int(array.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Literal::Int(array.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Literal::Int(array.as_primitive::<Int64Type>().value(row)),
        DataType::Date32 => Literal::Int(array.as_primitive::<Date32Type>().value(row).into()),
        DataType::Time32(_) => Literal::Int(array.as_primitive::<Time32MillisecondType>().value(row).into()),
        DataType::Float32 => float(array.as_primitive::<Float32Type>().value(row).into())?,
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row))?,
        DataType::Decimal128(..) => Literal::Decimal(array.as_primitive::<Decimal128Type>().value(row)),
        DataType::Utf8 => Literal::String(array.as_string::<i32>().value(row).to_owned()),
        DataType::Binary => Literal::Bytes(array.as_binary::<i32>().value(row).to_vec()),
        DataType::Timestamp(unit, _) => Literal::Timestamp(timestamp_nanos(array, *unit, row)),
        other => return Err(Failure::user(format!("a value of type {other} cannot be written as a constant"))),
    })
}

/// The instant of a timestamp value in nanoseconds since the epoch.
fn timestamp_nanos(array: &dyn Array, unit: TimeUnit, row: usize) -> i128 {
    match unit {
        TimeUnit::Nanosecond => i128::from(array.as_primitive::<TimestampNanosecondType>().value(row)),
        TimeUnit::Microsecond => i128::from(array.as_primitive::<TimestampMicrosecondType>().value(row)) * 1_000,
        _ => i128::from(array.as_primitive::<TimestampMillisecondType>().value(row)) * 1_000_000,
    }
}

#[cfg(test)]
mod tests {
    use dataflow::TypeKind;

    use super::*;

    #[test]
    fn constants_survive_the_way_through_arrow() {
        let cases = [
            (Literal::Null, TypeKind::Int.nullable()),
            (Literal::Boolean(true), TypeKind::Boolean.not_null()),
            (Literal::Int(-7), TypeKind::SmallInt.not_null()),
            (Literal::Int(19_000), TypeKind::Date.not_null()),
            (Literal::Int(1_000), TypeKind::Time { precision: 0 }.not_null()),
            (Literal::Timestamp(-1_000_000), TypeKind::timestamp(3).not_null()),
            (Literal::Timestamp(1_001), TypeKind::timestamp(9).not_null()),
            (Literal::Decimal(1234), TypeKind::Decimal { precision: 10, scale: 2 }.not_null()),
            (Literal::Float(1.5), TypeKind::Double.not_null()),
            (Literal::String("é".into()), TypeKind::STRING.not_null()),
            (Literal::Bytes(vec![1, 2]), TypeKind::BYTES.not_null()),
        ];
        for (literal, ty) in cases {
            let array = to_array(&literal, &ty).unwrap();
            assert_eq!(*array.data_type(), ty.arrow_type());
            assert_eq!(from_array(&array, 0).unwrap(), literal);
        }
        assert!(to_array(&Literal::Boolean(true), &TypeKind::Int.not_null()).is_err());
    }
}
