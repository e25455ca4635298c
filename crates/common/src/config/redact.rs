//! Which keys hold secrets. Their values are never shown: not in messages, REST answers or logs.

/// What is shown in place of a secret (Flink's `GlobalConfiguration.HIDDEN_CONTENT`).
pub const REDACTED: &str = "******";

/// Parts of key names that mark a secret (Flink's `GlobalConfiguration.SENSITIVE_KEYS`).
const SENSITIVE: [&str; 11] = [
    "password",
    "secret",
    "fs.azure.account.key",
    "apikey",
    "api-key",
    "auth-params",
    "service-key",
    "token",
    "basic-auth",
    "jaas.config",
    "http-headers",
];

/// Whether the value of `key` must not be shown.
pub fn is_sensitive(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SENSITIVE.iter().any(|part| key.contains(part))
}

/// What of a value may be shown.
pub fn shown<'a>(key: &str, value: &'a str) -> &'a str {
    if is_sensitive(key) { REDACTED } else { value }
}

#[cfg(test)]
mod tests {
    use super::is_sensitive;

    #[test]
    fn secrets_are_recognised_by_parts_of_their_key() {
        for key in ["s3.secret-key", "security.ssl.rest.keystore-Password", "properties.sasl.jaas.config", "x.apiKey"] {
            assert!(is_sensitive(key), "{key}");
        }
        for key in ["rest.port", "s3.access-key", "state.backend.type"] {
            assert!(!is_sensitive(key), "{key}");
        }
    }
}
