//! Checkpoints whose store fails, is full or is damaged, with real processes: the error names the thing, the job goes on, and the checkpoint
//! before stays good. What the storage itself does about faults is tested beside it, in the crate `checkpoint`.

#[path = "../../../crates/checkpoint/tests/support/s3_server.rs"]
#[allow(dead_code, missing_docs, clippy::unwrap_used)]
mod s3_server;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use compat_tests::process::{self, ProcessCluster};
use s3_server::{BUCKET, Fault, S3Server};
use serde_json::Value;
use tempfile::TempDir;

/// Keys whose first row is kept by a deduplication.
const KEYS: u64 = 1_000;

/// A cluster, and a folder for what its jobs read and write.
struct Faulty {
    folder: TempDir,
    settings: Vec<String>,
    cluster: ProcessCluster,
}

impl Faulty {
    fn start(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut settings: Vec<String> = settings.iter().map(|setting| format!("-D{setting}")).collect();
        settings.extend(
            [
                "execution.checkpointing.interval=100ms",
                "execution.checkpointing.num-retained=3",
                "execution.checkpointing.tolerable-failed-checkpoints=1000000",
                "execution.checkpointing.externalized-checkpoint-retention=RETAIN_ON_CANCELLATION",
                "state.backend.type=rocksdb",
            ]
            .map(|setting| format!("-D{setting}")),
        );
        let cluster = ProcessCluster::start(1, 2, &texts(&settings)).expect("a cluster");
        Self { folder, settings, cluster }
    }

    /// Runs the binary on this cluster; whether it succeeded, and what it said.
    fn flinkrs(&self, arguments: &[&str]) -> (bool, String) {
        let arguments = [arguments, &["-m", self.cluster.rest_address()]].concat();
        let output = process::run(&arguments).expect("it runs");
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        (output.status.success(), said)
    }

    /// Writes the script of a job: ascending numbers to the folder `out/ids`, and the first number of each key to `out/firsts`.
    fn script(&self, out: &str) -> String {
        let files = |name: &str| {
            format!(
                "WITH ('connector'='filesystem','path'='{}/{out}/{name}','format'='csv',\
                 'sink.rolling-policy.rollover-interval'='100 ms','sink.rolling-policy.check-interval'='50 ms')",
                self.folder.path().display()
            )
        };
        let script = format!(
            "CREATE TABLE numbers (id BIGINT) WITH ('connector'='datagen','rows-per-second'='5000',\
             'fields.id.kind'='sequence','fields.id.start'='1','fields.id.end'='100000000');\n\
             CREATE TABLE ids (id BIGINT) {};\nCREATE TABLE firsts (id BIGINT) {};\n\
             EXECUTE STATEMENT SET BEGIN\nINSERT INTO ids SELECT id FROM numbers;\n\
             INSERT INTO firsts SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY MOD(id, {KEYS}) ORDER BY p) AS place \
             FROM (SELECT id, PROCTIME() AS p FROM numbers)) WHERE place = 1;\nEND;\n",
            files("ids"),
            files("firsts")
        );
        let path = self.folder.path().join(format!("{out}.sql"));
        std::fs::write(&path, script).expect("a file");
        path.display().to_string()
    }

    /// Submits that job; its id, or what was said instead.
    fn submit(&self, out: &str, arguments: &[&str]) -> Result<String, String> {
        let script = self.script(out);
        let (success, said) =
            self.flinkrs(&[&["run", "-d"], &texts(&self.settings)[..], arguments, &[&script]].concat());
        match said.split_once("JobID ") {
            Some((_, id)) if success => Ok(id[..32].to_owned()),
            _ => Err(said),
        }
    }

    fn get(&self, path: &str) -> Value {
        self.cluster.get(path).expect("it is answered")
    }

    fn checkpoints(&self, job: &str) -> Value {
        self.get(&format!("/jobs/{job}/checkpoints"))
    }

    /// How many checkpoints of the job have come to this end: `completed`, `failed`.
    fn count(&self, job: &str, end: &str) -> u64 {
        self.checkpoints(job)["counts"][end].as_u64().expect("a number")
    }

    /// Waits until some more checkpoints have come to this end.
    fn wait_for_more(&self, job: &str, end: &str) {
        let until = self.count(job, end) + 3;
        let waited = self.cluster.wait_until(end, || Ok(self.count(job, end) >= until));
        waited.unwrap_or_else(|error| panic!("{error}: {}", self.checkpoints(job)));
    }

    fn state(&self, job: &str) -> String {
        self.get(&format!("/jobs/{job}"))["state"].as_str().expect("a state").to_owned()
    }

