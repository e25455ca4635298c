//! `AllowedHosts`: under which names a server answers.
//!
//! A page of `http://evil.example` can have its name resolved to 127.0.0.1 and is then, to the browser, of the same origin as what listens
//! there (DNS rebinding). Its requests still carry its name in `Host`.

use std::net::IpAddr;

use hyper::http::uri::Authority;

/// The names of a server.
#[derive(Debug, Clone)]
pub(super) struct AllowedHosts {
    /// None when every name will do.
    names: Option<Vec<String>>,
}

impl AllowedHosts {
    /// Of a server that listens on the loopback interface or not, has these names of its own, and was given those in `allowed` (with ',' between
    /// them).
    pub(super) fn new(loopback: bool, own: &[String], allowed: Option<&str>) -> Self {
        let listed = allowed.unwrap_or_default().split([',', ';']).map(str::trim).filter(|name| !name.is_empty());
        let listed: Vec<String> = listed.map(str::to_ascii_lowercase).collect();
        if listed.iter().any(|name| name == "*") || (listed.is_empty() && !loopback) {
            return Self { names: None };
        }
        let own = own.iter().map(|name| name.to_ascii_lowercase());
        Self { names: Some(listed.into_iter().chain(own).collect()) }
    }

    /// Whether a request with this `Host` is answered. One without it comes from no browser.
    pub(super) fn allows(&self, host: Option<&str>) -> bool {
        let (Some(names), Some(host)) = (&self.names, host) else { return true };
        let name = host.parse::<Authority>().map(|authority| authority.host().to_ascii_lowercase());
        let Ok(name) = name else { return false };
        let bare = name.trim_matches(['[', ']']).trim_end_matches('.');
        let is_loopback = bare == "localhost"
            || bare.ends_with(".localhost")
            || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        is_loopback
            || names.iter().any(|known| known.trim_matches(['[', ']']) == bare || *known == host.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::AllowedHosts;

    #[test]
    fn what_listens_on_loopback_answers_to_its_own_names() {
        let hosts = AllowedHosts::new(true, &["flink.test".to_owned()], None);
        for host in
            ["localhost", "LOCALHOST:8081", "127.0.0.1:1", "127.8.9.1", "[::1]:8081", "a.localhost", "Flink.test:9"]
        {
            assert!(hosts.allows(Some(host)), "{host}");
        }
        for host in
            ["evil.example:8081", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example", "", "a b", "[::2]"]
        {
            assert!(!hosts.allows(Some(host)), "{host}");
        }
        assert!(hosts.allows(None));
    }

    #[test]
    fn a_list_binds_what_listens_elsewhere() {
        assert!(AllowedHosts::new(false, &[], None).allows(Some("any.example")));
        let hosts = AllowedHosts::new(false, &[], Some("flink.example, 10.0.0.1"));
        assert!(
            hosts.allows(Some("flink.example:80"))
                && hosts.allows(Some("10.0.0.1:8081"))
                && hosts.allows(Some("localhost"))
        );
        assert!(!hosts.allows(Some("any.example")));
        assert!(AllowedHosts::new(true, &[], Some("*")).allows(Some("any.example")));
    }
}
