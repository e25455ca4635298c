//! `ColdKeys`: which keys may be in the store though they are not in memory, so that a key that was never dropped costs no read.
//!
//! ```text
//!   nothing dropped -> Known: filters of the keys that were dropped --too many, or restored--> Unknown: any key may be there
//! ```
//! A filter answers yes for about one key in two hundred that it does not have, and never no for one that it has. It has 12 bits a key, of which a key sets 8,
//! one in each word of a block of 32 bytes. Filters do not grow: a full one gets a neighbour of twice its size. What the store has forgotten meanwhile
//! stays in them. Operators that drop and bring back parts of a key number these.

use crate::hash::{hash_bytes, mix};

/// Keys of the first filter.
const FIRST: usize = 8_192;
const BITS_PER_KEY: usize = 12;
/// Odd numbers that pick a bit of each word from one half of a hash.
const SALTS: [u32; 8] =
    [0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31];

type Block = [u32; 8];

/// The keys that were dropped from memory.
#[derive(Debug)]
pub(crate) enum ColdKeys {
    /// These, and perhaps some others.
    Known(Vec<Filter>),
    /// Nobody knows which.
    Unknown,
}

#[derive(Debug)]
pub(crate) struct Filter {
    blocks: Vec<Block>,
    room: usize,
}

impl ColdKeys {
    /// All keys are in memory.
    pub(crate) fn none() -> Self {
        Self::Known(Vec::new())
    }

    /// Whether all keys are in memory.
    pub(crate) fn are_none(&self) -> bool {
        matches!(self, Self::Known(filters) if filters.is_empty())
    }

    /// Whether a part of a key may be in the store.
    #[inline]
    pub(crate) fn may_have(&self, key: &[u8], part: u8) -> bool {
        match self {
            Self::Known(filters) if filters.is_empty() => false,
            Self::Known(filters) => {
                let hash = hash_of(key, part);
                // Most are in the last one.
                filters.iter().rev().any(|filter| filter.has(hash))
            }
            Self::Unknown => true,
        }
    }

    /// A part of a key was dropped from memory. The filters take no more than `most` bytes.
    pub(crate) fn add(&mut self, key: &[u8], part: u8, most: usize) {
        let Self::Known(filters) = self else { return };
        let hash = hash_of(key, part);
        if filters.iter().rev().any(|filter| filter.has(hash)) {
            return;
        }
        if filters.last().is_none_or(|last| last.room == 0) {
            let taken: usize = filters.iter().map(Filter::bytes).sum();
            let filter = Filter::new(FIRST << filters.len());
            if taken + filter.bytes() > most {
                *self = Self::Unknown;
                return;
            }
            filters.push(filter);
        }
        if let Some(last) = filters.last_mut() {
            last.add(hash);
        }
    }
}

impl Filter {
    fn new(keys: usize) -> Self {
        Self { blocks: vec![[0; 8]; (keys * BITS_PER_KEY).div_ceil(256)], room: keys }
    }

    fn bytes(&self) -> usize {
        self.blocks.len() * size_of::<Block>()
    }

    #[inline]
    fn block(&self, hash: u64) -> usize {
        (((hash >> 32) * self.blocks.len() as u64) >> 32) as usize
    }

    #[inline]
    fn has(&self, hash: u64) -> bool {
        let block = &self.blocks[self.block(hash)];
        let missing = block.iter().zip(bits_of(hash)).fold(0, |missing, (word, bit)| missing | (bit & !word));
        missing == 0
    }

    fn add(&mut self, hash: u64) {
        let block = self.block(hash);
        self.blocks[block].iter_mut().zip(bits_of(hash)).for_each(|(word, bit)| *word |= bit);
        self.room -= 1;
    }
}

/// Another one than that of the tables, of which a filter would see only some bits.
#[inline]
fn hash_of(key: &[u8], part: u8) -> u64 {
    mix(hash_bytes(key), 0x5bd1_e995 + u64::from(part))
}

#[inline]
fn bits_of(hash: u64) -> Block {
    SALTS.map(|salt| 1 << ((hash as u32).wrapping_mul(salt) >> 27))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> [u8; 16] {
        let mut key = [0; 16];
        key[8..].copy_from_slice(&number.to_le_bytes());
        key
    }

    #[test]
    fn what_was_dropped_is_found_and_little_else() {
        let mut keys = ColdKeys::none();
        assert!(keys.are_none() && !keys.may_have(&key(1), 0));
        for number in 0..100_000 {
            keys.add(&key(number), 0, 1 << 20);
            keys.add(&key(number), 0, 1 << 20);
        }
        assert!(!keys.are_none());
        assert!((0..100_000).all(|number| keys.may_have(&key(number), 0)));
        for (numbers, part) in [(100_000..200_000, 0), (0..100_000, 1)] {
            let wrong = numbers.filter(|&number| keys.may_have(&key(number), part)).count();
            assert!(wrong < 3_000, "{wrong} of 100,000 keys that were never dropped may be there");
        }
    }

    #[test]
    fn when_the_filters_would_take_too_much_any_key_may_be_there() {
        let mut keys = ColdKeys::none();
        (0..10_000).for_each(|number| keys.add(&key(number), 0, 20_000));
        assert!(keys.may_have(&key(77_777), 0) && !keys.are_none());
        assert!(matches!(keys, ColdKeys::Unknown));
    }
}
