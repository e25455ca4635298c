//! How many rows may have been emitted by a time: as in Flink, those of each second at its beginning.

use std::time::Duration;

/// The rate of one of `of` parts of a source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    pub(super) rows_per_second: u64,
    pub(super) index: u64,
    pub(super) of: u64,
}

impl Rate {
    /// Rows that this part may have emitted when `elapsed` has passed since the start.
    pub(super) fn allowed(self, elapsed: Duration) -> u64 {
        let seconds = u128::from(elapsed.as_secs()) + 1;
        let total = seconds * u128::from(self.rows_per_second);
        let share = |index: u64| total * u128::from(index) / u128::from(self.of);
        u64::try_from(share(self.index + 1) - share(self.index)).unwrap_or(u64::MAX)
    }

    /// When more may be emitted, as time since the start.
    pub(super) fn next(elapsed: Duration) -> Duration {
        Duration::from_secs(elapsed.as_secs() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_begins_with_its_rows_and_the_parts_add_up() {
        let parts = |seconds: f64| -> Vec<u64> {
            (0..3)
                .map(|index| Rate { rows_per_second: 10, index, of: 3 }.allowed(Duration::from_secs_f64(seconds)))
                .collect()
        };
        assert_eq!(parts(0.0).iter().sum::<u64>(), 10);
        assert_eq!(parts(0.9).iter().sum::<u64>(), 10);
        assert_eq!(parts(2.0), [10, 10, 10]);
        let slow = Rate { rows_per_second: 1, index: 0, of: 2 };
        assert_eq!((slow.allowed(Duration::ZERO), slow.allowed(Duration::from_secs(1))), (0, 1));
        assert_eq!(Rate::next(Duration::from_millis(1_200)), Duration::from_secs(2));
    }
}
