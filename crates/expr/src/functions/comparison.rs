//! `=`, `<>`, `<`, `<=`, `>`, `>=` and IS [NOT] DISTINCT FROM.
//!
//! FLOAT and DOUBLE compare as in Java: NaN equals nothing and -0.0 equals 0.0. Text compares by its bytes, blanks included.

use std::sync::Arc;

use arrow_arith::boolean::{and_kleene, is_null, not, or_kleene};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_ord::cmp;
use arrow_schema::DataType;
use dataflow::{Failure, LogicalType, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::equality::equality;
use super::{FunctionDef, Kernel};
use crate::operand::Operand;
use crate::types::{comparison_type, is_character, is_constructed, is_numeric};

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let equal = |name, forms, doc| FunctionDef::new(name, forms, doc, equated, compile);
    let new = |name, forms, doc| FunctionDef::new(name, forms, doc, ordered, compile);
    let distinct = |name, forms, doc| FunctionDef::new(name, forms, doc, distinguished, compile_distinct);
    vec![
        equal("=", &["<COMPARABLE_TYPE> = <COMPARABLE_TYPE>"], "Whether both are equal."),
        equal("<>", &["<COMPARABLE_TYPE> <> <COMPARABLE_TYPE>"], "Whether both differ."),
        new("<", &["<COMPARABLE_TYPE> < <COMPARABLE_TYPE>"], "Whether the first is less."),
        new("<=", &["<COMPARABLE_TYPE> <= <COMPARABLE_TYPE>"], "Whether the first is not greater."),
        new(">", &["<COMPARABLE_TYPE> > <COMPARABLE_TYPE>"], "Whether the first is greater."),
        new(">=", &["<COMPARABLE_TYPE> >= <COMPARABLE_TYPE>"], "Whether the first is not less."),
        distinct(
            "IS DISTINCT FROM",
            &["<COMPARABLE_TYPE> IS DISTINCT FROM <COMPARABLE_TYPE>"],
            "Whether both differ; NULL equals NULL.",
        ),
        distinct(
            "IS NOT DISTINCT FROM",
            &["<COMPARABLE_TYPE> IS NOT DISTINCT FROM <COMPARABLE_TYPE>"],
            "Whether both are equal; NULL equals NULL.",
        ),
    ]
}

fn compared(args: &[Argument]) -> Option<Signature> {
    let [left, right] = args else { return None };
    let common = comparison_type(&left.ty, &right.ty)?;
    let layout = common.arrow_type();
    // An instant and a local time have one layout and do not compare.
    let instant = |ty: &LogicalType| matches!(ty.kind, TypeKind::TimestampLtz { .. });
    let mixed = instant(&left.ty) != instant(&right.ty);
    let cast = |arg: &Argument| match arg.ty.arrow_type() == layout && !mixed {
        true => arg.ty.without_time_attribute(),
        false => common.with_nullable(arg.ty.nullable),
    };
    let nullable = may_be_unknown(&left.ty) || may_be_unknown(&right.ty);
    Some(Signature {
        args: args.iter().map(cast).collect(),
        result: TypeKind::Boolean.not_null().with_nullable(nullable),
    })
}

/// Whether a comparison of it may be NULL: also when a field of a ROW is.
fn may_be_unknown(ty: &LogicalType) -> bool {
    match &ty.kind {
        TypeKind::Row(row) => ty.nullable || row.fields.iter().any(|field| may_be_unknown(&field.ty)),
        _ => ty.nullable,
    }
}

/// Whatever has a common type can be equal.
fn equated(args: &[Argument]) -> Option<Signature> {
    compared(args)
}

/// Constructed values have no order. A text is less or greater than a number or a BOOLEAN as one of them, though it never equals one.
fn ordered(args: &[Argument]) -> Option<Signature> {
    if let Some(kind) = read_as(args) {
        let nullable = args.iter().any(|arg| arg.ty.nullable);
        let casts = args.iter().map(|arg| kind.clone().not_null().with_nullable(arg.ty.nullable)).collect();
        return Some(Signature { args: casts, result: TypeKind::Boolean.not_null().with_nullable(nullable) });
    }
    let signature = compared(args)?;
    (!signature.args.iter().any(|ty| is_constructed(&ty.kind))).then_some(signature)
}

/// What a text is read as beside a number or a BOOLEAN.
fn read_as(args: &[Argument]) -> Option<TypeKind> {
    let other = match args {
        [text, other] if is_character(text.kind()) => other,
        [other, text] if is_character(text.kind()) => other,
        _ => return None,
    };
    match other.kind() {
        TypeKind::TinyInt | TypeKind::SmallInt => Some(TypeKind::Int),
        kind if is_numeric(kind) || *kind == TypeKind::Boolean => Some(kind.clone()),
        _ => None,
    }
}

fn distinguished(args: &[Argument]) -> Option<Signature> {
    Some(Signature { result: TypeKind::Boolean.not_null(), ..equated(args)? })
}

fn compile(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    kernel(call.name, call.arg(0)?)
}

