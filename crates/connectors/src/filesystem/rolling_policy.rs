//! When a sink ends a part file and begins the next one. Decides only; Flink's `TableRollingPolicy` for formats that are written row by row.
//!
//! A checkpoint ends files that are full, and no other: what it finds open goes on afterwards, and its rows become visible with the file.

use std::time::Duration;

/// The limits of a part file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RollingPolicy {
    /// A file with more bytes is full.
    pub(super) file_size: u64,
    /// A file that was begun this long ago is old.
    pub(super) rollover_interval: Duration,
    /// So is one that nothing was written to for this long.
    pub(super) inactivity_interval: Duration,
    /// Pause between two looks at the age of files.
    pub(super) check_interval: Duration,
}

/// A part file as the policy sees it; times in ms since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PartAge {
    pub(super) created: i64,
    pub(super) updated: i64,
}

impl RollingPolicy {
    /// Whether the next row goes to a new file, and a checkpoint ends it.
    pub(super) fn is_full(&self, size: u64) -> bool {
        size > self.file_size
    }

    /// Whether the file has had its time.
    pub(super) fn is_old(&self, now: i64, age: PartAge) -> bool {
        let passed = |since: i64, interval: Duration| now.saturating_sub(since) >= millis(interval);
        passed(age.created, self.rollover_interval) || passed(age.updated, self.inactivity_interval)
    }

    /// When to look at the age of files again.
    pub(super) fn next_check(&self, now: i64) -> i64 {
        now.saturating_add(millis(self.check_interval))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RollingPolicy = RollingPolicy {
        file_size: 100,
        rollover_interval: Duration::from_millis(1_000),
        inactivity_interval: Duration::from_millis(300),
        check_interval: Duration::from_millis(50),
    };

    #[test]
    fn a_file_is_full_behind_its_size() {
        assert_eq!([0, 100, 101].map(|size| POLICY.is_full(size)), [false, false, true]);
    }

    #[test]
    fn a_file_is_old_by_its_beginning_or_by_its_last_row() {
        for (now, created, updated, old) in [
            (5_000, 5_000, 5_000, false),
            (5_999, 5_000, 5_900, false),
            (6_000, 5_000, 6_000, true),
            (5_299, 5_000, 5_000, false),
            (5_300, 5_000, 5_000, true),
            // A clock that was set back makes no file old.
            (1_000, 5_000, 5_000, false),
        ] {
            assert_eq!(POLICY.is_old(now, PartAge { created, updated }), old, "{now} {created} {updated}");
        }
        let never = RollingPolicy { rollover_interval: Duration::MAX, inactivity_interval: Duration::MAX, ..POLICY };
        assert!(!never.is_old(1 << 50, PartAge { created: 0, updated: 0 }));
        assert_eq!(POLICY.next_check(7), 57);
    }
}
