//! Mathematical functions. Those that round work on the decimal digits of a number, as Java's BigDecimal does, never on its binary fraction.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use arrow_schema::DataType;
use dataflow::{Failure, TypeKind};

use super::call::{Argument, BoundCall, Signature, any_nullable};
use super::family::Family::Double;
use super::family::Nullability::OfArguments;
use super::family::signature;
use super::rounding::{self, Mode};
use super::{FunctionDef, Kernel, loops, temporal_rounding};
use crate::integer::Integer;
use crate::operand::Operand;
use crate::types::decimal::DecimalShape;
use crate::types::{argument_type, is_binary, is_constructed, is_integer, is_numeric};

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let ceil = FunctionDef::new(
        "CEIL",
        CEIL,
        "The least whole number, or start of a unit of time, not below.",
        whole,
        whole_number,
    );
    let mut all = vec![
        FunctionDef::new("ABS", &["ABS(<NUMERIC>)"], "The absolute value.", same_number, absolute),
        FunctionDef::new("SIGN", &["SIGN(<NUMERIC>)"], "-1, 0 or 1.", same_number, sign),
        ceil.alias("CEILING", CEIL),
        ceil,
        FunctionDef::new(
            "FLOOR",
            FLOOR,
            "The greatest whole number, or start of a unit of time, not above.",
            whole,
            whole_number,
        ),
        FunctionDef::new(
            "ROUND",
            &["ROUND(<NUMERIC>)", "ROUND(<NUMERIC>, <INTEGER>)"],
            "Rounded half up to so many digits.",
            rounded,
            round,
        ),
        FunctionDef::new(
            "TRUNCATE",
            &["TRUNCATE(<NUMERIC>)", "TRUNCATE(<NUMERIC>, <INTEGER>)"],
            "Cut to so many digits.",
            rounded,
            round,
        ),
        FunctionDef::new(
            "GREATEST",
            &["GREATEST(<COMPARABLE>...)"],
            "The greatest argument; NULL when one is NULL.",
            extreme,
            extremum,
        ),
        FunctionDef::new(
            "LEAST",
            &["LEAST(<COMPARABLE>...)"],
            "The least argument; NULL when one is NULL.",
            extreme,
            extremum,
        ),
        FunctionDef::new("PI", &["PI()"], "The ratio of a circle's circumference to its diameter.", constant, pi),
        FunctionDef::new("E", &["E()"], "The base of natural logarithms.", constant, e),
        FunctionDef::new(
            "LOG",
            &["LOG(<NUMERIC>)", "LOG(<NUMERIC>, <NUMERIC>)"],
            "The logarithm, natural or to the first argument.",
            logarithm,
            log,
        ),
        FunctionDef::new(
            "POWER",
            &["POWER(<NUMERIC>, <NUMERIC>)"],
            "The first to the power of the second.",
            two_doubles,
            power,
        ),
        FunctionDef::new(
            "ATAN2",
            &["ATAN2(<NUMERIC>, <NUMERIC>)"],
            "The angle of the point (second, first).",
            coordinates,
            atan2,
        ),
    ];
    all.extend(
        ELEMENTARY.iter().map(|(name, forms, doc, _)| FunctionDef::new(name, forms, doc, one_double, elementary)),
    );
    all
}

const CEIL: &[&str] = &["CEIL(<NUMERIC>)", "CEIL(<DATETIME> TO <TIME_UNIT>)"];
const FLOOR: &[&str] = &["FLOOR(<NUMERIC>)", "FLOOR(<DATETIME> TO <TIME_UNIT>)"];

