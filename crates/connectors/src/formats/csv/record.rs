//! Finds the fields of the next record in a buffer: quotes, escapes, comments and line ends as Jackson's CSV parser takes them.
//!
//! Each field is searched for what can end it; only fields with escapes or doubled quotes are copied.

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
    /// Line feeds within the fields of the current record.
    lines: u64,
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
            lines: 0,
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
        self.scan(bytes, skipped, last)
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

    /// The record, field by field; in a field only the bytes that mean something are looked at.
    fn scan(&mut self, bytes: &[u8], skipped: usize, last: bool) -> Step {
        self.fields.clear();
        self.scratch.clear();
        self.lines = 0;
        let mut at = skipped;
        let (found, consumed) = loop {
            match self.scan_field(bytes, at, last) {
                FieldEnd::Delimiter(next) => at = next,
                FieldEnd::Line(next) => {
                    self.lines += u64::from(bytes[next - 1] == b'\n');
                    return Step { found: self.checked(bytes), bytes: next, lines: self.lines };
                }
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
        let end = memchr3(self.delimiter, b'\n', b'\r', &bytes[start..]).map(|at| start + at);
        if let Some(escape) = self.escape
            && memchr(escape, &bytes[start..end.unwrap_or(bytes.len())]).is_some()
        {
            return self.scan_escaped(bytes, start, escape, last);
        }
        let (end, field_end) = match end {
            Some(end) if bytes[end] == self.delimiter => (end, FieldEnd::Delimiter(end + 1)),
            Some(end) => match line_end(bytes, end, last) {
                Some(next) => (end, FieldEnd::Line(next)),
                None => return FieldEnd::Incomplete,
            },
            None if last => (bytes.len(), FieldEnd::Line(bytes.len())),
            None => return FieldEnd::Incomplete,
        };
        self.push_field(start, end);
        field_end
    }

    /// A field without quotes and with escapes, byte by byte.
    fn scan_escaped(&mut self, bytes: &[u8], start: usize, escape: u8, last: bool) -> FieldEnd {
        let copied_from = self.scratch.len();
        let mut at = start;
        let field_end = loop {
            match bytes.get(at) {
                None if last => break FieldEnd::Line(at),
                None => return FieldEnd::Incomplete,
                Some(&byte) if byte == self.delimiter => break FieldEnd::Delimiter(at + 1),
                Some(b'\n' | b'\r') => match line_end(bytes, at, last) {
                    Some(next) => break FieldEnd::Line(next),
                    None => return FieldEnd::Incomplete,
                },
                Some(&byte) if byte == escape => {
                    let Some(&escaped) = bytes.get(at + 1) else { return ends_in_escape(bytes, last) };
                    self.lines += u64::from(escaped == b'\n');
                    self.scratch.push(unescape(escaped));
                    at += 2;
                }
                Some(&byte) => {
                    self.scratch.push(byte);
                    at += 1;
                }
            }
        };
        self.push_undone(copied_from);
        field_end
    }

    /// A quoted field whose text begins at `start`, then blanks up to a delimiter or a line end.
    fn scan_quoted(&mut self, bytes: &[u8], start: usize, last: bool) -> FieldEnd {
        let quote = self.quote.expect("the caller saw a quote");
        let copied_from = self.scratch.len();
        // Behind what is in the scratch buffer, once a quote or an escape had to be undone.
        let mut copied_to = start;
        let mut at = start;
        loop {
            let found = match self.escape {
                Some(escape) => memchr3(quote, escape, b'\n', &bytes[at..]),
                None => memchr2(quote, b'\n', &bytes[at..]),
            };
            let Some(found) = found else {
                return if last {
                    FieldEnd::Malformed(bytes.len(), "a quote is not closed".to_owned())
                } else {
                    FieldEnd::Incomplete
                };
            };
            at += found;
            let escaped = if bytes[at] == b'\n' {
                self.lines += 1;
                at += 1;
                continue;
            } else if bytes[at] == quote {
                match bytes.get(at + 1) {
                    Some(&next) if next == quote => quote,
                    None if !last => return FieldEnd::Incomplete,
                    _ => break,
                }
            } else {
                match bytes.get(at + 1) {
                    Some(&next) => {
                        self.lines += u64::from(next == b'\n');
                        unescape(next)
                    }
                    None => return ends_in_escape(bytes, last),
                }
            };
            self.scratch.extend_from_slice(&bytes[copied_to..at]);
            self.scratch.push(escaped);
            at += 2;
            copied_to = at;
        }
        if copied_to == start {
            self.push_field(start, at);
        } else {
            self.scratch.extend_from_slice(&bytes[copied_to..at]);
            self.push_undone(copied_from);
        }
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

    fn push_field(&mut self, start: usize, end: usize) {
        self.fields.push(Span { start: start as u32, end: end as u32, undone: false });
    }

    /// The field that stands in the scratch buffer from there on.
    fn push_undone(&mut self, copied_from: usize) {
        self.fields.push(Span { start: copied_from as u32, end: self.scratch.len() as u32, undone: true });
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
