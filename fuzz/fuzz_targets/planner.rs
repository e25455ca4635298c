//! Any script over a few tables is planned or refused, statement by statement. Nothing runs.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sql::Session;
use sql::parser::parse_script;

/// Tables of every kind that plans differ by.
const TABLES: &str = include_str!("../../crates/sql/tests/robustness/tables.sql");

static SESSION: LazyLock<Session> = LazyLock::new(|| {
    let mut session = Session::new(BTreeMap::new());
    for statement in parse_script(TABLES).expect("the tables parse") {
        session.execute(&statement, TABLES).expect("the tables can be created");
    }
    session
});

fuzz_target!(|text: &str| {
    let Ok(statements) = parse_script(text) else { return };
    let mut session = SESSION.clone();
    for statement in statements {
        if let Err(error) = session.execute(&statement, text) {
            assert!(!error.render(text).is_empty());
        }
    }
});
