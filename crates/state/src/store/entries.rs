//! Entries on their way to a store or a file: puts and deletes in one buffer, sorted before they are written.

use std::cmp::Ordering;

/// Puts and deletes by entry key; of several for one key the last one counts.
#[derive(Debug, Default)]
pub struct Entries {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    /// Bytes of the key that come first in the order, so that most comparisons need not look it up: of a number the better part.
    first: u128,
    start: usize,
    key: u32,
    /// `DELETED`, or the length of the value.
    value: u32,
}

const DELETED: u32 = u32::MAX;

fn first_bytes(key: &[u8]) -> u128 {
    let mut first = [0; 16];
    let length = key.len().min(16);
    first[..length].copy_from_slice(&key[..length]);
    u128::from_be_bytes(first)
}

impl Entries {
    /// Adds a value; `key` and `value` append to the buffer they are given.
    #[inline]
    pub fn put(&mut self, key: impl FnOnce(&mut Vec<u8>), value: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        key(&mut self.bytes);
        let middle = self.bytes.len();
        value(&mut self.bytes);
        let length = (self.bytes.len() - middle) as u32;
        self.place(start, middle, length);
    }

    /// Adds a delete.
    pub fn delete(&mut self, key: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        key(&mut self.bytes);
        self.place(start, self.bytes.len(), DELETED);
    }

    fn place(&mut self, start: usize, middle: usize, value: u32) {
        // What comes first is found when they are sorted.
        self.places.push(Place { first: 0, start, key: (middle - start) as u32, value });
    }

    /// Orders by key and drops what a later one for the same key replaces.
    pub fn sort(&mut self) {
        self.find_first();
        let Self { bytes, places } = self;
        let key = |place: &Place| &bytes[place.start..place.start + place.key as usize];
        // Later ones first, so that the last one for a key is the one that is kept.
        places.sort_unstable_by(|left, right| match left.first.cmp(&right.first) {
            Ordering::Equal => key(left).cmp(key(right)).then(right.start.cmp(&left.start)),
            unequal => unequal,
        });
        places.dedup_by(|later, kept| later.first == kept.first && key(later) == key(kept));
    }

    /// Finds what comes first of each key. Keys of one length are told apart by the bytes that differ at all: when these are few no key has to be looked
    /// up.
    fn find_first(&mut self) {
        let Self { bytes, places } = self;
        let Some(one) = places.first().copied() else { return };
        let key = |place: &Place| &bytes[place.start..place.start + place.key as usize];
        if places.iter().any(|place| place.key != one.key) {
            places.iter_mut().for_each(|place| place.first = first_bytes(key(place)));
            return;
        }
        let mut differs = vec![0; one.key as usize];
        for place in places.iter() {
            differs.iter_mut().zip(key(place)).zip(key(&one)).for_each(|((bits, byte), other)| *bits |= byte ^ other);
        }
        let columns: Vec<usize> = (0..differs.len()).filter(|&column| differs[column] != 0).take(16).collect();
        for place in places.iter_mut() {
            let key = key(place);
            place.first = columns.iter().fold(0, |first, &column| first << 8 | u128::from(key[column]));
        }
    }

    /// Keys and values, or no value for a delete; in order after [`sort`](Self::sort).
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.places.iter().map(|place| {
            let (key, rest) = self.bytes[place.start..].split_at(place.key as usize);
            (key, (place.value != DELETED).then(|| &rest[..place.value as usize]))
        })
    }

    /// Adds all of another one, later than what is here.
    pub fn append(&mut self, other: &Entries) {
        let offset = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.places.extend(other.places.iter().map(|place| Place { start: place.start + offset, ..*place }));
    }

    /// Number of puts and deletes.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Bytes of keys and values.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_last_one_of_a_key_counts(
            actions in prop::collection::vec((prop::collection::vec(0u8..3, 1..12), prop::option::of(any::<u8>())), 0..60),
            length in prop::option::of(prop::sample::select(vec![2usize, 20])),
        ) {
            let (mut entries, mut model) = (Entries::default(), BTreeMap::new());
            for (mut key, value) in actions {
                if let Some(length) = length {
                    key.resize(length, 7);
                    key.rotate_left(1);
                }
                match value {
                    Some(value) => entries.put(|out| out.extend_from_slice(&key), |out| out.push(value)),
                    None => entries.delete(|out| out.extend_from_slice(&key)),
                }
                model.insert(key, value.map(|value| vec![value]));
            }
            entries.sort();
            let found: Vec<_> = entries.iter().map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec))).collect();
            prop_assert_eq!(found, model.into_iter().collect::<Vec<_>>());
        }
    }
}
