//! `AllowedOrigins`: whose pages may read, and whose may change something (`web.access-control-allow-origin`).
//!
//! A browser lets a page of any origin send requests to any server that it reaches, one on the loopback interface too; it only keeps the
//! answer from the page unless the server allows it. So reading is decided by a header of the answer, and everything else by not answering.

use hyper::header::{
    CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, TRANSFER_ENCODING,
};
use hyper::http::Uri;

use super::refusal::Refusal;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whose pages may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AllowedOrigins {
    /// Pages of this server alone.
    Own,
    /// Every page may read; those of this server may change something.
    AllRead,
    /// Pages of this server and of these origins may do both.
    Listed(Vec<String>),
}

/// Where a request comes from.
enum Sender<'a> {
    /// No page.
    Program,
    /// A page of this server.
    OwnPage,
    /// A page of another one, by its origin when the browser says it.
    OtherPage(Option<&'a str>),
}

impl AllowedOrigins {
    /// From the value of the key; none when it is not set.
    pub(super) fn new(value: Option<&str>) -> Self {
        let listed = value.unwrap_or_default().split([',', ';']).map(str::trim).filter(|origin| !origin.is_empty());
        let listed: Vec<String> = listed.map(|origin| origin.trim_end_matches('/').to_ascii_lowercase()).collect();
        match listed.as_slice() {
            [] => Self::Own,
            origins if origins.iter().any(|origin| origin == "*") => Self::AllRead,
            _ => Self::Listed(listed),
        }
    }

    /// Refuses what a page must not do. `changes`: whether the request does more than read.
    pub(super) fn check(&self, headers: &HeaderMap, changes: bool) -> Result<(), Refusal> {
        if !changes {
            return Ok(());
        }
        match sender(headers) {
            Sender::Program => Ok(()),
            Sender::OwnPage => check_content_type(headers),
            Sender::OtherPage(Some(origin)) if self.lists(origin) => check_content_type(headers),
            Sender::OtherPage(origin) => Err(Refusal::Origin(origin.unwrap_or("another site").to_owned())),
        }
    }

    /// `Access-Control-Allow-Origin` of the answer.
    pub(super) fn header(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let any = HeaderValue::from_static("*");
        let origin = headers.get(ORIGIN);
        match (sender(headers), self) {
            (Sender::OwnPage, _) => origin.cloned(),
            // Browsers name the origin wherever this header counts; others get what Flink says.
            (Sender::Program, Self::Own | Self::AllRead) | (Sender::OtherPage(_), Self::AllRead) => Some(any),
            (Sender::Program, Self::Listed(listed)) => HeaderValue::from_str(listed.first()?).ok(),
            (Sender::OtherPage(Some(text)), Self::Listed(_)) if self.lists(text) => origin.cloned(),
            (Sender::OtherPage(_), _) => None,
        }
    }

    /// Whether a page of another origin may send requests that a browser asks about first.
    pub(super) fn allows_changes(&self, headers: &HeaderMap) -> bool {
        matches!(sender(headers), Sender::OtherPage(Some(origin)) if self.lists(origin))
    }

    fn lists(&self, origin: &str) -> bool {
        matches!(self, Self::Listed(listed) if listed.iter().any(|known| known.eq_ignore_ascii_case(origin)))
    }
}

fn sender(headers: &HeaderMap) -> Sender<'_> {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("?"));
    match (text(ORIGIN), text(HOST), text(SEC_FETCH_SITE)) {
        (Some(origin), Some(host), _) if is_at(origin, host) => Sender::OwnPage,
        (Some(origin), _, _) => Sender::OtherPage(Some(origin)),
        (None, _, Some("cross-site" | "same-site")) => Sender::OtherPage(None),
        (None, _, Some(_)) => Sender::OwnPage,
        (None, _, None) => Sender::Program,
    }
}

/// Whether an origin is that of the server asked as `host`. The scheme is not compared: before a proxy that ends TLS it is another one.
fn is_at(origin: &str, host: &str) -> bool {
    let Ok(uri) = origin.parse::<Uri>() else { return false };
    let default = match uri.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return false,
    };
    let (Some(own), Ok(asked)) = (uri.authority(), host.parse::<hyper::http::uri::Authority>()) else { return false };
    own.host().eq_ignore_ascii_case(asked.host())
        && own.port_u16().unwrap_or(default) == asked.port_u16().unwrap_or(default)
}

