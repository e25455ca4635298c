//! Finds the fields of the next record in a buffer: quotes, escapes, comments and line ends as Jackson's CSV parser takes them.
//!
//! Most lines have no quote, escape or inner carriage return and are split by delimiters alone; the rest is scanned byte by byte.

use memchr::{memchr, memchr_iter, memchr2, memchr3};

use super::options::CsvOptions;

/// A field of the current record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    start: u32,
    end: u32,
    /// In the scratch buffer, because quotes or escapes had to be undone.
    undone: bool,
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A record; its fields are kept until the next call.
    Record,
    /// A comment or, where comments are allowed, a blank line.
    Nothing,
    /// Text that is no record; the rest of its line is part of it.
    Malformed(String),
    /// The buffer ends within the record.
    Incomplete,
}

/// What was found and how much of the buffer it takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) found: Found,
    pub(super) bytes: usize,
    pub(super) lines: u64,
}

enum FieldEnd {
    Delimiter(usize),
    Line(usize),
    Incomplete,
    Malformed(usize, String),
}

#[derive(Debug)]
pub(super) struct RecordScanner {
    delimiter: u8,
    quote: Option<u8>,
    escape: Option<u8>,
    allow_comments: bool,
    /// Columns of the table; more fields are an error.
    columns: usize,
    fields: Vec<Span>,
    /// Number of fields found, those beyond `columns` included.
    count: usize,
    scratch: Vec<u8>,
}

impl RecordScanner {
    pub(super) fn new(options: &CsvOptions, columns: usize) -> Self {
        Self {
            delimiter: options.delimiter,
            quote: options.quote,
            escape: options.escape,
            allow_comments: options.allow_comments,
            columns,
            fields: Vec::with_capacity(columns + 1),
            count: 0,
            scratch: Vec::new(),
        }
    }

    /// Number of fields of the current record, at most one more than the table has columns.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// A field of the current record, which begins at the start of `record`.
    pub(super) fn field<'a>(&'a self, record: &'a [u8], index: usize) -> Option<&'a [u8]> {
        let span = self.fields.get(index)?;
        let source = if span.undone { &self.scratch } else { record };
        Some(&source[span.start as usize..span.end as usize])
    }

    /// Finds the record at the start of `bytes`, which are not empty. With `last`, nothing follows them.
    pub(super) fn next(&mut self, bytes: &[u8], last: bool) -> Step {
        let skipped = if self.allow_comments { bytes.iter().take_while(|&&byte| byte == b' ').count() } else { 0 };
        if self.allow_comments {
            match bytes.get(skipped) {
                None if !last => return INCOMPLETE,
                None => return Step { found: Found::Nothing, bytes: bytes.len(), lines: 0 },
                Some(b'#' | b'\n' | b'\r') => return self.skip_line(bytes, last),
                Some(_) => {}
            }
        }
        let line_end = memchr(b'\n', &bytes[skipped..]).map(|at| at + skipped);
        let (end, consumed) = match line_end {
            Some(end) => (end, end + 1),
            None if last => (bytes.len(), bytes.len()),
            None => return INCOMPLETE,
        };
        let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
        if self.has_special(&line[skipped..]) {
            return self.scan(bytes, skipped, last);
        }
        self.fields.clear();
        let mut start = skipped;
        for at in memchr_iter(self.delimiter, &line[skipped..]) {
            self.fields.push(Span { start: start as u32, end: (at + skipped) as u32, undone: false });
            start = at + skipped + 1;
        }
        self.fields.push(Span { start: start as u32, end: line.len() as u32, undone: false });
        Step { found: self.checked(line), bytes: consumed, lines: u64::from(line_end.is_some()) }
    }

    fn has_special(&self, line: &[u8]) -> bool {
        let found = match (self.quote, self.escape) {
            (Some(quote), Some(escape)) => memchr3(quote, escape, b'\r', line),
            (Some(one), None) | (None, Some(one)) => memchr2(one, b'\r', line),
            (None, None) => memchr(b'\r', line),
        };
        found.is_some()
    }

    /// Refuses too many fields; one blank field too many is a trailing delimiter and fine.
    fn checked(&mut self, record: &[u8]) -> Found {
        self.count = self.fields.len();
        if self.count <= self.columns {
            return Found::Record;
        }
        let extra = self.field(record, self.columns).unwrap_or_default();
        if self.count == self.columns + 1 && extra.iter().all(|&byte| byte <= b' ') {
            return Found::Record;
        }
        Found::Malformed(format!("it has {} fields, the table has {} columns", self.count, self.columns))
    }

