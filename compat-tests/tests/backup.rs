//! All JobManagers, their folders and all TaskManagers are lost; what is left is a backup, and the checkpoints. A new group goes on from there.

use std::path::{Path, PathBuf};

use compat_tests::group::JobManagerGroup;
use compat_tests::process;

/// Numbers that the job writes, some seconds of work.
const NUMBERS: u64 = 20_000;

/// All numbers that are visible, in order; one that is there twice is there twice.
fn numbers(folder: &Path) -> Vec<u64> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let files = entries.map(|entry| entry.expect("an entry").path());
    let visible = files.filter(|path| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')));
    let mut numbers: Vec<u64> = visible
        .flat_map(|path| {
            let text = std::fs::read_to_string(path).expect("a part file");
            text.lines().map(|line| line.parse().expect("a number")).collect::<Vec<_>>()
        })
        .collect();
    numbers.sort_unstable();
    numbers
}

fn admin(group: &JobManagerGroup, arguments: &[&str]) -> (bool, String) {
    let address = group.rest_address(1);
    let output = process::run(&[&["jobmanager-admin", "-m", &address], arguments].concat()).expect("it runs");
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn completed(group: &JobManagerGroup, job: &str) -> u64 {
    let statistics = group.get(&format!("/jobs/{job}/checkpoints"));
    statistics.ok().and_then(|all| all["counts"]["completed"].as_u64()).unwrap_or_default()
}

#[test]
fn a_new_group_goes_on_from_a_backup_that_is_older_than_the_checkpoints() {
    let folder = tempfile::tempdir().expect("a folder");
    let below = |name: &str| -> PathBuf { folder.path().join(name) };
    let settings = [
        format!("-Dexecution.checkpointing.dir=file://{}", below("checkpoints").display()),
        "-Dexecution.checkpointing.interval=200ms".to_owned(),
        "-Dheartbeat.timeout=3s".to_owned(),
        "-Dheartbeat.interval=500ms".to_owned(),
    ];
    let group = |name: &str| {
        std::fs::create_dir(below(name)).expect("a folder");
        JobManagerGroup::start(&below(name), 3, 1, 2, &settings).expect("a group")
    };
    let mut old = group("old");
    let script = below("job.sql");
    let text = format!(
        "CREATE TABLE a (i BIGINT) WITH ('connector'='datagen','fields.i.kind'='sequence','fields.i.start'='1','fields.i.end'='{NUMBERS}','rows-per-second'='3000');\n\
         CREATE TABLE b (i BIGINT) WITH ('connector'='filesystem','path'='{}','format'='csv',\
         'sink.rolling-policy.rollover-interval'='200 ms','sink.rolling-policy.check-interval'='100 ms');\n\
         INSERT INTO b SELECT i FROM a;\n",
        below("out").display()
    );
    std::fs::write(&script, text).expect("written");
    let output = process::run(&["run", "-d", "-p", "2", "-m", &old.rest_address(0), &script.display().to_string()]);
    let said = String::from_utf8_lossy(&output.expect("it runs").stdout).into_owned();
    let job = said.split_once("JobID ").unwrap_or_else(|| panic!("no job id: {said}")).1[..32].to_owned();
    old.wait("a checkpoint", |group| Ok(completed(group, &job) >= 1)).expect("it comes");

    let backup = below("backup.json");
    let file = backup.display().to_string();
    let (done, said) = admin(&old, &["backup", &file]);
    assert!(done, "{said}");
    let at_backup = completed(&old, &job);
    old.wait("later checkpoints", |group| Ok(completed(group, &job) >= at_backup + 3)).expect("they come");
    // It goes into nothing but a new group.
    let (done, said) = admin(&old, &["restore", &file]);
    assert!(!done && said.contains("jobs or catalogs of its own"), "{said}");

    // All is lost but the checkpoints and what is committed.
    for member in 0..old.len() {
        old.kill(member).expect("it is killed");
    }
    old.taskmanagers[0].kill().expect("it is killed");
    let written = numbers(&below("out"));
    assert!(!written.is_empty() && written.len() < NUMBERS as usize, "{} are written", written.len());
    drop(old);
    std::fs::remove_dir_all(below("old")).expect("it is there");

    let new = group("new");
    let document = std::fs::read_to_string(&backup).expect("it is there");
    for (name, text, says) in [
        ("cut", document[..document.len() / 2].to_owned(), "not all of one"),
        ("other", "{}".to_owned(), "no backup"),
        ("later", document.replacen("\"flinkrs-backup\":1", "\"flinkrs-backup\":2", 1), "has format 2"),
    ] {
        let file = below(name).display().to_string();
        std::fs::write(&file, text).expect("written");
        let (done, said) = admin(&new, &["restore", &file]);
        assert!(!done && said.contains(says), "{name}: {said}");
    }
    let (done, said) = admin(&new, &["restore", &file]);
    assert!(done && said.contains("jobs: 1"), "{said}");
    let ended = new.wait("the job to finish", |group| {
        let state = group.get(&format!("/jobs/{job}"));
        let state = state.ok().and_then(|job| Some(job["state"].as_str()?.to_owned()));
        anyhow::ensure!(state.as_deref() != Some("FAILED"), "{:?}", group.get(&format!("/jobs/{job}/exceptions")));
        Ok(state.as_deref() == Some("FINISHED"))
    });
    ended.unwrap_or_else(|error| panic!("{error}: {:?}", new.get(&format!("/jobs/{job}/exceptions"))));
    let restored =
        new.get(&format!("/jobs/{job}/checkpoints")).expect("statistics")["latest"]["restored"]["id"].clone();
    assert!(restored.as_u64().is_some_and(|id| id > at_backup), "{restored}: the newest, not that of the backup");
    assert!(numbers(&below("out")) == (1..=NUMBERS).collect::<Vec<_>>(), "each number once");
    let (done, said) = admin(&new, &["restore", &file]);
    assert!(!done, "{said}");
}
