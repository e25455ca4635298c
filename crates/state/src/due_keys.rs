//! `DueKeys`: which keys that are only in the store have to be looked at when, for operators that keep rows until their time has come.
//!
//! ```text
//!   a state of its own: time; key -> head
//! ```
//! A key that is brought back keeps its entry until its time has come, so that there may be entries of keys that are in memory, or of none.

use std::ops::RangeInclusive;

use dataflow::Failure;

use crate::store::Address;
use crate::value::write_value_head;
use crate::write_back::WriteBack;

/// Keys that are read together.
const CHUNK: usize = if cfg!(debug_assertions) { 3 } else { 8_192 };
/// No time at all.
const NEVER: i64 = i64::MAX;

/// The keys of one operator.
#[derive(Debug)]
pub struct DueKeys {
    state: u8,
    /// No entry is left before this time, nor at it but of keys that were put there since: those whose time was over.
    passed: i64,
    /// No key of the store has to be looked at earlier.
    next: i64,
}

/// Entries up to a time, being read.
#[derive(Debug)]
pub struct Due {
    from: i64,
    to: i64,
    key_groups: RangeInclusive<u32>,
    /// Of the first of the key groups: the last entry that was read.
    behind: Option<(i64, Vec<u8>)>,
}

impl DueKeys {
    /// Entries are in this state. `restored`: there may be some.
    pub fn new(state: u8, restored: bool) -> Self {
        let next = if restored { i64::MIN } else { NEVER };
        Self { state, passed: i64::MIN, next }
    }

    /// A key that is only in the store has to be looked at at this time.
    pub fn note(&mut self, time: i64, key: &[u8], store: &mut WriteBack) {
        let time = time.max(self.passed);
        self.next = self.next.min(time);
        store.put(&Address::in_namespace(self.state, time, key), |out| write_value_head(None, out));
    }

    /// When a key of the store has to be looked at next, or earlier.
    pub fn next(&self) -> Option<i64> {
        Some(self.next).filter(|next| *next != NEVER)
    }

    /// Begins to read the entries up to this time.
    pub fn begin(&mut self, time: i64, store: &mut WriteBack) -> Result<Due, Failure> {
        let mut key_groups = store.store().keys().key_groups().clone();
        if time < self.next {
            key_groups.by_ref().for_each(drop);
        } else {
            store.flush()?;
            self.next = NEVER;
        }
        let from = self.passed;
        self.passed = self.passed.max(time);
        Ok(Due { from, to: time, key_groups, behind: None })
    }

    /// Takes some of the entries: their keys, none when there are no more.
    pub fn read(&mut self, due: &mut Due, store: &mut WriteBack) -> Result<Option<Vec<Vec<u8>>>, Failure> {
        if due.key_groups.is_empty() {
            // Deletions may wait; a snapshot that lacks entries forbids to write them.
            return Ok(None);
        }
        while !due.key_groups.is_empty() {
            let behind = due.behind.take();
            let behind = behind.as_ref().map(|(time, key)| Address::in_namespace(self.state, *time, key));
            let (mut found, mut next) = (Vec::new(), NEVER);
            let mut take = |time: i64, key: &[u8]| {
                if time > due.to {
                    next = time;
                    return false;
                }
                found.push((time, key.to_vec()));
                found.len() < CHUNK
            };
            let key_group = *due.key_groups.start();
            store.store().scan_namespaces(
                key_group,
                self.state,
                due.from..=i64::MAX,
                behind.as_ref(),
                &mut |entry, _| {
                    let (time, key) = entry.namespaced();
                    Ok(take(time, key))
                },
            )?;
            if found.len() < CHUNK {
                self.next = self.next.min(next);
                due.key_groups.next();
            } else {
                due.behind = found.last().cloned();
            }
            if !found.is_empty() {
                found.iter().for_each(|(time, key)| store.delete(&Address::in_namespace(self.state, *time, key)));
                return Ok(Some(found.into_iter().map(|(_, key)| key).collect()));
            }
        }
        store.flush()?;
        Ok(None)
    }
}