type Elementary = (&'static str, &'static [&'static str], &'static str, fn(f64) -> f64);

/// Functions of one DOUBLE.
const ELEMENTARY: &[Elementary] = &[
    ("SQRT", &["SQRT(<NUMERIC>)"], "The square root.", f64::sqrt),
    ("EXP", &["EXP(<NUMERIC>)"], "E to the power of the argument.", f64::exp),
    ("LN", &["LN(<NUMERIC>)"], "The natural logarithm.", f64::ln),
    ("LOG10", &["LOG10(<NUMERIC>)"], "The logarithm to base 10.", f64::log10),
    ("LOG2", &["LOG2(<NUMERIC>)"], "The logarithm to base 2.", |x| x.ln() / std::f64::consts::LN_2),
    ("SIN", &["SIN(<NUMERIC>)"], "The sine.", f64::sin),
    ("COS", &["COS(<NUMERIC>)"], "The cosine.", f64::cos),
    ("TAN", &["TAN(<NUMERIC>)"], "The tangent.", f64::tan),
    ("COT", &["COT(<NUMERIC>)"], "The cotangent.", |x| 1.0 / x.tan()),
    ("ASIN", &["ASIN(<NUMERIC>)"], "The inverse sine.", f64::asin),
    ("ACOS", &["ACOS(<NUMERIC>)"], "The inverse cosine.", f64::acos),
    ("ATAN", &["ATAN(<NUMERIC>)"], "The inverse tangent.", f64::atan),
    ("SINH", &["SINH(<NUMERIC>)"], "The hyperbolic sine.", f64::sinh),
    ("COSH", &["COSH(<NUMERIC>)"], "The hyperbolic cosine.", cosh),
    ("TANH", &["TANH(<NUMERIC>)"], "The hyperbolic tangent.", f64::tanh),
    ("DEGREES", &["DEGREES(<NUMERIC>)"], "Radians as degrees.", f64::to_degrees),
    ("RADIANS", &["RADIANS(<NUMERIC>)"], "Degrees as radians.", f64::to_radians),
];

fn same_number(args: &[Argument]) -> Option<Signature> {
    let [arg] = args else { return None };
    is_numeric(arg.kind()).then_some(())?;
    Signature::unchanged(args, arg.kind().clone())
}

/// Of numbers; with a unit, of dates and times.
fn whole(args: &[Argument]) -> Option<Signature> {
    let [arg] = args else { return temporal_rounding::types(args) };
    let kind = match arg.kind() {
        TypeKind::Decimal { precision, .. } => TypeKind::Decimal { precision: *precision, scale: 0 },
        kind if is_numeric(kind) => kind.clone(),
        _ => return None,
    };
    Signature::unchanged(args, kind)
}

/// A DECIMAL loses digits when their number is a literal.
fn rounded(args: &[Argument]) -> Option<Signature> {
    let (arg, digits) = match args {
        [arg] => (arg, Some(0)),
        // Flink has no code for a BIGINT there.
        [_, digits] if *digits.kind() == TypeKind::BigInt => return None,
        [arg, digits] if is_integer(digits.kind()) || *digits.kind() == TypeKind::Null => {
            (arg, super::literal_int(digits).map(|digits| digits as i32))
        }
        _ => return None,
    };
    let result = match arg.kind() {
        TypeKind::Decimal { .. } => DecimalShape::of(arg.kind())?.rounded(digits).kind(),
        kind if is_numeric(kind) => kind.clone(),
        _ => return None,
    };
    let mut kinds = vec![arg.kind().clone()];
    kinds.extend(args.get(1).map(|_| TypeKind::Int));
    Signature::cast_to(args, &kinds, result)
}

fn extreme(args: &[Argument]) -> Option<Signature> {
    let types: Vec<_> = args.iter().map(|arg| arg.ty.without_time_attribute()).collect();
    let common = argument_type(&types).filter(|common| !is_constructed(&common.kind) && !is_binary(&common.kind))?;
    let casts = args.iter().map(|arg| common.with_nullable(arg.ty.nullable)).collect();
    Some(Signature { args: casts, result: common.with_nullable(any_nullable(args)) })
}

fn constant(args: &[Argument]) -> Option<Signature> {
    signature(args, &[], 0, TypeKind::Double, OfArguments)
}

fn one_double(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Double], 1, TypeKind::Double, OfArguments)
}

fn two_doubles(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Double, Double], 2, TypeKind::Double, OfArguments)
}

/// Flink has code for two DECIMAL and for two others.
fn coordinates(args: &[Argument]) -> Option<Signature> {
    let decimal = |arg: &Argument| matches!(arg.kind(), TypeKind::Decimal { .. });
    let [first, second] = args else { return None };
    (decimal(first) == decimal(second)).then(|| two_doubles(args))?
}

fn logarithm(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Double, Double], 1, TypeKind::Double, OfArguments)
}

