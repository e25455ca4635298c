//! `Location`: where a file or folder is, parsed from what people and metadata write. It opens nothing.

use std::fmt;
use std::path::PathBuf;

use crate::StorageError;

/// An absolute path of the local disk or a key of an S3 bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// `/folder/file`.
    Local(PathBuf),
    /// `s3://bucket/key`.
    S3 {
        /// The bucket.
        bucket: String,
        /// The key, without a slash at either end; empty for the bucket itself.
        key: String,
    },
}

impl Location {
    /// Reads `/path`, `file:/path`, `file:///path`, `s3://bucket/key` and, as Flink's users write it too, `s3a://` and `s3p://`.
    pub(crate) fn parse(text: &str) -> Result<Self, StorageError> {
        let invalid = |why: &str| {
            Err(StorageError::Invalid(format!(
                "'{text}' cannot be used to store state: {why}; give an absolute path (/path, file:///path) or s3://bucket/prefix"
            )))
        };
        if text.starts_with('/') {
            return Ok(Self::Local(normal_path(text)));
        }
        let Some((scheme, rest)) = text.split_once(':') else { return invalid("it is not an absolute path") };
        match scheme {
            "file" => match rest.strip_prefix("//").unwrap_or(rest) {
                path if path.starts_with('/') => Ok(Self::Local(normal_path(path))),
                _ => invalid("its path is not absolute"),
            },
            "s3" | "s3a" | "s3p" => {
                let rest = rest.strip_prefix("//").unwrap_or_default();
                let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
                if bucket.is_empty() {
                    return invalid("it names no bucket");
                }
                let parts: Vec<&str> = key.split('/').filter(|part| !part.is_empty()).collect();
                if parts.iter().any(|part| matches!(*part, "." | "..")) {
                    return invalid("its key has a part '.' or '..'");
                }
                Ok(Self::S3 { bucket: bucket.to_owned(), key: parts.join("/") })
            }
            _ => invalid(&format!("there is no file system for the scheme '{scheme}'")),
        }
    }

    /// The file or folder of this name inside this folder.
    pub(crate) fn child(&self, name: &str) -> Self {
        match self {
            Self::Local(path) => Self::Local(path.join(name)),
            Self::S3 { bucket, key } if key.is_empty() => Self::S3 { bucket: bucket.clone(), key: name.to_owned() },
            Self::S3 { bucket, key } => Self::S3 { bucket: bucket.clone(), key: format!("{key}/{name}") },
        }
    }
}

/// Without doubled slashes, `.` and a slash at the end; `..` goes up.
fn normal_path(text: &str) -> PathBuf {
    let mut path = PathBuf::from("/");
    for part in text.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            path.pop();
        } else {
            path.push(part);
        }
    }
    path
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => write!(f, "{}", path.display()),
            Self::S3 { bucket, key } => write!(f, "s3://{bucket}/{key}"),
        }
    }
}

/// What leads from the folder to a file: `x`, `../shared/x`. A file elsewhere (another bucket, S3 from a local folder) keeps its location.
pub(crate) fn relative(folder: &str, file: &str) -> String {
    let (Ok(from), Ok(to)) = (Location::parse(folder), Location::parse(file)) else { return file.to_owned() };
    let (from, to) = match (&from, &to) {
        (Location::Local(_), Location::Local(_)) => (from.to_string(), to.to_string()),
        (Location::S3 { bucket: a, key: from }, Location::S3 { bucket: b, key: to }) if a == b => {
            (from.clone(), to.clone())
        }
        _ => return file.to_owned(),
    };
    let parts = |text: &str| text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (from, to) = (parts(&from), parts(&to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - common);
    up.chain(to[common..].iter().map(String::as_str)).collect::<Vec<_>>().join("/")
}

/// The way back from [`relative`]: the location of a file as metadata in this folder names it.
pub(crate) fn absolute(folder: &str, file: &str) -> Result<String, StorageError> {
    if file.starts_with('/') || file.contains("://") {
        return Ok(Location::parse(file)?.to_string());
    }
    let mut parts: Vec<&str> = file.split('/').collect();
    let up = parts.iter().take_while(|part| **part == "..").count();
    parts.drain(..up);
    let below = parts.join("/");
    Ok(match Location::parse(folder)? {
        Location::Local(path) => {
            Location::Local(normal_path(&format!("{}/{}{below}", path.display(), "../".repeat(up))))
        }
        Location::S3 { bucket, key } => {
            let folder: Vec<&str> = key.split('/').filter(|part| !part.is_empty()).collect();
            let kept = folder.len().saturating_sub(up);
            let key = folder[..kept].iter().copied().chain([below.as_str()]).collect::<Vec<_>>().join("/");
            Location::S3 { bucket, key }
        }
    }
    .to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn locations_have_one_normal_form() {
        for (text, expected) in [
            ("/a//b/./c/", "/a/b/c"),
            ("/a/../b", "/b"),
            ("file:///a/b", "/a/b"),
            ("file:/a", "/a"),
            ("s3://bucket", "s3://bucket/"),
            ("s3a://bucket//a/b/", "s3://bucket/a/b"),
        ] {
            assert_eq!(Location::parse(text).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_location_is_refused_with_the_reason() {
        for (text, reason) in [
            ("checkpoints", "not an absolute path"),
            ("file://host/a", "path is not absolute"),
            ("hdfs://namenode/a", "no file system for the scheme 'hdfs'"),
            ("s3:///a", "names no bucket"),
            ("s3://bucket/../other", "'..'"),
        ] {
            let error = Location::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason) && error.contains(text), "{error}");
        }
    }

    #[test]
    fn ways_between_folders_are_relative() {
        for (folder, file, expected) in [
            ("/c/job/chk-1", "/c/job/chk-1/x", "x"),
            ("/c/job/chk-1", "/c/job/shared/x", "../shared/x"),
            ("/c/job/chk-1", "/c/other/shared/x", "../../other/shared/x"),
            ("s3://b/c/chk-1", "s3://b/c/shared/x", "../shared/x"),
            ("s3://b/c/chk-1", "s3://other/c/x", "s3://other/c/x"),
            ("/c/chk-1", "s3://b/x", "s3://b/x"),
        ] {
            assert_eq!(relative(folder, file), expected, "{folder} {file}");
            assert_eq!(absolute(folder, expected).unwrap(), file);
        }
    }

    proptest! {
        #[test]
        fn absolute_undoes_relative(folder in "(/[a-c]{1,2}){0,4}", file in "(/[a-c]{1,2}){0,4}/file", s3: bool) {
            let prefix = if s3 { "s3://bucket" } else { "" };
            let folder = Location::parse(&format!("{prefix}{folder}/")).unwrap().to_string();
            let file = format!("{prefix}{file}");
            prop_assert_eq!(absolute(&folder, &relative(&folder, &file)).unwrap(), file);
        }
    }
}
