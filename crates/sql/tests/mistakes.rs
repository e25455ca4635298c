//! Golden test of what users read when they are wrong: `mistakes/mistakes.sql` has a statement a line, `mistakes/mistakes.txt` what each of them is told.
//!
//! `UPDATE_PLANS=1 cargo test -p sql --test mistakes` writes the answers anew. Each must have a place in its statement.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use sql::{Session, SqlError};

#[test]
fn mistakes_are_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let script = std::fs::read_to_string(folder.join("mistakes.sql")).expect("the statements");
    let mut session = Session::new(BTreeMap::from([("table.local-time-zone".to_owned(), "UTC".to_owned())]));
    let mut found = String::new();
    for line in script.lines().filter(|line| !line.is_empty()) {
        match execute(&mut session, line) {
            Ok(()) if line.starts_with("CREATE") => {}
            Ok(()) => panic!("nothing is wrong with {line}"),
            Err(error) => {
                assert!(error.span.end <= line.len() && error.span.end > 0, "{line} has its mistake nowhere");
                writeln!(found, "{}\n", error.render(line).trim_end()).expect("a string");
            }
        }
    }
    let golden = folder.join("mistakes.txt");
    if std::env::var_os("UPDATE_PLANS").is_some() {
        std::fs::write(&golden, &found).expect("the golden file");
        return;
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    for (expected, found) in expected.split("\n\n").zip(found.split("\n\n")) {
        assert_eq!(found, expected, "UPDATE_PLANS=1 accepts the new text");
    }
    assert_eq!(found.len(), expected.len());
}

fn execute(session: &mut Session, line: &str) -> Result<(), SqlError> {
    let statement = sql::parser::parse_statement(line)?;
    session.execute(&statement, line).map(drop)
}
