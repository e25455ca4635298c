//! `job.yaml`: a job as SQL or as a graph of sources, transforms and sinks. Both end in SQL statements, and so in one kind of JobGraph.
//!
//! The types in [`model`] are the schema of the file; [`json_schema`] writes it for editors.

pub mod graph;
mod interval;
pub mod model;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use indexmap::IndexMap;
use model::{ConfigValue, JobFile, SqlText};

/// What a file says is to be run.
#[derive(Debug)]
pub struct Job {
    /// The job's name, when the file gives one.
    pub name: Option<String>,
    /// Flink keys of the file.
    pub config: BTreeMap<String, String>,
    /// The work itself.
    pub body: Body,
    /// The file whose text an error points into.
    pub origin: PathBuf,
}

/// The work of a job file.
#[derive(Debug)]
pub enum Body {
    /// SQL statements.
    Sql(String),
    /// A graph.
    Graph(Box<JobFile>),
}

/// Reads a `.sql` script or a job file.
pub fn read(path: &Path) -> anyhow::Result<Job> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read job file '{}'; give the path of a .sql or .yaml file", path.display()))?;
    // Some editors begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("sql") => Ok(Job { name: None, config: BTreeMap::new(), body: Body::Sql(text), origin: path.to_owned() }),
        Some("yaml" | "yml") => from_yaml(&text, path),
        _ => bail!(
            "'{}' is neither a .sql script nor a .yaml job file; name it so that flinkrs can tell",
            path.display()
        ),
    }
}

fn from_yaml(text: &str, path: &Path) -> anyhow::Result<Job> {
    // As in config.yaml, this is YAML 1.2: a column may be called `n` or `on` without being a boolean.
    let options = serde_yaml::options! { strict_booleans: true, with_snippet: false };
    let mut file: JobFile = serde_yaml::from_str_with_options(text, options)
        .map_err(|error| anyhow::anyhow!("{}: {}", path.display(), first_line(&error.to_string())))?;
    let has_graph = !file.sources.is_empty() || !file.transforms.is_empty() || !file.sinks.is_empty();
    let mut origin = path.to_owned();
    let name = file.name.take();
    let mut config = BTreeMap::new();
    flatten("", std::mem::take(&mut file.config), &mut config);
    let body = match file.sql.take() {
        Some(_) if has_graph => {
            bail!("{}: 'sql' and 'sources', 'transforms', 'sinks' exclude each other; keep one form", path.display())
        }
        Some(SqlText::Inline(sql)) => Body::Sql(sql),
        Some(SqlText::File { file }) => {
            origin = path.parent().unwrap_or(Path::new("")).join(file);
            let sql = std::fs::read_to_string(&origin).with_context(|| {
                format!("{}: cannot read the file '{}' that 'sql' names", path.display(), origin.display())
            })?;
            Body::Sql(sql)
        }
        None if !has_graph => bail!("{}: the job is empty; give 'sql', or 'sources' and 'sinks'", path.display()),
        None => Body::Graph(Box::new(file)),
    };
    Ok(Job { name, config, body, origin })
}

/// Nested keys become one with dots, as in config.yaml.
fn flatten(above: &str, section: IndexMap<String, ConfigValue>, flat: &mut BTreeMap<String, String>) {
    for (key, value) in section {
        let key = format!("{above}{key}");
        match value {
            ConfigValue::Value(value) => drop(flat.insert(key, value.to_string())),
            ConfigValue::Section(below) => flatten(&format!("{key}."), below, flat),
        }
    }
}

/// A parser's report without its picture of the source: the first line says what and where.
fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or(message).trim().trim_start_matches("error: ")
}

/// The JSON Schema of job files.
pub fn json_schema() -> String {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(JobFile)).expect("a JSON Schema is JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
