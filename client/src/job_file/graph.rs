//! The graph form of a job file as SQL statements: sources become tables, transforms views, sinks tables and one INSERT each.
//!
//! Every statement knows which part of the file it came from, so that an error can name that part.

use std::collections::HashSet;

use anyhow::{Context, bail};
use common::config::parse_duration;
use indexmap::IndexMap;

use super::interval;
use super::model::{Aggregates, Column, JobFile, JoinKind, Scalar, Sink, Source, Transform, Window};

/// A statement and the part of the file that it stands for, such as `transform 'per_minute'`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphStatement {
    /// For messages.
    pub part: String,
    /// The SQL.
    pub sql: String,
}

/// Tables and views for all sources and transforms, inputs before what reads them.
pub fn definitions(file: &JobFile) -> anyhow::Result<Vec<GraphStatement>> {
    let mut defined = HashSet::new();
    let mut statements = Vec::new();
    for source in &file.sources {
        claim(&mut defined, &source.name, "source")?;
        statements.push(GraphStatement { part: format!("source '{}'", source.name), sql: source_table(source) });
    }
    for transform in in_order(&file.transforms, &mut defined)? {
        let part = format!("transform '{}'", transform.name());
        let query = query(transform).with_context(|| part.clone())?;
        statements.push(GraphStatement {
            sql: format!("CREATE TEMPORARY VIEW {} AS {query}", quote(transform.name())),
            part,
        });
    }
    for sink in &file.sinks {
        if defined.contains(sink.name.as_str()) {
            bail!("the name '{}' is used twice; a sink needs a name of its own", sink.name);
        }
        if !defined.contains(sink.input.as_str()) {
            bail!(
                "sink '{}' reads '{}', which is no source or transform of this job; {}",
                sink.name,
                sink.input,
                names(&defined)
            );
        }
    }
    if file.sinks.is_empty() {
        bail!("the job has no sinks; add one, for example with 'connector: print'");
    }
    Ok(statements)
}

/// The sink's table. `input_columns` are (name, SQL type) of its input, used when the file gives no schema.
pub fn sink_table(sink: &Sink, input_columns: &[(String, String)]) -> GraphStatement {
    let mut columns: Vec<String> = if sink.schema.is_empty() {
        input_columns.iter().map(|(name, ty)| format!("{} {ty}", quote(name))).collect()
    } else {
        sink.schema.iter().map(|(name, column)| column_definition(name, column)).collect()
    };
    columns.extend(primary_key(&sink.primary_key));
    let sql = format!(
        "CREATE TEMPORARY TABLE {} ({}) {}",
        quote(&sink.name),
        columns.join(", "),
        with_clause(&sink.connector, &sink.options)
    );
    GraphStatement { part: format!("sink '{}'", sink.name), sql }
}

/// All INSERTs as one statement, so that the file is one job.
pub fn inserts(sinks: &[Sink]) -> String {
    let insert = |sink: &Sink| format!("INSERT INTO {} SELECT * FROM {}", quote(&sink.name), quote(&sink.input));
    match sinks {
        [only] => insert(only),
        several => {
            let inserts: String = several.iter().map(|sink| format!("  {};\n", insert(sink))).collect();
            format!("EXECUTE STATEMENT SET BEGIN\n{inserts}END")
        }
    }
}

/// The transforms so that each comes after its inputs; an `sql` transform after all that stand before it in the file.
fn in_order<'a>(transforms: &'a [Transform], defined: &mut HashSet<&'a str>) -> anyhow::Result<Vec<&'a Transform>> {
    let all: HashSet<&str> = transforms.iter().map(Transform::name).collect();
    let mut waiting: Vec<(usize, &Transform)> = transforms.iter().enumerate().collect();
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|(index, transform)| match transform {
            Transform::Sql { .. } => transforms[..*index].iter().all(|before| defined.contains(before.name())),
            _ => transform.inputs().iter().all(|input| defined.contains(input)),
        });
        let Some(position) = ready else {
            let (_, transform) = waiting[0];
            let missing = transform.inputs().into_iter().find(|input| !defined.contains(input)).unwrap_or_default();
            if all.contains(missing) {
                bail!(
                    "transform '{}' reads '{missing}', which in the end reads '{}': a job has no cycles",
                    transform.name(),
                    transform.name()
                );
            }
            bail!(
                "transform '{}' reads '{missing}', which is no source or transform of this job; {}",
                transform.name(),
                names(defined)
            );
        };
        let (_, transform) = waiting.remove(position);
        claim(defined, transform.name(), "transform")?;
        ordered.push(transform);
    }
    Ok(ordered)
}

fn claim<'a>(defined: &mut HashSet<&'a str>, name: &'a str, what: &str) -> anyhow::Result<()> {
    if name.is_empty() {
        bail!("a {what} has an empty name");
    }
    if !defined.insert(name) {
        bail!("the name '{name}' is used twice; give each source, transform and sink its own");
    }
    Ok(())
}

fn names(defined: &HashSet<&str>) -> String {
    let mut names: Vec<&str> = defined.iter().copied().collect();
    names.sort_unstable();
    format!("known are: {}", names.join(", "))
}

