//! SHOW FUNCTIONS and DESCRIBE FUNCTION: what the catalogues of functions and aggregates hold.

use ::expr::aggregate;
use ::expr::functions;
use ::expr::reference::is_name;

use super::Outcome;
use crate::ast::ObjectName;
use crate::error::SqlError;

/// A function of either catalogue.
struct Described {
    name: &'static str,
    kind: &'static str,
    deterministic: bool,
    forms: &'static [&'static str],
    doc: &'static str,
}

fn all() -> impl Iterator<Item = Described> {
    let scalar = functions::catalogue().iter().filter(|function| is_name(function.name)).map(|function| Described {
        name: function.name,
        kind: "SCALAR",
        deterministic: function.deterministic,
        forms: function.forms,
        doc: function.doc,
    });
    let aggregates =
        aggregate::catalogue().iter().filter(|aggregate| is_name(aggregate.name)).map(|aggregate| Described {
            name: aggregate.name,
            kind: "AGGREGATE",
            deterministic: true,
            forms: aggregate.forms,
            doc: aggregate.doc,
        });
    scalar.chain(aggregates)
}

/// The names of all functions, lower case, sorted.
pub(super) fn function_names() -> Vec<String> {
    let mut names: Vec<String> = all().map(|function| function.name.to_lowercase()).collect();
    names.sort_unstable();
    names
}

/// DESCRIBE FUNCTION [EXTENDED] name.
pub(super) fn describe_function(name: &ObjectName, extended: bool) -> Result<Outcome, SqlError> {
    let wanted = name.last().value.to_uppercase();
    let found = all().find(|function| function.name == wanted && name.parts.len() == 1);
    let Some(function) = found else {
        let quoted: Vec<String> = name.values().iter().map(|part| format!("`{part}`")).collect();
        let message = format!("Function with the identifier '{}' doesn't exist.", quoted.join("."));
        let names = function_names();
        let hint = crate::nearest::nearest(&wanted, names.iter().map(String::as_str));
        return Err(crate::bind::with_hint(SqlError::validation(message, name.span), hint));
    };
    let row = |key: &str, value: &str| vec![Some(key.to_owned()), Some(value.to_owned())];
    let mut rows = vec![row("is system function", "true"), row("is temporary", "false")];
    if extended {
        rows.extend([
            row("kind", function.kind),
            row("requirements", "[]"),
            row("is deterministic", if function.deterministic { "true" } else { "false" }),
            row("supports constant folding", "true"),
            row("signature", &function.forms.join("\n")),
            row("description", function.doc),
        ]);
    }
    Ok(Outcome::table(&["info name", "info value"], rows))
}
