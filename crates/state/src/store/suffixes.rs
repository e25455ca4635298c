//! `Suffixes`: which entries of a store have a suffix, so that those of one key are looked up together and filters know the key without it.

use rocksdb::SliceTransform;

use super::entry_key::PREFIX;

const SUFFIX: usize = 8;

/// Which entries have a suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Suffixes {
    /// None, as far as is known.
    #[default]
    None,
    /// All.
    All,
    /// Those of state 0.
    OfFirstState,
}

impl Suffixes {
    /// What of an entry key filters have.
    pub(super) fn filtered(self) -> Option<SliceTransform> {
        let of = |name, transform| Some(SliceTransform::create(name, transform, Some(is_entry)));
        match self {
            Self::None => None,
            Self::All => of("flinkrs.without-suffix", without_suffix),
            Self::OfFirstState => of("flinkrs.without-suffix-of-first-state", without_suffix_of_first_state),
        }
    }

    /// Appends what comes first of the entries of a key that begin with these bytes.
    pub(super) fn write_first(self, out: &mut Vec<u8>) {
        match self {
            Self::None => {}
            Self::All => out.extend_from_slice(&[0; SUFFIX]),
            Self::OfFirstState if out[PREFIX - 1] == 0 => out.extend_from_slice(&[0; SUFFIX]),
            Self::OfFirstState => {}
        }
    }
}

fn is_entry(key: &[u8]) -> bool {
    key.len() >= PREFIX + SUFFIX
}

fn without_suffix(key: &[u8]) -> &[u8] {
    &key[..key.len() - SUFFIX]
}

fn without_suffix_of_first_state(key: &[u8]) -> &[u8] {
    if key[PREFIX - 1] == 0 { without_suffix(key) } else { key }
}
