//! Slices: the arithmetic of windows that share state. Time is cut into slices so that every window is a whole number of them.
//!
//! ```text
//!   TUMBLE    slice = window                          |--------|--------|
//!   HOP       slice = gcd(slide, size)                |--|--|--|--|        a window is its slices, merged when it fires
//!   CUMULATE  slice = step, the first keeps the sum   |--|--|--|           windows |--|, |-----|, |--------|
//! ```
//! A slice and a window are named by their end. It knows neither zones nor the watermark.

use dataflow::Failure;
use dataflow::operator_spec::WindowAssigner;

use crate::time::windows::window_start;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Tumble,
    Hop,
    Cumulate,
}

/// How time is cut. All values in ms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slices {
    pub(super) shape: Shape,
    offset: i64,
    slice: i64,
    /// From the end of one window to the end of the next.
    period: i64,
    size: i64,
}

impl Slices {
    /// The slices of these windows; sessions have none.
    pub(super) fn of(assigner: WindowAssigner) -> Result<Self, Failure> {
        match assigner {
            WindowAssigner::Tumble { size, offset } => Ok(Self::tumble(size, offset)),
            WindowAssigner::Hop { slide, size, offset } => Ok(Self::hop(slide, size, offset)),
            WindowAssigner::Cumulate { step, size, offset } => Ok(Self::cumulate(step, size, offset)),
            WindowAssigner::Session { .. } => Err(Failure::internal("sessions are not made of slices").fatal()),
        }
    }

    pub(super) fn tumble(size: i64, offset: i64) -> Self {
        Self { shape: Shape::Tumble, offset, slice: size, period: size, size }
    }

    pub(super) fn hop(slide: i64, size: i64, offset: i64) -> Self {
        Self { shape: Shape::Hop, offset, slice: greatest_common_divisor(slide, size), period: slide, size }
    }

    pub(super) fn cumulate(step: i64, size: i64, offset: i64) -> Self {
        Self { shape: Shape::Cumulate, offset, slice: step, period: step, size }
    }

    /// The length of a slice.
    pub(super) fn slice(&self) -> i64 {
        self.slice
    }

    /// From the end of one window to the end of the next.
    pub(super) fn period(&self) -> i64 {
        self.period
    }

    /// The end of the slice that a time is in.
    pub(super) fn slice_of(&self, time: i64) -> i64 {
        window_start(time, self.offset, self.slice) + self.slice
    }

    /// The end of the last window that has this slice; `None` when it falls between windows (a slide longer than the size).
    pub(super) fn last_window(&self, slice: i64) -> Option<i64> {
        let start = slice - self.slice;
        match self.shape {
            Shape::Tumble => Some(slice),
            Shape::Hop => Some(window_start(start, self.offset, self.period) + self.size).filter(|&end| end > start),
            Shape::Cumulate => Some(window_start(start, self.offset, self.size) + self.size),
        }
    }

    /// The end of the first window after `after` that has this slice, if the slice has one there.
    pub(super) fn next_window(&self, slice: i64, after: i64) -> i64 {
        let first = match self.shape {
            Shape::Tumble | Shape::Cumulate => slice,
            Shape::Hop => slice + (self.offset + self.size - slice).rem_euclid(self.period),
        };
        if first > after { first } else { first + ((after - first) / self.period + 1) * self.period }
    }

    /// The start of the window that ends here.
    pub(super) fn window_start(&self, end: i64) -> i64 {
        match self.shape {
            Shape::Tumble | Shape::Hop => end - self.size,
            Shape::Cumulate => window_start(end - 1, self.offset, self.size),
        }
    }
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slices_of_each_shape() {
        let tumble = Slices::tumble(10, 3);
        assert_eq!((tumble.slice_of(2), tumble.slice_of(3), tumble.window_start(13)), (3, 13, 3));
        let hop = Slices::hop(4, 10, 0);
        assert_eq!((hop.slice(), hop.slice_of(5), hop.last_window(6)), (2, 6, Some(14)));
        assert_eq!((hop.next_window(6, i64::MIN), hop.next_window(6, 6), hop.next_window(6, 9)), (6, 10, 10));
        let gaps = Slices::hop(10, 4, 0);
        assert_eq!((gaps.last_window(4), gaps.last_window(6)), (Some(4), None));
        let cumulate = Slices::cumulate(10, 30, 0);
        assert_eq!((cumulate.last_window(10), cumulate.window_start(10), cumulate.window_start(30)), (Some(30), 0, 0));
    }

    proptest! {
        #[test]
        fn windows_of_a_slice_contain_it(time in -500i64..500, slide in 1i64..30, size in 1i64..90, offset in -40i64..40) {
            let hop = Slices::hop(slide, size, offset);
            let slice = hop.slice_of(time);
            prop_assert!(slice - hop.slice() <= time && time < slice);
            let mut found = Vec::new();
            if let Some(last) = hop.last_window(slice) {
                let mut end = hop.next_window(slice, i64::MIN);
                while end <= last {
                    found.push(end);
                    end = hop.next_window(slice, end);
                }
            }
            let expected: Vec<i64> =
                (time + 1..=time + size).filter(|end| (end - size - offset).rem_euclid(slide) == 0).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
