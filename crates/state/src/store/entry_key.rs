//! The keys of entries: ordered bytes, so that a key group, a namespace or the rows of one key are a range.
//!
//! ```text
//!   key group (u16, big endian) | state id (u8) | namespace (i64, big endian, sign flipped; of windows only) | key | suffix (of rows only)
//! ```
//! Keys are encoded rows (`dataflow::binary_row`): of one row type, none is the beginning of another, so that a suffix needs no separator.

use std::ops::RangeInclusive;

use dataflow::Failure;
use dataflow::binary_row::hash_bytes_by_words;
use dataflow::key_group::key_group;

/// Bytes before namespace and key.
pub(super) const PREFIX: usize = 3;

/// Takes an entry that was read: what its key says, and its value.
pub type LoadEntry<'a> = dyn FnMut(EntryKey<'_>, &[u8]) -> Result<(), Failure> + 'a;

/// The same, with the number of what was asked for.
pub type LoadNumbered<'a> = dyn FnMut(usize, EntryKey<'_>, &[u8]) -> Result<(), Failure> + 'a;

/// The same, and whether to go on with the next entry.
pub type LoadSome<'a> = dyn FnMut(EntryKey<'_>, &[u8]) -> Result<bool, Failure> + 'a;

/// Takes an entry that was read, as bytes: key and value.
pub(super) type LoadBytes<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), Failure> + 'a;

/// Writes the keys of the entries of one subtask.
#[derive(Debug, Clone)]
pub struct EntryKeys {
    max_parallelism: u32,
    key_groups: RangeInclusive<u32>,
}

/// What an entry is called by its operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'a> {
    /// Which state of the operator.
    pub state: u8,
    /// The window, where state is by window.
    pub namespace: Option<i64>,
    /// The encoded key.
    pub key: &'a [u8],
    /// Which of several entries of the key.
    pub suffix: Option<u64>,
}

impl<'a> Address<'a> {
    /// The one entry of a key.
    pub fn of_key(state: u8, key: &'a [u8]) -> Self {
        Self { state, namespace: None, key, suffix: None }
    }

    /// The entry of a key in a window.
    pub fn in_namespace(state: u8, namespace: i64, key: &'a [u8]) -> Self {
        Self { state, namespace: Some(namespace), key, suffix: None }
    }

    /// One of several entries of a key.
    pub fn of_row(state: u8, key: &'a [u8], suffix: u64) -> Self {
        Self { state, namespace: None, key, suffix: Some(suffix) }
    }
}

/// An entry key in its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryKey<'a> {
    /// The key group.
    pub key_group: u32,
    /// Which state of the operator.
    pub state: u8,
    /// Namespace, key and suffix.
    pub rest: &'a [u8],
}

impl EntryKeys {
    /// For a subtask that owns these key groups.
    pub fn new(max_parallelism: u32, key_groups: RangeInclusive<u32>) -> Self {
        Self { max_parallelism, key_groups }
    }

    /// The key groups of the subtask.
    pub fn key_groups(&self) -> &RangeInclusive<u32> {
        &self.key_groups
    }

    /// The key group of an encoded key.
    #[inline]
    pub fn key_group(&self, key: &[u8]) -> u32 {
        key_group(hash_bytes_by_words(key), self.max_parallelism)
    }

    /// Appends an entry key.
    pub fn write(&self, address: &Address<'_>, out: &mut Vec<u8>) {
        write_prefix(self.key_group(address.key), address.state, address.namespace, out);
        out.extend_from_slice(address.key);
        if let Some(suffix) = address.suffix {
            out.extend_from_slice(&suffix.to_be_bytes());
        }
    }

    /// Fails for a key that belongs to another subtask: stored here, it would be lost at a rescale.
    pub(super) fn check(&self, entry: &[u8]) -> Result<(), Failure> {
        let group = parse(entry).key_group;
        if self.key_groups.contains(&group) {
            return Ok(());
        }
        Err(Failure::internal(format!(
            "a row of key group {group} came to the subtask of key groups {} to {}: the exchange before this operator has other keys",
            self.key_groups.start(),
            self.key_groups.end()
        ))
        .fatal())
    }
}

/// Appends what all entries of a key group and state, and of a namespace of it, begin with.
pub fn write_prefix(key_group: u32, state: u8, namespace: Option<i64>, out: &mut Vec<u8>) {
    out.extend_from_slice(&(key_group as u16).to_be_bytes());
    out.push(state);
    if let Some(namespace) = namespace {
        out.extend_from_slice(&((namespace as u64) ^ (1 << 63)).to_be_bytes());
    }
}

/// Takes an entry key apart; it has at least its prefix.
pub fn parse(entry: &[u8]) -> EntryKey<'_> {
    let key_group = u32::from(u16::from_be_bytes([entry[0], entry[1]]));
    EntryKey { key_group, state: entry[2], rest: &entry[PREFIX..] }
}

impl<'a> EntryKey<'a> {
    /// Key and suffix of an entry that has a suffix.
    pub fn suffixed(&self) -> (&'a [u8], u64) {
        let (key, suffix) = self.rest.split_at(self.rest.len() - 8);
        (key, u64::from_be_bytes(*suffix.first_chunk().expect("split at 8 bytes")))
    }

    /// Namespace and key of an entry that has a namespace.
    pub fn namespaced(&self) -> (i64, &'a [u8]) {
        let (namespace, key) = self.rest.split_at(8);
        let bits = u64::from_be_bytes(*namespace.first_chunk().expect("split at 8 bytes"));
        ((bits ^ (1 << 63)) as i64, key)
    }
}

/// The first bytes that are behind everything that begins with `prefix`; none when nothing is.
pub(super) fn end_of(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_a_namespace_are_ordered_by_time() {
        let keys = EntryKeys::new(128, 0..=127);
        let entry = |namespace| {
            let mut out = Vec::new();
            keys.write(&Address::in_namespace(1, namespace, &[7; 16]), &mut out);
            out
        };
        let times = [i64::MIN, -5, 0, 3, i64::MAX];
        assert!(times.windows(2).all(|pair| entry(pair[0]) < entry(pair[1])));
        let bytes = entry(-5);
        let parsed = parse(&bytes);
        assert_eq!((parsed.key_group, parsed.state), (keys.key_group(&[7; 16]), 1));
        assert_eq!(parsed.namespaced(), (-5, &[7u8; 16][..]));
        assert!(EntryKeys::new(128, 200..=201).check(&bytes).is_err());
    }

    #[test]
    fn the_end_of_a_prefix_is_behind_all_of_it() {
        assert_eq!(end_of(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(end_of(&[1, 255, 255]), Some(vec![2]));
        assert_eq!(end_of(&[255, 255]), None);
    }
}
