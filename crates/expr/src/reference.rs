//! The page of functions in the documentation: generated from the catalogues, so that it says what there is.

use std::fmt::Write;

use dataflow::{Literal, LogicalType, TimeAttribute, TypeKind};

use crate::aggregate;
use crate::functions::{self, Argument, FunctionDef};

const HEAD: &str = "\
# Functions

All functions and operators that expressions may call, with the types they take and give. Names are not case-sensitive. `SHOW FUNCTIONS` and
`DESCRIBE FUNCTION EXTENDED name` answer from the same catalogue. How values and errors differ from Flink's, where they do, is in
[compatibility.md](compatibility.md).

This page is generated: `UPDATE_DOCS=1 cargo test -p expr --test functions_page`.
";

/// The page.
pub fn functions_page() -> String {
    let mut page = HEAD.to_owned();
    let (named, operators): (Vec<_>, Vec<_>) = functions::catalogue()
        .iter()
        .filter(|function| !function.name.contains(['.', '$']))
        .partition(|function| is_name(function.name));
    let scalar = |function: &&FunctionDef| (function.forms, returns(function), function.doc);
    table("Scalar functions", named.iter().map(scalar), &mut page);
    let aggregates = aggregate::catalogue()
        .iter()
        .filter(|one| is_name(one.name))
        .map(|one| (one.forms, aggregate_returns(one), one.doc));
    table("Aggregate functions", aggregates, &mut page);
    page.push_str(
        "\nCOUNT, SUM, AVG, MIN, MAX, COLLECT, LISTAGG and ARRAY_AGG take DISTINCT; all take FILTER (WHERE ...).\n",
    );
    table("Operators and predicates", operators.iter().map(scalar), &mut page);
    page
}

/// Whether it is called by a name, and is no operator.
pub fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !matches!(name, "AND" | "OR" | "NOT" | "LIKE" | "NEGATE" | "ITEM")
}

fn table<'a>(title: &str, rows: impl Iterator<Item = (&'a [&'a str], String, &'a str)>, page: &mut String) {
    let _ = write!(page, "\n## {title}\n\n| call | result | what it does |\n|---|---|---|\n");
    for (forms, result, doc) in rows {
        let forms: Vec<String> = forms.iter().map(|form| format!("`{}`", form.replace('|', "\\|"))).collect();
        let _ = writeln!(page, "| {} | {result} | {doc} |", forms.join("<br>"));
    }
}

/// What a family of types in a form stands for.
fn samples(family: &str) -> Vec<TypeKind> {
    let array = |kind: TypeKind| TypeKind::Array(Box::new(kind.nullable()));
    match family {
        "<CHARACTER>" | "<STRING>" | "<EQUIVALENT_TYPE>" | "<CHARACTER LITERAL>" => vec![TypeKind::STRING],
        "<INTEGER>" => vec![TypeKind::Int, TypeKind::BigInt],
        "<NUMERIC>" => vec![TypeKind::Int, TypeKind::Decimal { precision: 10, scale: 2 }, TypeKind::Double],
        "<BINARY>" | "<BYTES>" => vec![TypeKind::BYTES],
        "<BOOLEAN>" => vec![TypeKind::Boolean],
        "<DATE>" => vec![TypeKind::Date],
        "<TIME>" => vec![TypeKind::Time { precision: 0 }],
        "<TIMESTAMP>" | "<DATETIME>" => vec![TypeKind::timestamp(3)],
        "<TIMESTAMP_LTZ>" => vec![TypeKind::timestamp_ltz(3)],
        "<ROWTIME>" => {
            let attribute = TimeAttribute::Rowtime;
            vec![TypeKind::Timestamp { precision: 3, attribute }, TypeKind::TimestampLtz { precision: 3, attribute }]
        }
        "<ARRAY>" => vec![array(TypeKind::Int), array(TypeKind::STRING)],
        "<ARRAY<INT>>" => vec![array(TypeKind::Int)],
        "<ARRAY<STRING>>" => vec![array(TypeKind::STRING)],
        "<MAP>" => vec![TypeKind::Map(Box::new(TypeKind::STRING.nullable()), Box::new(TypeKind::Int.nullable()))],
        "<BITMAP>" => vec![TypeKind::Bitmap],
        "<VARIANT>" => vec![TypeKind::Variant],
        _ => vec![TypeKind::Int, TypeKind::STRING],
    }
}

