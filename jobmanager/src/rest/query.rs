//! `Query`: the parameters behind the `?`.

use super::error::RestError;

/// The parameters of a request.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Takes a query string apart.
    pub(super) fn parse(raw: &str) -> Self {
        let pair = |part: &str| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(key), decode(value))
        };
        Query { pairs: raw.split('&').filter(|part| !part.is_empty()).map(pair).collect() }
    }

    /// A parameter.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// A parameter that is a number; `default` without it.
    pub(super) fn number(&self, key: &str, default: u64) -> Result<u64, RestError> {
        match self.get(key) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| RestError::bad_query_parameter(key, text)),
        }
    }

    /// A parameter that is a list with commas; none without it.
    pub(super) fn list(&self, key: &str) -> Option<Vec<&str>> {
        self.get(key).map(|text| text.split(',').filter(|item| !item.is_empty()).collect())
    }
}

/// Percent-decoding as in forms; what is not well formed stays as it is.
pub(super) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |index: usize| bytes.get(index).and_then(|&byte| (byte as char).to_digit(16));
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (b'+', ..) => {
                out.push(b' ');
                at += 1;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let query = Query::parse("get=a%5B1%5D,b&mode=cancel&n=7&odd=%zz+x&&flag");
        assert_eq!(query.list("get").unwrap(), ["a[1]", "b"]);
        assert_eq!((query.get("mode"), query.get("flag"), query.get("none")), (Some("cancel"), Some(""), None));
        assert_eq!(query.get("odd"), Some("%zz x"));
        assert_eq!((query.number("n", 1).unwrap(), query.number("none", 1).unwrap()), (7, 1));
        assert!(query.number("mode", 1).unwrap_err().errors[0].contains("(mode) from value \"cancel\""));
    }
}
