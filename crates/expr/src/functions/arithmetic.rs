//! `+ - * / %` and unary minus: over numbers here, over DECIMAL in [`super::decimal`], over dates, times and intervals in [`super::interval`].
//!
//! Integers wrap around, and divide towards zero; division of an integer by zero fails, of a DOUBLE it gives infinity or NaN, as in Java. A
//! constant divided by a constant zero has a message of its own in Flink, whatever the types.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType};
use arrow_schema::DataType;
use dataflow::{Failure, TypeKind};

use super::call::{Argument, BoundCall, Signature, any_nullable};
use super::{FunctionDef, Kernel, decimal, interval, loops};
use crate::types::decimal::DecimalShape;
use crate::types::{common_type, is_exact, is_integer, is_interval, is_numeric};

const PLUS: &[&str] = &[
    "<NUMERIC> + <NUMERIC>",
    "<DATETIME_INTERVAL> + <DATETIME_INTERVAL>",
    "<DATETIME> + <DATETIME_INTERVAL>",
    "<DATETIME_INTERVAL> + <DATETIME>",
];
const MINUS: &[&str] =
    &["<NUMERIC> - <NUMERIC>", "<DATETIME_INTERVAL> - <DATETIME_INTERVAL>", "<DATETIME> - <DATETIME_INTERVAL>"];
const TIMES: &[&str] = &["<NUMERIC> * <NUMERIC>", "<DATETIME_INTERVAL> * <NUMERIC>", "<NUMERIC> * <DATETIME_INTERVAL>"];

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let modulo = FunctionDef::new("%", &["<EXACT_NUMERIC> % <EXACT_NUMERIC>"], "Remainder.", modulo, compile);
    let named = modulo.alias("MOD", &["MOD(<EXACT_NUMERIC>, <EXACT_NUMERIC>)"]);
    vec![
        FunctionDef::new("+", PLUS, "Sum.", plus, compile),
        FunctionDef::new("-", MINUS, "Difference.", minus, compile),
        FunctionDef::new("*", TIMES, "Product.", times, compile),
        FunctionDef::new("/", &["<NUMERIC> / <NUMERIC>"], "Quotient; of integers, towards zero.", divide, compile),
        modulo,
        named,
        FunctionDef::new("NEGATE", &["-<NUMERIC>", "-<DATETIME_INTERVAL>"], "The negative.", negated, negate),
    ]
}

/// Numbers: DECIMAL by its own rule, else the least restrictive type, to which both are cast.
fn numeric(args: &[Argument], shape: fn(DecimalShape, DecimalShape) -> DecimalShape) -> Option<Signature> {
    let [left, right] = args else { return None };
    let (a, b) = (left.kind(), right.kind());
    if !is_numeric(a) || !is_numeric(b) {
        return None;
    }
    if is_exact(a) && is_exact(b) && !(is_integer(a) && is_integer(b)) {
        let (a, b) = (DecimalShape::of(a)?, DecimalShape::of(b)?);
        return Signature::cast_to(args, &[a.kind(), b.kind()], shape(a, b).kind());
    }
    let common = common_type(&[left.ty.clone(), right.ty.clone()])?.kind;
    Signature::cast_to(args, &[common.clone(), common.clone()], common)
}

fn plus(args: &[Argument]) -> Option<Signature> {
    numeric(args, DecimalShape::sum).or_else(|| interval::plus(args))
}

fn minus(args: &[Argument]) -> Option<Signature> {
    numeric(args, DecimalShape::sum).or_else(|| interval::minus(args))
}

fn times(args: &[Argument]) -> Option<Signature> {
    numeric(args, DecimalShape::product).or_else(|| interval::times(args))
}

fn divide(args: &[Argument]) -> Option<Signature> {
    numeric(args, DecimalShape::quotient)
}

/// Of whole numbers, the result has the type of the divisor.
fn modulo(args: &[Argument]) -> Option<Signature> {
    let [left, right] = args else { return None };
    if !is_exact(left.kind()) || !is_exact(right.kind()) {
        return None;
    }
    let signature = numeric(args, DecimalShape::remainder)?;
    let whole = |kind: &TypeKind| DecimalShape::of(kind).is_some_and(|shape| shape.scale == 0);
    if !whole(left.kind()) || !whole(right.kind()) {
        return Some(signature);
    }
    Some(Signature { result: right.kind().clone().not_null().with_nullable(any_nullable(args)), ..signature })
}

fn negated(args: &[Argument]) -> Option<Signature> {
    let [arg] = args else { return None };
    (is_numeric(arg.kind()) || is_interval(arg.kind())).then_some(())?;
    Signature::unchanged(args, arg.kind().clone())
}

