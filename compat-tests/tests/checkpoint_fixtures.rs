//! Checkpoints and savepoints of each version of their formats, as a release of its time wrote them (`fixtures/checkpoint-vN`; a new one comes from
//! `fixtures/write-checkpoint.sh`): a job goes on from them, at another parallelism and on either state backend, and comes to the right results.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use compat_tests::answer::Row;
use compat_tests::runner::Runner;
use sql::Session;

const FIXTURES: [&str; 2] = ["checkpoint-v1", "checkpoint-v2"];

/// What is restored, on which state backend, at which parallelism; all were written at parallelism 1.
const RESTORES: [(&str, &str, u32); 4] = [
    ("checkpoint/chk", "rocksdb", 1),
    ("checkpoint/chk", "rocksdb", 3),
    ("savepoint", "rocksdb", 2),
    ("savepoint", "hashmap", 3),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_go_on_from_checkpoints_of_every_version() {
    let runner = Runner::start().await.expect("the embedded cluster starts");
    for fixture in FIXTURES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture);
        for (place, backend, parallelism) in RESTORES {
            let what = format!("{fixture}/{place} on {backend} at parallelism {parallelism}");
            let changelog = changelog_from(&runner, &folder, place, backend, parallelism).await;
            // A job that began anew would come to the same results, but its first change of a key would be an insert.
            for (key, kind) in first_kinds(&changelog) {
                assert_ne!(kind, "+I", "{what}: nothing was restored for key {key}");
            }
            assert_eq!(last_rows(&changelog), expected(), "{what}");
        }
    }
    runner.stop().await;
}

type Changelog = Vec<(String, Vec<u64>)>;

async fn changelog_from(runner: &Runner, fixture: &Path, place: &str, backend: &str, parallelism: u32) -> Changelog {
    let settings = [
        ("execution.state-recovery.path", fixture.join(place).display().to_string()),
        ("parallelism.default", parallelism.to_string()),
        ("state.backend.type", backend.to_owned()),
    ];
    let mut session = Session::new(settings.map(|(key, value)| (key.to_owned(), value)).into());
    let script = std::fs::read_to_string(fixture.join("job.sql")).expect("a fixture has a job");
    let mut changelog = Vec::new();
    for statement in script.split_inclusive(';').filter(|statement| !statement.trim().is_empty()) {
        let answer = runner.answer(&mut session, statement).await.expect("the embedded cluster answers");
        assert_eq!(answer.error, None, "{place} on {backend} at parallelism {parallelism}");
        changelog.extend(answer.changelog.into_iter().map(|(kind, row)| (kind, numbers(&row))));
    }
    changelog
}

fn numbers(row: &Row) -> Vec<u64> {
    row.iter()
        .map(|cell| cell.as_deref().and_then(|cell| cell.parse().ok()).expect("every column has a number"))
        .collect()
}

fn first_kinds(changelog: &Changelog) -> BTreeMap<u64, &str> {
    changelog.iter().rev().map(|(kind, row)| (row[0], kind.as_str())).collect()
}

fn last_rows(changelog: &Changelog) -> Vec<Vec<u64>> {
    let last: BTreeMap<u64, &Vec<u64>> = changelog.iter().map(|(_, row)| (row[0], row)).collect();
    last.into_values().cloned().collect()
}

/// For each key: windows, sum and number of the numbers from 1 to 2,000 that are its, at a second each.
fn expected() -> Vec<Vec<u64>> {
    let row = |key: u64| {
        let ids: Vec<u64> = (1..=2_000).filter(|id| id % 7 == key).collect();
        let windows: BTreeSet<u64> = ids.iter().map(|id| id / 300).collect();
        vec![key, windows.len() as u64, ids.iter().sum(), ids.len() as u64]
    };
    (0..7).map(row).collect()
}
