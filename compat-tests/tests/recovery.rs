//! A process is killed in the middle of an exactly-once job, and the output is that of a run without: from files to files, with windows and an
//! unbounded GROUP BY. Restart settings are the defaults.

use std::fmt::Write as _;
use std::path::Path;

use compat_tests::process::{self, ProcessCluster};
use tempfile::TempDir;

/// Rows of the input: some seconds of work at [`ROWS_PER_SECOND`].
const ROWS: u32 = 20_000;
const ROWS_PER_SECOND: u32 = 8_000;

/// A folder with the input of the job and the script of it that writes to this folder in there.
fn write_job(folder: &Path, out: &str) -> String {
    let mut rows = String::new();
    for i in 0..ROWS {
        let (minute, second) = (i / 1_000 % 60, i / 17 % 60);
        writeln!(rows, "user{},{},2024-01-01 10:{minute:02}:{second:02}", i % 97, i % 10).expect("a string takes it");
    }
    std::fs::write(folder.join("events.csv"), rows).expect("the folder can be written");
    let sink = |name: &str| {
        format!(
            "WITH ('connector'='filesystem','path'='{}/{out}/{name}','format'='csv',\
             'sink.rolling-policy.rollover-interval'='200 ms','sink.rolling-policy.check-interval'='100 ms')",
            folder.display()
        )
    };
    let script = format!(
        "CREATE TABLE events (user_id STRING, amount INT, ts TIMESTAMP(0), WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE) \
         WITH ('connector'='filesystem','path'='{}/events.csv','format'='csv');\n\
         CREATE TABLE totals (user_id STRING, ws TIMESTAMP(3), total BIGINT, n BIGINT) {};\n\
         CREATE TABLE seen (user_id STRING, amount INT, m BIGINT) {};\n\
         EXECUTE STATEMENT SET BEGIN\n\
         INSERT INTO totals SELECT user_id, window_start, SUM(CAST(amount AS BIGINT)), COUNT(*) \
         FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY user_id, window_start, window_end;\n\
         INSERT INTO seen SELECT user_id, amount, m \
         FROM (SELECT user_id, amount, m, ROW_NUMBER() OVER (PARTITION BY user_id, amount, m ORDER BY p) AS place \
         FROM (SELECT user_id, amount, MINUTE(ts) AS m, PROCTIME() AS p FROM events)) WHERE place = 1;\nEND;\n",
        folder.display(),
        sink("totals"),
        sink("seen")
    );
    let path = folder.join(format!("{out}.sql"));
    std::fs::write(&path, script).expect("the folder can be written");
    path.display().to_string()
}