fn source_table(source: &Source) -> String {
    let mut columns: Vec<String> = source.schema.iter().map(|(name, column)| column_definition(name, column)).collect();
    if let Some(watermark) = &source.watermark {
        columns.push(format!("WATERMARK FOR {} AS {}", quote(&watermark.column), watermark.expression));
    }
    columns.extend(primary_key(&source.primary_key));
    format!(
        "CREATE TEMPORARY TABLE {} ({}) {}",
        quote(&source.name),
        columns.join(", "),
        with_clause(&source.connector, &source.options)
    )
}

fn column_definition(name: &str, column: &Column) -> String {
    let name = quote(name);
    match column {
        Column::Physical(ty) => format!("{name} {ty}"),
        Column::Computed(computed) => format!("{name} AS {}", computed.expression),
        Column::Metadata(metadata) => {
            let readonly = if metadata.r#virtual { " VIRTUAL" } else { "" };
            format!("{name} {} METADATA FROM {}{readonly}", metadata.ty, literal(&metadata.metadata))
        }
    }
}

fn primary_key(columns: &[String]) -> Option<String> {
    let columns: Vec<String> = columns.iter().map(|column| quote(column)).collect();
    (!columns.is_empty()).then(|| format!("PRIMARY KEY ({}) NOT ENFORCED", columns.join(", ")))
}

fn with_clause(connector: &str, options: &IndexMap<String, Scalar>) -> String {
    let mut pairs = vec![format!("'connector' = {}", literal(connector))];
    pairs.extend(options.iter().map(|(key, value)| format!("{} = {}", literal(key), literal(&value.to_string()))));
    format!("WITH ({})", pairs.join(", "))
}

fn query(transform: &Transform) -> anyhow::Result<String> {
    Ok(match transform {
        Transform::Filter { input, condition, .. } => format!("SELECT * FROM {} WHERE {condition}", quote(input)),
        Transform::Project { input, columns, .. } => format!("SELECT {} FROM {}", aliased(columns), quote(input)),
        Transform::Aggregate { input, keys, aggregates, having, .. } => {
            aggregate(&quote(input), keys, &[], aggregates, having.as_deref())
        }
        Transform::WindowAggregate { input, window, keys, aggregates, having, .. } => {
            let windows = ["window_start", "window_end", "window_time"];
            aggregate(&window_table(input, window)?, keys, &windows, aggregates, having.as_deref())
        }
        Transform::Join { left, right, join_type, on, columns, .. } => {
            let kind = match join_type {
                JoinKind::Inner => "INNER",
                JoinKind::Left => "LEFT",
                JoinKind::Right => "RIGHT",
                JoinKind::Full => "FULL",
            };
            let select = if columns.is_empty() { "*".to_owned() } else { aliased(columns) };
            format!("SELECT {select} FROM {} {kind} JOIN {} ON {on}", quote(left), quote(right))
        }
        Transform::Union { inputs, .. } => {
            if inputs.len() < 2 {
                bail!("a union has at least two inputs");
            }
            let selects: Vec<String> = inputs.iter().map(|input| format!("SELECT * FROM {}", quote(input))).collect();
            selects.join(" UNION ALL ")
        }
        Transform::Sql { query, .. } => query.trim().trim_end_matches(';').to_owned(),
    })
}

/// `SELECT keys, windows, aggregates FROM input GROUP BY keys, windows`, with HAVING over the result's columns.
fn aggregate(input: &str, keys: &[String], windows: &[&str], aggregates: &Aggregates, having: Option<&str>) -> String {
    let keys: Vec<String> =
        keys.iter().map(|key| quote(key)).chain(windows.iter().map(|window| quote(window))).collect();
    let mut select = keys.clone();
    select.extend(aggregates.iter().map(|(name, aggregate)| format!("{aggregate} AS {}", quote(name))));
    let group_by = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
    let query = format!("SELECT {} FROM {input}{group_by}", select.join(", "));
    match having {
        Some(condition) => format!("SELECT * FROM ({query}) WHERE {condition}"),
        None => query,
    }
}

fn window_table(input: &str, window: &Window) -> anyhow::Result<String> {
    let length = |what: &str, text: &str| {
        parse_duration(text).map(interval::literal).map_err(|error| {
            anyhow::anyhow!("window {what} '{text}' is no duration: {error}; write for example '1 min'")
        })
    };
    let (function, time, mut lengths) = match window {
        Window::Tumble { time, size, .. } => ("TUMBLE", time, vec![length("size", size)?]),
        Window::Hop { time, slide, size } => ("HOP", time, vec![length("slide", slide)?, length("size", size)?]),
        Window::Cumulate { time, step, size } => ("CUMULATE", time, vec![length("step", step)?, length("size", size)?]),
    };
    if let Window::Tumble { offset: Some(offset), .. } = window {
        lengths.push(length("offset", offset)?);
    }
    Ok(format!("TABLE({function}(TABLE {}, DESCRIPTOR({}), {}))", quote(input), quote(time), lengths.join(", ")))
}

fn aliased(columns: &IndexMap<String, String>) -> String {
    let columns: Vec<String> =
        columns.iter().map(|(name, expression)| format!("{expression} AS {}", quote(name))).collect();
    columns.join(", ")
}

fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
