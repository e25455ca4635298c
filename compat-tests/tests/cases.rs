//! The recorded cases that flinkrs must answer as Flink does: those that cases/agreeing.txt lists; a name followed by
//! `final` is compared by the rows that are left; `once` is for `phases.rs`. The rest wait for their issue.

use compat_tests::case::Case;
use compat_tests::compare::Strictness;
use compat_tests::runner::Runner;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listed_cases_agree_with_flink() {
    let listed: Vec<&str> = include_str!("../cases/agreeing.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    assert!(!listed.is_empty());
    let runner = Runner::start().await.expect("the embedded cluster starts");
    let mut found = Vec::new();
    for line in listed {
        let mut words = line.split(' ');
        let name = words.next().expect("a line has a name");
        let strictness = match words.any(|word| word == "final") {
            true => Strictness::FinalRows,
            false => Strictness::Changelog,
        };
        let case = Case::load(name).expect("a listed case can be read");
        if case.timed_out() {
            found.push(format!("{name}: Flink did not come to an end when it was recorded: record it again"));
        }
        let differences = runner.differences(&case, strictness).await.expect("a case can be run");
        found.extend(differences.into_iter().map(|difference| format!("{name}: {difference}")));
    }
    runner.stop().await;
    assert!(found.is_empty(), "{} differences from Flink:\n{}", found.len(), found.join("\n"));
}
