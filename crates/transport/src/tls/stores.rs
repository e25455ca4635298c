//! Reads certificates and keys from files: PEM, or PKCS12 with a password. Which of them it is the file says.

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, Pkcs12ImportPolicy};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate, those that lead to its issuer, and its private key.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

const PEM: &[u8] = b"-----BEGIN";
/// How a PKCS12 store begins, as anything in DER.
const DER_SEQUENCE: u8 = 0x30;
/// How Java's older stores begin: JKS and JCEKS.
const JAVA_STORES: [&[u8]; 2] = [&[0xfe, 0xed, 0xfe, 0xed], &[0xce, 0xce, 0xce, 0xce]];

/// The certificate and key in a store; the error says what is wrong with the file.
pub(super) fn identity(content: &[u8], password: Option<&str>) -> Result<Identity, String> {
    if is_pem(content) {
        return Ok(Identity { chain: certificates_of_pem(content)?, key: key_of_pem(content)? });
    }
    let store = pkcs12(content, password)?;
    let (_, entry) = store.private_key_chain().ok_or("there is no private key with its certificate in it")?;
    let key = PrivatePkcs8KeyDer::from(entry.key().as_der().to_vec());
    Ok(Identity { chain: entry.certs().iter().map(der).collect(), key: key.into() })
}

/// The certificates that a store trusts: as in Java those of its own, and those of its keys.
pub(super) fn trusted(content: &[u8], password: Option<&str>) -> Result<Vec<CertificateDer<'static>>, String> {
    if is_pem(content) {
        return certificates_of_pem(content);
    }
    let trusted: Vec<_> = pkcs12(content, password)?
        .entries()
        .filter_map(|(_, entry)| match entry {
            KeyStoreEntry::Certificate(certificate) => Some(der(certificate)),
            KeyStoreEntry::PrivateKeyChain(chain) => chain.certs().first().map(der),
            KeyStoreEntry::Secret(_) => None,
        })
        .collect();
    match trusted.is_empty() {
        true => Err("there is no certificate in it that is trusted; 'keytool -importcert' puts one there".to_owned()),
        false => Ok(trusted),
    }
}

fn der(certificate: &Certificate) -> CertificateDer<'static> {
    CertificateDer::from(certificate.as_der().to_vec())
}

fn pkcs12(content: &[u8], password: Option<&str>) -> Result<KeyStore, String> {
    if JAVA_STORES.iter().any(|magic| content.starts_with(magic)) {
        return Err("it is a JKS store; 'keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12' makes a PKCS12 store of it, which is taken".to_owned());
    }
    if content.first() != Some(&DER_SEQUENCE) {
        return Err("it is neither a PEM file nor a PKCS12 store".to_owned());
    }
    let Some(password) = password else {
        return Err(
            "it is a PKCS12 store, which needs its password: the same key with '-password' behind it".to_owned()
        );
    };
    KeyStore::from_pkcs12(content, password, Pkcs12ImportPolicy::Strict).map_err(|problem| match problem {
        p12_keystore::error::Error::MacError(_) => "its password is another one, or it is damaged".to_owned(),
        problem => format!("it cannot be read as a PKCS12 store: {problem}"),
    })
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
