//! The catalogue: every function and operator with its name, forms, result type rule and kernel, one file a family.
//!
//! The binder asks [`resolve`]; [`compile`](crate::compile()) takes the kernel; SHOW FUNCTIONS reads [`catalogue`]. What Flink has and this catalogue
//! has not is listed in [`known`], so that the message can tell the two apart.

mod arithmetic;
mod arrays;
pub(crate) mod bitmaps;
mod call;
mod classes;
mod clock;
mod collections;
pub(crate) mod comparison;
mod conditional;
mod date_pattern;
mod date_text;
pub(crate) mod decimal;
mod encoding;
mod equality;
mod error;
mod extract;
mod family;
mod hash_code;
mod inet;
mod interval;
mod java_pattern;
pub(crate) mod json;
mod json_build;
mod json_path;
mod known;
mod logic;
pub(crate) mod loops;
mod maps;
mod math;
mod moment;
mod pattern;
mod printf;
mod random;
mod regexes;
mod rounding;
mod search;
mod temporal_arithmetic;
mod temporal_rounding;
mod text;
mod url;
mod variants;

use std::collections::HashMap;
use std::sync::LazyLock;

use arrow_array::ArrayRef;
use dataflow::{Failure, Literal, LogicalType};

pub use call::{Argument, BoundCall, Signature};
pub use error::FunctionError;

use crate::operand::Operand;

/// Computes one value a row. All arguments may be constants, only when the function is not deterministic or failed to fold.
pub type KernelFn = Box<dyn Fn(&[Operand], usize) -> Result<ArrayRef, Failure> + Send + Sync>;

/// A compiled function.
pub struct Kernel {
    /// The code.
    pub run: KernelFn,
    /// Whether a row's values can make it fail.
    pub fallible: bool,
}

impl Kernel {
    /// A kernel that no value can make fail.
    pub fn new(run: impl Fn(&[Operand], usize) -> Result<ArrayRef, Failure> + Send + Sync + 'static) -> Self {
        Self { run: Box::new(run), fallible: false }
    }

    /// A kernel that fails on some values.
    pub fn fallible(run: impl Fn(&[Operand], usize) -> Result<ArrayRef, Failure> + Send + Sync + 'static) -> Self {
        Self { run: Box::new(run), fallible: true }
    }
}

/// How a function is evaluated.
#[derive(Clone, Copy)]
pub enum Implementation {
    /// Arguments first, then the kernel.
    Kernel(fn(&BoundCall<'_>) -> Result<Kernel, Failure>),
    /// Arguments only for the rows that reach them; [`compile`](crate::compile()) knows how.
    Lazy,
}

/// A function of the catalogue.
pub struct FunctionDef {
    /// Name, upper case.
    pub name: &'static str,
    /// The forms that it takes, as Flink prints them: `UPPER(<CHARACTER>)`.
    pub forms: &'static [&'static str],
    /// One line of documentation.
    pub doc: &'static str,
    /// Whether equal arguments give equal results.
    pub deterministic: bool,
    /// What the arguments are cast to and what the result is; `None`: it does not take these.
    pub infer: fn(&[Argument]) -> Option<Signature>,
    /// How it is evaluated.
    pub implementation: Implementation,
}

impl FunctionDef {
    /// A deterministic function with a kernel.
    pub(crate) const fn new(
        name: &'static str,
        forms: &'static [&'static str],
        doc: &'static str,
        infer: fn(&[Argument]) -> Option<Signature>,
        kernel: fn(&BoundCall<'_>) -> Result<Kernel, Failure>,
    ) -> Self {
        Self { name, forms, doc, deterministic: true, infer, implementation: Implementation::Kernel(kernel) }
    }

    /// A function that evaluates its arguments only where needed.
    pub(crate) const fn lazy(
        name: &'static str,
        forms: &'static [&'static str],
        doc: &'static str,
        infer: fn(&[Argument]) -> Option<Signature>,
    ) -> Self {
        Self { name, forms, doc, deterministic: true, infer, implementation: Implementation::Lazy }
    }

    /// The same function under another name.
    pub(crate) const fn alias(&self, name: &'static str, forms: &'static [&'static str]) -> Self {
        Self {
            name,
            forms,
            doc: self.doc,
            deterministic: self.deterministic,
            infer: self.infer,
            implementation: self.implementation,
        }
    }
}

/// What a call means.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedCall {
    /// Catalogue name.
    pub function: String,
    /// What the arguments have to be cast to.
    pub arg_types: Vec<LogicalType>,
    /// Result type.
    pub result: LogicalType,
}

static CATALOGUE: LazyLock<Vec<FunctionDef>> = LazyLock::new(|| {
    let mut all: Vec<FunctionDef> = Vec::new();
    all.extend(arithmetic::functions());
    all.extend(arrays::functions());
    all.extend(bitmaps::functions());
    all.extend(classes::functions());
    all.extend(clock::functions());
    all.extend(collections::functions());
    all.extend(comparison::functions());
    all.extend(conditional::functions());
    all.extend(date_text::functions());
    all.extend(encoding::functions());
    all.extend(extract::functions());
    all.extend(hash_code::functions());
    all.extend(inet::functions());
    all.extend(json::functions());
    all.extend(json_build::functions());
    all.extend(json_path::functions());
    all.extend(logic::functions());
    all.extend(maps::functions());
    all.extend(math::functions());
    all.extend(printf::functions());
    all.extend(random::functions());
    all.extend(regexes::functions());
    all.extend(search::functions());
    all.extend(temporal_arithmetic::functions());
    all.extend(text::functions());
    all.extend(variants::functions());
    all.sort_by_key(|function| function.name);
    all
});

static BY_NAME: LazyLock<HashMap<&'static str, &'static FunctionDef>> =
    LazyLock::new(|| CATALOGUE.iter().map(|function| (function.name, function)).collect());

/// All functions, by name.
pub fn catalogue() -> &'static [FunctionDef] {
    &CATALOGUE
}

/// The function of that name, in upper case.
pub fn find(name: &str) -> Option<&'static FunctionDef> {
    BY_NAME.get(name).copied()
}

/// The function that stands for a Java class, by the name of the class.
pub fn find_class(class: &str) -> Option<&'static FunctionDef> {
    find(&class.to_uppercase()).filter(|function| function.name.contains('.'))
}

/// What a call with arguments of these types means. Function names are not case-sensitive.
///
/// For functions whose result type depends on a constant (`ROUND(x, 2)`) or that take a unit, use [`resolve_arguments`].
pub fn resolve(name: &str, args: &[LogicalType]) -> Result<ResolvedCall, FunctionError> {
    let args: Vec<Argument> = args.iter().map(|ty| Argument { ty: ty.clone(), literal: None }).collect();
    resolve_arguments(name, &args)
}

/// What a call with these arguments means, the values of literal ones known.
pub fn resolve_arguments(name: &str, args: &[Argument]) -> Result<ResolvedCall, FunctionError> {
    let name = name.to_uppercase();
    let function = find(&name).ok_or_else(|| FunctionError::missing(&name, args))?;
    let Some(Signature { args: arg_types, result }) = (function.infer)(args) else {
        return Err(FunctionError::refused(function, args));
    };
    Ok(ResolvedCall { function: name, arg_types, result })
}

/// The literal as an integer.
pub(crate) fn literal_int(argument: &Argument) -> Option<i64> {
    match argument.literal {
        Some(Literal::Int(value)) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
