//! TLS of REST and the SQL gateway (`security.ssl.rest.*`), of servers and of clients, and how clients make themselves known.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::config::{Configuration, options};
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
pub use rustls::ClientConfig as ClientTls;
use rustls::ServerConfig;

use crate::error::TransportError;
use crate::tls::files::REST;
use crate::tls::{Reloading, TlsFiles};

/// Headers of a client, a line 'NAME:VALUE' each: Flink's variable.
pub const CLIENT_HEADERS: &str = "FLINK_REST_CLIENT_HEADERS";
const PROTOCOLS: [&str; 1] = ["http/1.1"];

/// TLS of a server of REST.
#[derive(Debug, Clone)]
pub struct RestServerTls(Arc<Reloading<Arc<ServerConfig>, TransportError>>);

impl RestServerTls {
    /// None when it is not enabled.
    pub fn from_config(config: &Configuration) -> Result<Option<Self>, TransportError> {
        if !REST.enabled(config)? {
            return Ok(None);
        }
        let files = TlsFiles::from_config(&REST, config)?;
        let clients = config.get(&options::SECURITY_SSL_REST_AUTHENTICATION_ENABLED)?;
        let paths = files.paths();
        let make = move || files.server(clients, &PROTOCOLS).map(Arc::new);
        Ok(Some(Self(Arc::new(Reloading::new(paths, make)?))))
    }

    /// As the files are now.
    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        self.0.current().as_ref().clone()
    }
}

/// `https` or `http`, as configured.
pub fn scheme(config: &Configuration) -> Result<&'static str, TransportError> {
    Ok(if REST.enabled(config)? { "https" } else { "http" })
}

/// How a client of REST speaks TLS; none when the system's way will do.
pub fn client_tls(config: &Configuration) -> Result<Option<ClientTls>, TransportError> {
    let files = TlsFiles::from_config(&REST, config)?;
    // One that trusts what the system trusts may have to show a certificate nevertheless; that needs a trust store.
    let shows = config.get(&options::SECURITY_SSL_REST_AUTHENTICATION_ENABLED)?;
    let has_what_it_needs = files.has_trusted() || (shows && files.has_any());
    if !has_what_it_needs {
        return Ok(None);
    }
    files.client(config.get(&options::SECURITY_SSL_REST_VERIFY_HOSTNAME)?, &PROTOCOLS).map(Some)
}

/// How a client speaks TLS to the server of its own process; none when that does not.
pub fn own_client_tls(config: &Configuration) -> Result<Option<ClientTls>, TransportError> {
    if !REST.enabled(config)? {
        return Ok(None);
    }
    TlsFiles::from_config(&REST, config)?.client_of_own(&PROTOCOLS).map(Some)
}

/// The headers by which a client makes itself known: of the configuration, and those of the variable `FLINK_REST_CLIENT_HEADERS`, which come
/// first.
pub fn client_headers(config: &Configuration, variable: Option<&str>) -> Result<HeaderMap, TransportError> {
    let mut headers = HeaderMap::new();
    let user = config.get(&options::SECURITY_REST_CLIENT_USER)?;
    let password = config.get(&options::SECURITY_REST_CLIENT_PASSWORD)?;
    match (config.get(&options::SECURITY_REST_CLIENT_TOKEN)?, user, password) {
        (Some(token), _, _) => {
            headers.insert(AUTHORIZATION, bearer(&token)?);
        }
        (None, Some(user), Some(password)) => {
            let text = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
            headers.insert(AUTHORIZATION, secret(&text, options::SECURITY_REST_CLIENT_PASSWORD.key())?);
        }
        (None, Some(_), None) => {
            return Err(TransportError::Missing {
                wanted_by: options::SECURITY_REST_CLIENT_USER.key(),
                key: options::SECURITY_REST_CLIENT_PASSWORD.key(),
                what: "the password of that user",
            });
        }
        (None, None, _) => {}
    }
    for line in variable.unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty()) {
        let pair = line.split_once(':').and_then(|(name, value)| {
            Some((HeaderName::from_bytes(name.trim().as_bytes()).ok()?, secret(value.trim(), CLIENT_HEADERS).ok()?))
        });
        let (name, value) = pair.ok_or(TransportError::Tls {
            keys: CLIENT_HEADERS,
            problem: "each line has to be NAME:VALUE".to_owned(),
        })?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// `Bearer TOKEN`.
pub fn bearer(token: &str) -> Result<HeaderValue, TransportError> {
    secret(&format!("Bearer {token}"), options::SECURITY_REST_CLIENT_TOKEN.key())
}

fn secret(text: &str, key: &'static str) -> Result<HeaderValue, TransportError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| TransportError::Tls {
        keys: key,
        problem: "it has characters that no header can have".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use common::config::Origin;

    use super::*;

    fn headers(pairs: &[(&str, &str)], variable: Option<&str>) -> Result<HeaderMap, TransportError> {
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        client_headers(&Configuration::from_map(pairs, Origin::Program), variable)
    }

    #[test]
    fn clients_make_themselves_known() {
        let user = [("security.rest.client.user", "anna"), ("security.rest.client.password", "a:b")];
        assert_eq!(headers(&user, None).unwrap()[AUTHORIZATION], "Basic YW5uYTphOmI=");
        assert_eq!(headers(&[("security.rest.client.token", "t")], None).unwrap()[AUTHORIZATION], "Bearer t");
        let both = headers(&user, Some("Authorization: Bearer x\nX-Trace:1\n")).unwrap();
        assert_eq!(
            (&both[AUTHORIZATION], &both["x-trace"]),
            (&HeaderValue::from_static("Bearer x"), &HeaderValue::from_static("1"))
        );
        assert!(headers(&user[..1], None).is_err() && headers(&[], Some("nonsense")).is_err());
        assert!(headers(&[], None).unwrap().is_empty());
    }
}
