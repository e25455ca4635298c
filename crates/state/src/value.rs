//! The head of values of state: a version byte and, where entries expire, the time of the last write (ms, i64, big endian).
//!
//! | version | |
//! |---|---|
//! | 1 | of earlier releases, in which it was the operator's settings that said whether the time follows |
//! | 2 | the value follows |
//! | 3 | the time follows, and the value |

use dataflow::Failure;

const UNSAID: u8 = 1;
const WITHOUT_TIME: u8 = 2;
const WITH_TIME: u8 = 3;

/// Appends the head of a value. `written` is there for entries that expire.
pub fn write_value_head(written: Option<i64>, out: &mut Vec<u8>) {
    match written {
        None => out.push(WITHOUT_TIME),
        Some(written) => {
            out.push(WITH_TIME);
            out.extend_from_slice(&written.to_be_bytes());
        }
    }
}

/// Takes the head off a value; returns the time of the last write if it has one. `first_had_time`: whether a value of version 1 has.
pub fn read_value_head(first_had_time: bool, value: &mut &[u8]) -> Result<Option<i64>, Failure> {
    let (version, rest) =
        value.split_first().ok_or_else(|| Failure::internal("a value of keyed state is empty").fatal())?;
    *value = rest;
    match *version {
        WITHOUT_TIME => Ok(None),
        UNSAID if !first_had_time => Ok(None),
        WITH_TIME | UNSAID => {
            let (written, rest) = value
                .split_first_chunk()
                .ok_or_else(|| Failure::internal("a value of keyed state is too short").fatal())?;
            *value = rest;
            Ok(Some(i64::from_be_bytes(*written)))
        }
        version => {
            let message =
                format!("a value of keyed state has format {version}; this release reads formats up to {WITH_TIME}");
            Err(Failure::user(message).fatal())
        }
    }
}

/// When a value was written, if it says so.
pub(crate) fn written_at(value: &[u8]) -> Option<i64> {
    match value.split_first()? {
        (&WITH_TIME, rest) => rest.first_chunk().map(|written| i64::from_be_bytes(*written)),
        _ => None,
    }
}

/// Whether a value says that nobody has noted when it was written.
pub(crate) fn has_no_time(value: &[u8]) -> bool {
    value.first() == Some(&WITHOUT_TIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_says_itself_whether_it_has_a_time() {
        for written in [None, Some(-7)] {
            let mut bytes = Vec::new();
            write_value_head(written, &mut bytes);
            bytes.push(42);
            for first_had_time in [false, true] {
                let mut value = &bytes[..];
                assert_eq!(read_value_head(first_had_time, &mut value).unwrap(), written);
                assert_eq!(value, [42]);
            }
            assert_eq!(written_at(&bytes), written);
            assert_eq!(has_no_time(&bytes), written.is_none());
        }
    }

    #[test]
    fn values_of_the_first_version_are_what_their_operator_says() {
        let bytes = [1, 0, 0, 0, 0, 0, 0, 0, 9, 42];
        let mut value = &bytes[..];
        assert_eq!(read_value_head(true, &mut value).unwrap(), Some(9));
        assert_eq!(value, [42]);
        let mut value = &bytes[..];
        assert_eq!(read_value_head(false, &mut value).unwrap(), None);
        assert_eq!(value, &bytes[1..]);
        assert_eq!(written_at(&bytes), None, "only the operator knows");
        let failure = read_value_head(false, &mut &[9, 0][..]).unwrap_err();
        assert_eq!(failure.message, "a value of keyed state has format 9; this release reads formats up to 3");
    }
}