fn map<T: ArrowPrimitiveType>(compute: fn(T::Native) -> T::Native) -> Kernel {
    Kernel::new(move |args, rows| {
        let values = args[0].expand(rows)?;
        let values = values.as_primitive::<T>();
        let result: PrimitiveArray<T> = values.unary(compute);
        Ok(Arc::new(result.with_data_type(values.data_type().clone())))
    })
}

fn elementary(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let function = ELEMENTARY.iter().find(|(name, ..)| *name == call.name).ok_or_else(|| call.no_kernel())?;
    Ok(map::<Float64Type>(function.3))
}

fn absolute(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(match call.result.arrow_type() {
        DataType::Int8 => map::<Int8Type>(i8::wrapping_abs),
        DataType::Int16 => map::<Int16Type>(i16::wrapping_abs),
        DataType::Int32 => map::<Int32Type>(i32::wrapping_abs),
        DataType::Int64 => map::<Int64Type>(i64::wrapping_abs),
        DataType::Float32 => map::<Float32Type>(f32::abs),
        DataType::Float64 => map::<Float64Type>(f64::abs),
        DataType::Decimal128(..) => map::<Decimal128Type>(i128::wrapping_abs),
        _ => return Err(call.no_kernel()),
    })
}

/// Zero and NaN stay as they are.
fn float_sign(value: f64) -> f64 {
    if value == 0.0 || value.is_nan() { value } else { value.signum() }
}

fn sign(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(match call.result.arrow_type() {
        DataType::Int8 => map::<Int8Type>(i8::signum),
        DataType::Int16 => map::<Int16Type>(i16::signum),
        DataType::Int32 => map::<Int32Type>(i32::signum),
        DataType::Int64 => map::<Int64Type>(i64::signum),
        DataType::Float32 => map::<Float32Type>(|value| float_sign(value.into()) as f32),
        DataType::Float64 => map::<Float64Type>(float_sign),
        DataType::Decimal128(precision, scale) => {
            let one = super::decimal::power_of_ten(scale as u32);
            Kernel::new(move |args, rows| {
                let values = args[0].expand(rows)?;
                let signs: PrimitiveArray<Decimal128Type> =
                    values.as_primitive::<Decimal128Type>().unary(|value| value.signum() * one);
                Ok(Arc::new(signs.with_precision_and_scale(precision, scale)?))
            })
        }
        _ => return Err(call.no_kernel()),
    })
}

fn whole_number(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    if call.args.len() == 2 {
        return temporal_rounding::kernel(call);
    }
    let up = call.name != "FLOOR";
    Ok(match (call.arg(0)?, call.result.arrow_type()) {
        (TypeKind::Decimal { scale, .. }, DataType::Decimal128(precision, _)) => {
            let unit = super::decimal::power_of_ten((*scale).into());
            Kernel::new(move |args, rows| {
                let values = args[0].expand(rows)?;
                let whole: PrimitiveArray<Decimal128Type> = values.as_primitive::<Decimal128Type>().unary(|value| {
                    let floor = value.div_euclid(unit);
                    if up && value.rem_euclid(unit) != 0 { floor + 1 } else { floor }
                });
                Ok(Arc::new(whole.with_precision_and_scale(precision, 0)?))
            })
        }
        (TypeKind::Float, _) => map::<Float32Type>(if up { f32::ceil } else { f32::floor }),
        (TypeKind::Double, _) => map::<Float64Type>(if up { f64::ceil } else { f64::floor }),
        _ => Kernel::new(|args, rows| Ok(args[0].expand(rows)?)),
    })
}

/// The number of digits of each row; without the argument zero.
fn digits(args: &[Operand], row: usize) -> Option<i32> {
    match args.get(1) {
        Some(digits) => digits.value::<Int32Type>(row),
        None => Some(0),
    }
}

/// As Java computes it, to the last digit.
fn cosh(value: f64) -> f64 {
    let magnitude = value.abs();
    if (0.35..22.0).contains(&magnitude) {
        let power = libm::exp(magnitude);
        return 0.5 * power + 0.5 / power;
    }
    value.cosh()
}

/// Java's BigDecimal has neither NaN nor infinity.
fn finite(value: f64) -> Result<f64, Failure> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Failure::user(format!("Infinite or NaN: {value} cannot be rounded")))
    }
}

