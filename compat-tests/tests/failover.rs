//! The leader of three JobManagers is killed under an exactly-once job, stopped, wiped, all are killed: the job runs on in its first attempts, and its output is
//! whole.

use std::time::Duration;

use compat_tests::failover::{self, Nemesis, Plan};

fn a_job_runs_on(nemeses: &[Nemesis], rounds: u64, seed: u64) {
    let plan = Plan {
        jobmanagers: 3,
        rounds,
        nemeses: nemeses.to_vec(),
        seed,
        rows_per_second: 2_000,
        checkpoint_interval: Duration::from_millis(200),
        settings: Vec::new(),
    };
    let folder = tempfile::tempdir().expect("a folder");
    let report = match failover::run(&plan, folder.path(), |_, _| {}) {
        Ok(report) => report,
        // With the logs of all processes.
        Err(error) => panic!("{error:#} ({})", folder.keep().display()),
    };
    assert!(report.rows > 1_000, "{report:?}");
    assert_eq!((report.lost, report.duplicated, &report.disturbances[..]), (0, 0, &[][..]), "{report:?}");
}

#[test]
fn a_job_runs_on_when_its_leader_is_killed() {
    a_job_runs_on(&[Nemesis::Kill], 3, 1);
}

#[test]
fn a_job_runs_on_when_its_leader_hangs_or_loses_its_disk() {
    a_job_runs_on(&[Nemesis::Pause, Nemesis::Wipe], 3, 4);
}

#[test]
fn a_job_runs_on_when_all_jobmanagers_are_killed_at_once() {
    a_job_runs_on(&[Nemesis::All], 1, 1);
}
