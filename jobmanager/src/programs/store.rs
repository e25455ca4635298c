//! `ProgramStore`: the programs that were uploaded, as files in a folder of the JobManager's machine.

use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use common::config::{ConfigError, Configuration, options};
use tempfile::TempDir;
use uuid::Uuid;

use super::archive;

/// The first bytes of a Java class.
const CLASS: [u8; 4] = [0xca, 0xfe, 0xba, 0xbe];
/// Longest name of a file.
const MAX_NAME: usize = 200;

/// Why a program is not taken or not given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProgramError {
    /// What was sent is no program.
    #[error("{0}")]
    Refused(String),
    /// There is no such one.
    #[error("{0} does not exist")]
    Unknown(String),
    /// The disk.
    #[error("the folder of uploaded programs (web.upload.dir): {0}")]
    Disk(#[from] io::Error),
}

impl ProgramError {
    pub(super) fn refused(why: impl Into<String>) -> Self {
        ProgramError::Refused(why.into())
    }
}

/// A program in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredProgram {
    /// Its name in paths.
    pub(crate) id: String,
    /// The name that it was uploaded with.
    pub(crate) name: String,
    /// When, ms since the epoch.
    pub(crate) uploaded: i64,
    /// What can be run of an archive.
    pub(crate) entries: Vec<String>,
}

/// A program that is about to be run.
#[derive(Debug)]
pub(crate) struct OpenProgram {
    /// The script or job file.
    pub(crate) file: PathBuf,
    /// Where an archive is unpacked; removed when this is dropped.
    _folder: Option<TempDir>,
}

/// Keeps programs; clones are the same store. Without `web.upload.dir` they end with the process.
#[derive(Debug, Clone)]
pub(crate) struct ProgramStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    configured: Option<PathBuf>,
    temporary_parent: PathBuf,
    temporary: Mutex<Option<TempDir>>,
}

impl ProgramStore {
    /// The store that is configured. Its folder is made with the first program.
    pub(crate) fn new(config: &Configuration) -> Result<Self, ConfigError> {
        let configured = config.get(&options::WEB_UPLOAD_DIR)?.map(|dir| Path::new(&dir).join("flink-web-upload"));
        let temporary_parent = PathBuf::from(config.get(&options::WEB_TMPDIR)?);
        Ok(Self { inner: Arc::new(Inner { configured, temporary_parent, temporary: Mutex::new(None) }) })
    }

    /// Keeps a program and says where. May wait.
    pub(crate) fn upload(&self, name: &str, content: &[u8]) -> Result<PathBuf, ProgramError> {
        let name = file_name(name)?;
        look_at(Path::new(&name), content).map_err(|error| match error {
            ProgramError::Refused(why) => ProgramError::Refused(format!("'{name}' is not taken: {why}.")),
            other => other,
        })?;
        let id = format!("{}_{name}", Uuid::new_v4());
        self.keep(&id, content)?;
        Ok(self.folder()?.join(id))
    }

    /// Keeps a program under an id that it was given elsewhere. May wait.
    pub(crate) fn keep(&self, id: &str, content: &[u8]) -> Result<(), ProgramError> {
        let path = self.path(id).ok_or_else(|| ProgramError::refused(format!("'{id}' is no id of a program")))?;
        std::fs::create_dir_all(self.folder()?)?;
        Ok(std::fs::write(path, content)?)
    }

