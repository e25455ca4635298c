//! Hints of a SELECT. Those of a join strategy change nothing on a stream, but must name tables of the query, as in Flink.

use super::expr::not_supported;
use super::scope::Scope;
use crate::ast::{Hint, HintArgs};
use crate::error::SqlError;

/// What may stand in a LOOKUP hint.
const LOOKUP_OPTIONS: [&str; 9] = [
    "table",
    "async",
    "output-mode",
    "capacity",
    "timeout",
    "retry-predicate",
    "retry-strategy",
    "fixed-delay",
    "max-attempts",
];

const JOIN_STRATEGIES: [&str; 4] = ["BROADCAST", "SHUFFLE_HASH", "SHUFFLE_MERGE", "NEST_LOOP"];

/// Refuses hints that Flink refuses, and those that would have an effect which is missing here.
pub(super) fn check_hints(hints: &[Hint], scope: &Scope) -> Result<(), SqlError> {
    for hint in hints {
        let name = hint.name.value.to_uppercase();
        if name == "LOOKUP" {
            check_lookup(hint, scope)?;
            continue;
        }
        if name == "STATE_TTL" {
            return Err(not_supported(&format!("the hint {name}"), hint.span));
        }
        if !JOIN_STRATEGIES.contains(&name.as_str()) {
            let message = format!("Hint: {name} should be registered in the HintStrategyTable");
            return Err(SqlError::validation(message, hint.span)
                .with_hint(format!("there are {}, STATE_TTL and LOOKUP", JOIN_STRATEGIES.join(", "))));
        }
        let HintArgs::Names(tables) = &hint.args else {
            let message =
                format!("Invalid hint: {name}, expecting at least one table or view specified in hint {name}.");
            return Err(SqlError::validation(message, hint.span));
        };
        if let Some(table) = tables.iter().find(|table| scope.qualified_wildcard(&table.values()).is_empty()) {
            let message = format!(
                "The options of following hints cannot match the name of input tables or views: `{}` in `{name}`",
                table.values().join(".")
            );
            return Err(SqlError::validation(message, table.span));
        }
    }
    Ok(())
}

/// A LOOKUP hint names the table that is looked up in. How it is looked up changes nothing here: its rows are in memory.
fn check_lookup(hint: &Hint, scope: &Scope) -> Result<(), SqlError> {
    let HintArgs::Options(pairs) = &hint.args else {
        let message = "Invalid LOOKUP hint: only key-value options are supported";
        return Err(SqlError::validation(message, hint.span).with_hint("write LOOKUP('table' = 'name')"));
    };
    if let Some(pair) = pairs.iter().find(|pair| !LOOKUP_OPTIONS.contains(&pair.key.value.as_str())) {
        let message = format!("Invalid LOOKUP hint: unknown option '{}'", pair.key.value);
        return Err(SqlError::validation(message, hint.span)
            .with_hint(format!("its options are {}", LOOKUP_OPTIONS.join(", "))));
    }
    let Some(table) = pairs.iter().find(|pair| pair.key.value == "table") else {
        let message = "Invalid LOOKUP hint: incomplete required option(s): 'table'";
        return Err(SqlError::validation(message, hint.span));
    };
    if scope.qualified_wildcard(&[table.value.value.as_str()]).is_empty() {
        let message = format!(
            "The options of following hints cannot match the name of input tables or views: `{}` in `LOOKUP`",
            table.value.value
        );
        return Err(SqlError::validation(message, hint.span));
    }
    Ok(())
}
