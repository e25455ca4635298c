//! A call, as the rules that type it and the code that compiles it see it.

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::{Array, types::Int32Type};
use arrow_schema::DataType;
use dataflow::{Failure, Literal, LogicalType, TypeKind};

use crate::context::EvalContext;

/// An argument of a call that is to be typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// Its type.
    pub ty: LogicalType,
    /// Its value, when it is a literal.
    pub literal: Option<Literal>,
}

impl Argument {
    /// Its type without nullability.
    pub(crate) fn kind(&self) -> &TypeKind {
        &self.ty.kind
    }
}

/// What a function takes and gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    /// Types that the arguments are cast to.
    pub args: Vec<LogicalType>,
    /// Result type.
    pub result: LogicalType,
}

impl Signature {
    /// Arguments as they are; the result is nullable when an argument is.
    pub(crate) fn unchanged(args: &[Argument], result: TypeKind) -> Option<Signature> {
        Signature::with_result(args, result.not_null().with_nullable(any_nullable(args)))
    }

    /// Arguments as they are, and exactly this result.
    pub(crate) fn with_result(args: &[Argument], result: LogicalType) -> Option<Signature> {
        Some(Signature { args: args.iter().map(|arg| arg.ty.without_time_attribute()).collect(), result })
    }

    /// Arguments cast to these kinds, nullable as they are; the result is nullable when an argument is.
    pub(crate) fn cast_to(args: &[Argument], kinds: &[TypeKind], result: TypeKind) -> Option<Signature> {
        let cast = |(arg, kind): (&Argument, &TypeKind)| kind.clone().not_null().with_nullable(arg.ty.nullable);
        Some(Signature {
            args: args.iter().zip(kinds).map(cast).collect(),
            result: result.not_null().with_nullable(any_nullable(args)),
        })
    }
}

/// Whether one of the arguments may be NULL.
pub(crate) fn any_nullable(args: &[Argument]) -> bool {
    args.iter().any(|arg| arg.ty.nullable || arg.ty.kind == TypeKind::Null)
}

/// A typed call that is to be compiled.
pub struct BoundCall<'a> {
    /// Catalogue name.
    pub name: &'static str,
    /// Argument types.
    pub args: &'a [LogicalType],
    /// Result type.
    pub result: &'a LogicalType,
    /// Arrays of length one for the arguments that are constant.
    pub constants: &'a [Option<ArrayRef>],
    /// Zone and clock.
    pub context: &'a EvalContext,
}

impl BoundCall<'_> {
    /// The type of an argument; a failure when there is no such argument.
    pub(crate) fn arg(&self, index: usize) -> Result<&TypeKind, Failure> {
        self.args
            .get(index)
            .map(|ty| &ty.kind)
            .ok_or_else(|| Failure::internal(format!("{} is called with {} arguments", self.name, self.args.len())))
    }

    /// The text of a constant argument; `None` when it is no constant or NULL.
    pub(crate) fn constant_text(&self, index: usize) -> Option<&str> {
        let array = self.constants.get(index)?.as_ref()?;
        match array.data_type() {
            DataType::Utf8 if array.is_valid(0) => Some(array.as_string::<i32>().value(0)),
            _ => None,
        }
    }

    /// The value of a constant INT argument.
    pub(crate) fn constant_int(&self, index: usize) -> Option<i32> {
        let array = self.constants.get(index)?.as_ref()?;
        match array.data_type() {
            DataType::Int32 if array.is_valid(0) => Some(array.as_primitive::<Int32Type>().value(0)),
            _ => None,
        }
    }

    /// There is no kernel for these argument types: the planner and this crate disagree.
    pub(crate) fn no_kernel(&self) -> Failure {
        let types: Vec<String> = self.args.iter().map(LogicalType::to_string).collect();
        Failure::internal(format!("{} has no kernel for ({})", self.name, types.join(", ")))
    }
}
