//! The page of connectors and formats in the documentation: generated from the declared options, so that it says what there is.

use std::fmt::Write;

use crate::formats::FORMATS;
use crate::option_def::{OptionDef, OptionKind};
use crate::registry::factories;

const HEAD: &str = "\
# Connectors and formats

What `'connector'` and `'format'` of a table may be, and their options. An option that a table must have says *required*. `#` stands for the name of a
column, `*` for any rest of a key. Durations are written `10 s`, `5 min`; sizes `64 kb`, `128 mb`. An option that does not exist is an error that names the nearest one.

This page is generated: `UPDATE_DOCS=1 cargo test -p connectors --test connectors_page`.
";

/// The page.
pub fn connectors_page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n# Connectors\n");
    for factory in factories() {
        section(factory.name(), factory.doc(), "", factory.options(), &mut page);
    }
    page.push_str("\n# Formats\n\nThe options of `'key.format'` and `'value.format'` begin with `key.` or `value.`: `value.csv.field-delimiter`.\n");
    for (name, options, doc) in FORMATS {
        section(name, doc, &format!("{name}."), options, &mut page);
    }
    page
}

fn section(name: &str, doc: &str, prefix: &str, options: &[OptionDef], page: &mut String) {
    let _ = write!(page, "\n## {name}\n\n{doc}\n");
    if options.is_empty() {
        page.push_str("\nIt has no options.\n");
        return;
    }
    page.push_str("\n| option | default | type | |\n|---|---|---|---|\n");
    for option in options {
        let default = match option.default {
            _ if option.required => "*required*".to_owned(),
            Some(default) if !default.is_empty() => format!("`{}`", cell(default)),
            _ => String::new(),
        };
        let kind = match option.kind {
            OptionKind::Choice(names) => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
            kind => kind.name().to_owned(),
        };
        let _ = writeln!(page, "| `{prefix}{}` | {default} | {kind} | {} |", option.key, cell(option.doc));
    }
}

/// A text that stands in a table: what ends a cell or a row is written out.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', "\\n")
}
