//! `Verifier`: whose certificate is taken, on both sides of a connection.
//!
//! A certificate is taken that was issued by one of the trust store, or is one of them, as Java has it: a cluster often has a single
//! certificate that it has issued itself. Both only while they are valid.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore, SignatureScheme,
};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Whose certificate is taken.
#[derive(Debug)]
pub(super) struct Verifier {
    trusted: Vec<CertificateDer<'static>>,
    roots: Arc<RootCertStore>,
    /// Of the only certificate that is taken.
    fingerprint: Option<Vec<u8>>,
    hostname: bool,
    clients: Arc<dyn ClientCertVerifier>,
    provider: Arc<CryptoProvider>,
}

/// The certificate is another one than the configured one.
#[derive(Debug, thiserror::Error)]
#[error("the certificate is not the one of the configured fingerprint")]
struct OtherFingerprint;

impl Verifier {
    /// Of those who trust these. `hostname`: whether a server has to be named in its certificate as it was asked.
    pub(super) fn new(
        trusted: Vec<CertificateDer<'static>>,
        fingerprint: Option<&str>,
        hostname: bool,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for certificate in &trusted {
            let added = roots.add(certificate.clone());
            added.map_err(|problem| format!("a trusted certificate cannot be used: {problem}"))?;
        }
        let roots = Arc::new(roots);
        let clients = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone()).build();
        Ok(Self {
            trusted,
            roots,
            fingerprint: fingerprint.map(digits).transpose()?,
            hostname,
            clients: clients.map_err(|problem| problem.to_string())?,
            provider,
        })
    }

    /// One of the trust store itself, whatever is said of it but that its time is over.
    fn accept_pinned(&self, certificate: &CertificateDer<'_>, verified: Result<(), Error>) -> Result<(), Error> {
        let is_trusted = || self.trusted.iter().any(|trusted| trusted.as_ref() == certificate.as_ref());
        match verified {
            // An authority that shows itself: what 'openssl req -x509' makes.
            Err(Error::InvalidCertificate(CertificateError::Other(OtherError(other))))
                if other.to_string() == "CaUsedAsEndEntity" && is_trusted() =>
            {
                Ok(())
            }
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) if is_trusted() => Ok(()),
            verified => verified,
        }?;
        let Some(wanted) = &self.fingerprint else { return Ok(()) };
        let is_it = match wanted.len() {
            20 => Sha1::digest(certificate).as_slice() == wanted,
            _ => Sha256::digest(certificate).as_slice() == wanted,
        };
        if is_it { Ok(()) } else { Err(CertificateError::Other(OtherError(Arc::new(OtherFingerprint))).into()) }
    }
}

/// A fingerprint of hexadecimal digits, with or without ':' between them.
fn digits(text: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b':' && !byte.is_ascii_whitespace()).collect();
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok().filter(|_| pair.len() == 2))
        .collect();
    bytes
        .filter(|bytes| matches!(bytes.len(), 20 | 32))
        .ok_or_else(|| format!("'{text}' is no fingerprint: 40 hexadecimal digits of SHA-1 or 64 of SHA-256"))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        let signed = verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, intermediates, now, algorithms);
        self.accept_pinned(end_entity, signed)?;
        if self.hostname {
            verify_server_name(&parsed, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.clients.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.clients.verify_client_cert(end_entity, intermediates, now).map(drop);
        self.accept_pinned(end_entity, verified)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.clients.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.clients.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.clients.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn fingerprints_are_of_sha1_or_sha256() {
        assert_eq!(digits(&"00:fF:".repeat(10)).unwrap(), [0, 255].repeat(10));
        assert_eq!(digits(&"ab".repeat(32)).unwrap().len(), 32);
        for wrong in ["", "ab", &"zz".repeat(20), &"a".repeat(41)] {
            assert!(digits(wrong).is_err(), "{wrong}");
        }
    }
}
