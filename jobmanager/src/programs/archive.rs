//! ZIP archives of programs: what is in them, and unpacking them. Names that lead elsewhere, links, Java classes and archives that unpack to very much are
//! refused; sizes are those that are really read, not those that the archive claims.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::store::{ProgramError, is_java, is_runnable};

/// Files in an archive.
const MAX_FILES: usize = 1000;
/// Bytes of all files together.
const MAX_BYTES: u64 = 64 << 20;

/// The programs in an archive, by path; it has been read to its end.
pub(super) fn inspect(archive: impl Read + Seek) -> Result<Vec<String>, ProgramError> {
    walk(archive, |_, file| io::copy(file, &mut io::sink()))
}

/// Unpacks an archive into a folder.
pub(super) fn unpack(archive: &Path, folder: &Path) -> Result<Vec<String>, ProgramError> {
    walk(File::open(archive)?, |path, file| {
        let target = folder.join(path);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        io::copy(file, &mut File::create_new(target)?)
    })
}

fn walk(
    archive: impl Read + Seek,
    mut each: impl FnMut(&Path, &mut dyn Read) -> io::Result<u64>,
) -> Result<Vec<String>, ProgramError> {
    let broken =
        |error: zip::result::ZipError| ProgramError::refused(format!("it is no ZIP archive that can be read: {error}"));
    let mut archive = ZipArchive::new(archive).map_err(broken)?;
    if archive.len() > MAX_FILES {
        return Err(ProgramError::refused(format!("it has {} entries, at most {MAX_FILES} are taken", archive.len())));
    }
    let (mut left, mut seen, mut programs) = (MAX_BYTES, BTreeSet::new(), Vec::new());
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(broken)?;
        let path = safe_path(&file.name().map_err(broken)?, file.is_symlink())?;
        if file.is_dir() {
            continue;
        }
        if !seen.insert(path.clone()) {
            return Err(ProgramError::refused(format!("it has '{}' twice", path.display())));
        }
        let read = each(&path, &mut file.by_ref().take(left + 1))
            .map_err(|error| ProgramError::refused(format!("'{}' cannot be unpacked: {error}", path.display())))?;
        left = left
            .checked_sub(read)
            .ok_or_else(|| ProgramError::refused(format!("it unpacks to more than {} MiB", MAX_BYTES >> 20)))?;
        if is_runnable(&path) {
            programs.push(path.display().to_string());
        }
    }
    if programs.is_empty() {
        return Err(ProgramError::refused("it has no .sql script and no .yaml job file"));
    }
    programs.sort();
    Ok(programs)
}

/// The path of an entry, below the folder that it is unpacked into.
fn safe_path(name: &str, is_link: bool) -> Result<PathBuf, ProgramError> {
    let refused = |what: &str| Err(ProgramError::refused(format!("'{}' in it {what}", name.escape_debug())));
    if is_link {
        return refused("is a link");
    }
    let is_plain = |part: &str| {
        !matches!(part, "" | "." | "..") && !part.contains([':', '\\']) && !part.contains(char::is_control)
    };
    if !name.trim_end_matches('/').split('/').all(is_plain) {
        return refused("is no path inside of it");
    }
    let path = PathBuf::from(name);
    if is_java(&path) {
        return refused("is Java, and flinkrs has no JVM to run it; it takes .sql and .yaml files and what these read");
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Cursor<Vec<u8>> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn programs_are_found_in_folders_too() {
        let files: [(&str, &[u8]); 3] = [("b/c.yml", b""), ("a.sql", b"SELECT 1"), ("b/rows.csv", b"1")];
        assert_eq!(inspect(archive(&files)).unwrap(), ["a.sql", "b/c.yml"]);
    }

    #[test]
    fn what_is_dangerous_or_useless_is_refused() {
        for (name, why) in [
            ("../a.sql", "'../a.sql' in it is no path inside of it"),
            ("/etc/a.sql", "'/etc/a.sql' in it is no path inside of it"),
            ("x\\..\\a.sql", "'x\\\\..\\\\a.sql' in it is no path inside of it"),
            ("org/Main.class", "'org/Main.class' in it is Java"),
            ("lib/x.jar", "'lib/x.jar' in it is Java"),
            ("readme.txt", "it has no .sql script"),
        ] {
            let error = inspect(archive(&[(name, b"x")])).unwrap_err().to_string();
            assert!(error.contains(why), "{name}: {error}");
        }
        assert!(inspect(Cursor::new(b"PK no".to_vec())).unwrap_err().to_string().contains("no ZIP archive"));
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("a.sql", SimpleFileOptions::default()).unwrap();
        let zeros = vec![0; 1 << 20];
        for _ in 0..65 {
            writer.write_all(&zeros).unwrap();
        }
        let bomb = writer.finish().unwrap();
        assert!(bomb.get_ref().len() < 1 << 20);
        assert!(inspect(bomb).unwrap_err().to_string().contains("more than 64 MiB"));
    }
}
