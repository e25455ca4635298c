//! Certificates as openssl makes them, in a folder of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What keys are made of.
const EC: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];

/// A folder of certificates: an authority `ca`, and others that it has issued.
pub struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    /// An authority, `NAME.pem` and `NAME.key`.
    pub fn with_authority(name: &str) -> Self {
        let certificates = Self { folder: tempfile::tempdir().expect("a folder") };
        certificates.authority(name);
        certificates
    }

    /// Another authority.
    pub fn authority(&self, name: &str) {
        let subject = format!("/CN={name}");
        let (key, pem) = (self.file(name, "key"), self.file(name, "pem"));
        openssl(
            &["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
            &["-subj", &subject, "-keyout", &key, "-out", &pem],
        );
    }

    /// A certificate of an authority: `NAME.pem`, `NAME.key`, and `NAME-both.pem` with both. `names` as `DNS:localhost,IP:127.0.0.1`.
    pub fn issue(&self, authority: &str, name: &str, names: &str) {
        self.issue_between(authority, name, names, None, &EC);
    }

    /// The same with an RSA key.
    pub fn issue_rsa(&self, authority: &str, name: &str, names: &str) {
        self.issue_between(authority, name, names, None, &["-newkey", "rsa:3072"]);
    }

    /// A certificate that was valid long ago.
    pub fn issue_expired(&self, authority: &str, name: &str, names: &str) {
        self.issue_between(authority, name, names, Some(("20200101000000Z", "20200201000000Z")), &EC);
    }

    fn issue_between(&self, authority: &str, name: &str, names: &str, between: Option<(&str, &str)>, key_of: &[&str]) {
        let (key, request, pem) = (self.file(name, "key"), self.file(name, "csr"), self.file(name, "pem"));
        openssl(
            &[&["req", "-new", "-nodes"], key_of].concat(),
            &["-subj", &format!("/CN={name}"), "-keyout", &key, "-out", &request],
        );
        let extensions = self.file(name, "ext");
        std::fs::write(&extensions, format!("subjectAltName={names}\nbasicConstraints=CA:FALSE\n")).expect("written");
        let (ca, ca_key) = (self.file(authority, "pem"), self.file(authority, "key"));
        match between {
            None => openssl(
                &["x509", "-req", "-days", "2", "-CAcreateserial"],
                &["-in", &request, "-CA", &ca, "-CAkey", &ca_key, "-extfile", &extensions, "-out", &pem],
            ),
            // Only 'ca' takes a time in the past.
            Some((from, to)) => {
                let (database, settings) = (self.file(name, "db"), self.file(name, "cnf"));
                std::fs::write(&database, "").expect("written");
                let text = format!(
                    "[ca]\ndefault_ca=d\n[d]\ndatabase={database}\nrand_serial=yes\nnew_certs_dir={}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n",
                    self.folder.path().display()
                );
                std::fs::write(&settings, text).expect("written");
                openssl(
                    &["ca", "-batch", "-notext", "-startdate", from, "-enddate", to],
                    &[
                        "-config",
                        &settings,
                        "-in",
                        &request,
                        "-cert",
                        &ca,
                        "-keyfile",
                        &ca_key,
                        "-extfile",
                        &extensions,
                        "-out",
                        &pem,
                    ],
                );
            }
        }
        let both = [&pem, &key].map(|file| std::fs::read_to_string(file).expect("it is there")).concat();
        std::fs::write(self.file(&format!("{name}-both"), "pem"), both).expect("written");
    }

    /// The path of a file.
    pub fn file(&self, name: &str, kind: &str) -> String {
        self.folder.path().join(format!("{name}.{kind}")).display().to_string()
    }

    /// Where the files are.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

/// Runs openssl.
pub fn openssl(command: &[&str], arguments: &[&str]) {
    let output = Command::new("openssl").args(command).args(arguments).output().expect("openssl is needed");
    assert!(output.status.success(), "openssl {command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Whether TLS comes about with what listens at this address, as openssl sees it; with the certificate and key of a client when there is one.
pub fn handshake(address: &str, authority: &Path, client: Option<(&str, &str)>) -> bool {
    let mut command = Command::new("openssl");
    command
        .args(["s_client", "-connect", address, "-alpn", "h2", "-verify_return_error", "-tls1_2", "-CAfile"])
        .arg(authority);
    if let Some((certificate, key)) = client {
        command.args(["-cert", certificate, "-key", key]);
    }
    let output = command.stdin(std::process::Stdio::null()).output().expect("openssl is needed");
    output.status.success() && String::from_utf8_lossy(&output.stdout).contains("Verify return code: 0")
}
