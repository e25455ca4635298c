//! The file of users: a line `NAME:ROLE:HASH` each; lines that are empty or begin with `#` are left out.

use std::collections::HashMap;

use super::caller::Caller;
use super::hash::TOKEN;
use crate::http::Role;

/// What stands in the file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Entries {
    /// Roles and hashes of passwords by name.
    pub(super) passwords: HashMap<String, (Role, String)>,
    /// Whose a token is, by its hash.
    pub(super) tokens: HashMap<[u8; 32], Caller>,
}

impl Entries {
    /// Reads the text of the file; the error names the line.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut entries = Self::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                entries.add(line).map_err(|problem| format!("line {}: {problem}", number + 1))?;
            }
        }
        if entries.passwords.is_empty() && entries.tokens.is_empty() {
            return Err("there is nobody in it; 'flinkrs hash-password' makes a line".to_owned());
        }
        Ok(entries)
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        let mut parts = line.splitn(3, ':');
        let (Some(name), Some(role), Some(hash)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("it is not NAME:ROLE:HASH".to_owned());
        };
        let role: Role = role.parse()?;
        match hash.strip_prefix(TOKEN) {
            Some(digits) => {
                let caller = Caller { name: Some(name.to_owned()), role };
                self.tokens.insert(digest(digits).ok_or("the hash of a token has 64 hexadecimal digits")?, caller);
            }
            None if hash.starts_with("$argon2") => {
                let before = self.passwords.insert(name.to_owned(), (role, hash.to_owned()));
                if before.is_some() {
                    return Err(format!("'{name}' has a password already"));
                }
            }
            // It may be the password itself, so it is not repeated.
            None => return Err(format!("what '{name}' has is no hash; 'flinkrs hash-password' makes one")),
        }
        Ok(())
    }
}

fn digest(digits: &str) -> Option<[u8; 32]> {
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::hash;

    #[test]
    fn what_the_commands_write_is_read() {
        let (token, of_token) = hash::line_of_new_token("ci", Role::Operator).unwrap();
        let of_password = hash::line_of_password("anna", Role::Admin, "pass:word").unwrap();
        let entries = Entries::parse(&format!("# people\n{of_password}\n\n{of_token}\n")).unwrap();
        let (role, stored) = &entries.passwords["anna"];
        assert!(*role == Role::Admin && hash::matches(stored, "pass:word") && !hash::matches(stored, "password"));
        assert_eq!(entries.tokens[&hash::digest(&token)].role, Role::Operator);
    }

    #[test]
    fn what_is_wrong_is_said_without_secrets() {
        for (text, says) in [
            ("", "nobody"),
            ("anna", "line 1: it is not NAME:ROLE:HASH"),
            ("\nanna:king:$argon2id$x", "line 2: 'king' is no role"),
            ("anna:admin:hunter2", "no hash"),
            ("anna:admin:token-sha256:abc", "64 hexadecimal digits"),
            ("a:admin:$argon2id$x\na:viewer:$argon2id$y", "line 2: 'a' has a password already"),
        ] {
            let problem = Entries::parse(text).unwrap_err();
            assert!(problem.contains(says) && !problem.contains("hunter2"), "{problem}");
        }
    }
}
