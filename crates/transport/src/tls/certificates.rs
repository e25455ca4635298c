//! What is to be said of the own certificates before anybody is shown them: how long they are valid, and whether those take them who trust as this
//! configuration says. The keys of a pair are not compared here: setting TLS up does that.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::config::{ConfigError, Configuration, options};
use rustls::client::danger::ServerCertVerifier;
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::server::danger::ClientCertVerifier;
use rustls::{CertificateError, Error};
use x509_parser::parse_x509_certificate;

use super::files::{self, INTERNAL, REST, TlsFiles};
use crate::error::TransportError;

/// So long before its end a certificate should be replaced.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);
/// Nobody compares the name of a process of the cluster.
const ANY_NAME: &str = "flink.internal";

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CertificateReport {
    /// By which nobody, or not those of this configuration, will take them.
    pub wrong: Vec<String>,
    /// By which they will not be taken soon, or by some.
    pub warnings: Vec<String>,
}

/// Of the certificates that processes show each other (`security.ssl.internal.*`).
pub fn check_internal(config: &Configuration, now: SystemTime) -> Result<CertificateReport, TransportError> {
    let files = TlsFiles::from_config(&INTERNAL, config)?;
    let chain = files.identity()?.chain;
    let mut report = dates(&chain, now);
    // A certificate that is over is taken by nobody, whoever has issued it.
    if let (true, Some((own, between))) = (report.wrong.is_empty(), chain.split_first()) {
        let verifier = files.verifier(false, files::provider())?;
        let of_server = verifier.verify_server_cert(own, between, &name(ANY_NAME)?, &[], unix(now)).map(drop);
        let of_client = verifier.verify_client_cert(own, between, unix(now)).map(drop);
        for (side, verified) in [("a server", of_server), ("a client", of_client)] {
            if let Err(problem) = verified {
                let store = options::SECURITY_SSL_INTERNAL_TRUSTSTORE.key();
                report.wrong.push(format!("{store} does not take it of {side}: {}", words(&problem)));
            }
        }
    }
    Ok(report)
}

/// Of the certificate that REST shows (`security.ssl.rest.*`), to clients of this configuration.
pub fn check_rest(config: &Configuration, now: SystemTime) -> Result<CertificateReport, TransportError> {
    let files = TlsFiles::from_config(&REST, config)?;
    let chain = files.identity()?.chain;
    let mut report = dates(&chain, now);
    let Some((own, between)) = chain.split_first() else { return Ok(report) };
    if report.wrong.is_empty() && files.has_trusted() {
        let verifier = files.verifier(false, files::provider())?;
        if let Err(problem) = verifier.verify_server_cert(own, between, &name(ANY_NAME)?, &[], unix(now)) {
            let store = options::SECURITY_SSL_REST_TRUSTSTORE.key();
            let problem = format!("{store} does not take it: {}", words(&problem));
            // The trust store of a server that asks clients for certificates may be for those only.
            match config.get(&options::SECURITY_SSL_REST_AUTHENTICATION_ENABLED)? {
                true => report.warnings.push(problem),
                false => report.wrong.push(problem),
            }
        }
    }
    if config.get(&options::SECURITY_SSL_REST_VERIFY_HOSTNAME)? {
        let (host, is_chosen) = rest_host(config)?;
        let parsed = ParsedCertificate::try_from(own).map_err(|problem| files.problem(problem))?;
        if let Err(problem) = verify_server_name(&parsed, &name(&host)?) {
            let problem = format!("clients that ask for {host} (rest.address) refuse it: {}", words(&problem));
            // They may all name another address.
            let to = if is_chosen { &mut report.wrong } else { &mut report.warnings };
            to.push(problem);
        }
    }
    Ok(report)
}

/// By which name clients ask, and whether somebody has chosen it.
fn rest_host(config: &Configuration) -> Result<(String, bool), ConfigError> {
    if let Some(host) = config.get_set(&options::REST_ADDRESS)? {
        return Ok((host, true));
    }
    let is_chosen = config.is_set(&options::JOBMANAGER_RPC_ADDRESS);
    Ok((config.get(&options::JOBMANAGER_RPC_ADDRESS)?, is_chosen))
}

/// When they begin and end.
fn dates(chain: &[CertificateDer<'_>], now: SystemTime) -> CertificateReport {
    let mut report = CertificateReport::default();
    let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() as i64;
    for certificate in chain {
        let certificate = match parse_x509_certificate(certificate) {
            Ok((_, certificate)) => certificate,
            Err(problem) => {
                report.wrong.push(format!("a certificate cannot be read: {problem}"));
                continue;
            }
        };
        let (subject, validity) = (certificate.subject(), certificate.validity());
        let (begin, end) = (validity.not_before, validity.not_after);
        let day = |time: x509_parser::time::ASN1Time| time.to_datetime().date();
        if end.timestamp() < seconds(now) {
            report.wrong.push(format!("the certificate '{subject}' has expired on {}", day(end)));
        } else if begin.timestamp() > seconds(now) {
            report.wrong.push(format!("the certificate '{subject}' is not valid before {}", day(begin)));
        } else if end.timestamp() < seconds(now + SOON) {
            report.warnings.push(format!("the certificate '{subject}' expires on {}", day(end)));
        }
    }
    report
}

fn words(problem: &Error) -> String {
    match problem {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "it was issued by none of those that are trusted".to_owned()
        }
        Error::InvalidCertificate(problem) => problem.to_string(),
        problem => problem.to_string(),
    }
}

fn unix(time: SystemTime) -> UnixTime {
    UnixTime::since_unix_epoch(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn name(host: &str) -> Result<ServerName<'static>, TransportError> {
    let problem = |_| TransportError::Tls {
        keys: options::REST_ADDRESS.key(),
        problem: format!("'{host}' can stand in no certificate"),
    };
    ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(problem)
}
