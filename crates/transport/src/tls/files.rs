//! `TlsFiles`: what the keys of one side name, and the settings of TLS that come of it.

use std::path::PathBuf;
use std::sync::Arc;

use common::config::{ConfigError, ConfigOption, Configuration, options};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{ClientConfig, ServerConfig, SupportedProtocolVersion, version};

use super::stores::{self, Identity};
use super::verifier::Verifier;
use crate::error::TransportError;

type Text = ConfigOption<Option<String>>;

/// The keys of one side.
#[derive(Debug)]
pub struct TlsKeys {
    family: &'static str,
    enabled: &'static ConfigOption<bool>,
    keystore: &'static Text,
    keystore_password: &'static Text,
    key_password: &'static Text,
    certificate: &'static Text,
    private_key: &'static Text,
    truststore: &'static Text,
    truststore_password: &'static Text,
    fingerprint: &'static Text,
}

/// Between the processes of a cluster.
pub(crate) const INTERNAL: TlsKeys = TlsKeys {
    family: "security.ssl.internal.*",
    enabled: &options::SECURITY_SSL_INTERNAL_ENABLED,
    keystore: &options::SECURITY_SSL_INTERNAL_KEYSTORE,
    keystore_password: &options::SECURITY_SSL_INTERNAL_KEYSTORE_PASSWORD,
    key_password: &options::SECURITY_SSL_INTERNAL_KEY_PASSWORD,
    certificate: &options::SECURITY_SSL_INTERNAL_CERTIFICATE,
    private_key: &options::SECURITY_SSL_INTERNAL_PRIVATE_KEY,
    truststore: &options::SECURITY_SSL_INTERNAL_TRUSTSTORE,
    truststore_password: &options::SECURITY_SSL_INTERNAL_TRUSTSTORE_PASSWORD,
    fingerprint: &options::SECURITY_SSL_INTERNAL_CERT_FINGERPRINT,
};

/// Of REST and the SQL gateway.
pub(crate) const REST: TlsKeys = TlsKeys {
    family: "security.ssl.rest.*",
    enabled: &options::SECURITY_SSL_REST_ENABLED,
    keystore: &options::SECURITY_SSL_REST_KEYSTORE,
    keystore_password: &options::SECURITY_SSL_REST_KEYSTORE_PASSWORD,
    key_password: &options::SECURITY_SSL_REST_KEY_PASSWORD,
    certificate: &options::SECURITY_SSL_REST_CERTIFICATE,
    private_key: &options::SECURITY_SSL_REST_PRIVATE_KEY,
    truststore: &options::SECURITY_SSL_REST_TRUSTSTORE,
    truststore_password: &options::SECURITY_SSL_REST_TRUSTSTORE_PASSWORD,
    fingerprint: &options::SECURITY_SSL_REST_CERT_FINGERPRINT,
};

/// A file, the key that names it, and its password.
#[derive(Debug, Clone)]
struct StoreFile {
    path: String,
    key: &'static str,
    password: Option<String>,
}

/// Where the own certificate and key are.
#[derive(Debug, Clone)]
enum IdentityFiles {
    Store(StoreFile),
    Pem { certificate: StoreFile, private_key: StoreFile },
}

/// The files and settings of one side.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    family: &'static str,
    enabled_by: &'static str,
    keystore_key: &'static str,
    truststore_key: &'static str,
    identity: Option<IdentityFiles>,
    trusted: Option<StoreFile>,
    fingerprint: Option<String>,
    versions: Vec<&'static SupportedProtocolVersion>,
}

