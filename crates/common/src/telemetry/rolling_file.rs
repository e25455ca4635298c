//! `RollingFile`: the log file of a process. At its largest size it is put aside and another one is begun; of those that were put aside, and of
//! those that processes of the same kind have left, so many are kept (`env.log.max`).
//!
//! Names are those of Log4j in Flink's own settings: `NAME.1` is the oldest. Whoever writes a file holds a lock on it, so that it is no other's to
//! put aside or to remove.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Largest size, as in Flink's `log4j.properties`: 100 MB.
pub(super) const LARGEST: u64 = 100 << 20;

/// A log file; it is made when something is written, or by [`RollingFile::open`].
#[derive(Debug)]
pub(super) struct RollingFile {
    path: PathBuf,
    largest: u64,
    keep: usize,
    current: Option<Current>,
}

#[derive(Debug)]
struct Current {
    file: File,
    size: u64,
    /// Nobody else writes it.
    own: bool,
}

impl RollingFile {
    /// The file of this name, `flinkrs-KIND-PID.log`.
    pub(super) fn new(path: PathBuf, largest: u64, keep: u32) -> Self {
        Self { path, largest, keep: keep as usize, current: None }
    }

    /// Begins the file, and removes what earlier processes have left beyond what is kept.
    pub(super) fn open(&mut self) -> io::Result<()> {
        if let Some(dir) = self.path.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let (mut file, mut own) = begin(&self.path)?;
        if own && file.metadata()?.len() > 0 {
            // Of a process that had the same number, as in a container that was started again.
            put_aside(&self.path, self.keep)?;
            (file, own) = begin(&self.path)?;
        }
        self.current = Some(Current { size: file.metadata()?.len(), file, own });
        remove_left(&self.path, self.keep);
        Ok(())
    }

    fn roll(&mut self) -> io::Result<()> {
        put_aside(&self.path, self.keep)?;
        let (file, own) = begin(&self.path)?;
        self.current = Some(Current { file, size: 0, own });
        Ok(())
    }
}

impl Write for RollingFile {
    /// An event is written at once, so none is divided between two files.
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.current.is_none() {
            self.open()?;
        }
        let is_full =
            |current: &Current| current.own && current.size > 0 && current.size + buffer.len() as u64 > self.largest;
        if self.current.as_ref().is_some_and(is_full) {
            // A log that grows is better than none.
            self.roll().ok();
        }
        let current = self.current.as_mut().ok_or(io::ErrorKind::NotFound)?;
        let written = current.file.write(buffer)?;
        current.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.current.as_mut().map_or(Ok(()), |current| current.file.flush())
    }
}

/// The file, and whether nobody else writes it.
fn begin(path: &Path) -> io::Result<(File, bool)> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let own = file.try_lock().is_ok();
    Ok((file, own))
}

/// Gives a file the next number, so that with it no more than `keep` have one.
fn put_aside(path: &Path, keep: usize) -> io::Result<()> {
    let numbered = |number: usize| PathBuf::from(format!("{}.{number}", path.display()));
    let mut numbers: Vec<usize> = siblings(path)?
        .filter_map(|file| file.to_str()?.strip_prefix(path.to_str()?)?.strip_prefix('.')?.parse().ok())
        .collect();
    numbers.sort_unstable();
    let surplus = (numbers.len() + 1).saturating_sub(keep).min(numbers.len());
    for number in numbers.drain(..surplus) {
        std::fs::remove_file(numbered(number))?;
    }
    for (at, number) in numbers.iter().enumerate().filter(|(at, number)| at + 1 != **number) {
        std::fs::rename(numbered(*number), numbered(at + 1))?;
    }
    match keep {
        0 => std::fs::remove_file(path),
        _ => std::fs::rename(path, numbered(numbers.len() + 1)),
    }
}

/// Removes the oldest files of processes of the same kind that have ended.
fn remove_left(own: &Path, keep: usize) {
    let Some(kind) = kind(own) else { return };
    let Ok(files) = siblings(own) else { return };
    let is_written = |log: &Path| File::open(log).is_ok_and(|file| file.try_lock().is_err());
    let mut left: Vec<(SystemTime, PathBuf)> = files
        .filter(|file| {
            let of = log_of(file);
            of != own && self::kind(&of) == Some(kind) && !is_written(&of)
        })
        .filter_map(|file| Some((std::fs::symlink_metadata(&file).ok()?.modified().ok()?, file)))
        .collect();
    left.sort_unstable();
    let surplus = left.len().saturating_sub(keep);
    for (_, file) in left.drain(..surplus) {
        // Another process may have been faster.
        std::fs::remove_file(file).ok();
    }
}

