//! Golden tests of the planner: SQL in `plans/*.sql`, and beside each what every statement comes to.
//!
//! `UPDATE_PLANS=1 cargo test -p sql --test plans` writes the answers anew. Job ids are random and left out; `config` of a script is what it SETs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use dataflow::{JobGraph, RowType, TimeAttribute};
use sql::{Outcome, Session};

#[test]
fn plans_are_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans");
    let mut scripts: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder of plans")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    scripts.sort();
    assert!(!scripts.is_empty());
    let update = std::env::var_os("UPDATE_PLANS").is_some();
    let mut wrong = Vec::new();
    for script in scripts {
        let text = std::fs::read_to_string(&script).expect("the script");
        let found = run(&text);
        let golden = script.with_extension("txt");
        if update {
            std::fs::write(&golden, &found).expect("the golden file");
        } else {
            let expected = std::fs::read_to_string(&golden).unwrap_or_default();
            if expected != found {
                wrong.push(format!("{}:\n{}", script.display(), difference(&expected, &found)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\nUPDATE_PLANS=1 accepts the new plans", wrong.join("\n"));
}

/// The first line that differs, with its neighbours.
fn difference(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let at = expected.iter().zip(&found).take_while(|(a, b)| a == b).count();
    let around = |lines: &[&str]| lines[at.saturating_sub(3).min(lines.len())..(at + 4).min(lines.len())].join("\n  ");
    format!(" line {}, expected:\n  {}\n found:\n  {}", at + 1, around(&expected), around(&found))
}

fn run(text: &str) -> String {
    let config = BTreeMap::from([("table.local-time-zone".to_owned(), "UTC".to_owned())]);
    let mut session = Session::new(config);
    let mut out = String::new();
    let statements = match sql::parser::parse_script(text) {
        Ok(statements) => statements,
        Err(error) => return error.render(text),
    };
    for statement in statements {
        let source = statement.span.slice(text);
        writeln!(out, "-- {}", source.replace('\n', "\n-- ")).expect("a string");
        match session.execute(&statement, text) {
            Ok(outcome) => show(&outcome, &mut out),
            Err(error) => writeln!(out, "{}", error.render(text)).expect("a string"),
        }
        out.push('\n');
    }
    out
}

fn show(outcome: &Outcome, out: &mut String) {
    match outcome {
        Outcome::Done => out.push_str("OK\n"),
        Outcome::Table { columns, rows } => {
            let names: Vec<&str> = columns.fields.iter().map(|field| field.name.as_str()).collect();
            writeln!(out, "{}", names.join(" | ")).expect("a string");
            for row in rows {
                let cells: Vec<&str> = row.iter().map(|cell| cell.as_deref().unwrap_or("<NULL>")).collect();
                writeln!(out, "{}", cells.join(" | ")).expect("a string");
            }
        }
        Outcome::Insert(graph) => show_graph(graph, out),
        Outcome::Select { graph, schema, collect, collect_parallelism } => {
            writeln!(out, "schema: {}", types(schema)).expect("a string");
            writeln!(out, "collect: {collect} x {collect_parallelism}").expect("a string");
            show_graph(graph, out);
        }
    }
}

fn show_graph(graph: &JobGraph, out: &mut String) {
    graph.validate().expect("a graph that can run");
    let text = serde_json::to_string(graph).expect("a graph is data");
    assert_eq!(&serde_json::from_str::<JobGraph>(&text).expect("its own text"), graph, "a graph survives the wire");
    writeln!(out, "job: {}", graph.name).expect("a string");
    for vertex in &graph.vertices {
        writeln!(out, "vertex {} x {} (max {})", vertex.name, vertex.parallelism, vertex.max_parallelism)
            .expect("a string");
        for operator in &vertex.operators {
            let spec = serde_json::to_string(&operator.spec).expect("a spec is data");
            writeln!(out, "  {} {}: {}", operator.id, operator.name, types(&operator.output)).expect("a string");
            writeln!(out, "    {}", short(&spec)).expect("a string");
        }
    }
    let name = |id| graph.vertex(id).map_or("?", |vertex| vertex.name.as_str());
    for edge in &graph.edges {
        let partitioning = serde_json::to_string(&edge.partitioning).expect("data");
        writeln!(out, "edge {} => {} #{} {partitioning}", name(edge.source), name(edge.target), edge.input)
            .expect("a string");
    }
}

/// Specs without their row types, which are shown once per operator.
fn short(spec: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(spec).expect("a spec");
    strip(&mut value);
    value.to_string()
}

fn strip(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(map) => {
            map.shift_remove("output");
            map.shift_remove("type");
            map.values_mut().for_each(strip);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

fn types(row: &RowType) -> String {
    let column = |field: &dataflow::Field| {
        let attribute = match field.ty.time_attribute() {
            TimeAttribute::None => "",
            TimeAttribute::Rowtime => " *ROWTIME*",
            TimeAttribute::Proctime => " *PROCTIME*",
        };
        format!("{} {}{attribute}", field.name, field.ty)
    };
    row.fields.iter().map(column).collect::<Vec<_>>().join(", ")
}