impl TlsFiles {
    /// What the configuration names, whether it is enabled or not.
    pub(crate) fn from_config(keys: &TlsKeys, config: &Configuration) -> Result<Self, TransportError> {
        let either = |own: &'static Text, shared: &'static Text| -> Result<Option<StoreFile>, ConfigError> {
            for option in [own, shared] {
                if let Some(path) = config.get(option)? {
                    return Ok(Some(StoreFile { path, key: option.key(), password: None }));
                }
            }
            Ok(None)
        };
        let password = |candidates: &[&'static Text]| -> Result<Option<String>, ConfigError> {
            for option in candidates {
                if let Some(password) = config.get(option)? {
                    return Ok(Some(password));
                }
            }
            Ok(None)
        };
        let pem = |option: &'static Text| -> Result<Option<StoreFile>, ConfigError> {
            Ok(config.get(option)?.map(|path| StoreFile { path, key: option.key(), password: None }))
        };
        let identity = match (pem(keys.certificate)?, pem(keys.private_key)?) {
            (Some(certificate), Some(private_key)) => Some(IdentityFiles::Pem { certificate, private_key }),
            (Some(_), None) => return Err(missing(keys.certificate.key(), keys.private_key.key(), "its key")),
            (None, Some(_)) => return Err(missing(keys.private_key.key(), keys.certificate.key(), "its certificate")),
            (None, None) => either(keys.keystore, &options::SECURITY_SSL_KEYSTORE)?
                .map(|file| {
                    let of_store = [keys.keystore_password, &options::SECURITY_SSL_KEYSTORE_PASSWORD];
                    let of_key = [keys.key_password, &options::SECURITY_SSL_KEY_PASSWORD];
                    let password = password(&[of_store[0], of_store[1], of_key[0], of_key[1]])?;
                    Ok::<_, ConfigError>(IdentityFiles::Store(StoreFile { password, ..file }))
                })
                .transpose()?,
        };
        let trusted = either(keys.truststore, &options::SECURITY_SSL_TRUSTSTORE)?
            .map(|file| {
                let password = password(&[keys.truststore_password, &options::SECURITY_SSL_TRUSTSTORE_PASSWORD])?;
                Ok::<_, ConfigError>(StoreFile { password, ..file })
            })
            .transpose()?;
        Ok(Self {
            family: keys.family,
            enabled_by: keys.enabled.key(),
            keystore_key: keys.keystore.key(),
            truststore_key: keys.truststore.key(),
            identity,
            trusted,
            fingerprint: config.get(keys.fingerprint)?,
            versions: versions(config)?,
        })
    }

    /// Every file that is read.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let of_identity = match &self.identity {
            Some(IdentityFiles::Store(store)) => vec![store],
            Some(IdentityFiles::Pem { certificate, private_key }) => vec![certificate, private_key],
            None => Vec::new(),
        };
        of_identity.into_iter().chain(&self.trusted).map(|file| PathBuf::from(&file.path)).collect()
    }

    /// Whether a client has anything of its own to set.
    pub(crate) fn has_any(&self) -> bool {
        self.identity.is_some() || self.trusted.is_some()
    }

    /// Whether it is said whom to trust.
    pub(crate) fn has_trusted(&self) -> bool {
        self.trusted.is_some()
    }

    /// How a server speaks TLS; with `clients` those have to show a certificate.
    pub(crate) fn server(&self, clients: bool, protocols: &[&str]) -> Result<ServerConfig, TransportError> {
        let provider = provider();
        let builder = ServerConfig::builder_with_provider(provider.clone());
        let builder = builder.with_protocol_versions(&self.versions).map_err(|problem| self.problem(problem))?;
        let builder = match clients {
            true => builder.with_client_cert_verifier(Arc::new(self.verifier(false, provider)?)),
            false => builder.with_no_client_auth(),
        };
        let Identity { chain, key } = self.identity()?;
        let mut server = builder.with_single_cert(chain, key).map_err(|problem| self.problem(problem))?;
        server.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(server)
    }

    /// How a client speaks TLS to those of the trust store; it shows its certificate when it has one.
    pub(crate) fn client(&self, hostname: bool, protocols: &[&str]) -> Result<ClientConfig, TransportError> {
        self.client_with(|provider| self.verifier(hostname, provider), protocols)
    }

    /// How a client speaks TLS to the server of its own process: to whoever has the same certificate.
    pub(crate) fn client_of_own(&self, protocols: &[&str]) -> Result<ClientConfig, TransportError> {
        let verifier = |provider: Arc<CryptoProvider>| {
            let own = self.identity()?.chain.into_iter().take(1).collect();
            Verifier::new(own, None, false, provider).map_err(|problem| self.problem(problem))
        };
        self.client_with(verifier, protocols)
    }

    fn client_with(
        &self,
        verifier: impl FnOnce(Arc<CryptoProvider>) -> Result<Verifier, TransportError>,
        protocols: &[&str],
    ) -> Result<ClientConfig, TransportError> {
        let provider = provider();
        let builder = ClientConfig::builder_with_provider(provider.clone());
        let builder = builder.with_protocol_versions(&self.versions).map_err(|problem| self.problem(problem))?;
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier(provider)?));
        let mut client = match &self.identity {
            Some(_) => {
                let Identity { chain, key } = self.identity()?;
                builder.with_client_auth_cert(chain, key).map_err(|problem| self.problem(problem))?
            }
            None => builder.with_no_client_auth(),
        };
        client.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(client)
    }

    pub(super) fn verifier(&self, hostname: bool, provider: Arc<CryptoProvider>) -> Result<Verifier, TransportError> {
        let what = "whose certificates are taken";
        let file = self.trusted.as_ref().ok_or_else(|| missing(self.enabled_by, self.truststore_key, what))?;
        let trusted =
            stores::trusted(&read(file)?, file.password.as_deref()).map_err(|problem| wrong(file, problem))?;
        Verifier::new(trusted, self.fingerprint.as_deref(), hostname, provider).map_err(|problem| self.problem(problem))
    }

    pub(super) fn identity(&self) -> Result<Identity, TransportError> {
        match &self.identity {
            None => Err(missing(self.enabled_by, self.keystore_key, "the certificate and key of this process")),
            Some(IdentityFiles::Store(file)) => {
                stores::identity(&read(file)?, file.password.as_deref()).map_err(|problem| wrong(file, problem))
            }
            Some(IdentityFiles::Pem { certificate, private_key }) => Ok(Identity {
                chain: stores::certificates_of_pem(&read(certificate)?)
                    .map_err(|problem| wrong(certificate, problem))?,
                key: stores::key_of_pem(&read(private_key)?).map_err(|problem| wrong(private_key, problem))?,
            }),
        }
    }

    pub(super) fn problem(&self, problem: impl ToString) -> TransportError {
        TransportError::Tls { keys: self.family, problem: problem.to_string() }
    }
}

