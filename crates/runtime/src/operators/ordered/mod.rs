//! What operators that keep rows in an order have in common: sort keys, rows told apart, ranked rows, and the rows that are emitted of them.

pub(super) mod emission;
pub(super) mod identity;
pub(super) mod progress;
pub(super) mod rank_ends;
pub(super) mod ranked_rows;
#[cfg(test)]
mod restore_tests;
pub(super) mod sort_keys;
pub(super) mod times;
