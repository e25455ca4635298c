//! A recorded case: a script with its input files, and what Flink 2.3.0 answered to it. See cases/README.md for the format.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

/// A case as it stands in its two files.
#[derive(Debug)]
pub struct Case {
    /// File name without extension.
    pub name: String,
    /// Input files: name and text.
    pub files: Vec<(String, String)>,
    /// The script, with `${DATA}` and `${OUT}`; or one expression a line.
    pub body: String,
    /// What Flink answered.
    pub recorded: Recorded,
}

/// The `.json` of a case.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Recorded {
    /// Of a script.
    Script {
        /// One answer a statement.
        statements: Vec<StatementAnswer>,
        /// What filesystem sinks left: sub-folder of `${OUT}` and sorted lines.
        #[serde(default)]
        outputs: Option<std::collections::BTreeMap<String, Vec<String>>>,
    },
    /// Of a list of expressions.
    Expressions {
        /// One answer a line.
        exprs: Vec<ExpressionAnswer>,
    },
}

/// Flink's answer to one statement.
#[derive(Debug, Deserialize)]
pub struct StatementAnswer {
    /// The statement.
    pub sql: String,
    /// `[name, type]` of each result column.
    #[serde(default)]
    pub schema: Option<Vec<(String, String)>>,
    /// `[row kind, cells]`.
    #[serde(default)]
    pub changelog: Option<Vec<(String, Vec<Option<String>>)>>,
    /// Whether two runs gave the same changelog.
    #[serde(default)]
    pub changelog_deterministic: bool,
    /// Rows after applying the changelog, sorted.
    #[serde(default, rename = "final")]
    pub final_rows: Option<Vec<Vec<Option<String>>>>,
    /// Absent means true.
    #[serde(default)]
    pub final_deterministic: Option<bool>,
    /// Rows of a SHOW, DESCRIBE, EXPLAIN.
    #[serde(default)]
    pub rows: Option<Vec<Vec<Option<String>>>>,
    /// Lines of print sinks, sorted.
    #[serde(default)]
    pub printed: Option<Vec<String>>,
    /// The chain of causes.
    #[serde(default)]
    pub error: Option<serde_json::Value>,
    /// It was still running after the time limit.
    #[serde(default)]
    pub timeout: Option<serde_json::Value>,
}

/// Flink's answer to one expression.
#[derive(Debug, Deserialize)]
pub struct ExpressionAnswer {
    /// The expression.
    pub expr: String,
    /// Its type.
    #[serde(default, rename = "type")]
    pub ty: Option<String>,
    /// Its value as text; none is NULL.
    #[serde(default)]
    pub value: Option<String>,
    /// What went wrong.
    #[serde(default)]
    pub error: Option<serde_json::Value>,
}

/// The folder of the cases.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")
}

/// The names of all cases, sorted.
pub fn names() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

/// The cases that agree only in the rows that are left, as cases/agreeing.txt says.
pub fn agreeing_finally() -> anyhow::Result<HashSet<String>> {
    let listed = std::fs::read_to_string(folder().join("agreeing.txt"))?;
    let lines = listed.lines().filter_map(|line| line.split_once(' '));
    let finally = lines.filter(|(_, words)| words.split(' ').any(|word| word == "final"));
    Ok(finally.map(|(name, _)| name.to_owned()).collect())
}

impl Case {
    /// How many statements or expressions it has.
    pub fn parts(&self) -> usize {
        match &self.recorded {
            Recorded::Script { statements, .. } => statements.len(),
            Recorded::Expressions { exprs } => exprs.len(),
        }
    }

    /// Whether Flink was still running a statement when the recorder's time was over: nothing is compared of it.
    pub fn timed_out(&self) -> bool {
        match &self.recorded {
            Recorded::Script { statements, .. } => statements.iter().any(|statement| statement.timeout.is_some()),
            Recorded::Expressions { .. } => false,
        }
    }

    /// Reads a case by name.
    pub fn load(name: &str) -> anyhow::Result<Self> {
        let path = |extension: &str| folder().join(format!("{name}.{extension}"));
        let text = std::fs::read_to_string(path("sql")).with_context(|| format!("case {name}"))?;
        let json = std::fs::read_to_string(path("json")).with_context(|| format!("case {name}"))?;
        let recorded = serde_json::from_str(&json).with_context(|| format!("answers of case {name}"))?;
        let (files, body) = split_header(&text);
        Ok(Self { name: name.to_owned(), files, body, recorded })
    }

    /// Writes the input files into `data` and returns the script with its places filled in.
    pub fn materialise(&self, data: &Path, out: &Path) -> anyhow::Result<String> {
        for (name, text) in &self.files {
            let path = data.join(name);
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(path, text)?;
        }
        Ok(fill(&self.body, data, out))
    }
}

/// Puts real folders in the places of `${DATA}` and `${OUT}`.
pub fn fill(text: &str, data: &Path, out: &Path) -> String {
    text.replace("${DATA}", &data.display().to_string()).replace("${OUT}", &out.display().to_string())
}

fn split_header(text: &str) -> (Vec<(String, String)>, String) {
    let mut files: Vec<(String, String)> = Vec::new();
    let mut lines = text.lines();
    let mut rest = Vec::new();
    for line in lines.by_ref() {
        if let Some(content) = line.strip_prefix("-- |") {
            if let Some((_, text)) = files.last_mut() {
                text.push_str(content.strip_prefix(' ').unwrap_or(content));
                text.push('\n');
            }
        } else if let Some(name) = line.strip_prefix("-- file:") {
            files.push((name.trim().to_owned(), String::new()));
        } else if !["-- name:", "-- tags:", "-- note:", "-- mode:"].iter().any(|key| line.starts_with(key)) {
            rest.push(line);
            break;
        }
    }
    rest.extend(lines);
    (files, rest.join("\n"))
}