    fn skip_line(&self, bytes: &[u8], last: bool) -> Step {
        match memchr(b'\n', bytes) {
            Some(at) => Step { found: Found::Nothing, bytes: at + 1, lines: 1 },
            None if last => Step { found: Found::Nothing, bytes: bytes.len(), lines: 0 },
            None => INCOMPLETE,
        }
    }

    /// The slow way: field by field.
    fn scan(&mut self, bytes: &[u8], skipped: usize, last: bool) -> Step {
        self.fields.clear();
        self.scratch.clear();
        let mut at = skipped;
        let (found, consumed) = loop {
            match self.scan_field(bytes, at, last) {
                FieldEnd::Delimiter(next) => at = next,
                FieldEnd::Line(next) => break (self.checked(bytes), next),
                FieldEnd::Incomplete => return INCOMPLETE,
                FieldEnd::Malformed(from, why) => match memchr(b'\n', &bytes[from..]) {
                    Some(end) => break (Found::Malformed(why), from + end + 1),
                    None if last => break (Found::Malformed(why), bytes.len()),
                    None => return INCOMPLETE,
                },
            }
        };
        let lines = memchr_iter(b'\n', &bytes[..consumed]).count() as u64;
        Step { found, bytes: consumed, lines }
    }

    fn scan_field(&mut self, bytes: &[u8], start: usize, last: bool) -> FieldEnd {
        if self.quote.is_some() && bytes.get(start) == self.quote.as_ref() {
            return self.scan_quoted(bytes, start + 1, last);
        }
        let copied_from = self.scratch.len();
        let mut copying = false;
        let mut at = start;
        while let Some(&byte) = bytes.get(at) {
            if byte == self.delimiter {
                self.push_field(start, at, copied_from, copying);
                return FieldEnd::Delimiter(at + 1);
            }
            if byte == b'\n' || byte == b'\r' {
                let Some(next) = line_end(bytes, at, last) else { return FieldEnd::Incomplete };
                self.push_field(start, at, copied_from, copying);
                return FieldEnd::Line(next);
            }
            if Some(byte) == self.escape {
                if !copying {
                    self.scratch.extend_from_slice(&bytes[start..at]);
                    copying = true;
                }
                let Some(&escaped) = bytes.get(at + 1) else { return ends_in_escape(bytes, last) };
                self.scratch.push(unescape(escaped));
                at += 2;
                continue;
            }
            if copying {
                self.scratch.push(byte);
            }
            at += 1;
        }
        if !last {
            return FieldEnd::Incomplete;
        }
        self.push_field(start, at, copied_from, copying);
        FieldEnd::Line(at)
    }

    /// A quoted field whose text begins at `start`, then blanks up to a delimiter or a line end.
    fn scan_quoted(&mut self, bytes: &[u8], start: usize, last: bool) -> FieldEnd {
        let quote = self.quote.expect("the caller saw a quote");
        let copied_from = self.scratch.len();
        let mut copying = false;
        let mut at = start;
        loop {
            let Some(&byte) = bytes.get(at) else {
                return if last {
                    FieldEnd::Malformed(bytes.len(), "a quote is not closed".to_owned())
                } else {
                    FieldEnd::Incomplete
                };
            };
            let escaped = if byte == quote {
                match bytes.get(at + 1) {
                    Some(&next) if next == quote => Some(quote),
                    None if !last => return FieldEnd::Incomplete,
                    _ => break,
                }
            } else if Some(byte) == self.escape {
                match bytes.get(at + 1) {
                    Some(&next) => Some(unescape(next)),
                    None => return ends_in_escape(bytes, last),
                }
            } else {
                None
            };
            if let Some(escaped) = escaped {
                if !copying {
                    self.scratch.extend_from_slice(&bytes[start..at]);
                    copying = true;
                }
                self.scratch.push(escaped);
                at += 2;
            } else {
                if copying {
                    self.scratch.push(byte);
                }
                at += 1;
            }
        }
        self.push_field(start, at, copied_from, copying);
        self.after_quote(bytes, at + 1, last)
    }

    fn after_quote(&self, bytes: &[u8], mut at: usize, last: bool) -> FieldEnd {
        while let Some(&byte) = bytes.get(at) {
            match byte {
                _ if byte == self.delimiter => return FieldEnd::Delimiter(at + 1),
                b'\n' | b'\r' => {
                    return line_end(bytes, at, last).map_or(FieldEnd::Incomplete, FieldEnd::Line);
                }
                _ if byte <= b' ' => at += 1,
                _ => {
                    return FieldEnd::Malformed(at, "text follows the closing quote of a field".to_owned());
                }
            }
        }
        if last { FieldEnd::Line(at) } else { FieldEnd::Incomplete }
    }