/// The families in the parentheses of a form: `F(<A>, <B>)`. `None` when it has words of its own.
fn families(form: &str) -> Option<Vec<&str>> {
    let inside = form.split_once('(')?.1.strip_suffix(')')?;
    if inside.is_empty() {
        return Some(Vec::new());
    }
    let families: Vec<&str> = inside.split(", ").map(|part| part.trim_end_matches("...")).collect();
    let is_family = |part: &&str| part.starts_with('<') && part.ends_with('>') && !part.contains(' ');
    families.iter().all(is_family).then_some(families)
}

/// The results for all samples of all forms, without what only lengths tell apart.
fn results(forms: &[&str], result: impl Fn(Vec<TypeKind>) -> Option<LogicalType>) -> String {
    let mut found: Vec<String> = Vec::new();
    for form in forms {
        let Some(families) = families(form) else { continue };
        for sample in 0..3 {
            let kinds = families.iter().map(|family| {
                let samples = samples(family);
                samples[sample.min(samples.len() - 1)].clone()
            });
            if let Some(ty) = result(kinds.collect()) {
                let text = match ty.kind {
                    TypeKind::Decimal { .. } => "DECIMAL".to_owned(),
                    kind => kind.to_string(),
                };
                if !found.contains(&text) {
                    found.push(text);
                }
            }
        }
    }
    found.join(", ")
}

fn returns(function: &FunctionDef) -> String {
    let words = [TypeKind::STRING.not_null(), TypeKind::Int.not_null()];
    let found = results(function.forms, |kinds| {
        let args: Vec<Argument> =
            kinds.into_iter().map(|kind| Argument { ty: kind.nullable(), literal: None }).collect();
        (function.infer)(&args).map(|signature| signature.result)
    });
    if !found.is_empty() {
        return found;
    }
    // Forms with words: what matters are the types behind them.
    let word = |text: &str| Argument { ty: words[0].clone(), literal: Some(Literal::String(text.to_owned())) };
    let plain = |kind: TypeKind| Argument { ty: kind.nullable(), literal: None };
    let none = || Argument { ty: TypeKind::Null.nullable(), literal: Some(Literal::Null) };
    let (text, timestamp) = (TypeKind::STRING, TypeKind::timestamp(3));
    let tries: [Vec<Argument>; 15] = [
        Vec::new(),
        vec![plain(TypeKind::Boolean)],
        vec![plain(timestamp.clone()), plain(timestamp.clone())],
        vec![plain(text.clone()), plain(text.clone()), plain(TypeKind::Int)],
        vec![word("DAY"), plain(timestamp.clone()), plain(timestamp.clone())],
        vec![plain(text.clone()), plain(text.clone()), none(), word("WITHOUT"), word("NULL"), word("NULL")],
        vec![plain(TypeKind::Int)],
        vec![plain(text.clone())],
        vec![plain(TypeKind::Boolean), plain(TypeKind::Boolean)],
        vec![plain(TypeKind::Int), plain(TypeKind::Int)],
        vec![plain(text.clone()), plain(text.clone())],
        vec![word("DAY"), plain(timestamp.clone())],
        vec![word("DAY"), plain(TypeKind::Int), plain(timestamp.clone())],
        vec![word("BOTH"), plain(text.clone()), plain(text.clone())],
        vec![plain(text.clone()), plain(text.clone()), none(), word("NULL"), none(), word("NULL"), none()],
    ];
    let mut found: Vec<String> = Vec::new();
    for args in &tries {
        if let Some(signature) = (function.infer)(args)
            && !found.contains(&signature.result.kind.to_string())
        {
            found.push(signature.result.kind.to_string());
        }
    }
    found.join(", ")
}

fn aggregate_returns(aggregate: &aggregate::AggregateDef) -> String {
    let found = results(aggregate.forms, |kinds| {
        let types: Vec<LogicalType> = kinds.into_iter().map(TypeKind::nullable).collect();
        aggregate::resolve(aggregate.name, &types, false, false).ok().map(|resolved| resolved.result)
    });
    if !found.is_empty() {
        return found;
    }
    let text = TypeKind::STRING.nullable();
    [vec![text.clone()], vec![text.clone(), text]]
        .iter()
        .find_map(|types| aggregate::resolve(aggregate.name, types, false, false).ok())
        .map_or_else(String::new, |resolved| resolved.result.kind.to_string())
}