/// The lines of all visible files, in order; a line that is there twice is there twice.
fn lines(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let files = entries.map(|entry| entry.expect("an entry").path());
    let visible = files.filter(|path| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')));
    let texts = visible.map(|path| std::fs::read_to_string(path).expect("a part file"));
    let mut lines: Vec<String> = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    lines.sort_unstable();
    lines
}

fn arguments(settings: &[String]) -> Vec<&str> {
    settings.iter().map(String::as_str).collect()
}

/// A job that is in the middle of its work and has stored where it is.
struct Running {
    folder: TempDir,
    settings: Vec<String>,
    cluster: ProcessCluster,
    job: String,
}

impl Running {
    fn start(settings: &[&str]) -> Self {
        Self::start_with(settings, |_| Vec::new())
    }

    /// The same with settings for each TaskManager, by its number.
    fn start_with(settings: &[&str], of_taskmanager: impl Fn(usize) -> Vec<String>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().display();
        let mut settings: Vec<String> = settings.iter().map(|setting| format!("-D{setting}")).collect();
        settings.extend([
            format!("-Dexecution.checkpointing.dir={path}/checkpoints"),
            format!("-Dhigh-availability.storageDir={path}/jobs"),
            "-Dexecution.checkpointing.interval=100ms".to_owned(),
            format!("-Dpipeline.source.max-rows-per-second={ROWS_PER_SECOND}"),
        ]);
        let mut cluster = ProcessCluster::start(0, 1, &arguments(&settings)).expect("a cluster");
        for number in 0..2 {
            let all = [&settings[..], &of_taskmanager(number)].concat();
            cluster.add_taskmanager(1, &arguments(&all)).expect("a TaskManager");
        }
        cluster.wait_for_taskmanagers(2).expect("both register");
        let script = write_job(folder.path(), "out");
        let run = ["run", "-d", "-p", "2", "-m", cluster.rest_address(), &script];
        let output = process::run(&[&run[..], &arguments(&settings)].concat()).expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let (_, rest) = said.split_once("JobID ").unwrap_or_else(|| panic!("no job id: {output:?}"));
        let job = rest[..32].to_owned();
        let running = Self { folder, settings, cluster, job };
        let totals = running.folder.path().join("out/totals");
        running.cluster.wait_until("rows of a window", || Ok(!lines(&totals).is_empty())).expect("they come");
        assert_eq!(running.state().as_deref(), Some("RUNNING"), "it is in the middle of its work");
        running
    }

    /// None while there is no JobManager that knows the job.
    fn state(&self) -> Option<String> {
        Some(self.cluster.get(&format!("/jobs/{}", self.job)).ok()?["state"].as_str()?.to_owned())
    }

    /// Waits for the end and compares.
    fn ends_as_if_nothing_had_happened(self, restored: bool) {
        let ended = self.cluster.wait_until("the job to finish", || {
            let state = self.state();
            anyhow::ensure!(state.as_deref() != Some("FAILED"), "it has failed: {}", self.exceptions());
            Ok(state.as_deref() == Some("FINISHED"))
        });
        ended.unwrap_or_else(|error| panic!("{error}; it is {:?}: {}", self.state(), self.exceptions()));
        let checkpoints = self.cluster.get(&format!("/jobs/{}/checkpoints", self.job)).expect("statistics");
        let id = checkpoints["latest"]["restored"]["id"].as_u64();
        assert_eq!(id.is_some_and(|id| id > 0), restored, "{checkpoints}");
        let folder = self.folder.path();
        let alone = process::run(&["run", "--target", "local", &write_job(folder, "expected")]).expect("it runs");
        assert!(alone.status.success(), "{alone:?}");
        for (table, least) in [("totals", 1_000), ("seen", 5_000)] {
            let expected = lines(&folder.join("expected").join(table));
            assert!(expected.len() > least, "{table}: {}", expected.len());
            assert!(lines(&folder.join("out").join(table)) == expected, "{table} differs");
        }
    }

    fn exceptions(&self) -> String {
        self.cluster
            .get(&format!("/jobs/{}/exceptions", self.job))
            .map_or_else(|error| error.to_string(), |e| e.to_string())
    }
}

#[test]
fn a_killed_taskmanager_leaves_no_trace_in_the_output() {
    let mut running = Running::start(&["state.backend.type=rocksdb", "execution.checkpointing.unaligned.enabled=true"]);
    running.cluster.taskmanagers[0].kill().expect("it is killed");
    running.cluster.add_taskmanager(1, &arguments(&running.settings)).expect("another one");
    running.ends_as_if_nothing_had_happened(true);
}

#[test]
fn a_killed_jobmanager_leaves_no_trace_in_the_output() {
    let mut running = Running::start(&["high-availability.type=raft"]);
    running.cluster.replace_jobmanager(&arguments(&running.settings)).expect("another one");
    // Its tasks run on, and go back to nothing.
    running.ends_as_if_nothing_had_happened(false);
}

/// Keeps local copies of its state, and has a name.
fn with_local_recovery(folder: &Path) -> impl Fn(usize) -> Vec<String> {
    let working = folder.join("working").display().to_string();
    move |number| {
        vec![format!("-Dtaskmanager.resource-id=tm{number}"), format!("-Dprocess.taskmanager.working-dir={working}")]
    }
}

const LOCAL_RECOVERY: [&str; 3] = [
    "state.backend.type=rocksdb",
    "execution.checkpointing.incremental=true",
    "execution.state-recovery.from-local=true",
];

/// A TaskManager is killed, something is taken away, and it starts again under its name.
fn a_taskmanager_starts_again(without: impl FnOnce(&Path, &Path)) {
    let working = tempfile::tempdir().expect("a folder");
    let settings_of = with_local_recovery(working.path());
    let mut running = Running::start_with(&LOCAL_RECOVERY, &settings_of);
    running.cluster.taskmanagers[0].kill().expect("it is killed");
    let checkpoints = running.folder.path().join("checkpoints");
    // Not its state: a job whose restart waits for a slot is RUNNING again.
    let failed = || running.exceptions().contains("\"entries\":[{");
    running.cluster.wait_until("the failure", || Ok(failed())).expect("it comes");
    without(&checkpoints, working.path());
    let settings = [&running.settings[..], &settings_of(0)].concat();
    running.cluster.add_taskmanager(1, &arguments(&settings)).expect("it starts again");
    running.ends_as_if_nothing_had_happened(true);
}

#[test]
fn a_taskmanager_that_starts_again_has_its_state_although_the_storage_has_lost_it() {
    a_taskmanager_starts_again(|checkpoints, _| {
        let mut removed = 0;
        let mut folders = vec![checkpoints.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.file_name().is_some_and(|name| name != "_metadata") {
                    std::fs::remove_file(path).expect("it can be removed");
                    removed += 1;
                }
            }
        }
        assert!(removed > 0, "there is state in files");
    });
}

#[test]
fn a_taskmanager_that_has_lost_its_copies_takes_the_state_from_the_storage() {
    // Where copies of a checkpoint under way are still written the folder has moved out of their way.
    a_taskmanager_starts_again(|_, working| {
        let lost = working.join("lost");
        std::fs::rename(working.join("working"), &lost).expect("there are copies");
        while std::fs::remove_dir_all(&lost).is_err_and(|error| error.kind() == std::io::ErrorKind::DirectoryNotEmpty) {
        }
    });
}
