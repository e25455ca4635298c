//! Where a record came from, and how a record that cannot be decoded is reported.

use std::fmt;

use dataflow::Failure;

/// The place of a record.
#[derive(Debug, Clone, Copy)]
pub enum Origin<'a> {
    /// A line of a file; lines count from 1, bytes from 0.
    File {
        /// Path of the file.
        path: &'a str,
        /// Line on which the record begins.
        line: u64,
        /// Byte at which the record begins.
        offset: u64,
    },
    /// A message of a partition.
    Message {
        /// Topic.
        topic: &'a str,
        /// Partition.
        partition: i32,
        /// Offset.
        offset: i64,
        /// `key` or `value`.
        part: &'static str,
    },
}

impl fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { path, line, offset } => write!(f, "line {line} of {path} (byte {offset})"),
            Origin::Message { topic, partition, offset, part } => {
                write!(f, "offset {offset} of partition {topic}-{partition} ({part})")
            }
        }
    }
}

/// The place in a file up to which a decoder has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    /// Path of the file.
    pub path: String,
    /// The line that comes next, from 1.
    pub line: u64,
    /// The byte that comes next, from 0.
    pub offset: u64,
}

impl FilePlace {
    /// The beginning of a file.
    pub fn start_of(path: impl Into<String>) -> Self {
        Self { path: path.into(), line: 1, offset: 0 }
    }

    /// Moves on.
    pub fn advance(&mut self, bytes: usize, lines: u64) {
        self.offset += bytes as u64;
        self.line += lines;
    }

    /// The place as an origin.
    pub fn origin(&self) -> Origin<'_> {
        Origin::File { path: &self.path, line: self.line, offset: self.offset }
    }
}

/// The failure of a record that cannot be decoded: its place, what is wrong, how it begins, and the way out.
pub(crate) fn undecodable(format: &str, origin: Origin<'_>, problem: &str, record: &[u8]) -> Failure {
    Failure::user(format!(
        "cannot decode the {format} record at {origin}: {problem}; the record begins with {} (set '{format}.ignore-parse-errors' = 'true' to skip such records)",
        excerpt(record)
    ))
}

/// The first 100 characters of a text in quotes, on one line.
pub(crate) fn excerpt(text: &[u8]) -> String {
    const LENGTH: usize = 100;
    let text = String::from_utf8_lossy(&text[..text.len().min(4 * LENGTH)]);
    let mut out = String::from("'");
    for (index, character) in text.chars().enumerate() {
        if index == LENGTH {
            out.push_str("...");
            break;
        }
        if character.is_control() {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_place_problem_and_record() {
        let origin = Origin::File { path: "/data/a.csv", line: 2, offset: 8 };
        let failure = undecodable("csv", origin, "field 'id' is no INT: 'abc'", b"abc,b\t,2");
        assert_eq!(
            failure.message,
            "cannot decode the csv record at line 2 of /data/a.csv (byte 8): field 'id' is no INT: 'abc'; the record begins with 'abc,b\\t,2' \
             (set 'csv.ignore-parse-errors' = 'true' to skip such records)"
        );
        assert_eq!(excerpt("é".repeat(200).as_bytes()).chars().count(), 105);
    }
}