/// What a form can send without the browser asking first is not taken from pages. Programs may: curl sends JSON as a form.
fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let has_body = headers.contains_key(TRANSFER_ENCODING)
        || headers.get(CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    let Some(value) = headers.get(CONTENT_TYPE).filter(|_| has_body) else { return Ok(()) };
    let text = value.to_str().unwrap_or("?");
    let kind = text.split(';').next().unwrap_or(text).trim().to_ascii_lowercase();
    match kind.as_str() {
        "text/plain" | "application/x-www-form-urlencoded" => Err(Refusal::ContentType(kind)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    const HOST_OF_ALL: (&str, &str) = ("host", "localhost:8081");

    #[test]
    fn only_own_pages_change_anything_unless_others_are_listed() {
        let listed = AllowedOrigins::new(Some("https://ops.example, http://localhost:3000"));
        for (origin, own, by_list) in [
            ("http://localhost:8081", true, true),
            ("http://LOCALHOST:8081", true, true),
            ("https://localhost:8081", true, true),
            ("http://localhost", false, false),
            ("http://localhost:3000", false, true),
            ("http://localhost:8082", false, false),
            ("https://ops.example", false, true),
            ("http://ops.example", false, false),
            ("http://evil.example", false, false),
            ("null", false, false),
            ("http://localhost:8081.evil.example", false, false),
            ("file://", false, false),
        ] {
            let headers = headers(&[HOST_OF_ALL, ("origin", origin)]);
            for (allowed, expected) in
                [(AllowedOrigins::new(None), own), (AllowedOrigins::new(Some("*")), own), (listed.clone(), by_list)]
            {
                assert_eq!(allowed.check(&headers, true).is_ok(), expected, "{origin} {allowed:?}");
                assert!(allowed.check(&headers, false).is_ok(), "{origin}: reading is for the browser to decide");
            }
        }
    }

    #[test]
    fn a_request_without_an_origin_is_a_programs_or_says_where_it_comes_from() {
        let own = AllowedOrigins::new(None);
        assert!(own.check(&headers(&[HOST_OF_ALL]), true).is_ok());
        for (site, fine) in [("cross-site", false), ("same-site", false), ("same-origin", true), ("none", true)] {
            assert_eq!(own.check(&headers(&[HOST_OF_ALL, ("sec-fetch-site", site)]), true).is_ok(), fine, "{site}");
        }
    }

    #[test]
    fn the_header_lets_read_whom_the_key_allows() {
        let foreign = headers(&[HOST_OF_ALL, ("origin", "http://evil.example")]);
        let of_list = headers(&[HOST_OF_ALL, ("origin", "http://ops.example")]);
        let program = headers(&[HOST_OF_ALL]);
        let listed = AllowedOrigins::new(Some("http://ops.example"));
        let text = |header: Option<HeaderValue>| header.map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(text(AllowedOrigins::Own.header(&program)).as_deref(), Some("*"));
        assert_eq!(text(AllowedOrigins::Own.header(&foreign)), None);
        assert_eq!(text(AllowedOrigins::AllRead.header(&foreign)).as_deref(), Some("*"));
        assert_eq!(text(listed.header(&foreign)), None);
        assert_eq!(text(listed.header(&of_list)).as_deref(), Some("http://ops.example"));
        assert_eq!(text(listed.header(&program)).as_deref(), Some("http://ops.example"));
    }

    #[test]
    fn forms_are_taken_from_programs_only() {
        let form = ("content-type", "text/plain;charset=UTF-8");
        let own = AllowedOrigins::Own;
        let page = [HOST_OF_ALL, ("origin", "http://localhost:8081"), form];
        assert!(own.check(&headers(&[&page[..], &[("content-length", "2")]].concat()), true).is_err());
        assert!(own.check(&headers(&[&page[..], &[("content-length", "0")]].concat()), true).is_ok());
        assert!(own.check(&headers(&[HOST_OF_ALL, form, ("content-length", "2")]), true).is_ok());
    }
}
