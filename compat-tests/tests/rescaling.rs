//! An exactly-once job is rescaled over and over by real processes, and its output is whole.

use std::path::Path;

use compat_tests::failover::Report;
use compat_tests::rescaling;

fn is_whole(scenario: impl Fn(&Path) -> anyhow::Result<Report>) {
    let folder = tempfile::tempdir().expect("a folder");
    let report = scenario(folder.path()).unwrap_or_else(|error| {
        let kept = folder.keep();
        panic!("{error:#} ({})", kept.display());
    });
    assert!(report.rows > 1_000, "{report:?}");
    assert_eq!((report.lost, report.duplicated), (0, 0), "{report:?}");
}

#[test]
fn a_job_of_the_reactive_mode_follows_the_taskmanagers() {
    is_whole(rescaling::follow_taskmanagers);
}

#[test]
fn a_job_follows_requests_for_other_parallelism_and_leaves_a_taskmanager() {
    is_whole(rescaling::follow_requests);
}