    fn cancel(&self, job: &str) {
        let (success, said) = self.flinkrs(&["cancel", job]);
        assert!(success, "{said}");
        self.cluster.wait_until("the job to end", || Ok(self.state(job) == "CANCELED")).expect("it ends");
    }

    /// Waits for more numbers than `count` in the folder `out`.
    fn wait_for_numbers(&self, out: &str, count: usize) {
        let folder = self.folder.path().join(out).join("ids");
        self.cluster.wait_until("numbers", || Ok(numbers(&folder).len() > count)).expect("they come");
    }

    /// The numbers in a folder are there once and without a gap; the first and the last one.
    fn contiguous(&self, out: &str) -> (u64, u64) {
        let ids = numbers(&self.folder.path().join(out).join("ids"));
        let distinct: BTreeSet<u64> = ids.iter().copied().collect();
        let (first, last) = (*distinct.first().expect("numbers"), *distinct.last().expect("numbers"));
        assert_eq!(distinct.len(), ids.len(), "a number is there twice");
        assert_eq!(last - first + 1, ids.len() as u64, "a number is missing between {first} and {last}");
        (first, last)
    }

    /// Each key is there once.
    fn firsts_of_each_key(&self, out: &str) {
        let mut firsts = numbers(&self.folder.path().join(out).join("firsts"));
        firsts.sort_unstable();
        assert_eq!(firsts, (1..=KEYS).collect::<Vec<_>>(), "the first number of each key");
    }
}

fn texts(settings: &[String]) -> Vec<&str> {
    settings.iter().map(String::as_str).collect()
}

/// The numbers in the visible files of a folder.
fn numbers(folder: &Path) -> Vec<u64> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let visible = entries.map(|entry| entry.expect("an entry").path()).filter(|path| !name(path).starts_with('.'));
    let texts = visible.map(|path| std::fs::read_to_string(path).expect("a part file"));
    texts.flat_map(|text| text.lines().map(|line| line.parse().expect("a number")).collect::<Vec<_>>()).collect()
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The retained checkpoints of a job, the newest first.
fn retained(folder: &Path, job: &str) -> Vec<PathBuf> {
    let mut checkpoints: Vec<(u64, PathBuf)> = std::fs::read_dir(folder.join(job))
        .expect("the job has left its folder")
        .map(|entry| entry.expect("an entry").path())
        // What a task stored for one that its job's end has aborted may come after its folder was deleted.
        .filter(|path| path.join("_metadata").exists())
        .filter_map(|path| Some((name(&path).strip_prefix("chk-")?.parse().ok()?, path)))
        .collect();
    checkpoints.sort_unstable();
    checkpoints.into_iter().rev().map(|(_, path)| path).collect()
}

#[test]
fn an_object_store_that_answers_500_fails_checkpoints_and_nothing_else() {
    let store = S3Server::start();
    let (endpoint, folder) =
        (format!("s3.endpoint={}", store.endpoint()), format!("execution.checkpointing.dir=s3://{BUCKET}/checkpoints"));
    let settings = [&endpoint, "s3.access-key=access", "s3.secret-key=secret", "s3.retry.timeout=300ms", &folder];
    let mut faulty = Faulty::start(&settings);
    let job = faulty.submit("out", &[]).expect("it is accepted");
    faulty.wait_for_more(&job, "completed");
    store.fail(Fault::Status(500), usize::MAX);
    faulty.wait_for_more(&job, "failed");
    let failure = faulty.checkpoints(&job)["latest"]["failed"]["failure_message"].to_string();
    assert!(failure.contains("500") && failure.contains("s3://"), "{failure}");
    assert_eq!(faulty.state(&job), "RUNNING");
    assert!(store.heal() > 3);
    faulty.wait_for_more(&job, "completed");
    faulty.cluster.taskmanagers[0].kill().expect("it is killed");
    faulty.cluster.add_taskmanager(2, &texts(&faulty.settings)).expect("another one");
    let seen = numbers(&faulty.folder.path().join("out/ids")).len();
    faulty.wait_for_numbers("out", seen + 5_000);
    faulty.cancel(&job);
    assert_eq!(faulty.contiguous("out").0, 1);
    faulty.firsts_of_each_key("out");
}

/// How a file can be found by whoever restores from it.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Missing,
    Truncated,
    Flipped,
}

impl Damage {
    fn apply(self, path: &Path) {
        let mut bytes = std::fs::read(path).expect("a file");
        match self {
            Self::Missing => return std::fs::remove_file(path).expect("it goes"),
            Self::Truncated => bytes.truncate(bytes.len() / 2),
            Self::Flipped => {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0x40;
            }
        }
        std::fs::write(path, bytes).expect("it is written");
    }
}

