//! Paths: of tables, and of partitions (`day=1/hour=2`) with the escapes of Hive that Flink uses.

use std::path::{Path, PathBuf};

/// The local path that an option names: as it is, or as a `file:` URI.
pub(super) fn local_path(text: &str) -> Result<PathBuf, String> {
    if let Some(rest) = text.strip_prefix("file:") {
        let path = rest.strip_prefix("//").map_or(rest, |rest| rest.strip_prefix("localhost").unwrap_or(rest));
        if !path.starts_with('/') {
            return Err(format!("path '{text}' must be absolute after 'file:'"));
        }
        return Ok(PathBuf::from(path));
    }
    match text.split_once("://") {
        Some((scheme, _)) => {
            Err(format!("file system '{scheme}' is not supported; use a path on the local file system"))
        }
        None if text.trim().is_empty() => Err("option 'path' is empty".to_owned()),
        None => Ok(PathBuf::from(text)),
    }
}

/// Whether files and folders of this name are left out, as Flink leaves them out.
pub(super) fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || name.starts_with('_')
}

/// Appends `key=value/` to a partition path.
pub(super) fn push_partition(out: &mut String, key: &str, value: &str) {
    escape(out, key);
    out.push('=');
    escape(out, value);
    out.push('/');
}

fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        let reserved = matches!(
            character,
            '\u{1}'
                ..='\u{1f}'
                    | '"'
                    | '#'
                    | '%'
                    | '\''
                    | '*'
                    | '/'
                    | ':'
                    | '='
                    | '?'
                    | '\\'
                    | '\u{7f}'
                    | '{'
                    | '}'
                    | '['
                    | ']'
                    | '^'
        );
        if reserved {
            out.push_str(&format!("%{:02X}", u32::from(character)));
        } else {
            out.push(character);
        }
    }
}

/// The value of partition `key` in a path, if it is there.
pub(super) fn partition_value(path: &Path, key: &str) -> Option<String> {
    path.iter().filter_map(|part| part.to_str()).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        (unescape(name) == key).then(|| unescape(value))
    })
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, code) {
            (b'%', Some(code)) => {
                bytes.push(code);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn file_uris_and_plain_paths_are_local() {
        for (text, expected) in
            [("/a/b", "/a/b"), ("a b", "a b"), ("file:///a/b", "/a/b"), ("file:/a", "/a"), ("file://localhost/a", "/a")]
        {
            assert_eq!(local_path(text), Ok(PathBuf::from(expected)), "{text}");
        }
        for text in ["s3://bucket/a", "file://host/a", "", "hdfs:///a"] {
            assert!(local_path(text).is_err(), "{text}");
        }
    }

    #[test]
    fn partitions_are_escaped_as_flink_escapes_them() {
        let mut out = String::new();
        push_partition(&mut out, "p", "a=b c");
        push_partition(&mut out, "q", "y/z");
        assert_eq!(out, "p=a%3Db c/q=y%2Fz/");
    }

    proptest! {
        #[test]
        fn a_partition_value_is_read_back(value in "[^\0]{1,20}") {
            let mut path = String::from("/base/x=1/");
            push_partition(&mut path, "k", &value);
            prop_assert_eq!(partition_value(Path::new(&path), "k"), Some(value));
        }
    }
}
