//! Savepoints, checkpoints and their commands, with a real cluster in this process and the binary beside it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use client::embedded::EmbeddedCluster;
use common::config::{Configuration, Origin};
use tokio::runtime::Runtime;

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(30);

const SOURCE: &str = "SET 'execution.checkpointing.interval' = '100 ms';
CREATE TABLE numbers (id BIGINT) WITH ('connector'='datagen','rows-per-second'='5000',
  'fields.id.kind'='sequence','fields.id.start'='1','fields.id.end'='100000000');
";

/// A cluster whose checkpoints go below a folder.
struct Cluster {
    runtime: Runtime,
    embedded: Option<EmbeddedCluster>,
    address: String,
    folder: tempfile::TempDir,
}

impl Cluster {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = Configuration::new();
        for (key, path) in
            [("execution.checkpointing.dir", "checkpoints"), ("execution.checkpointing.savepoint-dir", "savepoints")]
        {
            config.set(key, folder.path().join(path).display().to_string(), Origin::Program);
        }
        let runtime = Runtime::new().expect("threads");
        let embedded = runtime.block_on(EmbeddedCluster::start(&config, 1, 4)).expect("a cluster");
        let address = embedded.client().expect("its address").address().to_owned();
        Self { runtime, embedded: Some(embedded), address, folder }
    }

    /// Runs the binary; whether it succeeded, and what it said on standard output and error.
    fn flinkrs(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_flinkrs"))
            .args(arguments)
            .args(["-m", &self.address])
            .current_dir(self.folder.path())
            .env_remove("FLINK_PROPERTIES")
            .output()
            .expect("the binary runs");
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        (output.status.success(), said)
    }

    fn succeeds(&self, arguments: &[&str]) -> String {
        let (success, said) = self.flinkrs(arguments);
        assert!(success, "{arguments:?}: {said}");
        said
    }

    fn fails(&self, arguments: &[&str], parts: &[&str]) {
        let (success, said) = self.flinkrs(arguments);
        assert!(!success, "{arguments:?}: {said}");
        for part in parts {
            assert!(said.contains(part), "'{part}' is missing in: {said}");
        }
    }

    /// Submits a script; the job's id.
    fn submit(&self, name: &str, script: &str, arguments: &[&str]) -> String {
        let file = self.folder.path().join(format!("{name}.sql"));
        std::fs::write(&file, script).expect("a file");
        let file = file.display().to_string();
        let said = self.succeeds(&[&["run", "-d"], arguments, &[&file]].concat());
        let (_, id) = said.split_once("JobID ").unwrap_or_else(|| panic!("no job id in {said}"));
        id[..32].to_owned()
    }

    fn wait_for(&self, job: &str, status: &str) {
        let start = Instant::now();
        while !self.succeeds(&["list", "-a"]).lines().any(|line| line.contains(job) && line.contains(status)) {
            assert!(start.elapsed() < LIMIT, "{job} is not {status}: {}", self.succeeds(&["list", "-a"]));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the sink shows more numbers than so many.
    fn wait_for_more_than(&self, count: usize) {
        let start = Instant::now();
        while rows(&self.folder.path().join("ids")).len() <= count {
            assert!(start.elapsed() < LIMIT, "it writes no numbers");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Numbers in their order to files, some thousand a second; and to others, each of a thousand keys when it comes for the first time.
    fn numbers(&self) -> String {
        let files = |name: &str| {
            format!(
                "WITH ('connector'='filesystem','path'='{}','format'='csv',\
                 'sink.rolling-policy.rollover-interval'='100 ms','sink.rolling-policy.check-interval'='50 ms')",
                self.folder.path().join(name).display()
            )
        };
        format!(
            "{SOURCE}CREATE TABLE ids (id BIGINT) {};
             CREATE TABLE firsts (k BIGINT) {};
             EXECUTE STATEMENT SET BEGIN
             INSERT INTO ids SELECT id FROM numbers;
             INSERT INTO firsts SELECT k FROM (SELECT k, ROW_NUMBER() OVER (PARTITION BY k ORDER BY p) AS place
                 FROM (SELECT MOD(id, 1000) AS k, PROCTIME() AS p FROM numbers)) WHERE place = 1;
             END;",
            files("ids"),
            files("firsts")
        )
    }

    /// Each number from 1 on is there once, without a gap, and each key once; how many numbers.
    fn nothing_is_lost_or_duplicated(&self) -> usize {
        let ids = rows(&self.folder.path().join("ids"));
        let distinct: BTreeSet<u64> = ids.iter().copied().collect();
        assert_eq!(distinct.len(), ids.len(), "a number is there twice");
        assert_eq!(distinct.last().copied().unwrap_or(0), ids.len() as u64, "a number is missing");
        let mut keys = rows(&self.folder.path().join("firsts"));
        keys.sort_unstable();
        let expected: BTreeSet<u64> = ids.iter().map(|id| id % 1_000).collect();
        assert_eq!(keys, expected.into_iter().collect::<Vec<_>>(), "keys");
        ids.len()
    }

    /// The last checkpoint that a job has left.
    fn retained(&self, job: &str) -> String {
        let folder = self.folder.path().join("checkpoints").join(job);
        let names = std::fs::read_dir(folder).expect("the job has left its folder");
        let numbers = names.filter_map(|entry| {
            let name = entry.expect("an entry").file_name().into_string().expect("a text");
            name.strip_prefix("chk-").map(|id| id.parse::<u64>().expect("a number"))
        });
        let last = numbers.max().expect("a checkpoint");
        self.folder.path().join("checkpoints").join(job).join(format!("chk-{last}")).display().to_string()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(embedded) = self.embedded.take() {
            self.runtime.block_on(embedded.shutdown());
        }
    }
}

/// The numbers in the visible files of a folder.
fn rows(folder: &Path) -> Vec<u64> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let visible = |path: &Path| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.'));
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| visible(path))
        .flat_map(|path| {
            let text = std::fs::read_to_string(path).expect("a part file");
            text.lines().map(|line| line.parse().expect("a number")).collect::<Vec<u64>>()
        })
        .collect()
}

/// The path that a command has told.
fn path_in(said: &str) -> String {
    let (_, rest) = said.split_once("Path: ").unwrap_or_else(|| panic!("no path in {said}"));
    rest.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_job_is_stopped_with_a_savepoint_and_goes_on_from_it_at_another_parallelism() {
    let cluster = Cluster::start();
    let job = cluster.submit("numbers", &cluster.numbers(), &[]);
    cluster.wait_for_more_than(0);
    let said = cluster.succeeds(&["checkpoint", &job]);
    assert!(said.contains("\nCheckpoint ") && said.contains(&format!("for job {job} completed.")), "{said}");
    let said = cluster.succeeds(&["stop", &job]);
    assert!(said.starts_with(&format!("Suspending job \"{job}\" with a CANONICAL savepoint.")), "{said}");
    let savepoint = path_in(&said);
    cluster.wait_for(&job, "FINISHED");
    let before = cluster.nothing_is_lost_or_duplicated();
    assert!(before > 0);
    let again = cluster.submit("numbers", &cluster.numbers(), &["-s", &savepoint, "-p", "3"]);
    cluster.wait_for_more_than(before);
    cluster.succeeds(&["stop", "--drain", &again]);
    assert!(cluster.nothing_is_lost_or_duplicated() > before);
    let said = cluster.succeeds(&["savepoint", "-d", &savepoint]);
    assert!(said.contains(&format!("Savepoint '{savepoint}' disposed.")), "{said}");
    assert!(!Path::new(savepoint.trim_start_matches("file:")).exists());
}

#[test]
fn a_native_savepoint_is_one_to_go_on_from_too() {
    let cluster = Cluster::start();
    let rocksdb = "-Dstate.backend.type=rocksdb";
    let job = cluster.submit("numbers", &cluster.numbers(), &[rocksdb]);
    cluster.wait_for_more_than(0);
    let said = cluster.succeeds(&["stop", "--type", "native", &job]);
    assert!(said.starts_with(&format!("Suspending job \"{job}\" with a NATIVE savepoint.")), "{said}");
    let before = cluster.nothing_is_lost_or_duplicated();
    // Whatever the first job had stored elsewhere is not needed.
    std::fs::remove_dir_all(cluster.folder.path().join("checkpoints")).expect("checkpoints");
    let again = cluster.submit("numbers", &cluster.numbers(), &[rocksdb, "-s", &path_in(&said), "-p", "3"]);
    cluster.wait_for_more_than(before);
    cluster.succeeds(&["stop", &again]);
    assert!(cluster.nothing_is_lost_or_duplicated() > before);
}

#[test]
fn a_job_that_cannot_be_drained_to_a_savepoint_goes_back_to_its_last_checkpoint() {
    let cluster = Cluster::start();
    let job = cluster.submit("numbers", &cluster.numbers(), &[]);
    cluster.wait_for_more_than(0);
    cluster.succeeds(&["checkpoint", &job]);
    cluster.fails(&["stop", "--drain", "-p", "/proc/nowhere", &job], &["/proc/nowhere"]);
    cluster.wait_for(&job, "RUNNING");
    cluster.wait_for_more_than(rows(&cluster.folder.path().join("ids")).len());
    cluster.succeeds(&["stop", &job]);
    assert!(cluster.nothing_is_lost_or_duplicated() > 0);
}

#[test]
fn a_canceled_job_goes_on_from_the_checkpoint_that_it_left() {
    let cluster = Cluster::start();
    let retain = "-Dexecution.checkpointing.externalized-checkpoint-retention=RETAIN_ON_CANCELLATION";
    let job = cluster.submit("numbers", &cluster.numbers(), &[retain]);
    cluster.wait_for_more_than(0);
    let said = cluster.succeeds(&["cancel", &job]);
    assert_eq!(said, format!("Cancelling job {job}.\nCancelled job {job}.\n"));
    cluster.wait_for(&job, "CANCELED");
    cluster.fails(&["stop", &job], &[&job]);
    let checkpoint = cluster.retained(&job);
    let before = rows(&cluster.folder.path().join("ids")).len();
    let again = cluster.submit("numbers", &cluster.numbers(), &["-s", &checkpoint, "-p", "2"]);
    cluster.wait_for_more_than(before);
    cluster.succeeds(&["stop", &again]);
    assert!(cluster.nothing_is_lost_or_duplicated() > before);
    let job_folder = Path::new(&checkpoint).parent().expect("the job's folder");
    assert!(job_folder.exists(), "whoever restores from it does not own it");
    cluster.succeeds(&["savepoint", "-d", &checkpoint]);
    assert!(!job_folder.exists());
}

#[test]
fn a_savepoint_lets_the_job_go_on_and_fits_no_other_one() {
    let cluster = Cluster::start();
    let job = cluster.submit("numbers", &cluster.numbers(), &[]);
    cluster.wait_for_more_than(0);
    let place = cluster.folder.path().join("elsewhere").display().to_string();
    let said = cluster.succeeds(&["savepoint", &job, &place]);
    let savepoint = path_in(&said);
    assert!(savepoint.contains(&format!("{place}/savepoint-{}", &job[..6])), "{said}");
    cluster.wait_for_more_than(rows(&cluster.folder.path().join("ids")).len());
    cluster.succeeds(&["cancel", &job]);

    let file = cluster.folder.path().join("numbers.sql").display().to_string();
    let wider = ["run", "-d", "-s", &savepoint, "-Dpipeline.max-parallelism=64", &file];
    cluster.fails(&wider, &["max parallelism 64", "max parallelism 128", "pipeline.max-parallelism"]);
    let other = format!(
        "{SOURCE}CREATE TABLE hole (id BIGINT) WITH ('connector'='blackhole');
         INSERT INTO hole SELECT id FROM numbers;"
    );
    let file = cluster.folder.path().join("other.sql");
    std::fs::write(&file, &other).expect("a file");
    let refused = ["run", "-d", "-s", &savepoint, &file.display().to_string()];
    cluster.fails(&refused, &["state that no operator of the job takes", "Deduplicate", "(-n,"]);
    let other = cluster.submit("other", &other, &["-n", "-s", &savepoint]);
    cluster.wait_for(&other, "RUNNING");
    cluster.succeeds(&["cancel", &other]);
}

#[test]
fn what_is_not_there_is_named() {
    let cluster = Cluster::start();
    let nobody = "00000000000000000000000000000000";
    for arguments in [&["savepoint", nobody][..], &["checkpoint", nobody], &["stop", nobody]] {
        cluster.fails(arguments, &[nobody, "flinkrs list"]);
    }
    cluster.fails(&["cancel", nobody], &["could not be found"]);
    let folder = cluster.folder.path().display().to_string();
    let file = cluster.folder.path().join("numbers.sql");
    std::fs::write(&file, cluster.numbers()).expect("a file");
    for (path, reason) in [("/nowhere/at/all", "does not exist"), (folder.as_str(), "is no checkpoint or savepoint")] {
        cluster.fails(&["savepoint", "-d", path], &[path, reason]);
        cluster.fails(&["run", "-d", "-s", path, &file.display().to_string()], &[path, reason]);
    }
}