fn round(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let mode = if call.name == "ROUND" { Mode::HalfUp } else { Mode::Down };
    Ok(match call.arg(0)? {
        TypeKind::TinyInt => round_integers::<Int8Type>(mode),
        TypeKind::SmallInt => round_integers::<Int16Type>(mode),
        TypeKind::Int => round_integers::<Int32Type>(mode),
        TypeKind::BigInt => round_integers::<Int64Type>(mode),
        TypeKind::Float => Kernel::fallible(move |args, rows| {
            let values = (0..rows).map(|row| match args[0].value::<Float32Type>(row).zip(digits(args, row)) {
                Some((value, digits)) => Ok(Some(rounding::double(finite(value.into())?, digits, mode) as f32)),
                None => Ok(None),
            });
            Ok(Arc::new(values.collect::<Result<PrimitiveArray<Float32Type>, Failure>>()?))
        }),
        TypeKind::Double => Kernel::fallible(move |args, rows| {
            let values = (0..rows).map(|row| match args[0].value::<Float64Type>(row).zip(digits(args, row)) {
                Some((value, digits)) => Ok(Some(rounding::double(finite(value)?, digits, mode))),
                None => Ok(None),
            });
            Ok(Arc::new(values.collect::<Result<PrimitiveArray<Float64Type>, Failure>>()?))
        }),
        TypeKind::Decimal { scale, .. } => {
            let (scale, shape) = (*scale, DecimalShape::of(&call.result.kind).ok_or_else(|| call.no_kernel())?);
            Kernel::new(move |args, rows| {
                let values: PrimitiveArray<Decimal128Type> = (0..rows)
                    .map(|row| {
                        let value = args[0].value::<Decimal128Type>(row)?;
                        rounding::decimal(value, scale, digits(args, row)?, shape, mode)
                    })
                    .collect();
                Ok(Arc::new(values.with_precision_and_scale(shape.precision, shape.scale as i8)?) as ArrayRef)
            })
        }
        _ => return Err(call.no_kernel()),
    })
}

fn round_integers<T: Integer>(mode: Mode) -> Kernel {
    Kernel::new(move |args, rows| {
        Ok(loops::primitives::<T>(rows, |row| {
            Some(T::wrap(rounding::integer(T::widen(args[0].value::<T>(row)?), digits(args, row)?, mode)))
        }))
    })
}

/// Compares one argument after the other with the best so far.
fn extremum(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    // Arrow's comparison is Java's compareTo: NaN is the greatest.
    let better = if call.name == "GREATEST" { arrow_ord::cmp::gt } else { arrow_ord::cmp::lt };
    Ok(Kernel::new(move |args, rows| {
        let mut best = args[0].expand(rows)?;
        for arg in &args[1..] {
            let value = arg.expand(rows)?;
            let mask = better(&value, &best)?;
            let chosen = arrow_select::zip::zip(&mask, &value, &best)?;
            // Where one is NULL the comparison is NULL, and so is the result.
            let unknown = arrow_arith::boolean::is_null(&mask)?;
            best = arrow_select::nullif::nullif(&chosen, &unknown)?;
        }
        Ok(best)
    }))
}

fn pi(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|_, rows| Ok(loops::primitives::<Float64Type>(rows, |_| Some(std::f64::consts::PI)))))
}

fn e(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|_, rows| Ok(loops::primitives::<Float64Type>(rows, |_| Some(std::f64::consts::E)))))
}

fn log(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    if call.args.len() == 1 {
        return Ok(map::<Float64Type>(f64::ln));
    }
    Ok(Kernel::new(|args, rows| {
        let log = |base: f64, x: f64| x.ln() / base.ln();
        Ok(Arc::new(loops::binary::<Float64Type, Float64Type, Float64Type>(args, rows, log)))
    }))
}

/// Java's `Math.pow`, which has no value where C's is one.
fn java_power(base: f64, exponent: f64) -> f64 {
    if exponent.is_nan() || base.abs() == 1.0 && exponent.is_infinite() { f64::NAN } else { base.powf(exponent) }
}

fn power(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        Ok(Arc::new(loops::binary::<Float64Type, Float64Type, Float64Type>(args, rows, java_power)))
    }))
}

fn atan2(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        Ok(Arc::new(loops::binary::<Float64Type, Float64Type, Float64Type>(args, rows, f64::atan2)))
    }))
}
