//! The head of values of state: a version byte and, where entries expire, the time of the last write (ms, i64, big endian).

use dataflow::Failure;

const VERSION: u8 = 1;

/// Appends the head of a value. `written` is there for entries that expire.
pub fn write_value_head(written: Option<i64>, out: &mut Vec<u8>) {
    out.push(VERSION);
    if let Some(written) = written {
        out.extend_from_slice(&written.to_be_bytes());
    }
}

/// Takes the head off a value; returns the time of the last write for entries that expire.
pub fn read_value_head(expires: bool, value: &mut &[u8]) -> Result<Option<i64>, Failure> {
    match value.split_first() {
        Some((&VERSION, rest)) => *value = rest,
        Some((version, _)) => {
            let message = format!("a value of keyed state has format {version}; this release reads format {VERSION}");
            return Err(Failure::user(message).fatal());
        }
        None => return Err(Failure::internal("a value of keyed state is empty").fatal()),
    }
    if !expires {
        return Ok(None);
    }
    let (written, rest) =
        value.split_first_chunk().ok_or_else(|| Failure::internal("a value of keyed state is too short").fatal())?;
    *value = rest;
    Ok(Some(i64::from_be_bytes(*written)))
}

/// When an entry that expires was written.
pub(crate) fn written_at(mut value: &[u8]) -> Option<i64> {
    read_value_head(true, &mut value).ok().flatten()
}
