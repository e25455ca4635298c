//! A split: a part of the rows, with the random numbers that they are made from.

use serde::{Deserialize, Serialize};

use crate::part_enumerator::PartSplit;

/// Part `index` of `of`, of which `emitted` rows have been made from the random numbers of `seed`; the payload of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DatagenSplit {
    pub(super) index: u64,
    pub(super) of: u64,
    pub(super) emitted: u64,
    pub(super) seed: u64,
}

impl PartSplit for DatagenSplit {
    fn index(&self) -> u64 {
        self.index
    }
}