/// The comparison `operator` of two values of one Arrow layout.
pub(crate) fn kernel(operator: &'static str, kind: &TypeKind) -> Result<Kernel, Failure> {
    let layout = kind.clone().nullable().arrow_type();
    Ok(match layout {
        DataType::Float32 => floats::<Float32Type>(operator),
        DataType::Float64 => floats::<Float64Type>(operator),
        DataType::List(_) | DataType::Map(..) => collections(operator),
        DataType::Struct(_) => rows_of(operator, kind)?,
        DataType::Null => Kernel::new(|_, rows| Ok(Arc::new(BooleanArray::new_null(rows)))),
        _ => {
            let compare = match operator {
                "=" => cmp::eq,
                "<>" => cmp::neq,
                "<" => cmp::lt,
                "<=" => cmp::lt_eq,
                ">" => cmp::gt,
                _ => cmp::gt_eq,
            };
            Kernel::new(move |args, rows| {
                if args.iter().any(Operand::is_constant_null) {
                    return Ok(Arc::new(BooleanArray::new_null(rows)));
                }
                if args.iter().all(Operand::is_constant) {
                    let single = compare(args[0].array(), args[1].array())?;
                    return Ok(crate::operand::repeat(&(Arc::new(single) as ArrayRef), rows)?);
                }
                Ok(Arc::new(compare(args[0].datum().as_ref(), args[1].datum().as_ref())?))
            })
        }
    })
}

fn floats<T: ArrowPrimitiveType>(operator: &'static str) -> Kernel
where
    T::Native: PartialOrd,
{
    match operator {
        "=" => float_loop::<T>(|a, b| a == b),
        "<>" => float_loop::<T>(|a, b| a != b),
        "<" => float_loop::<T>(|a, b| a < b),
        "<=" => float_loop::<T>(|a, b| a <= b),
        ">" => float_loop::<T>(|a, b| a > b),
        _ => float_loop::<T>(|a, b| a >= b),
    }
}

fn float_loop<T: ArrowPrimitiveType>(compare: fn(T::Native, T::Native) -> bool) -> Kernel {
    Kernel::new(move |args, rows| {
        let (left, right) = (args[0].primitive::<T>(), args[1].primitive::<T>());
        if args.iter().any(Operand::is_constant_null) {
            return Ok(Arc::new(BooleanArray::new_null(rows)));
        }
        let (a, b) = (left.values(), right.values());
        let values = match (&args[0], &args[1]) {
            (Operand::Column(_), Operand::Column(_)) => {
                BooleanBuffer::collect_bool(rows, |row| compare(a[row], b[row]))
            }
            (Operand::Column(_), Operand::Constant(_)) => {
                BooleanBuffer::collect_bool(rows, |row| compare(a[row], b[0]))
            }
            (Operand::Constant(_), Operand::Column(_)) => {
                BooleanBuffer::collect_bool(rows, |row| compare(a[0], b[row]))
            }
            _ => BooleanBuffer::collect_bool(rows, |_| compare(a[0], b[0])),
        };
        Ok(Arc::new(BooleanArray::new(values, union_nulls(args))))
    })
}

/// Nulls of the columns among two operands.
fn union_nulls(args: &[Operand]) -> Option<NullBuffer> {
    let nulls = |operand: &Operand| match operand {
        Operand::Column(array) => array.logical_nulls(),
        Operand::Constant(_) => None,
    };
    NullBuffer::union(nulls(&args[0]).as_ref(), nulls(&args[1]).as_ref())
}

/// ARRAY, MAP and MULTISET: by what is in them; two NULL elements are equal.
fn collections(operator: &'static str) -> Kernel {
    let wanted = operator == "=";
    Kernel::new(move |args, rows| {
        let (left, right) = (args[0].expand(rows)?, args[1].expand(rows)?);
        let nulls = NullBuffer::union(left.logical_nulls().as_ref(), right.logical_nulls().as_ref());
        let same = equality(&left, &right)?;
        let equal = BooleanBuffer::collect_bool(rows, |row| same(row, row) == wanted);
        Ok(Arc::new(BooleanArray::new(equal, nulls)))
    })
}

/// ROW: equal when all fields are, unknown when a field is and none differs.
fn rows_of(operator: &'static str, kind: &TypeKind) -> Result<Kernel, Failure> {
    let TypeKind::Row(row) = kind else { return Err(Failure::internal("a ROW is compared by another type")) };
    let fields = row.fields.iter().map(|field| kernel("=", &field.ty.kind)).collect::<Result<Vec<_>, _>>()?;
    let wanted = operator == "=";
    Ok(Kernel::new(move |args, rows| {
        let (left, right) = (args[0].expand(rows)?, args[1].expand(rows)?);
        let nulls = NullBuffer::union(left.logical_nulls().as_ref(), right.logical_nulls().as_ref());
        let mut equal = BooleanArray::new(BooleanBuffer::new_set(rows), nulls);
        for (index, field) in fields.iter().enumerate() {
            let operand = |array: &ArrayRef| Operand::Column(array.as_struct().column(index).clone());
            let same = (field.run)(&[operand(&left), operand(&right)], rows)?;
            equal = and_kleene(&equal, same.as_boolean())?;
        }
        Ok(Arc::new(if wanted { equal } else { not(&equal)? }))
    }))
}

fn compile_distinct(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let different = kernel("<>", call.arg(0)?)?;
    let negated = call.name == "IS NOT DISTINCT FROM";
    Ok(Kernel::new(move |args, rows| {
        let (left, right) = (args[0].expand(rows)?, args[1].expand(rows)?);
        let different = (different.run)(args, rows)?;
        let one_null = cmp::neq(&is_null(&left)?, &is_null(&right)?)?;
        // Both NULL: the comparison is NULL, and they do not differ.
        let distinct = or_kleene(&one_null, different.as_boolean())?;
        let distinct = match distinct.null_count() {
            0 => distinct,
            _ => arrow_select::filter::prep_null_mask_filter(&distinct),
        };
        Ok(Arc::new(if negated { not(&distinct)? } else { distinct }))
    }))
}
