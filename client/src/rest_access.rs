//! `RestAccess`: how the REST APIs of JobManagers and SQL gateways are reached: by TLS or not, and with which credentials.

use std::time::Duration;

use anyhow::{Context, bail};
use common::config::Configuration;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use transport::rest;

/// A JobManager or gateway answers at once or is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How REST is reached; clones share connections.
#[derive(Debug, Clone)]
pub struct RestAccess {
    scheme: &'static str,
    http: reqwest::Client,
}

/// An address, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct RestAddress {
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    /// `host:port`.
    pub(crate) host_and_port: String,
}

impl RestAccess {
    /// As configured: `security.ssl.rest.*`, `security.rest.client.*`, and the variable `FLINK_REST_CLIENT_HEADERS`.
    pub fn from_config(config: &Configuration) -> anyhow::Result<Self> {
        let variable = std::env::var(rest::CLIENT_HEADERS).ok();
        let headers = rest::client_headers(config, variable.as_deref())?;
        Ok(Self { scheme: rest::scheme(config)?, http: client(headers, rest::client_tls(config)?)? })
    }

    /// To the server of this process, which has given the token.
    pub fn of_own(config: &Configuration, token: Option<&str>) -> anyhow::Result<Self> {
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, rest::bearer(token)?);
        }
        Ok(Self { scheme: rest::scheme(config)?, http: client(headers, rest::own_client_tls(config)?)? })
    }

    /// `host:port` of an address that may also say how to speak; `kind` and `key` are for the error.
    pub(crate) fn address(&self, address: &str, kind: &str, key: &str) -> anyhow::Result<RestAddress> {
        let (scheme, rest) = match address.split_once("://") {
            Some(("http", rest)) => ("http", rest),
            Some(("https", rest)) => ("https", rest),
            _ => (self.scheme, address),
        };
        let host_and_port = rest.trim_end_matches('/').to_owned();
        if !matches!(host_and_port.rsplit_once(':').map(|(_, port)| port.parse::<u16>()), Some(Ok(_))) {
            bail!("'{host_and_port}' is no address of a {kind}; write HOST:PORT, the port is {key}");
        }
        Ok(RestAddress { scheme, host_and_port })
    }

    pub(crate) fn http(&self) -> reqwest::Client {
        self.http.clone()
    }
}

/// Why a connection could not be made, when it is TLS that does not come about.
pub(crate) fn tls_problem(error: &reqwest::Error) -> Option<String> {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if ["certificate", "handshake", "TLS", "corrupt message"].iter().any(|word| text.contains(word)) {
            return Some(text);
        }
        cause = error.source();
    }
    None
}

fn client(headers: HeaderMap, tls: Option<rest::ClientTls>) -> anyhow::Result<reqwest::Client> {
    let builder = reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).no_proxy().default_headers(headers);
    let builder = match tls {
        Some(tls) => builder.tls_backend_preconfigured(tls),
        None => builder,
    };
    builder.build().context("cannot set up an HTTP client")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_say_how_to_speak() {
        let access = RestAccess::from_config(&Configuration::new()).unwrap();
        let of = |text: &str| access.address(text, "JobManager", "rest.port (8081)");
        assert_eq!(of("a:1").unwrap().scheme, "http");
        let https = of("https://a:1/").unwrap();
        assert_eq!((https.scheme, https.host_and_port.as_str()), ("https", "a:1"));
        assert!(of("a").is_err() && of("ftp://a:b").is_err());
    }
}
