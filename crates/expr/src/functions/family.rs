//! Families of types that arguments belong to, and what they are cast to: the declarative half of a function's signature.

use dataflow::{LogicalType, TypeKind};

use super::call::{Argument, Signature, any_nullable};
use crate::types::{is_binary, is_character, is_integer, is_numeric};

/// A family of argument types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// CHAR or VARCHAR, as it is.
    Text,
    /// BINARY or VARBINARY, as it is.
    Bytes,
    /// An integer, cast to INT.
    Int,
    /// An integer, cast to BIGINT.
    Long,
    /// A number, cast to DOUBLE.
    Double,
}

impl Family {
    /// What an argument of this kind is cast to; `None` when it is not of the family.
    fn cast(self, kind: &TypeKind) -> Option<TypeKind> {
        let null = *kind == TypeKind::Null;
        match self {
            Family::Text if null => Some(TypeKind::STRING),
            Family::Text => is_character(kind).then(|| kind.clone()),
            Family::Bytes if null => Some(TypeKind::BYTES),
            Family::Bytes => is_binary(kind).then(|| kind.clone()),
            Family::Int => (null || is_integer(kind)).then_some(TypeKind::Int),
            Family::Long => (null || is_integer(kind)).then_some(TypeKind::BigInt),
            Family::Double => (null || is_numeric(kind)).then_some(TypeKind::Double),
        }
    }
}

/// When a result may be NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nullability {
    /// When an argument may be.
    OfArguments,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A signature of these families, the last ones optional; `None` when the arguments do not fit.
pub(crate) fn signature(
    args: &[Argument],
    families: &[Family],
    required: usize,
    result: TypeKind,
    nullability: Nullability,
) -> Option<Signature> {
    if args.len() < required || args.len() > families.len() {
        return None;
    }
    let cast =
        |(arg, family): (&Argument, &Family)| Some(family.cast(arg.kind())?.not_null().with_nullable(arg.ty.nullable));
    let types = args.iter().zip(families).map(cast).collect::<Option<Vec<LogicalType>>>()?;
    let nullable = match nullability {
        Nullability::OfArguments => any_nullable(args),
        Nullability::Always => true,
        Nullability::Never => false,
    };
    Some(Signature { args: types, result: result.not_null().with_nullable(nullable) })
}

/// VARCHAR of the length of a text argument.
pub(crate) fn varchar_of(arg: Option<&Argument>) -> TypeKind {
    match arg.and_then(|arg| crate::types::length(arg.kind())) {
        Some(length) => TypeKind::Varchar { length },
        None => TypeKind::STRING,
    }
}
