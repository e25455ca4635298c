//! `Users`: says who a request is from.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::config::{Configuration, options};
use hyper::header::HeaderValue;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::caller::Caller;
use super::file::Entries;
use super::hash;
use crate::error::TransportError;
use crate::http::{Rate, Role};
use crate::tls::Reloading;

/// Passwords are looked at that many at a time: each takes 19 MB and a twentieth of a second.
const AT_A_TIME: usize = 2;
/// How many wrong ones an address may send at once, and how fast it gets another try.
const WRONG_AT_ONCE: f64 = 20.0;
const WRONG_PER_SECOND: f64 = 0.5;
/// How many right ones are remembered.
const REMEMBERED: usize = 1024;

/// Those who may use REST; clones share them.
#[derive(Debug, Clone)]
pub struct Users {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// None when only this process lets anybody in.
    file: Option<Reloading<Entries, TransportError>>,
    /// Those that this process lets in, by the hash of their tokens.
    issued: RwLock<HashMap<[u8; 32], Caller>>,
    /// Name, hash and password that were right, hashed with a salt of this process.
    right: Mutex<HashMap<[u8; 32], ()>>,
    salt: [u8; 32],
    /// Compared with where there is no such name, so that answers take as long.
    nobody: String,
    places: Semaphore,
    wrong: Rate,
}

/// A name with a password, of which it is to be found out whether it is right.
struct Login {
    /// Who it is then; none where there is no such name.
    caller: Option<Caller>,
    password: String,
    stored: String,
    /// Of all of it, for [`Inner::right`].
    key: [u8; 32],
}

/// Why it is not known who a request is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthorized {
    /// The request does not say.
    #[error("who are you? Send Authorization: Basic with name and password, or Bearer with a token")]
    Missing,
    /// What it says is not so.
    #[error("the name, password or token is not right")]
    Wrong,
    /// It was wrong too often.
    #[error("wrong too often; wait before you try again")]
    TooOften,
}

impl Users {
    /// Those of the configured file; none when nobody is asked.
    pub fn from_config(config: &Configuration) -> Result<Option<Self>, TransportError> {
        let key = options::SECURITY_REST_USERS_FILE.key();
        let Some(path) = config.get(&options::SECURITY_REST_USERS_FILE)? else { return Ok(None) };
        let wrong = {
            let path = path.clone();
            move |problem: String| TransportError::File { path: path.clone(), key, problem }
        };
        let read = {
            let (path, wrong) = (path.clone(), wrong.clone());
            move || {
                let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
                Entries::parse(&text).map_err(&wrong)
            }
        };
        let file = Reloading::new(vec![PathBuf::from(&path)], read)?;
        Self::new(Some(file)).map(Some)
    }

    /// Nobody but those whom this process lets in.
    pub fn only_issued() -> Result<Self, TransportError> {
        Self::new(None)
    }

