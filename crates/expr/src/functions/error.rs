//! Why a call has no meaning, in Flink's words.

use dataflow::{LogicalType, TypeKind};

use super::call::Argument;
use super::{FunctionDef, catalogue, known};
use crate::types::names::{calcite_name, root_name};
use crate::types::{common_type, is_character, is_interval, is_numeric};

/// Why a call could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunctionError {
    /// Flink has no such function.
    #[error("{message}")]
    Unknown {
        /// Flink's message.
        message: String,
        /// A function of a similar name.
        nearest: Option<&'static str>,
    },
    /// Flink has it, the catalogue has not.
    #[error("function {name} is not supported yet")]
    NotSupported {
        /// Name, upper case.
        name: String,
        /// A supported function of a similar name.
        nearest: Option<&'static str>,
    },
    /// It does not take these arguments.
    #[error("{message}")]
    BadArguments {
        /// Flink's message.
        message: String,
        /// What it takes, when the message does not say so.
        hint: Option<String>,
    },
}

impl FunctionError {
    /// What may help, for the hint of a message.
    pub fn hint(&self) -> Option<String> {
        match self {
            FunctionError::Unknown { nearest, .. } | FunctionError::NotSupported { nearest, .. } => {
                nearest.map(|name| format!("the nearest function is {name}; SHOW FUNCTIONS lists all"))
            }
            FunctionError::BadArguments { hint, .. } => hint.clone(),
        }
    }

    /// There is no such function here.
    pub(crate) fn missing(name: &str, args: &[Argument]) -> FunctionError {
        let types: Vec<LogicalType> = args.iter().map(|arg| arg.ty.clone()).collect();
        FunctionError::missing_types(name, &types)
    }

    /// There is no such function or aggregate here.
    pub(crate) fn missing_types(name: &str, args: &[LogicalType]) -> FunctionError {
        if known::is_known(name) {
            return FunctionError::NotSupported { name: name.to_owned(), nearest: nearest(name) };
        }
        let families: Vec<String> = args.iter().map(family).collect();
        let message = format!("No match found for function signature {name}({})", families.join(", "));
        FunctionError::Unknown { message, nearest: nearest(name) }
    }

    /// The function does not take these arguments.
    pub(crate) fn refused(function: &FunctionDef, args: &[Argument]) -> FunctionError {
        if let Some(message) = unconvertible(function.name, args).or_else(|| mixed(function.name, args)) {
            let hint = Some(format!("{} takes: {}", function.name, function.forms.join(", ")));
            return FunctionError::BadArguments { message, hint };
        }
        let types: Vec<LogicalType> = args.iter().map(|arg| arg.ty.clone()).collect();
        FunctionError::cannot_apply(function.name, function.forms, &types)
    }

    /// `Cannot apply 'F' to arguments of type 'F(<INTEGER>)'. Supported form(s): ...`
    pub(crate) fn cannot_apply(name: &str, forms: &[&str], args: &[LogicalType]) -> FunctionError {
        let types: Vec<String> = args.iter().map(|ty| format!("<{}>", calcite_name(&ty.kind))).collect();
        let shown = match types.as_slice() {
            [left, right] if is_infix(name) => format!("{left} {name} {right}"),
            _ => format!("{name}({})", types.join(", ")),
        };
        let forms: Vec<String> = forms.iter().map(|form| format!("'{form}'")).collect();
        let message =
            format!("Cannot apply '{name}' to arguments of type '{shown}'. Supported form(s): {}", forms.join("\n"));
        FunctionError::BadArguments { message, hint: None }
    }
}

/// Whether a call of two arguments is written with its name between them.
fn is_infix(name: &str) -> bool {
    !name.starts_with(char::is_alphabetic) || matches!(name, "AND" | "OR" | "LIKE") || name.contains(' ')
}