impl TlsKeys {
    /// Whether the side speaks TLS.
    pub(crate) fn enabled(&self, config: &Configuration) -> Result<bool, ConfigError> {
        config.get(self.enabled)
    }
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn versions(config: &Configuration) -> Result<Vec<&'static SupportedProtocolVersion>, TransportError> {
    let all = vec![&version::TLS13, &version::TLS12];
    let Some(text) = config.get_set(&options::SECURITY_SSL_PROTOCOL)? else { return Ok(all) };
    let versions: Result<Vec<_>, _> = text
        .split([',', ';'])
        .map(|name| match name.trim().to_ascii_lowercase().as_str() {
            "tlsv1.3" => Ok(&version::TLS13),
            "tlsv1.2" => Ok(&version::TLS12),
            "tls" => Ok(&version::TLS13),
            other => Err(other.to_owned()),
        })
        .collect();
    versions.map_err(|other| TransportError::Tls {
        keys: options::SECURITY_SSL_PROTOCOL.key(),
        problem: format!("'{other}' is not spoken; there are TLSv1.2 and TLSv1.3"),
    })
}

fn read(file: &StoreFile) -> Result<Vec<u8>, TransportError> {
    std::fs::read(&file.path).map_err(|problem| wrong(file, problem))
}

fn wrong(file: &StoreFile, problem: impl ToString) -> TransportError {
    TransportError::File { path: file.path.clone(), key: file.key, problem: problem.to_string() }
}

fn missing(wanted_by: &'static str, key: &'static str, what: &'static str) -> TransportError {
    TransportError::Missing { wanted_by, key, what }
}