fn siblings(path: &Path) -> io::Result<impl Iterator<Item = PathBuf> + use<>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())))
}

/// The file from which this one was put aside, or itself.
fn log_of(file: &Path) -> PathBuf {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some(number) if number.parse::<usize>().is_ok() => file.with_extension(""),
        _ => file.to_owned(),
    }
}

/// `flinkrs-KIND` of `flinkrs-KIND-PID.log`; none for any other file.
fn kind(log: &Path) -> Option<&str> {
    let (kind, process) = log.file_name()?.to_str()?.strip_suffix(".log")?.rsplit_once('-')?;
    (kind.starts_with("flinkrs-") && process.parse::<u32>().is_ok()).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(dir: &Path) -> Vec<(String, String)> {
        let mut all: Vec<_> = std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|file| {
                (file.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&file).unwrap())
            })
            .collect();
        all.sort();
        all
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_full_file_is_put_aside_and_the_newest_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("flinkrs-jobmanager-1.log");
        let mut log = RollingFile::new(path.clone(), 8, 2);
        assert!(contents(dir.path()).is_empty(), "nothing was written");
        for line in ["one\n", "two\n", "three\n", "four\n", "five\n", "much too long\n", "six\n"] {
            log.write_all(line.as_bytes()).unwrap();
        }
        let expected = [
            ("flinkrs-jobmanager-1.log", "six\n"),
            ("flinkrs-jobmanager-1.log.1", "five\n"),
            ("flinkrs-jobmanager-1.log.2", "much too long\n"),
        ];
        assert_eq!(contents(dir.path()), pairs(&expected));
        // While it is written nobody else puts it aside, as one in another container might.
        let mut other = RollingFile::new(path.clone(), 8, 2);
        other.write_all(b"seven\neight\n").unwrap();
        assert_eq!(contents(dir.path())[0].1, "six\nseven\neight\n");
        drop((log, other));
        let mut restarted = RollingFile::new(path, 8, 2);
        restarted.open().unwrap();
        let expected = [
            ("flinkrs-jobmanager-1.log", ""),
            ("flinkrs-jobmanager-1.log.1", "much too long\n"),
            ("flinkrs-jobmanager-1.log.2", "six\nseven\neight\n"),
        ];
        assert_eq!(contents(dir.path()), pairs(&expected));
    }

    #[test]
    fn with_none_to_keep_a_full_file_is_begun_anew() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = RollingFile::new(dir.path().join("flinkrs-cluster-1.log"), 4, 0);
        log.write_all(b"one\n").unwrap();
        log.write_all(b"two\n").unwrap();
        assert_eq!(contents(dir.path()), pairs(&[("flinkrs-cluster-1.log", "two\n")]));
    }

    #[test]
    fn what_ended_processes_have_left_is_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| dir.path().join(name);
        let age = |name: &str, seconds: u64| {
            let file = File::options().create(true).append(true).open(file(name)).unwrap();
            file.set_modified(SystemTime::now() - std::time::Duration::from_secs(seconds)).unwrap();
        };
        let mut running = RollingFile::new(file("flinkrs-taskmanager-5.log"), 4, 1);
        running.write_all(b"runs\n").unwrap();
        for (name, seconds) in [
            ("flinkrs-taskmanager-5.log", 90),
            ("flinkrs-taskmanager-5.log.1", 95),
            ("flinkrs-taskmanager-6.log", 10),
            ("flinkrs-taskmanager-6.log.1", 20),
            ("flinkrs-taskmanager-7.log", 30),
            ("flinkrs-jobmanager-6.log", 99),
            ("taskmanager.out", 99),
        ] {
            age(name, seconds);
        }
        RollingFile::new(file("flinkrs-taskmanager-8.log"), 4, 2).open().unwrap();
        let names: Vec<String> = contents(dir.path()).into_iter().map(|(name, _)| name).collect();
        let expected = [
            "flinkrs-jobmanager-6.log",
            "flinkrs-taskmanager-5.log",
            "flinkrs-taskmanager-5.log.1",
            "flinkrs-taskmanager-6.log",
            "flinkrs-taskmanager-6.log.1",
            "flinkrs-taskmanager-8.log",
            "taskmanager.out",
        ];
        assert_eq!(names, expected);
    }
}