/// What Flink says of functions that it types in its own way: arguments that have no common type.
fn mixed(name: &str, args: &[Argument]) -> Option<String> {
    let types = || args.iter().map(|arg| arg.ty.to_string()).collect::<Vec<_>>().join(", ");
    match name {
        "COALESCE" | "IFNULL" | "IF" | "ARRAY_APPEND" | "ARRAY_PREPEND" | "ARRAY_CONTAINS" | "ARRAY_POSITION"
        | "ARRAY_REMOVE" => Some(format!("Invalid function call: {name}({}). Invalid input arguments.", types())),
        "GREATEST" | "LEAST" => {
            let (first, other) =
                (args.first()?, args.iter().find(|arg| common_type(&[args[0].ty.clone(), arg.ty.clone()]).is_none())?);
            Some(format!(
                "All types in a comparison should support both 'EQUALS' and 'ORDER' comparison with each other. Can not compare {} with {}",
                first.ty, other.ty
            ))
        }
        _ => None,
    }
}

/// Flink's refusal to compare text and numbers.
fn unconvertible(name: &str, args: &[Argument]) -> Option<String> {
    let compares = matches!(name, "=" | "<>" | "<" | "<=" | ">" | ">=");
    match args {
        [left, right] if compares => {
            let mixed = is_character(left.kind()) && is_numeric(right.kind())
                || is_numeric(left.kind()) && is_character(right.kind());
            mixed.then(|| {
                let (left, right) = (root_name(left.kind()), root_name(right.kind()));
                format!("implicit type conversion between {left} and {right} is not supported now")
            })
        }
        _ => None,
    }
}

/// The function whose name takes the fewest edits, when they are few.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    let aggregates = crate::aggregate::catalogue().iter().map(|aggregate| aggregate.name);
    let candidates = catalogue()
        .iter()
        .map(|function| function.name)
        .chain(aggregates)
        .filter(|name| name.starts_with(char::is_alphabetic));
    let (distance, nearest) = candidates.map(|candidate| (edits(name, candidate), candidate)).min()?;
    (distance <= name.len() / 3).then_some(nearest)
}

/// Levenshtein distance.
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

/// The family of a type as Calcite names it in "No match found".
fn family(ty: &LogicalType) -> String {
    let kind = &ty.kind;
    match kind {
        _ if is_character(kind) => "<CHARACTER>".to_owned(),
        _ if is_numeric(kind) => "<NUMERIC>".to_owned(),
        _ if is_interval(kind) => format!("<{kind}>"),
        TypeKind::Timestamp { .. } | TypeKind::TimestampLtz { .. } => "<TIMESTAMP>".to_owned(),
        TypeKind::Binary { .. } | TypeKind::Varbinary { .. } => "<BINARY>".to_owned(),
        TypeKind::Time { .. } => "<TIME>".to_owned(),
        _ => format!("<{}>", calcite_name(kind)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::resolve;
    use super::*;

    #[test]
    fn messages_are_flinks() {
        let text = TypeKind::Char { length: 1 }.not_null();
        let int = TypeKind::Int.not_null();
        let message = |name: &str, args: &[LogicalType]| resolve(name, args).unwrap_err().to_string();
        assert_eq!(
            message("CONV", &[text.clone(), int.clone(), int.clone()]),
            "No match found for function signature CONV(<CHARACTER>, <NUMERIC>, <NUMERIC>)"
        );
        assert_eq!(message("ml_predict", &[]), "function ML_PREDICT is not supported yet");
        let hint = |name: &str, args: &[LogicalType]| resolve(name, args).unwrap_err().hint().unwrap_or_default();
        assert_eq!(
            hint("UPER", std::slice::from_ref(&text)),
            "the nearest function is UPPER; SHOW FUNCTIONS lists all"
        );
        assert_eq!(hint("JSON_OBJECTAG", &[]), "the nearest function is JSON_OBJECT; SHOW FUNCTIONS lists all");
        assert_eq!(hint("IFNULL", &[int.clone(), TypeKind::Date.not_null()]), "IFNULL takes: IFNULL(<ANY>, <ANY>)");
        assert_eq!(
            message("=", &[text, int]),
            "implicit type conversion between CHAR and INTEGER is not supported now"
        );
    }
}
