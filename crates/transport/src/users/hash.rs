//! Hashes of passwords (Argon2id) and of tokens (SHA-256), as they stand in the file of users. A token is long and random, so that a fast hash
//! is enough; a password is neither.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use rustls::crypto::aws_lc_rs;
use sha2::{Digest, Sha256};

use crate::http::Role;

/// Before the hash of a token.
pub(super) const TOKEN: &str = "token-sha256:";

/// A line of the file for somebody with a password; the error says what a name must not be.
pub fn line_of_password(name: &str, role: Role, password: &str) -> Result<String, String> {
    if password.is_empty() {
        return Err("the password is empty".to_owned());
    }
    let hash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &random::<16>()?)
        .map_err(|problem| format!("the password cannot be hashed: {problem}"))?;
    Ok(format!("{}:{role}:{hash}", checked(name)?))
}

/// A new token, and the line of the file for it.
pub fn line_of_new_token(name: &str, role: Role) -> Result<(String, String), String> {
    let token = new_token()?;
    let line = format!("{}:{role}:{TOKEN}{}", checked(name)?, hex(&digest(&token)));
    Ok((token, line))
}

/// 256 random bits as text.
pub(super) fn new_token() -> Result<String, String> {
    Ok(hex(&random::<32>()?))
}

/// Whether this is the password of the hash.
pub(super) fn matches(hash: &str, password: &str) -> bool {
    Argon2::default().verify_password(password.as_bytes(), hash).is_ok()
}

pub(super) fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

pub(super) fn random<const N: usize>() -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    let filled = aws_lc_rs::default_provider().secure_random.fill(&mut bytes);
    filled.map_err(|_| "there are no random numbers".to_owned()).map(|()| bytes)
}

fn checked(name: &str) -> Result<&str, String> {
    let fine = !name.is_empty() && name.chars().all(|c| !c.is_control() && !c.is_whitespace() && c != ':' && c != '#');
    if fine {
        Ok(name)
    } else {
        Err(format!("'{name}' is no name: it needs characters other than blanks, ':' and '#'"))
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
