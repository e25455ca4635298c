//! `ClockHand`: finds slots that are cold. A slot that was used since the hand passed it gets a second chance.

/// A hand that goes round over slots.
#[derive(Debug, Default)]
pub struct ClockHand {
    slot: usize,
}

impl ClockHand {
    /// How many of `in_use` things, which take this many bytes, have to go to keep to the share; none while there is room. A quarter of the share is
    /// made free at once, so that it is not done for every batch.
    pub fn surplus(bytes: usize, in_use: usize, share: Option<u64>) -> usize {
        match share {
            Some(share) if bytes as u64 > share => {
                let surplus = bytes as f64 - 0.75 * share as f64;
                (in_use as f64 * surplus / bytes as f64).ceil() as usize
            }
            _ => 0,
        }
    }

    /// Goes on over `slots` slots until `wanted` of them are taken, twice round at most. `take` is asked for each one that the hand passes. Returns
    /// how many were taken.
    pub fn pass(&mut self, slots: usize, wanted: usize, mut take: impl FnMut(usize) -> bool) -> usize {
        let mut taken = 0;
        for _ in 0..2 * slots {
            if taken >= wanted {
                break;
            }
            self.slot = (self.slot + 1) % slots;
            taken += usize::from(take(self.slot));
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_where_it_was_and_round_twice() {
        let mut hand = ClockHand::default();
        let mut passed = Vec::new();
        let mut pass = |slots, wanted| {
            let mut passed = Vec::new();
            let taken = hand.pass(slots, wanted, |slot| {
                passed.push(slot);
                slot % 2 == 0
            });
            (taken, passed)
        };
        passed.push(pass(4, 1));
        passed.push(pass(4, 2));
        assert_eq!(passed, [(1, vec![1, 2]), (2, vec![3, 0, 1, 2])]);
        assert_eq!(pass(3, 9).0, 4, "two slots, twice");
        assert_eq!(pass(0, 1), (0, vec![]));
    }

    #[test]
    fn a_quarter_of_the_share_is_made_free() {
        assert_eq!(ClockHand::surplus(100, 10, Some(100)), 0);
        assert_eq!(ClockHand::surplus(1_000, 10, None), 0);
        assert_eq!(ClockHand::surplus(200, 100, Some(100)), 63);
    }
}
