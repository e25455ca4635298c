//! `KeyValues`: what an operator keeps of a key beside its rows.

use dataflow::Failure;

use super::damaged;

/// What an operator keeps of each key beside its rows, as bytes.
pub trait KeyValues {
    /// Whether anything is kept of any key.
    fn keeps(&self) -> bool {
        true
    }

    /// Whether anything is kept of a key.
    fn is_kept(&self, slot: u32) -> bool;

    /// When what is kept of a key was written, ms; the greatest number when it does not expire.
    fn written(&self, _slot: u32) -> i64 {
        i64::MAX
    }

    /// Appends what is kept of a key.
    fn write(&self, slot: u32, out: &mut Vec<u8>);

    /// Takes what was kept of a key.
    fn read(&mut self, slot: u32, written: i64, value: &[u8]) -> Result<(), Failure>;
}

/// Nothing is kept.
impl KeyValues for () {
    fn keeps(&self) -> bool {
        false
    }

    fn is_kept(&self, _slot: u32) -> bool {
        false
    }

    fn write(&self, _slot: u32, _out: &mut Vec<u8>) {}

    fn read(&mut self, _slot: u32, _written: i64, _value: &[u8]) -> Result<(), Failure> {
        Err(damaged())
    }
}
