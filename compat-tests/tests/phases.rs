//! The recorded cases that flinkrs answers as Flink does, once more in phases: at parallelism 2 with checkpoints, stopped with a savepoint,
//! restored at 3, stopped again, and restored at 1. What is left must be what Flink has left.

use compat_tests::case::Case;
use compat_tests::phases::RESCALED;
use compat_tests::runner::Runner;

/// Cases whose answer depends on the order of all rows, which several subtasks do not keep, or on what one subtask says of an error.
const IN_ORDER_ONLY: &[&str] = &[];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listed_cases_agree_with_flink_over_restores_and_rescaling() {
    let listed =
        include_str!("../cases/agreeing.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let runner = Runner::start().await.expect("the embedded cluster starts");
    let (mut found, mut restores) = (Vec::new(), 0);
    for line in listed {
        let name = line.split(' ').next().expect("a line has a name");
        if IN_ORDER_ONLY.contains(&name) {
            continue;
        }
        let case = Case::load(name).expect("a listed case can be read");
        match runner.in_phases(&case, &RESCALED).await {
            Ok(outcome) => {
                restores += outcome.restores;
                found.extend(outcome.differences.into_iter().map(|difference| format!("{name}: {difference}")));
            }
            Err(error) => found.push(format!("{name}: {error:#}")),
        }
    }
    runner.stop().await;
    println!("{restores} restores");
    assert!(found.is_empty(), "{} differences from Flink:\n{}", found.len(), found.join("\n"));
    assert!(restores > 50, "only {restores} jobs were stopped before their end");
}