    fn push_field(&mut self, start: usize, end: usize, copied_from: usize, copied: bool) {
        let (start, end) = if copied { (copied_from, self.scratch.len()) } else { (start, end) };
        self.fields.push(Span { start: start as u32, end: end as u32, undone: copied });
    }
}

const INCOMPLETE: Step = Step { found: Found::Incomplete, bytes: 0, lines: 0 };

fn ends_in_escape(bytes: &[u8], last: bool) -> FieldEnd {
    if last { FieldEnd::Malformed(bytes.len(), "it ends within an escape".to_owned()) } else { FieldEnd::Incomplete }
}

/// The byte after the line end at `at`; `None` when a line feed may follow outside of the buffer.
fn line_end(bytes: &[u8], at: usize, last: bool) -> Option<usize> {
    if bytes[at] == b'\n' {
        return Some(at + 1);
    }
    match bytes.get(at + 1) {
        Some(b'\n') => Some(at + 2),
        None if !last => None,
        _ => Some(at + 1),
    }
}

fn unescape(byte: u8) -> u8 {
    match byte {
        b'0' => 0,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn options() -> CsvOptions {
        CsvOptions {
            delimiter: b',',
            quote: Some(b'"'),
            escape: Some(b'\\'),
            allow_comments: true,
            ignore_errors: false,
            array_delimiter: ";".into(),
            null_literal: None,
            scientific: true,
        }
    }

    fn records(text: &str, chunk: usize) -> Vec<Result<Vec<String>, ()>> {
        let mut scanner = RecordScanner::new(&options(), 3);
        let bytes = text.as_bytes();
        let (mut at, mut available, mut lines) = (0, 0, 0);
        let mut out = Vec::new();
        while at < bytes.len() {
            available = (available + chunk).min(bytes.len());
            while at < available {
                let rest = &bytes[at..available];
                let step = scanner.next(rest, available == bytes.len());
                match step.found {
                    Found::Incomplete => break,
                    Found::Record => out.push(Ok((0..scanner.count())
                        .map(|index| String::from_utf8(scanner.field(rest, index).unwrap().to_vec()).unwrap())
                        .collect())),
                    Found::Malformed(_) => out.push(Err(())),
                    Found::Nothing => {}
                }
                assert!(step.bytes > 0);
                at += step.bytes;
                lines += step.lines;
            }
        }
        assert_eq!(lines, memchr_iter(b'\n', bytes).count() as u64);
        out
    }

    const TEXT: &str = "1,a,1.5\r\n2,\"x,y\",\n# comment,\n   \n\n3,\"say \"\"hi\"\"\"  ,z\n4,\"mid\"x,1\n5,q\"r,1\n6, \"sp\",1\n7,a\\,b\\n,\n8,\"a\nb\",1\n9,b\n1,2,3, \n1,2,3,4\n  10,\"e\\\"f\",\\t\r11,,\n12,\"open,5\n6,e,6";

    #[test]
    fn records_are_found_as_jackson_finds_them() {
        let expected: Vec<Result<Vec<&str>, ()>> = vec![
            Ok(vec!["1", "a", "1.5"]),
            Ok(vec!["2", "x,y", ""]),
            Ok(vec!["3", "say \"hi\"", "z"]),
            Err(()),
            Ok(vec!["5", "q\"r", "1"]),
            Ok(vec!["6", " \"sp\"", "1"]),
            Ok(vec!["7", "a,b\n", ""]),
            Ok(vec!["8", "a\nb", "1"]),
            Ok(vec!["9", "b"]),
            Ok(vec!["1", "2", "3", " "]),
            Err(()),
            Ok(vec!["10", "e\"f", "\t"]),
            Ok(vec!["11", "", ""]),
            Err(()),
        ];
        let expected: Vec<Result<Vec<String>, ()>> =
            expected.into_iter().map(|row| row.map(|row| row.into_iter().map(str::to_owned).collect())).collect();
        assert_eq!(records(TEXT, usize::MAX / 2), expected);
    }

    proptest! {
        #[test]
        fn the_size_of_the_chunks_does_not_matter(chunk in 1usize..40) {
            prop_assert_eq!(records(TEXT, chunk), records(TEXT, usize::MAX / 2));
        }
    }
}