    fn new(file: Option<Reloading<Entries, TransportError>>) -> Result<Self, TransportError> {
        let wrong = |problem| TransportError::Tls { keys: options::SECURITY_REST_USERS_FILE.key(), problem };
        let salt = hash::random().map_err(wrong)?;
        let nobody = match &file {
            Some(_) => hash::line_of_password("nobody", Role::Viewer, &hash::hex(&salt)).map_err(wrong)?,
            None => String::new(),
        };
        let inner = Inner {
            file,
            issued: RwLock::default(),
            right: Mutex::default(),
            salt,
            nobody: nobody.rsplit_once(':').map(|(_, hash)| hash.to_owned()).unwrap_or(nobody),
            places: Semaphore::new(AT_A_TIME),
            wrong: Rate::new(WRONG_PER_SECOND, WRONG_AT_ONCE),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// A token for a part of this process, for as long as that runs.
    pub fn issue(&self, name: &str, role: Role) -> Result<String, TransportError> {
        let problem = |problem| TransportError::Tls { keys: options::SECURITY_REST_USERS_FILE.key(), problem };
        let token = hash::new_token().map_err(problem)?;
        let caller = Caller { name: Some(name.to_owned()), role };
        let mut issued = self.inner.issued.write().unwrap_or_else(PoisonError::into_inner);
        issued.insert(hash::digest(&token), caller);
        Ok(token)
    }

    /// Who the sender of this `Authorization` is.
    pub async fn who(&self, authorization: Option<&HeaderValue>, client: IpAddr) -> Result<Caller, Unauthorized> {
        let text = authorization.ok_or(Unauthorized::Missing)?.to_str().map_err(|_| Unauthorized::Wrong)?;
        let (scheme, credentials) = text.split_once(' ').unwrap_or((text, ""));
        let (known, login) = match scheme.to_ascii_lowercase().as_str() {
            "bearer" => (self.of_token(credentials.trim()), None),
            "basic" => {
                let login = self.login(credentials.trim());
                (login.as_ref().and_then(|login| self.remembered(login)), login)
            }
            _ => return Err(Unauthorized::Missing),
        };
        if let Some(caller) = known {
            return Ok(caller);
        }
        // Only who may be guessing waits: others behind the same address go on with what is known to be right.
        if !self.inner.wrong.has(client, Instant::now()) {
            return Err(Unauthorized::TooOften);
        }
        let caller = match login {
            Some(login) => self.of_password(login).await,
            None => None,
        };
        caller.ok_or_else(|| {
            self.inner.wrong.take(client, Instant::now());
            Unauthorized::Wrong
        })
    }

    fn of_token(&self, token: &str) -> Option<Caller> {
        let digest = hash::digest(token);
        let issued = self.inner.issued.read().unwrap_or_else(PoisonError::into_inner).get(&digest).cloned();
        issued.or_else(|| self.inner.file.as_ref()?.current().tokens.get(&digest).cloned())
    }

    fn login(&self, encoded: &str) -> Option<Login> {
        let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (name, password) = decoded.split_once(':')?;
        let found = self.inner.file.as_ref()?.current().passwords.get(name).cloned();
        let (role, stored) = match &found {
            Some((role, stored)) => (Some(*role), stored.clone()),
            None => (None, self.inner.nobody.clone()),
        };
        let mut key = Sha256::new();
        key.update(self.inner.salt);
        for part in [name, &stored, password] {
            key.update((part.len() as u64).to_le_bytes());
            key.update(part);
        }
        let caller = role.map(|role| Caller { name: Some(name.to_owned()), role });
        Some(Login { caller, password: password.to_owned(), stored, key: key.finalize().into() })
    }

    fn remembered(&self, login: &Login) -> Option<Caller> {
        let right = self.inner.right.lock().unwrap_or_else(PoisonError::into_inner);
        login.caller.clone().filter(|_| right.contains_key(&login.key))
    }

    async fn of_password(&self, login: Login) -> Option<Caller> {
        let Login { caller, password, stored, key } = login;
        let _place = self.inner.places.acquire().await.ok()?;
        let matches = tokio::task::spawn_blocking(move || hash::matches(&stored, &password)).await.ok()?;
        let caller = caller.filter(|_| matches)?;
        let mut right = self.inner.right.lock().unwrap_or_else(PoisonError::into_inner);
        if right.len() >= REMEMBERED {
            right.clear();
        }
        right.insert(key, ());
        Some(caller)
    }
}

#[cfg(test)]
mod tests {
    use common::config::Origin;

    use super::*;

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn basic(text: &str) -> HeaderValue {
        HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(text))).unwrap()
    }

    #[tokio::test]
    async fn passwords_and_tokens_say_who_it_is() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let (token, of_token) = hash::line_of_new_token("ci", Role::Operator).unwrap();
        let of_password = hash::line_of_password("anna", Role::Viewer, "pass:word").unwrap();
        std::fs::write(file.path(), format!("{of_password}\n{of_token}\n")).unwrap();
        let path = file.path().display().to_string();
        let config = Configuration::from_map([("security.rest.users-file", path)], Origin::Program);
        let users = Users::from_config(&config).unwrap().unwrap();
        let issued = users.issue("gateway", Role::Operator).unwrap();
        let of = |text: String| HeaderValue::from_str(&text).unwrap();
        let anna = Caller { name: Some("anna".to_owned()), role: Role::Viewer };
        for _ in 0..2 {
            assert_eq!(users.who(Some(&basic("anna:pass:word")), CLIENT).await, Ok(anna.clone()));
        }
        for (header, name) in [(of(format!("Bearer {token}")), "ci"), (of(format!("bearer {issued}")), "gateway")] {
            assert_eq!(users.who(Some(&header), CLIENT).await.unwrap().name.as_deref(), Some(name));
        }
        assert_eq!(users.who(None, CLIENT).await, Err(Unauthorized::Missing));
        for wrong in [
            basic("anna:password"),
            basic("berta:pass:word"),
            basic("anna"),
            of("Bearer x".into()),
            of("Basic ?".into()),
        ] {
            assert_eq!(users.who(Some(&wrong), CLIENT).await, Err(Unauthorized::Wrong), "{wrong:?}");
        }
        for _ in 0..WRONG_AT_ONCE as u32 {
            let _ = users.who(Some(&of("Bearer x".into())), CLIENT).await;
        }
        // What was right before, and a token that is right, are no guesses.
        assert_eq!(users.who(Some(&basic("anna:pass:word")), CLIENT).await, Ok(anna));
        assert!(users.who(Some(&of(format!("Bearer {token}"))), CLIENT).await.is_ok());
        for guess in [basic("anna:password"), of("Bearer x".into())] {
            assert_eq!(users.who(Some(&guess), CLIENT).await, Err(Unauthorized::TooOften));
        }
    }
}
