//! Dense numbers that are handed out and given back: the rows of an operator's columns of state.

/// Hands out dense slot numbers; freed ones are used again first.
#[derive(Debug, Default)]
pub struct Slots {
    free: Vec<u32>,
    len: usize,
}

impl Slots {
    /// A slot that nobody has.
    #[inline]
    pub fn allocate(&mut self) -> u32 {
        if let Some(slot) = self.free.pop() {
            return slot;
        }
        let slot = u32::try_from(self.len).expect("fewer than 2^32 groups fit in memory");
        self.len += 1;
        slot
    }

    /// Gives slots back; their columns have been reset by the owner.
    pub fn release(&mut self, slots: &[u32]) {
        self.free.extend_from_slice(slots);
    }

    /// How many rows columns need so that every slot handed out is in range.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no slot was ever handed out.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of slots in use.
    pub fn in_use(&self) -> usize {
        self.len - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freed_slots_are_used_again() {
        let mut slots = Slots::default();
        assert_eq!((slots.allocate(), slots.allocate(), slots.allocate()), (0, 1, 2));
        slots.release(&[1]);
        assert_eq!(slots.in_use(), 2);
        assert_eq!((slots.allocate(), slots.allocate()), (1, 3));
        assert_eq!(slots.len(), 4);
    }
}
