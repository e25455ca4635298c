//! `RankEnds`: how many rows of each key are among the first. As many for all, or for each key as a column of its first row says, which is then kept.

use dataflow::Failure;
use state::KeyValues;

/// The last rank of each key.
pub(in crate::operators) enum RankEnds {
    /// This one for all.
    Constant(usize),
    /// By slot: the last rank and when it was written, ms, once it is known.
    ByKey(Vec<Option<(i64, i64)>>),
}

impl RankEnds {
    /// The same for all.
    pub(in crate::operators) fn constant(last: u64) -> Self {
        RankEnds::Constant(usize::try_from(last).unwrap_or(usize::MAX))
    }

    /// The last rank of a key.
    #[inline]
    pub(in crate::operators) fn of(&self, slot: u32) -> usize {
        match self {
            RankEnds::Constant(last) => *last,
            RankEnds::ByKey(_) => self.get(slot).map_or(0, |(end, _)| usize::try_from(end).unwrap_or(0)),
        }
    }

    fn get(&self, slot: u32) -> Option<(i64, i64)> {
        match self {
            RankEnds::Constant(_) => None,
            RankEnds::ByKey(ends) => ends.get(slot as usize).copied().flatten(),
        }
    }

    /// Whether a key has one of its own.
    pub(in crate::operators) fn is_known(&self, slot: u32) -> bool {
        self.get(slot).is_some()
    }

    fn put(&mut self, slot: u32, end: Option<(i64, i64)>) {
        let RankEnds::ByKey(ends) = self else { return };
        if slot as usize >= ends.len() {
            ends.resize((slot as usize + 1).next_power_of_two(), None);
        }
        ends[slot as usize] = end;
    }

    /// Sets the last rank of a key that has none; whether it has not had one.
    pub(in crate::operators) fn set(&mut self, slot: u32, end: i64, now: i64) -> bool {
        let is_new = matches!(self, RankEnds::ByKey(_)) && !self.is_known(slot);
        if is_new {
            self.put(slot, Some((end, now)));
        }
        is_new
    }

    /// Forgets that of a key if it was written until this time; whether it was.
    pub(in crate::operators) fn expire(&mut self, slot: u32, written_until: i64) -> bool {
        let is_over = self.get(slot).is_some_and(|(_, written)| written <= written_until);
        if is_over {
            self.put(slot, None);
        }
        is_over
    }

    /// Forgets that of a key which leaves memory.
    pub(in crate::operators) fn forget(&mut self, slot: u32) {
        if self.is_known(slot) {
            self.put(slot, None);
        }
    }

    /// Bytes that it holds.
    pub(in crate::operators) fn memory_size(&self) -> usize {
        match self {
            RankEnds::Constant(_) => 0,
            RankEnds::ByKey(ends) => ends.capacity() * size_of::<Option<(i64, i64)>>(),
        }
    }
}

impl KeyValues for RankEnds {
    fn keeps(&self) -> bool {
        matches!(self, RankEnds::ByKey(_))
    }

    fn is_kept(&self, slot: u32) -> bool {
        self.is_known(slot)
    }

    fn written(&self, slot: u32) -> i64 {
        self.get(slot).map_or(i64::MAX, |(_, written)| written)
    }

    fn write(&self, slot: u32, out: &mut Vec<u8>) {
        let end = self.get(slot).map_or(0, |(end, _)| end);
        out.extend_from_slice(&end.to_le_bytes());
    }

    fn read(&mut self, slot: u32, written: i64, value: &[u8]) -> Result<(), Failure> {
        let damaged = || Failure::internal("the last rank of a key is damaged in the state");
        let end = i64::from_le_bytes(value.try_into().map_err(|_| damaged())?);
        self.put(slot, Some((end, written)));
        Ok(())
    }
}
