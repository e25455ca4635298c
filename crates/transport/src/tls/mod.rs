//! TLS by Flink's keys: PKCS12 stores as Flink has them, and PEM files.
//!
//! [`TlsKeys`] are the keys of one side (`security.ssl.internal.*` or `security.ssl.rest.*`), [`TlsFiles`] what they name, `stores` reads
//! those files, `verifier` says whose certificate is taken, [`Reloading`] reads them again when they change,
//! and `certificates` says what will be wrong with the own ones.

mod certificates;
pub(crate) mod files;
mod reloading;
mod socket;
mod stores;
mod verifier;

pub use certificates::{CertificateReport, check_internal, check_rest};
pub use files::{TlsFiles, TlsKeys};
pub use reloading::Reloading;
pub use socket::Socket;

/// Whether a handshake failed only because the other side went away.
pub(crate) fn is_end(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::ConnectionReset)
}