fn compile(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let divides = matches!(call.name, "/" | "%" | "MOD");
    if divides && constant_zero_division(call) {
        return Ok(Kernel::fallible(|_, _| Err(Failure::user("Division by zero").fatal())));
    }
    let (left, right) = (call.arg(0)?, call.arg(1)?);
    if !is_numeric(left) || !is_numeric(right) {
        return interval::kernel(call);
    }
    if matches!(left, TypeKind::Decimal { .. }) {
        let kernel = decimal::kernel(call)?;
        return Ok(if is_integer(&call.result.kind) { narrowed(kernel, call.result.arrow_type()) } else { kernel });
    }
    let kernel = match left {
        TypeKind::TinyInt => integers::<Int8Type>(call.name),
        TypeKind::SmallInt => integers::<Int16Type>(call.name),
        TypeKind::Int => integers::<Int32Type>(call.name),
        TypeKind::BigInt => integers::<Int64Type>(call.name),
        TypeKind::Float => floats::<Float32Type>(call.name),
        TypeKind::Double => floats::<Float64Type>(call.name),
        _ => None,
    };
    let kernel = kernel.ok_or_else(|| call.no_kernel())?;
    Ok(if left == &call.result.kind { kernel } else { narrowed(kernel, call.result.arrow_type()) })
}

fn integers<T: ArrowPrimitiveType>(operator: &str) -> Option<Kernel>
where
    T::Native: ArrowNativeTypeOp,
{
    Some(match operator {
        "+" => infallible::<T>(T::Native::add_wrapping),
        "-" => infallible::<T>(T::Native::sub_wrapping),
        "*" => infallible::<T>(T::Native::mul_wrapping),
        "/" => dividing::<T>(T::Native::div_wrapping),
        "%" | "MOD" => dividing::<T>(T::Native::mod_wrapping),
        _ => return None,
    })
}

fn floats<T: ArrowPrimitiveType>(operator: &str) -> Option<Kernel>
where
    T::Native: ArrowNativeTypeOp,
{
    Some(match operator {
        "/" => infallible::<T>(T::Native::div_wrapping),
        "%" | "MOD" => return None,
        _ => return integers::<T>(operator),
    })
}

fn infallible<T: ArrowPrimitiveType>(compute: fn(T::Native, T::Native) -> T::Native) -> Kernel {
    Kernel::new(move |args, rows| Ok(Arc::new(loops::binary::<T, T, T>(args, rows, compute))))
}

fn dividing<T: ArrowPrimitiveType>(compute: fn(T::Native, T::Native) -> T::Native) -> Kernel
where
    T::Native: ArrowNativeTypeOp,
{
    Kernel::fallible(move |args, rows| {
        let result = loops::try_binary::<T, T, T>(args, rows, |a, b| match b.is_zero() {
            true => Err(Failure::user("/ by zero")),
            false => Ok(compute(a, b)),
        })?;
        Ok(Arc::new(result))
    })
}

/// Narrows the remainder to the type of the divisor, which holds it.
fn narrowed(kernel: Kernel, to: DataType) -> Kernel {
    let Kernel { run, .. } = kernel;
    Kernel::fallible(move |args, rows| Ok(arrow_cast::cast(&run(args, rows)?, &to)?))
}

/// Whether both operands are constant, and the divisor zero.
fn constant_zero_division(call: &BoundCall<'_>) -> bool {
    match call.constants {
        [Some(dividend), Some(divisor)] => dividend.is_valid(0) && is_zero(divisor),
        _ => false,
    }
}

/// Whether it is a number that is zero.
fn is_zero(constant: &ArrayRef) -> bool {
    if constant.is_null(0) {
        return false;
    }
    match constant.data_type() {
        DataType::Int8 => constant.as_primitive::<Int8Type>().value(0) == 0,
        DataType::Int16 => constant.as_primitive::<Int16Type>().value(0) == 0,
        DataType::Int32 => constant.as_primitive::<Int32Type>().value(0) == 0,
        DataType::Int64 => constant.as_primitive::<Int64Type>().value(0) == 0,
        DataType::Float32 => constant.as_primitive::<Float32Type>().value(0) == 0.0,
        DataType::Float64 => constant.as_primitive::<Float64Type>().value(0) == 0.0,
        DataType::Decimal128(..) => constant.as_primitive::<Decimal128Type>().value(0) == 0,
        _ => false,
    }
}

fn negate(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(match call.result.arrow_type() {
        DataType::Int8 => negating::<Int8Type>(),
        DataType::Int16 => negating::<Int16Type>(),
        DataType::Int32 => negating::<Int32Type>(),
        DataType::Int64 => negating::<Int64Type>(),
        DataType::Float32 => negating::<Float32Type>(),
        DataType::Float64 => negating::<Float64Type>(),
        DataType::Decimal128(..) => negating::<Decimal128Type>(),
        _ => return Err(call.no_kernel()),
    })
}

fn negating<T: ArrowPrimitiveType>() -> Kernel
where
    T::Native: ArrowNativeTypeOp,
{
    Kernel::new(|args, rows| {
        let values = args[0].expand(rows)?;
        let values = values.as_primitive::<T>();
        let negative = values.unary::<_, T>(|value| value.neg_wrapping());
        Ok(Arc::new(negative.with_data_type(values.data_type().clone())))
    })
}
