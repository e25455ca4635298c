//! The names of transactions: `prefix-subtask-base-nonce-number`.
//!
//! A pool of ids belongs to one writer of one attempt, which its nonce makes unique: an attempt that still runs although it was given up cannot
//! disturb its successor, and no writer can meet a committable of another one. The base is the checkpoint that the attempt was restored from.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The transactional ids of one writer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pool {
    pub(super) prefix: String,
    pub(super) subtask: u32,
    /// The checkpoint that the writer was restored from; 0 when it was not.
    pub(super) base: u64,
    /// 16 hexadecimal digits.
    pub(super) nonce: String,
}

impl Pool {
    /// A pool that nobody else has.
    pub(super) fn new(prefix: &str, subtask: u32, base: u64, attempt: &str) -> Self {
        use std::hash::{BuildHasher, RandomState};
        // Seeded at random in every process; the attempt tells its writers apart.
        let nonce = RandomState::new().hash_one((attempt, subtask));
        Self { prefix: prefix.to_owned(), subtask, base, nonce: format!("{nonce:016x}") }
    }

    /// The id with this number.
    pub(super) fn id(&self, number: u32) -> String {
        format!("{self}-{number}")
    }

    /// The pool that an id is of, if it is one of a writer with this prefix.
    pub(super) fn of(prefix: &str, id: &str) -> Option<Self> {
        let mut parts = id.strip_prefix(prefix)?.strip_prefix('-')?.split('-');
        let subtask = parts.next()?.parse().ok()?;
        let base = parts.next()?.parse().ok()?;
        let nonce = parts.next().filter(|nonce| nonce.len() == 16 && nonce.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let _number: u32 = parts.next()?.parse().ok()?;
        let pool = Self { prefix: prefix.to_owned(), subtask, base, nonce: nonce.to_owned() };
        parts.next().is_none().then_some(pool)
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}-{}", self.prefix, self.subtask, self.base, self.nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_their_pool() {
        let pool = Pool::new("orders-eu", 3, 17, "job_v_3_0");
        assert_eq!(Pool::of("orders-eu", &pool.id(4)), Some(pool.clone()));
        assert_ne!(Pool::new("orders-eu", 3, 17, "job_v_3_0").nonce, pool.nonce, "a restart has another pool");
        let own = "p-0-0-0123456789abcdef-0";
        assert!(Pool::of("p", own).is_some());
        // Ids of longer prefixes, of Flink, and anything else.
        for other in [
            "p-2-0-0-0123456789abcdef-0",
            "p-x-0-0-0123456789abcdef-0",
            "p-0-1",
            "q-0-0-0123456789abcdef-0",
            "p-0-0-short-0",
        ] {
            assert_eq!(Pool::of("p", other), None, "{other}");
        }
        assert_eq!(Pool::of("p-0", own), None);
    }
}
