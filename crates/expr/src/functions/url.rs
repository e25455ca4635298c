//! URLs: their parts, and the escaping of form data, as in `java.net`.

/// Appends the text with everything escaped but letters, digits and `.-*_`; a blank becomes `+`.
pub(super) fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

/// The text without escapes; `None` when one is not complete.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                (digit()? << 4 | digit()?) as u8
            }
            _ => byte,
        });
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A URL, taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Url<'a> {
    protocol: &'a str,
    authority: &'a str,
    /// Path and query.
    file: &'a str,
    reference: Option<&'a str>,
}

impl<'a> Url<'a> {
    /// `None` when it has no protocol.
    pub(super) fn parse(text: &'a str) -> Option<Url<'a>> {
        let (protocol, rest) = text.split_once("://")?;
        // Java has no handler for others.
        let known = ["http", "https", "ftp", "file", "jar"];
        known.iter().any(|known| protocol.eq_ignore_ascii_case(known)).then_some(())?;
        let (rest, reference) = match rest.split_once('#') {
            Some((rest, reference)) => (rest, Some(reference)),
            None => (rest, None),
        };
        let (authority, file) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        Some(Url { protocol, authority, file, reference })
    }

    fn path_and_query(&self) -> (&'a str, Option<&'a str>) {
        match self.file.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (self.file, None),
        }
    }

    /// The part of that name, `HOST` or `PATH` for instance.
    pub(super) fn part(&self, name: &str) -> Option<&'a str> {
        let (user, host_and_port) = match self.authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, self.authority),
        };
        let host = host_and_port.rsplit_once(':').map_or(host_and_port, |(host, _)| host);
        match name {
            "HOST" => Some(host),
            "PATH" => Some(self.path_and_query().0),
            "QUERY" => self.path_and_query().1,
            "REF" => self.reference,
            "PROTOCOL" => Some(self.protocol),
            "AUTHORITY" => Some(self.authority),
            "FILE" => Some(self.file),
            "USERINFO" => user,
            _ => None,
        }
    }

    /// The value of a key of the query.
    pub(super) fn query_value(&self, key: &str) -> Option<&'a str> {
        let pairs = self.path_and_query().1?.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_url() {
        let url = Url::parse("http://u:p@h.com:80/a/b.php?k1=v1&k2=v2#Ref1").unwrap();
        let parts = ["HOST", "PATH", "QUERY", "REF", "PROTOCOL", "AUTHORITY", "FILE", "USERINFO", "OTHER"];
        let values = parts.map(|part| url.part(part).unwrap_or("-"));
        assert_eq!(
            values,
            ["h.com", "/a/b.php", "k1=v1&k2=v2", "Ref1", "http", "u:p@h.com:80", "/a/b.php?k1=v1&k2=v2", "u:p", "-"]
        );
        assert_eq!((url.query_value("k2"), url.query_value("k")), (Some("v2"), None));
        assert!(Url::parse("bad").is_none());
    }

    #[test]
    fn escapes() {
        let mut out = String::new();
        encode("a b&c", &mut out);
        assert_eq!(out, "a+b%26c");
        assert_eq!(decode(&out).as_deref(), Some("a b&c"));
        assert_eq!(decode("%zz"), None);
    }
}
