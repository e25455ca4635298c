//! The recorded cases that flinkrs answers as Flink does, once more in phases: at parallelism 2 with checkpoints, stopped with a savepoint,
//! restored at 3, stopped again, and restored at 1. What is left must be what Flink has left. Cases that are listed with `once` are left out.

use compat_tests::case::Case;
use compat_tests::phases::{PhasedOutcome, RESCALED};
use compat_tests::runner::Runner;
use futures::StreamExt;

/// Cases at a time: paced sources leave the processor idle, and the cluster has slots for so many.
const AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listed_cases_agree_with_flink_over_restores_and_rescaling() {
    let listed =
        include_str!("../cases/agreeing.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let listed = listed.filter(|line| !line.split(' ').any(|word| word == "once"));
    let names = listed.map(|line| line.split(' ').next().expect("a line has a name"));
    let runner = Runner::start().await.expect("the embedded cluster starts");
    let shared = &runner;
    let outcomes = futures::stream::iter(names).map(|name| async move {
        let case = Case::load(name).expect("a listed case can be read");
        (name, shared.in_phases(&case, &RESCALED).await)
    });
    let outcomes: Vec<(&str, anyhow::Result<PhasedOutcome>)> = outcomes.buffer_unordered(AT_ONCE).collect().await;
    runner.stop().await;
    let (mut found, mut restores) = (Vec::new(), 0);
    for (name, outcome) in outcomes {
        let PhasedOutcome { differences, restores: of_case } =
            outcome.unwrap_or_else(|error| panic!("{name}: {error:#}"));
        restores += of_case;
        found.extend(differences.into_iter().map(|difference| format!("{name}: {difference}")));
    }
    println!("{restores} restores");
    assert!(found.is_empty(), "{} differences from Flink:\n{}", found.len(), found.join("\n"));
    assert!(restores > 50, "only {restores} jobs were stopped before their end");
}
