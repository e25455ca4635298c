//! The JSON functions.

use std::fmt::{Display, Formatter, Result};

use super::{commas, write_list, write_opt};
use crate::ast::{Expr, JsonExistsOnError, JsonExpr, JsonOnNull, JsonQueryBehavior, JsonValueBehavior, JsonWrapper};

/// `key VALUE value`
struct Entry<'a>(&'a Expr, &'a Expr);

impl Display for Entry<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} VALUE {}", self.0, self.1)
    }
}

impl Display for JsonExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            JsonExpr::Exists { input, path, on_error } => {
                write!(f, "JSON_EXISTS({input}, {path}")?;
                write_opt(f, " ", on_error.as_ref(), " ON ERROR")?;
            }
            JsonExpr::Value { input, path, returning, on_empty, on_error } => {
                write!(f, "JSON_VALUE({input}, {path}")?;
                write_opt(f, " RETURNING ", returning.as_ref(), "")?;
                write_opt(f, " ", on_empty.as_ref(), " ON EMPTY")?;
                write_opt(f, " ", on_error.as_ref(), " ON ERROR")?;
            }
            JsonExpr::Query { input, path, returning, wrapper, on_empty, on_error } => {
                write!(f, "JSON_QUERY({input}, {path}")?;
                write_opt(f, " RETURNING ", returning.as_ref(), "")?;
                write_opt(f, " ", wrapper.as_ref(), "")?;
                write_opt(f, " ", on_empty.as_ref(), " ON EMPTY")?;
                write_opt(f, " ", on_error.as_ref(), " ON ERROR")?;
            }
            JsonExpr::Object { entries, on_null } => {
                let entries: Vec<Entry<'_>> = entries.iter().map(|(key, value)| Entry(key, value)).collect();
                write!(f, "JSON_OBJECT({}", commas(&entries))?;
                write_on_null(f, on_null.as_ref(), entries.is_empty())?;
            }
            JsonExpr::ObjectAgg { key, value, on_null } => {
                write!(f, "JSON_OBJECTAGG({}", Entry(key, value))?;
                write_on_null(f, on_null.as_ref(), false)?;
            }
            JsonExpr::Array { values, on_null } => {
                write!(f, "JSON_ARRAY({}", commas(values))?;
                write_on_null(f, on_null.as_ref(), values.is_empty())?;
            }
            JsonExpr::ArrayAgg { value, order_by, on_null } => {
                write!(f, "JSON_ARRAYAGG({value}")?;
                write_list(f, " ORDER BY ", order_by)?;
                write_on_null(f, on_null.as_ref(), false)?;
            }
        }
        f.write_str(")")
    }
}

fn write_on_null(f: &mut Formatter<'_>, on_null: Option<&JsonOnNull>, first: bool) -> Result {
    write_opt(f, if first { "" } else { " " }, on_null, " ON NULL")
}

impl Display for JsonOnNull {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            JsonOnNull::Null => "NULL",
            JsonOnNull::Absent => "ABSENT",
        })
    }
}

impl Display for JsonExistsOnError {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            JsonExistsOnError::True => "TRUE",
            JsonExistsOnError::False => "FALSE",
            JsonExistsOnError::Unknown => "UNKNOWN",
            JsonExistsOnError::Error => "ERROR",
        })
    }
}

impl Display for JsonValueBehavior {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            JsonValueBehavior::Error => f.write_str("ERROR"),
            JsonValueBehavior::Null => f.write_str("NULL"),
            JsonValueBehavior::Default(value) => write!(f, "DEFAULT {value}"),
        }
    }
}

impl Display for JsonQueryBehavior {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            JsonQueryBehavior::Error => "ERROR",
            JsonQueryBehavior::Null => "NULL",
            JsonQueryBehavior::EmptyArray => "EMPTY ARRAY",
            JsonQueryBehavior::EmptyObject => "EMPTY OBJECT",
        })
    }
}

impl Display for JsonWrapper {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            JsonWrapper::Without => "WITHOUT ARRAY WRAPPER",
            JsonWrapper::Conditional => "WITH CONDITIONAL ARRAY WRAPPER",
            JsonWrapper::Unconditional => "WITH UNCONDITIONAL ARRAY WRAPPER",
        })
    }
}
