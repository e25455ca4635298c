//! Reads certificates and keys from files: PEM, or PKCS12 with a password. Which of them it is the file says.

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate, those that lead to its issuer, and its private key.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

const PEM: &[u8] = b"-----BEGIN";
/// How Java's older stores begin: JKS and JCEKS.
const JAVA_STORES: [&[u8]; 2] = [&[0xfe, 0xed, 0xfe, 0xed], &[0xce, 0xce, 0xce, 0xce]];

/// The certificate and key in a store; the error says what is wrong with the file.
pub(super) fn identity(content: &[u8], _password: Option<&str>) -> Result<Identity, String> {
    if is_pem(content) {
        return Ok(Identity { chain: certificates_of_pem(content)?, key: key_of_pem(content)? });
    }
    Err(no_pem(content))
}

/// The certificates that a store trusts: as in Java those of its own, and those of its keys.
pub(super) fn trusted(content: &[u8], _password: Option<&str>) -> Result<Vec<CertificateDer<'static>>, String> {
    if is_pem(content) {
        return certificates_of_pem(content);
    }
    Err(no_pem(content))
}

/// All certificates of a PEM file, at least one.
pub(super) fn certificates_of_pem(content: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(content).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err("there is no 'BEGIN CERTIFICATE' in it".to_owned()),
        Ok(certificates) => Ok(certificates),
        Err(problem) => Err(format!("it is no PEM file of certificates: {problem}")),
    }
}

/// The private key of a PEM file.
pub(super) fn key_of_pem(content: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(content).map_err(|problem| match problem {
        pem::Error::NoItemsFound if String::from_utf8_lossy(content).contains("BEGIN ENCRYPTED PRIVATE KEY") => {
            "its private key is encrypted; 'openssl pkcs8 -in FILE -out PLAIN' takes the password off, or 'openssl pkcs12 -export' makes a PKCS12 store, which may have one".to_owned()
        }
        pem::Error::NoItemsFound => "there is no 'BEGIN PRIVATE KEY' in it".to_owned(),
        problem => format!("its private key cannot be read: {problem}"),
    })
}

fn is_pem(content: &[u8]) -> bool {
    content.windows(PEM.len()).take(4096).any(|window| window == PEM)
}

fn no_pem(content: &[u8]) -> String {
    let kind = if JAVA_STORES.iter().any(|magic| content.starts_with(magic)) { "JKS" } else { "PKCS12" };
    format!(
        "it is no PEM file; 'openssl pkcs12 -in FILE -out FILE.pem -nodes' makes one of a PKCS12 store, and 'keytool -importkeystore' a PKCS12 store of a JKS one (this looks like {kind})"
    )
}