    /// All programs, the newest first. May wait.
    pub(crate) fn list(&self) -> Result<Vec<StoredProgram>, ProgramError> {
        let entries = match std::fs::read_dir(self.folder()?) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut programs = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Ok(id) = entry.file_name().into_string() else { continue };
            let Some(name) = original_name(&id) else { continue };
            let modified = entry.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            let entries = if is_archive(Path::new(name)) {
                // One that somebody else put there and that cannot be read is shown without entries.
                archive::inspect(std::fs::File::open(entry.path())?).unwrap_or_default()
            } else {
                Vec::new()
            };
            programs.push(StoredProgram { name: name.to_owned(), uploaded: modified.as_millis() as i64, entries, id });
        }
        programs.sort_by_key(|program| std::cmp::Reverse((program.uploaded, program.id.clone())));
        Ok(programs)
    }

    /// Deletes a program.
    pub(crate) fn delete(&self, id: &str) -> Result<(), ProgramError> {
        let unknown = || ProgramError::Unknown(format!("File {id}"));
        match std::fs::remove_file(self.path(id).ok_or_else(unknown)?) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(unknown()),
            outcome => Ok(outcome?),
        }
    }

    /// The file to run of a program; `entry` names it where an archive has several. May wait.
    pub(crate) fn open(&self, id: &str, entry: Option<&str>) -> Result<OpenProgram, ProgramError> {
        let unknown = || ProgramError::Unknown(format!("Jar file {id}"));
        let path = self.path(id).filter(|path| path.is_file()).ok_or_else(unknown)?;
        if !is_archive(&path) {
            return Ok(OpenProgram { file: path, _folder: None });
        }
        let folder = TempDir::new_in(self.folder()?)?;
        let programs = archive::unpack(&path, folder.path())?;
        let file = folder.path().join(choose(&programs, entry)?);
        Ok(OpenProgram { file, _folder: Some(folder) })
    }

    /// The folder of the programs, which need not be there yet.
    fn folder(&self) -> Result<PathBuf, ProgramError> {
        if let Some(folder) = &self.inner.configured {
            return Ok(folder.clone());
        }
        let mut temporary = self.inner.temporary.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = match &mut *temporary {
            Some(folder) => folder,
            none => {
                none.insert(tempfile::Builder::new().prefix("flinkrs-web-").tempdir_in(&self.inner.temporary_parent)?)
            }
        };
        Ok(folder.path().join("flink-web-upload"))
    }

    /// Where a program is; none when this cannot be the id of one.
    fn path(&self, id: &str) -> Option<PathBuf> {
        original_name(id)?;
        Some(self.folder().ok()?.join(id))
    }
}

/// The name in an id: what follows the UUID. Ids are names of files, so no other text is one.
fn original_name(id: &str) -> Option<&str> {
    let (uuid, name) = id.split_once('_')?;
    let is_id = Uuid::parse_str(uuid).is_ok() && file_name(name).is_ok_and(|clean| clean == name);
    is_id.then_some(name)
}

/// The last part of a name that a client sent.
fn file_name(sent: &str) -> Result<String, ProgramError> {
    let name = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_name =
        !name.is_empty() && name.len() <= MAX_NAME && !name.starts_with('.') && !name.contains(char::is_control);
    if is_name { Ok(name.to_owned()) } else { Err(ProgramError::refused("the file has no name that can be kept")) }
}

/// Whether something can be run.
fn look_at(name: &Path, content: &[u8]) -> Result<(), ProgramError> {
    if is_java(name) || content.starts_with(&CLASS) {
        return Err(ProgramError::refused(
            "it is a Java program, and flinkrs has no JVM to run it; upload a .sql script, a .yaml job file, or a .zip of them",
        ));
    }
    if is_archive(name) {
        return archive::inspect(Cursor::new(content)).map(drop);
    }
    if !is_runnable(name) {
        return Err(ProgramError::refused("only .sql scripts, .yaml job files and a .zip of them can be run"));
    }
    match std::str::from_utf8(content) {
        Ok(_) => Ok(()),
        Err(error) => Err(ProgramError::refused(format!("it is no text in UTF-8 ({error})"))),
    }
}

