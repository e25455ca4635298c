//! `LogFiles`: what this process has written for people, where it went into files: its log (`env.log.dir`, else standard error if that is a file), and its
//! standard output if that is a file. Nothing else is given out.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::config::{ConfigError, Configuration, options};

/// Of a longer file only the end is read, bytes.
const MOST: u64 = 16 << 20;

/// A file, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFileInfo {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// When it was last written, ms since the epoch.
    pub modified: i64,
}

/// The files of this process; methods wait for the disk.
#[derive(Debug, Clone)]
pub struct LogFiles {
    dir: Option<PathBuf>,
}

impl LogFiles {
    /// The files that are configured.
    pub fn new(config: &Configuration) -> Result<Self, ConfigError> {
        Ok(Self { dir: config.get(&options::ENV_LOG_DIR)?.map(PathBuf::from) })
    }

    /// The log files in the folder, of this and other processes of flinkrs; else the own ones.
    pub fn list(&self) -> io::Result<Vec<LogFileInfo>> {
        let files = match &self.dir {
            Some(dir) => std::fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?,
            None => [self.log(), self.stdout()].into_iter().flatten().collect(),
        };
        let mut infos: Vec<LogFileInfo> = files.iter().filter_map(|file| info(file, self.dir.is_some())).collect();
        infos.sort_by(|a, b| a.name.cmp(&b.name));
        infos.dedup();
        Ok(infos)
    }

    /// The end of one of those that are listed; none when there is no such one.
    pub fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        if !self.list()?.iter().any(|file| file.name == name) {
            return Ok(None);
        }
        let own = || [self.log(), self.stdout()].into_iter().flatten().find(|file| file.ends_with(name));
        self.dir.as_ref().map(|dir| dir.join(name)).or_else(own).map(|file| read_end(&file)).transpose()
    }

    /// The end of this process's log.
    pub fn read_log(&self) -> io::Result<Option<Vec<u8>>> {
        self.log().map(|file| read_end(&file)).transpose()
    }

    /// The end of this process's standard output.
    pub fn read_stdout(&self) -> io::Result<Option<Vec<u8>>> {
        self.stdout().map(|file| read_end(&file)).transpose()
    }

    fn log(&self) -> Option<PathBuf> {
        let Some(dir) = &self.dir else { return regular_file("/proc/self/fd/2") };
        let end = format!("-{}.log", std::process::id());
        let is_own = |file: &PathBuf| file.file_name().is_some_and(|name| name.to_string_lossy().ends_with(&end));
        std::fs::read_dir(dir).ok()?.filter_map(|entry| Some(entry.ok()?.path())).find(is_own)
    }

    fn stdout(&self) -> Option<PathBuf> {
        regular_file("/proc/self/fd/1")
    }
}

/// What a descriptor leads to, if it is a file that can be read again.
fn regular_file(descriptor: &str) -> Option<PathBuf> {
    let file = std::fs::read_link(descriptor).ok()?;
    file.is_file().then_some(file)
}

fn info(file: &Path, in_log_folder: bool) -> Option<LogFileInfo> {
    let name = file.file_name()?.to_str()?.to_owned();
    let metadata = std::fs::symlink_metadata(file).ok()?;
    // The folder may be one that others use too.
    if !metadata.is_file() || (in_log_folder && !name.starts_with("flinkrs-")) {
        return None;
    }
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_millis() as i64;
    Some(LogFileInfo { name, size: metadata.len(), modified })
}

fn read_end(file: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(file)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MOST)))?;
    let mut content = Vec::new();
    file.take(MOST).read_to_end(&mut content)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_files_of_the_folder_are_given_out() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("secret.txt"), "no").unwrap();
        std::fs::create_dir(dir.path().join("flinkrs-folder")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("secret.txt"), dir.path().join("flinkrs-link.log")).unwrap();
        let own = format!("flinkrs-jobmanager-{}.log", std::process::id());
        std::fs::write(dir.path().join(&own), "hello").unwrap();
        std::fs::write(dir.path().join("flinkrs-taskmanager-1.log"), "world").unwrap();
        let files = LogFiles { dir: Some(dir.path().to_owned()) };
        let names: Vec<String> = files.list().unwrap().into_iter().map(|file| file.name).collect();
        assert_eq!(names, [own, "flinkrs-taskmanager-1.log".to_owned()]);
        assert_eq!(files.read("flinkrs-taskmanager-1.log").unwrap().unwrap(), b"world");
        for name in ["secret.txt", "../secret.txt", "flinkrs-link.log", "flinkrs-folder", ""] {
            assert_eq!(files.read(name).unwrap(), None, "{name}");
        }
        assert_eq!(files.read_log().unwrap().unwrap(), b"hello");
    }

    #[test]
    fn of_a_long_file_the_end_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("long");
        let mut content = vec![b'a'; MOST as usize];
        content.extend(b"end");
        std::fs::write(&file, &content).unwrap();
        let read = read_end(&file).unwrap();
        assert_eq!((read.len() as u64, &read[read.len() - 3..]), (MOST, &b"end"[..]));
    }
}