#[test]
fn a_damaged_checkpoint_is_refused_by_name_and_the_one_before_is_still_good() {
    let checkpoints = tempfile::tempdir().expect("a folder");
    let faulty = Faulty::start(&[&format!("execution.checkpointing.dir={}", checkpoints.path().display())]);
    let job = faulty.submit("out", &[]).expect("it is accepted");
    faulty.wait_for_numbers("out", 5_000);
    faulty.wait_for_more(&job, "completed");
    faulty.cancel(&job);
    let retained = retained(checkpoints.path(), &job);
    let [newest, before, ..] = &retained[..] else { panic!("only {retained:?} are left") };
    // RocksDB's log is empty in a checkpoint, and nothing in it can be damaged.
    let not_empty = |path: &PathBuf| path.metadata().is_ok_and(|file| file.len() > 0);
    let own: Vec<PathBuf> = files(newest).into_iter().filter(not_empty).collect();
    assert!(own.len() > 1, "the newest checkpoint has files of its own besides its metadata: {own:?}");
    for file in own {
        for damage in [Damage::Flipped, Damage::Truncated, Damage::Missing] {
            let good = std::fs::read(&file).expect("a file");
            damage.apply(&file);
            let newest = newest.display().to_string();
            let never = "-Drestart-strategy.type=none";
            let said = faulty.submit("damaged", &["-s", &newest, never]).map_or_else(
                |said| said,
                |again| {
                    let failed = faulty.cluster.wait_until("the failure", || Ok(faulty.state(&again) == "FAILED"));
                    failed.unwrap_or_else(|error| panic!("{} {damage:?}: {error}", file.display()));
                    faulty.get(&format!("/jobs/{again}/exceptions")).to_string()
                },
            );
            assert!(said.contains(&name(&file)) || said.contains(&newest), "{} {damage:?}: {said}", file.display());
            std::fs::write(&file, good).expect("it is whole again");
        }
    }
    assert_eq!(numbers(&faulty.folder.path().join("damaged/ids")), [0_u64; 0], "nothing has started empty");

    Damage::Missing.apply(&newest.join("_metadata"));
    let again = faulty.submit("before", &["-s", &before.display().to_string()]).expect("it is accepted");
    faulty.wait_for_numbers("before", 1_000);
    faulty.cancel(&again);
    assert!(faulty.contiguous("before").0 > KEYS, "it goes on from its position");
    assert_eq!(numbers(&faulty.folder.path().join("before/firsts")), [0_u64; 0], "it knows the keys that it had seen");
}

#[test]
fn a_checkpoint_folder_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let folder = file.path().join("checkpoints");
    let faulty = Faulty::start(&[&format!("execution.checkpointing.dir={}", folder.display())]);
    let said = faulty.submit("out", &[]).map_or_else(
        |said| said,
        |job| {
            faulty.wait_for_more(&job, "failed");
            faulty.checkpoints(&job)["latest"]["failed"]["failure_message"].to_string()
        },
    );
    assert!(said.contains(&folder.display().to_string()), "{said}");
}

/// A file system of this size, which ends with the test.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().display().to_string();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs", &path]).status();
        assert!(mounted.expect("mount is there").success(), "this test needs to be root");
        Self(folder)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
#[ignore = "mounts a file system: 'make test' runs it in a name space where it may (make full-disk-test)"]
fn a_full_disk_fails_checkpoints_until_there_is_room_again() {
    let disk = SmallDisk::mount("4m");
    let faulty = Faulty::start(&[&format!("execution.checkpointing.dir={}/checkpoints", disk.0.path().display())]);
    let job = faulty.submit("out", &[]).expect("it is accepted");
    faulty.wait_for_more(&job, "completed");
    let filler = disk.0.path().join("filler");
    // The disk takes less than this, so that it is full afterwards.
    std::fs::write(&filler, vec![0; 8 << 20]).expect_err("the disk is small");
    faulty.wait_for_more(&job, "failed");
    let failure = faulty.checkpoints(&job)["latest"]["failed"]["failure_message"].to_string();
    assert!(failure.contains("No space left on device"), "{failure}");
    assert_eq!(faulty.state(&job), "RUNNING");
    std::fs::remove_file(&filler).expect("it goes");
    faulty.wait_for_more(&job, "completed");
    faulty.cancel(&job);
    assert_eq!(faulty.contiguous("out").0, 1);
}