/// Which of the programs of an archive is meant: the one that is named, the only one, or the only job file.
fn choose<'a>(programs: &'a [String], entry: Option<&str>) -> Result<&'a String, ProgramError> {
    if let Some(entry) = entry {
        return programs.iter().find(|program| *program == entry).ok_or_else(|| {
            ProgramError::refused(format!("The archive has no program '{entry}'; it has {}.", programs.join(", ")))
        });
    }
    let job_files: Vec<&String> = programs.iter().filter(|program| !program.ends_with(".sql")).collect();
    match (programs, job_files.as_slice()) {
        ([only], _) => Ok(only),
        (_, [only]) => Ok(only),
        _ => Err(ProgramError::refused(format!(
            "The archive has several programs; name one of them as the entry class: {}.",
            programs.join(", ")
        ))),
    }
}

fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

pub(super) fn is_runnable(path: &Path) -> bool {
    matches!(extension(path).as_str(), "sql" | "yaml" | "yml")
}

pub(super) fn is_java(path: &Path) -> bool {
    matches!(extension(path).as_str(), "jar" | "class" | "java" | "war")
}

fn is_archive(path: &Path) -> bool {
    extension(path) == "zip"
}

#[cfg(test)]
mod tests {
    use common::config::Origin;

    use super::*;

    fn store(folder: &Path) -> ProgramStore {
        let mut config = Configuration::default();
        config.set(options::WEB_UPLOAD_DIR.key(), folder.display().to_string(), Origin::Program);
        ProgramStore::new(&config).unwrap()
    }

    #[test]
    fn a_program_is_kept_listed_opened_and_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let programs = store(folder.path());
        assert_eq!(programs.list().unwrap(), []);
        let path = programs.upload("C:\\jobs\\../a b.sql", b"SELECT 1").unwrap();
        let id = path.file_name().unwrap().to_str().unwrap();
        let listed = programs.list().unwrap();
        assert_eq!((listed[0].id.as_str(), listed[0].name.as_str()), (id, "a b.sql"));
        assert_eq!(programs.open(id, None).unwrap().file, path);
        programs.delete(id).unwrap();
        assert!(matches!(programs.delete(id), Err(ProgramError::Unknown(_))));
        assert!(matches!(programs.open(id, None), Err(ProgramError::Unknown(_))));
    }

    #[test]
    fn ids_lead_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let programs = store(&folder.path().join("programs"));
        std::fs::write(folder.path().join("secret.sql"), "x").unwrap();
        let uuid = Uuid::new_v4();
        for id in ["../secret.sql", "nope", &format!("{uuid}_../../secret.sql"), &format!("{uuid}_.."), ""] {
            assert!(matches!(programs.open(id, None), Err(ProgramError::Unknown(_))), "{id}");
            assert!(matches!(programs.delete(id), Err(ProgramError::Unknown(_))), "{id}");
        }
        assert!(folder.path().join("secret.sql").exists());
    }

    #[test]
    fn java_and_what_is_no_text_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let programs = store(folder.path());
        for (name, content, why) in [
            ("job.jar", &b"PK"[..], "flinkrs has no JVM"),
            ("job.sql", &[0xca, 0xfe, 0xba, 0xbe, 0][..], "flinkrs has no JVM"),
            ("job.sql", &[0xff, 0xfe][..], "no text in UTF-8"),
            ("job.txt", &b"SELECT 1"[..], "only .sql scripts"),
            ("..", &b"SELECT 1"[..], "no name that can be kept"),
        ] {
            let error = programs.upload(name, content).unwrap_err().to_string();
            assert!(error.contains(why), "{name}: {error}");
        }
        assert_eq!(programs.list().unwrap(), []);
    }

    #[test]
    fn an_archive_says_which_of_its_programs_is_meant() {
        let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(choose(&of(&["a.sql"]), None).unwrap(), "a.sql");
        assert_eq!(choose(&of(&["a.sql", "job.yaml"]), None).unwrap(), "job.yaml");
        assert_eq!(choose(&of(&["a.sql", "b.sql"]), Some("b.sql")).unwrap(), "b.sql");
        for (names, entry) in [(of(&["a.sql", "b.sql"]), None), (of(&["a.sql"]), Some("b.sql"))] {
            assert!(matches!(choose(&names, entry), Err(ProgramError::Refused(_))));
        }
    }
}
