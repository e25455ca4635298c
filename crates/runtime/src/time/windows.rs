//! Which windows a time is in: Flink's arithmetic, in wall-clock milliseconds.

use dataflow::operator_spec::WindowAssigner;

/// A window: from `start` up to but not including `end`, ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First millisecond.
    pub start: i64,
    /// First millisecond after it.
    pub end: i64,
}

/// The start of the window of this length that a time is in, when windows follow one another from `offset` on.
pub fn window_start(time: i64, offset: i64, size: i64) -> i64 {
    time - (time - offset).rem_euclid(size)
}

/// Calls `take` with every window that a time is in; none for sessions, which depend on other rows.
pub fn for_each_window(assigner: WindowAssigner, time: i64, mut take: impl FnMut(Window)) {
    match assigner {
        WindowAssigner::Tumble { size, offset } => {
            let start = window_start(time, offset, size);
            take(Window { start, end: start + size });
        }
        WindowAssigner::Hop { slide, size, offset } => {
            let mut start = window_start(time, offset, slide);
            while start > time - size {
                take(Window { start, end: start + size });
                start -= slide;
            }
        }
        WindowAssigner::Cumulate { step, size, offset } => {
            let start = window_start(time, offset, size);
            let mut end = start + ((time - start) / step + 1) * step;
            while end <= start + size {
                take(Window { start, end });
                end += step;
            }
        }
        WindowAssigner::Session { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn windows(assigner: WindowAssigner, time: i64) -> Vec<(i64, i64)> {
        let mut found = Vec::new();
        for_each_window(assigner, time, |window| found.push((window.start, window.end)));
        found
    }

    #[test]
    fn windows_of_a_time() {
        for (assigner, time, expected) in [
            (WindowAssigner::Tumble { size: 10, offset: 0 }, 0, vec![(0, 10)]),
            (WindowAssigner::Tumble { size: 10, offset: 0 }, -1, vec![(-10, 0)]),
            (WindowAssigner::Tumble { size: 10, offset: 3 }, 2, vec![(-7, 3)]),
            (WindowAssigner::Hop { slide: 5, size: 10, offset: 0 }, 12, vec![(10, 20), (5, 15)]),
            (WindowAssigner::Hop { slide: 10, size: 5, offset: 0 }, 7, vec![]),
            (WindowAssigner::Cumulate { step: 2, size: 6, offset: 0 }, 7, vec![(6, 8), (6, 10), (6, 12)]),
        ] {
            assert_eq!(windows(assigner, time), expected, "{assigner:?} at {time}");
        }
    }

    proptest! {
        #[test]
        fn every_window_contains_the_time(time in -10_000i64..10_000, slide in 1i64..50, times in 1i64..6, offset in -60i64..60) {
            let size = slide * times;
            for assigner in [
                WindowAssigner::Tumble { size, offset },
                WindowAssigner::Hop { slide, size, offset },
                WindowAssigner::Cumulate { step: slide, size, offset },
            ] {
                let found = windows(assigner, time);
                prop_assert!(!found.is_empty());
                prop_assert!(found.iter().all(|&(start, end)| start <= time && time < end && end - start <= size));
            }
        }
    }
}
