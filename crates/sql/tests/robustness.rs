//! Bad input to the planner: whatever a script says, each statement is planned or refused with a place. `fuzz/` looks for more of the same.
//!
//! `FLINKRS_ROBUSTNESS=100000 cargo test -p sql --test robustness` changes as many statements; with a split DISTINCT in mini-batches they are planned too.
//!
//! `robustness/tables.sql` are the tables, `robustness/seeds.sql` statements that are changed word by word, `robustness/crashers` texts that once
//! made the parser or the planner panic, hang or eat memory.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use sql::Session;
use sql::lexer::tokenize;
use sql::parser::parse_script;

const TABLES: &str = include_str!("robustness/tables.sql");
const SEEDS: &str = include_str!("robustness/seeds.sql");

static SESSION: LazyLock<Session> = LazyLock::new(|| {
    let mut session = Session::new(BTreeMap::new());
    execute(&mut session, TABLES).expect("the tables can be created");
    session
});

/// The same tables, and aggregations in as many parts as there are.
static IN_MINI_BATCHES: LazyLock<Session> = LazyLock::new(|| {
    let settings = [
        ("table.exec.mini-batch.enabled", "true"),
        ("table.exec.mini-batch.allow-latency", "1 s"),
        ("table.exec.mini-batch.size", "10"),
        ("table.optimizer.distinct-agg.split.enabled", "true"),
    ];
    let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let mut session = Session::new(BTreeMap::from(settings));
    execute(&mut session, TABLES).expect("the tables can be created");
    session
});

/// How many statements are changed.
fn cases() -> u32 {
    std::env::var("FLINKRS_ROBUSTNESS").ok().and_then(|cases| cases.parse().ok()).unwrap_or(600)
}

static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut words: Vec<&str> = words_of(SEEDS);
    words.sort_unstable();
    words.dedup();
    words
});

fn words_of(text: &str) -> Vec<&str> {
    tokenize(text).tokens.iter().map(|token| token.span.slice(text)).filter(|word| !word.is_empty()).collect()
}

/// Executes a script; errors must lie on the text and be showable. The first one is returned.
fn execute(session: &mut Session, text: &str) -> Result<(), String> {
    let mut first = Ok(());
    let mut refuse = |error: sql::SqlError| {
        assert!(error.span.start <= error.span.end && error.span.end <= text.len(), "{error:?} on {text:?}");
        let shown = error.render(text);
        assert!(!shown.is_empty());
        if first.is_ok() {
            first = Err(shown);
        }
    };
    match parse_script(text) {
        Err(error) => refuse(error),
        Ok(statements) => {
            for statement in statements {
                if let Err(error) = session.execute(&statement, text) {
                    refuse(error);
                }
            }
        }
    }
    first
}

#[test]
fn the_seeds_are_statements() {
    for seed in SEEDS.split_inclusive(";\n").filter(|seed| !seed.contains("STATEMENT SET") && !seed.starts_with(' ')) {
        assert!(parse_script(seed).is_ok(), "{seed}");
    }
}

#[test]
fn crashers_do_not_crash() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/robustness/crashers");
    for file in std::fs::read_dir(folder).expect("the folder of crashers") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a text");
        let _ = execute(&mut SESSION.clone(), &text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn changed_statements_are_planned_or_refused(
        seed in select(SEEDS.split_inclusive(";\n").collect::<Vec<_>>()),
        changes in prop::collection::vec((any::<Index>(), 0..5u8, any::<Index>()), 1..4),
    ) {
        let mut words = words_of(seed);
        for (at, change, other) in changes {
            let at = at.index(words.len().max(1));
            let word = WORDS[other.index(WORDS.len())];
            match change {
                _ if words.is_empty() => words.push(word),
                0 => drop(words.remove(at)),
                1 => words.insert(at, word),
                2 => words[at] = word,
                3 => words.swap(at, 0),
                _ => {
                    let end = (at + 8).min(words.len());
                    let copied = words[at..end].to_vec();
                    words.splice(at..at, copied);
                }
            }
        }
        let text = words.join(" ");
        let _ = execute(&mut SESSION.clone(), &text);
        let _ = execute(&mut IN_MINI_BATCHES.clone(), &text);
    }
}
